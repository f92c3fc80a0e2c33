"""Question → the two events or things that it holds against each other, by wording alone.

"Did the mayor resign before the audit was published?" has two sides; an answer needs evidence for each.
"""

from __future__ import annotations

import re

from rag.question.weights import QuestionWeights
from rag.text.words import stems

_DID = r"(?:did|does|do|was|were|is|are|had|has|have|will|would|can|could)"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        # Compared with the flood of May, how large was the flood of June?
        rf"(?:compared (?:with|to)|unlike|after|before|since|when|while) (?P<one>[^,]+), (?P<other>(?:how|what|why|{_DID})\b.+)",
        # How does what the mayor said compare with what the auditor found?
        r"(?P<one>.+?)\b(?:compared? (?:with|to)|differ(?:s|ed|ent)? from|as opposed to|versus|vs\.?|whereas)\b(?P<other>.+)",
        # Compare the flood of May with the flood of June.
        r"compare (?P<one>.+?)\b(?:with|to|and)\b(?P<other>.+)",
        # What came first, the flood or the vote?
        r"[^,:]*\b(?:first|last|earlier|later|sooner|more|less|larger|bigger|smaller|higher|lower)\b[^,:]*[,:](?P<one>.+?)\bor\b(?P<other>.+)",
        # Did the mayor resign before the audit was published?
        rf"{_DID}\b(?P<one>.+?)\b(?:before|after|or|than)\b(?P<other>.+)",
        # Which party lost voters through both the long strike and the late budget?
        r".*?\bboth\b(?P<one>.+?)\band\b(?P<other>.+)",
    )
)


def sides(question: str, by: QuestionWeights = QuestionWeights()) -> tuple[tuple[int, int], ...]:
    """Return where the two sides of `question` stand, as half-open offsets; () where it has none.

    Takes time in the question's length, squared at worst.
    """
    for pattern in _PATTERNS:
        match = pattern.match(question, len(question) - len(question.lstrip()))
        if match and all(len(set(stems(text))) >= by.side for text in match.group("one", "other")):
            return match.span("one"), match.span("other")
    return ()
