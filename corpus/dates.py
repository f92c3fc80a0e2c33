"""The dates that newsrooms write → aware UTC datetimes, exact or None: nothing is ever filled in from today.

A date without a zone is UTC, one without a time is midnight, 03/04/2024 is 4 March, as in the United States, and
03.04.2024 is 3 April, as wherever dots are written. A month without a day ("January 2024") is None: a filter by day would
take the invented first for a fact. So is 24-01-31, which may begin with its year or its day.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from dateutil.parser import parser

_LONGEST = 128  # characters; no date is longer
_FIRST_YEAR = 1600  # before the first newspaper; "0001-01-01" is how some programs write "no date"
_LAST_YEAR = 2096  # as for epoch numbers; "9999-12-31" is "no date" too
_EPOCH_ITSELF = datetime(1970, 1, 1, tzinfo=UTC)  # a zero that a program took for a date
_SECONDS = range(10**8, 4 * 10**9)  # epoch seconds, 1973 to 2096
_MILLISECONDS = range(10**12, 4 * 10**12)  # epoch milliseconds, 2001 to 2096
_EPOCH = re.compile(r"\d{9,10}(\.\d+)?|\d{13}")

# What newsrooms and browsers put around a date, and what is left of it for dateutil to read.
_TIDY = (
    (re.compile(r"^(last )?(published|posted|updated)( on| at)?\s*:?\s+", re.IGNORECASE), ""),
    (re.compile(r"\b(UTC|GMT)\s*(?=[+-]\d)"), ""),  # dateutil takes "GMT+3" the other way round
    (re.compile(r"(?<=[+-]\d{4})\s*\([^()]*\)$"), ""),  # "-0500 (Eastern Standard Time)"
    (re.compile(r"\b(Coordinated Universal|Greenwich Mean) Time\b"), "UTC"),
    (re.compile(r"\b([ECMP])(?:astern|entral|ountain|acific) ([SD])(?:tandard|aylight) Time\b"), r"\1\2T"),
    (re.compile(r"[()|•·]"), " "),
    (re.compile(r"^(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4}|\d{2})(?!\d)"), r"\2/\1/\3"),
)
_AMBIGUOUS = re.compile(r"\d{2}-\d{1,2}-\d{1,2}(?!\d)")

# Hours east of UTC. Where letters are shared (IST, BST, CST), it is the zone that English news means most often.
_OFFSETS = {
    "UTC": 0, "UT": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3,
    "MSK": 3, "IST": 5.5, "PKT": 5, "SGT": 8, "HKT": 8, "JST": 9, "KST": 9, "AWST": 8, "ACST": 9.5, "ACDT": 10.5,
    "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "AST": -4, "ADT": -3, "NST": -3.5, "NDT": -2.5,
}  # fmt: skip
# "5 p.m. ET" leaves it to the reader whether it is summer.
_SEASONAL = {"ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles"}


def parse_date(value: Any) -> datetime | None:
    """Return the moment that `value` (text, a number, a date, a datetime) names, in UTC; None where it names none.

    Epoch numbers are seconds or milliseconds, told apart by size.
    """
    try:
        found = _read(value)
        moment = found and (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if not moment or not _FIRST_YEAR <= moment.year <= _LAST_YEAR or moment == _EPOCH_ITSELF:
        return None
    return moment


def _read(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    if isinstance(value, int) and (10**7 <= value < 10**8 or 10**13 <= value < 10**14):
        value = str(value)  # 20240305, or GDELT's 20240305093000
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _epoch(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if not 6 <= len(text) <= _LONGEST:
        return None
    if _EPOCH.fullmatch(text):
        return _epoch(float(text))
    try:
        # ISO weeks ("2024-W05") are left out: their day would be an invention.
        return None if "W" in text[4:6] else datetime.fromisoformat(text)
    except ValueError:
        return _written(text)


def _epoch(number: float) -> datetime | None:
    if not math.isfinite(number):
        return None
    if int(number) in _SECONDS:
        return datetime.fromtimestamp(number, UTC)
    return datetime.fromtimestamp(number / 1000, UTC) if int(number) in _MILLISECONDS else None


@lru_cache(maxsize=1024)
def _written(text: str) -> datetime | None:
    """Read a date written for people, twice with different defaults: what differs was not in the text."""
    if _AMBIGUOUS.match(text):
        return None
    for pattern, plain in _TIDY:
        text = pattern.sub(plain, text)
    # Two leap years, so that a 29 February fits; two weeks apart, so that no weekday leads from both to the same day.
    defaults = datetime(2000, 1, 1), datetime(2004, 3, 15)
    one, two = (_parser().parse(text, default=default, tzinfos=_zone) for default in defaults)
    return one if one == two else None


@cache
def _parser() -> parser:
    from dateutil import parser as dateutil  # here, so that archives in ISO dates never pay for it

    class Info(dateutil.parserinfo):
        """Two-digit years by POSIX's fixed rule (from 69 on, 19xx); dateutil's own depends on the present year."""

        def convertyear(self, year: int, century_specified: bool = False) -> int:
            return year if century_specified or year >= 100 else year + (1900 if year >= 69 else 2000)

    return dateutil.parser(Info())


def _zone(name: str | None, seconds: int | None) -> tzinfo | None:
    """Return the zone that dateutil saw by name or offset; raises ValueError for a name that says nothing here."""
    if seconds is not None:
        return timezone(timedelta(seconds=seconds))
    if name is None:
        return None
    if name in _SEASONAL:
        return ZoneInfo(_SEASONAL[name])
    if name not in _OFFSETS:
        raise ValueError(f"unknown time zone {name}")
    return timezone(timedelta(hours=_OFFSETS[name]))
