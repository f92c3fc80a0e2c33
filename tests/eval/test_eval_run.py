from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest

from eval.datasets import Question, Questions
from eval.measure import Case
from eval.metrics import by_type, metrics_of, summarise
from eval.run import evaluate
from eval.stats import COUNTED, MEAN, Estimate, estimate, share
from rag.errors import UsageError


def ask_one(stub, question: Question, answer) -> Case:
    run = evaluate(Questions((question,)), stub({question.question: answer}))
    return run.cases[0]


def mean(values: list[float]) -> Estimate | None:
    return estimate(values, [1.0] * len(values), MEAN)


def proportion(right: int, n: int) -> Estimate | None:
    return share([True] * right + [False] * (n - right))


def counted(*parts: tuple[int, int]) -> Estimate | None:
    """Return the estimate of (how many, of how many) in each case."""
    return estimate((k / n for k, n in parts), (n for _, n in parts), COUNTED)


def value(figure: Estimate | None) -> float:
    assert figure is not None
    return figure.value


# -- asking ---------------------------------------------------------------------------------------------------------


def test_latency_is_measured_and_the_search_part_is_the_pipelines(stub, make_answer) -> None:
    case = ask_one(stub, Question("q", "Q?"), make_answer(timings={"search": 12.5, "total": 90.0}))
    assert case.search_ms == 12.5
    assert case.ask_ms is not None and 0 < case.ask_ms < 1000
    assert ask_one(stub, Question("q", "Q?"), make_answer(timings={"search": math.nan})).search_ms is None


def test_the_day_of_asking_is_passed_on(stub, make_answer) -> None:
    pipeline = stub({"Q?": make_answer()})
    evaluate(Questions((Question("q", "Q?", date=date(2025, 1, 3)),)), pipeline)
    assert pipeline.asked == [("Q?", date(2025, 1, 3))]


# -- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_crash_is_a_case_with_one_line_of_error(stub, make_answer) -> None:
    questions = Questions((Question("a", "A?", type="x", articles=("ferry",), key_facts=("k",)), Question("b", "B?")))
    run = evaluate(questions, stub({"A?": RuntimeError("two\n lines " + "x" * 999), "B?": make_answer()}))
    crashed, fine = run.cases
    assert (crashed.status, crashed.type, crashed.ranked, crashed.ask_ms) == ("crashed", "x", True, None)
    assert (crashed.gold_cited, crashed.citation_precision, crashed.key_fact_quoted) == (0.0, 0.0, False)
    assert crashed.error is not None
    assert crashed.error.startswith("RuntimeError: two lines x") and len(crashed.error) == 300
    assert (fine.status, fine.error) == ("answered", None)


@pytest.mark.parametrize("confidence", [math.nan, -0.1, 1.5])
def test_a_confidence_out_of_range_is_a_crash(stub, make_answer, confidence) -> None:
    case = ask_one(stub, Question("q", "Q?"), make_answer(confidence=confidence))
    assert (case.status, case.confidence) == ("crashed", None)
    assert case.error == f"ValueError: the answer's confidence is {confidence}; it must lie in [0, 1]"


def test_something_else_than_an_answer_is_a_crash(stub) -> None:
    assert ask_one(stub, Question("q", "Q?"), {"answer": "yes"}).status == "crashed"


def test_ctrl_c_goes_through(stub) -> None:
    with pytest.raises(KeyboardInterrupt):
        ask_one(stub, Question("q", "Q?"), KeyboardInterrupt())


@pytest.mark.parametrize("ks", [(), (0, 4), (-1,)])
def test_cuts_start_at_one(stub, ks) -> None:
    with pytest.raises(UsageError, match="give whole numbers from 1"):
        evaluate(Questions(()), stub({}), ks=ks)


def test_progress_and_manifest(stub, make_answer) -> None:
    told = []
    questions = Questions((Question("a", "A?"), Question("b", "B?")), (), "q.jsonl", "abc")
    run = evaluate(
        questions,
        stub({"A?": make_answer(), "B?": ValueError()}),
        ks=(4, 1, 4),
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 2), (2, 2)]
    assert (run.ks, run.questions, run.sha256) == ((1, 4), "q.jsonl", "abc")
    assert run.started.tzinfo is not None and run.seconds > 0


# -- figures ---------------------------------------------------------------------------------------------------------

GOLD = ("recall", "average_precision", "ndcg", "exact_match", "token_f1", "contained", "key_facts_said")
CASES = (
    Case("a", "?", "x", True, "answered", ranked=True, hits_rank=1, ask_ms=10, search_ms=4, sentences=3, supported=2,
         quotes=3, exact_quotes=3, all_articles=True, gold_cited=0.5, citation_precision=1.0, key_fact_quoted=True,
         confidence=0.9, words=120, recall=0.5, average_precision=0.25, ndcg=0.6, exact_match=False, token_f1=0.4,
         contained=True, key_facts_said=0.5, citation_need=1.0, torn=1, prompt_tokens=900, reply_tokens=100, price=0.002),
    Case("b", "?", "x", True, "not_in_corpus", ranked=True, hits_rank=5, ask_ms=20, gold_cited=0.0,
         key_fact_quoted=False, confidence=0.2, recall=1.0, average_precision=0.5, ndcg=0.8, exact_match=False,
         token_f1=0.0, contained=False, key_facts_said=0.0, prompt_tokens=700, reply_tokens=4),
    Case("c", "?", "y", False, "not_in_corpus", ask_ms=30, confidence=0.1),
    Case("d", "?", "y", False, "answered", ask_ms=40, sentences=2, supported=1, unjudged=1, quotes=1,
         confidence=0.5, words=20),
    Case("e", "?", None, True, "crashed", "E: e", ranked=True, gold_cited=0.0, citation_precision=0.0,
         key_fact_quoted=False, recall=0.0, average_precision=0.0, ndcg=0.0, exact_match=False, token_f1=0.0,
         contained=False, key_facts_said=0.0, citation_need=0.0),
    Case("f", "?", None, False, "crashed", "E: e", citation_need=0.0),
    Case("g", "?", None, None, "answered", ask_ms=50, confidence=0.5, words=0),
)  # fmt: skip


