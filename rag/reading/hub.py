"""Question and passages → which sentence answers, by any extractive reader of transformers (`reader = "hub:NAME"`).

It must have been trained to say that there is no answer, as SQuAD 2.0 teaches it: then the span at its opening token is the
null answer, and a passage is read as the built-in reader reads it (`rag.reading.spans`). `dateline models check` tells.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rag.errors import ModelError
from rag.reading.pairs import PairModel
from rag.reading.spans import LastRead, Spans
from rag.types import Reading

_QUESTION = 64  # word pieces of a question that are read
_WINDOW, _OVERLAP = 384, 128  # word pieces: what such models are trained with


class HubReader:
    """An extractive reader of the hub, by name or folder. It reads for answers; it doesn't check claims."""

    def __init__(self, name: str) -> None:
        """Load the reader. Raises ModelError, UsageError."""
        self._model = PairModel(name, "reader", "QuestionAnswering", longest=_WINDOW)
        if self._model.open is None:
            raise ModelError(f"the reader {name!r} has no opening token for the null answer; name another")
        self._open = self._model.open
        self._last = LastRead()

    def answers(
        self,
        question: str,
        passages: Sequence[str],
        bounds: Sequence[Sequence[tuple[int, int]]] | None = None,
    ) -> list[Reading]:
        """Return what reading each passage for an answer to the question found.

        `bounds` are, for each passage, where its sentences stand; without, they are told as everywhere.
        """
        return self._last(question, passages, bounds, self._answers)

    def _answers(
        self, question: str, passages: Sequence[str], bounds: Sequence[Sequence[tuple[int, int]]]
    ) -> list[Reading]:
        model = self._model
        (asked,) = model.shortened([question], min(_QUESTION, model.longest // 4))
        windows = model.windows([asked] * len(passages), passages, cut="second", overlap=_OVERLAP)
        told = Spans(bounds)
        for window, (starts, ends) in zip(windows, model.read(windows), strict=True):
            scores = np.stack([starts, ends], axis=1)
            none = float(scores[window.inputs["input_ids"].index(self._open)].sum())
            part, passage = window.of(1), passages[window.pair]
            told.add(window.pair, [_trimmed(passage, *at) for at in window.offsets[part]], scores[part], none)
        return told.readings(lambda odds: float(1 / (1 + np.exp(-np.clip(odds, -30, 30)))))


def _trimmed(text: str, low: int, high: int) -> tuple[int, int]:
    """Return the place without the spaces around it: some tokenizers count the one before a word as part of it."""
    part = text[low:high]
    return low + len(part) - len(part.lstrip()), high - len(part) + len(part.rstrip())
