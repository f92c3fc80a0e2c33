"""Where an LLM fails, or nothing that it wrote is borne out, the archive's own words stand in, and a note says why."""

from __future__ import annotations

from rag.errors import LLMError
from rag.types import Answer, Note

NOT_BORNE_OUT = Note(
    "stand_in", "The passages don't bear out what the model wrote, so the archive's own words stand in."
)


def failed(error: LLMError) -> Note:
    """Return the note on an answer that stands in for one that an LLM failed to give."""
    text = f"The LLM gave no answer, so the archive's own words stand in: {error}."
    return Note("stand_in", text, data={"reason": str(error), "lasting": error.lasting})


def raise_if_lasting(answer: Answer) -> Answer:
    """Return the answer. Raises LLMError where its LLM failed so that it will fail for every other question too."""
    for note in answer.notes:
        if note.kind == "stand_in" and note.data.get("lasting"):
            raise LLMError(str(note.data["reason"]), lasting=True)
    return answer
