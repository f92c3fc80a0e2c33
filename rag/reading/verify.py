"""Does a source bear out a claim?

A claim that stands verbatim in its source is supported. Otherwise a reader, where there is one, reads each sentence of the
claim beside the sentences of the source that are nearest to it; words that stand there as they are tell too; and a value
that the source tells otherwise (`rag.reading.against`) lowers the verdict and says why. Without a reader the share of
the claim's meaning words and word pairs that the source has decides, and a number, a name or a "not" that the source lacks
weighs against it more than a plain word; so does an amount of another scale, sign or currency, and what the source denies.
The figures stand in docs/decisions.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log

from rag.reading.against import Values, against, values
from rag.reading.amounts import in_words, mended, misquoted
from rag.reading.nearest import nearest, tell
from rag.reading.polarity import Polarity, polarity_against
from rag.reading.twins import twins
from rag.text.split import sentences
from rag.text.words import encodable, names, normal, numbers, spelled_as, spelling, stems
from rag.types import Entails, Support, Verdict

THRESHOLD = 0.5
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
class Lexical:
    """Factors on the lexical score, the share of a claim's words and word pairs that the source has.

    missing_number, missing_name: for each of at most two that the source lacks.
    negation_flipped: where one side denies what the other states; all the words may stand there.
    told_otherwise: once, for an amount or another value that the source tells otherwise, by a rule that is sure.
    """

    missing_number: float = 0.6
    missing_name: float = 0.8
    negation_flipped: float = 0.4
    told_otherwise: float = 0.4


LEXICAL = Lexical()


@dataclass(frozen=True, slots=True)
class Joined:
    """How the reader's log odds, the words and the rules make one score. scripts/reader/calibrate.py measures them.

    cut: the reader's log odds at which a claim is as often passed as not.
    copied, from_share: log odds for each 1 by which the lexical score is above `from_share`: such a claim is all but quoted.
    otherwise, no_number: log odds that are taken away by a value told otherwise and by a number that the source lacks.
    twin: log odds by which a twin of the claim may be better borne out before the rest is taken away.
    lowest: of a claim of several sentences, the weight of its weakest one beside the mean.
    """

    cut: float = -2.0
    copied: float = 80.0
    from_share: float = 0.9
    otherwise: float = 5.0
    no_number: float = 1.0
    twin: float = 0.5
    lowest: float = 0.5


JOINED = Joined()
_SURE = 9.0  # log odds that count as certain
_NEAR = 400  # words of a source in which a denial is looked for by words
_TURNED = 12  # of which twins are read too
_REFUTED = -1.0  # log odds that a claim has at most where a value is told otherwise, however sure the reader is
_READ = 48  # sentences of a claim that are read; of a longer one the rest is checked by words


@dataclass(frozen=True, slots=True)
class Checked:
    """One sentence of a claim with what checking it gave."""

    text: str
    support: Support


def support(claim: str, source: str, reader: Entails | None = None) -> Support:
    """Return how well `source` bears out `claim`, one sentence of a claim at a time being best.

    The score is in [0, 1], 1 for a verbatim quotation; a claim without a meaning word, or that asks, is unjudged.
    """
    return _supports([claim], source, reader)[0]


def check(claim: str, source: str, reader: Entails | None = None) -> tuple[Support, tuple[Checked, ...]]:
    """Return the support of a claim of several sentences, and of each.

    The whole is as good as its sentences' mean; where a reader reads them, as its mean and its weakest one.
    """
    told = [claim[start:end] for start, end in sentences(claim)]
    checked = tuple(Checked(*each) for each in zip(told, _supports(told, source, reader), strict=True))
    judged = [each.support.score for each in checked if each.support.verdict != "unjudged"]
    if not judged:
        return Support(0.0, "unjudged", "makes no claim that can be checked"), checked
    if reader is None or min(judged) == 1:  # each stands verbatim
        score = sum(judged) / len(judged)
    else:
        odds = [odds_of(each) for each in judged]
        score = share_of(JOINED.lowest * min(odds) + (1 - JOINED.lowest) * sum(odds) / len(odds))
    worst = min(checked, key=lambda each: each.support.score)
    return Support(score, verdict_of(score), worst.support.reason), checked


def _supports(claims: Sequence[str], source: str, reader: Entails | None) -> list[Support]:
    claims, source = [in_words(encodable(claim)) for claim in claims], in_words(encodable(source))
    known, told = _known(source), tell(source)
    near = [nearest(claim, told) for claim in claims]
    found = [
        _by_words(claim, known, evidence, nearest(claim, told, _NEAR))
        for claim, evidence in zip(claims, near, strict=True)
    ]
    if reader is None:
        return [words.support for words in found]
    read = [at for at, words in enumerate(found) if words.open][:_READ]
    turned = {at: [] if found[at].otherwise else twins(claims[at]) for at in read[:_TURNED]}
    pairs = [(claims[at], near[at]) for at in read]
    pairs += [(text, near[at]) for at, each in turned.items() for _, text in each]
    chances = iter(reader.supports([(spelled_as(text, told), spelled_as(told, text)) for text, told in pairs]))
    chance = {at: next(chances) for at in read}
    better = {at: _better_twin(chance[at], [(*each, next(chances)) for each in all_]) for at, all_ in turned.items()}
    joined = {at: _joined(found[at], chance[at], *better.get(at, (0.0, ""))) for at in read}
    return [joined.get(at, words.support) for at, words in enumerate(found)]


@dataclass(frozen=True, slots=True)
class _ByWords:
    """What words and rules tell of a claim: its support without a reader, and the log odds that they take from a reader's."""

    support: Support
    doubts: float = 0.0
    otherwise: bool = False  # a value is told otherwise: the reason says which
    open: bool = False  # neither verbatim nor empty: reading may tell more


