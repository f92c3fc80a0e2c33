"""Two runs compared: what differs, and whether chance explains it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.compare import compare, table
from eval.measure import Case
from eval.metrics import summarise
from eval.run import Run
from rag.errors import UsageError


def a_run(*cases: Case, ks: tuple[int, ...] = (1, 4)) -> Run:
    return Run(cases, ks, "q.jsonl", "f00d", (), datetime(2024, 1, 1, tzinfo=UTC), 1.0)


def case(name: str, rank: int | None = 1, status: str = "answered", **values: object) -> Case:
    fields = {"type": None, "answerable": True, "ranked": True, "ask_ms": 50.0, "sentences": 2, "supported": 2}
    return Case(id=name, question=f"What of {name}?", status=status, hits_rank=rank, **{**fields, **values})


def many(n: int, right: int) -> list[Case]:
    return [case(f"q{i}", 1 if i < right else None, key_fact_quoted=i < right) for i in range(n)]


def test_a_run_compared_with_itself_finds_nothing() -> None:
    run = a_run(*many(40, 20))
    found = compare(run, run)
    assert (found.n, found.only_a, found.only_b, found.flips) == (40, 0, 0, ())
    assert {d.verdict for d in found.differences} == {"same"}
    assert all(d.low == d.high == d.change == 0 for d in found.differences)
    assert table(found).endswith("Nothing changed beyond chance.")


def test_a_planted_loss_of_3_points_in_500_cases_is_found() -> None:
    before, after = a_run(*many(500, 400)), a_run(*many(500, 385))
    found = compare(before, after)
    by_key = {d.key: d for d in found.differences}
    for key in ("hits@1", "key_fact_quoted", "right"):
        assert by_key[key].verdict == "worse"
        assert by_key[key].change == pytest.approx(-0.03)
        assert by_key[key].low <= -0.03 <= by_key[key].high < 0
    assert by_key["answered_when_answerable"].verdict == "same"
    assert len(found.flips) == 4 * 15  # hits@1, hits@4, key fact, right
    assert not any(flip.better for flip in found.flips)
    assert "hits@1 worse" in table(found)


def test_what_goes_both_ways_is_chance() -> None:
    draw = np.random.default_rng(1).random((2, 300)) < 0.5
    runs = [a_run(*(case(f"q{i}", 1 if right else None) for i, right in enumerate(row))) for row in draw.tolist()]
    (hits,) = (d for d in compare(*runs).differences if d.key == "hits@1")
    assert hits.verdict == "same" and hits.low < 0 < hits.high


def test_slower_is_worse() -> None:
    run = a_run(*many(30, 30))
    slow = a_run(*(replace(each, ask_ms=80.0) for each in run.cases))
    for key in ("ask_ms_p50", "ask_ms_p95"):
        (times,) = (d for d in compare(run, slow).differences if d.key == key)
        assert (times.verdict, times.change) == ("worse", 30.0)


@pytest.mark.parametrize(
    ("field", "before", "after", "key"),
    [
        ("contained", True, False, "contained"),
        ("token_f1", 1.0, 0.0, "token_f1"),
        ("exact_match", True, False, "exact_match"),
        ("key_facts_said", 1.0, 0.5, "key_facts_said"),
        ("recall", 1.0, 0.0, "recall@10"),
        ("average_precision", 1.0, 0.5, "map@10"),
        ("ndcg", 1.0, 0.5, "ndcg@10"),
        ("citation_need", 1.0, 0.5, "citation_need"),
        ("torn", 0, 1, "torn_quotes"),
        ("search_ms", 10.0, 20.0, "search_ms_p50"),
        ("prompt_tokens", 100, 200, "prompt_tokens"),
        ("price", 0.001, 0.002, "cost_per_1000"),
    ],
)
def test_whatever_gets_worse_is_told(field: str, before: object, after: object, key: str) -> None:
    runs = [a_run(*(case(f"q{n}", exact_quotes=2, **{field: value}) for n in range(20))) for value in (before, after)]
    worse = [d.key for d in compare(*runs).differences if d.verdict != "same"]
    assert {name.replace("p95", "p50") for name in worse} == {key}
    assert f"{key} worse" in table(compare(*runs))


def test_only_shared_cases_count() -> None:
    a, b = a_run(*many(10, 5)), a_run(*many(10, 5)[2:], case("new"))
    found = compare(a, b)
    assert (found.n, found.only_a, found.only_b) == (8, 2, 1)
    assert "2 only in the first, 1 only in the second" in table(found)
    with pytest.raises(UsageError, match=r"^the two runs share no question"):
        compare(a, a_run(case("new")))


def test_flips_come_worst_first_and_crashes_count() -> None:
    a = a_run(case("up", None), case("down", 1), case("no", 1, "not_in_corpus", answerable=False, ranked=False))
    b = a_run(case("up", 1), case("down", None, "crashed"), case("no", 1, "answered", answerable=False, ranked=False))
    flips = [(f.id, f.key, f.better) for f in compare(a, b).flips]
    assert flips[-1][2] and not flips[0][2]
    assert ("no", "refused_when_unanswerable", False) in flips
    assert ("down", "answered_when_answerable", False) in flips
    assert ("down", "hits@1", False) in flips and ("up", "hits@1", True) in flips


def test_a_long_list_of_flips_is_cut() -> None:
    text = table(compare(a_run(*many(60, 60)), a_run(*many(60, 0))), most=5)
    assert "… and 235 more (--json has all)" in text


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([None, 1, 3, 20]), st.sampled_from([None, 1, 3, 20])), min_size=1, max_size=12)
)
def test_exchanging_the_runs_turns_the_signs(ranks: list[tuple[int | None, int | None]]) -> None:
    a, b = (a_run(*(case(f"q{i}", pair[n]) for i, pair in enumerate(ranks))) for n in (0, 1))
    forth, back = compare(a, b), compare(b, a)
    for one, other in zip(forth.differences, back.differences, strict=True):
        assert one.change == pytest.approx(-other.change)
        assert one.low == pytest.approx(-other.high)
    assert json.dumps([d.key for d in forth.differences])


def test_a_key_means_one_number() -> None:
    """What the report of a run says of a figure, a comparison says too: whatever is pooled, over the same cases."""
    draw = np.random.default_rng(3)

    def random_case(n: int) -> Case:
        sentences, quotes = int(draw.integers(0, 5)), int(draw.integers(0, 4))
        status = str(draw.choice(["answered", "not_in_corpus", "crashed"], p=[0.7, 0.2, 0.1]))
        answerable = bool(draw.random() < 0.7)
        given = {"sentences": 0, "quotes": 0, "exact_quotes": 0, "supported": 0, "torn": 0}
        if status == "answered":
            given = {"sentences": sentences, "supported": int(draw.integers(0, sentences + 1)), "quotes": quotes}
            exact = int(draw.integers(0, quotes + 1))
            given |= {"exact_quotes": exact, "torn": int(draw.integers(0, exact + 1))}
        sure = None if status == "crashed" else float(draw.random())
        gold = float(draw.random() < 0.5)
        return case(f"q{n}", None, status, **given, answerable=answerable, confidence=sure, gold_cited=gold, words=n)

    one, other = (a_run(*(random_case(n) for n in range(60))) for _ in range(2))
    found = {d.key: d for d in compare(one, other).differences}
    for key, side in ((key, side) for key in found for side in ("a", "b")):
        told = summarise((one if side == "a" else other).cases, one.ks).figures[key]
        assert told is not None and getattr(found[key], side) == pytest.approx(told.value), key
    assert found.keys() >= {"supported_sentences", "torn_quotes", "auc_confidence", "calibration_error", "ask_ms_p95"}


def test_what_is_supported_in_two_answers_is_one_share() -> None:
    run = a_run(case("short", sentences=1, supported=1), case("long", sentences=4, supported=1))
    (found,) = (d for d in compare(run, run).differences if d.key == "supported_sentences")
    assert (found.a, found.b, found.n) == (pytest.approx(0.4), pytest.approx(0.4), 2)


@pytest.mark.parametrize(
    ("before", "after", "key", "better"),
    [
        ({"torn": 0}, {"torn": 1}, "torn_quotes", False),
        ({"torn": 1}, {"torn": 2}, "torn_quotes", False),
        ({"torn": 3}, {"torn": 0}, "torn_quotes", True),
        ({"unjudged": 1, "supported": 1}, {"unjudged": 0}, "unjudged_sentences", True),
        ({"words": 20}, {"words": 200}, "over_100_words", False),
        ({"supported": 2}, {"supported": 1}, "supported_sentences", False),
    ],
)
def test_a_case_flips_the_way_its_metric_does(
    before: dict[str, int], after: dict[str, int], key: str, better: bool
) -> None:
    a, b = (a_run(case("q", exact_quotes=3, quotes=3, **given)) for given in (before, after))
    assert [(flip.key, flip.better) for flip in compare(a, b).flips] == [(key, better)]


def test_the_larger_flip_comes_first() -> None:
    a = a_run(*(case(name, exact_quotes=3, quotes=3, torn=0) for name in ("little", "much")))
    b = a_run(case("little", exact_quotes=3, quotes=3, torn=1), case("much", exact_quotes=3, quotes=3, torn=3))
    assert [flip.id for flip in compare(a, b).flips] == ["much", "little"]


def test_what_is_neither_good_nor_bad_has_changed() -> None:
    a, b = (a_run(*(case(f"q{n}", words=words) for n in range(20))) for words in (10, 30))
    (found,) = (d for d in compare(a, b).differences if d.key == "answer_words")
    assert (found.verdict, found.change) == ("changed", 20)
