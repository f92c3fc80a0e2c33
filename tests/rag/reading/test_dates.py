"""A day, a month, a year, an hour or a period that the evidence tells otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.dates import other_time, times


@pytest.mark.parametrize(
    ("source", "claim", "two"),
    [
        ("The mill opened on Monday.", "It opened on Tuesday.", ("Tuesday", "Monday")),
        ("The mill opened in June.", "The mill has been open since July.", ("July", "June")),
        ("The mill opened in 1987.", "The mill was opened in 1988.", ("1988", "1987")),
        ("The mill opens on Oct. 12.", "The mill opens on October 21.", ("October 21", "Oct. 12")),
        ("It is open June 5, 7 and 9.", "It is open June 5, 7 and 11.", ("11", "9")),
        ("It shut at 9 p.m. that day.", "It shut at 9 a.m. that day.", ("9 a.m.", "9 p.m.")),
        ("It was shut for three weeks.", "It was shut for three days.", ("three days", "three weeks")),
        ("It burnt in the morning.", "It burnt down one evening.", ("evening", "morning")),
        ("The mill opens next year.", "The mill opened last year.", ("last year", "next year")),
        ("He sold it before the war.", "He sold it after the war.", ("after the war", "before the war")),
    ],
)
def test_another_time_in_its_place(source: str, claim: str, two: tuple[str, str]) -> None:
    assert other_time(claim, source) == two


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("The mill opened on Monday, June 1.", "It opened on Monday."),
        ("The mill opened in 1987 and burnt two years later.", "The mill burnt in 1989."),
        ("The mill opened in the 1980s, after the flood of 1979.", "It opened in 1985."),
        ("Fairs of 2019 and '21 were dry.", "The fair of 2021 was dry."),
        ("It shuts at 9 p.m. EST.", "It shuts at 6 p.m. in the west."),
        ("The fair runs June 5-9.", "The fair is on June 7."),
        ("It came on June 1; the fair begins the next day.", "The fair begins on June 2."),
        ("It may open in June.", "It may open, they say."),
        ("It was shut for three weeks, and three days more.", "It was shut for three days."),
        ("He slept in the morning and the evening.", "He slept in the evening."),
        ("", "It opened on Tuesday."),
    ],
)
def test_a_time_told_in_other_words_is_no_other(source: str, claim: str) -> None:
    assert other_time(claim, source) is None


def test_a_time_that_the_source_has_elsewhere_is_no_other() -> None:
    assert other_time("It opened on Tuesday.", "It opened on Monday.", times("On Tuesday it rained.")) is None


@given(st.text(max_size=200))
def test_no_time_of_a_text_is_another_than_its_own(text: str) -> None:
    assert other_time(text, text) is None


@pytest.mark.parametrize("piece", ["May 1, ", "1 a.m", "a day ", "1999-", "Jan. "])
def test_a_long_text_of_times_is_read_soon(piece: str) -> None:
    assert other_time(piece * 3_000, piece * 3_000) is None
