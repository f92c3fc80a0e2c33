"""Hits → candidates: the sentences that could be quoted, each with the one before it where it leans on that ("He ...")."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.answering.weights import AnswerWeights
from rag.reading.rank import is_scrap
from rag.text.split import sentences
from rag.text.words import stems
from rag.types import Hit

# Openings that point back.
_LEANS = re.compile(
    r"^[\"“'‘(]*(?:he|she|it(?! (?:doesn['’]t|does not|is (?:clear|likely|unclear)|remains))|they|his|her|its|their|"
    r"this|that|these|those|such|"
    r"the (?:company|firm|group|pair|two|move|decision|deal|agency|latter|former))\b",
    re.IGNORECASE,
)
# What points back from anywhere in a sentence: "said that this was done", "did so", "explained why.", "gave no reason."
_POINTS_BACK = re.compile(
    r"\b(?:this|(?:but|and) that) (?:was|is|had been|has been|would be|will be|came|meant|means) |"
    r"\b(?:do|did|does|doing|done) so\b(?! (?:that|much|many|well|far|badly|little))|"
    r"\b(?:why|(?<!was )(?<!is )(?:no|any|an?|the) (?:further )?(?:reasons?|explanations?)"
    r"(?: (?:is|was|were|has been|had been) (?:given|known|stated))?)"
    r"(?=[.,;!?”\"]|$)",
    re.IGNORECASE,
)


@dataclass(slots=True, eq=False)
class Candidate:
    """A sentence of a hit, or two that stand together."""

    hit: Hit
    spans: tuple[tuple[int, int], ...]
    text: str
    stems: set[str]
    around: set[str]  # the stems of its headline and of the sentence before it
    near: float = 0.0  # cosine to the question
    nameless: float = 1.0  # the same without the names in both, where it was looked at
    answers: float = 0.0  # the probability that it answers, where a reader read it
    answer: tuple[int, int] | None = None  # where in the article the words that answer stand, as the reader read it
    score: float = 0.0

    @property
    def start(self) -> int:
        return self.spans[0][0]

    @property
    def end(self) -> int:
        return self.spans[-1][1]


def candidates_of(hits: Sequence[Hit], by: AnswerWeights) -> list[Candidate]:
    """Return the candidates of all hits, each place once; an answer has room for any of them."""
    found: dict[tuple[str, int], Candidate] = {}
    for hit in hits:
        for each in statements(hit, hit.chunk.text, hit.chunk.start, by):
            found.setdefault((hit.article.id, each.end), each)  # passages of one article overlap a little
    return list(found.values())


def statements(hit: Hit, text: str, offset: int, by: AnswerWeights) -> Iterator[Candidate]:
    """Yield the statements of `text`, which begins at `offset` of the hit's article, each with what it leans on."""
    spans = sentences(text)
    title = set(stems(hit.article.title))
    for at, (start, end) in enumerate(spans):
        if is_scrap(text[start:end], by.rank):
            continue
        first, told = start, [(offset + start, offset + end)]
        if at and _leans(text[start:end]) and not is_scrap(text[slice(*spans[at - 1])], by.rank):
            before_it = spans[at - 1]
            if len(text[before_it[0] : end].split()) <= by.leaning:
                first = before_it[0]
                told.insert(0, (offset + before_it[0], offset + before_it[1]))
        whole = text[first:end]
        if len(whole.split()) <= by.words - by.lead:
            before = set(stems(text[slice(*spans[at - 1])])) if at else set()
            yield Candidate(hit, tuple(told), whole, set(stems(whole)), title | before)


def _leans(sentence: str) -> bool:
    """Tell whether the sentence points back to the one before it: quoted alone, nobody knows to what."""
    return bool(_LEANS.match(sentence) or _POINTS_BACK.search(sentence))


def overlap(one: Candidate, other: Candidate) -> bool:
    """Tell whether two candidates share characters of an article."""
    return one.hit.article.id == other.hit.article.id and one.start < other.end and other.start < one.end
