"""The sources that articles come from again and again, the pages they led to, and what could not be read.

All of it stands in the catalog, beside the articles. What is noted here of a page must be noted after its articles are in:
a page that is known as read is not asked for again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from rag.archive.schema import connect, reached, transaction
from rag.errors import NotFound, UsageError
from rag.types import KnownPage, RegisteredSource, Skipped

_SOURCE = "key, address, every, kind, outlet, paused, etag, modified, last_tried, last_success, last_error, failures, next_due"
_PAGE = "url, mark, etag, modified, missing, failures, next_look IS NULL"  # lists of pages have no next look
SHORTEST, LONGEST = 60, 366 * 86_400  # seconds between two readings of a source
_WAITS_AT_MOST = timedelta(days=1)  # for a source that keeps failing
# From one look at a page to the next: at first, at most where it stays as it is, where it was not there, could not be read.
_FIRST_LOOK, _LONGEST_LOOK = timedelta(hours=6), timedelta(days=30)
_MISSING_LOOK, _FAILED_LOOK = timedelta(hours=1), timedelta(minutes=15)
_GONE_AFTER = 2  # looks in a row that find nothing there
_MOST_FAILED = 10_000  # dead letters that are kept
# At a place, in a folder or in an archive of that name; as ranges, for which there is an index ("0" follows "/").
_AT_OR_IN = "place = ?1 OR place >= ?1 || '/' AND place < ?1 || '0' OR place >= ?1 || '!' AND place < ?1 || '\"'"
_FOURTH = 4  # the schema in which these tables came


@dataclass(frozen=True, slots=True)
class PageNews:
    """What a look at a page gave. `articles`: the ids of those that stand on it; `lists`: it is a list of pages."""

    url: str
    how: Literal["read", "same", "missing", "failed"]
    mark: str | None = None
    etag: str | None = None
    modified: str | None = None
    articles: tuple[str, ...] = ()
    lists: bool = False


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What could not be read: where, why, when, and from which source."""

    place: str
    line: int | None
    reason: str
    at: datetime
    source: int | None


@dataclass(frozen=True, slots=True)
class ArticleChange:
    """What became of an article: a new version with its difference, a correction with its notice, or it is gone."""

    article_id: str
    url: str | None
    title: str
    kind: Literal["changed", "corrected", "gone"]
    version: int
    words_added: int
    words_removed: int
    sentences_changed: int
    notice: str | None
    at: datetime


