"""What the indexes found → one order of passages, best first.

Scores are fused as a convex combination of min-max normalised scores (Bruch, Gai & Ingber 2023, "An Analysis of Fusion
Functions for Hybrid Retrieval"), which kept more of BM25's strength on news than reciprocal ranks did. The best of each part
get a second look, sentence by sentence; the parts are dealt out rank by rank, so that each is served.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import chain
from math import exp
from typing import TYPE_CHECKING, Any

from rag.archive.columns import day_number
from rag.archive.rows import Place
from rag.search.weights import SearchWeights
from rag.text.embed import cosines
from rag.types import Period, Retriever

if TYPE_CHECKING:
    import numpy as np

    from rag.types import Vectors

Ranked = Mapping[int, tuple[int, float]]  # by catalog key, the rank, from 1, and the score


@dataclass(frozen=True, slots=True)
class Results:
    """What the indexes found for one part of a question: by the whole question's words, by its clause's, and by nearness.

    clause: nothing where the part has no clause of its own.   periods: the days preferred for those the part names.
    """

    whole: Ranked
    clause: Ranked
    dense: Ranked
    periods: Sequence[Period]


@dataclass(frozen=True, slots=True)
class Fused:
    """A passage, by catalog key; `found_by` gives each retriever's own rank of it, `similarity` its cosine to the question."""

    key: int
    score: float
    found_by: Mapping[Retriever, int]
    similarity: float | None


def fuse(
    results: Sequence[Results],
    places: Mapping[int, Place],
    sentences: Callable[[Sequence[int]], tuple[list[int], Vectors]],
    vector: np.ndarray[Any, Any],
    asked: int,
    by: SearchWeights = SearchWeights(),
) -> list[Fused]:
    """Return what is in `places`, best first; the last of several results are those of the whole question in any outlet.

    `sentences` gives the vectors of passages' sentences as `Catalog.sentences` does, `vector` is the question's, `asked` the
    day of asking in days since 1970.
    """
    lexical = 1 - by.dense - by.sentence
    wholes = _scaled([each.whole for each in results])
    clauses = _scaled([each.clause for each in results])
    denses = _scaled([each.dense for each in results])
    standing = {key: _standing(place, asked, by) for key, place in places.items()}
    found: list[dict[int, float]] = []
    for each, whole, clause, dense in zip(results, wholes, clauses, denses, strict=True):
        of_clause = lexical * by.clause if each.clause else 0.0
        of_whole = lexical - of_clause
        found.append(
            {
                key: of_whole * whole.get(key, 0.0)
                + of_clause * clause.get(key, 0.0)
                + by.dense * dense.get(key, 0.0)
                + standing[key]
                + _of_period(places[key], each.periods, by)
                for key in dict.fromkeys(chain(whole, clause, dense))
                if key in places
            }
        )
    best = [nlargest(by.second_look, scores, key=scores.__getitem__) for scores in found]
    nearest = _nearest(*sentences(list(chain(*best))), vector)
    for scores, looked_at in zip(found, best, strict=True):
        near = {key: nearest[key] for key in looked_at if key in nearest}
        scaled = scale(near.values())
        for key, cosine in near.items():
            scores[key] += by.sentence * scaled(cosine)
    return list(_dealt(results, found, by.any_outlet))


def _dealt(results: Sequence[Results], found: Sequence[Mapping[int, float]], any_outlet: int) -> Iterator[Fused]:
    """Deal the lists out rank by rank; at equal rank the better score goes first.

    Where there are several, the last, of any outlet, joins in at the rank `any_outlet`.
    """
    dealt: dict[int, tuple[int, float, Results]] = {}
    for n, (each, scores) in enumerate(zip(results, found, strict=True)):
        late = any_outlet if len(results) > 1 and n == len(results) - 1 else 0
        for rank, key in enumerate(sorted(scores, key=lambda key: (-scores[key], key)), late):
            if key not in dealt or rank < dealt[key][0]:
                dealt[key] = rank, scores[key], each
    for key in sorted(dealt, key=lambda key: (dealt[key][0], -dealt[key][1], key)):
        _, score, each = dealt[key]
        by_words = [ranked[key][0] for ranked in (each.whole, each.clause) if key in ranked]
        found_by: dict[Retriever, int] = {"lexical": min(by_words)} if by_words else {}
        if key in each.dense:
            found_by["dense"] = each.dense[key][0]
        yield Fused(key, score, found_by, each.dense[key][1] if key in each.dense else None)


def _scaled(lists: Sequence[Ranked]) -> list[dict[int, float]]:
    """Return the scores of each list on the scale of all of them."""
    scaled = scale([score for ranked in lists for _, score in ranked.values()])
    return [{key: scaled(score) for key, (_, score) in ranked.items()} for ranked in lists]


def scale(scores: Collection[float]) -> Callable[[float], float]:
    """Return what brings these scores to [0, 1] by the lowest and the highest of them; to 1 where all are the same."""
    low = min(scores, default=0.0)
    width = max(scores, default=1.0) - low
    return lambda score: (score - low) / width if width else 1.0


def _nearest(owners: Iterable[int], vectors: Vectors, vector: np.ndarray[Any, Any]) -> Mapping[int, float]:
    """Return, of each passage, the cosine of its sentence that is nearest: a passage may hold the answer in one."""
    nearest: dict[int, float] = {}
    for key, cosine in zip(owners, cosines(vectors, vector), strict=True):
        nearest[key] = max(cosine, nearest.get(key, -1.0))
    return nearest


def _standing(place: Place, asked: int, by: SearchWeights) -> float:
    """Return what a passage gains by standing in its article's lead, and by its article's age on the day of asking."""
    gain = by.lead if place.start < by.lead_ends else 0.0
    if place.day is None:
        return gain
    age = abs(asked - place.day)
    return gain + by.recency * _left(age, by.half_life) + by.fresh * _left(age, by.fresh_half_life)


def _left(age: int, half_life: float) -> float:
    return float(0.5 ** (age / half_life))


def _of_period(place: Place, periods: Sequence[Period], by: SearchWeights) -> float:
    """Return what a passage gains by being of a period that is asked about, or near one."""
    if place.day is None or not periods:
        return 0.0
    off = min(max(day_number(p.first) - place.day, place.day - day_number(p.last), 0) for p in periods)
    return by.period * exp(-off / by.period_fades)
