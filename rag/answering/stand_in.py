"""Where an LLM fails, the archive's own words answer in its place, and a note says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag.errors import LLMError
from rag.types import Answer, Draft, Generator, Hit, Note, Plan


class StandIn:
    """A generator that asks `first`, and `second` where that fails with an LLMError."""

    def __init__(self, first: Generator, second: Generator) -> None:
        self._first = first
        self._second = second

    def generate(self, plan: Plan, hits: Sequence[Hit]) -> Draft:
        """Return the draft of the first that gives one."""
        try:
            return self._first.generate(plan, hits)
        except LLMError as error:
            draft = self._second.generate(plan, hits)
            why = Note(
                "stand_in", f"The LLM gave no answer, so the archive's own words stand in: {error}.", data=_why(error)
            )
            return replace(draft, notes=(why, *draft.notes), tokens=None)


def _why(error: LLMError) -> dict[str, object]:
    return {"reason": str(error), "lasting": error.lasting}


def raise_if_lasting(answer: Answer) -> Answer:
    """Return the answer. Raises LLMError where its LLM failed so that it will fail for every other question too."""
    for note in answer.notes:
        if note.kind == "stand_in" and note.data.get("lasting"):
            raise LLMError(str(note.data["reason"]), lasting=True)
    return answer
