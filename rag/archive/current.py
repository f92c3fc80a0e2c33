"""What sources gave → archive: articles first, then what is known of their pages, so that a kill in between loses nothing.

The writer lock is taken when the first article comes: a run that finds nothing new stands in nobody's way.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal, Protocol

from rag.archive.index import Archive
from rag.archive.ingest import Read
from rag.archive.lock import writer_lock
from rag.archive.registry import ArticleChange, PageNews, Registry
from rag.config import Config
from rag.noted import Noted
from rag.text.embed import load_embedder
from rag.types import Article, Embedder, RegisteredSource, Skipped


class Look(Protocol):
    """A look at a page of a source, and what it gave."""

    @property
    def source(self) -> RegisteredSource: ...
    @property
    def url(self) -> str: ...
    @property
    def how(self) -> Literal["read", "same", "missing", "failed"]: ...
    @property
    def items(self) -> Sequence[Read | Skipped]: ...
    @property
    def mark(self) -> str | None: ...
    @property
    def etag(self) -> str | None: ...
    @property
    def modified(self) -> str | None: ...
    @property
    def lists(self) -> bool: ...


class SourceEnd(Protocol):
    """How the reading of a source ended; all its looks came before."""

    @property
    def source(self) -> RegisteredSource: ...
    @property
    def kind(self) -> str | None: ...
    @property
    def etag(self) -> str | None: ...
    @property
    def modified(self) -> str | None: ...
    @property
    def error(self) -> str | None: ...
    @property
    def after(self) -> float | None: ...
    @property
    def same(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class SourceFailed:
    """A source that could not be read, how often in a row by now, and why."""

    address: str
    failures: int
    reason: str


@dataclass(slots=True)
class SyncReport:
    """What a run did so far. `pages`: how many were looked at; `changes`: what became of articles that were in already."""

    sources: int = 0
    same: int = 0
    failed: list[SourceFailed] = field(default_factory=list)
    pages: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    passages: int = 0
    gone: int = 0
    corrected: int = 0
    changes: Noted[ArticleChange] = field(default_factory=Noted)
    skipped: Noted[Skipped] = field(default_factory=Noted)
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def articles(self) -> int:
        """The articles that the run met, new or not."""
        return self.added + self.changed + self.unchanged


class Current:
    """Brings an archive up to what its sources gave. Open it with `with`: leaving it makes what came in findable."""

    def __init__(self, config: Config, registry: Registry, *, clock: Callable[[], datetime] | None = None) -> None:
        self.report = SyncReport()
        self._config = config
        self._registry = registry
        self._now = clock or (lambda: datetime.now(UTC))
        self._open = ExitStack()
        self._archive: Archive | None = None
        self._run = 0
        self._before = registry.last_change()
        self._start = time.perf_counter()

    def __enter__(self) -> Current:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._open:
            report, archive = self.report, self._archive
            if archive:
                archive.sync()
                archive.catalog.finish_run(
                    self._run,
                    added=report.added,
                    changed=report.changed,
                    unchanged=report.unchanged,
                    skipped=report.skipped.count,
                )
        for change in self._registry.changes_after(self._before):
            report.changes.add(change)
            report.gone += change.kind == "gone"
            report.corrected += change.kind == "corrected"
        report.seconds = time.perf_counter() - self._start

    def bring(self, looks: Sequence[Look], stopped: Callable[[], bool] = lambda: False) -> None:
        """Store the articles of some looks, then note what is known of their pages; stopped, what is stored by then."""
        stored = self._stored([item.article for look in looks for item in _read(look)], stopped)
        by_source: dict[int, list[Look]] = {}
        for look in looks:
            if all(item.article.content_hash in stored for item in _read(look)):
                by_source.setdefault(look.source.key, []).append(look)
        now = self._now()
        for of_one in by_source.values():
            source = of_one[0].source
            self._registry.note(source, [_news(look, stored) for look in of_one], now)
            skipped = [item for look in of_one for item in look.items if isinstance(item, Skipped)]
            self._registry.keep_failed(skipped, now, source)
            for each in skipped:
                self.report.skipped.add(each)
            self.report.pages += len(of_one)

    def ended(self, end: SourceEnd) -> None:
        """Note how a source did. All its looks must have been brought in before."""
        self.report.sources += 1
        if end.error is not None:
            self._registry.failed(end.source, self._now(), end.error, end.after)
            self.report.failed.append(SourceFailed(end.source.address, end.source.failures + 1, end.error))
            return
        self.report.same += end.same
        self._registry.succeeded(end.source, self._now(), kind=end.kind, etag=end.etag, modified=end.modified)

    def _stored(self, articles: Sequence[Article], stopped: Callable[[], bool]) -> dict[str, str]:
        """Store articles and return the ids of those that are in, by their content hashes."""
        stored: dict[str, str] = {}
        if not articles:
            return stored

        def until_stopped() -> Iterator[Article]:
            for article in articles:
                if stopped():
                    return
                yield article

        for each in self._writer().add(until_stopped(), lambda: self._embedder):
            stored[each.article.content_hash] = each.article.id
            self.report.passages += each.passages
            if each.first:
                match each.what:
                    case "added":
                        self.report.added += 1
                    case "changed":
                        self.report.changed += 1
                    case "unchanged":
                        self.report.unchanged += 1
        return stored

    def _writer(self) -> Archive:
        if self._archive is None:
            self._open.enter_context(writer_lock(self._config.data, doing="sync"))
            self._archive = Archive.open(self._config, write=True)
            self._open.callback(self._archive.close)
            self._run = self._archive.catalog.start_run()
        return self._archive

    @cached_property
    def _embedder(self) -> Embedder:
        return load_embedder(replace(self._config, embedder=self._writer().embedder))


def _read(look: Look) -> list[Read]:
    return [item for item in look.items if not isinstance(item, Skipped)]


def _news(look: Look, stored: dict[str, str]) -> PageNews:
    ids = tuple(dict.fromkeys(stored[item.article.content_hash] for item in _read(look)))
    return PageNews(look.url, look.how, look.mark, look.etag, look.modified, ids, look.lists)
