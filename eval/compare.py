"""Two runs of the same questions → what got better, what got worse, and whether chance explains it.

Differences come with 95 % intervals by paired bootstrap: the same resampled questions for both runs (Efron & Tibshirani
1993; Koehn 2004, "Statistical Significance Tests for Machine Translation Evaluation").
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from eval.measure import RANKED_TO, Case
from eval.metrics import RESAMPLES, SEED, hits_at_k, reciprocal_rank
from eval.run import Run
from rag.errors import UsageError

Score = Callable[[Case], float | None]
# The figures of which less is better.
_LOWER = {"torn_quotes", "search_ms", "ask_ms", "prompt_tokens", "reply_tokens", "cost_per_1000"}


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure in both runs, over the `n` cases that have it in both; `low` to `high` is the 95 % interval of b - a.

    verdict: better, worse, or same, where the interval holds 0.
    """

    key: str
    a: float
    b: float
    low: float
    high: float
    n: int
    verdict: str

    @property
    def change(self) -> float:
        """b - a."""
        return self.b - self.a


@dataclass(frozen=True, slots=True)
class Flip:
    """A case that came out otherwise, in one figure of yes and no."""

    id: str
    question: str
    key: str
    better: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed from run a to run b. `only_a` and `only_b` count the cases that one run alone has."""

    n: int
    only_a: int
    only_b: int
    differences: tuple[Difference, ...]
    flips: tuple[Flip, ...]


def compare(a: Run, b: Run) -> Comparison:
    """Compare the cases that both runs have, by id. Raises UsageError where they share none."""
    ours, theirs = ({case.id: case for case in run.cases} for run in (a, b))
    shared = [(ours[name], theirs[name]) for name in ours if name in theirs]
    if not shared:
        raise UsageError("the two runs share no question, by id; compare runs of the same questions")
    scores = dict(_scores(sorted(set(a.ks) & set(b.ks))))
    return Comparison(
        n=len(shared),
        only_a=len(ours) - len(shared),
        only_b=len(theirs) - len(shared),
        differences=tuple(d for key, score in scores.items() if (d := _difference(key, score, shared))),
        flips=tuple(_flips(scores, shared)),
    )


def _scores(ks: Sequence[int]) -> Iterator[tuple[str, Score]]:
    """Yield each figure that a case has of its own, by its key in report.json (times: without the percentile)."""
    for k in ks:
        yield f"hits@{k}", partial(_hit, k)
    yield "mrr@10", lambda case: reciprocal_rank(case.hits_rank, 10) if case.ranked else None
    yield f"recall@{RANKED_TO}", lambda case: case.recall
    yield f"map@{RANKED_TO}", lambda case: case.average_precision
    yield f"ndcg@{RANKED_TO}", lambda case: case.ndcg
    yield "answered_when_answerable", lambda case: float(case.status == "answered") if case.answerable else None
    yield (
        "refused_when_unanswerable",
        lambda case: float(case.status == "not_in_corpus") if case.answerable is False else None,
    )
    yield "right_article_cited", lambda case: None if case.gold_cited is None else float(case.gold_cited > 0)
    yield "gold_articles_cited", lambda case: case.gold_cited if case.all_articles else None
    yield "citation_precision", lambda case: case.citation_precision
    yield "key_fact_quoted", lambda case: _number(case.key_fact_quoted)
    yield "key_facts_said", lambda case: case.key_facts_said
    yield "contained", lambda case: _number(case.contained)
    yield "token_f1", lambda case: case.token_f1
    yield "exact_match", lambda case: _number(case.exact_match)
    yield "torn_quotes", lambda case: case.torn / case.exact_quotes if case.exact_quotes else None
    yield "supported_sentences", lambda case: _share(case.supported, case.sentences - case.unjudged, case)
    yield "citation_need", lambda case: case.citation_need
    yield "exact_quotes", lambda case: _share(case.exact_quotes, case.quotes, case)
    yield "search_ms", lambda case: case.search_ms
    yield "ask_ms", lambda case: case.ask_ms
    yield "prompt_tokens", lambda case: _number(case.prompt_tokens)
    yield "reply_tokens", lambda case: _number(case.reply_tokens)
    yield "cost_per_1000", lambda case: None if case.price is None else 1_000 * case.price


def _hit(k: int, case: Case) -> float | None:
    return float(hits_at_k(case.hits_rank, k)) if case.ranked else None


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _share(right: int, n: int, case: Case) -> float | None:
    if case.status == "not_in_corpus":
        return None
    return right / n if n else 0.0 if case.status == "crashed" else None


def _difference(key: str, score: Score, shared: Sequence[tuple[Case, Case]]) -> Difference | None:
    pairs = [(x, y) for one, other in shared if (x := score(one)) is not None and (y := score(other)) is not None]
    if not pairs:
        return None
    values = np.array(pairs, dtype=np.float64)
    change = values[:, 1] - values[:, 0]
    draw = np.random.default_rng(SEED)
    means = [change[draw.integers(len(change), size=len(change))].mean() for _ in range(RESAMPLES)]
    low, high = (float(end) for end in np.percentile(means, (2.5, 97.5)))
    up = -1 if key in _LOWER else 1
    verdict = "same" if low <= 0 <= high else "better" if up * low > 0 else "worse"
    a, b = (math.fsum(column) / len(pairs) for column in values.T.tolist())
    return Difference(key, a, b, low, high, len(pairs), verdict)


def _flips(scores: dict[str, Score], shared: Sequence[tuple[Case, Case]]) -> Iterator[Flip]:
    """Yield the cases that were right and are wrong now, or the other way round: the worse first."""
    found = []
    for one, other in shared:
        for key, score in scores.items():
            x, y = score(one), score(other)
            if {x, y} == {0.0, 1.0}:
                found.append(Flip(one.id, one.question, key, better=y == 1.0))
    yield from sorted(found, key=lambda flip: flip.better)


def table(comparison: Comparison, *, most: int = 20) -> str:
    """Return the comparison as text: the flipped cases first, at most `most` of them, then every figure."""
    lines = [f"{comparison.n:,} questions in both runs"]
    if comparison.only_a or comparison.only_b:
        lines[0] += f"; {comparison.only_a:,} only in the first, {comparison.only_b:,} only in the second, left out"
    worse = sum(not flip.better for flip in comparison.flips)
    lines.append(f"Flipped: {worse:,} to the worse, {len(comparison.flips) - worse:,} to the better")
    for flip in comparison.flips[:most]:
        lines.append(
            f"  {'better' if flip.better else 'worse '}  {flip.key:<26} {flip.id}  {' '.join(flip.question.split())[:80]}"
        )
    if len(comparison.flips) > most:
        lines.append(f"  … and {len(comparison.flips) - most:,} more (--json has all)")
    lines += ["", f"{'':<26} {'first':>9} {'second':>9} {'change':>9}  95 % interval        n"]
    for d in comparison.differences:
        digits = 1 if d.key.endswith(("_ms", "_tokens")) else 4
        lines.append(
            f"{d.key:<26} {d.a:>9.{digits}f} {d.b:>9.{digits}f} {d.change:>+9.{digits}f}  "
            f"{d.low:+.{digits}f} to {d.high:+.{digits}f}  {d.n:>5,}  {'' if d.verdict == 'same' else d.verdict}".rstrip()
        )
    found = ", ".join(f"{d.key} {d.verdict}" for d in comparison.differences if d.verdict != "same")
    lines += ["", f"Beyond chance: {found}." if found else "Nothing changed beyond chance."]
    return "\n".join(lines)
