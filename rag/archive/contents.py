"""What the catalog holds, as it is asked for. Nothing here writes, but for the list of what is being read just now."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.archive.columns import ARTICLE, article_of, day_number, day_of, moment, passing, widened
from rag.archive.rows import Counts, Entry, Place
from rag.archive.schema import reached, storage_errors
from rag.types import Article, Chunk, Days, Earlier, KnownBy, Past

if TYPE_CHECKING:
    from rag.types import Vectors

_PAGE = 2_000  # passages read at a time when an index catches up
_SECOND = 2  # the schema in which the table of sentences came
_OF_CONTENT = "c" + 16 * "[0-9a-f]"  # an id that was made from the content, as SQLite's GLOB reads it
# SQLite allows 32,766 variables in a statement.
_MOST_VARIABLES = 30_000


class Contents:
    """The reading half of a catalog; safe from several threads."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._db = connection
        self.path = path

    def close(self) -> None:
        """Close the file."""
        self._db.close()

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
            tests, values = passing((day, day), None)
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
            f"SELECT {ARTICLE} FROM articles a JOIN outlets o ON o.key = a.outlet WHERE a.id = ?", (article_id,)
        ).fetchone()
        return article_of(row) if row else None

    def signatures(self) -> Iterator[tuple[int, bytes]]:
        """Yield the key and the signature of every article that has one."""
        yield from self._db.execute("SELECT article, signature FROM known")

    def without_signature(self, limit: int) -> list[tuple[int, Article]]:
        """Return some articles that have no signature yet, with their keys."""
        rows = self._db.execute(
            f"SELECT a.key, {ARTICLE} FROM articles a JOIN outlets o ON o.key = a.outlet "
            "WHERE a.key NOT IN (SELECT article FROM known) ORDER BY a.key LIMIT ?",
            (limit,),
        )
        return [(key, article_of(row)) for key, *row in rows]

    def at_address(self, address: str) -> list[Article]:
        """Return the articles at a page's address, in any of its forms."""
        rows = self._db.execute(
            f"SELECT {ARTICLE} FROM known k JOIN articles a ON a.key = k.article JOIN outlets o ON o.key = a.outlet "
            "WHERE k.address = ? ORDER BY a.key",
            (address,),
        )
        return list(map(article_of, rows))

    def of_keys(self, keys: Sequence[int]) -> list[Article]:
        """Return the articles of those keys that are still in."""
        rows = self._of_keys(f"SELECT {ARTICLE} FROM articles a JOIN outlets o ON o.key = a.outlet WHERE a.key", keys)
        return list(map(article_of, rows))

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
            f'SELECT c.key, c.id, c.start, c."end", {ARTICLE} FROM chunks c JOIN articles a ON a.key = c.article '
            "JOIN outlets o ON o.key = a.outlet WHERE c.key",
            keys,
        )
        for key, chunk_id, start, end, *row in rows:
            article = articles.get(row[0]) or articles.setdefault(row[0], article_of(row))
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
        rows = self._db.execute(f"SELECT {ARTICLE} FROM articles a JOIN outlets o ON o.key = a.outlet ORDER BY a.key")
        return map(article_of, rows)

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
            f"SELECT a.path, {ARTICLE} FROM articles a JOIN outlets o ON o.key = a.outlet ORDER BY a.key"
        )
        for path, *row in rows:
            yield replace(article_of(row), past=Past(path, self.earlier(row[0])))

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
        tests, values = passing(days, outlets)
        rows = self._db.execute(
            f"SELECT c.key, c.vector FROM articles a JOIN chunks c ON c.article = a.key WHERE {tests} LIMIT ?",
            (*values, limit + 1),
        ).fetchall()
        if len(rows) > limit:
            return None
        return [key for key, _ in rows], widened([blob for _, blob in rows])

    def article_count(self, days: Days = (None, None), outlets: Sequence[int] | None = None) -> int:
        """Return how many articles a filter lets through."""
        tests, values = passing(days, outlets)
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
        return [key for key, _ in rows], widened([blob for _, blob in rows])

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
        return {(a, b): vector for (a, b, _), vector in zip(rows, widened([row[2] for row in rows]), strict=True)}

    def places(self, keys: Sequence[int]) -> Mapping[int, Place]:
        """Return where each passage stands."""
        rows = self._of_keys(
            "SELECT c.key, c.start, a.published_at FROM chunks c JOIN articles a ON a.key = c.article WHERE c.key", keys
        )
        return {key: Place(start, day_of(published_at)) for key, start, published_at in rows}

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
                page.append(Entry(key, texts[article][start:end], title, source, day_of(published_at), outlet, vector))
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

    def newest_day(self) -> date | None:
        """Return the day of the newest article, None where none has one."""
        (newest,) = self._db.execute("SELECT max(published_at) FROM articles").fetchone()
        return found.date() if (found := moment(newest)) else None

    def counts(self) -> Counts:
        """Return what the archive holds."""
        articles, newest, oldest, undated, outlets = self._db.execute(
            "SELECT count(*), max(published_at), min(published_at), coalesce(sum(published_at IS NULL), 0), "
            "count(DISTINCT CASE WHEN o.name <> '' THEN outlet END) FROM articles a JOIN outlets o ON o.key = a.outlet"
        ).fetchone()
        return Counts(articles, self.passage_count(), outlets, moment(newest), moment(oldest), undated, self.generation)
