"""Claim and evidence → a day, month, year, hour or period that the evidence tells otherwise."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from rag.reading.alike import stem
from rag.text.words import numbers

_WEEKDAY = re.compile(r"\b(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b")
_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Jan\.|Feb\.|Mar\.|Apr\.|Aug\.|Sept?\.|Oct\.|Nov\.|Dec\."
)
_MONTH = re.compile(rf"\b(?:{_MONTHS})(?!\w)")
_MAY = re.compile(r"\b(?:in|of|by|until|since|from|late|early|mid|last|this|next|on) May\b|\bMay \d")  # else the verb
_DAY = re.compile(
    rf"\b(?:{_MONTHS}) (?P<after>\d{{1,2}}(?:(?:, | and |, and |-|–| to | through )\d{{1,2}}(?![\d:]))*)(?!,?\d)"
    rf"|\b(?P<before>\d{{1,2}}) (?:{_MONTHS})(?!\w)"
)
_YEAR = re.compile(
    r"(?<![\d,.$€£¥-])(?:1[6-9]\d\d|20\d\d)(?![\d%]|,\d|\.\d|[- ](?:people|miles|dollars|votes|jobs|homes|feet))"
)
_CLOCK = re.compile(r"\b(\d{1,2})(?::00)?(:\d\d)? ?([ap])\.?m\b", re.I)
_OTHER_ZONE = re.compile(r"\bhours?\b|\b[ECMP][SD]?T\b|\b(?:GMT|UTC|noon|midnight)\b")
_APART = re.compile(r"\b(?:years?|decades?|ago|later|last|next|previous|following)\b")
_COUNT = r"\d{1,4}(?:\.\d{1,3})?|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|several|few"
_PERIOD = re.compile(rf"\b({_COUNT})[ -](minute|hour|day|week|month|year|decade|centur(?=y|ies))(?:s|y|ies)?\b", re.I)
_UNIT = re.compile(r"\b(minute|hour|day|week|month|year|decade|centur(?=y|ies))(?:s|y|ies)?\b", re.I)
_PARTS = {  # of a day and of a year: what is one of them is none of the others
    word: group - {word}
    for group in (frozenset({"morning", "afternoon", "evening"}), frozenset({"spring", "summer", "autumn", "winter"}))
    for word in group
} | {"yesterday": {"tomorrow"}, "tomorrow": {"yesterday"}}
_RELATIVE = re.compile(r"\b(last|next) (week|month|year|season|summer|winter|spring|quarter|weekend|decade)\b", re.I)
_ORDER = re.compile(r"\b(before|after|early|late) (?:the |an? |his |her |their |in )?(\w+)", re.I)
_OTHER_WAY = {"last": "next", "next": "last", "before": "after", "after": "before", "early": "late", "late": "early"}

Kind = Literal["weekday", "month", "year", "day", "clock"]


@dataclass(frozen=True, slots=True)
class When:
    """A day, a month, a year or an hour: as written, and in the one form that is compared."""

    kind: Kind
    text: str
    value: str


def times(text: str) -> list[When]:
    """Return the weekdays, months, years, days of a month and hours that `text` names."""
    found = [When("weekday", match[1] + "day", match[1]) for match in _WEEKDAY.finditer(text)]
    found += [
        When("month", match[0], match[0][:3])
        for match in _MONTH.finditer(text)
        if match[0] != "May" or _MAY.search(text, max(0, match.start() - 8), match.end() + 2)
    ]
    found += [When("year", match[0], match[0]) for match in _YEAR.finditer(text)]
    for match in _DAY.finditer(text):
        days = re.findall(r"\d+", match["after"] or match["before"])
        if len(days) == 2 and re.search(r"-|–| to | through ", match["after"] or ""):
            days = [str(day) for day in range(int(days[0]), min(int(days[1]), 31) + 1)] or days
        found += [When("day", match[0] if len(days) == 1 else day, day) for day in days]
    found += [
        When("clock", match[0] + ".", match[1] + (match[2] or "") + match[3].lower()) for match in _CLOCK.finditer(text)
    ]
    return found


def other_time(claim: str, evidence: str, there: Collection[When] | None = None) -> tuple[str, str] | None:
    """Return a time of the claim, as written, and what the evidence has in its place; None where none is told otherwise.

    `there` are the times of the whole source: what it names anywhere is not told otherwise.
    """
    near = times(evidence)
    known = {(each.kind, each.value) for each in (near if there is None else there)}
    said = times(claim)
    for one in said:
        if (one.kind, one.value) in known or _told_in_words(one, near, evidence):
            continue
        kinds = {each.value for each in said if each.kind == one.kind}
        for other in near:
            if other.kind == one.kind and other.value not in kinds:
                return one.text, other.text
    return _other_period(claim, evidence) or _other_part(claim, evidence) or _other_order(claim, evidence)


def _told_in_words(one: When, near: Collection[When], evidence: str) -> bool:
    """Tell whether the evidence may tell the time another way: "two years later", "the 1990s", another time zone."""
    if one.kind == "clock":
        return _OTHER_ZONE.search(evidence) is not None
    if one.kind == "day":
        return (
            re.search(r"\b(?:next|following|previous) day\b|\bday (?:before|after|later|earlier)\b", evidence)
            is not None
        )
    if one.kind != "year":
        return False
    if re.search(rf"['’]{one.text[2:]}\b|\b\d{{4}}[-–/]{one.text[2:]}\b|\b{one.text[:3]}0s", evidence):
        return True
    apart = {int(each) for each in numbers(evidence) if len(each) <= 3 and each.isdecimal()} | {1}
    years = [int(each.value) for each in near if each.kind == "year"]
    return _APART.search(evidence) is not None and any(abs(int(one.value) - year) in apart for year in years)


def _other_period(claim: str, evidence: str) -> tuple[str, str] | None:
    """Return "three weeks" and "three days", where the evidence counts as many of another unit and has not the claim's."""
    units = {match[1].lower() for match in _UNIT.finditer(evidence)}
    there = {_counted(match): match for match in _PERIOD.finditer(evidence)}
    said = {_counted(match): match for match in _PERIOD.finditer(claim)}
    used = {unit for _, unit in said}
    for (count, unit), match in said.items():
        if unit not in units:
            for (other, another), found in there.items():
                if other == count and another not in used:
                    return match[0], found[0]
    return None


def _counted(match: re.Match[str]) -> tuple[str, str]:
    count = match[1].lower()
    return "one" if count in ("a", "an", "1") else count, match[2].lower()


def _other_part(claim: str, evidence: str) -> tuple[str, str] | None:
    """Return "morning" and "evening": parts of a day or of a year, of which each text names another."""
    said, there = (set(re.findall(r"[a-z]+", text.lower())) for text in (claim, evidence))
    for word in sorted(said & _PARTS.keys() - there):
        if others := sorted((_PARTS[word] & there) - said):
            return word, others[0]
    return None


def _other_order(claim: str, evidence: str) -> tuple[str, str] | None:
    """Return "last year" and "next year", "before the vote" and "after the vote"."""
    for form in (_RELATIVE, _ORDER):
        for match in form.finditer(claim):
            way = match[1].lower()
            if re.search(rf"\b{way}", evidence, re.I):
                continue
            for other in form.finditer(evidence):
                if other[1].lower() == _OTHER_WAY[way] and stem(other[2].lower()) == stem(match[2].lower()):
                    return match[0], other[0]
    return None
