"""Claim → its twins: the same claim denied or no longer denied, told as sure or as possible, of all or of some.

Where a reader finds that the source bears out a twin better than the claim, that is told against the claim, however its
words are put: what makes a restatement hard to read is the same in both (contrast sets: Gardner et al. 2020).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_LONGEST = 400  # characters of a claim that is turned
_DENIAL = re.compile(r" (?:not|never|no longer)\b(?! only)|n['’]t\b")
_AUXILIARY = re.compile(
    r"\b(?:is|are|was|were|will|would|can|could|should|may|might|must|has|have|had|does|do|did)\b(?! not\b|n['’]t)"
)
_POSSIBLE = re.compile(r"\b(?:may|might|could)\b")
_CERTAIN = (
    (re.compile(r"\bwill\b"), "may"),
    (re.compile(r"\b(?:is|are)\b"), "may be"),
    (re.compile(r"\b(?:has|have)\b"), "may have"),
)
_SHARE = {
    "all": ("some", "most"), "every": ("some",), "always": ("often",), "both": ("one of",), "some": ("all",),
    "most": ("some", "all"), "many": ("some", "all"), "mostly": ("partly", "entirely"), "entire": ("part of the",),
    "several": ("all",), "only": ("also",), "none": ("some",), "everyone": ("some",), "never": ("rarely",),
    "each": ("some",), "first": ("one",),
}  # fmt: skip
_SHARES = re.compile(rf"\b(?:{'|'.join(_SHARE)})\b", re.IGNORECASE)


def twins(claim: str) -> list[tuple[str, str]]:
    """Return the twins of a claim, at most one of its denial and of its certainty and two of its share, each with its kind."""
    return list(_twins(claim)) if len(claim) <= _LONGEST else []


def _twins(claim: str) -> Iterator[tuple[str, str]]:
    if denial := _DENIAL.search(claim):
        yield "denial", claim[: denial.start()] + claim[denial.end() :]
    elif auxiliary := _AUXILIARY.search(claim):
        yield "denial", f"{claim[: auxiliary.end()]} not{claim[auxiliary.end() :]}"
    if possible := _POSSIBLE.search(claim):
        yield "certainty", f"{claim[: possible.start()]}will{claim[possible.end() :]}"
    else:
        for form, rather in _CERTAIN:
            if found := form.search(claim):
                yield "certainty", f"{claim[: found.start()]}{rather}{claim[found.end() :]}"
                break
    if share := _SHARES.search(claim):
        for rather in _SHARE[share[0].lower()]:
            yield "share", f"{claim[: share.start()]}{rather}{claim[share.end() :]}"
