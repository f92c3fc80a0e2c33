"""Question → the periods it names: "on October 7, 2023", "last week", "in early 2024", "between May and July 2023".

A period is a first and a last day, and how what is asked for stands to them ("before January 2026"); `window` makes of it
the days that search prefers. What is relative counts from the day of asking; so does a date without a year, or from the day on
which an archive ended. A date that doesn't exist ("February 30") is no period. A question names no clock times that matter to an
archive, so there are none.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Literal

from rag.question.weights import QuestionWeights
from rag.text.split import sentences
from rag.types import Period, Relation

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_MONTH = rf"{MONTH}\.?"
_YEAR = r"(?:19|20)\d\d"
_YEAR_OF_DATE = r"(?:1[6-9]|20)\d\d"  # behind a month it is a year, and no number of something
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_NAMED = re.compile(
    rf"\b(?P<iso>{_YEAR}-\d\d-\d\d)\b"
    rf"|\b(?P<month1>{_MONTH}) (?P<day1>{_DAY})\b(?:,? (?P<year1>{_YEAR_OF_DATE})\b)?"
    rf"|\b(?P<day2>{_DAY}) (?:of )?(?P<month2>{_MONTH})(?:,? (?P<year2>{_YEAR_OF_DATE})\b|\b)"
    rf"|\b(?:(?P<third1>early|mid|late)[- ])?(?P<month3>{_MONTH}) (?:of )?(?P<year3>{_YEAR_OF_DATE})\b"
    rf"|\b(?:(?P<third2>early|mid|late)[- ](?:in )?|in |during |of |since |until |before |after |throughout )(?P<year4>{_YEAR})\b"
    rf"|\b(?:in|during|since|until|before|after) (?:(?P<third3>early|mid|late)[- ])?(?P<month5>{_MONTH})(?= (?!\d)|[?,;]|\.?$)",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"\b(?:(?P<word>today|yesterday)|(?P<which>this|last|past|previous) (?P<unit>week(?:end)?|month|year)|"
    r"(?P<n>\d{1,3}|a|one|two|three|four|five|six) (?P<units>day|week|month|year)s? ago)\b",
    re.IGNORECASE,
)
# A weekday that means one day: "on Sunday", "Sunday's vote"; neither "every Sunday" nor "Black Friday", "Sunday in the Park".
_WEEKDAY = re.compile(
    r"(?:\b(?:[Oo]n|[Ll]ast|[Tt]his|[Pp]ast) (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b(?! (?:[A-Z]|(?:after|before|of)\b))|"
    r"(?<!every )(?<!each )(?<!any )(?<!next )\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day['’]s )"
)
_ENDED = 90  # days without an article after which an archive has ended
_NUMBER = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_WEEK = 7
_DAYS = {"day": 1, "week": 7, "weekend": 2, "month": 30, "year": 365}
_LEADS = re.compile(r"\b(before|until|after|since)(?: the)?(?: end of| start of)? ?$", re.IGNORECASE)
_JOINS = re.compile(r"^ ?(?:and|to|until|through|[-–]) (?:the )?$", re.IGNORECASE)
_RELATION: dict[str, Relation] = {"before": "before", "until": "until", "after": "after", "since": "since"}


def periods(question: str, asked: date, newest: date | None = None) -> list[tuple[int, Period]]:
    """Return the periods that `question` names, each with the character at which it begins, in order.

    newest: the day of the archive's newest article. "On October 7" of an archive that ended in 2023 is a day of 2023.
    """
    latest = newest if newest and (asked - newest).days > _ENDED else asked
    found = sorted([*_named(question, latest), *_relative(question, asked)], key=lambda each: each[0])
    out: list[tuple[int, Period]] = []
    end = -1
    for start, stop, period in found:
        if start < end:  # "in October 7, 2023" is read once
            continue
        joined = end >= 0 and _JOINS.match(question[end:start])
        opens = joined and re.search(r"\b(?:between|from) (?:the )?$", question[: out[-1][0]], re.IGNORECASE)
        if opens and (since := _not_after(out[-1][1].first, period.last)):
            out[-1] = (out[-1][0], Period(since, period.last))
        else:
            out.append((start, replace(period, relation=_relation(question[:start]))))
        end = stop
    return out


def places(question: str, asked: date) -> list[tuple[int, int]]:
    """Return where in `question` the words stand that name its periods, each a half-open span, in order."""
    found = sorted((start, end) for start, end, _ in (*_named(question, asked), *_relative(question, asked)))
    return [span for at, span in enumerate(found) if at == 0 or span[0] >= found[at - 1][1]]


def _not_after(first: date, last: date) -> date | None:
    """Return `first`, in the year of `last` if it must be ("between May 3 and July 9, 2023"), None where that fails."""
    if first > last and (first.month, first.day) != (2, 29):
        first = first.replace(year=last.year)
    return first if first <= last else None


def _named(question: str, latest: date) -> Iterator[tuple[int, int, Period]]:
    for match in _NAMED.finditer(question):
        # A group's name ends in the number of its alternative; only one alternative has matched.
        part = {name.rstrip("12345"): value for name, value in match.groupdict().items() if value}
        start = match.start() if "iso" in part or "day" in part else _first_of(match)
        month = _MONTHS.index(part["month"][:3].lower()) + 1 if "month" in part else None
        try:
            if "iso" in part:
                period = _one_day(date.fromisoformat(part["iso"]))
            elif month and "day" in part:
                period = _one_day(_day(int(re.sub(r"\D", "", part["day"])), month, part.get("year"), latest))
            else:
                period = _span(part.get("third"), month, part.get("year"), latest)
        except ValueError:  # a day that doesn't exist
            continue
        yield start, match.end(), period


def _one_day(day: date) -> Period:
    return Period(day, day)


def _first_of(match: re.Match[str]) -> int:
    """Return where the time itself begins, behind the "in" or "since" before it."""
    return min(match.start(name) for name, value in match.groupdict().items() if value)


def _day(day: int, month: int, year: str | None, latest: date) -> date:
    """Return the day; without a year, the last one that is not more than a month ahead of `latest`."""
    if year:
        return date(int(year), month, day)
    for candidate in (latest.year + 1, latest.year, latest.year - 1):
        if month == 2 and day == 29 and monthrange(candidate, 2)[1] < 29:
            continue
        if (found := date(candidate, month, day)) <= latest + timedelta(days=31):
            return found
    raise ValueError


def _span(third: str | None, month: int | None, year: str | None, latest: date) -> Period:
    """Return a year, a month, or the early, middle or late third of one."""
    if month is None:  # then the pattern has a year
        year = year or str(latest.year)
        first, last = {"early": (1, 4), "mid": (5, 8), "late": (9, 12)}.get((third or "").lower(), (1, 12))
        return Period(date(int(year), first, 1), date(int(year), last, monthrange(int(year), last)[1]))
    known = int(year) if year else latest.year if month <= latest.month else latest.year - 1
    length = monthrange(known, month)[1]
    first, last = {"early": (1, 10), "mid": (11, 20), "late": (21, length)}.get((third or "").lower(), (1, length))
    return Period(date(known, month, first), date(known, month, last))


def _relative(question: str, asked: date) -> Iterator[tuple[int, int, Period]]:
    for match in _RELATIVE.finditer(question):
        word, which = (match["word"] or "").lower(), (match["which"] or "").lower()
        try:
            if word:
                period = _one_day(asked - timedelta(days=word == "yesterday"))
            elif which:
                unit = match["unit"].lower()
                length = _DAYS[unit]
                last = asked if which in ("this", "past") else asked - timedelta(days=1)
                back = length if which in ("this", "past") else 2 * length
                period = _calendar(which, unit, asked) or Period(asked - timedelta(days=back), last)
            else:
                count = match["n"].lower()
                length = _DAYS[match["units"].lower()]
                day = asked - timedelta(days=(_NUMBER.get(count) or int(count)) * length)
                period = Period(day - timedelta(days=length // 2), day + timedelta(days=length // 2))
        except OverflowError:  # "999 years ago"
            continue
        yield match.start(), match.end(), period


def _calendar(which: str, unit: str, asked: date) -> Period | None:
    """Return the year, month or weekend before the one of asking, or that one so far; None for what the calendar doesn't bound."""
    if unit == "weekend":
        sunday = asked + timedelta(days=6 - asked.weekday() - 7 * (which != "this"))
        return Period(sunday - timedelta(days=1), sunday)
    if unit == "week" or which == "past":
        return None
    this = asked.replace(day=1) if unit == "month" else asked.replace(month=1, day=1)
    if which == "this":
        return Period(this, asked)
    last = this - timedelta(days=1)
    return Period(last.replace(day=1) if unit == "month" else last.replace(month=1, day=1), last)


