"""SQLite: articles, earlier versions, passages, vectors, runs. THE truth; the two indexes are rebuilt from it.

Every write is one transaction that raises the catalog's generation; a passage carries the generation it came in with and
a removed passage leaves its key with the generation it went out with, so that an index which stands at generation g asks
`added_since(g)` and `removed_since(g)` and is up to date. Passage keys are integers that are never used twice.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.archive.changes import difference, notices
from rag.archive.copies import Known, page_address
from rag.archive.rows import Counts, Embedded, Entry, Place, Selection
from rag.archive.schema import connect, reached, storage_errors, transaction
from rag.errors import EmbedderMismatch, NotFound
from rag.types import Article, Chunk, Days, Earlier, KnownBy, Past, canonical_url

if TYPE_CHECKING:
    from rag.types import Vectors

_ARTICLE = """a.id, a.url, a.title, o.name, a.text, a.content_hash, a.author, a.published_at, a.updated_at, a.category,
    a.language, a.version, a.origin_id, a.gone, a.corrected"""
_EPOCH = date(1970, 1, 1).toordinal()
_PAGE = 2_000  # passages read at a time when an index catches up
_INDEXED = "indexed "  # before a lineage, in `meta`: an index stands there, or is about to
_SECOND = 2  # the schema in which the table of sentences came
_OF_CONTENT = "c" + 16 * "[0-9a-f]"  # an id that was made from the content, as SQLite's GLOB reads it
# SQLite allows 32,766 variables in a statement.
_MOST_VARIABLES = 30_000


def day_number(day: date) -> int:
    """Return the day as days since 1970, the form in which the indexes keep it."""
    return day.toordinal() - _EPOCH


class Catalog:
    """The one SQLite file. Open with `Catalog.open`; reading is safe from several threads."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._db = connection
        self.path = path

    @classmethod
    def open(cls, path: Path, *, write: bool) -> Catalog:
        """Open the catalog at `path`; with `write`, make it where it is missing.

        Raises ArchiveError where there is none, StorageError when the disk refuses, NewerArchiveError when a newer
        Dateline made it.
        """
        return cls(connect(path, write=write), path)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    # -- writing ------------------------------------------------------------------------------------------------

    @contextmanager
    def _transaction(self) -> Iterator[int]:
        """Yield the new generation inside one transaction; all of it happens, or nothing."""
        with transaction(self._db, self.path):
            generation = self.generation + 1
            drawn = hashlib.sha256(f"{self._meta('lineage')} {secrets.token_hex(16)}".encode()).hexdigest()[:32]
            self._db.execute("UPDATE meta SET value = ? WHERE key = 'generation'", (str(generation),))
            self._db.execute("UPDATE meta SET value = ? WHERE key = 'lineage'", (drawn,))
            yield generation

    def use_embedder(self, name: str) -> None:
        """Remember the embedder that makes the vectors. Raises EmbedderMismatch where another has made some."""
        made_with = self.embedder
        if made_with == name:
            return
        if made_with is None or not self.passage_count():  # one that could not be loaded binds nobody
            with self._transaction():
                self._db.execute("INSERT OR REPLACE INTO meta VALUES ('embedder', ?)", (name,))
        else:
            raise EmbedderMismatch(
                f"the archive {self.path.parent} was made with the embedder {made_with!r}, not {name!r}; use "
                f"--embedder {made_with!r}, or ingest again into a new folder: dateline ingest --data NEW --embedder {name!r} ..."
            )

    def put(
        self, article: Article, passages: Sequence[Embedded], known: Known | None = None, origin_of: Sequence[str] = ()
    ) -> int:
        """Store an article with its passages, replacing an earlier version, and return its key.

        Articles of `origin_of`, with all that are copies of them, are copies of its origin from now on, or its own.
        """
        with self._transaction() as generation:
            old = self._db.execute(
                "SELECT key, version, content_hash, title, text, corrected FROM articles WHERE id = ?", (article.id,)
            ).fetchone()
            version, told = article.version, notices(article.text)
            corrected = article.corrected or bool(told)
            if old:
                version, corrected = max(version, old[1] + 1), corrected or bool(old[5])
                self._db.execute("INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?)", (article.id, *old[1:5], _now()))
                self._note_change(article, version, old[3], old[4], told)
                self._db.execute(
                    "INSERT INTO removed SELECT key, ? FROM chunks WHERE article = ?", (generation, old[0])
                )
                self._db.execute("DELETE FROM articles WHERE key = ?", (old[0],))
            self._db.execute("INSERT OR IGNORE INTO outlets (name) VALUES (?)", (article.source,))
            self._keep_earlier(article, version)
            path = next((by.path for by in (article.known_by, article.past) if by), None)
            if path is not None:
                self._db.execute("UPDATE articles SET path = NULL WHERE path = ?", (path,))
            key = self._db.execute(
                "INSERT INTO articles SELECT NULL, ?, ?, ?, key, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? "
                "FROM outlets WHERE name = ?",
                (
                    article.id, article.url, article.title, article.text, article.content_hash, article.author,
                    _iso(article.published_at), _iso(article.updated_at), article.category, article.language, version,
                    article.origin_id, article.gone, corrected, path, article.source,
                ),
            ).lastrowid  # fmt: skip
            self._put_passages(int(key or 0), passages, generation)
            if known:
                self._keep_known([(int(key or 0), known)])
            self._copies_of(article.origin_id or article.id, origin_of)
        return int(key or 0)

    def _copies_of(self, origin: str, articles: Sequence[str]) -> None:
        for name in articles:
            self._db.execute(
                "UPDATE articles SET origin_id = ?1 WHERE (id = ?2 OR origin_id = ?2) AND id <> ?1", (origin, name)
            )

    def keep_known(self, rows: Sequence[tuple[int, Known]]) -> None:
        """Keep by what articles that are in are found."""
        with transaction(self._db, self.path):
            self._keep_known(rows)

    def _keep_known(self, rows: Sequence[tuple[int, Known]]) -> None:
        values = [(key, known.address, known.signature) for key, known in rows]
        self._db.executemany("INSERT OR REPLACE INTO known VALUES (?, ?, ?)", values)

    def forget_signatures(self) -> None:
        """Drop all signatures, which are to be made anew."""
        with storage_errors(self.path):
            self._db.execute("DELETE FROM known")

    def mend(self, statements: Sequence[str]) -> int:
        """Run statements that mend the tables, all or none, as one write; return how many rows they changed."""
        before = self._db.total_changes
        with self._transaction():
            begun = self._db.total_changes - before
            for statement in statements:
                self._db.execute(statement)
            return self._db.total_changes - before - begun

    def split_anew(self, article_id: str, passages: Sequence[Embedded]) -> None:
        """Put other passages in the place of an article's, which is the same as before."""
        with self._transaction() as generation:
            (key,) = self._db.execute("SELECT key FROM articles WHERE id = ?", (article_id,)).fetchone()
            self._db.execute(
                "INSERT OR IGNORE INTO removed SELECT key, ? FROM chunks WHERE article = ?", (generation, key)
            )
            self._db.execute("DELETE FROM chunks WHERE article = ?", (key,))
            self._put_passages(key, passages, generation)

    def _put_passages(self, key: int, passages: Sequence[Embedded], generation: int) -> None:
        for passage in passages:
            chunk = passage.chunk
            chunk_key = self._db.execute(
                'INSERT INTO chunks (id, article, start, "end", vector, generation) VALUES (?, ?, ?, ?, ?, ?)',
                (chunk.id, key, chunk.start, chunk.end, _halves(passage.centre()), generation),
            ).lastrowid
            self._db.executemany(
                "INSERT INTO sentences VALUES (?, ?, ?, ?)",
                [
                    (chunk_key, start, end, _halves(vector))
                    for (start, end), vector in zip(passage.sentences, passage.vectors, strict=True)
                ],
            )

    def _note_change(self, article: Article, version: int, title: str, text: str, told: Sequence[str]) -> None:
        """Keep how a new version differs from the one before it, and the correction that it tells of and that one didn't."""
        new = [notice for notice in told if notice not in notices(text)]
        how = difference(f"{title}\n\n{text}", f"{article.title}\n\n{article.text}")
        self._db.execute(
            "INSERT INTO changes (article_id, at, kind, version, words_added, words_removed, sentences_changed, notice) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(article.id, _now(), "corrected" if new else "changed", version),
                *(how.words_added, how.words_removed, how.sentences_changed, new[0] if new else None),
            ),
        )

    def keep_earlier(self, article: Article) -> None:
        """Add the earlier texts that an exported article brings to those of the stored one."""
        with storage_errors(self.path):
            (version,) = self._db.execute("SELECT version FROM articles WHERE id = ?", (article.id,)).fetchone()
            self._keep_earlier(article, version)

    def _keep_earlier(self, article: Article, before: int) -> None:
        rows = [
            (article.id, each.version, each.content_hash, each.title, each.text, each.replaced_at)
            for each in (article.past.earlier if article.past else ())
            if each.version < before
        ]
        self._db.executemany(
            "INSERT OR IGNORE INTO versions (article_id, version, content_hash, title, text, replaced_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            rows,
        )

    def remove(self, selection: Selection) -> int:
        """Take articles out with their passages, vectors and earlier versions; return how many.

        Raises NotFound, and removes nothing, for an id, an address or an outlet that the archive doesn't have.
        """
        with storage_errors(self.path):
            self._db.execute("PRAGMA secure_delete = ON")  # no word of them stays in pages that are free again
            keys = self._selected(selection)
            if keys:
                with self._transaction() as generation:
                    self._db.executemany(
                        "INSERT INTO removed SELECT key, ? FROM chunks WHERE article = ?",
                        [(generation, key) for key in keys],
                    )
                    self._db.executemany(
                        "DELETE FROM versions WHERE article_id = (SELECT id FROM articles WHERE key = ?)",
                        [(key,) for key in keys],
                    )
                    self._db.executemany(
                        "DELETE FROM changes WHERE article_id = (SELECT id FROM articles WHERE key = ?)",
                        [(key,) for key in keys],
                    )
                    self._db.executemany(  # what was said from it goes too; that it was asked stays, to be flagged
                        "UPDATE answers SET answer = NULL WHERE key IN (SELECT answer FROM cited "
                        "WHERE article_id = (SELECT id FROM articles WHERE key = ?))",
                        [(key,) for key in keys],
                    )
                    ids = [
                        row for key in keys for row in self._db.execute("SELECT id FROM articles WHERE key = ?", (key,))
                    ]
                    self._db.executemany("DELETE FROM articles WHERE key = ?", [(key,) for key in keys])
                    for (origin,) in ids:
                        self._leave_to_the_next(origin)
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return len(keys)

    def _leave_to_the_next(self, origin: str) -> None:
        """Make the earliest copy of an article that is gone the origin of the others."""
        row = self._db.execute(
            "SELECT id FROM articles WHERE origin_id = ? ORDER BY published_at IS NULL, published_at, key", (origin,)
        ).fetchone()
        if row:
            self._db.execute(
                "UPDATE articles SET origin_id = iif(id = ?1, NULL, ?1) WHERE origin_id = ?2", (row[0], origin)
            )

    def _selected(self, selection: Selection) -> list[int]:
        """Return the keys of the articles selected."""
        keys = dict.fromkeys(key for name in selection.names for key in self._named(name))
        if selection.outlet is not None:
            if selection.outlet not in self.outlets():
                raise NotFound(
                    f"{self.path.parent} holds no article of the outlet {selection.outlet!r}; nothing was removed"
                )
            rows = self._db.execute(
                "SELECT a.key FROM articles a JOIN outlets o ON o.key = a.outlet WHERE o.name = ?", (selection.outlet,)
            )
            keys |= dict.fromkeys(key for (key,) in rows)
        if selection.before is not None:
            rows = self._db.execute("SELECT key FROM articles WHERE published_at < ?", (selection.before.isoformat(),))
            keys |= dict.fromkeys(key for (key,) in rows)
        return list(keys)

    def _named(self, name: str) -> list[int]:
        """Return the key of the article with the id `name`, or the keys of all that stand at the address `name`."""
        found = self._db.execute("SELECT key FROM articles WHERE id = ?", (name,)).fetchall()
        if not found and (wanted := _canonical(name)):
            rows = self._db.execute("SELECT key, url FROM articles WHERE url IS NOT NULL")
            found = [(key,) for key, url in rows if _canonical(url) == wanted]
        if not found and (address := page_address(name)):
            found = self._db.execute("SELECT article FROM known WHERE address = ?", (address,)).fetchall()
        if not found:
            raise NotFound(f"{self.path.parent} holds no article with the id or address {name!r}; nothing was removed")
        return [key for (key,) in found]

    def moved(self, article_id: str, path: str) -> None:
        """Note that the article, unchanged, is now the whole of the file at `path`."""
        with storage_errors(self.path):
            (before,) = self._db.execute("SELECT path FROM articles WHERE id = ?", (article_id,)).fetchone()
            if before != path:
                self._db.execute(
                    "UPDATE articles SET path = iif(id = ?1, ?2, NULL) WHERE id = ?1 OR path = ?2", (article_id, path)
                )

    def note_indexed(self) -> tuple[int, str]:
        """Note that an index is about to stand at the present state; return its generation and lineage."""
        with storage_errors(self.path):
            found = self.generation, self.lineage
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_INDEXED + found[1], str(found[0])))
        return found

    def was_indexed(self, generation: int, lineage: str) -> bool:
        """Tell whether an index that stands there was made from this catalog, and not from one that went another way."""
        return lineage == self.lineage == "" or self._meta(_INDEXED + lineage) == str(generation)

    def forget_removed(self, generation: int, lineage: str) -> None:
        """Drop the keys of passages that went out at or before `generation`, and earlier states: every index knows."""
        with storage_errors(self.path):
            self._db.execute("DELETE FROM removed WHERE generation <= ?", (generation,))
            self._db.execute("DELETE FROM meta WHERE key GLOB ? AND key <> ?", (f"{_INDEXED}*", _INDEXED + lineage))

    def start_run(self) -> int:
        """Note that an ingest began; return its key."""
        with storage_errors(self.path):
            return int(self._db.execute("INSERT INTO runs (started) VALUES (?)", (_now(),)).lastrowid or 0)

    def finish_run(self, run: int, *, added: int, changed: int, unchanged: int, skipped: int) -> None:
        """Note what the ingest did."""
        with storage_errors(self.path):
            self._db.execute(
                "UPDATE runs SET finished = ?, added = ?, changed = ?, unchanged = ?, skipped = ? WHERE key = ?",
                (_now(), added, changed, unchanged, skipped, run),
            )

    # -- reading ------------------------------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        """The number of the last write, from 0."""
        told = self._meta("generation") or ""
        return int(told) if told.isdecimal() else 0  # damaged; `dateline doctor` tells

    @property
    def lineage(self) -> str:
        """The catalog's random identity, and a digest that each write draws anew from the last; "" before schema 3."""
        identity, digest = self._meta("identity"), self._meta("lineage")
        return f"{identity}.{digest}" if identity and digest else ""

    @property
    def embedder(self) -> str | None:
        """The name of the embedder that made the vectors, None before the first."""
        return self._meta("embedder")

    def _meta(self, key: str) -> str | None:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None

    def digest(self) -> str:
        """Return one SHA-256 over all articles' ids and content hashes: the same for the same articles."""
        digest = hashlib.sha256()
        for row in self._db.execute("SELECT id, content_hash FROM articles ORDER BY id"):
            digest.update(json.dumps(row).encode())
        return digest.hexdigest()

    def content_hash(self, article_id: str) -> str | None:
        """Return the content hash stored for the article, None where there is no such article."""
        row = self._db.execute("SELECT content_hash FROM articles WHERE id = ?", (article_id,)).fetchone()
        return row[0] if row else None

    def holds(self, article: Article) -> bool:
        """Tell whether the article is in as it is; an exported one, whether it is in as it is or newer."""
        row = self._db.execute("SELECT content_hash, version FROM articles WHERE id = ?", (article.id,)).fetchone()
        return bool(row) and (
            row[0] == article.content_hash or (article.past is not None and row[1] >= article.version)
        )

    def first_time(self, article_id: str) -> bool:
        """Note that the id was read, and tell whether it is the first time since `begin_reading`."""
        return self._db.execute("INSERT OR IGNORE INTO read_now VALUES (?)", (article_id,)).rowcount == 1

    def begin_reading(self) -> None:
        """Forget what was read: the ids lie in a table that SQLite keeps on disk, so that they take no memory."""
        self._db.execute("DROP TABLE IF EXISTS temp.read_now")
        self._db.execute("CREATE TEMP TABLE read_now (id TEXT PRIMARY KEY) WITHOUT ROWID")

    def known_as(self, article: Article) -> str:
        """Return the id under which an article that has neither address nor id of its own is in, else a free one.

        It is the same article where its text and outlet are the same, or its file, or title, outlet and day, all three
        stated, where just one article has them. But two different texts that are read since `begin_reading` stand beside
        each other: they are two articles, whatever they have in common.
        """
        by = article.known_by or KnownBy()
        same = self._db.execute(
            "SELECT id FROM articles WHERE content_hash = ? UNION ALL SELECT id FROM articles WHERE id = ? AND text = ?",
            (article.content_hash, article.id, article.text),
        ).fetchone()
        if same:
            return str(same[0])
        unread = "a.id NOT IN (SELECT id FROM read_now)"
        found = self._db.execute(
            f"SELECT id FROM articles a WHERE path = ? AND {unread} "
            f"UNION ALL SELECT id FROM articles a WHERE id = ? AND {unread}",
            (by.path, article.id),
        ).fetchall()
        if by.titled and article.source and article.published_at:
            day = day_number(article.published_at.astimezone(UTC).date())
            tests, values = _passing((day, day), None)
            alike = self._db.execute(
                f"SELECT a.id FROM articles a JOIN outlets o ON o.key = a.outlet WHERE {tests} AND o.name = ? "
                f"AND a.title = ? AND a.url IS NULL AND a.id GLOB ? AND {unread}",
                (*values, article.source, article.title, _OF_CONTENT),
            ).fetchall()
            found += alike if len(alike) == 1 else []
        if found:
            return str(found[0][0])
        return article.id if self.content_hash(article.id) is None else "c" + article.content_hash[:16]

    def article(self, article_id: str) -> Article | None:
        """Return the article, None where there is none."""
        row = self._db.execute(
            f"SELECT {_ARTICLE} FROM articles a JOIN outlets o ON o.key = a.outlet WHERE a.id = ?", (article_id,)
        ).fetchone()
        return _article(row) if row else None

    def signatures(self) -> Iterator[tuple[int, bytes]]:
        """Yield the key and the signature of every article that has one."""
        yield from self._db.execute("SELECT article, signature FROM known")

    def without_signature(self, limit: int) -> list[tuple[int, Article]]:
        """Return some articles that have no signature yet, with their keys."""
        rows = self._db.execute(
            f"SELECT a.key, {_ARTICLE} FROM articles a JOIN outlets o ON o.key = a.outlet "
            "WHERE a.key NOT IN (SELECT article FROM known) ORDER BY a.key LIMIT ?",
            (limit,),
        )
        return [(key, _article(row)) for key, *row in rows]

    def at_address(self, address: str) -> list[Article]:
        """Return the articles at a page's address, in any of its forms."""
        rows = self._db.execute(
            f"SELECT {_ARTICLE} FROM known k JOIN articles a ON a.key = k.article JOIN outlets o ON o.key = a.outlet "
            "WHERE k.address = ? ORDER BY a.key",
            (address,),
        )
        return list(map(_article, rows))

    def of_keys(self, keys: Sequence[int]) -> list[Article]:
        """Return the articles of those keys that are still in."""
        rows = self._of_keys(f"SELECT {_ARTICLE} FROM articles a JOIN outlets o ON o.key = a.outlet WHERE a.key", keys)
        return list(map(_article, rows))

    def had(self, article_id: str, content_hash: str) -> bool:
        """Tell whether the article has that content, or had it before."""
        row = self._db.execute(
            "SELECT 1 FROM versions WHERE article_id = ?1 AND content_hash = ?2 "
            "UNION ALL SELECT 1 FROM articles WHERE id = ?1 AND content_hash = ?2",
            (article_id, content_hash),
        ).fetchone()
        return row is not None

    def passages(self, keys: Sequence[int]) -> Mapping[int, tuple[Chunk, Article]]:
        """Return the passages of `keys` with their articles; a key that is gone is left out."""
        found: dict[int, tuple[Chunk, Article]] = {}
        articles: dict[str, Article] = {}
        rows = self._of_keys(
            f'SELECT c.key, c.id, c.start, c."end", {_ARTICLE} FROM chunks c JOIN articles a ON a.key = c.article '
            "JOIN outlets o ON o.key = a.outlet WHERE c.key",
            keys,
        )
        for key, chunk_id, start, end, *row in rows:
            article = articles.get(row[0]) or articles.setdefault(row[0], _article(row))
            found[key] = (Chunk(chunk_id, article.id, start, end, article.text[start:end]), article)
        return found

    def _of_keys(self, query: str, keys: Sequence[int]) -> Iterator[Any]:
        """Yield the rows of a query that ends in the column which is to be one of `keys`."""
        distinct = list(dict.fromkeys(keys))
        for at in range(0, len(distinct), _MOST_VARIABLES):
            page = distinct[at : at + _MOST_VARIABLES]
            yield from self._db.execute(f"{query} IN ({','.join('?' * len(page))})", page)

    def bounds(self, article_id: str) -> list[tuple[int, int]]:
        """Return the offsets of all passages of an article, in order."""
        rows = self._db.execute(
            'SELECT c.start, c."end" FROM articles a JOIN chunks c ON c.article = a.key WHERE a.id = ? ORDER BY c.start',
            (article_id,),
        )
        return rows.fetchall()

    def articles(self) -> Iterator[Article]:
        """Yield every article, in the order in which they came in."""
        rows = self._db.execute(f"SELECT {_ARTICLE} FROM articles a JOIN outlets o ON o.key = a.outlet ORDER BY a.key")
        return map(_article, rows)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read one state of the catalog, whatever is written meanwhile."""
        self._db.execute("BEGIN")
        try:
            yield
        finally:
            self._db.execute("ROLLBACK")

    def with_past(self) -> Iterator[Article]:
        """Yield every article with its file and its earlier texts, in the order in which they came in."""
        rows = self._db.execute(
            f"SELECT a.path, {_ARTICLE} FROM articles a JOIN outlets o ON o.key = a.outlet ORDER BY a.key"
        )
        for path, *row in rows:
            yield replace(_article(row), past=Past(path, self.earlier(row[0])))

    def earlier(self, article_id: str) -> tuple[Earlier, ...]:
        """Return the article's earlier texts, the oldest first; () for one that never changed, or is not there."""
        rows = self._db.execute(
            "SELECT version, content_hash, title, text, replaced_at FROM versions WHERE article_id = ? ORDER BY version",
            (article_id,),
        )
        return tuple(Earlier(*each) for each in rows)

    def copy_to(self, file: Path) -> None:
        """Write one state of the whole catalog to a new file, whatever is written meanwhile."""
        with storage_errors(file), closing(sqlite3.connect(file, isolation_level=None)) as other:
            self._db.backup(other)  # in one step, hence one state

    def vectors(self, days: Days, outlets: Sequence[int] | None, limit: int) -> tuple[list[int], Vectors] | None:
        """Return the keys and vectors float32[n, dim] of all passages that a filter lets through; None where over `limit`.

        `days` bounds the publication day; `outlets` are the outlet keys allowed, None for any.
        """
        tests, values = _passing(days, outlets)
        rows = self._db.execute(
            f"SELECT c.key, c.vector FROM articles a JOIN chunks c ON c.article = a.key WHERE {tests} LIMIT ?",
            (*values, limit + 1),
        ).fetchall()
        if len(rows) > limit:
            return None
        return [key for key, _ in rows], _widened([blob for _, blob in rows])

    def article_count(self, days: Days = (None, None), outlets: Sequence[int] | None = None) -> int:
        """Return how many articles a filter lets through."""
        tests, values = _passing(days, outlets)
        return int(self._db.execute(f"SELECT count(*) FROM articles a WHERE {tests}", values).fetchone()[0])

    def sentences(self, keys: Sequence[int]) -> tuple[list[int], Vectors]:
        """Return the vectors float32[n, dim] of the passages' sentences, in order, and for each the key of its passage.

        Passages that came in before schema 2 have none.
        """
        rows = (
            list(self._of_keys("SELECT chunk, vector FROM sentences WHERE chunk", keys))
            if reached(self._db, _SECOND)
            else []
        )
        return [key for key, _ in rows], _widened([blob for _, blob in rows])

    def spans(self, article_id: str, start: int, end: int) -> Mapping[tuple[int, int], np.ndarray[Any, Any]]:
        """Return the vectors of the sentences that stand in `text[start:end]` of an article, by their offsets in it."""
        rows = (
            self._db.execute(
                'SELECT s.start, s."end", s.vector FROM articles a JOIN chunks c ON c.article = a.key '
                'JOIN sentences s ON s.chunk = c.key WHERE a.id = ? AND s.start >= ? AND s."end" <= ?',
                (article_id, start, end),
            ).fetchall()
            if reached(self._db, _SECOND)
            else []
        )
        return {(a, b): vector for (a, b, _), vector in zip(rows, _widened([row[2] for row in rows]), strict=True)}

    def places(self, keys: Sequence[int]) -> Mapping[int, Place]:
        """Return where each passage stands."""
        rows = self._of_keys(
            "SELECT c.key, c.start, a.published_at FROM chunks c JOIN articles a ON a.key = c.article WHERE c.key", keys
        )
        return {key: Place(start, _day(published_at)) for key, start, published_at in rows}

    def added_since(self, generation: int) -> Iterator[list[Entry]]:
        """Yield, in pages, the passages that came in after `generation`."""
        last = 0
        while True:
            rows = self._db.execute(
                'SELECT c.key, c.start, c."end", c.vector, a.key, a.title, a.published_at, a.outlet, o.name FROM chunks c '
                "JOIN articles a ON a.key = c.article JOIN outlets o ON o.key = a.outlet "
                "WHERE c.generation > ? AND c.key > ? ORDER BY c.key LIMIT ?",
                (generation, last, _PAGE),
            ).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            texts: dict[int, str] = {}
            page = []
            for key, start, end, blob, article, title, published_at, outlet, source in rows:
                if article not in texts:  # an article's passages come in a row: one text at a time
                    (text,) = self._db.execute("SELECT text FROM articles WHERE key = ?", (article,)).fetchone()
                    texts = {article: text}
                vector = np.frombuffer(blob, dtype=np.float16)
                page.append(Entry(key, texts[article][start:end], title, source, _day(published_at), outlet, vector))
            yield page

    def removed_since(self, generation: int) -> list[int]:
        """Return the keys of the passages that went out after `generation`."""
        rows = self._db.execute("SELECT key FROM removed WHERE generation > ?", (generation,))
        return [key for (key,) in rows]

    def outlets(self) -> Mapping[str, int]:
        """Return the key of every outlet that has an article, by its name. Keys are never used twice."""
        return dict(
            self._db.execute(
                "SELECT name, key FROM outlets o WHERE EXISTS (SELECT 1 FROM articles a WHERE a.outlet = o.key)"
            )
        )

    def independent(self) -> int:
        """Return how many articles there are where an article and its copies count once."""
        (count,) = self._db.execute("SELECT count(DISTINCT coalesce(origin_id, id)) FROM articles").fetchone()
        return int(count)

    def last_run(self) -> dict[str, Any] | None:
        """Return when the last ingest began and was done (None: it was killed, or is at work) and what it did."""
        names = ("started", "finished", "added", "changed", "unchanged", "skipped")
        row = self._db.execute(f"SELECT {', '.join(names)} FROM runs ORDER BY key DESC LIMIT 1").fetchone()
        return dict(zip(names, row, strict=True)) if row else None

    def passage_count(self) -> int:
        """Return how many passages there are."""
        return int(self._db.execute("SELECT count(*) FROM chunks").fetchone()[0])

    def counts(self) -> Counts:
        """Return what the archive holds."""
        articles, newest, oldest, undated, outlets = self._db.execute(
            "SELECT count(*), max(published_at), min(published_at), coalesce(sum(published_at IS NULL), 0), "
            "count(DISTINCT CASE WHEN o.name <> '' THEN outlet END) FROM articles a JOIN outlets o ON o.key = a.outlet"
        ).fetchone()
        return Counts(
            articles, self.passage_count(), outlets, _moment(newest), _moment(oldest), undated, self.generation
        )


