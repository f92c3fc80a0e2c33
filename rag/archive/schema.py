"""The catalog's tables, and opening the file that holds them."""

from __future__ import annotations

import sqlite3
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rag.config import load
from rag.errors import ArchiveError, NewerArchiveError, StorageError

_DAMAGE = ("malformed", "not a database")  # what SQLite says of a file that is damaged, or none of its own
_LONGEST_LOG = 1_000_000  # bytes; then it begins anew
SCHEMA_VERSION = 4
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE outlets (key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE articles (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, url TEXT, title TEXT NOT NULL,
    outlet INTEGER NOT NULL REFERENCES outlets (key), text TEXT NOT NULL, content_hash TEXT NOT NULL, author TEXT,
    published_at TEXT, updated_at TEXT, category TEXT, language TEXT, version INTEGER NOT NULL, origin_id TEXT,
    gone INTEGER NOT NULL, corrected INTEGER NOT NULL
);
CREATE TABLE versions (
    article_id TEXT NOT NULL, version INTEGER NOT NULL, content_hash TEXT NOT NULL, title TEXT NOT NULL,
    text TEXT NOT NULL, replaced_at TEXT NOT NULL, PRIMARY KEY (article_id, version)
) WITHOUT ROWID;
CREATE TABLE chunks (
    key INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,
    article INTEGER NOT NULL REFERENCES articles (key) ON DELETE CASCADE,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, vector BLOB NOT NULL, generation INTEGER NOT NULL
);
CREATE TABLE removed (key INTEGER PRIMARY KEY, generation INTEGER NOT NULL);
CREATE TABLE runs (
    key INTEGER PRIMARY KEY, started TEXT NOT NULL, finished TEXT, added INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0, unchanged INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0
);
"""
# Since schema 2: an archive made before has no vectors of its sentences until its articles come in anew.
_SECOND = """
CREATE TABLE sentences (
    chunk INTEGER NOT NULL REFERENCES chunks (key) ON DELETE CASCADE,
    start INTEGER NOT NULL, "end" INTEGER NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (chunk, start)
) WITHOUT ROWID;
"""
# Since schema 3: the file that an article without an address is the whole of; and marks by which an index tells this
# catalog, with all that was written to it, from every other.
_THIRD = """
ALTER TABLE articles ADD COLUMN path TEXT;
INSERT OR IGNORE INTO meta VALUES ('identity', lower(hex(randomblob(16)))), ('lineage', lower(hex(randomblob(16))));
"""
# Since schema 4: where articles come from and how that went, what became of articles since, answers given, and what
# could not be read. No passage hangs on any of it, so that writing here raises no generation.
_FOURTH = """
CREATE TABLE IF NOT EXISTS sources (
    key INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT NOT NULL UNIQUE, every INTEGER NOT NULL, kind TEXT, outlet TEXT,
    paused INTEGER NOT NULL DEFAULT 0, etag TEXT, modified TEXT, last_tried TEXT, last_success TEXT, last_error TEXT,
    failures INTEGER NOT NULL DEFAULT 0, next_due TEXT
);
CREATE TABLE IF NOT EXISTS pages (
    url TEXT PRIMARY KEY, source INTEGER NOT NULL REFERENCES sources (key) ON DELETE CASCADE, mark TEXT, etag TEXT,
    modified TEXT, missing INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, looked TEXT NOT NULL,
    next_look TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stands_on (
    page TEXT NOT NULL REFERENCES pages (url) ON DELETE CASCADE, article_id TEXT NOT NULL, PRIMARY KEY (page, article_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS changes (
    key INTEGER PRIMARY KEY, article_id TEXT NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL, version INTEGER NOT NULL,
    words_added INTEGER NOT NULL DEFAULT 0, words_removed INTEGER NOT NULL DEFAULT 0,
    sentences_changed INTEGER NOT NULL DEFAULT 0, notice TEXT
);
CREATE TABLE IF NOT EXISTS answers (
    key INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, day TEXT NOT NULL, question TEXT NOT NULL, answer TEXT
);
CREATE TABLE IF NOT EXISTS cited (
    answer INTEGER NOT NULL REFERENCES answers (key) ON DELETE CASCADE, article_id TEXT NOT NULL,
    version INTEGER NOT NULL, title TEXT NOT NULL, PRIMARY KEY (answer, article_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failed (
    place TEXT NOT NULL, line INTEGER NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL,
    source INTEGER REFERENCES sources (key) ON DELETE CASCADE, PRIMARY KEY (place, line, reason)
) WITHOUT ROWID;
-- By what an article's copies are found: the address of its page and the signature of its text.
CREATE TABLE IF NOT EXISTS known (
    article INTEGER PRIMARY KEY REFERENCES articles (key) ON DELETE CASCADE, address TEXT, signature BLOB NOT NULL
);
"""
# None of these makes another schema: an archive that lacks one gets it from the next writer, and a reader can do without.
# `links` has the id by which an answer is asked for; it can't be guessed.
_INDEXES = """
CREATE TABLE IF NOT EXISTS links (
    id TEXT PRIMARY KEY, answer INTEGER NOT NULL UNIQUE REFERENCES answers (key) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS chunks_article ON chunks (article);
CREATE INDEX IF NOT EXISTS chunks_generation ON chunks (generation);
CREATE INDEX IF NOT EXISTS articles_outlet ON articles (outlet, published_at);
CREATE INDEX IF NOT EXISTS articles_day ON articles (published_at);
CREATE INDEX IF NOT EXISTS articles_content ON articles (content_hash);
CREATE INDEX IF NOT EXISTS articles_origin ON articles (origin_id) WHERE origin_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS known_address ON known (address) WHERE address IS NOT NULL;
CREATE INDEX IF NOT EXISTS articles_path ON articles (path) WHERE path IS NOT NULL;
CREATE INDEX IF NOT EXISTS pages_source ON pages (source, next_look);
CREATE INDEX IF NOT EXISTS stands_on_article ON stands_on (article_id);
CREATE INDEX IF NOT EXISTS changes_article ON changes (article_id, version);
CREATE INDEX IF NOT EXISTS cited_article ON cited (article_id);
"""


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """Open the file at `path`; with `write`, make it and its tables where they are missing.

    Raises ArchiveError where there is none, StorageError when the disk refuses, NewerArchiveError when a newer Dateline
    made it.
    """
    if not write and not path.exists():
        raise ArchiveError(f"{path.parent} holds no archive yet; run `dateline ingest FOLDER` first")
    try:
        if write:
            path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"can't write {error.filename or path.parent} ({error.strerror}); choose another folder with --data"
        ) from None
    with storage_errors(path):
        # autocommit: transactions are opened by hand. Several threads may read through one connection (SQLite serializes).
        db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        db.execute("PRAGMA foreign_keys = ON")
        if write:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
        try:
            _migrate(db, path, write=write)
        except BaseException:
            db.close()
            raise
        return db


def reached(db: sqlite3.Connection, schema: int) -> bool:
    """Whether the file has the tables of a schema: a reader may meet an archive that no writer has brought to it."""
    return bool(db.execute("PRAGMA user_version").fetchone()[0] >= schema)


def _migrate(db: sqlite3.Connection, path: Path, *, write: bool) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise NewerArchiveError(
            f"the archive {path.parent} was made by a newer Dateline (schema {version}, this one reads up to "
            f"{SCHEMA_VERSION}); update Dateline, or choose another folder with --data"
        )
    if version == 0 and not write:
        raise ArchiveError(f"{path.parent} holds no archive yet; run `dateline ingest FOLDER` first")
    if version < SCHEMA_VERSION and write:
        steps = f"{_TABLES} INSERT INTO meta VALUES ('generation', '0');", _SECOND, _THIRD, _FOURTH
        db.executescript(f"BEGIN; {' '.join(steps[version:])} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    if write:
        db.executescript(_INDEXES)


@contextmanager
def storage_errors(where: Path | str) -> Iterator[None]:
    """Turn SQLite's errors into ours, in one line that says what to do; the cause of one that is not known goes to a log."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        told = str(error)
        if "full" in told or "disk I/O" in told:
            advice = "free some space, then run the same command again; what is in stays in"
        elif "readonly" in told or "unable to open" in told:
            advice = "make the folder writable, or choose another with --data"
        elif "locked" in told:
            advice = "another process is writing; try again when it is done"
        else:
            advice = "restore the file from a copy, or ingest into a new folder with --data"
            if not any(known in told for known in _DAMAGE):
                log = _logged(error, where.parent if isinstance(where, Path) else load().data)
                advice = f"report this{f' with {log}' if log else ''}, or {advice}"
            raise StorageError(f"{where}: {told}; {advice}") from error
        raise StorageError(f"{where}: {told}; {advice}") from None


@contextmanager
def transaction(db: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Write all of it, or nothing; with SQLite's errors turned into ours."""
    with storage_errors(path):
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise


def _logged(error: BaseException, folder: Path) -> Path | None:
    """Add the error with its traceback to the folder's log and return that; None where the disk refuses."""
    log = folder / "errors.log"
    try:
        if log.exists() and log.stat().st_size > _LONGEST_LOG:
            log.unlink()
        with log.open("a", encoding="utf-8", errors="backslashreplace") as lines:
            lines.write(f"{datetime.now(UTC).isoformat(timespec='seconds')}\n")
            lines.writelines(traceback.format_exception(error))
    except OSError:
        return None
    return log
