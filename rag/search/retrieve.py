"""Plan → Hits: both indexes are asked about each part of the question, what they find is fused and fetched."""

from __future__ import annotations

import difflib
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from rag.archive.catalog import Catalog
from rag.archive.columns import day_number
from rag.archive.copies import COPIED, runs, shared
from rag.archive.index import Archive, Indexes
from rag.errors import UsageError
from rag.question.plan import called, make_plan, outlet_key, outlets_by_key
from rag.question.when import window
from rag.search.fuse import Fused, Ranked, Results, fuse
from rag.search.weights import SearchWeights
from rag.search.widen import widen
from rag.text.embed import cosines
from rag.text.words import last_word, named, names, numbers
from rag.types import Article, Chunk, Days, Embedder, Filters, Found, Hit, Part, Plan

if TYPE_CHECKING:
    import numpy as np

    from rag.archive.lexical import LexicalIndex
    from rag.types import Vectors

_CHOICES = 5  # outlets named to one who asks for another
_ALIKE = 0.3  # of difflib's ratio, 1 for the same name: less alike is no choice
_PAGE = 4  # passages fetched at a time for each hit that is wanted


def search(
    archive: Archive,
    embedder: Embedder,
    question: str,
    *,
    filters: Filters | None = None,
    k: int = 10,
    asked: date | None = None,
    weights: SearchWeights = SearchWeights(),
) -> Found:
    """Return at most `k` hits, best first, with the plan and the milliseconds of each stage. `asked`: today if None.

    Raises UsageError for a blank or endless question, k < 1, days in the wrong order, or an outlet nobody has heard of.
    """
    if k < 1:
        raise UsageError(f"k is {k}; ask for at least 1 passage")
    clock = _Clock()
    names = archive.catalog.outlets()
    today = asked or date.today()
    outlets = outlets_by_key(names)
    plan = make_plan(question, outlets, today, weights.question, archive.catalog.newest_day())
    allowed = _allowed(filters or Filters(), names)
    asks = _asks(plan, names, allowed)
    clock.lap("plan")

    def looked_up(indexes: Indexes) -> tuple[Plan, list[Fused]]:
        with ThreadPoolExecutor(1) as aside:  # both indexes let other threads run
            known = replace(plan, unknown=_unknown(plan, outlets, indexes.lexical))
            words = aside.submit(_by_words, asks, known, indexes.lexical, allowed.days, weights)
            vector = embedder.embed([plan.question])[0]
            clock.lap("embed")
            near = _by_nearness(asks, indexes, archive.catalog, vector, allowed.days, weights)
            results = [
                Results(whole, clause, dense, [window(each, today, weights.question) for each in ask.part.periods])
                for ask, (whole, clause), dense in zip(asks, words.result(), near, strict=True)
            ]
        places = archive.catalog.places([key for each in results for key in (*each.whole, *each.clause, *each.dense)])
        return known, fuse(results, places, archive.catalog.sentences, vector, day_number(today), weights)

    plan, order = archive.read(looked_up)
    clock.lap("retrieve")
    hits = _hits(order, archive.catalog, k, weights)
    clock.lap("fetch")
    return Found(plan, tuple(hits), clock.laps)


def articles_allowed(catalog: Catalog, filters: Filters) -> int:
    """Return how many articles pass the filters."""
    allowed = _allowed(filters, catalog.outlets())
    return catalog.article_count(allowed.days, allowed.outlets)


@dataclass(frozen=True, slots=True)
class _Allowed:
    """A filter as the indexes take it."""

    days: Days
    outlets: list[int] | None


def _allowed(filters: Filters, names: Mapping[str, int]) -> _Allowed:
    low, high = filters.date_from, filters.date_to
    if low and high and low > high:
        raise UsageError(f"the first day, {low}, is after the last, {high}; swap them")
    days = tuple(None if day is None else day_number(day) for day in (low, high))
    if not filters.outlets:
        return _Allowed((days[0], days[1]), None)
    groups = outlets_by_key(names)
    keys: list[int] = []
    for asked in filters.outlets:
        group = (asked,) if asked in names else groups.get(outlet_key(asked))
        if not group:
            known = [name for name in names if name]
            near = difflib.get_close_matches(asked, known, n=_CHOICES, cutoff=_ALIKE) or sorted(known)[:_CHOICES]
            raise UsageError(f"the archive has no outlet {asked!r}; it has, for example, {', '.join(near) or 'none'}")
        keys += [names[name] for name in group]
    return _Allowed((days[0], days[1]), sorted(set(keys)))


def _unknown(plan: Plan, outlets: Mapping[str, tuple[str, ...]], index: LexicalIndex) -> tuple[str, ...]:
    """Return the names that no article and no outlet holds, by their last words: "Samuel Altman" is known where Altman is."""
    absent = " ".join(plan.absent)
    return tuple(
        name
        for name in named(plan.question)
        if name not in absent and not called(name, outlets) and not index.holds(last_word(name))
    )


