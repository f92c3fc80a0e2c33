"""The quoted form as JSON: how each kind of server is asked for it, and what comes of it as lines.

Where a server keeps a reply to a schema, no quote loses its marks and no sentence its quote. The prompt stays the same, so
that a recorded reply is found by it whichever form it has; a server that refuses the schema is asked without.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from rag.answering.prompt import REFUSAL


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "required": list(properties), "properties": properties}


_QUOTE = _object(
    passage={"type": "integer", "description": "The number of a passage that states the sentence"},
    words={"type": "string", "description": "The words there that do, copied exactly"},
)
_SENTENCE = _object(
    sentence={"type": "string", "description": "One short sentence of the answer, without numbers of passages"},
    quotes={"type": "array", "items": _QUOTE},
)
SCHEMA = _object(
    sentences={
        "type": "array",
        "items": _SENTENCE,
        "description": "One to four sentences; none where the passages do not answer the question",
    }
)
_OPENAI = {
    "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA}}
}
FORMS: Mapping[str, Mapping[str, Any]] = {
    "openai": _OPENAI,
    "openai-like": _OPENAI,
    "ollama": {"format": SCHEMA},
    "anthropic": {
        "tools": [{"name": "answer", "description": "Gives the answer", "input_schema": SCHEMA}],
        "tool_choice": {"type": "tool", "name": "answer"},
    },
}  # arguments of a request, by the kind of LLM; the other kinds have none

_BEGINS = re.compile(r"(?:\A|>)\s*(?:```\w*\s*)?\{\s*\"sentences\"\s*:\s*\[\s*")  # after thoughts, in a fence
_NEXT = re.compile(r"\s*,\s*")
_DECODER = json.JSONDecoder()


def as_lines(reply: str) -> str:
    """Return a reply in JSON, also one that is not finished, as the lines that the prompt asks for; any other as it is.

    What is not finished yet is left out. No sentence at all is a refusal.
    """
    begins = _BEGINS.search(reply)
    if not begins:
        return reply
    found, end = _objects(reply, begins.end())
    if not found:
        return REFUSAL if reply.startswith("]", end) else ""
    return "\n".join(line for each in found for line in _lines(each))


def _objects(text: str, at: int) -> tuple[list[Any], int]:
    """Return the whole values of a list that begins at a place, and where they end."""
    found: list[Any] = []
    while True:
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return found, at
        found.append(value)
        after = _NEXT.match(text, at)
        if not after:
            return found, at
        at = after.end()


def _lines(told: Any) -> Iterator[str]:
    if not isinstance(told, Mapping) or not isinstance(told.get("sentence"), str):
        return
    yield " ".join(told["sentence"].split())
    quotes = told.get("quotes")
    for quote in quotes if isinstance(quotes, list) else ():
        passage, words = (quote.get("passage"), quote.get("words")) if isinstance(quote, Mapping) else (None, None)
        if type(passage) is int and 0 < passage < 1000 and isinstance(words, str):
            yield f'[{passage}] "{" ".join(words.split())}"'


def tool_text(raw: Any) -> str:
    """Return what a raw reply of Anthropic's gives to the tool, as JSON; "" where it uses none."""
    blocks = raw.get("content") if isinstance(raw, Mapping) else None
    given = (getattr(block, "input", None) for block in blocks or ())
    return next((json.dumps(each) for each in given if isinstance(each, Mapping)), "")


def tool_delta(raw: Any) -> str:
    """Return the piece of that JSON that a raw event of a stream brings."""
    delta = raw.get("delta") if isinstance(raw, Mapping) else None
    piece = getattr(delta, "partial_json", "")
    return piece if isinstance(piece, str) else ""
