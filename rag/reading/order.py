"""Claim and evidence → two names or two numbers that the claim has in each other's place."""

from __future__ import annotations

import re

from rag.reading.alike import Word, words
from rag.reading.names import TITLES
from rag.text.words import CALENDAR, STOP, names, normal, spelling, stems

_END = frozenset(".!?;^$")
_BY = re.compile(r"\b(?:by|from)\b", re.IGNORECASE)
_MOST = 40  # words that both texts have once
_MUTUAL = frozenset(  # who does it to whom is the same either way
    stems(
        "met meet meets marry married face faced faces play played join joined fight fought tie tied drew follow following"
    )
)
_BE = frozenset({"is", "are", "was", "were", "be", "been", "being", "got", "gets"})
_ARTICLES = frozenset({"a", "an", "the", "his", "her", "their", "its"})
_PARTED = re.compile(r"[,;:.!?()\"–—]|\b(?:and|or|with|as|of|than)\b")
_BETWEEN = 7  # words between two names and a verb


def exchanged(claim: str, evidence: str) -> tuple[str, str] | None:
    """Return two names or two numbers, each of which stands in the claim beside what the other stands beside in the evidence.

    Or on each other's side of one verb: "Arle sued Bray" beside "Bray sued Arle", but not beside "Bray was sued by Arle",
    nor "Bray and Arle" beside "Arle and Bray".
    """
    claim, evidence = normal(claim), normal(evidence)
    if two := _around_a_verb(claim, evidence):
        return two
    said, there = _meant(claim), _meant(evidence)
    same_voice = len(_BY.findall(claim)) == len(_BY.findall(evidence))
    movable = names(claim) & names(evidence)
    once = [
        word
        for word in said
        if (word in movable or word.isdigit()) and said.count(word) == 1 and there.count(word) == 1
    ][:_MOST]
    for number, one in enumerate(once):
        for other in once[number + 1 :]:
            i, k, j, m = said.index(one), said.index(other), there.index(one), there.index(other)
            if j < m or k - i < 2 or j - m < 2 or "." in there[m:j]:
                continue
            swapped = _near(said, i, there, m, (one, other)) and _near(said, k, there, j, (one, other))
            kept = _near(said, i, there, j, (one, other)) or _near(said, k, there, m, (one, other))
            if swapped and not kept and (same_voice or k - i > 2):
                written = spelling(claim)
                return written.get(one, one), written.get(other, other)
    return None


def _meant(text: str) -> list[str]:
    """Return the stems of the words of meaning, numbers and marks that end a sentence, between "^" and "$"."""
    kept = [word.stem for word in words(text) if word.stem not in STOP]
    return ["^", *("." if word in _END else word for word in kept), "$"]


def _near(said: list[str], at: int, there: list[str], place: int, two: tuple[str, str]) -> bool:
    """Tell whether the same word stands before, or after, both places."""
    return any(
        said[at + step] == there[place + step] and said[at + step] not in (*two, "^", "$", ".") for step in (-1, 1)
    )


def _around_a_verb(claim: str, evidence: str) -> tuple[str, str] | None:
    """Return two names with one word between them in both texts that each does to the other: "beat", "was beaten by"."""
    said, there = words(claim), words(evidence)
    stems_said, stems_there = [word.stem for word in said], [word.stem for word in there]
    known = names(claim) | names(evidence)
    written = _capitalised(claim, said) & _capitalised(evidence, there)
    once = [stem for stem in stems_said if stem in written and stems_said.count(stem) == stems_there.count(stem) == 1]
    for number, one in enumerate(once[:_MOST]):
        for other in once[number + 1 : _MOST]:
            if not {one, other} & known:
                continue
            i, k = stems_said.index(one), stems_said.index(other)
            low, high = sorted((stems_there.index(one), stems_there.index(other)))
            first, second = said[i + 1 : k], there[low + 1 : high]
            between = f"{claim[said[i].end : said[k].start]} {evidence[there[low].end : there[high].start]}"
            if max(len(first), len(second)) > _BETWEEN or _PARTED.search(between):
                continue
            verb = _verb(first, second, written | known)
            turned = stems_there.index(one) > stems_there.index(other)
            if verb and turned == (_passive(first, verb) == _passive(second, verb)):
                return claim[said[i].start : said[i].end], claim[said[k].start : said[k].end]
    return None


def _capitalised(text: str, told: list[Word]) -> set[str]:
    return {word.stem for word in told if text[word.start].isupper()} - STOP - TITLES - CALENDAR


def _verb(first: list[Word], second: list[Word], named: set[str]) -> str:
    """Return the stem of the one word of meaning that stands between the names in both texts, and is no noun; else ""."""
    there = {word.stem for word in second}
    both = [
        word.stem
        for word in first
        if word.stem in there and word.text.isalpha() and word.stem not in STOP | named | _MUTUAL
    ]
    if len(both) != 1 or any(_ARTICLES & {word.text for word in _until(part, both[0])} for part in (first, second)):
        return ""
    return both[0]


def _passive(between: list[Word], verb: str) -> bool:
    before = _until(between, verb)
    after = between[len(before) + 1 :]
    return any(word.text in _BE for word in before) and any(word.text == "by" for word in after)


def _until(part: list[Word], stem: str) -> list[Word]:
    return part[: [word.stem for word in part].index(stem)]
