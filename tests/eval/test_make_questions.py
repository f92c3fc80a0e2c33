"""Drafts: from a small archive, with and without an LLM."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import corpus
from eval.datasets import read_questions, write_questions
from eval.make_questions import FAILURES, TRIES, draft_questions
from eval.patterns import readable
from rag.errors import ModelError, UsageError
from rag.text.split import sentences
from rag.types import Article, Skipped

SEEDS = Path(__file__).parents[2] / "seeds"


@pytest.fixture(scope="module")
def archive() -> list[Article]:
    return [item.article for item in corpus.articles([SEEDS]) if not isinstance(item, Skipped)]


def of(name: str, text: str, **more: object) -> Article:
    return Article(name, None, "t", "s", text, name, **more)


@pytest.mark.parametrize("seed", range(3))
def test_drafts_of_the_starter_archive(archive: list[Article], seed: int) -> None:
    found = draft_questions(archive, 20, seed=seed)
    texts = {article.id: article.text for article in archive}
    assert len(found.items) == 20 and not found.skipped
    assert len({q.question for q in found.items}) == len({q.id for q in found.items}) == 20
    for q in found.items:
        assert q.draft and readable(q.question) and q.question.endswith("?")
        if q.answerable:
            (fact,), (key,) = q.facts, q.key_facts
            assert q.answers == q.key_facts
            assert key in fact and key not in q.question
            for name in q.articles:
                assert fact in [texts[name][start:end] for start, end in sentences(texts[name])]
        else:
            assert (q.type, q.articles, q.facts, q.key_facts, q.answers) == ("unanswerable", (), (), (), ())
    assert sum(q.answerable is False for q in found.items) == 4


def test_at_most_one_in_five_of_what_is_made_has_no_answer(archive: list[Article]) -> None:
    items = draft_questions(archive, 10_000).items
    assert 0 < sum(q.answerable is False for q in items) <= len(items) / 5


def test_the_same_seed_gives_the_same_drafts_in_whatever_order_the_articles_come(archive: list[Article]) -> None:
    assert draft_questions(archive, 12, seed=1) == draft_questions(reversed(archive), 12, seed=1)
    assert draft_questions(archive, 12, seed=1) != draft_questions(archive, 12, seed=2)


def test_drafts_are_marked_in_the_file(archive: list[Article], tmp_path: Path) -> None:
    drafts = draft_questions(archive, 5)
    write_questions(drafts, tmp_path / "drafts.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "drafts.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["draft"] for row in rows] == [True] * 5
    assert read_questions(tmp_path / "drafts.jsonl").items == drafts.items


def test_every_article_that_prints_the_sentence_is_gold() -> None:
    wire = "Ina Moss signed the Tarn treaty."
    found = draft_questions(
        [of("b", f"{wire} It rained."), of("a", wire), of("c", "Nothing."), of("d", wire, gone=True)], 3
    )
    assert [(q.question, sorted(q.articles)) for q in found.items] == [("Who signed the Tarn treaty?", ["a", "b"])]


TWO = [
    of("a", "Orris Water bought the mill at Tarn on 3 May 2024."),
    of("b", "Delta Rail bought the yard at Hexley on 9 June 2023."),
]


def test_a_swapped_question_joins_what_no_article_joins() -> None:
    found = draft_questions(TWO, 5)
    swapped = [q.question for q in found.items if q.answerable is False]
    assert swapped
    assert all(("Tarn" in text) == ("Delta" in text or "2023" in text) for text in swapped)


def test_what_stands_side_by_side_somewhere_is_not_swapped() -> None:
    both = of("c", "Orris Water and Delta Rail were rivals at Tarn and at Hexley on 3 May 2024 and 9 June 2023.")
    assert all(q.answerable for q in draft_questions([*TWO, both], 5).items)


@pytest.mark.parametrize(
    ("articles", "n", "said"),
    [
        ([], 5, "no question could be drafted from 0 articles; give more or longer ones"),
        ([of("a", "It rained.")], 5, "no question could be drafted from 1 articles"),
        (TWO, 0, "0 questions can't be drafted; give 1 or more"),
    ],
)
def test_nothing_to_draft(articles: list[Article], n: int, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        draft_questions(articles, n)


# -- with an LLM -----------------------------------------------------------------------------------------------------

PASSAGE = of("a", "The Tarn mill closed in March. Its owner, Ina Moss, gave no reason.")


def test_an_llm_drafts() -> None:
    heard: list[str] = []

    def generate(prompt: str) -> str:
        heard.append(prompt)
        return '{"question": "When did the Tarn mill close?", "key_fact": "March"}'

    found = draft_questions([PASSAGE], 2, generate=generate)
    (one,) = found.items
    assert (one.question, one.key_facts, one.articles, one.type, one.draft) == (
        "When did the Tarn mill close?",
        ("March",),
        ("a",),
        "when",
        True,
    )
    assert one.facts == ("The Tarn mill closed in March.",)
    assert PASSAGE.text in heard[0]
    assert len(heard) == 2 * TRIES  # it said the same each time


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ('{"question": "When did it close?", "key_fact": "April"}', "does not stand verbatim in a sentence"),
        ('{"question": "Why?", "key_fact": "closed in March. Its owner"}', "does not stand verbatim in a sentence"),
        ('{"question": "Did the mill close in March?", "key_fact": "March"}', "holds its own answer"),
        ('{"question": "The mill closed.", "key_fact": "March"}', "no question or no key fact"),
        ('{"question": "When?", "key_fact": " "}', "no question or no key fact"),
        ('{"question": 5, "key_fact": "March"}', "not the JSON object"),
        ('["When?"]', "not the JSON object"),
        ("Sure! Here is a question.", "not the JSON object"),
        ("[" * 100_000, "not the JSON object"),
    ],
)
def test_what_an_llm_makes_up_is_thrown_away_and_counted(reply: str, reason: str) -> None:
    good = iter(['{"question": "Who owned the mill?", "key_fact": "Ina Moss"}'])
    found = draft_questions([PASSAGE], 1, generate=lambda prompt: next(good, reply))
    assert [q.question for q in found.items] == ["Who owned the mill?"] and not found.skipped
    good = iter([reply, '{"question": "Who owned the mill?", "key_fact": "Ina Moss"}'])
    found = draft_questions([PASSAGE], 1, generate=lambda prompt: next(good))
    assert len(found.items) == 1
    ((skipped),) = found.skipped
    assert skipped.place == "a" and reason in skipped.reason


def test_an_llm_that_keeps_failing_is_given_up() -> None:
    calls = 0

    def generate(prompt: str) -> str:
        nonlocal calls
        calls += 1
        raise ConnectionError("nobody\nthere")

    with pytest.raises(ModelError, match=r"failed 3 times in a row \(ConnectionError: nobody there\); check it"):
        draft_questions([PASSAGE], 9, generate=generate)
    assert calls == FAILURES


def test_an_article_without_a_sentence_is_not_asked_about() -> None:
    with pytest.raises(UsageError, match="no question could be drafted"):
        draft_questions([of("a", " ")], 1, generate=lambda prompt: "")
