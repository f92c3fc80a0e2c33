"""Lists of two indexes in one order: nothing lost, each part served, a second look at the best."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.archive.columns import day_number
from rag.archive.rows import Place
from rag.search.fuse import Fused, Ranked, Results, fuse
from rag.search.weights import SearchWeights
from rag.types import Period

TODAY = day_number(date(2024, 6, 30))
BY = SearchWeights()
OLD = Place(BY.lead_ends, None)  # neither in the lead nor dated
QUESTION = np.array([1.0, 0.0], dtype=np.float32)
NEAR, FAR = (1.0, 0.0), (0.0, 1.0)


def ranked(*keys: int) -> Ranked:
    """Return a list in this order, with scores that fall evenly."""
    return {key: (rank, float(len(keys) - rank)) for rank, key in enumerate(keys, 1)}


def order(
    *results: Results,
    places: Mapping[int, Place] | None = None,
    near: Mapping[int, Sequence[float]] | None = None,
    by: SearchWeights = BY,
) -> list[Fused]:
    """Return all of it; `near` gives the vector of the one sentence of some passages."""

    def sentences(keys: Sequence[int]) -> tuple[list[int], np.ndarray[tuple[int, int], np.dtype[np.float32]]]:
        held = [key for key in dict.fromkeys(keys) if key in (near or {})]
        return held, np.array([(near or {})[key] for key in held], dtype=np.float32).reshape(len(held), 2)

    every = {key for each in results for found in (each.whole, each.clause, each.dense) for key in found}
    stand = dict.fromkeys(every, OLD) if places is None else places
    return fuse(results, stand, sentences, QUESTION, TODAY, by)


def keys(found: Sequence[Fused]) -> list[int]:
    return [each.key for each in found]


RANKED = st.lists(st.integers(1, 30), unique=True, max_size=15).map(lambda found: ranked(*found))
RESULTS = st.lists(st.builds(Results, RANKED, RANKED, RANKED, st.just(())), min_size=1, max_size=4)


@given(RESULTS, st.sets(st.integers(1, 30)))
def test_each_passage_that_has_a_place_comes_once_and_tells_who_found_it(
    results: list[Results], gone: set[int]
) -> None:
    every = {key for each in results for found in (each.whole, each.clause, each.dense) for key in found}
    found = order(*results, places=dict.fromkeys(every - gone, OLD))
    assert sorted(keys(found)) == sorted(every - gone)
    for each in found:
        assert each.found_by and min(each.found_by.values()) >= 1
        assert (each.similarity is None) == ("dense" not in each.found_by)
        assert -1e-9 <= each.score <= 1 + 1e-9


@given(RANKED, RANKED)
def test_one_part_is_in_the_order_of_its_scores(words: Ranked, dense: Ranked) -> None:
    scores = [each.score for each in order(Results(words, {}, dense, ()))]
    assert scores == sorted(scores, reverse=True)


def test_words_weigh_more_than_nearness() -> None:
    assert keys(order(Results(ranked(1, 2, 3), {}, ranked(3, 2, 1), ()))) == [1, 2, 3]


def test_a_clause_weighs_more_than_the_whole_question() -> None:
    found = order(Results(ranked(1, 2, 3), ranked(3, 2, 1), {}, ()))
    assert keys(found) == [3, 2, 1]
    assert found[0].found_by == {"lexical": 1}


def test_parts_are_served_in_turn_and_any_outlet_from_the_fourth_hit_of_each_on() -> None:
    one, other, any_outlet = ranked(1, 2, 3, 4, 5), ranked(11, 12, 13, 14, 15), ranked(21, 1, 22)
    found = keys(order(*(Results(words, {}, {}, ()) for words in (one, other, any_outlet))))
    assert {*found[:2]} == {1, 11} and {*found[2:4]} == {2, 12} and {*found[4:6]} == {3, 13}
    assert {*found[6:9]} == {4, 14, 21}


def test_the_nearest_sentence_counts_for_the_best_only() -> None:
    words = ranked(*range(1, 11))
    near: dict[int, Sequence[float]] = dict.fromkeys(words, FAR) | {3: NEAR, 10: NEAR}
    before = {each.key: each.score for each in order(Results(words, {}, {}, ()))}

    def gains(by: SearchWeights) -> dict[int, float]:
        found = order(Results(words, {}, {}, ()), near=near, by=by)
        return {each.key: each.score - before[each.key] for each in found if each.score > before[each.key] + 1e-9}

    assert gains(BY) == pytest.approx({3: BY.sentence, 10: BY.sentence})
    assert gains(replace(BY, second_look=5)) == pytest.approx({3: BY.sentence})


@pytest.mark.parametrize(
    ("place", "periods", "gain"),
    [
        (OLD, (), 0.0),
        (Place(BY.lead_ends - 1, None), (), BY.lead),
        (Place(BY.lead_ends, TODAY), (), BY.recency + BY.fresh),
        (Place(BY.lead_ends, TODAY - 120), (), BY.recency / 2),
        (Place(BY.lead_ends, day_number(date(2004, 5, 9))), (Period(date(2004, 5, 3), date(2004, 5, 9)),), BY.period),
        (Place(BY.lead_ends, day_number(date(2004, 6, 9))), (Period(date(2004, 5, 3), date(2004, 5, 9)),), 0.0),
        (OLD, (Period(date(2004, 5, 3), date(2004, 5, 9)),), 0.0),
    ],
    ids=["nothing", "lead", "today", "older", "of the period", "a month after it", "undated"],
)
def test_what_a_passage_gains_by_where_it_stands(place: Place, periods: tuple[Period, ...], gain: float) -> None:
    (plain,) = order(Results(ranked(1), {}, {}, ()))
    (found,) = order(Results(ranked(1), {}, {}, periods), places={1: place})
    assert found.score - plain.score == pytest.approx(gain, abs=1e-3)


def test_nothing_found_is_nothing_fused() -> None:
    assert order(Results({}, {}, {}, ())) == []
