"""Text → its words with what stands beside them: two texts are compared place by place, not by their bags of words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.text.words import STOP, analyze

_TOKEN = re.compile(r"[^\W_]+(?:'[a-z]+)?|[.!?;]")
_OF = re.compile(r"'s?$")
END = frozenset(".!?;")


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or a mark that ends a sentence: in small letters, its stem, and where it stands in the normal text."""

    text: str
    stem: str
    start: int
    end: int


def words(text: str) -> list[Word]:
    """Return the words of `text`, which `normal` has given its one form, stop words too, and the marks that end a sentence."""
    found = []
    for match in _TOKEN.finditer(text):
        word = match[0].lower()
        found.append(Word(word, stem(word), match.start(), match.end()))
    return found


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the stem of one word."""
    stems = analyze(_OF.sub("", word))
    return stems[0] if stems else word


def run(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many first words two sequences of stems share, within a sentence."""
    alike = 0
    for a, b in zip(one, other, strict=False):
        if a != b or a in END:
            break
        alike += 1
    return alike


@dataclass(frozen=True, slots=True)
class Beside:
    """The stems before a place, nearest first, and after it."""

    before: tuple[str, ...]
    after: tuple[str, ...]

    def same_place(self, other: Beside) -> bool:
        """Tell whether two places stand in the same words: on both sides, or in two words, one of meaning, on one."""
        left, right = run(self.before, other.before), run(self.after, other.after)
        meant = any(word not in STOP for word in (*self.before[:left], *self.after[:right]))
        return bool(left and right and (meant or left + right >= 4)) or (max(left, right) >= 2 and meant)


def beside(told: Sequence[Word], start: int, end: int, reach: int = 3) -> Beside:
    """Return what stands beside the text from `start` to `end`."""
    before = [word.stem for word in told if word.end <= start][-reach:]
    after = [word.stem for word in told if word.start >= end][:reach]
    return Beside(tuple(reversed(before)), tuple(after))
