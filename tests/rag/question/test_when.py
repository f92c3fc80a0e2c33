"""The periods a question names."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.question.when import day_in_words, period_in_words, periods, side, window
from rag.types import Period, Relation

ASKED = date(2024, 3, 10)


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("What happened on October 7, 2023?", "2023-10-07", "2023-10-07"),
        ("What happened on Oct. 7 2023?", "2023-10-07", "2023-10-07"),
        ("What happened on 7 October 2023?", "2023-10-07", "2023-10-07"),
        ("What happened on the 7th of October 2023?", "2023-10-07", "2023-10-07"),
        ("What happened on 2023-10-07?", "2023-10-07", "2023-10-07"),
        ("What happened in October 7, 2023?", "2023-10-07", "2023-10-07"),
        ("Who won on June 5?", "2023-06-05", "2023-06-05"),
        ("Who won on March 1?", "2024-03-01", "2024-03-01"),
        ("Who plays on April 2?", "2024-04-02", "2024-04-02"),
        ("What fell on Feb 29?", "2024-02-29", "2024-02-29"),
        ("What was said in October 2023?", "2023-10-01", "2023-10-31"),
        ("What was said in early October 2023?", "2023-10-01", "2023-10-10"),
        ("What was said in late February 2024?", "2024-02-21", "2024-02-29"),
        ("What was said in October?", "2023-10-01", "2023-10-31"),
        ("What was said in March?", "2024-03-01", "2024-03-31"),
        ("What did May say in May?", "2023-05-01", "2023-05-31"),
        ("What was said in 2023?", "2023-01-01", "2023-12-31"),
        ("What was said in early 2024?", "2024-01-01", "2024-04-30"),
        ("What was said by mid-2024?", "2024-05-01", "2024-08-31"),
        ("What was said in late 2023?", "2023-09-01", "2023-12-31"),
        ("What was said between May 3 and July 9, 2023?", "2023-05-03", "2023-07-09"),
        ("What was said from 2019-01-02 to 2019-02-03?", "2019-01-02", "2019-02-03"),
        ("Where was it signed on July 4, 1776?", "1776-07-04", "1776-07-04"),
        ("Who marched in May 1848?", "1848-05-01", "1848-05-31"),
        ("Who won last weekend?", "2024-03-02", "2024-03-03"),
        ("Who won the past weekend?", "2024-03-02", "2024-03-03"),
        ("Who plays this weekend?", "2024-03-09", "2024-03-10"),
        ("What was said yesterday?", "2024-03-09", "2024-03-09"),
        ("What was said today?", "2024-03-10", "2024-03-10"),
        ("What was said this week?", "2024-03-03", "2024-03-10"),
        ("What was said last week?", "2024-02-25", "2024-03-09"),
        ("What was said last month?", "2024-02-01", "2024-02-29"),
        ("What was said last year?", "2023-01-01", "2023-12-31"),
        ("What was said this year?", "2024-01-01", "2024-03-10"),
        ("What was said two weeks ago?", "2024-02-22", "2024-02-28"),
    ],
)
def test_a_period(question: str, first: str, last: str) -> None:
    ((at, period),) = periods(question, ASKED)
    assert period == Period(date.fromisoformat(first), date.fromisoformat(last))
    assert 0 < at < len(question)


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("Who won on June 5?", "2021-06-05", "2021-06-05"),
        ("Who plays on August 2?", "2021-08-02", "2021-08-02"),
        ("What was said in October?", "2020-10-01", "2020-10-31"),
        ("Who won on June 5, 2023?", "2023-06-05", "2023-06-05"),
        ("What was said yesterday?", "2024-03-09", "2024-03-09"),
    ],
)
def test_a_date_without_a_year_counts_from_the_end_of_an_archive_that_has_ended(
    question: str, first: str, last: str
) -> None:
    ((_, period),) = periods(question, ASKED, newest=date(2021, 7, 9))
    assert period == Period(date.fromisoformat(first), date.fromisoformat(last))
    for lively in (date(2030, 1, 1), date(2024, 2, 1)):
        assert periods(question, ASKED, newest=lively) == periods(question, ASKED)


@pytest.mark.parametrize(
    ("question", "relation", "named", "preferred"),
    [
        ("since 2020", "since", "2020-01-01 2020-12-31", "2020-01-01 2024-03-10"),
        ("since 1 March", "since", "2024-03-01 2024-03-01", "2024-03-01 2024-03-10"),
        ("before October 7, 2023", "before", "2023-10-07 2023-10-07", "2023-09-30 2023-10-07"),
        ("before January 2024", "before", "2024-01-01 2024-01-31", "2023-12-25 2024-01-01"),
        ("until 2022", "until", "2022-01-01 2022-12-31", "2021-12-25 2022-01-01"),
        ("after October 7, 2023", "after", "2023-10-07 2023-10-07", "2023-10-07 2023-10-14"),
        ("in 2022", "in", "2022-01-01 2022-12-31", "2022-01-01 2022-12-31"),
    ],
)
def test_a_period_is_kept_as_asked_apart_from_what_search_prefers(
    question: str, relation: Relation, named: str, preferred: str
) -> None:
    ((_, period),) = periods(f"What was said {question}?", ASKED)
    assert period == Period(*map(date.fromisoformat, named.split()), relation)
    assert window(period, ASKED) == Period(*map(date.fromisoformat, preferred.split()))


@pytest.mark.parametrize(
    ("relation", "sides"),
    [
        ("in", ["older", None, None, "newer"]),
        ("before", [None, "newer", "newer", "newer"]),
        ("until", [None, None, None, "newer"]),
        ("after", ["older", "older", "older", None]),
        ("since", ["older", None, None, None]),
    ],
)
def test_the_side_that_a_day_is_on(relation: Relation, sides: list[str | None]) -> None:
    period = Period(date(2023, 5, 2), date(2023, 5, 4), relation)
    days = [date(2023, 5, day) for day in (1, 2, 4, 5)]
    assert [side(period, day) for day in days] == sides


@pytest.mark.parametrize(
    "question",
    [
        "What happened on February 30, 2023?",
        "Is 2023-13-45 a day?",
        "May he march?",
        "Who watched Monday Night Football?",
        "What of the 1990s?",
        "Did 2023 voters come?",
        "Was it 999 weeks ago, or 999 years ago, in the year 31?",
        "",
    ],
)
def test_no_period(question: str) -> None:
    assert all(period.last.year < 2020 for _, period in periods(question, ASKED))


def test_two_days_are_two_periods() -> None:
    found = periods("Did the report of May 2, 2023 and that of 9 June 2023 agree?", ASKED)
    assert [period.first for _, period in found] == [date(2023, 5, 2), date(2023, 6, 9)]


@given(
    st.text(max_size=120) | st.from_regex(r"(between |since |in )?(early )?(May|Feb) \d{1,2},? \d{4}( and 2024-02-30)?")
)
def test_whatever_is_asked_a_period_begins_before_it_ends(question: str) -> None:
    for at, period in periods(question, ASKED):
        assert period.first <= period.last
        assert 0 <= at < len(question)


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.dates(date(1, 1, 1), date(9999, 12, 31)))
def test_a_full_date_means_itself_whenever_it_is_asked(day: date, asked: date) -> None:
    for question in (
        f"on {day:%B} {day.day}, {day.year}",
        f"on {day.day} {day:%b} {day.year}",
        f"on {day.isoformat()}",
    ):
        assert [period for _, period in periods(question, asked)] == [Period(day, day)]


@given(st.dates(date(1, 1, 1), date(9999, 12, 31)))
def test_any_day_of_asking(asked: date) -> None:
    for _, period in periods("last week, this year, May 2, in June, since July, 999 years ago, before March 3", asked):
        assert period.first <= period.last
        assert window(period, asked).first <= window(period, asked).last


def test_days_are_written_out() -> None:
    assert day_in_words(datetime(2023, 11, 8, tzinfo=UTC)) == "8 November 2023"
    assert day_in_words(None) == ""


def test_periods_are_written_out() -> None:
    assert period_in_words(Period(date(2023, 5, 2), date(2023, 5, 2))) == "2 May 2023"
    assert period_in_words(Period(date(2023, 5, 2), date(2023, 6, 9))) == "2 May 2023 to 9 June 2023"
    assert period_in_words(Period(date(2023, 5, 1), date(2023, 5, 31), "before")) == "the time before May 2023"
    assert period_in_words(Period(date(2019, 1, 1), date(2019, 12, 31))) == "2019"
    assert period_in_words(Period(date(2019, 1, 1), date(2019, 4, 30), "since")) == "the time since 1 January 2019"
