"""Questions that point back at the ones before: each is understood first, then asked as if it stood alone.

talk = Conversation(pipeline)
talk.ask("Who leads the inquiry?")
turn = talk.ask("When was she appointed?")
turn.question           # "When was Mara Quill appointed?", as it was understood
talk.correct("When was the inquiry opened?")    # not what was meant: asked as it stands, in the last one's place
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Protocol

from rag.question.followup import Turn, Understood, understand
from rag.question.plan import outlets_by_key
from rag.types import Answer, Filters, Note

MAX_TURNS = 20  # that are looked back at
Rewrite = Callable[[str, Sequence[Turn]], str | None]


class Outlets(Protocol):
    """What tells the names of an archive's outlets: a `Catalog`."""

    def outlets(self) -> Mapping[str, int]: ...


class Holds(Protocol):
    """What has a catalog: an `Archive`."""

    @property
    def catalog(self) -> Outlets: ...


class Asks(Protocol):
    """What a conversation is held with: a `Pipeline`."""

    @property
    def archive(self) -> Holds: ...
    def ask(self, question: str, *, filters: Filters | None = None, asked: date | None = None) -> Answer: ...


class Conversation:
    """The turns so far. For one asker at a time; the pipeline may be shared.

    rewrite: makes a question that stands alone, given the turns, or None where it can't; without, words alone decide.
    """

    def __init__(self, pipeline: Asks, turns: Sequence[Turn] = (), *, rewrite: Rewrite | None = None) -> None:
        self._pipeline = pipeline
        self._rewrite = rewrite
        self.turns: tuple[Turn, ...] = tuple(turns)[-MAX_TURNS:]

    def understand(self, question: str, *, asked: date | None = None) -> Understood:
        """Return the question as it would be asked, without asking it."""
        outlets = outlets_by_key(self._pipeline.archive.catalog.outlets())
        understood = understand(question, self.turns, asked or date.today(), outlets)
        if self.turns and self._rewrite and (rewritten := self._rewrite(understood.typed, self.turns)):
            return replace(understood, question=rewritten, unclear=())
        return understood

    def ask(self, question: str, *, filters: Filters | None = None, asked: date | None = None) -> Turn:
        """Return the question as it was understood after the turns so far, with its answer, and remember both.

        A note says how it was understood where that differs from what was typed. Raises UsageError as `Pipeline.ask` does;
        the turns are then as before.
        """
        return self._ask(self.understand(question, asked=asked), filters, asked)

    def correct(self, question: str, *, filters: Filters | None = None, asked: date | None = None) -> Turn:
        """Ask `question` as it stands in the place of the last turn, which was misunderstood."""
        self.turns = self.turns[:-1]
        return self._ask(Understood(question, question), filters, asked)

    def _ask(self, understood: Understood, filters: Filters | None, asked: date | None) -> Turn:
        answer = self._pipeline.ask(understood.question, filters=filters, asked=asked)
        if notes := _notes(understood):
            answer = replace(answer, notes=(*notes, *answer.notes))
        turn = Turn(understood.question, answer)
        self.turns = (*self.turns, turn)[-MAX_TURNS:]
        return turn


def _notes(understood: Understood) -> tuple[Note, ...]:
    notes = []
    if understood.changed:
        data = {
            "typed": understood.typed,
            "question": understood.question,
            "meant": [list(m) for m in understood.meant],
        }
        notes.append(Note("understood", f"Understood as: “{understood.question}”", data=data))
    if understood.unclear:
        words = " and ".join(f"“{word}”" for word in dict.fromkeys(understood.unclear))
        notes.append(
            Note("understood", f"It isn't clear who or what {words} means; name it if the answer is not yours.")
        )
    return tuple(notes)
