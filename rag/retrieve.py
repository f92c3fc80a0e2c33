"""Plan → Hits: BM25 and dense search, fused; every outlet that the question names is served.

Scores are fused as a convex combination of min-max normalised scores (Bruch, Gai & Ingber 2023, "An Analysis of Fusion
Functions for Hybrid Retrieval"), which kept more of BM25's strength on news than reciprocal ranks did (docs/decisions.md).
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from rag.catalog import Catalog, day_number
from rag.errors import UsageError
from rag.index import Archive, Indexes
from rag.plan import make_plan, outlet_key, outlets_by_key
from rag.types import Embedder, Filters, Hit, Plan, Retriever

if TYPE_CHECKING:
    import numpy as np

DENSE_WEIGHT = 0.2  # of the dense score in the fused one
DEPTH = 100  # candidates from each index
PER_ARTICLE = 3  # hits of one article at most
RECENCY = 0.3  # what an article of the day of asking gains; news questions are mostly about what is new
HALF_LIFE = 120  # days from the day of asking after which half of that gain is left
_UNRESTRICTED_FROM = 2  # where the question names outlets, the rank at which hits of any outlet join in
_CHOICES = 5


@dataclass(slots=True)
class _Candidate:
    """A passage under consideration, by catalog key."""

    score: float = 0.0
    found_by: dict[Retriever, int] = field(default_factory=dict)
    similarity: float | None = None


def search(
    archive: Archive,
    embedder: Embedder,
    question: str,
    *,
    filters: Filters | None = None,
    k: int = 10,
    asked: date | None = None,
) -> tuple[list[Hit], dict[str, float]]:
    """Return at most `k` hits, best first, and the milliseconds of each stage. `asked` is the day of asking: today.

    Raises UsageError for a blank or endless question, k < 1, days in the wrong order, or an outlet nobody has heard of.
    """
    if k < 1:
        raise UsageError(f"k is {k}; ask for at least 1 passage")
    clock = _Clock()
    names = archive.catalog.outlets()
    plan = make_plan(question, outlets_by_key(names))
    allowed = _allowed(filters or Filters(), names)
    clock.lap("plan")
    vector = embedder.embed([question])[0]
    clock.lap("embed")
    with archive.reading() as indexes:
        order = _fuse(plan, indexes, archive.catalog, vector, names, allowed, day_number(asked or date.today()))
    clock.lap("retrieve")
    hits = _hits(order, archive.catalog, k)
    clock.lap("fetch")
    return hits, clock.laps


@dataclass(frozen=True, slots=True)
class _Allowed:
    """A filter as the indexes take it."""

    days: tuple[int | None, int | None]
    outlets: list[int] | None


def _allowed(filters: Filters, names: Mapping[str, int]) -> _Allowed:
    low, high = filters.date_from, filters.date_to
    if low and high and low > high:
        raise UsageError(f"--from {low} is after --to {high}; swap them")
    days = tuple(None if day is None else day_number(day) for day in (low, high))
    if not filters.outlets:
        return _Allowed((days[0], days[1]), None)
    groups = outlets_by_key(names)
    keys: list[int] = []
    for asked in filters.outlets:
        group = (asked,) if asked in names else groups.get(outlet_key(asked))
        if not group:
            known = [name for name in names if name]
            near = difflib.get_close_matches(asked, known, n=_CHOICES, cutoff=0.3) or sorted(known)[:_CHOICES]
            raise UsageError(f"the archive has no outlet {asked!r}; it has, for example, {', '.join(near) or 'none'}")
        keys += [names[name] for name in group]
    return _Allowed((days[0], days[1]), sorted(set(keys)))


def _fuse(
    plan: Plan,
    indexes: Indexes,
    catalog: Catalog,
    vector: np.ndarray[Any, Any],
    names: Mapping[str, int],
    allowed: _Allowed,
    asked: int,
) -> list[tuple[int, _Candidate]]:
    """Return the candidates by catalog key, best first.

    One list for each outlet the question names and one without that restriction. They are dealt out rank by rank, so that
    every outlet is served; at equal rank the better score goes first.
    """
    parts = [[names[name] for name in part] for part in plan.parts]
    if allowed.outlets is not None:
        parts = [kept for part in parts if (kept := [key for key in part if key in allowed.outlets])]
    lists = []
    for outlets in [*parts, allowed.outlets]:
        lexical = indexes.lexical.search(plan.question, DEPTH, days=allowed.days, outlets=outlets)
        dense = indexes.vectors.search(vector, DEPTH, days=allowed.days, outlets=outlets)
        lists.append((lexical, dense))
    scale_lexical = _scale([found for found, _ in lists])
    scale_dense = _scale([found for _, found in lists])
    days = catalog.days([key for both in lists for found in both for key, _ in found])
    dealt: dict[int, tuple[int, _Candidate]] = {}
    for n, (lexical, dense) in enumerate(lists):
        found: dict[int, _Candidate] = {}
        for rank, (key, score) in enumerate(lexical, 1):
            candidate = found.setdefault(key, _Candidate())
            candidate.score += (1 - DENSE_WEIGHT) * scale_lexical(score)
            candidate.found_by["lexical"] = rank
        for rank, (key, similarity) in enumerate(dense, 1):
            candidate = found.setdefault(key, _Candidate())
            candidate.score += DENSE_WEIGHT * scale_dense(similarity)
            candidate.found_by["dense"] = rank
            candidate.similarity = similarity
        for key, candidate in found.items():
            if (day := days.get(key)) is not None:
                candidate.score += RECENCY * 0.5 ** (abs(asked - day) / HALF_LIFE)
        late = _UNRESTRICTED_FROM if parts and n == len(parts) else 0
        for rank, key in enumerate(sorted(found, key=lambda key: (-found[key].score, key))):
            if key not in dealt or rank + late < dealt[key][0]:
                dealt[key] = (rank + late, found[key])
    order = sorted(dealt, key=lambda key: (dealt[key][0], -dealt[key][1].score, key))
    return [(key, dealt[key][1]) for key in order]


def _scale(lists: Sequence[Sequence[tuple[int, float]]]) -> Any:
    """Return a function from these lists' scores to [0, 1]."""
    scores = [score for found in lists for _, score in found]
    low, high = min(scores, default=0.0), max(scores, default=1.0)
    return lambda score: (score - low) / (high - low) if high > low else 1.0


