"""What became of an article: how much of its text changed, and whether it says itself that it was corrected."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from rag.text.split import sentences

_LONGEST = 300  # characters of a notice that are kept
_WORK = r"(?:article|story|post|report|piece|page|column|headline|item|dispatch|interview|obituary|review|live ?blog)"
_DONE = r"(?:updated|corrected|amended|revised|clarified)"
# Where a paragraph or a sentence begins; a headline such as "Market correction: ..." is none of these.
_NOTICE = re.compile(
    rf"""(?:^|(?<=[.!?])["”’)]*)[ \t*_(\[•–—-]*(
      (?:correction|clarification)s?(?:\s+(?:and\s+clarifications?|notice|appended))?[ \t*_]*(?:[(,][^:\n]{{0,40}})?:
    | (?:this\s+{_WORK}\s+(?:has\s+(?:since\s+)?been|was)|the\s+(?:article|story)\s+has\s+(?:since\s+)?been)\s+
      (?:[a-z]+ly\s+)?{_DONE}\b
    | an?\s+(?:earlier|previous|original|initial)\s+version\s+of\s+this\s+{_WORK}
    | (?:the\s+)?(?:earlier|previous|original|initial)\s+version\s+of\s+this\s+{_WORK}
    | we\s+(?:have\s+)?(?:corrected|amended|clarified)\s+this\s+{_WORK}
    )[^\n]*""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class TextDifference:
    """How a text differs from the one before it. Moved sentences count for nothing: the words are the same."""

    words_added: int
    words_removed: int
    sentences_changed: int

    def __str__(self) -> str:
        return f"+{self.words_added:,} −{self.words_removed:,} words, {self.sentences_changed:,} sentences"


def difference(before: str, after: str) -> TextDifference:
    """Return how `after` differs from `before`; the time it takes grows with their length and no faster."""
    old, new = Counter(before.split()), Counter(after.split())
    said, says = _said(before), _said(after)
    changed = max((says - said).total(), (said - says).total())
    return TextDifference((new - old).total(), (old - new).total(), changed)


def _said(text: str) -> Counter[str]:
    return Counter(" ".join(text[start:end].split()) for start, end in sentences(text))


def notices(text: str) -> tuple[str, ...]:
    """Return what the text says of its own correction, updating or clarification; mostly nothing."""
    return tuple(" ".join(match[0].split())[:_LONGEST].lstrip('*_([ ”’")•–—-') for match in _NOTICE.finditer(text))
