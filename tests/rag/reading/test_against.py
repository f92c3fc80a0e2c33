"""What stands against a claim is told in plain words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.against import against, values


@pytest.mark.parametrize(
    ("source", "claim", "told"),
    [
        ("The mill employs 24 people.", "The mill employs 42 people.", "42 in the claim, 24 in the source"),
        ("It opened on Monday.", "It opened on Friday.", "Friday in the claim, Monday in the source"),
        ("It moved to Ohio.", "It moved to Iowa.", "Iowa in the claim, Ohio in the source"),
        ("Most of the mills run on wind.", "All of the mills run on wind.", "all in the claim, most in the source"),
        ("The mill will not open to the public.", "The mill will open to the public.", "the source denies it, the claim doesn't"),
        ("The mill will open to the public.", "The mill will not open to the public.", "the claim denies, the source doesn't"),
        ("It is safe, said Mara Quill.", "It is safe, Ada Finch said.", "Ada Finch says it in the claim, Mara Quill in the source"),
        ("In May Arle sued the miller Bray.", "In May Bray sued the miller Arle.",
            "the claim has Bray and Arle in each other's place"),
        ("The mill may close.", "The mill closed.", 'the source says "may", the claim tells it as a fact'),
        ("The mill closed.", "The mill has shut.", None),
    ],
)  # fmt: skip
def test_the_reason_in_plain_words(source: str, claim: str, told: str | None) -> None:
    assert against(claim, source, values(source)) == told


@pytest.mark.parametrize(
    "rest", ["Later 42 came.", "It was Friday.", "Then it moved to Iowa."], ids=["number", "day", "name"]
)
def test_what_the_rest_of_the_source_has_is_not_told_otherwise(rest: str) -> None:
    claim, evidence = "On Friday 42 people of Iowa moved in.", "On Monday 24 people of Ohio moved in."
    assert against(claim, evidence, values(f"{evidence} Later 42 came, on Friday, to Iowa. {rest}")) is None


@given(st.text(max_size=150))
def test_nothing_stands_against_what_is_said_word_for_word(text: str) -> None:
    assert against(text, text, values(text)) is None


@pytest.mark.parametrize("piece", ["Aa ", "A.", "said A ", "not ", "1, ", "May 1 ", "all ", "a" * 50])
def test_hostile_texts_are_checked_soon(piece: str) -> None:
    text = piece * 20_000
    assert against(text, text, values(text)) is None
