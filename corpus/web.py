"""Sources of the open web, read with `corpus.fetch`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from corpus.extract import Extracted, extract
from corpus.fetch import Fetched, Fetcher
from corpus.formats import RawDocument
from corpus.sync import ListedPage, Listing, NotThere, PageRead, Unreadable
from rag.errors import FetchError
from rag.text.decode import Unusable, decode
from rag.types import KnownPage, RegisteredSource, Skipped

_GONE = (404, 410)  # what a server says of a page that is not there any more
_PAGES = ("text/html", "application/xhtml+xml")


class Web:
    """Pages of the web."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher

    def listing(self, source: RegisteredSource) -> Listing | None:
        """Return what the source names: itself, where it is a single page."""
        found = self._found(source.address, source.etag, source.modified)
        return None if found is None else self._listed(source.address, found)

    def page(self, page: KnownPage, said: Mapping[str, Any]) -> PageRead | None:
        """Return what stands on the page."""
        found = self._found(page.url, page.etag, page.modified)
        return None if found is None else PageRead(_items(found), found.etag, found.modified)

    def _listed(self, address: str, found: Fetched) -> Listing:
        if found.kind not in _PAGES:
            raise Unreadable(f"{found.kind or 'what stands there'} is neither a page nor a list of pages")
        mark = hashlib.sha256(found.body).hexdigest()
        return Listing("page", [ListedPage(address, mark, _items(found))], found.etag, found.modified)

    def _found(self, url: str, etag: str | None, modified: str | None) -> Fetched | None:
        """Return what stands there, None where it is as before. Raises NotThere and Unreadable."""
        try:
            found = self._fetcher.get(url, etag=etag, modified=modified)
        except FetchError as error:
            if error.status in _GONE:
                raise NotThere from None
            raise Unreadable(str(error), error.retry_after) from None
        return None if found.not_modified else found


def _items(found: Fetched) -> tuple[Extracted | Skipped, ...]:
    """Return the article of a page, or why it holds none."""
    try:
        text = decode(found.body, declares=True)
    except Unusable as error:
        return (Skipped(found.url, None, error.reason),)
    return (extract(RawDocument(found.url, None, "html", text, {"url": found.url})),)
