"""The dense index (Chroma), derived from the catalog: ids, vectors and numbers to filter by; no texts.

Chroma's files are not the truth: it ignores errors that lose records (see docs/decisions.md), so an index that a killed
writer left behind, or whose count is off, is rebuilt from the catalog.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np

from rag.archive.rows import Entry
from rag.errors import StorageError
from rag.types import Days

_COLLECTION = "passages"
_PROBED = 10  # neighbours that a healthy index must find
_BREADTH = 200  # candidates that the graph keeps while it searches: recall@50 .995 at 60,000 passages, .983 with 100
_LINKS = 32  # neighbours of a passage in the graph: with Chroma's 16, changed articles cut passages off from it
GRAPH: Any = {"hnsw": {"space": "cosine", "ef_search": _BREADTH, "max_neighbors": _LINKS}}
# Passages taken out, as a share of those in, that the graph bears: they stay in it, slow it and hide others.
_WORN = 0.5
_TOGETHER = 500  # passages that are read or searched for at a time
_SAME = 1e-3  # cosine distance of what is the same but for rounding
_OPENED = count()
_PATIENCE, _PAUSE = 6, 0.05  # times that a read is tried, and seconds between
_WRITING = "writing"  # stands while a writer is at work; found later, the writer was killed


class VectorIndex:
    """Cosine similarity over passages by catalog key."""

    def __init__(self, folder: Path) -> None:
        """Open the index in `folder`, making it where there is none."""
        import chromadb
        from chromadb.config import Settings

        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._client = chromadb.PersistentClient(_spelled_anew(folder), Settings(anonymized_telemetry=False))
        self._collection = self._client.get_or_create_collection(
            _COLLECTION,
            configuration=GRAPH,
            embedding_function=None,  # the default one downloads a model
        )

    @property
    def generation(self) -> int:
        """The catalog's generation that this index stands at, -1 before the first."""
        return int((self._collection.metadata or {}).get("generation", -1))

    @property
    def lineage(self) -> str:
        """The catalog's lineage that this index stands at, "" where it is not told."""
        return str((self._collection.metadata or {}).get("lineage", ""))

    @property
    def _taken_out(self) -> int:
        """How many passages were taken out since the index was built."""
        return int((self._collection.metadata or {}).get("taken_out", 0))

    @property
    def interrupted(self) -> bool:
        """Whether a writer is at work, or was killed at it."""
        return (self._folder / _WRITING).exists()

    def count(self) -> int:
        """Return how many passages are in."""
        return int(self._collection.count())

    def bears(self, removed: int) -> bool:
        """Tell whether as many passages can be taken out yet, or the index is better built anew."""
        return self._taken_out + removed <= _WORN * self.count()

    def probe(self) -> bool:
        """Tell whether the index can be searched and finds as much as there is: damaged files lose records silently."""
        wanted = min(_PROBED, self.count())
        found = self._collection.get(limit=1, include=["embeddings", "metadatas"])
        some, numbers = found["embeddings"], found["metadatas"]
        if wanted == 0 or some is None or not numbers:
            return wanted == 0
        vector, outlet = np.asarray(some[0]), int(str(numbers[0]["outlet"]))
        return len(self.search(vector, wanted)) == wanted and bool(self.search(vector, 1, outlets=[outlet]))

    def update(
        self, removed: Sequence[int], pages: Iterable[Sequence[Entry]], generation: int, lineage: str = ""
    ) -> None:
        """Take out `removed`, put in `pages`, and stand at `generation`. Doing it twice changes nothing."""
        (self._folder / _WRITING).touch()
        most = self._client.get_max_batch_size()
        for at in range(0, len(removed), most):
            self._collection.delete(ids=[str(key) for key in removed[at : at + most]])
        for page in pages:
            for at in range(0, len(page), most):
                part = page[at : at + most]
                self._collection.upsert(  # add() silently ignores an id that is there
                    ids=[str(entry.key) for entry in part],
                    embeddings=np.asarray([entry.vector for entry in part], dtype=np.float32),
                    metadatas=[_numbers(entry) for entry in part],
                )
        taken_out = self._taken_out + len(removed)
        self._collection.modify(metadata={"generation": generation, "lineage": lineage, "taken_out": taken_out})
        (self._folder / _WRITING).unlink()

    def search(
        self,
        vector: np.ndarray[Any, np.dtype[np.float32]],
        limit: int,
        *,
        days: Days = (None, None),
        outlets: Sequence[int] | None = None,
    ) -> list[tuple[int, float]]:
        """Return at most `limit` (key, cosine), best first.

        `days` bounds the publication day; `outlets` are the outlet keys allowed.
        """
        found = _patiently(
            self._collection.query,
            query_embeddings=[vector], n_results=limit, where=_where(days, outlets), include=["distances"],
        )  # fmt: skip
        distances = (found["distances"] or [[]])[0]
        return [(int(key), 1.0 - float(distance)) for key, distance in zip(found["ids"][0], distances, strict=True)]

    def stored(self, keys: Sequence[int]) -> dict[int, tuple[int | None, int | None, Any]]:
        """Return outlet, day and vector of those of the passages that are in, for each key."""
        found: dict[int, tuple[int | None, int | None, Any]] = {}
        for at in range(0, len(keys), _TOGETHER):
            wanted = [str(key) for key in keys[at : at + _TOGETHER]]
            got = _patiently(self._collection.get, ids=wanted, include=["embeddings", "metadatas"])
            vectors, numbers = got["embeddings"], got["metadatas"]
            for n, key in enumerate(got["ids"]):
                stored: Any = numbers[n] if numbers else {}
                found[int(key)] = stored.get("outlet"), stored.get("day"), None if vectors is None else vectors[n]
        return found

    def reached(self, passages: Sequence[tuple[int, np.ndarray[Any, np.dtype[np.float32]]]]) -> set[int]:
        """Return the keys of those passages that a search for their own vector finds, or others as near."""
        reached, wanted = set(), min(_PROBED, self.count())
        for at in range(0, len(passages), _TOGETHER):
            part = passages[at : at + _TOGETHER]
            found = self._collection.query(
                query_embeddings=[vector for _, vector in part], n_results=wanted, include=["distances"]
            )
            for (key, _), ids, distances in zip(part, found["ids"], found["distances"] or [], strict=True):
                if str(key) in ids or (len(ids) == wanted and distances[-1] < _SAME):
                    reached.add(key)
        return reached

    def close(self) -> None:
        """Let go of the files."""
        self._client.close()


