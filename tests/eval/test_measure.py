"""One answer, measured: ranks, quotes, gold, wording, context, cost."""

from __future__ import annotations

from dataclasses import replace
from math import log2

import pytest

from eval.datasets import Question, Questions
from eval.measure import Case, absent_gold, tears
from eval.run import evaluate
from rag.types import Article, Citation


def ask_one(stub, question: Question, answer, **options) -> Case:
    run = evaluate(Questions((question,)), stub({question.question: answer}), **options)
    return run.cases[0]


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


def test_whole_passages_as_quotes_are_no_answer(stub, make_answer) -> None:
    long = "The ferry sank on Monday. " + "Nobody was hurt. " * 40
    quoting = make_answer(text="It sank.")
    question = Question("q", "Q?", key_facts=("on Monday",))
    pipeline = stub({})
    pipeline.article = lambda name: Article("long", None, "", "", long, "h")
    for text, expected in (("It sank.", False), ("It sank on Monday.", True)):
        quote = replace(quoting, text=text, citations=(Citation(1, "long", 0, len(long), long),))
        pipeline.answers = {"Q?": quote}
        assert evaluate(Questions((question,)), pipeline).cases[0].key_fact_quoted is expected


# -- rankings of articles --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("gold", "hits", "recall", "precision", "gain"),
    [
        (("ferry",), ("ferry",), 1.0, 1.0, 1.0),
        (("https://a.example/ferry", "bridge"), ("ferry", "ferry", "bridge"), 1.0, 1.0, 1.0),
        (("bridge",), ("ferry", "bridge"), 1.0, 0.5, 1 / log2(3)),
        (("bridge", "elsewhere"), ("bridge",), 0.5, 0.5, 1 / (1 + 1 / log2(3))),
        (("bridge",), (), 0.0, 0.0, 0.0),
    ],
)
def test_gold_articles_among_the_hits(stub, make_answer, gold, hits, recall, precision, gain) -> None:
    case = ask_one(stub, Question("q", "Q?", articles=gold), make_answer(hits=hits))
    assert (case.recall, case.average_precision) == (recall, precision)
    assert case.ndcg == pytest.approx(gain)


def test_only_the_first_ten_hits_count(stub, make_answer) -> None:
    case = ask_one(stub, Question("q", "Q?", articles=("bridge",)), make_answer(hits=("ferry",) * 10 + ("bridge",)))
    assert (case.recall, case.average_precision, case.ndcg) == (0, 0, 0)


# -- wording ---------------------------------------------------------------------------------------------------------


def test_the_text_against_what_was_expected(stub, make_answer) -> None:
    question = Question("q", "Q?", answers=("on Monday", "Tuesday"), key_facts=("Monday", "the harbour"))
    case = ask_one(stub, question, make_answer(text="It sank on Monday."))
    assert (case.exact_match, case.contained, case.key_facts_said) == (False, True, 0.5)
    assert case.token_f1 == pytest.approx(2 * 2 / (4 + 2))
    assert ask_one(stub, question, make_answer(text="Tuesday.")).exact_match is True
    refused = ask_one(stub, question, make_answer(text="Not on Monday", status="not_in_corpus", verdicts=()))
    assert (refused.exact_match, refused.token_f1, refused.contained, refused.key_facts_said) == (False, 0, False, 0)


def test_numbers_and_quotation_marks_of_the_answer_are_not_its_words(stub, make_answer) -> None:
    answer = make_answer(text="It sank on Monday.")
    shown = replace(answer, text="Harbor News reported on 2 May: “It sank on Monday.”[1]")
    case = ask_one(stub, Question("q", "Q?", answers=("It sank on Monday",), key_facts=("Monday", "1")), shown)
    assert (case.exact_match, case.contained, case.key_facts_said) == (True, True, 0.5)


