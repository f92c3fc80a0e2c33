"""Questions that point back at the ones before: what each is understood as, and what is left alone."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.question.followup import Turn, Understood, understand
from rag.question.plan import make_plan, outlets_by_key
from rag.types import Answer, Article, Chunk, Hit, Sentence

ASKED = date(2024, 12, 1)
OUTLETS = outlets_by_key(["The Beacon", "Harbor News", "Quartz Wire - Business"])
MakeArticle = Callable[..., Article]
Say = Callable[..., Turn]

MAYOR = "Mayor Tobias Finch resigned on Monday because the council rejected his budget. Deputy Ines Holt takes over."
HOLT = "Ines Holt was a teacher before she became deputy mayor. She wants to reopen the swimming baths."
PLANT = "Voltane will build a battery plant in Lower Marsh. It is to employ 1,500 people by 2026."


@pytest.fixture
def say(article: MakeArticle) -> Say:
    """Return a function that makes a turn of a question, the passage it found, and the words in it that answer."""

    def make(question: str, text: str = "", direct: str = "") -> Turn:
        hits: tuple[Hit, ...] = ()
        sentences: tuple[Sentence, ...] = ()
        if text:
            hits = (Hit(Chunk("c", "a1", 0, len(text), text), article("a1", text), 1.0, 1, {"dense": 1}),)
            first = text.partition(". ")[0] + "."
            at = first.find(direct)
            span = (at, at + len(direct)) if direct else None
            sentences = (Sentence(first, (1,), 0.9, "supported", "", span),)
        plan = make_plan(question, OUTLETS, ASKED)
        status: Any = "answered" if sentences else "not_in_corpus"
        return Turn(question, Answer(question, status, "", sentences, (), hits, 0.9, plan=plan))

    return make


def after(question: str, *turns: Turn) -> Understood:
    return understand(question, turns, ASKED, OUTLETS)


@pytest.mark.parametrize(
    ("question", "understood"),
    [
        ("Who replaced him?", "Who replaced Mayor Tobias Finch?"),
        ("What did he say?", "What did Mayor Tobias Finch say?"),
        ("What became of his budget?", "What became of Mayor Tobias Finch's budget?"),
        ("Why?", "Why: Mayor Tobias Finch resigned on Monday because the council rejected his budget?"),
        ("And who took over from him?", "Who took over from Mayor Tobias Finch?"),
        ("What was in the budget?", "What was in the budget (Mayor Tobias Finch)?"),
        ("What happened next?", "What happened next (Mayor Tobias Finch)?"),
    ],
)
def test_who_answered_is_who_is_meant(say: Say, question: str, understood: str) -> None:
    found = after(question, say("Who resigned?", MAYOR, "Mayor Tobias Finch"))
    assert found.question == understood
    assert found.typed == question and found.changed and found.meant and not found.unclear


def test_he_and_she_are_told_apart_by_what_the_passages_call_them(say: Say) -> None:
    turn = say("What do Tobias Finch and Ines Holt want?", f"{MAYOR} {HOLT}")
    assert after("What was she before?", turn).question == "What was Ines Holt before?"
    assert after("Why did he resign?", turn).question == "Why did Tobias Finch resign?"
    assert after("Did she like his budget?", turn).question == "Did Ines Holt like Tobias Finch's budget?"


def test_a_person_of_an_earlier_turn_is_found(say: Say) -> None:
    turns = say("What was Ines Holt before?", HOLT), say("Where will the plant be built?", PLANT)
    assert after("Does she welcome it?", *turns).question.startswith("Does Ines Holt welcome it")


def test_a_place_and_a_firm_are_nobody(say: Say) -> None:
    found = after("Is he rich?", say("Where will Voltane build?", PLANT, "Lower Marsh"))
    assert found.question == "Is he rich?" and found.unclear == ("he",) and not found.changed


@pytest.mark.parametrize(
    ("question", "understood"),
    [
        ("When does it open?", "When does it (Voltane, battery plant) open?"),
        ("How many people will the plant employ?", "How many people will the plant (Voltane) employ?"),
        ("And in 2023?", "Where will Voltane build its battery plant in 2023?"),
        ("And Megacell?", "Where will Megacell build its battery plant?"),
        ("What about Megacell?", "Where will Megacell build its battery plant?"),
        ("When?", "When will Voltane build its battery plant?"),
        ("And according to The Beacon?", "Where will Voltane build its battery plant according to The Beacon?"),
        ("What about the cost?", "What about the cost (Voltane)?"),
    ],
)
def test_a_thing_is_told_beside_its_name(say: Say, question: str, understood: str) -> None:
    assert after(question, say("Where will Voltane build its battery plant?", PLANT)).question == understood


@pytest.mark.parametrize(
    ("before", "question", "understood"),
    [
        ("What did Voltane say in May 2024?", "And in June 2024?", "What did Voltane say in June 2024?"),
        ("What did Voltane say in May 2024?", "And 2023?", "What did Voltane say in 2023?"),
        ("What did Voltane say on 3 May 2024?", "and last week?", "What did Voltane say last week?"),
        ("What did Voltane say in May 2024?", "What happened then?", "What happened in May 2024?"),
        ("What did The Beacon report?", "And Harbor News?", "What did Harbor News report?"),
        ("What did the Beacon report in May?", "And Harbor News?", "What did Harbor News report in May?"),
        ("Who lives in Lower Marsh?", "And in Upper Marsh?", "Who lives in Upper Marsh?"),
    ],
)
def test_a_part_takes_the_place_of_its_like(say: Say, before: str, question: str, understood: str) -> None:
    assert after(question, say(before)).question == understood


@pytest.mark.parametrize(
    "question",
    [
        "Who won the World Cup?",
        "Where will Megacell build its plant?",
        "Did Voltane say that it would build?",
        "Is it true that Voltane is bankrupt?",
        "How long does it take to build a ship?",
        "What is inflation?",
        "Will it rain?",
    ],
)
def test_a_question_that_stands_alone_stays_as_it_is(say: Say, question: str) -> None:
    found = after(question, say("Where will Voltane build its battery plant?", PLANT))
    assert found.question == question and not found.changed and not found.unclear


def test_the_first_question_points_at_nothing() -> None:
    assert after("Who replaced her?") == Understood("Who replaced her?", "Who replaced her?")


def test_a_chain_of_turns_stays_short(say: Say) -> None:
    turns: Sequence[Turn] = [say("Where will Voltane build its battery plant?", PLANT)]
    for _ in range(5):
        understood = after("When does it open?", *turns)
        turns = [*turns, say(understood.question, PLANT)]
    assert turns[-1].question == "When does it (Voltane, battery plant) open?"


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text_is_understood_somehow(before: str, question: str) -> None:
    turn = Turn(before, Answer(before, "not_in_corpus", "", (), (), (), 0.0))
    found = understand(question, [turn], ASKED, OUTLETS)
    assert found.question or not found.typed
    assert len(found.question) <= len(question) + len(before) + 400


@pytest.mark.parametrize("piece", ["and ", "the deal ", "it its ", "he his ", "Aa Bb ", "in 2024 ", "( "])
def test_long_texts_take_no_time(say: Say, piece: str) -> None:
    long = piece * (4_000 // len(piece))
    after(long, say(long, PLANT))