def _hits(order: Sequence[tuple[int, _Candidate]], catalog: Catalog, k: int) -> list[Hit]:
    """Fetch the best candidates' passages: at most PER_ARTICLE of an article, and of one text only the first."""
    hits: list[Hit] = []
    by_text: dict[str, int] = {}
    per_article: dict[str, int] = {}
    page = 4 * k
    for at in range(0, len(order), page):
        passages = catalog.passages([key for key, _ in order[at : at + page]])
        for key, candidate in order[at : at + page]:
            if key not in passages:  # changed since the index was opened
                continue
            chunk, article = passages[key]
            same = " ".join(chunk.text.casefold().split())
            if same in by_text:
                first = hits[by_text[same]]
                if article.id not in (first.article.id, *first.twins):
                    hits[by_text[same]] = replace(first, twins=(*first.twins, article.id))
                continue
            if len(hits) == k or per_article.get(article.id, 0) == PER_ARTICLE:
                continue
            by_text[same] = len(hits)
            per_article[article.id] = per_article.get(article.id, 0) + 1
            rank = len(hits) + 1
            hits.append(Hit(chunk, article, candidate.score, rank, candidate.found_by, candidate.similarity))
        if len(hits) == k:
            break
    return hits


class _Clock:
    """Milliseconds between laps."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = (now - self._last) * 1e3
        self._last = now
