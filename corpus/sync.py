"""Registered sources → what is new in them: many read at a time, each by itself, all in one stream for the one writer.

A source lists pages; a page that is new, or of which the source now says something else, is read, and those known from
before are looked at again when their time has come. What becomes of it all is for whoever takes the stream: nothing is
remembered here, and no clock is asked.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from corpus.extract import Extracted
from rag.errors import DatelineError
from rag.types import KnownPage, RegisteredSource, Skipped

AT_A_TIME = 8  # sources that are read at a time
MOST_PAGES = 1_000  # new pages of one source that are fetched in one run
_DEEPEST = 3  # lists within lists: a reading list of sitemaps of sitemaps
_WAITING = 64  # pages read that wait for the writer
_TOGETHER = 64  # pages that the writer is given at once

Items = tuple[Extracted | Skipped, ...]


class NotThere(Exception):
    """The page has vanished: the server says so, or the file is gone."""


class Unreadable(Exception):
    """The page can't be read now. `after`: seconds that the server asks to wait."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after = after


@dataclass(frozen=True, slots=True)
class ListedPage:
    """A page that a source names. `mark`: what it says of the page, in a form to compare.

    items: gives what stands on the page, where the source has it all; None where the page must be read for it.
    said: what the source says of it, under the names of a record.   lists: whether it is a list of pages itself, a feed of
    a reading list or a part of a sitemap; one without a mark is asked each time.
    """

    url: str
    mark: str
    items: Callable[[], Items] | None = None
    said: Mapping[str, Any] = field(default_factory=dict)
    lists: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """What a source names. `complete`: a page that it named before and doesn't now is gone."""

    kind: str
    pages: Iterable[ListedPage]
    etag: str | None = None
    modified: str | None = None
    complete: bool = False


@dataclass(frozen=True, slots=True)
class PageRead:
    """What stands on a page, and what its server gave to ask with the next time."""

    items: Items
    etag: str | None = None
    modified: str | None = None


class SourcePlace(Protocol):
    """Where a source stands: the web, or the disk. Both raise NotThere and Unreadable; safe in several threads."""

    def listing(self, source: RegisteredSource) -> Listing | None:
        """Return what the source names, None where that is the same as the last time."""
        ...

    def page(self, page: KnownPage, said: Mapping[str, Any]) -> PageRead | None:
        """Return what stands on the page, of which its source says this; None where that is the same as the last time."""
        ...


class AsKnown:
    """A place where no source has anything new: only the pages to look at again are read."""

    def __init__(self, place: SourcePlace) -> None:
        self.page = place.page

    def listing(self, source: RegisteredSource) -> Listing | None:
        """Return nothing new."""
        return None


@dataclass(frozen=True, slots=True)
class Due:
    """A source to read, the pages known of it and of others, those of its own to look at again, how many to fetch at most."""

    source: RegisteredSource
    pages: Mapping[str, KnownPage]
    others: frozenset[str] = frozenset()
    again: Sequence[KnownPage] = ()
    most: int = MOST_PAGES


@dataclass(frozen=True, slots=True)
class Looked:
    """A look at one page of a source, and what it gave; where the page could not be read, one Skipped that says why."""

    source: RegisteredSource
    url: str
    how: Literal["read", "same", "missing", "failed"]
    items: Items = ()
    mark: str | None = None
    etag: str | None = None
    modified: str | None = None
    lists: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """A source is done: all its pages came before. `error`: why it could not be read; `same`: it said nothing new.

    more: it names more new pages than were to be fetched; they come the next time.
    """

    source: RegisteredSource
    kind: str | None = None
    etag: str | None = None
    modified: str | None = None
    error: str | None = None
    after: float | None = None
    same: bool = False
    more: bool = False


def read_source(due: Due, place: SourcePlace, stopped: Callable[[], bool] = lambda: False) -> Iterator[Looked | Ended]:
    """Yield a look at every page of the source that may have something new, then how it ended.

    A source that fails raises nothing: it ends with an error. Stopped in the middle, it has no end.
    """
    source, reading = due.source, _Reading(due, place, stopped)
    try:
        listing = place.listing(source)
        yield from reading.looks(listing)
    except NotThere:
        if source.address in due.pages:
            yield Looked(source, source.address, "missing")
        yield Ended(source, error="it is not there any more; check the address, or `dateline source remove` it")
    except Exception as error:  # a reader that fails at one hostile source must not take the others with it
        reason, after = _reason(error)
        yield Ended(source, error=reason, after=after)
    else:
        if stopped():
            return
        if listing is None:
            yield Ended(source, source.kind, source.etag, source.modified, same=True)
        elif reading.more:  # it must not be known as read
            yield Ended(source, listing.kind, more=True)
        else:
            yield Ended(source, listing.kind, listing.etag, listing.modified)


