"""Does a source bear out a claim? First form: words, numbers and names, no model.

A claim that stands verbatim in its source is supported. Otherwise the share of its meaning words and word pairs that the
source has decides, and a number, a name or a "not" that the source lacks weighs against it more than a plain word; so does
an amount of another scale, sign or currency, and what the source denies.
Measured as ROC AUC on human judgements (QAGS); the figures stand in docs/decisions.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from rag.reading.amounts import misquoted
from rag.reading.polarity import Polarity, polarity_against
from rag.text.split import sentences
from rag.text.words import names, normal, numbers, spelling, stems
from rag.types import Support, Verdict

THRESHOLD = 0.5
_MISSING_NUMBER = 0.6  # factor on the score for each number the source lacks
_MISSING_NAME = 0.8
_OTHER_AMOUNT = 0.4  # once, for an amount whose digits the source has with another scale, sign or currency
_NEGATION_FLIPPED = 0.4  # what one side denies and the other states; all the words may stand there
_TORN = re.compile(r"(?<=\d)([.,])\s+(?=\d)")  # "98. 7", as some tokenizers leave it
_SPACE = re.compile(r"\s+")
# A place inside a word, a number or an amount.
_WITHIN = re.compile(
    r"(?<=\w)(?=\w)|(?<=\d)(?=[.,]\d)|(?<=\d[.,])(?=\d)|(?<=\s[-−])(?=\d)|(?<=\d)(?=[ -](?:thousand|[mbtr]+illion|bn)\b)"
)

_FLIPPED: dict[Polarity, str] = {
    "claim": "the claim denies, the source doesn't",
    "source": "the source denies it, the claim doesn't",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """One sentence of a claim with what checking it gave."""

    text: str
    support: Support


def support(claim: str, source: str) -> Support:
    """Return how well `source` bears out `claim`, one sentence of a claim at a time being best.

    The score is in [0, 1], 1 for a verbatim quotation; a claim without a meaning word is unjudged.
    """
    if _stands_in(_plain(claim), _plain(source)):
        return Support(1.0, "supported" if claim.strip() else "unjudged", "stands verbatim in the source")
    said = stems(claim)
    if not said:
        return Support(0.0, "unjudged", "makes no claim that can be checked")
    there = stems(source)
    have, pairs = set(there), set(pairwise(there))
    missing = [word for word in dict.fromkeys(said) if word not in have]
    words = sum(word in have for word in said) / len(said)
    said_pairs = list(pairwise(said))
    joined = sum(pair in pairs for pair in said_pairs) / len(said_pairs) if said_pairs else words
    score = (words + joined) / 2
    reasons = []
    if lost := sorted(numbers(claim) - numbers(source) - numbers(_TORN.sub(r"\1", source))):
        score *= _MISSING_NUMBER ** min(2, len(lost))
        reasons.append(f"the source has no {', '.join(lost)}")
    if lost := sorted(names(claim) - have):
        score *= _MISSING_NAME ** min(2, len(lost))
        written = spelling(claim)
        reasons.append(f"the source does not name {', '.join(written.get(word, word) for word in lost)}")
    if lost := misquoted(claim, source):
        score *= _OTHER_AMOUNT
        reasons.append(f"the source tells another amount than {', '.join(lost)}")
    if flipped := polarity_against(claim, source):
        score *= _NEGATION_FLIPPED
        reasons.append(_FLIPPED[flipped])
    if missing and not reasons:
        written = spelling(claim)
        reasons.append(f"the source does not have {', '.join(written.get(word, word) for word in missing[:5])}")
    return Support(score, _verdict(score), "; ".join(reasons) or "its words stand in the source")


def check(claim: str, source: str) -> tuple[Support, tuple[Checked, ...]]:
    """Return the support of a claim of several sentences, and of each: the whole is as good as its sentences' mean."""
    checked = tuple(Checked(claim[start:end], support(claim[start:end], source)) for start, end in sentences(claim))
    judged = [each.support.score for each in checked if each.support.verdict != "unjudged"]
    if not judged:
        return Support(0.0, "unjudged", "makes no claim that can be checked"), checked
    score = sum(judged) / len(judged)
    worst = min(checked, key=lambda each: each.support.score)
    return Support(score, _verdict(score), worst.support.reason), checked


def _verdict(score: float) -> Verdict:
    return "supported" if score >= THRESHOLD else "unsupported"


def _stands_in(claim: str, source: str) -> bool:
    """Tell whether the claim stands in the source as whole words and amounts: "cost 3" not in "cost 3.5", nor "3 million"."""
    at = source.find(claim)
    while at >= 0 and (_WITHIN.match(source, at) or _WITHIN.match(source, at + len(claim))):
        at = source.find(claim, at + 1)
    return at >= 0


def _plain(text: str) -> str:
    return _SPACE.sub(" ", normal(text)).strip().casefold()
