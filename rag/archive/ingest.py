"""Articles → archive: skip what can't be used, count everything, keep the archive whole whatever happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Protocol

from rag.archive.index import Archive, Stored
from rag.archive.lock import writer_lock
from rag.config import Config
from rag.noted import Noted
from rag.text.embed import load_embedder
from rag.types import Article, Embedder, Skipped


class Read(Protocol):
    """An article as it was read: with the date text that could not be read, and the share of the input behind it."""

    @property
    def article(self) -> Article: ...
    @property
    def unreadable_date(self) -> str | None: ...
    @property
    def done(self) -> float: ...


@dataclass(slots=True)
class IngestReport:
    """What an ingest did so far. `done` is the share in [0, 1] of the input that was read; times are seconds.

    `replaced` has an article's address, or its id without one, for each text that took the place of one read before.
    """

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    passages: int = 0
    replaced: Noted[str] = field(default_factory=Noted)
    skipped: Noted[Skipped] = field(default_factory=Noted)
    unreadable_dates: int = 0
    undated: int = 0
    done: float = 0.0
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def articles(self) -> int:
        """The articles that are in because of this ingest, or were already."""
        return self.added + self.changed + self.unchanged


def ingest(
    config: Config, items: Iterable[Read | Skipped], *, on_progress: Callable[[IngestReport], None] = lambda _: None
) -> IngestReport:
    """Put the articles of `items` into the archive of `config` and return what was done.

    An interruption (Ctrl-C) ends it cleanly: what is in stays in and can be searched; the same ingest again goes on.
    Raises LockedError when another process is writing, StorageError when the disk refuses.
    """
    report = IngestReport()
    start = time.perf_counter()

    @cache
    def embedder() -> Embedder:
        return load_embedder(replace(config, embedder=archive.embedder))

    with writer_lock(config.data, doing="ingest"):
        archive = Archive.open(config, write=True)
        try:
            run, unreadable = archive.catalog.start_run(), set[str]()
            try:
                for stored in archive.add(_read(items, report, unreadable), embedder):
                    _count(stored, report, unreadable)
                    if stored.what != "unchanged":
                        archive.sync_now_and_then()
                    report.seconds = time.perf_counter() - start
                    on_progress(report)
            except KeyboardInterrupt:
                report.interrupted = True
            archive.sync()
            archive.catalog.finish_run(
                run,
                added=report.added,
                changed=report.changed,
                unchanged=report.unchanged,
                skipped=report.skipped.count,
            )
        finally:
            archive.close()
    report.seconds = time.perf_counter() - start
    return report


def _read(items: Iterable[Read | Skipped], report: IngestReport, unreadable: set[str]) -> Iterator[Article]:
    for item in items:
        if isinstance(item, Skipped):
            report.skipped.add(item)
            continue
        report.done = item.done
        if item.unreadable_date is not None:
            unreadable.add(item.article.content_hash)
        yield item.article


def _count(stored: Stored, report: IngestReport, unreadable: set[str]) -> None:
    """Count what became of an article; `unreadable` has those on their way with a date that can't be read."""
    article = stored.article
    report.passages += stored.passages
    undatable = article.content_hash in unreadable
    unreadable.discard(article.content_hash)
    if not stored.first:  # counted; the same text once more changes nothing
        if stored.what == "changed":
            report.replaced.add(article.url or article.id)
        return
    report.undated += article.published_at is None
    report.unreadable_dates += undatable
    match stored.what:
        case "added":
            report.added += 1
        case "changed":
            report.changed += 1
        case "unchanged":
            report.unchanged += 1
