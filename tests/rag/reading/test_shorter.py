"""A claim without one of its parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.shorter import shorter


def test_parts_are_left_out_one_or_several_at_a_time() -> None:
    assert shorter("The mill closed for good because it lost money.") == [
        ("for good", "The mill closed because it lost money."),
        ("because it lost money", "The mill closed for good."),
    ]


@pytest.mark.parametrize("claim", ["", "The mill closed.", "He left, ill."])
def test_a_claim_without_parts_stays_whole(claim: str) -> None:
    assert shorter(claim) == []


@given(st.text(max_size=200))
def test_what_is_left_is_shorter_and_long_enough(claim: str) -> None:
    for part, rest in shorter(claim):
        assert part.strip() and len(rest.split()) >= 4 and len(rest) <= len(claim) + 1


def test_a_long_claim_is_cut_soon() -> None:
    assert len(shorter("and of " * 50_000)) < 1_000