def test_figures_by_hand() -> None:
    summary = summarise(CASES, (1, 4, 10))
    assert (summary.n, summary.crashed, summary.unjudged) == (7, 2, 1)
    figures = summary.figures
    assert figures["hits@1"] == figures["hits@4"] == proportion(1, 3)
    assert figures["hits@10"] == proportion(2, 3)
    assert figures["mrr@10"] == mean([1, 0.2, 0])
    assert figures["answered"] == proportion(3, 7)
    assert figures["answered_when_answerable"] == proportion(1, 3)
    assert figures["refused_when_unanswerable"] == proportion(1, 3)
    # Answerable .9 .2 0 against not .1 .5 1: of nine pairs .9 wins two and .2 one.
    assert value(figures["auc_confidence"]) == pytest.approx(3 / 9)
    assert figures["right_article_cited"] == proportion(1, 3)
    assert figures["gold_articles_cited"] == mean([0.5])
    assert figures["citation_precision"] == mean([1.0, 0.0])
    assert figures["key_fact_quoted"] == proportion(1, 3)
    # a 3, d 2, and one each for the two that crashed and for g, which said nothing: eight, of which one is unjudged.
    assert figures["supported_sentences"] == counted((2, 3), (1, 1), (0, 1), (0, 1), (0, 1))
    assert value(figures["supported_sentences"]) == pytest.approx(3 / 7)
    assert figures["unjudged_sentences"] == counted((0, 3), (1, 2), (0, 1), (0, 1), (0, 1))
    assert figures["citation_need"] == mean([1.0, 0.0, 0.0])
    # a 1 of 3, d none of those judged, e and f the one they owe, and so does g: four in the five that do not refuse.
    assert value(figures["unsupported_per_100"]) == pytest.approx(80)
    assert figures["torn_quotes"] == counted((1, 3))
    assert figures["recall@10"] == mean([0.5, 1.0, 0.0])
    assert figures["map@10"] == mean([0.25, 0.5, 0.0])
    assert figures["ndcg@10"] == mean([0.6, 0.8, 0.0])
    assert figures["contained"] == proportion(1, 3) and figures["exact_match"] == proportion(0, 3)
    assert figures["token_f1"] == mean([0.4, 0.0, 0.0]) and figures["key_facts_said"] == mean([0.5, 0.0, 0.0])
    assert figures["prompt_tokens"] == mean([900, 700]) and figures["reply_tokens"] == mean([100, 4])
    assert figures["cost_per_1000"] == mean([2.0])
    assert figures["exact_quotes"] == counted((3, 3), (0, 1), (0, 1), (0, 1), (0, 1))
    assert value(figures["answer_words"]) == pytest.approx(140 / 3)
    assert figures["over_100_words"] == proportion(1, 3)
    assert value(figures["search_ms_p50"]) == 4
    assert value(figures["ask_ms_p50"]) == 30
    assert value(figures["ask_ms_p95"]) == pytest.approx(48)


def test_no_cases_no_figures() -> None:
    summary = summarise((), (1,))
    assert (summary.n, summary.crashed, summary.unjudged, set(summary.figures.values())) == (0, 0, 0, {None})


@pytest.mark.parametrize("worse", [place for place, case in enumerate(CASES) if case.status != "crashed"])
def test_crashing_instead_raises_no_figure(worse: int) -> None:
    case = CASES[worse]
    gold = case.gold_cited is not None
    crashed = Case(
        case.id, "?", case.type, case.answerable, "crashed", "E: e", ranked=case.ranked, all_articles=case.all_articles,
        gold_cited=0.0 if gold else None, citation_precision=0.0 if gold else None,
        key_fact_quoted=None if case.key_fact_quoted is None else False, citation_need=0.0,
        **{name: type(old)(0) for name in GOLD if (old := getattr(case, name)) is not None},
    )  # fmt: skip
    free = {"answered", "torn_quotes", "unjudged_sentences", "calibration_error"}  # where a crash may help
    for metric in metrics_of((1, 10)):
        before = metric.figure(CASES)
        if before and metric.group != "Cost" and metric.key not in free:
            after = value(metric.figure((*CASES[:worse], crashed, *CASES[worse + 1 :])))
            assert after <= before.value if metric.better == "higher" else after >= before.value, metric.key


def test_types_have_cases_of_their_own(stub) -> None:
    run = evaluate(Questions(()), stub({}))
    parts = by_type(replace(run, cases=CASES))
    assert {name: [case.id for case in part] for name, part in parts.items()} == {
        "(none)": ["e", "f", "g"],
        "x": ["a", "b"],
        "y": ["c", "d"],
    }
    assert by_type(replace(run, cases=CASES[:2])) == {}
