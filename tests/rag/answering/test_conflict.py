"""What alike reports differ in, and which report is one of something else than is asked about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.conflict import Difference, difference, of_another, subjects

MANY = "How many boats were lost in the storm at Hexley?"


@pytest.mark.parametrize(
    ("one", "other", "question", "found"),
    [
        (
            "Some 14 boats were lost in the storm, the harbour master said.",
            "Some 29 boats were lost in the storm, the harbour master said.",
            MANY,
            Difference("number", "14", "29"),
        ),
        (
            "Fourteen boats were lost in the storm, the harbour master said.",
            "Some 14 boats were lost in the storm, the harbour master said.",
            MANY,
            None,
        ),
        (
            "The rowing cup of the valley was won by Ashby after a close race.",
            "The rowing cup of the valley was won by Colm after a close race.",
            "Who won the rowing cup?",
            Difference("name", "ashbi", "colm"),
        ),
        (
            "The school in Hexley got a new roof for winter.",
            "The school in Marl got a new roof for winter.",
            "What did the school get?",
            Difference("subject", "hexley", "marl"),
        ),
        (
            "The new lighthouse of the island opens on Tuesday at noon.",
            "The new lighthouse of the island opens on Friday at noon.",
            "When does the lighthouse open?",
            Difference("day", "tuesday", "friday"),
        ),
        (
            "The ferry carried 80 people to the island on Tuesday.",
            "The ferry carried 95 people to the island on Friday.",
            "How many people did the ferry carry?",
            Difference("subject", "tuesday", "friday"),
        ),
        (
            "The old lighthouse will open again after repairs.",
            "The old lighthouse will not open again after repairs.",
            "Will the lighthouse open?",
            Difference("not", "stated", "denied"),
        ),
        (
            "Crew 7 mended the roof of the mill with 300 slates.",
            "Crew 8 mended the roof of the mill with 500 slates.",
            "How many slates were used?",
            Difference("subject", "", ""),
        ),
        ("Boats were lost in the storm at sea.", "Boats were lost in the storm at sea, 29 of them.", MANY, None),
        ("Geese fly south over Hexley in 14 days.", "Some 29 boats were lost in the storm.", MANY, None),
        ("", "", MANY, None),
    ],
    ids=[
        "number",
        "same number",
        "name",
        "other place",
        "day",
        "each its day",
        "not",
        "other crew",
        "more told",
        "unlike",
        "empty",
    ],
)
def test_what_two_reports_differ_in(one: str, other: str, question: str, found: Difference | None) -> None:
    assert difference(one, other, question) == found


def test_the_headline_may_tell_two_reports_apart() -> None:
    one, other = (f"Hail broke {n} panes of the glass houses, the clerk said." for n in (40, 60))
    assert difference(one, other, MANY, ("Report from ward 3", "Report from ward 4")) == Difference("subject", "", "")
    assert difference(one, other, MANY, ("Report from ward 3", "Report from ward 3")) == Difference(
        "number", "40", "60"
    )


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Who flew on flight 417?", {"flight": {"417"}}),
        ("What does tram 4 or tram 5 cost?", {"tram": {"4", "5"}}),
        ("Did the fire kill 12 people?", {}),
        ("What happened in March 2019?", {}),
        ("Who has about 30?", {}),
        ("Who leads the league in week 14?", {}),
    ],
)
def test_what_a_question_tells_apart_by_number(question: str, asked: dict[str, set[str]]) -> None:
    assert subjects(question, of_question=True) == asked


@pytest.mark.parametrize(
    ("sentence", "around", "other"),
    [
        ("Flight 418 was late.", "Flight 418 was late.", True),
        ("Flight 417 was late.", "Flight 417 was late.", False),
        ("It was two hours late.", "Flight 418 was late. It was two hours late.", True),
        ("It was two hours late.", "Flight 418 left. Flight 417 was late. It was two hours late.", False),
        ("A flight was late.", "A flight was late.", False),
    ],
)
def test_a_report_of_another_number_is_known(sentence: str, around: str, other: bool) -> None:
    assert of_another(subjects("Was flight 417 late?"), sentence, around) is other


@given(st.text(max_size=120), st.text(max_size=120), st.text(max_size=60))
def test_no_text_differs_from_itself_and_any_can_be_compared(one: str, other: str, question: str) -> None:
    assert difference(one, one, question) is None
    difference(one, other, question)
