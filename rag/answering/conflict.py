"""Reports that are alike → what they differ in; question and report → whether it is one of another district, flight or model.

Two sentences are alike when the same words stand in them but for numbers, names, days and a "not". Such a sentence is no
repetition: it is another figure of the same thing, or the same thing of another one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from rag.answering.weights import AnswerWeights
from rag.question.kinds import asks
from rag.reading.polarity import polarity_against
from rag.text.words import CALENDAR, NUMBER_WORDS, STOP, last_word, names, numbers, stems

_LABELLED = re.compile(r"\b([^\W\d_]{3,}) (?:no\. ?|number )?(\d{1,9})(?![\d.,]*\d)")  # "district 250", "flight 12"
_COUNTS = re.compile(r"[ -]([^\W\d_]+)")  # what is counted: "kill 12 people" is no label
# Words that a number after them makes a name of; "killed 12" and "at least 12" aren't told from such by form.
_LABELS = frozenset(
    stems(
        "district ward precinct zone area sector region block lot flight train tram bus route line road highway gate platform pier "
        "berth dock station channel room unit model version type class grade level group team crew squad battalion regiment "
        "section chapter article bill act law case file report volume number"
    )
)
# A time, not what the question is about: reports of other weeks tell of week 14 as well.
_TIMES = frozenset(stems("week day year month quarter season round game stage phase episode minute hour top"))

Differs = Literal["number", "name", "day", "not", "subject"]


@dataclass(frozen=True, slots=True)
class Difference:
    """What two alike sentences differ in, and how each tells it. A "subject" is no conflict: each tells of its own."""

    kind: Differs
    one: str
    other: str


def subjects(text: str, *, of_question: bool = False) -> dict[str, frozenset[str]]:
    """Return what the text tells apart by a number, as label → numbers: "district 250" is {"district": {"250"}}."""
    found: dict[str, frozenset[str]] = {}
    for match in _LABELLED.finditer(text):
        label = last_word(match[1])
        counted = _COUNTS.match(text, match.end()) if of_question and label not in _LABELS else None
        if label and label not in STOP | _TIMES and not (counted and stems(counted[1])):
            found[label] = found.get(label, frozenset()) | {match[2].lstrip("0") or "0"}
    return found


def of_another(asked: Mapping[str, frozenset[str]], sentence: str, around: str) -> bool:
    """Tell whether the sentence, or what stands around it where it tells nothing, is of another number than is `asked` about."""
    own, near = subjects(sentence), subjects(around)
    for label, wanted in asked.items():
        told = own.get(label) or near.get(label)
        if told and not told & wanted:
            return True
    return False


def difference(
    one: str,
    other: str,
    question: str,
    headings: tuple[str, str] = ("", ""),
    by: AnswerWeights = AnswerWeights(),
) -> Difference | None:
    """Return what two alike sentences differ in; None where they aren't alike, or say the same."""
    frames = _frame(one), _frame(other)
    both, either = frames[0] & frames[1], frames[0] | frames[1]
    if len(both) < by.alike_words or len(both) < by.alike * len(either):
        return None
    mine, theirs = (subjects(f"{heading}. {text}") for heading, text in zip(headings, (one, other), strict=True))
    if any(not mine[label] & theirs[label] for label in mine.keys() & theirs.keys() & _LABELS):
        return Difference("subject", "", "")
    number = _apart(numbers(one), numbers(other))
    name = _apart(names(one) - CALENDAR, names(other) - CALENDAR)
    day = _apart(set(stems(one)) & CALENDAR, set(stems(other)) & CALENDAR)
    if name and (number or asks(question) not in ("who", "where")):
        return Difference("subject", *name)
    if number and day:  # Monday's figure and Tuesday's
        return Difference("subject", *day)
    if number:
        return Difference("number", *number)
    if name:
        return Difference("name", *name)
    if day:
        return Difference("day", *day)
    if denies := polarity_against(one, other, by.polarity):
        return Difference("not", *(("denied", "stated") if denies == "claim" else ("stated", "denied")))
    return None


def _frame(text: str) -> set[str]:
    """Return the stems that two reports of one thing share, whatever their figures, names and days are."""
    free = names(text) | CALENDAR | NUMBER_WORDS.keys()
    return {stem for stem in stems(text) if stem not in free and not stem[0].isdigit()}


def _apart(one: set[str], other: set[str]) -> tuple[str, str] | None:
    """Return what only the one and only the other has, where each has something of its own."""
    mine, theirs = sorted(one - other), sorted(other - one)
    return (" and ".join(mine), " and ".join(theirs)) if mine and theirs else None
