"""Claim and evidence → two names or two numbers that the claim has in each other's place."""

from __future__ import annotations

import re

from rag.reading.alike import words
from rag.text.words import STOP, names, normal, spelling

_END = frozenset(".!?;^$")
_BY = re.compile(r"\bby\b", re.IGNORECASE)
_MOST = 40  # words that both texts have once


def exchanged(claim: str, evidence: str) -> tuple[str, str] | None:
    """Return two names or two numbers, each of which stands in the claim beside what the other stands beside in the evidence.

    "Arle sued Bray" beside "Bray sued Arle", but not beside "Bray was sued by Arle", nor "Bray and Arle" beside "Arle and Bray".
    """
    claim, evidence = normal(claim), normal(evidence)
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
