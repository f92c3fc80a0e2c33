"""Sitemaps, news sitemaps and indexes of sitemaps → links to pages and to further sitemaps.

A page's `lastmod` says when it changed, never when it was published; a news sitemap says that.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from corpus.raw import Documents, Linked
from corpus.xmltree import children, name_of, text_in, tree_of
from rag.types import Skipped

MAX_URLS = 50_000  # of one sitemap, as the standard has it


def sitemap(place: str, data: bytes) -> Documents:
    """Yield the links of a sitemap or of an index of sitemaps."""
    root = tree_of(data)
    index = name_of(root) == "sitemapindex"
    count = 0
    for entry in children(root, "sitemap" if index else "url"):
        url = text_in(entry, "loc")
        count += 1
        if count > MAX_URLS:
            yield Skipped(place, None, f"more than {MAX_URLS:,} addresses in one sitemap; the rest is not read")
            return
        if not url or urlsplit(url).scheme not in ("http", "https"):
            yield Skipped(place, None, f"entry {count}: no web address ({(url or '')[:80]!a})")
            continue
        changed = text_in(entry, "lastmod")
        if index:
            yield Linked(place, url, "sitemap", changed=changed)
        else:
            said = _news(entry)
            yield Linked(place, url, "page", said, changed or said.get("published_at"))
    if not count:
        yield Skipped(place, None, "a sitemap without addresses")


def _news(entry: Any) -> dict[str, str]:
    """Return what a news sitemap says of a page."""
    said = {
        "title": text_in(entry, "news", "title"),
        "published_at": text_in(entry, "news", "publication_date"),
        "source": text_in(entry, "news", "publication", "name"),
        "language": text_in(entry, "news", "publication", "language"),
    }
    return {name: value for name, value in said.items() if value}
