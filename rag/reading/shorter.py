"""Claim → the same claim without one of its parts: "He left because he was ill" without "because he was ill".

Where a claim is borne out much better without a part, that part is what the source does not tell.
"""

from __future__ import annotations

import re
from itertools import pairwise

_BREAK = re.compile(
    r"(?:\s+(?=(?:and|but|because|so|although|though|while|when|after|before|for|with|without|on|in|at|as|by|from|until|of|to|"
    r"that|who|which|where|beyond|despite|during|since|over|under|into)\b)|,\s+)"
)
_WORDS = 4  # that a claim has left at least
_PARTS = 3  # neighbouring parts at most that are left out together
_LONGEST = 600  # characters of a claim that is cut


def shorter(claim: str) -> list[tuple[str, str]]:
    """Return pairs of a part of the claim and the claim without it; none for a claim without parts."""
    body = claim.strip().rstrip(".")[:_LONGEST]
    cuts = [0, *(match.start() for match in _BREAK.finditer(body)), len(body)]
    parts = [body[low:high] for low, high in pairwise(cuts)]
    found: dict[str, str] = {}
    for first in range(1, len(parts)):
        for last in range(first + 1, min(first + _PARTS, len(parts)) + 1):
            rest = "".join(parts[:first] + parts[last:]).strip(" ,")
            if len(rest.split()) >= _WORDS:
                found.setdefault(f"{rest}.", "".join(parts[first:last]).strip(" ,"))
    return [(part, rest) for rest, part in found.items()]
