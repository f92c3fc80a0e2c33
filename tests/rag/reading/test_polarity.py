"""Who denies what the other states."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.polarity import polarity_against


@pytest.mark.parametrize(
    ("source", "claim", "who"),
    [
        ("The mill will not open in June, the owner said.", "The mill will open in June.", "source"),
        ("The mill won’t open in June.", "The mill will open in June.", "source"),
        ("Nobody drowned in the mill race.", "Somebody drowned in the mill race.", "source"),
        ("No miller drowned in the race.", "A miller drowned in the race.", "source"),
        ("The owner denied selling the mill.", "The owner was selling the mill.", "source"),
        ("The owner refused to sell the mill.", "The owner will sell the mill.", "source"),
        ("The mill will open in June.", "The mill will not open in June.", "claim"),
        ("The mill opens in June. The race is not dry.", "The mill never opens in June.", "claim"),
        ("The mill will not open in June.", "The mill will not open in June.", None),
        ("No one drowned in the mill race.", "Nobody drowned in the mill race.", None),
        ("The mill, which was not damaged, will open in June.", "The mill will open in June.", None),
        ("The mill will not open in May but in June.", "The mill will open in June.", None),
        ("The mill will not open until June.", "The mill will open in June.", None),
        ("Not only the mill will open in June.", "The mill will open in June.", None),
        ("Not the mill, the owner said. The mill will open in June.", "The mill will open in June.", None),
        ("Geese do not fly over hills.", "The mill will open in June.", None),
        ("", "And so on.", None),
    ],
)
def test_who_denies(source: str, claim: str, who: str | None) -> None:
    assert polarity_against(claim, source) == who


@given(st.text(max_size=200))
def test_a_text_never_denies_itself(text: str) -> None:
    assert polarity_against(text, text) is None


@given(st.text(max_size=100), st.text(max_size=100))
def test_any_texts_can_be_compared(claim: str, source: str) -> None:
    assert polarity_against(claim, source) in (None, "claim", "source")
