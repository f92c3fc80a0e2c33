"""The two events that a question holds against each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.question.plan import MAX_QUESTION
from rag.question.sides import sides


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Did the mayor resign before the audit was published?", ["the mayor resign", "the audit was published?"]),
        ("Were fewer ferries late in May than trains in June?", ["fewer ferries late in May", "trains in June?"]),
        (
            "How does what Mayor Finch said compare with what the auditor found?",
            ["How does what Mayor Finch said", "what the auditor found?"],
        ),
        (
            "How did the spring flood differ from the flood of 1953?",
            ["How did the spring flood", "the flood of 1953?"],
        ),
        ("Compare the rent strike with the dock strike.", ["the rent strike", "the dock strike."]),
        ("What came first, the flood warning or the council vote?", ["the flood warning", "the council vote?"]),
        (
            "After the bridge was closed, did the ferry carry more people?",
            ["the bridge was closed", "did the ferry carry more people?"],
        ),
        (
            "Which party lost seats through both the long strike and the late budget?",
            ["the long strike", "the late budget?"],
        ),
        ("\n did the mayor resign\nbefore the audit ended", ["the mayor resign", "the audit ended"]),
    ],
)
def test_two_sides(question: str, expected: list[str]) -> None:
    assert [question[start:end].strip() for start, end in sides(question)] == expected


@pytest.mark.parametrize(
    "question",
    [
        "",
        "Why did the mayor resign?",
        "Who runs the ferry while the bridge is shut?",
        "What happened in a collision between a tram and a lorry?",
        "How did traffic compare with 2023?",
        "Did it open before Easter?",
        "Who was mayor before the flood?",
        "Which is larger, this or that?",
        "before or after, both and neither",
    ],
)
def test_no_sides(question: str) -> None:
    assert sides(question) == ()


@given(
    st.lists(
        st.sampled_from(["did", "before", "the flood", "both", "and", "or", ",", "compare", "with", "\n", "first"])
    )
)
def test_the_sides_of_any_question_stand_apart_in_order(parts: list[str]) -> None:
    question = " ".join(parts)
    for (_, end), (start, last) in [found] if (found := sides(question)) else []:
        assert end <= start < last <= len(question)


@pytest.mark.parametrize("part", ["did ", "both ", "did before ", "compare ", "first, ", "after , ", "\n"], ids=ascii)
def test_a_question_of_the_full_length(part: str) -> None:
    question = part * (MAX_QUESTION // len(part))
    found = sides(question)
    assert all(0 <= start < end <= len(question) for start, end in found)
