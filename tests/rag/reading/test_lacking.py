"""Values of a claim that a whole source lacks: rules that are sure, and silent where they are not."""

import pytest

from rag.reading.lacking import lacking, missing_numbers

SOURCE = (
    "The mill on Pike Street opened in 1931. It closes on 8 May after three months of talks; talks began in week 4 of the year, "
    "Week 4 as the crew calls it. Thousands of people signed, between May 2 and 5, and 1,540 marched."
)


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("The mill opened in 1932.", "1932"),
        ("It closes on 9 May.", "9 May"),
        ("It closes on 8 June.", "8 June"),
        ("It closes on May 9th, they say.", "May 9th"),
        ("Talks took two months.", "two month"),
        ("Millions of people signed.", "Millions of people"),
        ("Talks began in Week 3.", "Week 3"),
    ],
)
def test_a_value_that_is_told_otherwise_is_named(claim: str, value: str) -> None:
    assert lacking(claim, SOURCE) == value


@pytest.mark.parametrize(
    "claim",
    [
        "The mill opened in 1931 and closes on May 8.",
        "Talks took three months, a month more than feared.",
        "Thousands of people signed on May 3.",
        "Thousands of bricks fell.",
        "Talks began in Week 4.",
        "It took 40 years.",
        "It may close.",
        "",
    ],
)
def test_what_it_has_or_does_not_speak_of_is_no_fault(claim: str) -> None:
    assert lacking(claim, SOURCE) is None


def test_numbers_of_two_digits_are_missed() -> None:
    assert missing_numbers("It had 7 doors, 88 windows and 1,540 bricks.", SOURCE) == ["88"]
