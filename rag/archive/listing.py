"""The archive's articles as a list, the newest first, a page at a time; their texts are left where they are."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from rag.archive.columns import day_number, moment, passing
from rag.archive.schema import connect, storage_errors


@dataclass(frozen=True, slots=True)
class ListedArticle:
    """What a list tells of an article."""

    id: str
    url: str | None
    title: str
    source: str
    published_at: datetime | None
    corrected: bool
    gone: bool


def listed(
    folder: Path,
    *,
    outlet: str | None = None,
    first: date | None = None,
    last: date | None = None,
    limit: int,
    offset: int = 0,
) -> tuple[list[ListedArticle], int]:
    """Return some articles of an outlet and of these days, both included, and how many there are. Undated ones come last."""
    low, high = (None if day is None else day_number(day) for day in (first, last))
    tests, values = passing((low, high), None)
    if outlet is not None:
        tests, values = f"{tests} AND o.name = ?", [*values, outlet]
    where = f"FROM articles a JOIN outlets o ON o.key = a.outlet WHERE {tests}"
    path = folder / "catalog.sqlite3"
    with closing(connect(path, write=False)) as db, storage_errors(path):
        (count,) = db.execute(f"SELECT count(*) {where}", values).fetchone()
        rows = db.execute(
            f"SELECT a.id, a.url, a.title, o.name, a.published_at, a.corrected, a.gone {where} "
            "ORDER BY a.published_at IS NULL, a.published_at DESC, a.key DESC LIMIT ? OFFSET ?",
            (*values, limit, offset),
        ).fetchall()
    found = [
        ListedArticle(article_id, url, title, source, moment(published_at), bool(corrected), bool(gone))
        for article_id, url, title, source, published_at, corrected, gone in rows
    ]
    return found, int(count)
