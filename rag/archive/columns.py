"""How values stand in the catalog's columns: articles, vectors, moments and days; and what a filter is in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.types import Article, Days

if TYPE_CHECKING:
    from rag.types import Vectors

# The columns of an article, from articles "a" and outlets "o".
ARTICLE = """a.id, a.url, a.title, o.name, a.text, a.content_hash, a.author, a.published_at, a.updated_at, a.category,
    a.language, a.version, a.origin_id, a.gone, a.corrected"""
_EPOCH = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Return the day as days since 1970, the form in which the indexes keep it."""
    return day.toordinal() - _EPOCH


def passing(days: Days, outlets: Sequence[int] | None) -> tuple[str, list[object]]:
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


def article_of(row: Sequence[Any]) -> Article:
    """Return the article of a row of `ARTICLE`."""
    values = [*row[:7], moment(row[7]), moment(row[8]), *row[9:13], bool(row[13]), bool(row[14])]
    return Article(*values)


def halves(vector: np.ndarray[Any, np.dtype[np.float32]]) -> bytes:
    """Return a vector as it is kept: float16."""
    return vector.astype(np.float16).tobytes()


def widened(blobs: Sequence[bytes]) -> Vectors:
    """Return vectors that were kept, as float32[n, dim]."""
    halves = np.frombuffer(b"".join(blobs), dtype=np.float16)
    return halves.reshape(len(blobs), -1 if blobs else 0).astype(np.float32)


def iso(moment: datetime | None) -> str | None:
    """Return a moment as it is kept, in one zone and one width, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else None


def moment(text: str | None) -> datetime | None:
    """Return the moment that a kept text stands for."""
    return datetime.fromisoformat(text) if text else None


def day_of(text: str | None) -> int | None:
    """Return the day of a kept moment, as a number."""
    return day_number(date.fromisoformat(text[:10])) if text else None  # stored in UTC


def now() -> str:
    """Return this moment as it is kept."""
    return datetime.now(UTC).isoformat(timespec="seconds")
