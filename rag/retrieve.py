"""Plan → Hits: BM25 and dense search, fused; every outlet that the question names is served.

Scores are fused as a convex combination of min-max normalised scores (Bruch, Gai & Ingber 2023, "An Analysis of Fusion
Functions for Hybrid Retrieval"), which kept more of BM25's strength on news than reciprocal ranks did. Each weight below is
measured on and off in docs/retrieval.md.
"""

from __future__ import annotations

import difflib
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain
from math import exp
from typing import TYPE_CHECKING, Any

from rag.catalog import Catalog, day_number
from rag.embed import cosines
from rag.errors import UsageError
from rag.index import Archive, Indexes
from rag.plan import make_plan, outlet_key, outlets_by_key
from rag.rows import Place
from rag.types import Chunk, Days, Embedder, Filters, Found, Hit, Part, Period, Plan, Retriever
from rag.widen import widen
from rag.words import last_word, named

if TYPE_CHECKING:
    import numpy as np

    from rag.lexical import LexicalIndex
    from rag.types import Vectors

_Ranked = Mapping[int, tuple[int, float]]  # by catalog key, the rank, from 1, and the score

DENSE_WEIGHT = 0.15  # of the dense score in the fused one
SENTENCE_WEIGHT = 0.2  # of the sentence nearest to the question
_WEIGHTS: Mapping[Retriever, float] = {"lexical": 1 - DENSE_WEIGHT - SENTENCE_WEIGHT, "dense": DENSE_WEIGHT}
CLAUSE_WEIGHT = 0.7  # of what a part asks, against the whole question
DEPTH = 100  # candidates from each index
EXACT = 3000  # passages that a filter leaves, up to which all of them are compared
PER_ARTICLE = 5  # hits of one article at most
SHOWN = 200  # words that a hit shows at most, its passage and what stands around it
LEAD, LEAD_ENDS = 0.03, 600  # what a passage gains that begins within an article's first characters
PERIOD = 0.4  # what an article of the period asked about gains
PERIOD_FADES = 4  # days after which that is down to a third
RECENCY, HALF_LIFE = 0.2, 120  # what one of the day of asking gains; days after which half of that is left
FRESH, FRESH_HALF_LIFE = 0.2, 7  # and once more for the news of the week
_UNRESTRICTED_FROM = 3  # where the question names outlets, the rank at which hits of any outlet join in
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
) -> Found:
    """Return at most `k` hits, best first, with the plan and the milliseconds of each stage. `asked`: today if None.

    Raises UsageError for a blank or endless question, k < 1, days in the wrong order, or an outlet nobody has heard of.
    """
    if k < 1:
        raise UsageError(f"k is {k}; ask for at least 1 passage")
    clock = _Clock()
    names = archive.catalog.outlets()
    today = asked or date.today()
    plan = make_plan(question, outlets_by_key(names), today)
    allowed = _allowed(filters or Filters(), names)
    asks = _asks(plan, names, allowed)
    clock.lap("plan")
    with archive.reading() as indexes, ThreadPoolExecutor(1) as aside:  # both indexes let other threads run
        plan = replace(plan, unknown=_unknown(plan, indexes.lexical))
        words = aside.submit(_by_words, asks, plan.quoted, indexes.lexical, allowed.days)
        vector = embedder.embed([question])[0]
        clock.lap("embed")
        near = _by_nearness(asks, indexes, archive.catalog, vector, allowed.days)
        found = words.result()
        nearest = _nearest_sentences(found, near, archive.catalog, vector)
        order = _fuse(asks, found, near, nearest, archive.catalog, day_number(today))
    clock.lap("retrieve")
    hits = _hits(order, archive.catalog, k)
    clock.lap("fetch")
    return Found(plan, tuple(hits), clock.laps)


@dataclass(frozen=True, slots=True)
class _Allowed:
    """A filter as the indexes take it."""

    days: Days
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


def _unknown(plan: Plan, index: LexicalIndex) -> tuple[str, ...]:
    """Return the names that no article holds, by their last words: "Samuel Altman" is known where Altman is."""
    outlets = " ".join(plan.absent)
    return tuple(name for name in named(plan.question) if name not in outlets and not index.holds(last_word(name)))


