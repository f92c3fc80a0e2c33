"""SQLite: articles, earlier versions, passages, vectors, runs. THE truth; the two indexes are rebuilt from it.

How it is read stands in contents.py. Every write is one transaction that raises the catalog's generation; a passage carries
the generation it came in with and a removed passage leaves its key with the generation it went out with, so that an index
which stands at generation g asks `added_since(g)` and `removed_since(g)` and is up to date. Passage keys are integers that
are never used twice.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rag.archive.changes import difference, notices
from rag.archive.columns import halves, iso, now
from rag.archive.contents import Contents
from rag.archive.copies import Known, page_address
from rag.archive.rows import Embedded, Selection
from rag.archive.schema import connect, storage_errors, transaction
from rag.errors import EmbedderMismatch, NotFound
from rag.types import Article, canonical_url

_INDEXED = "indexed "  # before a lineage, in `meta`: an index stands there, or is about to


class Catalog(Contents):
    """The one SQLite file; what it holds, and what changes it. Open with `Catalog.open`."""

    @classmethod
    def open(cls, path: Path, *, write: bool) -> Catalog:
        """Open the catalog at `path`; with `write`, make it where it is missing.

        Raises ArchiveError where there is none, StorageError when the disk refuses, NewerArchiveError when a newer
        Dateline made it.
        """
        return cls(connect(path, write=write), path)

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
                self._db.execute("INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?)", (article.id, *old[1:5], now()))
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
                    iso(article.published_at), iso(article.updated_at), article.category, article.language, version,
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
                (chunk.id, key, chunk.start, chunk.end, halves(passage.centre()), generation),
            ).lastrowid
            self._db.executemany(
                "INSERT INTO sentences VALUES (?, ?, ?, ?)",
                [
                    (chunk_key, start, end, halves(vector))
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
                *(article.id, now(), "corrected" if new else "changed", version),
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
            return int(self._db.execute("INSERT INTO runs (started) VALUES (?)", (now(),)).lastrowid or 0)

    def finish_run(self, run: int, *, added: int, changed: int, unchanged: int, skipped: int) -> None:
        """Note what the ingest did."""
        with storage_errors(self.path):
            self._db.execute(
                "UPDATE runs SET finished = ?, added = ?, changed = ?, unchanged = ?, skipped = ? WHERE key = ?",
                (now(), added, changed, unchanged, skipped, run),
            )


def _canonical(url: str) -> str | None:
    try:
        return canonical_url(url)
    except ValueError:
        return None
