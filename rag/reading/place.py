"""Claim and evidence → a value of the claim that the evidence has in another place, and the one that stands in its place.

"He had bronchitis in June and surgery in March" holds the months of "bronchitis in March and surgery in June", each in the
other's place. A value is a name, a number, an ordinal, a weekday or a month; its place is the words around it.

In whole passages, of 4,320 true and as many false restatements of news (training rows), it tells of 47 wrong numbers, 31 wrong
names, 21 wrong days, 33 others and 19 true ones more than the other rules do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rag.reading.alike import END, run, stem
from rag.reading.amounts import NOT_RANKS, ORDINALS, mended
from rag.reading.names import same_name
from rag.text.words import NUMBER_WORDS, STOP, named, normal, stems

_TOKEN = re.compile(
    r"[$€£]?\d+(?:[.,]\d+)*(?!\d*s\b)(?: ?%| percent\b| per cent\b)?|[^\W_]+(?:'[a-z]+)?|[.!?;:](?=\s|$)"
)
_NUMBER = re.compile(r"([$€£]?)(\d+(?:[.,]\d+)*)((?: ?%| per ?cent)?)")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_YEAR = re.compile(r"1[5-9]\d\d|20\d\d")
_ORDINAL = re.compile(r"(\d{1,3})(?:st|nd|rd|th)")
_ARTICLES = frozenset({"a", "an", "the"})
_MONTHS = frozenset({
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
    "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec",
})  # fmt: skip
_DAYS = frozenset({"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"})
# Words of a name that others bear too.
_SHARED = STOP | set(
    stems(
        "president minister secretary governor gov senator sen mayor king queen prince princess pope judge doctor dr mr mrs ms "
        "professor rep representative gop attorney general county city state university former new district"
    )
)
_ROUND = re.compile(
    r"\b(?:about|around|nearly|almost|roughly|over|than|to|least|approximately|just|some)$", re.IGNORECASE
)
_REACH = 6  # words beside a place that are compared
_CLOSE = 12  # words between a name and what is told of it in the same sentence
_MOST = 400  # units of a text that are compared


@dataclass(frozen=True, slots=True)
class Unit:
    """A word, a value or the end of a sentence.   kind: "" for a plain word.   key: what is compared."""

    text: str
    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class PlaceWeights:
    """How alike two places are. Chosen on training rows.

    meant, light: what a word of meaning and a stop word beside both places count.
    least: of the place that another value stands in, at least; one more where the claim has that value too.
    margin: by how much it is nearer than every place of the value itself.
    """

    meant: float = 1.0
    light: float = 0.5
    least: float = 2.5
    margin: float = 1.5


def other_in_place(claim: str, evidence: str, by: PlaceWeights = PlaceWeights()) -> tuple[str, str] | None:
    """Return a value of the claim and the one that the evidence has in its place; None where not sure."""
    said, there = units(claim)[:_MOST], units(evidence)[:_MOST]
    keys = {unit.key for unit in said if unit.kind}
    for at, one in enumerate(said):
        if not one.kind:
            continue
        places = [place for place, each in enumerate(there) if _same(one, each)]
        if one.kind == "name" and not places:
            continue  # how it is told otherwise is `names.other_name`'s to say
        own = max((_alike(said, at, there, place, by) for place in places), default=0.0)
        best, other = max(
            (
                (_alike(said, at, there, place, by), each)
                for place, each in enumerate(there)
                if each.kind == one.kind
                and not _same(one, each)
                and not (one.kind == "name" and _near(one, there, place))
            ),
            key=lambda found: found[0],
            default=(0.0, one),
        )
        if (
            best >= by.least + (1 if other.key in keys else 0)
            and best >= own + by.margin
            and not _rounded(said, at, other)
        ):
            return one.text, other.text
    return None


def _alike(said: Sequence[Unit], at: int, there: Sequence[Unit], place: int, by: PlaceWeights) -> float:
    """Return how alike the words beside two places are; 0 where no word of meaning is among them.

    Beside a name one word before it must be: what follows alone often belongs to another's description.
    """
    (before, after), (other_before, other_after) = _beside(said, at), _beside(there, place)
    left = before[: run(before, other_before)]
    both = [*left, *after[: run(after, other_after)]]
    if all(key in STOP for key in both) or (said[at].kind == "name" and (not left or len(both) < 2)):
        return 0.0
    return sum(by.light if key in STOP else by.meant for key in both)


def _beside(units: Sequence[Unit], at: int) -> tuple[list[str], list[str]]:
    """Return what is compared of the units before a place, nearest first, and after it."""
    before, after = units[max(0, at - _REACH) : at][::-1], units[at + 1 : at + 1 + _REACH]
    return [unit.key for unit in before], [unit.key for unit in after]


def _same(one: Unit, other: Unit) -> bool:
    """Tell whether two values may be one: the same number, or names of which one may be short for the other."""
    if one.kind != other.kind:
        return False
    if one.kind != "name":
        return one.key == other.key
    return (
        bool(set(one.key.split()) & set(other.key.split()))
        or one.key[:4] == other.key[:4]
        or same_name(one.text, other.text)
    )


def _near(name: Unit, there: Sequence[Unit], place: int) -> bool:
    """Tell whether the name stands in the same sentence, close to the place: "Arle, the mayor of Bray", "Bray, Vermont"."""
    for step in (-1, 1):
        at = place + step
        while 0 <= at < len(there) and abs(at - place) <= _CLOSE and there[at].key not in END:
            if _same(name, there[at]):
                return True
            at += step
    return False


def _rounded(said: Sequence[Unit], at: int, other: Unit) -> bool:
    """Tell whether a number may be another one in fewer digits."""
    one = said[at]
    if one.kind not in ("number", "money", "percent"):
        return False
    a, b = float(one.key), float(other.key)
    rough = len(one.key.rstrip("0")) < len(other.key.rstrip("0")) or (at and _ROUND.search(said[at - 1].text))
    return bool(rough) and abs(a - b) <= 0.15 * max(a, b)


@lru_cache(maxsize=16)  # one source is asked about for every sentence of a claim
def units(text: str) -> list[Unit]:
    """Return the words and values of a text in their order, a name of several words being one."""
    text = normal(mended(text))
    spans = sorted(
        (match.start(), match.end())
        for name in named(text)
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text)
    )
    found: list[Unit] = []
    end = 0
    for match in _TOKEN.finditer(text):
        if match.start() < end:
            continue
        if span := next((span for span in spans if span[0] == match.start() and span[1] > end), None):
            end = max(each[1] for each in spans if each[0] == span[0])
            found.append(_name(text[match.start() : end]))
        elif match[0].lower() not in _ARTICLES:
            found.append(_unit(match[0]))
    for at, (one, after) in enumerate(pairwise(found)):
        if one.kind == "rank" and after.text.lower() in NOT_RANKS:
            found[at] = Unit(one.text, "", one.key)
    return found


def _name(text: str) -> Unit:
    words = [stem(word.lower()) for word in re.findall(r"[^\W_]+(?:'[a-z]+)?", text)]
    key = " ".join(word for word in words if word not in _SHARED)
    return Unit(text, "name" if key else "", key or " ".join(words))


def _unit(word: str) -> Unit:
    lower = word.lower()
    if number := _NUMBER.fullmatch(lower):
        digits = number[2].replace(",", "" if _GROUPED.fullmatch(number[2]) else ".")
        if digits.count(".") > 1:
            return Unit(word, "", digits)
        kind = "percent" if number[3] else "money" if number[1] else "year" if _YEAR.fullmatch(digits) else "number"
        return Unit(word, kind, digits)
    if lower in NUMBER_WORDS and lower not in ("one", "zero"):
        return Unit(word, "number", NUMBER_WORDS[lower])
    if lower in ORDINALS:
        return Unit(word, "rank", str(ORDINALS[lower]))
    if rank := _ORDINAL.fullmatch(lower):
        return Unit(word, "rank", rank[1])
    if lower in _MONTHS and word[0].isupper():
        return Unit(word, "month", lower[:3])
    if lower in _DAYS and word[0].isupper():
        return Unit(word, "day", lower)
    return Unit(word, "", lower if lower in END or lower == ":" else stem(lower))
