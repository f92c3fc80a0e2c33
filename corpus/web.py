"""Sources of the open web: what their feeds, sitemaps, reading lists and pages name, asked for only where it is new."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from corpus.extract import Extracted, extract_all
from corpus.fetch import Fetched, Fetcher
from corpus.follow import contents
from corpus.formats import FORMATS, MAX_XML
from corpus.kinds import name_for
from corpus.raw import Documents, Linked, RawDocument
from corpus.sync import Items, ListedPage, Listing, NotThere, PageRead, Unreadable
from corpus.xmltree import root_name
from rag.errors import FetchError
from rag.text.decode import Unusable, decode
from rag.types import KnownPage, RegisteredSource, Skipped

_GONE = (404, 410)  # what a server says of a page that is not there any more
_HEAD = 8 << 10  # bytes by which XML is told
_KINDS = {"rss": "RSS", "rdf": "RSS", "feed": "Atom", "urlset": "sitemap", "sitemapindex": "sitemap", "opml": "OPML"}
_NO_PAGE = ("html", "pdf", "docx", "epub", "txt", "md")  # kinds of what stands alone


class WebSources:
    """Feeds, sitemaps, reading lists and pages, fetched with one Fetcher."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    def listing(self, source: RegisteredSource) -> Listing | None:
        """Return what the source names: pages and lists of pages; of a page that names none, itself."""
        found = self._found(source.address, source.etag, source.modified, MAX_XML)
        if found is None:
            return None
        try:
            kind = _kind(found)
        except Unusable as error:
            raise Unreadable(error.reason) from None
        documents = list(contents(found, Linked(source.address, source.address)))
        if len(documents) == 1 and isinstance(refused := documents[0], Skipped):
            raise Unreadable(refused.reason)
        pages = _listed(source.address, hashlib.sha256(found.body).hexdigest(), documents)
        return Listing(kind, pages, found.etag, found.modified)

    def page(self, page: KnownPage, said: Mapping[str, Any]) -> PageRead | None:
        """Return what stands on the page."""
        found = self._found(page.url, page.etag, page.modified)
        if found is None:
            return None
        return PageRead(_items(contents(found, Linked(page.url, page.url, "page", said))), found.etag, found.modified)

    def _found(self, url: str, etag: str | None, modified: str | None, most: int | None = None) -> Fetched | None:
        """Return what stands there, None where it is as before. Raises NotThere and Unreadable."""
        try:
            found = self._fetcher.get(url, etag=etag, modified=modified, max_bytes=most)
        except FetchError as error:
            if error.status in _GONE:
                raise NotThere from None
            raise Unreadable(str(error), error.retry_after) from None
        return None if found.not_modified else found


def _kind(found: Fetched) -> str:
    """Return what stands at an address, in a word. Raises Unusable where nobody knows."""
    ending = name_for(found, FORMATS).removeprefix("page.").removesuffix(".gz")
    if ending == "xml":
        return _KINDS.get(root_name(decode(found.body[:_HEAD], declares=True, mend=True)), "sitemap")
    return "page" if ending in _NO_PAGE else ending


def _listed(address: str, whole: str, documents: Documents | Iterable[Any]) -> Iterator[ListedPage]:
    """Yield the pages that a source names. `whole`: the mark of all that stands there."""
    for item in documents:
        match item:
            case Linked() if item.expected == "page":
                yield ListedPage(item.url, _mark(item.changed, item.fields), said=item.fields)
            case Linked():
                yield ListedPage(item.url, item.changed or "", said=item.fields, lists=True)
            case RawDocument(kind="record"):
                mark = _mark(None, item.fields)
                url = item.fields.get("url")
                at = url if isinstance(url, str) and url else f"{address}#{_name(item)}"
                yield ListedPage(at, mark, partial(_items, [item]))
            case RawDocument():
                yield ListedPage(address, whole, partial(_items, [item]))
            case Skipped():
                yield ListedPage(f"{address}#{_digest(item.reason)}", _digest(str(item)), partial(_items, [item]))


def _items(documents: Iterable[RawDocument | Skipped | Linked]) -> Items:
    items: list[Extracted | Skipped] = []
    for document in documents:
        if isinstance(document, RawDocument):
            items += extract_all(document)
        elif isinstance(document, Skipped):
            items.append(document)
    return tuple(items)


def _name(document: RawDocument) -> str:
    """Return by what an item without an address is known again: its title, else its number."""
    title = document.fields.get("title")
    return _digest(title) if isinstance(title, str) and title else str(document.item or document.line)


def _mark(changed: str | None, fields: Mapping[str, Any]) -> str:
    return _digest(json.dumps([changed, fields], sort_keys=True, default=str))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