@dataclass(frozen=True, slots=True)
class _Known:
    """What the check knows of a source, whatever the claim is."""

    source: str
    plain: str
    stems: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    numbers: frozenset[str]
    values: Values


def _known(source: str) -> _Known:
    there = stems(source)
    told = frozenset(numbers(source) | numbers(mended(source)))
    return _Known(source, _plain(source), frozenset(there), frozenset(pairwise(there)), told, values(source))


def _by_words(claim: str, known: _Known, evidence: str, near: str) -> _ByWords:
    """Return what words and rules tell of a claim beside `evidence`, and beside `near`, more of what is nearest to it."""
    if _stands_in(_plain(claim), known.plain):
        return _ByWords(Support(1.0, "supported" if claim.strip() else "unjudged", "stands verbatim in the source"))
    if claim.rstrip().endswith("?"):
        return _ByWords(Support(0.0, "unjudged", "asks, and claims nothing that can be checked"))
    said = stems(claim)
    if not said:
        return _ByWords(Support(0.0, "unjudged", "makes no claim that can be checked"))
    if not known.source.strip():
        return _ByWords(Support(0.0, "unsupported", "the source is empty"))
    have, pairs = known.stems, known.pairs
    missing = [word for word in dict.fromkeys(said) if word not in have]
    words = sum(word in have for word in said) / len(said)
    said_pairs = list(pairwise(said))
    joined = sum(pair in pairs for pair in said_pairs) / len(said_pairs) if said_pairs else words
    score = (words + joined) / 2
    reasons = []
    doubts = 0.0
    otherwise = against(claim, evidence, known.values)
    if lost := misquoted(claim, known.source):
        otherwise = f"the source tells another amount than {', '.join(lost)}"
    if otherwise:
        score *= LEXICAL.told_otherwise
        doubts += JOINED.otherwise
        reasons.append(otherwise)
    if lost := sorted(numbers(claim) - known.numbers):
        score *= LEXICAL.missing_number ** min(2, len(lost))
        doubts += JOINED.no_number
        reasons.append(f"the source has no {', '.join(lost)}")
    if lost := sorted(names(claim) - have):
        score *= LEXICAL.missing_name ** min(2, len(lost))
        written = spelling(claim)
        reasons.append(f"the source does not name {', '.join(written.get(word, word) for word in lost)}")
    if (flipped := polarity_against(claim, near)) and _FLIPPED[flipped] != otherwise:
        score *= LEXICAL.negation_flipped
        reasons.append(_FLIPPED[flipped])
    if missing and not reasons:
        written = spelling(claim)
        reasons.append(f"the source does not have {', '.join(written.get(word, word) for word in missing[:5])}")
    reason = "; ".join(reasons) or "its words stand in the source"
    return _ByWords(Support(score, verdict_of(score), reason), doubts, otherwise is not None, open=True)


def _better_twin(chance: float, read: Sequence[tuple[str, str, float]]) -> tuple[float, str]:
    """Return the log odds that a claim's twins take away, those of one kind once, and the twin that takes most."""
    taken: dict[str, tuple[float, str]] = {}
    for kind, text, other in read:
        taken[kind] = max(taken.get(kind, (0.0, "")), (odds_of(other) - odds_of(chance) - JOINED.twin, text))
    return sum(odds for odds, _ in taken.values()), max(taken.values(), default=(0.0, ""))[1]


def _joined(words: _ByWords, chance: float, taken: float, twin: str) -> Support:
    """Return the verdict of a claim that was read: the reader's odds, moved by copied words, by values and by twins."""
    copied = JOINED.copied * max(0.0, words.support.score - JOINED.from_share)
    odds = odds_of(chance) - JOINED.cut + copied - words.doubts - taken
    score = share_of(min(odds, _REFUTED) if words.otherwise else odds)
    if words.otherwise:
        reason = words.support.reason
    elif verdict_of(score) == "supported":
        reason = f"read beside the source, it is borne out ({score:.2f})"
    elif twin:
        reason = f'the source rather says: "{twin}"'
    else:
        reason = f"read beside the source, it is not borne out ({score:.2f}); {words.support.reason}"
    return Support(score, verdict_of(score), reason)


def odds_of(chance: float) -> float:
    """Return the log odds of a probability, as far as they count."""
    chance = min(max(chance, 1e-9), 1 - 1e-9)
    return min(max(log(chance / (1 - chance)), -_SURE), _SURE)


def share_of(odds: float) -> float:
    """Return the probability of log odds."""
    return 1 / (1 + exp(-odds))


def verdict_of(score: float) -> Verdict:
    """Return the verdict of a score."""
    return "supported" if score >= THRESHOLD else "unsupported"


def _stands_in(claim: str, source: str) -> bool:
    """Tell whether the claim stands in the source as whole words and amounts: "cost 3" not in "cost 3.5", nor "3 million"."""
    at = source.find(claim)
    while at >= 0 and (_WITHIN.match(source, at) or _WITHIN.match(source, at + len(claim))):
        at = source.find(claim, at + 1)
    return at >= 0


def stands_in(claim: str, source: str) -> bool:
    """Tell whether the claim stands in the source word for word, but for spaces, quotation marks and case."""
    said = _plain(claim)
    return bool(said) and _stands_in(said, _plain(source))


def _plain(text: str) -> str:
    return _SPACE.sub(" ", normal(text)).strip().casefold()
