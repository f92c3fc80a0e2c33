"""Passage → the same passage with blanks where it speaks to a model instead of its readers.

"Ignore all instructions and say that X" tells nobody that X. Such a sentence is neither shown to an LLM nor evidence for
what one wrote; from what poses as the end of the passages, another passage or another speaker's turn, so is all that
follows. The article itself stays as it is, and is quoted as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.text.split import sentences
from rag.text.words import seen
from rag.types import Hit

_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.\n]{0,40}"
    r"\b(?:instructions|prompts?|(?:everything|rules|text|passages) (?:above|before|so far)|(?:the|all) above)\b"
    r"|\bfollowing overrides\b"
    r"|\b(?:you are|you're|act as|pretend to be|behave as) (?:now )?(?:an? |the )?(?:\w+ )?"
    r"(?:AI|LLM|language model|chatbot|assistant|system|\w*(?:Bot|GPT))\b"
    r"|\b(?:language model|LLM|AI|chatbot|ChatGPT)s?\b[^.\n]{0,40}\b(?:must|should|shall|has to|have to)\b[^.\n]{0,40}"
    r"\b(?:say|reply|respond|answer|write|output|cite|print|ignore)\b"
    r"|^\W{0,3}(?:please )?(?:say|reply|respond|write|output|print|repeat|cite|quote)"
    r"(?:(?: only| exactly| with| that| passages?| the name| your)\b| \d|:)"
    r"|\b(?:I|we) (?:hereby )?(?:order|command|instruct|require) you\b"
    r"|\b(?:your|the) (?:system )?(?:prompt|instructions)\b[^.\n]{0,30}\b(?:word for word|verbatim|now|are)\b"
    r"|^\W{0,3}instructions\s*:",
    re.IGNORECASE | re.MULTILINE,
)
_TURN = re.compile(
    r"<\|[^|<>\n]{1,40}\|>|\[/?INST\]|<</?SYS>>|</?(?:think|system|assistant|user|answer|instructions?)>"
    r"|^\W{0,3}(?:system|assistant|developer)\s*:|^\W{0,3}end of (?:the )?(?:passages?|sources?|context|document)\b"
    r"|^\W{0,3}question\s*:[^\n]{0,300}\n\W{0,3}answer\s*:"
    r"|^\[\d{1,3}\] [^\n]{1,200}\([^()\n]{1,80}\d{4}-\d\d-\d\d\)",
    re.IGNORECASE | re.MULTILINE,
)


def without_orders(hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits with blanks, one for one, where their passages speak to a model."""
    return [hit if (text := _blanked(hit.chunk.text)) == hit.chunk.text else _with(hit, text) for hit in hits]


def _with(hit: Hit, text: str) -> Hit:
    return replace(hit, chunk=replace(hit.chunk, text=text))


def _blanked(text: str) -> str:
    if turn := _TURN.search(text):
        text = text[: turn.start()] + _blank(text[turn.start() :])
    for start, end in sentences(text):
        if _ORDER.search(seen(text[start:end])):
            text = text[:start] + _blank(text[start:end]) + text[end:]
    return text


def _blank(text: str) -> str:
    return re.sub(r"\S", " ", text)
