"""Whether an article can tell of the time that a question asks about."""

from datetime import date

import pytest

from rag.answering.times import too_old
from rag.question.when import asked_about, earliest
from rag.types import Period

ASKED = date(2025, 6, 12)
ABOUT_NOW = (date(2025, 6, 5), date(2025, 6, 19))


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("Which harbour was closed this week?", [(date(2025, 6, 5), ASKED)]),
        ("Which harbour was closed since May 2024?", [(date(2024, 5, 1), date(2024, 5, 31))]),
        ("The harbour was closed this week. Who built it?", []),
        ("Which harbour was closed before May 2024?", []),
        ("Which harbour will close in 2026?", []),
        ("Which harbour was closed?", []),
        ("Who won Sunday's vote in Hexley?", [ABOUT_NOW]),
        ("Which harbour was closed on Monday?", [ABOUT_NOW]),
        ("On Tuesday which harbour was closed?", [ABOUT_NOW]),
        ("Which harbour closes every Monday?", []),
        ("Who won the Sunday regatta?", []),
        ("What did Sunday Harbour News report?", []),
        ("What did the mayor say on Monday afternoon?", [ABOUT_NOW]),
        ("Who plays on any given Sunday?", []),
        ("Who stars in Wednesday?", []),
        ("Who speaks next Monday?", []),
        ("Which shop was closed on post-Black Friday?", []),
        ("Who was rescued the Monday after the storm?", []),
        ("Which harbour was closed on Monday in May 2024?", [(date(2024, 5, 1), date(2024, 5, 31))]),
        ("", []),
    ],
)
def test_the_time_in_which_the_answer_must_lie(question: str, wanted: list[tuple[date, date]]) -> None:
    assert [(each.first, each.last) for each in asked_about(question, ASKED)] == wanted


def test_a_weekday_of_an_archive_that_has_ended_is_any_such_day() -> None:
    assert asked_about("Which harbour was closed on Monday?", ASKED, newest=date(2025, 5, 30)) == ()


@pytest.mark.parametrize("asked", [date.min, date.max])
def test_a_weekday_at_either_end_of_the_calendar_is_no_error(asked: date) -> None:
    for each in asked_about("Who won on Sunday?", asked):
        assert each.first <= asked <= each.last


@pytest.mark.parametrize(
    ("day", "text", "old"),
    [
        (date(2024, 6, 11), "The harbour of Hexley was closed.", True),
        (date(2025, 6, 1), "The harbour of Hexley was closed.", True),
        (date(2025, 6, 3), "The harbour of Hexley was closed.", False),  # "this week" is no exact word
        (date(2025, 6, 30), "The harbour of Hexley was closed.", False),
        (date(2024, 6, 11), "The harbour of Hexley closes on 10 June 2025.", False),
        (date(2024, 6, 11), "The harbour of Hexley closes on 10 August 2025.", True),
        (None, "The harbour of Hexley was closed.", False),
    ],
)
def test_nobody_reports_what_has_not_happened(day: date | None, text: str, old: bool) -> None:
    assert too_old(asked_about("Which harbour was closed this week?", ASKED), day, text) is old
    assert not too_old((), day, text)


def test_a_period_at_the_beginning_of_the_calendar_is_no_error() -> None:
    assert earliest([Period(date.min, date(1, 12, 31))]) == date.min
