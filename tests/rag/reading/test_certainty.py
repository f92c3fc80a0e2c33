"""What the evidence says may be, and the claim says is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.certainty import overstated


@pytest.mark.parametrize(
    ("source", "claim", "word"),
    [
        ("The mill may close in June.", "The mill closed in June.", "may"),
        ("A spark could have started the fire.", "A spark started the fire.", "could"),
        ("The owner plans to sell the mill.", "The owner sold the mill.", None),
        ("The owner plans to demolish the mill.", "The owner has demolished the mill.", "plans to"),
        ("The mill may close in June.", "The mill might close in June.", None),
        ("The mill may close in June.", "The mill is expected to close in June.", None),
        ("The mill may close. It will close in June.", "The mill will close in June.", None),
        ("The owner plans to demolish the mill.", "The owner plans to demolish the mill.", None),
        ("The mill closed in June.", "The mill may have closed in June.", None),
        ("The owner could not be reached.", "The owner wasn't reached.", None),
    ],
)
def test_what_is_told_as_surer_than_it_is(source: str, claim: str, word: str | None) -> None:
    assert overstated(claim, source) == word


@given(st.text(max_size=150))
def test_no_text_overstates_itself(text: str) -> None:
    assert overstated(text, text) is None