def _relation(before: str) -> Relation:
    """Return how a period is asked about, by the words before it."""
    lead = _LEADS.search(before)
    return _RELATION[lead[1].lower()] if lead else "in"


def window(period: Period, asked: date, by: QuestionWeights = QuestionWeights()) -> Period:
    """Return the days that search prefers for a period, which may be fewer than those that are asked about."""
    beside = timedelta(days=by.beside)
    try:
        match period.relation:
            case "before" | "until":
                return Period(period.first - beside, period.first)
            case "after":
                return Period(period.last, period.last + beside)
            case "since":
                return Period(period.first, max(asked, period.last))
    except OverflowError:  # at either end of the calendar
        pass
    return Period(period.first, period.last)


def asked_about(question: str, asked: date, newest: date | None = None) -> tuple[Period, ...]:
    """Return the periods in which what the question asks for must lie: those of its last sentence that have begun.

    What happens before a day, or until it, may have been told long ago; so may what is still to come. "On Sunday" is some day
    about the one of asking, where the archive reaches that; of an older one nobody knows which Sunday is meant.
    """
    *_, (start, end) = sentences(question) or [(0, len(question))]
    named = [period for _, period in periods(question[start:end], asked, newest)]
    if not named and _WEEKDAY.search(question[start:end]) and (not newest or (asked - newest).days <= _WEEK):
        first, last = (max(1, min(asked.toordinal() + days, date.max.toordinal())) for days in (-_WEEK, _WEEK))
        named.append(Period(date.fromordinal(first), date.fromordinal(last)))
    return tuple(each for each in named if each.relation in ("in", "since", "after") and each.first <= asked)


