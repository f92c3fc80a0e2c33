"""Scores of word pieces as starts and ends of an answer → for each sentence its best span and its log odds.

What every reader with a null answer gives (SQuAD 2.0: Rajpurkar et al. 2018): the odds are those of all spans within the
sentence against "there is no answer", which is the span at the opening token.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rag.text.split import sentences
from rag.types import Reading

_LONGEST_ANSWER = 30  # word pieces
_NEVER = 99.0  # log odds of what was not read

Bounds = Sequence[tuple[int, int]]  # where the sentences of a passage stand


class Spans:
    """What was found of each sentence of each passage so far, window by window."""

    def __init__(self, bounds: Sequence[Bounds]) -> None:
        self._bounds = bounds
        self._odds = [[-_NEVER] * len(spans) for spans in bounds]
        self._best: list[list[tuple[int, int] | None]] = [[None] * len(spans) for spans in bounds]

    def add(self, at: int, offsets: Sequence[tuple[int, int]], scores: np.ndarray[Any, Any], none: float) -> None:
        """Take in a window of passage `at`: where its pieces stand, float32[len, 2], and the score of "no answer"."""
        spans = _span_scores(scores)
        for number, (low, high) in enumerate(self._bounds[at]):
            inside = [k for k, (a, b) in enumerate(offsets) if a < high and b > low and b > a]
            if not inside:
                continue
            part = spans[inside[0] : inside[-1] + 1, inside[0] : inside[-1] + 1]
            top = float(part.max())
            total = top + float(np.log(np.exp(part - top).sum())) - none
            if total > self._odds[at][number]:
                self._odds[at][number] = total
                start, stop = np.unravel_index(int(part.argmax()), part.shape)
                self._best[at][number] = offsets[inside[0] + int(start)][0], offsets[inside[0] + int(stop)][1]

    def readings(self, probability: Callable[[float], float]) -> list[Reading]:
        """Return the reading of each passage; `probability` turns log odds into one."""
        return [
            Reading(tuple(map(probability, odds)), tuple(spans), probability(max(odds, default=-_NEVER)))
            for odds, spans in zip(self._odds, self._best, strict=True)
        ]


class LastRead:
    """The readings of the last question: search and answer read the same passages, one after the other."""

    def __init__(self) -> None:
        self._last: tuple[str, dict[str, Reading]] = "", {}

    def __call__(
        self,
        question: str,
        passages: Sequence[str],
        bounds: Sequence[Bounds] | None,
        read: Callable[[str, Sequence[str], Sequence[Bounds]], list[Reading]],
    ) -> list[Reading]:
        """Return the readings of the passages, calling `read` for those that are new; with `bounds` of their own, for all."""
        if bounds is not None:
            return read(question, passages, bounds)
        asked, known = self._last
        known = dict(known) if asked == question else {}
        new = [passage for passage in dict.fromkeys(passages) if passage not in known]
        known |= zip(new, read(question, new, [sentences(passage) for passage in new]), strict=True)
        self._last = question, known
        return [known[passage] for passage in passages]


def _span_scores(scores: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return start + end scores, float32[len, len], -inf where the end comes first or the span is too long."""
    both = scores[:, None, 0] + scores[None, :, 1]
    at = np.arange(len(scores))
    apart = at[None, :] - at[:, None]
    return np.where((apart >= 0) & (apart < _LONGEST_ANSWER), both, -np.inf)