def _passing(days: Days, outlets: Sequence[int] | None) -> tuple[str, list[object]]:
    """Return the SQL condition on articles "a" that a filter stands for, and its values."""
    low, high = (None if day is None else date.fromordinal(day + _EPOCH).isoformat() for day in days)
    tests, values = ["TRUE"], list[object]()
    if low is not None:
        tests.append("a.published_at >= ?")
        values.append(low)
    if high is not None:
        tests.append("a.published_at <= ?")
        values.append(f"{high}T23:59:59+00:00")
    if outlets is not None:
        tests.append(f"a.outlet IN ({','.join('?' * len(outlets))})")
        values += outlets
    return " AND ".join(tests), values


def _article(row: Sequence[Any]) -> Article:
    values = [*row[:7], _moment(row[7]), _moment(row[8]), *row[9:13], bool(row[13]), bool(row[14])]
    return Article(*values)


def _canonical(url: str) -> str | None:
    try:
        return canonical_url(url)
    except ValueError:
        return None


def _halves(vector: np.ndarray[Any, np.dtype[np.float32]]) -> bytes:
    return vector.astype(np.float16).tobytes()


def _widened(blobs: Sequence[bytes]) -> Vectors:
    halves = np.frombuffer(b"".join(blobs), dtype=np.float16)
    return halves.reshape(len(blobs), -1 if blobs else 0).astype(np.float32)


def _iso(moment: datetime | None) -> str | None:
    # One zone and one width, so that text order is time order.
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _day(text: str | None) -> int | None:
    return day_number(date.fromisoformat(text[:10])) if text else None  # stored in UTC


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
