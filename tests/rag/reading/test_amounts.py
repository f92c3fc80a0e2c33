"""Amounts: the same digits at another scale, sign, decimal or currency are another amount."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.amounts import in_words, mended, misquoted, other_number


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
        ("The inn is a £90 B&B.", "A night at the inn costs £90."),
        ("A night at the inn costs £90.", "The inn is a £90 B&B."),
        ("A shirt costs $20.", "It is a $20 T-shirt."),
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


# -- another number in its place ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "claim", "two"),
    [
        ("The mill employs 24 people.", "The mill employs 42 people.", ("42", "24")),
        ("The mill employs twenty-four people.", "It has forty-two people.", ("forty-two", "twenty-four")),
        ("Wages rose 14% at the mill.", "Wages rose 41 percent at the mill.", ("41 percent", "14%")),
        ("The mill cost $3.2 million.", "The mill was bought for $2.3 million.", ("$2.3 million", "$3.2 million")),
        ("Four millers went on to found mills.", "Six millers later founded mills.", ("Six", "Four")),
        ("It is his seventh mill.", "It is his ninth mill.", ("ninth", "seventh")),
        ("Thousands of geese fly over it.", "Millions of geese fly over it.", ("millions", "thousands")),
    ],
)
def test_another_number_in_its_place(source: str, claim: str, two: tuple[str, str]) -> None:
    assert other_number(claim, source) == two


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("The mill employs 43 people.", "More than 40 people work at the mill."),
        ("The mill employs 1,204 people.", "About 1,200 people work there."),
        ("The mill employs 23 people.", "The mill employs nearly two dozen people."),
        ("It shut 500 shops and 200 stores.", "It shut 700 shops."),
        ("Arle got 61 votes, Bray 50.", "Arle got 11 votes more."),
        ("Of 8 mills, 6 burnt.", "Three in four mills burnt."),
        ("It ran two years.", "It ran for 24 months."),
        ("Arle, Bray and Corr came.", "Three people came."),
        ("The mill opened at 9:30 in 1987.", "The mill opened at 9 a.m. in the 1980s."),
        ("Only half of the mills run.", "Of the mills, 50 percent run."),
        ("The mill has wheels.", "The mill has 14 wheels."),
        ("", "The mill cost 7 million."),
    ],
)
def test_a_number_that_may_be_told_in_other_words_is_no_other(source: str, claim: str) -> None:
    assert other_number(claim, source) is None


def test_a_number_that_the_source_has_elsewhere_is_no_other() -> None:
    assert other_number("It has 42 wheels.", "It has 24 wheels.", {42.0}) is None


def test_a_torn_number_is_whole_again() -> None:
    assert mended("98. 7 per cent of 800, 000, in May") == "98.7 per cent of 800,000, in May"


@given(st.text(max_size=200))
def test_no_number_of_a_text_is_another_than_its_own(text: str) -> None:
    assert other_number(text, text) is None


@given(st.text(max_size=100), st.text(max_size=100))
def test_the_numbers_of_any_texts_can_be_compared(claim: str, source: str) -> None:
    assert other_number(claim, source) is None or len(other_number(claim, source) or ()) == 2


@pytest.mark.parametrize("piece", ["1,", "9", "$", "1.1", "a ", "ten ", "half a ", "1,111"])
def test_a_long_text_of_numbers_is_read_soon(piece: str) -> None:
    assert other_number(piece * 5_000, piece * 5_000) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("The fund holds $5B, £3.2m and €40 bn.", "The fund holds $5 billion, £3.2 million and €40 billion."),
        ("A $1.5K fee, 5m long, $5 more, the £2 blue one", "A $1.5 thousand fee, 5m long, $5 more, the £2 blue one"),
        ("A $20 T-shirt, a £90 B&B", "A $20 T-shirt, a £90 B&B"),
        ("A $5m-a-year deal of $4 M.", "A $5 million-a-year deal of $4 million."),
        ("", ""),
    ],
)
def test_the_scale_of_a_sum_in_words(text: str, told: str) -> None:
    assert in_words(text) == told
