"""Values of a claim that a whole source lacks: rules that are sure, and silent where they are not."""

import pytest

from rag.reading.lacking import lacking, missing_numbers, undated

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


BOARD = "The board refused the plan. It met the members in Hexley."


@pytest.mark.parametrize(
    ("claim", "texts", "near", "told"),
    [
        ("The board refused it until October 2023.", [BOARD], BOARD, "until October 2023"),
        ("The board has refused since 2021.", [BOARD], BOARD, "since 2021"),
        ("The board refused it until October 2023.", [BOARD, "It met in October."], BOARD, None),
        ("The board refused it until October 2023.", [BOARD], "It refused until last week.", None),
        ("The board refused it in October 2023.", [BOARD], BOARD, None),  # the day of its article may be meant
        ("The board refused it by Friday.", [BOARD], BOARD, None),
        ("The plan fell by 2000 votes.", ["It fell by 2,000 votes."], BOARD, None),
    ],
)
def test_a_bound_in_time_that_no_text_names(claim: str, texts: list[str], near: str, told: str | None) -> None:
    assert undated(claim, texts, near) == (told and f"the passage does not tell of “{told}”")
