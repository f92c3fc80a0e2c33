"""Claim and the sentences of its source → the few of them that tell most of what the claim tells, to be read beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rag.text.split import sentences
from rag.text.words import stems

WORDS = 80  # of evidence; 20, 50, 110 and 150 told true from false worse on SummEdits, QAGS XSum and FaithBench


@dataclass(frozen=True, slots=True)
class Told:
    """A source's sentences, and the stems of each."""

    sentences: tuple[str, ...]
    stems: tuple[frozenset[str], ...]
    lengths: tuple[int, ...]  # in words


def tell(source: str) -> Told:
    """Return the sentences of a source."""
    parts = tuple(" ".join(source[start:end].split()) for start, end in sentences(source))
    return Told(parts, tuple(frozenset(stems(part)) for part in parts), tuple(len(part.split()) for part in parts))


def nearest(claim: str, told: Told, words: int = WORDS) -> str:
    """Return the sentences that share most with the claim, in their order, up to so many words; the first may be longer."""
    lengths = told.lengths
    if sum(lengths) <= words:
        return " ".join(told.sentences)
    said = set(stems(claim))
    often = Counter(stem for bag in told.stems for stem in said & bag)
    weights = [sum(1 / (0.5 + often[stem]) for stem in said & bag) / (4 + len(bag)) ** 0.35 for bag in told.stems]
    kept: list[int] = []
    size = 0
    for at in _best_first(weights):
        if not kept or size + lengths[at] <= words:
            kept.append(at)
            size += lengths[at]
    return " ".join(told.sentences[at] for at in sorted(kept))


def _best_first(weights: Sequence[float]) -> list[int]:
    return sorted(range(len(weights)), key=lambda at: -weights[at])
