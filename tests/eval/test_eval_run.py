from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest

from eval.datasets import Question, Questions
from eval.metrics import Estimate, mean, proportion
from eval.run import Case, evaluate
from eval.summary import by_type, metrics_of, summarise
from rag.errors import UsageError


def ask_one(stub, question: Question, answer) -> Case:
    run = evaluate(Questions((question,)), stub({question.question: answer}))
    return run.cases[0]


def value(figure: Estimate | None) -> float:
    assert figure is not None
    return figure.value


# -- one case --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gold", "hits", "rank"),
    [
        ({"facts": ("bridge closed in March, the councilsaid.",)}, ("ferry", "bridge"), 2),
        ({"facts": ("no such passage",), "articles": ("ferry",)}, ("ferry",), None),
        ({"articles": ("https://a.example/ferry",), "key_facts": ("on MONDAY",)}, ("bridge", "ferry"), 2),
        ({"articles": ("ferry",), "key_facts": ("Mon",)}, ("ferry",), None),
        ({"articles": ("bridge",), "key_facts": ("Monday",)}, ("ferry", "bridge"), None),
        ({"articles": ("ferry",), "key_facts": ("$",)}, ("ferry",), None),
        ({"articles": ("bridge",)}, ("ferry", "bridge"), 2),
        ({"articles": ("bridge",)}, (), None),
    ],
    ids=[
        "fact",
        "fact-over-article",
        "key-fact",
        "part-of-a-word",
        "key-fact-elsewhere",
        "no-word",
        "article",
        "no-hit",
    ],
)
def test_rank_of_the_first_right_hit(stub, make_answer, gold, hits, rank) -> None:
    case = ask_one(stub, Question("q", "Q?", **gold), make_answer(hits=hits))
    assert (case.ranked, case.hits_rank) == (True, rank)


@pytest.mark.parametrize(
    "question", [Question("q", "Q?", key_facts=("Monday",)), Question("q", "Q?", answerable=False, articles=("ferry",))]
)
def test_without_gold_nothing_is_ranked(stub, make_answer, question) -> None:
    case = ask_one(stub, question, make_answer(hits=("ferry",)))
    assert (case.ranked, case.hits_rank) == (False, None)


def test_quotes_are_checked_against_the_archive(stub, make_answer) -> None:
    answer = make_answer(
        ("ferry", "Nobody was hurt."), ("ferry", "Somebody was hurt."), ("gone", "Lost."), ("ferry", "")
    )
    turned = replace(answer.citations[0], start=-16, end=len("The ferry sank on Monday. Nobody was hurt."))
    case = ask_one(stub, Question("q", "Q?"), replace(answer, citations=(*answer.citations, turned)))
    assert (case.quotes, case.exact_quotes) == (5, 1)


def test_gold_articles_and_precision(stub, make_answer) -> None:
    question = Question("q", "Q?", articles=("https://a.example/ferry", "elsewhere"), all_articles=True)
    answer = make_answer(("ferry", "The ferry sank"), ("ferry", "Nobody was hurt."), ("bridge", "It cost"))
    case = ask_one(stub, question, answer)
    assert (case.gold_cited, case.citation_precision, case.all_articles) == (0.5, 0.5, True)


def test_an_inexact_quote_cites_no_gold(stub, make_answer) -> None:
    case = ask_one(stub, Question("q", "Q?", articles=("ferry",)), make_answer(("ferry", "The ferry swam")))
    assert (case.gold_cited, case.citation_precision) == (0.0, 0.0)


def test_a_refusal_cites_nothing(stub, make_answer) -> None:
    question = Question("q", "Q?", articles=("ferry",), key_facts=("Monday",))
    answer = make_answer(("ferry", "The ferry sank on Monday."), status="not_in_corpus", verdicts=())
    case = ask_one(stub, question, answer)
    assert (case.gold_cited, case.citation_precision, case.key_fact_quoted, case.words) == (0.0, None, False, None)


@pytest.mark.parametrize(
    ("quote", "articles", "text", "expected"),
    [
        (("ferry", "sank on Monday."), ("ferry",), "It sank.", True),
        (("ferry", "sank on Monday."), (), "It sank.", True),
        (("ferry", "sank on Monday."), ("bridge",), "It sank.", False),
        (("ferry", "sank on monday."), ("ferry",), "It sank.", False),
        (("ferry", "Nobody was hurt."), ("ferry",), "On Monday.", False),
        (("ferry", "sank on Monday."), ("ferry",), "word " * 101, False),
    ],
    ids=["gold", "no-article-given", "other-article", "inexact", "only-in-the-text", "too-long"],
)
def test_key_fact_inside_a_quote(stub, make_answer, quote, articles, text, expected) -> None:
    question = Question("q", "Q?", articles=articles, key_facts=("Tuesday", "on Monday"))
    assert ask_one(stub, question, make_answer(quote, text=text)).key_fact_quoted is expected


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

CASES = (
    Case("a", "?", "x", True, "answered", ranked=True, hits_rank=1, ask_ms=10, search_ms=4, sentences=3, supported=2,
         quotes=3, exact_quotes=3, all_articles=True, gold_cited=0.5, citation_precision=1.0, key_fact_quoted=True,
         confidence=0.9, words=120),
    Case("b", "?", "x", True, "not_in_corpus", ranked=True, hits_rank=5, ask_ms=20, gold_cited=0.0,
         key_fact_quoted=False, confidence=0.2),
    Case("c", "?", "y", False, "not_in_corpus", ask_ms=30, confidence=0.1),
    Case("d", "?", "y", False, "answered", ask_ms=40, sentences=2, supported=1, unjudged=1, quotes=1,
         confidence=0.5, words=20),
    Case("e", "?", None, True, "crashed", "E: e", ranked=True, gold_cited=0.0, citation_precision=0.0,
         key_fact_quoted=False),
    Case("f", "?", None, False, "crashed", "E: e"),
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
    assert figures["supported_sentences"] == proportion(3, 7)
    assert figures["unjudged_sentences"] == proportion(1, 8)
    assert figures["exact_quotes"] == proportion(3, 7)
    assert value(figures["answer_words"]) == pytest.approx(140 / 3)
    assert figures["over_100_words"] == proportion(1, 3)
    assert value(figures["search_ms_p50"]) == 4
    assert value(figures["ask_ms_p50"]) == 30
    assert value(figures["ask_ms_p95"]) == pytest.approx(48)


def test_every_figure_has_a_row() -> None:
    assert [metric.key for metric in metrics_of((1, 4))] == list(summarise(CASES, (1, 4)).figures)


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
        key_fact_quoted=None if case.key_fact_quoted is None else False,
    )  # fmt: skip
    before = summarise(CASES, (1, 10)).figures
    after = summarise((*CASES[:worse], crashed, *CASES[worse + 1 :]), (1, 10)).figures
    for key in before:
        if key == "risk_area":  # the only one of which less is better; the calibration error may go either way
            assert value(after[key]) >= value(before[key])
        elif not key.endswith(("_words", "_p50", "_p95")) and key not in ("unjudged_sentences", "calibration_error"):
            assert value(after[key]) <= value(before[key]), key


def test_types_have_summaries_of_their_own(stub) -> None:
    run = evaluate(Questions(()), stub({}))
    parts = by_type(replace(run, cases=CASES))
    assert {name: (part.n, part.crashed) for name, part in parts.items()} == {
        "(none)": (3, 2),
        "x": (2, 0),
        "y": (2, 0),
    }
    assert by_type(replace(run, cases=CASES[:2])) == {}
