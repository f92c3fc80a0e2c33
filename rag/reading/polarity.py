"""Claim and source → whether one denies what the other states. By words and where they stand, no model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rag.text.split import sentences
from rag.text.words import stems

Polarity = Literal["claim", "source"]  # who denies

_CUE = re.compile(
    r"\b(?:not(?! (?:only|just|merely|simply|least)\b)|no(?! (?:doubt|longer than|more than|less than|fewer than)\b)|never|none|"
    r"nobody|no one|nothing|nowhere|without|neither|nor|cannot|den(?:y|ies|ied|ying)|(?:refus|declin)(?:e|es|ed|ing) to|"
    r"fail(?:s|ed|ing)? to)\b|n['’]t\b",
    re.IGNORECASE,
)
# What ends the reach of a "not"; after these it may be turned: "not on Monday but on Tuesday", "not until Monday".
_ENDS = re.compile(r"[;:!?]|,(?!\d)|\.(?!\d)|\b(?:but|and|because|although|though|while|which|who)\b", re.IGNORECASE)
_TURNS = re.compile(r"\b(?:but|until|till|before|unless|instead|rather|except|yet)\b", re.IGNORECASE)
# Words that name nobody and nothing: "somebody" and "nobody" are told apart by the denial alone.
_NOBODY = frozenset(
    stems("somebody someone something anybody anyone anything nobody nothing none never neither nor cannot without")
)


@dataclass(frozen=True, slots=True)
class PolarityWeights:
    """When a sentence tells of the same thing as a claim. Chosen by hand."""

    alike: float = 0.8  # share of the claim's words that it holds at least
    as_alike: float = 0.8  # share of the best sentence's share: one so near speaks for the source as well


def polarity_against(claim: str, source: str, by: PolarityWeights = PolarityWeights()) -> Polarity | None:
    """Return who denies what the other states: the claim, or every sentence of the source that tells of the same thing.

    None where both state or both deny, where the source tells both, and where no sentence of it is near the claim.
    """
    said = set(stems(claim)) - _NOBODY
    if not said:
        return None
    if _CUE.search(claim) and not _CUE.search(source):
        return "claim"
    denied = _denied(claim)
    told = [source[start:end] for start, end in sentences(source)]
    near = [(len(said & set(stems(each))) / len(said), each) for each in told]
    best = max((share for share, _ in near), default=0.0)
    if best < by.alike:
        return None
    against = {
        _against(claim, denied, said, each) for share, each in near if share >= max(by.alike, by.as_alike * best)
    }
    return against.pop() if len(against) == 1 else None


def _against(claim: str, denied: set[str], said: set[str], sentence: str) -> Polarity | None:
    there, both = _denied(sentence), said & set(stems(sentence))
    if both & (there - denied) and not both & denied and not _CUE.search(claim) and not _TURNS.search(sentence):
        return "source"
    if both & (denied - there) and not both & there and not _CUE.search(sentence) and not _TURNS.search(claim):
        return "claim"
    return None


def _denied(text: str) -> set[str]:
    """Return the stems next after each "not", which it denies; the one before it, where nothing follows ("seen by nobody")."""
    found: set[str] = set()
    for cue in _CUE.finditer(text):
        end = _ENDS.search(text, cue.end())
        after = stems(text[cue.end() : end.start() if end else len(text)])
        found.update(after[:1] or stems(text[: cue.start()])[-1:])
    return found
