"""Where an LLM fails, the archive's own words answer in its place, and a note says why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from rag.errors import LLMError
from rag.types import Answer, Draft, DraftSentence, Generator, Hit, Note, Plan, Rewrites, Streams


class Writes(Streams, Rewrites, Protocol):
    """A generator that asks an LLM."""


class StandIn:
    """A generator that asks `first`, and `second` where that fails with an LLMError."""

    def __init__(self, first: Writes, second: Generator) -> None:
        self._first = first
        self._second = second

    def generate(self, plan: Plan, hits: Sequence[Hit]) -> Draft:
        """Return the draft of the first that gives one."""
        try:
            return self._first.generate(plan, hits)
        except LLMError as error:
            return self._instead(error, plan, hits)

    def stream(self, plan: Plan, hits: Sequence[Hit]) -> Iterator[DraftSentence | Draft]:
        """Yield the sentences of the first, and its draft; the draft of the second where the first breaks off."""
        try:
            yield from self._first.stream(plan, hits)
        except LLMError as error:
            yield self._instead(error, plan, hits)

    def again(self, plan: Plan, hits: Sequence[Hit], failed: Sequence[str]) -> tuple[DraftSentence, ...]:
        """Return what the first writes in place of the failed sentences; nothing where it fails."""
        try:
            return self._first.again(plan, hits, failed)
        except LLMError:
            return ()

    def _instead(self, error: LLMError, plan: Plan, hits: Sequence[Hit]) -> Draft:
        draft = self._second.generate(plan, hits)
        text = f"The LLM gave no answer, so the archive's own words stand in: {error}."
        why = Note("stand_in", text, data={"reason": str(error), "lasting": error.lasting})
        return replace(draft, notes=(why, *draft.notes), tokens=None)


def raise_if_lasting(answer: Answer) -> Answer:
    """Return the answer. Raises LLMError where its LLM failed so that it will fail for every other question too."""
    for note in answer.notes:
        if note.kind == "stand_in" and note.data.get("lasting"):
            raise LLMError(str(note.data["reason"]), lasting=True)
    return answer
