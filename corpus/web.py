"""Sources of the open web: what their feeds, sitemaps, reading lists and pages name, asked for only where it is new."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

from corpus.fetch import Fetched, Fetcher
from corpus.follow import contents
from corpus.formats import FORMATS, MAX_XML
from corpus.kinds import LISTS, name_for
from corpus.listed import items_of, listed
from corpus.raw import Linked
from corpus.sync import Listing, NotThere, PageRead, Unreadable
from corpus.xmltree import root_of
from rag.errors import FetchError
from rag.text.decode import Unusable
from rag.types import KnownPage, RegisteredSource, Skipped

_GONE = (404, 410)  # what a server says of a page that is not there any more
Expected = Literal["feed", "sitemap", "any"]
_FEEDS = ("RSS", "Atom")
_ALONE = ("html", "pdf", "docx", "epub", "txt", "md")  # kinds of what stands alone


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
        # What was a feed and is a page now has failed: a server's way to say that it is out of order.
        expected: Expected = "feed" if source.kind in _FEEDS else "sitemap" if source.kind == "sitemap" else "any"
        documents = list(contents(found, Linked(source.address, source.address, expected)))
        if len(documents) == 1 and isinstance(refused := documents[0], Skipped):
            raise Unreadable(refused.reason)
        pages = listed(source.address, hashlib.sha256(found.body).hexdigest(), documents)
        return Listing(kind, pages, found.etag, found.modified)

    def page(self, page: KnownPage, said: Mapping[str, Any]) -> PageRead | None:
        """Return what stands on the page."""
        found = self._found(page.url, page.etag, page.modified)
        if found is None:
            return None
        return PageRead(items_of(contents(found, Linked(page.url, page.url, "page", said))), found.etag, found.modified)

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
        return LISTS.get(root_of(found.body), "sitemap")
    return "page" if ending in _ALONE else ending
