"""Who denies what the other states."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.polarity import denied_in_place, opposite, polarity_against


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


@pytest.mark.parametrize(
    ("source", "claim", "who"),
    [
        (
            "Officials said the mill will still run while it is cleaned.",
            "The mill will not run while it is cleaned.",
            "claim",
        ),
        ("The mill won't run while it is cleaned.", "Officials said the mill will run while it is cleaned.", "source"),
        ("The owner never sold wheat to the bakers.", "The owner sold wheat to the bakers for years.", "source"),
        ("The mill was the first to grind oats by steam.", "No mill had ground oats by steam before.", None),
        ("The owner refused to sell wheat to bakers.", "The owner did not sell wheat to bakers.", None),
        ("The mill will not only run while it is cleaned.", "The mill will run while it is cleaned.", None),
        ("The mill runs.", "The lake is not dry.", None),
    ],
)
def test_who_denies_in_the_same_words(source: str, claim: str, who: str | None) -> None:
    assert denied_in_place(claim, source) == who


@pytest.mark.parametrize(
    ("source", "claim", "two"),
    [
        ("Most of the mills run on wind.", "All of the mills run on wind.", ("all", "most")),
        ("The council rejected the mill's plan.", "The council approved the mill's plan.", ("approved", "rejected")),
        ("The price of flour fell in May.", "The price of flour rose in May.", ("rose", "fell")),
        ("Some of the mills run; all of the lakes are dry.", "All of the mills run.", None),
        ("Flour fell, and the river rose.", "The river rose.", None),
        ("Most mills run on wind.", "Nearly all mills run on wind.", None),
    ],
)
def test_opposites_between_the_same_words(source: str, claim: str, two: tuple[str, str] | None) -> None:
    assert opposite(claim, source) == two


@given(st.text(max_size=150))
def test_no_text_says_the_opposite_of_itself(text: str) -> None:
    assert denied_in_place(text, text) is None
    assert opposite(text, text) is None