@dataclass(frozen=True, slots=True)
class _Ask:
    """What is asked of the indexes: a part of the plan within its outlets, by the whole question and by its own clause."""

    part: Part
    outlets: list[int] | None
    clause: str  # nothing where it asks what the whole question asks


def _asks(plan: Plan, names: Mapping[str, int], allowed: _Allowed) -> list[_Ask]:
    """Return one for each part of the plan, and one for the whole question in any outlet: a misread name hides nothing."""
    asks = []
    for part in (*plan.parts, Part(plan.question, (), () if plan.parts else plan.periods)):
        outlets = [names[name] for name in part.outlets] if part.outlets else allowed.outlets
        if part.outlets and allowed.outlets is not None:
            outlets = [key for key in outlets or () if key in allowed.outlets]
            if not outlets:  # filtered out
                continue
        asks.append(_Ask(part, outlets, part.text if part.text != plan.question else ""))
    return asks


def _by_words(
    asks: Sequence[_Ask], plan: Plan, index: LexicalIndex, days: Days, by: SearchWeights
) -> list[tuple[Ranked, Ranked]]:
    """Return what the lexical index gives for the whole question and for the clause of each ask."""

    def search(ask: _Ask, text: str) -> Ranked:
        phrases = [each for each in plan.quoted if each in text]
        return _ranked(index.search(text, by.depth, phrases=phrases, days=days, outlets=ask.outlets, by=by.words))

    return [(search(ask, plan.question), search(ask, ask.clause)) for ask in asks]


def _by_nearness(
    asks: Sequence[_Ask],
    indexes: Indexes,
    catalog: Catalog,
    vector: np.ndarray[Any, Any],
    days: Days,
    by: SearchWeights,
) -> list[Ranked]:
    """Return the nearest passages for each ask; the vector is the whole question's: a clause's own gave no more.

    Where a filter leaves few, all of them are compared: that is faster than the index, and misses none.
    """
    found = []
    for ask in asks:
        narrow = ask.outlets is not None or days != (None, None)
        few = indexes.few(catalog, days, ask.outlets, by.exact) if narrow else None
        if few:
            found.append(_ranked(_nearest(*few, vector, by.depth)))
        else:
            found.append(_ranked(indexes.vectors.search(vector, by.depth, days=days, outlets=ask.outlets)))
    return found


def _nearest(
    keys: Sequence[int], vectors: Vectors, vector: np.ndarray[Any, Any], limit: int
) -> list[tuple[int, float]]:
    """Return the `limit` nearest (key, cosine), best first; at equal nearness the lower key."""
    return sorted(zip(keys, cosines(vectors, vector), strict=True), key=lambda found: (-found[1], found[0]))[:limit]


def _ranked(found: Sequence[tuple[int, float]]) -> Ranked:
    return {key: (rank, score) for rank, (key, score) in enumerate(found, 1)}


def _hits(order: Sequence[Fused], catalog: Catalog, k: int, by: SearchWeights) -> list[Hit]:
    """Fetch the best passages, widened.

    At most `by.per_article` of an article; of one text only the first; none that a better hit shows already.
    """
    hits: list[Hit] = []
    by_text: dict[str, int] = {}
    by_article: dict[str, list[Chunk]] = {}
    page = _PAGE * k
    for at in range(0, len(order), page):
        passages = catalog.passages([each.key for each in order[at : at + page]])
        for each in order[at : at + page]:
            if each.key not in passages:  # changed since the index was opened
                continue
            chunk, article = passages[each.key]
            same = " ".join(chunk.text.casefold().split())
            copied = by_text[same] if same in by_text else _copied(chunk, article, hits)
            if copied is not None:
                first = hits[copied]
                if article.id not in (first.article.id, *first.twins):
                    hits[copied] = replace(first, twins=(*first.twins, article.id))
                continue
            shown = by_article.setdefault(article.id, [])
            known = any(wide.start <= chunk.start and chunk.end <= wide.end for wide in shown)
            if len(hits) == k or len(shown) == by.per_article or known:
                continue
            seen = [(wide.start, wide.end) for wide in shown]
            start, end = widen(article.text, catalog.bounds(article.id), chunk.start, chunk.end, by.shown, shown=seen)
            wide = replace(chunk, start=start, end=end, text=article.text[start:end])
            by_text[same] = len(hits)
            shown.append(wide)
            hits.append(Hit(wide, article, each.score, len(hits) + 1, each.found_by, each.similarity))
        if len(hits) == k:
            break
    return hits


def _copied(chunk: Chunk, article: Article, hits: Sequence[Hit]) -> int | None:
    """Return the place of the hit that shows the passage in another copy of its article, lightly edited; None where none does."""
    for at, hit in enumerate(hits):
        if hit.article.id == article.id or hit.article.origin != article.origin:
            continue
        told = numbers(chunk.text) | names(chunk.text)
        new = told - numbers(hit.chunk.text) - names(hit.chunk.text)  # another figure or name is for the reader to see
        if not new and shared(runs(chunk.text), runs(hit.chunk.text)) >= COPIED:
            return at
    return None


class _Clock:
    """Milliseconds between laps."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = (now - self._last) * 1e3
        self._last = now
