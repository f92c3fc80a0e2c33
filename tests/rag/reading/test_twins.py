"""The twins of a claim: alike but for a denial, its certainty or its share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.twins import twins


@pytest.mark.parametrize(
    ("claim", "made"),
    [
        ("The mill will open.", [("denial", "The mill will not open."), ("certainty", "The mill may open.")]),
        ("The mill may not open.", [("denial", "The mill may open."), ("certainty", "The mill will not open.")]),
        ("The mill didn't open.", [("denial", "The mill did open.")]),
        (
            "The mill is no longer open.",
            [("denial", "The mill is open."), ("certainty", "The mill may be no longer open.")],
        ),
        ("All mills run.", [("share", "some mills run."), ("share", "most mills run.")]),
        ("Mills run.", []),
        ("", []),
        ("The mill is old. " * 30, []),
    ],
    ids=["will", "may not", "n't", "no longer", "all", "nothing to turn", "empty", "too long"],
)
def test_the_twins_of_a_claim(claim: str, made: list[tuple[str, str]]) -> None:
    assert twins(claim) == made


@given(st.text(max_size=300))
def test_any_claim_has_few_twins_and_none_is_the_claim(claim: str) -> None:
    made = twins(claim)
    assert len(made) <= 4
    assert all(text != claim for _, text in made)