class Registry:
    """The sources of one archive. A connection of its own, so that it is read while articles come in."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._db = connection
        self._path = path

    @classmethod
    def open(cls, folder: Path, *, write: bool) -> Registry:
        """Open the registry of the archive in `folder`; with `write`, make the archive where it is missing."""
        path = folder / "catalog.sqlite3"
        return cls(connect(path, write=write), path)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # -- sources ------------------------------------------------------------------------------------------------

    def add(self, address: str, *, every: int, outlet: str | None = None, kind: str | None = None) -> RegisteredSource:
        """Register a source, due at once. Raises UsageError where it is registered already."""
        with transaction(self._db, self._path):
            if self._db.execute("SELECT 1 FROM sources WHERE address = ?", (address,)).fetchone():
                raise UsageError(f"{address} is registered already; `dateline source remove` it first to change it")
            self._db.execute(
                "INSERT INTO sources (address, every, outlet, kind) VALUES (?, ?, ?, ?)", (address, every, outlet, kind)
            )
        return self.named(address)

    def sources(self) -> list[RegisteredSource]:
        """Return all sources, in the order in which they were registered."""
        if not reached(self._db, _FOURTH):
            return []
        return [_source(row) for row in self._db.execute(f"SELECT {_SOURCE} FROM sources ORDER BY key")]

    def named(self, name: str) -> RegisteredSource:
        """Return the source with this number or address. Raises NotFound."""
        for source in self.sources():
            if name in (str(source.key), source.address):
                return source
        raise NotFound(f"{self._path.parent} has no source {name!r}; `dateline source list` names those it has")

    def remove(self, source: RegisteredSource) -> None:
        """Forget the source and the pages it led to; its articles stay."""
        with transaction(self._db, self._path):
            self._db.execute("DELETE FROM sources WHERE key = ?", (source.key,))

    def pause(self, source: RegisteredSource, paused: bool) -> None:
        """Leave the source out of what is due, or take it in again: then it is due at once."""
        with transaction(self._db, self._path):
            self._db.execute("UPDATE sources SET paused = ?, next_due = NULL WHERE key = ?", (paused, source.key))

    def due(self, now: datetime) -> list[RegisteredSource]:
        """Return the sources to read now. One that was read in the future is due: the clock was put back."""
        return [
            source
            for source in self.sources()
            if not source.paused
            and (
                source.next_due is None
                or now >= source.next_due
                or (source.last_tried is not None and now < source.last_tried)
            )
        ]

    def succeeded(
        self, source: RegisteredSource, now: datetime, *, kind: str | None, etag: str | None, modified: str | None
    ) -> None:
        """Note that the source was read and all that it gave is in."""
        with transaction(self._db, self._path):
            self._db.execute(
                "UPDATE sources SET kind = coalesce(?, kind), etag = ?, modified = ?, last_tried = ?, last_success = ?, "
                "last_error = NULL, failures = 0, next_due = ? WHERE key = ?",
                (kind, etag, modified, _iso(now), _iso(now), _iso(now + timedelta(seconds=source.every)), source.key),
            )

    def failed(self, source: RegisteredSource, now: datetime, reason: str, after: float | None = None) -> None:
        """Note that the source could not be read: each time in a row it waits twice as long, a day at most.

        after: seconds that the server asks to wait.
        """
        waits = min(timedelta(seconds=source.every) * 2 ** min(source.failures, 20), _WAITS_AT_MOST)
        waits = max(waits, timedelta(seconds=min(after or 0.0, _WAITS_AT_MOST.total_seconds())))
        waits = max(waits, timedelta(seconds=source.every))
        with transaction(self._db, self._path):
            self._db.execute(
                "UPDATE sources SET last_tried = ?, last_error = ?, failures = failures + 1, next_due = ? WHERE key = ?",
                (_iso(now), reason, _iso(now + waits), source.key),
            )

    def freshness(self, now: datetime) -> dict[str, Any]:
        """Return how the sources do, as JSON holds it: how many there are, the oldest success of any, those that fail."""
        sources = self.sources()
        successes = [each.last_success for each in sources if each.last_success and not each.paused]
        return {
            "registered": len(sources),
            "paused": sum(each.paused for each in sources),
            "due": len(self.due(now)),
            "never_read": sum(each.last_success is None and not each.paused for each in sources),
            "longest_ago": min(successes).isoformat(timespec="seconds") if successes else None,
            "failing": [
                {
                    "source": each.address,
                    "failures": each.failures,
                    "reason": each.last_error,
                    "last_success": each.last_success.isoformat(timespec="seconds") if each.last_success else None,
                }
                for each in sources
                if each.failures
            ],
        }

    # -- pages --------------------------------------------------------------------------------------------------

    def pages(self, source: RegisteredSource) -> dict[str, KnownPage]:
        """Return the pages that the source led to, by address."""
        rows = self._db.execute(f"SELECT {_PAGE} FROM pages WHERE source = ?", (source.key,))
        return {row[0]: _page(row) for row in rows}

    def others_pages(self, source: RegisteredSource) -> frozenset[str]:
        """Return the addresses of the pages that other sources led to first."""
        return frozenset(url for (url,) in self._db.execute("SELECT url FROM pages WHERE source <> ?", (source.key,)))

    def to_look_at(self, source: RegisteredSource, now: datetime, limit: int) -> list[KnownPage]:
        """Return the pages of the source whose time has come to be looked at again, the longest overdue first."""
        rows = self._db.execute(
            f"SELECT {_PAGE} FROM pages WHERE source = ? AND next_look IS NOT NULL AND (next_look <= ? OR looked > ?) "
            "ORDER BY next_look LIMIT ?",
            (source.key, _iso(now), _iso(now), limit),
        )
        return [_page(row) for row in rows]

    def note(self, source: RegisteredSource, news: Sequence[PageNews], now: datetime) -> list[str]:
        """Keep what looks at pages gave, and return the ids of the articles that are now marked gone."""
        gone: list[str] = []
        with transaction(self._db, self._path):
            for each in news:
                gone += self._note(source, each, now)
        return gone

    def _note(self, source: RegisteredSource, news: PageNews, now: datetime) -> list[str]:
        before = self._db.execute(
            "SELECT looked, next_look, missing, failures FROM pages WHERE url = ?", (news.url,)
        ).fetchone()
        waits = _FIRST_LOOK
        match news.how:
            case "same" if before and before[1]:  # the longer it has stayed as it is, the longer it will
                waited = datetime.fromisoformat(before[1]) - datetime.fromisoformat(before[0])
                waits = min(max(2 * waited, _FIRST_LOOK), _LONGEST_LOOK)
            case "missing":
                waits = _MISSING_LOOK if not before or before[2] + 1 < _GONE_AFTER else _LONGEST_LOOK
            case "failed":
                waits = min(_FAILED_LOOK * 2 ** min(before[3] if before else 0, 20), _WAITS_AT_MOST)
        if before is None:
            self._db.execute(
                "INSERT INTO pages (url, source, looked) VALUES (?, ?, ?)", (news.url, source.key, _iso(now))
            )
        self._db.execute(
            "UPDATE pages SET mark = coalesce(?, mark), looked = ?, next_look = ? WHERE url = ?",
            (news.mark, _iso(now), None if news.lists else _iso(now + waits), news.url),
        )
        match news.how:
            case "read" | "same":
                if news.how == "read":
                    self._db.execute(
                        "UPDATE pages SET etag = ?, modified = ? WHERE url = ?", (news.etag, news.modified, news.url)
                    )
                self._db.execute("UPDATE pages SET missing = 0, failures = 0 WHERE url = ?", (news.url,))
                self._db.execute(f"DELETE FROM failed WHERE {_AT_OR_IN}", (news.url,))
                if news.articles:
                    self._db.execute("DELETE FROM stands_on WHERE page = ?", (news.url,))
                    self._db.executemany(
                        "INSERT OR IGNORE INTO stands_on VALUES (?, ?)", [(news.url, each) for each in news.articles]
                    )
                self._db.execute(
                    "UPDATE articles SET gone = 0 WHERE gone AND id IN (SELECT article_id FROM stands_on WHERE page = ?)",
                    (news.url,),
                )
            case "failed":
                self._db.execute("UPDATE pages SET failures = failures + 1 WHERE url = ?", (news.url,))
            case "missing":
                self._db.execute("UPDATE pages SET missing = missing + 1 WHERE url = ?", (news.url,))
                return self._mark_gone(news.url, now)
        return []

    def _mark_gone(self, url: str, now: datetime) -> list[str]:
        """Mark the articles gone that stood on this page and stand on no other, once it was missing twice in a row."""
        gone = [
            article_id
            for (article_id,) in self._db.execute(
                "SELECT s.article_id FROM stands_on s JOIN pages p ON p.url = s.page JOIN articles a ON a.id = s.article_id "
                "WHERE s.page = ? AND p.missing >= ? AND NOT a.gone AND NOT EXISTS (SELECT 1 FROM stands_on o "
                "JOIN pages q ON q.url = o.page WHERE o.article_id = s.article_id AND q.missing < ?)",
                (url, _GONE_AFTER, _GONE_AFTER),
            ).fetchall()
        ]
        for article_id in gone:
            self._db.execute("UPDATE articles SET gone = 1 WHERE id = ?", (article_id,))
            self._db.execute(
                "INSERT INTO changes (article_id, at, kind, version) SELECT id, ?, 'gone', version FROM articles WHERE id = ?",
                (_iso(now), article_id),
            )
        return gone

    def last_change(self) -> int:
        """Return the number of the last change that was noted, 0 before the first."""
        return int(self._db.execute("SELECT coalesce(max(key), 0) FROM changes").fetchone()[0])

    def changes_after(self, number: int) -> Iterator[ArticleChange]:
        """Yield the changes of articles that were noted after that one, in order."""
        rows = self._db.execute(
            "SELECT c.article_id, a.url, a.title, c.kind, c.version, c.words_added, c.words_removed, c.sentences_changed, "
            "c.notice, c.at FROM changes c JOIN articles a ON a.id = c.article_id WHERE c.key > ? ORDER BY c.key",
            (number,),
        )
        for row in rows:
            values: list[Any] = [*row[:9], datetime.fromisoformat(row[9])]
            yield ArticleChange(*values)

    # -- dead letters -------------------------------------------------------------------------------------------

    def keep_failed(self, skipped: Iterable[Skipped], now: datetime, source: RegisteredSource | None = None) -> None:
        """Keep what could not be read, the newest where there is too much."""
        with transaction(self._db, self._path):
            self._db.executemany(
                "INSERT OR REPLACE INTO failed VALUES (?, ?, ?, ?, ?)",
                [(s.place, s.line or 0, s.reason, _iso(now), source.key if source else None) for s in skipped],
            )
            self._db.execute(
                "DELETE FROM failed WHERE (place, line, reason) IN "
                "(SELECT place, line, reason FROM failed ORDER BY at DESC, place, line LIMIT -1 OFFSET ?)",
                (_MOST_FAILED,),
            )

    def forget_failed(self, places: Iterable[str]) -> int:
        """Forget what could not be read in these files, folders, archives and pages, and return how many that were."""
        forgotten = 0
        with transaction(self._db, self._path):
            for place in places:
                where, name = (_AT_OR_IN, place.rstrip("/") or "/") if "://" not in place else ("place = ?1", place)
                forgotten += self._db.execute(f"DELETE FROM failed WHERE {where}", (name,)).rowcount
        return forgotten

    def dead_letters(self) -> list[DeadLetter]:
        """Return what could not be read, by place."""
        if not reached(self._db, _FOURTH):
            return []
        rows = self._db.execute("SELECT place, line, reason, at, source FROM failed ORDER BY place, line, reason")
        return [
            DeadLetter(place, line or None, reason, datetime.fromisoformat(at), source)
            for place, line, reason, at, source in rows
        ]


def _source(row: Sequence[Any]) -> RegisteredSource:
    tried, success, error, failures, due = row[8:]
    values: list[Any] = [
        *row[:5],
        bool(row[5]),
        *row[6:8],
        _moment(tried),
        _moment(success),
        error,
        failures,
        _moment(due),
    ]
    return RegisteredSource(*values)


def _page(row: Sequence[Any]) -> KnownPage:
    values: list[Any] = [*row[:6], bool(row[6])]
    return KnownPage(*values)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")  # one width: text order is time order


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
