"""Amounts: the same digits at another scale, sign, decimal or currency are another amount."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.amounts import misquoted


@pytest.mark.parametrize(
    ("source", "claim", "lost"),
    [
        ("The mill cost 7 thousand crowns.", "The mill cost 7 million crowns.", ["7 million crowns"]),
        ("The mill cost £7m.", "The mill cost £7bn.", ["£7bn"]),
        ("The mill cost £7 million.", "The mill cost 7 million euros.", ["7 million euros"]),
        ("The mill cost 7 million.", "The mill cost 7.", ["7"]),
        ("Output fell to -4.5 tons.", "Output stood at 4.5 tons.", ["4.5"]),
        ("Output changed by −4.5 tons.", "Output changed by 4.5 tons.", ["4.5"]),
        ("Output changed by 4.5 tons.", "Output changed by minus 4.5 tons.", ["minus 4.5"]),
        ("It grew 2,7 percent.", "It grew 27 percent.", ["27 percent"]),
        ("It grew 5 percent.", "It grew $5.", ["$5"]),
    ],
)
def test_another_amount_of_the_same_digits(source: str, claim: str, lost: list[str]) -> None:
    assert misquoted(claim, source) == lost


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("The mill cost $7 million.", "The mill cost 7 million dollars."),
        ("The mill cost $7m.", "The mill cost $7 million."),
        ("The mill cost seven million crowns.", "The mill cost 7 million crowns."),
        ("The mill cost between 7 and 9 million crowns.", "The mill cost at least 7 million crowns."),
        ("The mill cost 7-9 million crowns.", "The mill cost 7 million crowns."),
        ("The mill cost 1,500 crowns.", "The mill cost 1500 crowns."),
        ("It grew 5 per cent.", "It grew 5%."),
        ("Output changed by -4.5 tons.", "Output dropped 4.5 tons."),
        ("The race of 5m was short.", "The race was 5 m."),
        ("Nine mills and 9 million crowns.", "All 9 mills."),
        ("The mill has 12 wheels.", "The mill has 14 wheels."),
        ("", "The mill cost 7 million."),
        ("Version 1.2.3 is out.", "It is 1.2.3."),
    ],
)
def test_the_same_amount_in_other_words_or_none(source: str, claim: str) -> None:
    assert misquoted(claim, source) == []


@given(st.text(max_size=200))
def test_a_text_never_misquotes_itself(text: str) -> None:
    assert misquoted(text, text) == []


@pytest.mark.parametrize("piece", ["1,", "-", "$", "1.1", "5 to ", "minus "])
def test_a_long_text_of_digits_and_signs_is_read_soon(piece: str) -> None:
    assert misquoted(piece * 5_000, piece * 5_000) == []
