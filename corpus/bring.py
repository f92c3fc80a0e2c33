"""Registered sources → whatever stores their articles: which are wanted, read side by side, handed on as they come.

Who knows the sources and who stores is told by Protocols: nothing of an archive is known here.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from corpus.raw import on_the_web
from corpus.sync import MOST_PAGES, Due, Ended, Looked, SourcePlace, read_sources
from rag.errors import UsageError
from rag.types import KnownPage, RegisteredSource

_LOOKS = 200  # pages of one source that are looked at again in one run, beside those with something new
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


class KnownSources(Protocol):
    """What is known of the sources and of the pages that they led to."""

    def sources(self) -> list[RegisteredSource]: ...
    def named(self, name: str) -> RegisteredSource: ...
    def due(self, now: datetime) -> list[RegisteredSource]: ...
    def pages(self, source: RegisteredSource) -> Mapping[str, KnownPage]: ...
    def others_pages(self, source: RegisteredSource) -> frozenset[str]: ...
    def to_look_at(self, source: RegisteredSource, now: datetime, limit: int) -> list[KnownPage]: ...


class Stores(Protocol):
    """What takes the looks at pages and how each source ended."""

    def bring(self, looks: Sequence[Looked], stopped: Callable[[], bool] = ...) -> None: ...
    def ended(self, end: Ended) -> None: ...


@dataclass(frozen=True, slots=True)
class WhichSources:
    """What is to be read: sources by number or address, or those that are due; all of it; how many new pages of each."""

    names: Sequence[str] = ()
    all_of_it: bool = False
    max_pages: int = MOST_PAGES


def due(known: KnownSources, wanted: WhichSources, now: datetime) -> list[Due]:
    """Return the sources that are wanted, with what is known of their pages. Raises NotFound for a name nobody knows."""
    if wanted.names:
        sources = [known.named(name) for name in dict.fromkeys(wanted.names)]
    elif wanted.all_of_it:
        sources = [each for each in known.sources() if not each.paused]
    else:
        sources = known.due(now)
    found = []
    for each in sources:
        pages = known.pages(each)
        again = list(pages.values()) if wanted.all_of_it else known.to_look_at(each, now, _LOOKS)
        found.append(Due(each, pages, known.others_pages(each), again, wanted.max_pages))
    return found


def bring(
    sources: Sequence[Due], place: SourcePlace, into: Stores, stop: threading.Event, on_step: Callable[[], None]
) -> None:
    """Read the sources and hand on what they give; `stop` ends it soon, and what was handed on by then stays."""
    for steps in read_sources(sources, place, stop):
        into.bring([step for step in steps if isinstance(step, Looked)], stop.is_set)
        if stop.is_set():
            break
        for step in steps:
            if isinstance(step, Ended):
                into.ended(step)
        on_step()


@contextmanager
def places(allow_private: Sequence[str]) -> Iterator[SourcePlace]:
    """Yield where sources are read: the web, with these hosts of one's own network, and this machine."""
    from corpus.fetch import Fetcher  # slow to import
    from corpus.places import Everywhere
    from corpus.web import WebSources

    with Fetcher(allow_private) as fetcher:
        yield Everywhere(WebSources(fetcher))


def web_address(what: str) -> str | None:
    """Return an address of the web, None for what is no address at all. Raises UsageError for one that can't be read."""
    if not _SCHEME.match(what):
        return None
    if not on_the_web(what):
        raise UsageError(f"{what} is no web address that can be read; it begins with https:// or http://")
    return what