class _Reading:
    """One source while it is read: what it named so far, and what was looked at."""

    def __init__(self, due: Due, place: SourcePlace, stopped: Callable[[], bool]) -> None:
        self._due = due
        self._source = due.source
        self._place = place
        self._stopped = stopped
        self._seen = set[str]()
        self._looked = set[str]()
        self._fetched = 0
        self.more = False

    def looks(self, listing: Listing | None) -> Iterator[Looked]:
        """Yield the looks at what a source names, None where that is as before, and at what is to be looked at again."""
        if listing is None:  # the list of feeds is as it was; the feeds may not be
            yield from self._named(
                [ListedPage(p.url, p.mark or "", lists=True) for p in self._due.pages.values() if p.lists]
            )
        else:
            yield from self._named(listing.pages, whole=listing.complete)
        for known in self._due.again:
            if self._stopped():
                return
            if known.url not in self._looked and not known.lists:
                yield self._look(known, {})

    def _named(self, pages: Iterable[ListedPage], *, whole: bool = False, depth: int = 0) -> Iterator[Looked]:
        known_pages = self._due.pages
        for listed in pages:
            if self._stopped():
                return
            if listed.url in self._seen or listed.url in self._due.others:
                continue
            self._seen.add(listed.url)
            known = known_pages.get(listed.url)
            as_before = known and known.mark == listed.mark and not (whole and known.missing)
            if as_before and not (listed.lists and not listed.mark):
                continue
            if listed.items is None and not listed.lists:
                self._fetched += 1
                if self._fetched > self._due.most:
                    self.more = True
                    continue
            self._looked.add(listed.url)
            if listed.lists:
                if depth < _DEEPEST:
                    yield from self._list(listed, known or KnownPage(listed.url), depth)
            elif listed.items is not None:
                yield self._had(listed, listed.items)
            else:
                yield self._look(replace(known or KnownPage(listed.url), mark=listed.mark), listed.said)
        if whole:
            yield from (Looked(self._source, url, "missing") for url in known_pages if url not in self._seen)

    def _list(self, listed: ListedPage, known: KnownPage, depth: int) -> Iterator[Looked]:
        """Yield the looks at what a list within the source names, then one at the list: when its pages are in, it is known."""
        source, url = self._source, listed.url
        inner = replace(source, address=url, etag=known.etag, modified=known.modified)
        try:
            found = self._place.listing(inner)
            if found is None:
                yield Looked(source, url, "same", mark=listed.mark, lists=True)
                return
            yield from self._named(found.pages, depth=depth + 1)
        except NotThere:
            yield Looked(source, url, "missing", mark=listed.mark, lists=True)
        except Exception as error:
            yield _failed(source, url, error, lists=True)
        else:
            if not self._stopped() and not self.more:
                yield Looked(source, url, "read", (), listed.mark, found.etag, found.modified, lists=True)

    def _had(self, listed: ListedPage, items: Callable[[], Items]) -> Looked:
        source = self._source
        try:
            return _outlet_named(Looked(source, listed.url, "read", items(), listed.mark))
        except Exception as error:
            return _failed(source, listed.url, error, listed.mark)

    def _look(self, page: KnownPage, said: Mapping[str, Any]) -> Looked:
        source = self._source
        try:
            found = self._place.page(page, said)
        except NotThere:
            return Looked(source, page.url, "missing", mark=page.mark)
        except Exception as error:
            return _failed(source, page.url, error, page.mark)
        if found is None:
            return Looked(source, page.url, "same", mark=page.mark)
        return _outlet_named(Looked(source, page.url, "read", found.items, page.mark, found.etag, found.modified))


def _failed(
    source: RegisteredSource, url: str, error: Exception, mark: str | None = None, lists: bool = False
) -> Looked:
    return Looked(source, url, "failed", (Skipped(url, None, _reason(error)[0]),), mark, lists=lists)


def _reason(error: Exception) -> tuple[str, float | None]:
    """Return why something can't be read, in one line, and how long its server asks to wait."""
    if isinstance(error, Unreadable):
        return error.reason, error.after
    if isinstance(error, DatelineError):
        return str(error), None
    return f"it can't be read ({type(error).__name__}: {' '.join(str(error).split())[:200]})", None


def _outlet_named(looked: Looked) -> Looked:
    """Give the articles that name no outlet that of their source; it is part of what they are told apart by."""
    outlet = looked.source.outlet
    if not outlet:
        return looked
    items = []
    for item in looked.items:
        if isinstance(item, Extracted) and not item.article.source:
            drawn = hashlib.sha256(f"{outlet}\x1f{item.article.content_hash}".encode()).hexdigest()
            item = replace(item, article=replace(item.article, source=outlet, content_hash=drawn))
        items.append(item)
    return replace(looked, items=tuple(items))


def read_sources(
    due: Sequence[Due], place: SourcePlace, stop: threading.Event, *, at_a_time: int = AT_A_TIME
) -> Iterator[list[Looked | Ended]]:
    """Yield what the sources give, a few pages at a time, of each source in order; `stop` ends it within a second.

    No more is read ahead than the writer will soon take. The threads are not waited for: one may hang on a slow server.
    """
    waiting: queue.Queue[Due] = queue.Queue()
    for each in due:
        waiting.put(each)
    found: queue.Queue[Looked | Ended] = queue.Queue(_WAITING)
    left_alone = threading.Event()  # nobody takes what is found any more

    def stopped() -> bool:
        return stop.is_set() or left_alone.is_set()

    def put(step: Looked | Ended) -> None:
        while not stopped():
            try:
                return found.put(step, timeout=0.2)
            except queue.Full:
                continue

    def work() -> None:
        while not stopped():
            try:
                mine = waiting.get_nowait()
            except queue.Empty:
                return
            for step in read_source(mine, place, stopped):
                put(step)

    for n in range(min(at_a_time, len(due))):
        threading.Thread(target=work, name=f"source-{n}", daemon=True).start()
    left = len(due)
    try:
        while left and not stop.is_set():
            together: list[Looked | Ended] = []
            try:
                together.append(found.get(timeout=0.2))
                while len(together) < _TOGETHER:
                    together.append(found.get(timeout=0.05))
            except queue.Empty:
                pass
            left -= sum(isinstance(step, Ended) for step in together)
            if together:
                yield together
    finally:
        left_alone.set()
