"""Sentences and the questions they give, or don't."""

from __future__ import annotations

import pytest

from eval.patterns import mentions, questions_of, readable, slots
from rag.types import Article


def made(text: str) -> list[tuple[str, str, str]]:
    return [(one.type, one.question, one.answer) for one in questions_of(Article("a", None, "t", "s", text, "h"))]


@pytest.mark.parametrize(
    ("sentence", "kind", "question", "answer"),
    [
        (
            "Ina Moss, the chief engineer of the Port of Tarn, ordered the closure.",
            "who",
            "Who is the chief engineer of the Port of Tarn?",
            "Ina Moss",
        ),
        ("Ina Moss was named chairman of Orris Water.", "who", "Who was named chairman of Orris Water?", "Ina Moss"),
        (
            "Ina Moss said on Monday that Tarn Bridge would stay shut, which nobody liked.",
            "who",
            "Who said that Tarn Bridge would stay shut?",
            "Ina Moss",
        ),
        (
            "The Tarn Bridge was opened in 1931 by the mayor.",
            "when",
            "When was the Tarn Bridge opened by the mayor?",
            "1931",
        ),
        (
            "Orris Water bought the mill at Tarn on 3 May 2024, after a year of talks.",
            "when",
            "When did Orris Water buy the mill at Tarn?",
            "3 May 2024",
        ),
        ("Orris Water had applied for a grant; Tarn denied it.", "", "", ""),
        (
            "Orris Water had denied the report back in May 2024.",
            "when",
            "When did Orris Water deny the report?",
            "May 2024",
        ),
        (
            "About 400 people attended the fair at Tarn.",
            "how_many",
            "How many people attended the fair at Tarn?",
            "400",
        ),
        (
            "Orris Water will employ more than 1,200 people at the mill.",
            "how_many",
            "How many people will Orris Water employ at the mill?",
            "1,200",
        ),
        (
            "Orris Water paid about £2.5 million for the mill.",
            "how_many",
            "How much did Orris Water pay for the mill?",
            "£2.5 million",
        ),
        ("The ferry company pledged £40,000 to Tarn.", "", "", ""),  # not plainly a name
    ],
)
def test_a_sentence_of_the_form(sentence: str, kind: str, question: str, answer: str) -> None:
    found = made(sentence)
    assert ((kind, question, answer) in found) if kind else not found


@pytest.mark.parametrize(
    "sentence",
    [
        "By the time Orris Water was founded in 1931, Tarn had a mill.",  # no subject opens it
        "She was named chairman of Orris Water.",
        "Orris Water said that it would buy the mill at Tarn.",  # "it"
        "Workers announced a strike at Orris Water.",  # "Workers" is no name
        "Collingwood’s announced a strike at Orris Water.",
        "Ina Moss announced the “Tarn plan” to Orris Water.",
        "Ina Moss met Tarn, Orris Water and the mayor.",  # a list is not cut
        "Ina Moss signed a two-year, $44 million deal with Tarn.",
        "Ina Moss told Orris Water that, if asked, Tarn would pay.",
        "Orris Water was a failing company founded in 1931.",
        "What did Ina Moss announce to Orris Water?",
        "Ina Moss announced to Orris Water",
    ],
)
def test_a_sentence_that_is_not_plainly_of_the_form_gives_nothing(sentence: str) -> None:
    assert made(sentence) == []


def test_a_date_that_may_be_another_verbs_is_not_asked_for() -> None:
    assert made("Orris Water said that Tarn was founded in 1931.") == [
        ("who", "Who said that Tarn was founded in 1931?", "Orris Water")
    ]


def test_a_name_of_one_word_is_known_by_its_place_within_a_sentence() -> None:
    text = "Moss promised a new mill for Tarn. The council thanked Moss."
    assert made(text) == [("who", "Who promised a new mill for Tarn?", "Moss")]


def test_each_question_once_and_its_sentence_verbatim() -> None:
    line = "Ina Moss signed the Tarn treaty with seven pens\nin the rain."
    text = f"{line}\n\n{line}"
    (one,) = questions_of(Article("a", None, "t", "s", text, "h"))
    assert one.question == "Who signed the Tarn treaty with seven pens in the rain?"
    assert one.sentence in text and "\n" in one.sentence


@pytest.mark.parametrize(
    ("question", "is_so"),
    [
        ("Who won the Valley Cup?", True),
        ("Who won it?", False),
        ("Who won the Valley Cup there?", False),
        ("Who won the Valley Cup (again)?", False),
        ("Who " + "won the Valley Cup " * 8 + "?", False),
        ("Who was that with what?", False),
    ],
)
def test_readable(question: str, is_so: bool) -> None:
    assert readable(question) is is_so


def test_slots() -> None:
    assert slots("When did Orris Water buy the mill in Tarn?") == [("actor", "Orris Water"), ("place", "Tarn")]
    assert slots("Who is the chairman of the Chamber of Trade?") == [("body", "Chamber of Trade")]
    assert slots("Who paid £40,000 on 3 May 2024?") == [("day", "3 May 2024"), ("sum", "£40,000")]
    assert slots("Who sold Moss's mill in May?") == []


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("Ina Moss", True),
        ("Ian Moss", True),
        ("Moss Bay", False),
        ("£40", False),
        ("£40,000", True),
        ("Ina", True),
        ("In", False),
    ],
)
def test_mentions(name: str, there: bool) -> None:
    assert mentions("The mayor thanked Ina Moss for £40,000.", name) is there