@dataclass(frozen=True, slots=True)
class _Ask:
    """What is asked of the indexes: a part of the plan within its outlets, by the whole question and by its own clause."""

    part: Part
    outlets: list[int] | None
    texts: tuple[str, ...]


def _asks(plan: Plan, names: Mapping[str, int], allowed: _Allowed) -> list[_Ask]:
    """Return one for each part of the plan, and one for the whole question in any outlet: a misread name hides nothing."""
    asks = []
    for part in (*plan.parts, Part(plan.question, (), () if plan.parts else plan.periods)):
        outlets = [names[name] for name in part.outlets] if part.outlets else allowed.outlets
        if part.outlets and allowed.outlets is not None:
            outlets = [key for key in outlets or () if key in allowed.outlets]
            if not outlets:  # filtered out
                continue
        asks.append(_Ask(part, outlets, tuple(dict.fromkeys((plan.question, part.text)))))
    return asks


def _by_words(asks: Sequence[_Ask], quoted: Sequence[str], index: LexicalIndex, days: Days) -> list[list[_Ranked]]:
    """Return what the lexical index gives for each text of each ask."""

    def search(ask: _Ask, text: str) -> _Ranked:
        phrases = [each for each in quoted if each in text]
        return _ranked(index.search(text, DEPTH, phrases=phrases, days=days, outlets=ask.outlets))

    return [[search(ask, text) for text in ask.texts] for ask in asks]


def _by_nearness(
    asks: Sequence[_Ask], indexes: Indexes, catalog: Catalog, vector: np.ndarray[Any, Any], days: Days
) -> list[_Ranked]:
    """Return the nearest passages for each ask; the vector is the whole question's: a clause's own gave no more.

    Where a filter leaves few, all of them are compared: that is faster than the index, and misses none.
    """
    found = []
    for ask in asks:
        narrow = ask.outlets is not None or days != (None, None)
        few = indexes.few(catalog, days, ask.outlets, EXACT) if narrow else None
        near = _nearest(*few, vector) if few else indexes.vectors.search(vector, DEPTH, days=days, outlets=ask.outlets)
        found.append(_ranked(near))
    return found


def _nearest(keys: Sequence[int], vectors: Vectors, vector: np.ndarray[Any, Any]) -> list[tuple[int, float]]:
    """Return the DEPTH nearest (key, cosine), best first; at equal nearness the lower key."""
    return sorted(zip(keys, cosines(vectors, vector), strict=True), key=lambda found: (-found[1], found[0]))[:DEPTH]


def _nearest_sentences(
    by_words: Sequence[Sequence[_Ranked]], near: Sequence[_Ranked], catalog: Catalog, vector: np.ndarray[Any, Any]
) -> Mapping[int, float]:
    """Return, of each passage found, the cosine of its sentence that is nearest: a passage may hold the answer in one."""
    owners, vectors = catalog.sentences([key for found in (*chain(*by_words), *near) for key in found])
    nearest: dict[int, float] = {}
    for key, cosine in zip(owners, cosines(vectors, vector), strict=True):
        nearest[key] = max(cosine, nearest.get(key, -1.0))
    return nearest


def _ranked(found: Sequence[tuple[int, float]]) -> _Ranked:
    return {key: (rank, score) for rank, (key, score) in enumerate(found, 1)}


