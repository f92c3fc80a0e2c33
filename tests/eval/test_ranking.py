"""Measures of rankings and answers: against trec_eval, and by hand."""

from __future__ import annotations

import random

import pytest
import pytrec_eval

from eval import ranking

IDS = [f"d{n}" for n in range(30)]


@pytest.mark.parametrize("seed", range(40))
def test_as_trec_eval_counts(seed: int) -> None:
    draw = random.Random(seed)
    ranked = draw.sample(IDS, draw.randint(1, 25))
    grades = {name: draw.choice([0, 0, 1, 2, 3]) for name in draw.sample(IDS, draw.randint(1, 20))}
    if not any(grades.values()):
        grades["d0"] = 1
    run = {"q": {name: 100.0 - rank for rank, name in enumerate(ranked)}}
    measures = {"map", "map_cut.10", "ndcg", "ndcg_cut.10", "recall.10"}
    wanted = pytrec_eval.RelevanceEvaluator({"q": grades}, measures).evaluate(run)["q"]
    relevant = [name for name, grade in grades.items() if grade > 0]
    assert ranking.average_precision(ranked, relevant) == pytest.approx(wanted["map"], abs=1e-9)
    assert ranking.average_precision(ranked, relevant, 10) == pytest.approx(wanted["map_cut_10"], abs=1e-9)
    assert ranking.recall_at_k(ranked, relevant, 10) == pytest.approx(wanted["recall_10"], abs=1e-9)
    assert ranking.ndcg(ranked, grades) == pytest.approx(wanted["ndcg"], abs=1e-9)
    assert ranking.ndcg(ranked, grades, 10) == pytest.approx(wanted["ndcg_cut_10"], abs=1e-9)


def test_where_nothing_is_relevant_there_is_nothing_to_measure() -> None:
    assert ranking.recall_at_k(["a"], [], 5) is None
    assert ranking.average_precision(["a"], []) is None
    assert ranking.ndcg(["a"], {"a": 0}) is None


@pytest.mark.parametrize(
    ("said", "expected", "exact", "f1", "held"),
    [
        ("The Beatles", ["beatles"], True, 1.0, True),
        ("beatles!", ["The Rolling Stones", "The Beatles"], True, 1.0, True),
        ("in the year 1990", ["1990"], False, 0.5, True),
        ("19901", ["1990"], False, 0.0, False),
        ("", ["1990"], False, 0.0, False),
        ("", ["the"], True, 1.0, False),
        ("red green", ["green blue"], False, 0.5, False),
        ("anything", [], False, 0.0, False),
        ("“Mara Venning”—", ["Mara Venning"], True, 1.0, True),
        ("so “Venning—who left” said", ["venning"], False, 2 / 6, True),
        ("it’s 9–11", ["its 9"], False, 0.8, True),
    ],
)
def test_answers(said: str, expected: list[str], exact: bool, f1: float, held: bool) -> None:
    assert ranking.exact_match(said, expected) is exact
    assert ranking.token_f1(said, expected) == pytest.approx(f1)
    assert ranking.contains(said, expected) is held


def holds(claim: str, source: str) -> bool:
    return set(claim.split()) <= set(source.split())


def test_citations_as_alce_counts_them() -> None:
    cited = [
        ("a b", ["a b c", "d"]),  # supported; the first alone does it, the second is not needed
        ("a d", ["a", "d"]),  # supported by both together only
        ("x", ["a"]),  # not supported
        ("y", []),  # cites nothing
    ]
    assert ranking.citation_precision(cited, holds) == 3 / 5
    assert ranking.citation_precision([("y", [])], holds) is None


def test_coverage_of_key_facts() -> None:
    said = "Son, of SoftBank, was named chairman on 21 January."
    assert ranking.coverage(said, ["SoftBank", "the chairman", "22 January", "1 January"]) == 2 / 4
    assert ranking.coverage("", ["SoftBank"]) == 0
    assert ranking.coverage(said, []) is None
