"""OPML, a reading list → links to its feeds. Only addresses of the web count: a list can't have files of this machine read."""

from __future__ import annotations

from urllib.parse import urlsplit

from corpus.raw import Documents, Linked
from corpus.xmltree import name_of, tree_of
from rag.types import Skipped

MAX_FEEDS = 5_000


def opml(place: str, data: bytes) -> Documents:
    """Yield the feeds of a reading list, however deep its folders."""
    count = 0
    for outline in tree_of(data).iter():
        if name_of(outline) != "outline":
            continue
        said = {name.lower(): value.strip() for name, value in outline.attrib.items()}
        url = said.get("xmlurl") or (
            said.get("url") if said.get("type", "").lower() in ("link", "rss", "atom") else None
        )
        if not url:
            continue  # a folder
        count += 1
        if count > MAX_FEEDS:
            yield Skipped(place, None, f"more than {MAX_FEEDS:,} feeds in one list; the rest is not read")
            return
        if urlsplit(url).scheme not in ("http", "https"):
            yield Skipped(place, None, f"feed {count} has no web address ({url[:80]!a})")
            continue
        name = said.get("title") or said.get("text")
        yield Linked(place, url, "feed" if "xmlurl" in said else "any", {"source": name} if name else {})
    if not count:
        yield Skipped(place, None, "a reading list without feeds")