class NotKept(StorageError):
    """The collection is no more where it was: removed, or another index has taken its place."""


def _patiently(ask: Callable[..., Any], **what: Any) -> Any:
    """Return what Chroma answers, asked again where a writer in another process took its journal away at that moment.

    Raises NotKept where a writer has exchanged the index: Chroma opens its files by name, and finds those of the new one.
    """
    from chromadb.errors import InternalError, NotFoundError

    for left in reversed(range(_PATIENCE)):
        try:
            return ask(**what)
        except (InternalError, NotFoundError) as error:
            if isinstance(error, NotFoundError) or "segment" in str(error):
                raise NotKept("the index was exchanged while it was read; ask again") from None
            if "disk I/O error" not in str(error) or not left:
                raise
            sleep(_PAUSE)


def _spelled_anew(folder: Path) -> str:
    """Return the path in a spelling that names no index which is open: Chroma would hand out that one, old as it is."""
    return f"{folder}/" + "".join("./" if digit == "1" else "/" for digit in f"{next(_OPENED):b}")


def _numbers(entry: Entry) -> dict[str, int]:
    # A passage without a day has no such key, and so fails every date filter; Chroma refuses None.
    return {"outlet": entry.outlet} if entry.day is None else {"outlet": entry.outlet, "day": entry.day}


def _where(days: Days, outlets: Sequence[int] | None) -> Any:
    low, high = days
    tests: list[dict[str, Any]] = []
    if low is not None:
        tests.append({"day": {"$gte": low}})
    if high is not None:
        tests.append({"day": {"$lte": high}})
    if outlets is not None:
        tests.append({"outlet": {"$in": list(outlets)}})
    return None if not tests else tests[0] if len(tests) == 1 else {"$and": tests}
