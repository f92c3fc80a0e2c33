"""Recorded replies → the answers that would be shown of them: `dateline verify --replies`.

A line holds the question, the passages that an LLM saw, and its reply. What is checked is the reply, by the way that a
reply takes when a question is asked; but nothing is asked again, and nothing stands in for what is not borne out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rag.answering.check import Checking
from rag.answering.llm import drafted
from rag.answering.reply import DIALECT
from rag.answering.weights import AnswerWeights
from rag.errors import UsageError
from rag.text.decode import lacks
from rag.types import Answer, Article, Chunk, DraftSentence, Entails, Hit, Judges

_SURE = 1.0  # nobody asked how much evidence there is: the passages are what the LLM saw
_WORDS = re.compile(r"\w+")


def checking_of(
    row: Mapping[str, Any],
    reader: Entails | None = None,
    by: AnswerWeights = AnswerWeights(),
    *,
    second: Judges | None = None,
    reading: bool = True,
) -> tuple[Checking, Answer]:
    """Return the check of one recorded reply and the answer that is shown. Raises UsageError where passages can't be read."""
    hits = passages_of(row)
    draft = drafted(row["reply"], hits, _SURE, by)
    checking = Checking(row["question"], hits, by, reader, second, reading)
    for each in draft.sentences:
        checking.take(each)
    return checking, checking.answer(draft)


def checked_reply(
    row: Mapping[str, Any],
    reader: Entails | None = None,
    by: AnswerWeights = AnswerWeights(),
    *,
    second: Judges | None = None,
    reading: bool = True,
) -> dict[str, Any]:
    """Return the result line of one recorded reply: the answer that is shown, and of each sentence whether it is, and why.

    Raises UsageError where the line's passages can't be read.
    """
    checking, answer = checking_of(row, reader, by, second=second, reading=reading)
    return {
        "id": row["id"],
        "status": answer.status,
        "answer": answer.text,
        "sentences": [
            {
                "text": _as_written(each, row["reply"]),
                "kept": proof.holds,
                "score": round(proof.support.score, 4),
                "reason": proof.support.reason,
                "recited": proof.recited,
            }
            for each, proof in checking.taken
        ],
    }


def passages_of(row: Mapping[str, Any]) -> list[Hit]:
    """Return the passages of a line as hits, in their order. Raises UsageError, which says what is wrong with which."""
    given = row.get("passages")
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise UsageError("has no 'passages'; it takes a list of objects with 'text'")
    return [_hit(n, passage) for n, passage in enumerate(given, 1)]


def _hit(n: int, passage: Any) -> Hit:
    if why := lacks(passage if isinstance(passage, Mapping) else {}, ("text",)):
        raise UsageError(f"passage {n} {why}")
    told = {name: passage.get(name) or "" for name in ("title", "source", "url")}
    if wrong := next((name for name, value in told.items() if not isinstance(value, str)), None):
        raise UsageError(f"passage {n} has a {wrong!r} that is no text")
    if why := lacks(told, tuple(name for name, value in told.items() if value.strip())):
        raise UsageError(f"passage {n} {why}")
    text, name = passage["text"], f"passage-{n}"
    when = _moment(n, passage.get("published_at"))
    article = Article(name, told["url"] or None, told["title"], told["source"], text, name, published_at=when)
    return Hit(Chunk(name, name, 0, len(text), text), article, 1 / n, n, {})


def _moment(n: int, value: Any) -> datetime | None:
    if value in (None, ""):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise UsageError(
            f"passage {n} has 'published_at' {value!r}; it takes a time such as 2025-01-31T08:00:00Z"
        ) from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _as_written(each: DraftSentence, reply: str) -> str:
    """Return the sentence as it stands in the reply, with the marks behind it, whatever their dialect."""
    said = each.said or each.text
    if said in reply:
        return said
    words = r"\W*".join(map(re.escape, _WORDS.findall(each.text)))
    found = re.search(rf'{words}[.!?…"”’)]*(?:\s?{DIALECT.pattern})*[.!?]?', reply, re.IGNORECASE) if words else None
    return found[0] if found else said