def earliest(wanted: Sequence[Period]) -> date:
    """Return the first day of an article that can report on one of the periods `wanted`, which are at least one.

    Half a period's length is let pass: "this week" is no exact word.
    """
    return min(each.first - min((each.last - each.first) / 2, each.first - date.min) for each in wanted)


def side(period: Period, day: date) -> Literal["older", "newer"] | None:
    """Return on which side of what is asked about `day` is; None within it."""
    if period.relation == "in":
        return "older" if day < period.first else "newer" if day > period.last else None
    out = {
        "before": day >= period.first,
        "until": day > period.last,
        "after": day <= period.last,
        "since": day < period.first,
    }[period.relation]
    if not out:
        return None
    return "newer" if period.relation in ("before", "until") else "older"


def day_in_words(day: date | None) -> str:
    """Return "3 May 2024", "" where there is none."""
    return f"{day.day} {day:%B %Y}" if day else ""


def period_in_words(period: Period) -> str:
    """Return "3 May 2024", "the time before May 2024", "2019" or "3 May 2024 to 9 May 2024"."""
    first, last = period.first, period.last
    whole_months = first.day == 1 and last.day == monthrange(last.year, last.month)[1]
    if whole_months and (first.year, first.month) == (last.year, last.month):
        told = f"{first:%B} {first.year}"
    elif whole_months and (first.month, last.month) == (1, 12) and first.year == last.year:
        told = f"{first.year}"
    elif period.relation == "in":
        told = " to ".join(dict.fromkeys(day_in_words(day) for day in (first, last)))
    else:
        told = day_in_words(first if period.relation in ("before", "since") else last)
    return told if period.relation == "in" else f"the time {period.relation} {told}"