@pytest.mark.parametrize("question", [Question("q", "Q?"), Question("q", "Q?", answerable=False, answers=("Monday",))])
def test_nothing_expected_nothing_compared(stub, make_answer, question) -> None:
    case = ask_one(stub, question, make_answer())
    assert (case.exact_match, case.token_f1, case.contained, case.key_facts_said) == (None,) * 4
    assert (case.recall, case.average_precision, case.ndcg) == (None,) * 3


# -- context and cost ------------------------------------------------------------------------------------------------


def test_torn_quotes_are_counted_and_said(make_answer) -> None:
    text = "The mayor took the money. That is false, the court found. It rained."
    source = Article("a", None, "", "", text, "h")
    first, last = text[:25], "It rained."
    answer = replace(
        make_answer(),
        citations=(
            Citation(1, "a", 0, 25, first),
            Citation(2, "a", text.index(last), len(text), last),
            Citation(3, "a", 0, 25, "another"),
            Citation(4, "gone", 0, 25, first),
        ),
    )
    assert tears(answer, {"a": source, "gone": None}) == {1: "the next sentence opens with “That is false”"}


@pytest.mark.parametrize(
    ("tokens", "prices", "price"),
    [
        ((2_000_000, 100_000), (2.5, 10.0), 6.0),
        ((2_000, 100), None, None),
        ((0, 0), None, 0.0),
        (None, (2.5, 10.0), None),
    ],
    ids=["both", "no prices", "no LLM", "an LLM that does not say"],
)
def test_what_an_answer_costs(stub, make_answer, tokens, prices, price) -> None:
    case = ask_one(stub, Question("q", "Q?"), replace(make_answer(), tokens=tokens), prices=prices)
    assert (case.prompt_tokens, case.reply_tokens) == (tokens or (None, None))
    assert case.price == price


# -- the spellings of an address ---------------------------------------------------------------------------------------

SPELLINGS = [
    "https://a.example/ferry",
    "http://A.Example/ferry/",
    "HTTPS://a.example:443/ferry?utm_source=mail#top",
    " https://a.example/ferry ",
]


@pytest.mark.parametrize("gold", SPELLINGS)
@pytest.mark.parametrize("url", SPELLINGS)
def test_an_address_is_the_same_however_it_is_written(stub, make_answer, articles, monkeypatch, gold, url) -> None:
    monkeypatch.setitem(articles, "ferry", replace(articles["ferry"], url=url))
    answer = make_answer(("ferry", "sank on Monday."), hits=("bridge", "ferry"))
    case = ask_one(stub, Question("q", "Q?", articles=(gold,), key_facts=("Monday",)), answer)
    assert (case.hits_rank, case.recall, case.average_precision) == (2, 1.0, 0.5)
    assert (case.gold_cited, case.citation_precision, case.key_fact_quoted) == (1.0, 1.0, True)


def test_two_spellings_of_one_article_are_one_gold(stub, make_answer) -> None:
    question = Question("q", "Q?", articles=tuple(SPELLINGS[:3]), all_articles=True)
    assert ask_one(stub, question, make_answer(("ferry", "The ferry sank"))).gold_cited == 1.0


def test_another_page_is_another_address(stub, make_answer) -> None:
    question = Question("q", "Q?", articles=("https://a.example/ferry?page=2",))
    assert ask_one(stub, question, make_answer(("ferry", "The ferry sank"), hits=("ferry",))).gold_cited == 0.0


def test_gold_that_no_article_is(articles) -> None:
    questions = [
        Question("a", "Q?", articles=("http://a.example/ferry/", "https://a.example/gone")),
        Question("b", "Q?", articles=("bridge", "ferry")),
        Question("c", "Q?", articles=("nowhere",)),
        Question("d", "Q?", answerable=False, articles=("nowhere",)),
        Question("e", "Q?"),
    ]
    assert absent_gold(questions, articles.values()) == {"a": ["https://a.example/gone"], "c": ["nowhere"]}
