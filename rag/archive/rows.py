"""What the catalog takes and gives beside articles: passages with their vectors, where they stand, and counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.types import Chunk

if TYPE_CHECKING:
    from rag.types import Vectors


@dataclass(frozen=True, slots=True)
class Entry:
    """A passage as an index needs it. `day` counts days since 1970 (None: undated); `outlet` is the outlet's key."""

    key: int
    text: str
    title: str
    source: str
    day: int | None
    outlet: int
    vector: np.ndarray[Any, np.dtype[np.float16]]


@dataclass(frozen=True, slots=True)
class Embedded:
    """A chunk with its sentences, as offsets into the article, and a vector for each: float32[len(sentences), dim]."""

    chunk: Chunk
    sentences: Sequence[tuple[int, int]]
    vectors: Vectors

    def centre(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Return the chunk's own vector: the mean of its sentences', at unit length."""
        total = self.vectors.sum(axis=0)
        return np.asarray(total / (np.linalg.norm(total) or 1.0), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage stands: its first character in its article, and the day of publication (None: undated)."""

    start: int
    day: int | None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which articles are meant: by id or address, all of one outlet, all published before a day (UTC)."""

    names: tuple[str, ...] = ()
    outlet: str | None = None
    before: date | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """What the archive holds. `newest` and `oldest` are publication times."""

    articles: int
    passages: int
    outlets: int
    newest: datetime | None
    oldest: datetime | None
    undated: int
    generation: int
