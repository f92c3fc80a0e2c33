"""Measures of a ranking against what is relevant, and of an answer against the one expected. Pure functions.

Rankings are ids, best first, each once. Where nothing is relevant a measure is None: there is nothing to find.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from math import log2

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_DROPPED = frozenset(string.punctuation + "‘’")

Supports = Callable[[str, str], bool]


def recall_at_k(ranked: Sequence[str], relevant: Collection[str], k: int) -> float | None:
    """Return the share of the relevant ids among the first `k`, in [0, 1]."""
    return len(set(ranked[:k]) & set(relevant)) / len(set(relevant)) if relevant else None


def average_precision(ranked: Sequence[str], relevant: Collection[str], k: int | None = None) -> float | None:
    """Return the mean, over the relevant ids, of the precision at each one's rank, in [0, 1]; MAP is the mean of it.

    One not found, or not among the first `k`, counts 0. Buckley & Voorhees, "Evaluating evaluation measure stability",
    SIGIR 2000; as trec_eval's map and map_cut.
    """
    wanted = set(relevant)
    if not wanted:
        return None
    found = 0
    total = 0.0
    for rank, name in enumerate(ranked[:k], 1):
        if name in wanted:
            found += 1
            total += found / rank
    return total / len(wanted)


def ndcg(ranked: Sequence[str], gains: Mapping[str, float], k: int | None = None) -> float | None:
    """Return the normalised discounted cumulative gain among the first `k`, in [0, 1]; `gains` of 0 are not relevant.

    Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR techniques", TOIS 20, 2002, with the gain itself over
    log2(rank + 1), as trec_eval's ndcg and ndcg_cut.
    """
    best = sorted((gain for gain in gains.values() if gain > 0), reverse=True)[:k]
    if not best:
        return None
    ideal = sum(gain / log2(rank + 1) for rank, gain in enumerate(best, 1))
    given = (max(0.0, gains.get(name, 0.0)) / log2(rank + 1) for rank, name in enumerate(ranked[:k], 1))
    return sum(given) / ideal


def exact_match(said: str, expected: Sequence[str]) -> bool:
    """Tell whether the answer is one of those expected, case, articles and punctuation aside.

    Rajpurkar et al., "SQuAD: 100,000+ questions for machine comprehension of text", EMNLP 2016.
    """
    return any(_normal(said) == _normal(each) for each in expected)


def token_f1(said: str, expected: Sequence[str]) -> float:
    """Return the best F1 of the answer's words against an expected answer's, in [0, 1] (Rajpurkar et al. 2016)."""
    return max((_f1(_normal(said), _normal(each)) for each in expected), default=0.0)


def contains(said: str, expected: Sequence[str]) -> bool:
    """Tell whether an expected answer stands in the answer as whole words."""
    padded = f" {' '.join(_normal(said))} "
    return any(f" {' '.join(words)} " in padded for each in expected if (words := _normal(each)))


def coverage(said: str, key_facts: Sequence[str]) -> float | None:
    """Return the share of the key facts that stand in `said` as whole words, in [0, 1]; None without any."""
    return sum(contains(said, [fact]) for fact in key_facts) / len(key_facts) if key_facts else None


def _normal(text: str) -> list[str]:
    return _ARTICLES.sub(" ", "".join(map(_bare, text.lower()))).split()


def _bare(character: str) -> str:
    """Return what is left of a character: nothing of SQuAD's punctuation, and a space for the rest, which news has: “ ” —."""
    if character in _DROPPED:
        return ""
    return " " if unicodedata.category(character).startswith("P") else character


def _f1(said: Sequence[str], wanted: Sequence[str]) -> float:
    if not said or not wanted:
        return float(said == wanted)
    shared = sum((Counter(said) & Counter(wanted)).values())
    return 2 * shared / (len(said) + len(wanted))


def citation_precision(cited: Sequence[tuple[str, Sequence[str]]], supports: Supports) -> float | None:
    """Return the share of the citations that their statement needs, in [0, 1]; None where nothing is cited.

    `cited` are statements with the texts they cite; supports(claim, source) decides. A citation counts if its statement is
    supported and it supports the statement alone, or the others don't without it. Gao et al., "Enabling Large Language
    Models to Generate Text with Citations" (ALCE), EMNLP 2023.
    """
    right = n = 0
    for claim, sources in cited:
        whole = _supported(claim, sources, supports)
        for at, source in enumerate(sources):
            n += 1
            others = [*sources[:at], *sources[at + 1 :]]
            right += whole and (supports(claim, source) or not _supported(claim, others, supports))
    return right / n if n else None


def _supported(claim: str, sources: Sequence[str], supports: Supports) -> bool:
    return bool(sources) and supports(claim, "\n".join(sources))
