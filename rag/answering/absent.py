"""Sentence of a reply → what it says the passages don't tell, and whether that is so.

"No reason is given for the closure" stands in no article; it holds where no passage states a reason for what is asked. It
is checked only where the sentence says nothing else: "no reason is given beyond an injury" tells of an injury.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.reasons import states_reason
from rag.answering.weights import AnswerWeights
from rag.question.kinds import asks
from rag.text.split import sentences
from rag.text.words import stems
from rag.types import Hit, Reads, Span, Support

_WHO = (
    r"(?:(?:none of )?(?:the |these |any of the )?(?:passages?|articles?|sources?|reports?|texts?|outlets?|archive)|they|it)"
    r"(?: (?:provided|shown|given|available))?"
)
_REASON = r"(?:reasons?|explanations?|causes?|motives?)"
_NONE_GIVEN = re.compile(
    rf"^(?:(?:but|however|and|although),? )?(?:no (?:specific |clear |stated )?{_REASON} (?:is|are|was|were|has been) "
    rf"(?:given|stated|offered|mentioned|provided|told)"
    rf"|{_WHO} (?:gives?|states?|offers?|provides?|tells?|mentions?) no (?:specific |clear )?{_REASON}"
    rf"|{_WHO} (?:do|does|did) (?:not|n['’]t) (?:give|state|say|explain|offer|provide|mention|tell) "
    rf"(?:(?:a|any|the|an) (?:specific |clear )?{_REASON}|why))"
    r"(?P<of>(?: (?:for|why|of|as to))?[^,;]*?)(?: in (?:the|these) (?:passages|articles))?[.]?$",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\b(?:beyond|besides|except|apart|but|other than|though|although|because|only|part|unless|until)\b", re.I
)
_SAME = 0.5  # share of the words of "for the closure" that question and headlines must have
_ABOUT = 0.3  # share of the question's words that a sentence has which states the reason for it
_ANSWERS = 0.85  # probability from which on it does: on 20 questions .92 and more for the reason, below .8 for others


@dataclass(frozen=True, slots=True)
class Absence:
    """The check of a statement that no reason is given, and the place that tells the fact without one."""

    support: Support
    span: Span


def absence(
    text: str, question: str, hits: Sequence[Hit], reader: object = None, by: AnswerWeights = AnswerWeights()
) -> Absence | None:
    """Return the check of a sentence that says that no reason is given for what is asked; None where it says anything else."""
    found = _NONE_GIVEN.match(text.strip())
    if not found or asks(question) != "why" or not hits or _MORE.search(found["of"]):
        return None
    wanted, of = set(stems(question)), set(stems(found["of"]))
    known = wanted.union(*(stems(hit.article.title) for hit in hits))
    if len(of & known) < _SAME * len(of):
        return None
    fact, most = None, -1.0
    against: tuple[float, str] | None = None
    read = reader.answers(question, [hit.chunk.text for hit in hits]) if isinstance(reader, Reads) else None
    for at, hit in enumerate(hits):
        for number, (start, end) in enumerate(sentences(hit.chunk.text)):
            told = hit.chunk.text[start:end]
            held = set(stems(told))
            share = len(wanted & held) / max(1, len(wanted))
            if share - at / 100 > most:
                most, fact = share - at / 100, Span(hit.article.id, hit.chunk.start + start, hit.chunk.start + end)
            chance = read[at].sentences[number] if read else 1.0
            around = held | set(stems(hit.article.title))
            if share >= _ABOUT and chance >= _ANSWERS and states_reason(told, wanted, around, by):
                against = max(against or (0.0, ""), (chance, told))
    if fact is None:
        return None
    if against:
        return Absence(
            Support(0.1, "unsupported", f"a passage states a reason: “{' '.join(against[1].split())}”"), fact
        )
    return Absence(Support(0.9, "supported", "no passage that was found states a reason"), fact)