def _fuse(
    asks: Sequence[_Ask],
    by_words: Sequence[Sequence[_Ranked]],
    near: Sequence[_Ranked],
    nearest: Mapping[int, float],
    catalog: Catalog,
    asked: int,
) -> list[tuple[int, _Candidate]]:
    """Return the candidates by catalog key, best first.

    Each ask gives a list. They are dealt out rank by rank, so that every part is served; at equal rank the better score
    goes first.
    """
    results = [
        [_Result({"lexical": words, "dense": dense}) for words in texts]
        for texts, dense in zip(by_words, near, strict=True)
    ]
    of_whole = _Scales([whole for whole, *_ in results])
    of_clause = _Scales([clause for _, *clauses in results for clause in clauses])
    places = catalog.places([key for texts in results for result in texts for key in result.found()])
    dealt: dict[int, tuple[int, _Candidate]] = {}
    for n, (ask, (whole, *clauses)) in enumerate(zip(asks, results, strict=True)):
        found = {key: _Candidate() for result in (whole, *clauses) for key in result.found() if key in places}
        of_nearest = _scale([nearest[key] for key in found if key in nearest])
        for key, candidate in found.items():
            candidate.score = of_whole.fused(whole, key)
            whole.tell(key, candidate)
            for clause in clauses:
                candidate.score += CLAUSE_WEIGHT * (of_clause.fused(clause, key) - candidate.score)
                clause.tell(key, candidate)
            candidate.score += SENTENCE_WEIGHT * of_nearest(nearest[key]) if key in nearest else 0.0
            candidate.score += _prior(places[key], ask.part.periods, asked)
        late = _UNRESTRICTED_FROM if len(asks) > 1 and n == len(asks) - 1 else 0
        for rank, key in enumerate(sorted(found, key=lambda key: (-found[key].score, key))):
            if key not in dealt or rank + late < dealt[key][0]:
                dealt[key] = (rank + late, found[key])
    order = sorted(dealt, key=lambda key: (dealt[key][0], -dealt[key][1].score, key))
    return [(key, dealt[key][1]) for key in order]


@dataclass(frozen=True, slots=True)
class _Result:
    """What each index gave for one text."""

    by: Mapping[Retriever, _Ranked]

    def found(self) -> Iterable[int]:
        return (key for ranked in self.by.values() for key in ranked)

    def tell(self, key: int, candidate: _Candidate) -> None:
        """Write down who found the passage, at the better rank, and how near it is."""
        for retriever, found in self.by.items():
            if key in found:
                rank, score = found[key]
                candidate.found_by[retriever] = min(rank, candidate.found_by.get(retriever, rank))
                if retriever == "dense":
                    candidate.similarity = max(score, candidate.similarity or -1.0)


class _Scales:
    """The scores of several results brought to [0, 1], each retriever's for itself, and added up by their weights."""

    def __init__(self, results: Sequence[_Result]) -> None:
        self._scales = {
            name: _scale([s for result in results for _, s in result.by[name].values()]) for name in _WEIGHTS
        }

    def fused(self, result: _Result, key: int) -> float:
        held = [(name, found[key][1]) for name, found in result.by.items() if key in found]
        return float(sum(_WEIGHTS[name] * self._scales[name](score) for name, score in held))


def _scale(scores: Sequence[float]) -> Any:
    """Return a function from these scores to [0, 1]."""
    low, high = min(scores, default=0.0), max(scores, default=1.0)
    return lambda score: (score - low) / (high - low) if high > low else 1.0


def _prior(place: Place, periods: Sequence[Period], asked: int) -> float:
    """Return what a passage gains by where it stands: in the lead, in the period asked about, near the day of asking."""
    gain = LEAD if place.start < LEAD_ENDS else 0.0
    if place.day is None:
        return gain
    if periods:
        off = min(max(day_number(p.first) - place.day, place.day - day_number(p.last), 0) for p in periods)
        gain += PERIOD * exp(-off / PERIOD_FADES)
    age = abs(asked - place.day)
    return gain + RECENCY * float(0.5 ** (age / HALF_LIFE)) + FRESH * float(0.5 ** (age / FRESH_HALF_LIFE))


def _hits(order: Sequence[tuple[int, _Candidate]], catalog: Catalog, k: int) -> list[Hit]:
    """Fetch the best candidates' passages, widened.

    At most PER_ARTICLE of an article; of one text only the first; none that a better hit shows already.
    """
    hits: list[Hit] = []
    by_text: dict[str, int] = {}
    by_article: dict[str, list[Chunk]] = {}
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
            shown = by_article.setdefault(article.id, [])
            known = any(wide.start <= chunk.start and chunk.end <= wide.end for wide in shown)
            if len(hits) == k or len(shown) == PER_ARTICLE or known:
                continue
            seen = [(wide.start, wide.end) for wide in shown]
            start, end = widen(article.text, catalog.bounds(article.id), chunk.start, chunk.end, SHOWN, shown=seen)
            wide = replace(chunk, start=start, end=end, text=article.text[start:end])
            by_text[same] = len(hits)
            shown.append(wide)
            hits.append(Hit(wide, article, candidate.score, len(hits) + 1, candidate.found_by, candidate.similarity))
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
