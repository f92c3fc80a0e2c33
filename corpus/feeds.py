"""RSS, Atom and JSON Feed → their items: those with the full text as records, the others as links to their pages.

An item's only date counts as that of its publication. Its text counts as full from FULL_TEXT characters on, where it doesn't
end like a teaser ("…", "Read more").
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from itertools import islice
from typing import Any

from corpus.fields import stripped
from corpus.markup import plain
from corpus.raw import Documents, Linked, Progress, RawDocument, joined, on_the_web
from corpus.xmltree import refuse_entities
from rag.text.decode import Unusable
from rag.types import Skipped

FULL_TEXT = 800  # characters; teasers have 100 to 500
MAX_ITEMS = 10_000  # of one feed; most have 10 to 200

_TEASER = re.compile(
    r"(?:\[?(?:\u2026|\.\.\.)\]?|\b(?:read|continue|see|view|find out)\s+(?:the\s+)?(?:more|full|rest|whole|reading|article|story)"
    r"[^.!?]{0,60})[\s\u00bb\u2192>.\])]*\Z",
    re.IGNORECASE,
)
_APPENDED = re.compile(
    r"\n\s*The post .{1,300}? (?:first )?appeared first on .{1,100}\.?\s*\Z", re.DOTALL
)  # WordPress's


def xml_feed(place: str, data: bytes, done: Progress) -> Documents:
    """Yield the items of an RSS or Atom feed, in any of their dialects."""
    import feedparser  # slow to import

    refuse_entities(data)
    try:
        # As a stream: feedparser opens a text that looks like an address or a file.
        parsed = feedparser.parse(
            io.BytesIO(data),
            sanitize_html=False,
            resolve_relative_uris=False,
            response_headers={"content-type": "application/xml"},
        )
    except Exception as error:  # feedparser raises what it likes on damaged feeds
        raise Unusable(f"no feed that can be read ({type(error).__name__})") from None
    if not parsed.version:
        raise Unusable("no feed that can be read")
    feed = parsed.feed
    base = str(feed.get("link") or place)
    if len(parsed.entries) > MAX_ITEMS:
        yield Skipped(place, None, f"{len(parsed.entries):,} items in one feed; {MAX_ITEMS:,} are read")
    for number, entry in enumerate(parsed.entries[:MAX_ITEMS], 1):
        updated = dict.get(entry, "updated")  # its own get() gives the other date
        texts = [str(part.get("value") or "") for part in entry.get("content") or ()]
        yield from _item(
            place,
            number,
            {
                "title": entry.get("title"),
                "url": _link(entry, base),
                "published_at": entry.get("published") or updated,
                "updated_at": updated,
                "author": [name for each in entry.get("authors") or () if (name := each.get("name"))],
                "category": next((tag.get("term") for tag in entry.get("tags") or () if tag.get("term")), None),
                "source": (entry.get("source") or {}).get("title") or feed.get("title"),
                "language": feed.get("language"),
            },
            [*texts, str(entry.get("summary") or "")],
            done,
        )


def json_feed(place: str, feed: Mapping[str, Any], done: Progress) -> Documents:
    """Yield the items of a JSON Feed."""
    items = feed.get("items")
    if not isinstance(items, list):
        raise Unusable("a JSON Feed without a list of items")
    if len(items) > MAX_ITEMS:
        yield Skipped(place, None, f"{len(items):,} items in one feed; {MAX_ITEMS:,} are read")
    base = stripped(feed.get("home_page_url")) or place
    for number, item in enumerate(islice(items, MAX_ITEMS), 1):
        if not isinstance(item, dict):
            yield Skipped(place, None, f"item {number} is not a JSON object")
            continue
        url = stripped(item.get("url")) or stripped(item.get("external_url"))
        authors = item.get("authors") or item.get("author") or feed.get("authors") or feed.get("author")
        tags = item.get("tags")
        yield from _item(
            place,
            number,
            {
                "title": item.get("title"),
                "url": url and joined(base, url),
                "published_at": item.get("date_published"),
                "updated_at": item.get("date_modified"),
                "author": authors,
                "category": tags[0] if isinstance(tags, list) and tags else None,
                "source": feed.get("title"),
                "language": item.get("language") or feed.get("language"),
            },
            [stripped(item.get(name)) or "" for name in ("content_html", "content_text", "summary")],
            done,
        )


def is_json_feed(value: object) -> bool:
    """Whether a JSON value says that it is a JSON Feed."""
    return isinstance(value, dict) and "jsonfeed.org/version" in str(value.get("version", ""))[:100]


def _item(place: str, number: int, said: Mapping[str, Any], texts: list[str], done: Progress) -> Documents:
    fields = {name: value for name, value in said.items() if value}
    url = fields.get("url")
    if url is not None and not on_the_web(url):
        yield Skipped(place, None, f"item {number}: its link is no web address ({url[:80]!a})")
        return
    full = next((text for text in map(_cleaned, texts) if _is_full(text)), None)
    if full is None and url:
        yield Linked(place, url, "page", fields, stripped(fields.get("updated_at") or fields.get("published_at")))
        return
    full = full or next(filter(None, map(_cleaned, texts)), None)
    if full is None:
        yield Skipped(place, None, f"item {number}: neither a text nor a link")
        return
    yield RawDocument(place, None, "record", fields={**fields, "body": full}, done=done(), item=number)


def _cleaned(text: str) -> str:
    return _APPENDED.sub("", plain(text)).strip() if text.strip() else ""


def _is_full(text: str) -> bool:
    return len(text) >= FULL_TEXT and not _TEASER.search(text[-100:])


def _link(entry: Any, base: str) -> str | None:
    link = entry.get("link") or (
        entry.get("id") if str(entry.get("id", "")).startswith(("http://", "https://")) else None
    )
    return joined(base, str(link)) if link else None
