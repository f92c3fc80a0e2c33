"""From files and the web to clean Articles; knows nothing of search.

for item in corpus.articles(["archive.zip", "notes/", "https://news.example/feed.xml"]):
    if isinstance(item, Skipped): log(item)
    else: keep(item.article)
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from corpus.extract import Extracted, Remark, extract_all
from corpus.raw import Documents, Linked, RawDocument
from corpus.sources import read
from rag.types import Skipped, is_address

__all__ = ["MAX_PAGES", "Extracted", "Remark", "articles"]

MAX_PAGES = 1_000  # pages of the web that one run reads, unless told otherwise
_REMARKS = 20  # on one file


def articles(
    what: Sequence[str | Path], *, allow_private: Collection[str] = (), max_pages: int = MAX_PAGES
) -> Iterator[Extracted | Skipped]:
    """Return a stream of the articles in files, folders and addresses of the web and, in their place, of what can't be used.

    What stands at an address, and what the feeds, sitemaps and reading lists among it name, is fetched, as far as `max_pages`
    pages; `allow_private` names the hosts of one's own network that may be read.
    A field that looks like a date or a text and was not understood is remarked on with the first article of a file.
    Raises UsageError at once, before anything is read, for a path that is missing or holds nothing to read.
    """
    addresses = [Linked("the command line", str(each)) for each in what if is_address(each)]
    paths = [each for each in what if not is_address(each)]
    local = read(paths) if paths or not addresses else iter(())
    documents = _followed(local, addresses, allow_private, max_pages)
    return _told_once(chain.from_iterable(map(_items, documents)))


def _items(document: RawDocument | Skipped) -> Iterator[Extracted | Skipped]:
    return iter((document,)) if isinstance(document, Skipped) else extract_all(document)


def _followed(
    local: Documents, links: list[Linked], allow_private: Collection[str], max_pages: int
) -> Iterator[RawDocument | Skipped]:
    """Yield the documents of the files, then those that they and the command line name on the web."""
    for item in local:
        if isinstance(item, Linked):
            links.append(item)
        else:
            yield item
    if links:
        from corpus.fetch import Fetcher  # slow to import, and needed for the web only
        from corpus.follow import follow

        with Fetcher(allow_private) as fetcher:
            for item in follow(links, fetcher, max_pages=max_pages):
                if not isinstance(item, Linked):
                    yield item


def _told_once(items: Iterator[Extracted | Skipped]) -> Iterator[Extracted | Skipped]:
    place, told = "", set[str]()
    for item in items:
        if isinstance(item, Extracted) and (remark := item.remark):
            if remark.place != place:
                place, told = remark.place, set()
            if remark.about in told or len(told) >= _REMARKS:
                item = replace(item, remark=None)
            told.add(remark.about)
        yield item
