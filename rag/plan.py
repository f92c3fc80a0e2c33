"""Question → Plan, without an LLM: which of the archive's outlets the question names.

"Did The Verge and BBC News disagree?" has two parts, one an outlet. A name counts where it stands as words, with a capital
letter, so that "fortune" is luck and "Fortune" the magazine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from rag.errors import UsageError
from rag.types import Asks, Plan

MAX_QUESTION = 4_000  # characters
_WORD = re.compile(r"[\w.&'’]*\w")
_SECTION = re.compile(r"\s[-–—|:]\s|\s?\||:\s")  # "BBC News - Technology", "CNBC | World Business"
_DOMAIN = re.compile(
    r"^(?:https?://)?(?:www\.)?([\w-]+(?:\.[\w-]+)*?)\.(?:com|org|net|co|gov|edu|info|news|[a-z]{2})(?:\.[a-z]{2})?$",
    re.I,
)
_CUES: Mapping[Asks, re.Pattern[str]] = {
    "why": re.compile(
        r"\bwhy\b|\bhow come\b|\b(?:what|which)\b.{0,30}\b(?:reasons?|caused?|prompted|motivated|led to|made|explanation)\b",
        re.I,
    ),
    "how_many": re.compile(
        r"\bhow (?:many|much|long|old|far|often|big|large|high|tall|fast)\b|\bwhat (?:percentage|share|number|price|age)\b",
        re.I,
    ),
    "when": re.compile(r"\bwhen\b|\b(?:what|which) (?:year|month|day|date|time)\b|\bhow recently\b", re.I),
    "where": re.compile(r"\bwhere\b|\b(?:what|which) (?:city|country|town|state|place|street|site|venue)\b", re.I),
    "who": re.compile(
        r"\bwho(?:m|se)?\b|\b(?:what|which) (?:person|man|woman|individual|company|team|player|actor|author)\b", re.I
    ),
}
_LONGEST = 6  # words in an outlet's name


def outlet_key(name: str) -> str:
    """Return what an outlet's name is compared by: "The Guardian - World", "theguardian.com" → "guardian"."""
    bare = _SECTION.split(name.strip(), maxsplit=1)[0]
    domain = _DOMAIN.match(bare)
    squeezed = re.sub(r"[\W_]+", "", domain[1] if domain else bare).casefold()
    return squeezed.removeprefix("the") or squeezed


def outlets_by_key(names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the archive's outlet names grouped by key; names of fewer than three letters can't be told from words."""
    groups: dict[str, list[str]] = {}
    for name in names:
        key = outlet_key(name)
        if len(key) >= 3:
            groups.setdefault(key, []).append(name)
    return {key: tuple(sorted(group)) for key, group in groups.items()}


def make_plan(question: str, outlets: Mapping[str, tuple[str, ...]]) -> Plan:
    """Return the plan of `question`; `outlets` comes from `outlets_by_key`. Takes time in the question's length only.

    Raises UsageError for a blank question one of more than 4,000 characters, or one that is no text.
    """
    if not question.strip():
        raise UsageError("the question is empty; ask something")
    if len(question) > MAX_QUESTION:
        raise UsageError(f"the question has {len(question):,} characters; ask in at most {MAX_QUESTION:,}")
    if any("\ud800" <= letter <= "\udfff" for letter in question):
        raise UsageError("the question holds half a character (an unpaired surrogate); write it as UTF-8 text")
    words = _WORD.findall(question)
    parts: list[tuple[str, ...]] = []
    at = 0
    while at < len(words):
        for length in range(min(_LONGEST, len(words) - at), 0, -1):  # the longest name that begins here
            named = words[at : at + length]
            group = outlets.get(outlet_key(" ".join(named).removesuffix("'s").removesuffix("’s")))
            if group and _is_name(named):
                if group not in parts:
                    parts.append(group)
                at += length - 1
                break
        at += 1
    return Plan(question, tuple(parts))


def _is_name(words: Sequence[str]) -> bool:
    """Tell "Fortune" and "fortune.com" from "The fortune of ...": "The" alone makes no name."""
    capital = any(word[:1].isupper() for word in words if word.lower() != "the")
    return capital or ("." in words[0] and words[0].islower())


def asks(question: str) -> Asks:
    """Return what kind of answer the question wants, by its wording alone."""
    return next((kind for kind, cue in _CUES.items() if cue.search(question)), "what")
