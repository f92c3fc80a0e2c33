"""Archive → JSON lines that ingest back to an identical archive, and → a copy of the whole that can be used as it is.

Both read one state of the catalog and may run beside a writer. A line of an export is read by `corpus.exported`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from rag.archive.catalog import Catalog
from rag.archive.index import Archive
from rag.archive.lock import writer_lock
from rag.config import Config
from rag.errors import StorageError, UsageError
from rag.types import Article, Earlier

FORMAT = 1
_MOST = 1_000_000  # characters of earlier texts in a line; the article's next line goes on with them
_UNFINISHED = "unfinished"  # the file that marks a folder of ours in which a backup is being made


def records(catalog: Catalog) -> Iterator[dict[str, Any]]:
    """Yield the JSON form of every article, in the order in which they came in; one with a long past takes several."""
    with catalog.snapshot():
        for article in catalog.with_past():
            for part in _parts(article):
                yield _record(article, part)


def _parts(article: Article) -> Iterator[list[Earlier]]:
    part: list[Earlier] = []
    size = 0
    for each in article.past.earlier if article.past else ():
        if part and size + len(each.text) > _MOST:
            yield part
            part, size = [], 0
        part.append(each)
        size += len(each.text)
    yield part


def _record(article: Article, earlier: list[Earlier]) -> dict[str, Any]:
    return {
        "id": article.id,
        "url": article.url,
        "title": article.title,
        "source": article.source,
        "author": article.author,
        "published_at": article.published_at.isoformat() if article.published_at else None,
        "updated_at": article.updated_at.isoformat() if article.updated_at else None,
        "category": article.category,
        "language": article.language,
        "text": article.text,
        "dateline": {
            "format": FORMAT,
            "content_hash": article.content_hash,
            "version": article.version,
            "origin_id": article.origin_id,
            "gone": article.gone,
            "corrected": article.corrected,
            "path": article.past.path if article.past else None,
            "earlier": [
                {
                    "version": each.version,
                    "content_hash": each.content_hash,
                    "title": each.title,
                    "text": each.text,
                    "replaced_at": each.replaced_at,
                }
                for each in earlier
            ],
        },
    }


def backup(config: Config, to: Path) -> int:
    """Copy the archive of `config` into the folder `to`, which must be empty or missing; return how many articles.

    The copy is made beside it and moved there when it is whole, so a killed backup leaves no folder `to`. Its indexes are
    made from its own catalog; nothing is embedded. Raises UsageError where `to` is not empty, StorageError where the disk
    refuses.
    """
    to = to.absolute()
    _refuse_what_is_there(to)
    aside = to.with_name(f"{to.name}.{_UNFINISHED}")
    try:
        if aside.exists() and not (aside / _UNFINISHED).exists():
            raise UsageError(f"{aside} is in the way: the backup is made there first; move it away")
        with closing(Catalog.open(config.data / "catalog.sqlite3", write=False)) as catalog:
            aside.mkdir(parents=True, exist_ok=True)
            (aside / _UNFINISHED).touch()
            with writer_lock(aside, doing="backup"):
                for leftover in aside.iterdir():
                    if leftover.name not in (_UNFINISHED, "writer.lock", "writer.json"):
                        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
                catalog.copy_to(aside / "catalog.sqlite3")
                with closing(Catalog.open(aside / "catalog.sqlite3", write=True)) as copy:
                    Archive(aside, copy, copy.embedder or "").sync()
                    articles = copy.article_count()
                _written_through(aside)
        (aside / "writer.lock").unlink(missing_ok=True)
        (aside / _UNFINISHED).unlink()
        _refuse_what_is_there(to)
        aside.replace(to)  # takes the place of an empty folder too
        _sync_folder(to.parent)
    except OSError as error:
        raise StorageError(
            f"can't write {error.filename or to} ({error.strerror}); free some space or name another folder"
        ) from None
    return articles


def _refuse_what_is_there(to: Path) -> None:
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise UsageError(f"{to} is not an empty folder; name another for the backup")


def _written_through(folder: Path) -> None:
    """See to it that all files are on the disk before the folder gets its name."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as data:
                os.fsync(data.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # which has no such thing
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
