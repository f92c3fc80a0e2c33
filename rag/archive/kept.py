"""Answers that were given, and what has become since of the articles that they cite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from rag.archive.schema import connect, reached, storage_errors, transaction

_PATIENCE = 2_000  # milliseconds that an answer waits to be kept while somebody writes an article
_FOURTH = 4  # the schema in which these tables came
_SINCE = {
    "removed": "removed from the archive",
    "gone": "gone from where it stood",
    "corrected": "corrected",
    "changed": "changed",
}


@dataclass(frozen=True, slots=True)
class CitedThen:
    """An article as it was cited, and what has become of it since: the gravest, None where it is as it was."""

    article_id: str
    version: int
    title: str
    since: Literal["removed", "gone", "corrected", "changed"] | None = None
    notice: str | None = None

    @property
    def told(self) -> str:
        """What has become of it, in words; nothing where it is as it was."""
        return _SINCE[self.since] if self.since else ""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer that was given on a day. `answer`: its JSON, None once an article that it quotes was removed.

    link: the id by which it is asked for, None where it was kept before there were any.
    """

    key: int
    at: datetime
    day: date
    question: str
    answer: dict[str, Any] | None
    articles: tuple[CitedThen, ...]
    link: str | None = None

    @property
    def flagged(self) -> bool:
        """Whether an article that it cites is not as it was."""
        return any(article.since for article in self.articles)


class KeptAnswers:
    """The answers of one archive. A connection of its own, which waits for no writer for long."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._db = connection
        self._path = path

    @classmethod
    def open(cls, folder: Path, *, write: bool) -> KeptAnswers:
        """Open the answers of the archive in `folder`. Raises ArchiveError where there is none, or it can't be written."""
        path = folder / "catalog.sqlite3"
        if write:
            connect(path, write=False).close()  # an answer makes no archive
        db = connect(path, write=write)
        db.execute(f"PRAGMA busy_timeout = {_PATIENCE}")
        return cls(db, path)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def keep(
        self, question: str, answer: dict[str, Any], day: date, cited: Sequence[tuple[str, int, str]], link: str
    ) -> None:
        """Keep an answer under a link. `cited`: id, version and title of each article that it cites."""
        with transaction(self._db, self._path):
            key = self._db.execute(
                "INSERT INTO answers (at, day, question, answer) VALUES (?, ?, ?, ?)",
                (
                    datetime.now(UTC).isoformat(timespec="seconds"),
                    day.isoformat(),
                    _sound(question),
                    json.dumps(answer),
                ),
            ).lastrowid
            self._db.executemany(
                "INSERT OR IGNORE INTO cited VALUES (?, ?, ?, ?)",
                [(key, article_id, version, title) for article_id, version, title in cited],
            )
            self._db.execute("INSERT INTO links VALUES (?, ?)", (link, key))

    def answers(self, *, flagged: bool = False) -> list[KeptAnswer]:
        """Return the answers, newest first; with `flagged`, those that cite what is not as it was."""
        found = self._read() if reached(self._db, _FOURTH) else []
        return [each for each in found if each.flagged] if flagged else found

    def get(self, link: str) -> KeptAnswer | None:
        """Return the answer of a link, None where there is none."""
        if not self._has_links():
            return None
        row = self._db.execute("SELECT answer FROM links WHERE id = ?", (_sound(link),)).fetchone()
        return next(iter(self._read(row[0])), None) if row else None

    def _has_links(self) -> bool:
        return bool(self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'links'").fetchone())

    def _read(self, one: int | None = None) -> list[KeptAnswer]:
        """Return all answers, newest first, or that of a key."""
        which = f"= {one}" if one else "> 0"
        found: dict[int, list[CitedThen]] = {}
        for answer, *told in self._db.execute(
            "SELECT c.answer, c.article_id, c.version, c.title, CASE WHEN a.id IS NULL THEN 'removed' "
            "WHEN a.gone THEN 'gone' WHEN x.article_id IS NOT NULL THEN 'corrected' "
            "WHEN a.version <> c.version THEN 'changed' END, x.notice "
            "FROM cited c LEFT JOIN articles a ON a.id = c.article_id LEFT JOIN "
            "(SELECT article_id, max(version) AS version, notice FROM changes WHERE kind = 'corrected' GROUP BY article_id) x "
            "ON x.article_id = c.article_id AND x.version > c.version "
            f"WHERE c.answer {which} ORDER BY c.answer, c.title, c.article_id"
        ):
            found.setdefault(answer, []).append(CitedThen(*told))
        out = []
        link = "(SELECT id FROM links WHERE answer = key)" if self._has_links() else "NULL"
        for key, at, day, question, answer, linked in self._db.execute(
            f"SELECT key, at, day, question, answer, {link} FROM answers WHERE key {which} ORDER BY key DESC"
        ):
            told, then = json.loads(answer) if answer is not None else None, tuple(found.get(key, ()))
            given, asked = datetime.fromisoformat(at), date.fromisoformat(day)
            out.append(KeptAnswer(key, given, asked, question, told, then, linked))
        return out

    def flagged(self) -> int:
        """Return how many answers cite what is not as it was."""
        if not reached(self._db, _FOURTH):
            return 0
        return int(
            self._db.execute(
                "SELECT count(DISTINCT c.answer) FROM cited c LEFT JOIN articles a ON a.id = c.article_id "
                "WHERE a.id IS NULL OR a.gone OR a.version <> c.version"
            ).fetchone()[0]
        )

    def forget(self) -> int:
        """Forget all answers, and return how many there were."""
        with storage_errors(self._path):
            self._db.execute("PRAGMA secure_delete = ON")
            forgotten = self._db.execute("DELETE FROM answers").rowcount
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return forgotten


def _sound(text: str) -> str:
    """Return a text that can be stored: half of a surrogate pair is none."""
    return text.encode("utf-8", "replace").decode()
