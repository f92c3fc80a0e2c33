"""Two runs of the same questions → what got better, what got worse, and whether chance explains it.

A figure is made as in each run's report; the 95 % interval of its change is by paired bootstrap over the questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from eval import stats
from eval.measure import Case
from eval.metrics import Metric, Unit, metrics_of
from eval.run import Run
from eval.tables import number, value
from rag.errors import UsageError


@dataclass(frozen=True, slots=True)
class Change:
    """A figure of the shared cases in both runs, `n` of which have it in either; `low` to `high` is the interval of b - a.

    verdict: better or worse; same, where the interval holds 0; changed, where neither way is better.
    """

    key: str
    a: float
    b: float
    low: float
    high: float
    n: int
    verdict: str
    unit: Unit

    @property
    def change(self) -> float:
        """b - a."""
        return self.b - self.a


@dataclass(frozen=True, slots=True)
class Flip:
    """A case that came out otherwise in one metric: found or not, or a larger or smaller share."""

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
    differences: tuple[Change, ...]
    flips: tuple[Flip, ...]


def compare(a: Run, b: Run) -> Comparison:
    """Compare the cases that both runs have, by id. Raises UsageError where they share none."""
    ours, theirs = ({case.id: case for case in run.cases} for run in (a, b))
    shared = [(ours[name], theirs[name]) for name in ours if name in theirs]
    if not shared:
        raise UsageError("the two runs share no question, by id; compare runs of the same questions")
    metrics = metrics_of(set(a.ks) & set(b.ks))
    return Comparison(
        n=len(shared),
        only_a=len(ours) - len(shared),
        only_b=len(theirs) - len(shared),
        differences=tuple(d for metric in metrics if (d := _difference(metric, shared))),
        flips=tuple(_flips(metrics, shared)),
    )


def _difference(metric: Metric, shared: Sequence[tuple[Case, Case]]) -> Change | None:
    having = [pair for pair in shared if any(metric.score(case) is not None for case in pair)]
    one, other = (_scored(metric, [pair[at] for pair in having]) for at in (0, 1))
    a, b = (float(metric.pool.value(*each)) if having else np.nan for each in (one, other))
    if np.isnan(a) or np.isnan(b):
        return None
    _, low, high = stats.change(one, other, metric.pool)
    verdict = "same" if low <= 0 <= high else "better" if (low > 0) == (metric.better == "higher") else "worse"
    if metric.better is None and verdict != "same":
        verdict = "changed"
    return Change(metric.key, a, b, low, high, len(having), verdict, metric.unit)


def _scored(metric: Metric, cases: Sequence[Case]) -> tuple[stats.Floats, stats.Floats]:
    """Return what the pool reads of each case, NaN for the score of one that has none."""
    scores = [metric.score(case) for case in cases]
    beside = [metric.beside(case) for case in cases]
    return np.array(scores, dtype=np.float64), np.array(beside, dtype=np.float64)


def _flips(metrics: Sequence[Metric], shared: Sequence[tuple[Case, Case]]) -> Iterator[Flip]:
    """Yield the cases that score otherwise in a metric of yes and no, or of counted things; the worse first, then the larger."""
    found = []
    for one, other in shared:
        for metric in metrics:
            x, y = metric.score(one), metric.score(other)
            if metric.unit == "share" and metric.better and x is not None and y is not None and x != y:
                flip = Flip(one.id, one.question, metric.key, better=(y > x) == (metric.better == "higher"))
                found.append((flip.better, -abs(y - x), flip))
    yield from (flip for *_, flip in sorted(found, key=lambda each: each[:2]))


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
    lines += ["", f"{'':<26} {'first':>10} {'second':>10} {'change':>9}  95 % interval         n"]
    for d in comparison.differences:
        change, low, high = (number(each, d.unit, sign=True) for each in (d.change, d.low, d.high))
        lines.append(
            f"{d.key:<26} {value(d.a, d.unit):>10} {value(d.b, d.unit):>10} {change:>9}  "
            f"{f'{low} to {high}':<18} {d.n:>5,}  {'' if d.verdict == 'same' else d.verdict}".rstrip()
        )
    found = ", ".join(f"{d.key} {d.verdict}" for d in comparison.differences if d.verdict != "same")
    lines += ["", f"Beyond chance: {found}." if found else "Nothing changed beyond chance."]
    return "\n".join(lines)
