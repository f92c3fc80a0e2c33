"""Every figure of a report, pure functions that give its 95 % interval and n. Of nothing they give None, never NaN."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959963984540054  # the 97.5th percentile of the normal distribution
RESAMPLES = 1_000
A = TypeVar("A")
B = TypeVar("B")
SEED = 0  # the same run gives the same interval


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, the two ends of its 95 % interval, and how many observations it rests on."""

    value: float
    low: float
    high: float
    n: int


def hits_at_k(rank: int | None, k: int) -> bool:
    """Whether the first right hit stands among the first `k`. `rank` counts from 1; None where no hit is right."""
    return rank is not None and rank <= k


def reciprocal_rank(rank: int | None, k: int = 10) -> float:
    """Return 1 / `rank` in (0, 1], or 0 where no right hit stands among the first `k`. The mean of it is MRR@k.

    Voorhees, "The TREC-8 Question Answering Track Report", 1999.
    """
    return 1 / rank if rank is not None and rank <= k else 0.0


def proportion(right: int, n: int) -> Estimate | None:
    """Return `right` of `n`, in [0, 1], with the Wilson score interval, honest near 0 and 1 too and for small n.

    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
    """
    if not n:
        return None
    share, z2 = right / n, Z95 * Z95
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    # In exact arithmetic the interval holds the share and ends at 0 or 1 with it; floats miss both by a hair.
    return Estimate(share, min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half)), n)


def share(outcomes: Iterable[bool]) -> Estimate | None:
    """Return the share of true outcomes as `proportion` does."""
    given = list(outcomes)
    return proportion(sum(given), len(given))


def mean(values: Iterable[float]) -> Estimate | None:
    """Return the mean with its percentile bootstrap interval. For graded values; shares of yes and no go to `share`.

    Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    return _bootstrap(values, np.mean)


def percentile(values: Iterable[float], p: float) -> Estimate | None:
    """Return the `p`th percentile, 0 to 100, interpolated between neighbours, with its bootstrap interval."""
    return _bootstrap(values, lambda sample: np.percentile(sample, p))


def _bootstrap(values: Iterable[float], statistic: Callable[[NDArray[np.float64]], np.floating]) -> Estimate | None:
    given = np.fromiter(values, dtype=np.float64)
    if not given.size:
        return None
    draw = np.random.default_rng(SEED)
    samples = [statistic(given[draw.integers(given.size, size=given.size)]) for _ in range(RESAMPLES)]
    low, high = np.percentile(samples, (2.5, 97.5))
    return Estimate(float(statistic(given)), float(low), float(high), given.size)


def auc(positives: Sequence[float], negatives: Sequence[float]) -> Estimate | None:
    """Return how often a positive scores above a negative, in [0, 1], a tie counting half: the area under the ROC.

    0.5 is chance. None where either side is empty. The value is the Mann-Whitney statistic; the interval takes the
    standard error of Hanley & McNeil, "The meaning and use of the area under a receiver operating characteristic (ROC)
    curve", Radiology 143, 1982, and has no width at 0 and 1.
    """
    ups, downs = len(positives), len(negatives)
    if not ups or not downs:
        return None
    below = np.sort(np.asarray(negatives, dtype=np.float64))
    less = np.searchsorted(below, positives, side="left")
    not_more = np.searchsorted(below, positives, side="right")
    area = float((less + not_more).sum()) / (2 * ups * downs)
    q1, q2 = area / (2 - area), 2 * area * area / (1 + area)
    variance = area * (1 - area) + (ups - 1) * (q1 - area * area) + (downs - 1) * (q2 - area * area)
    half = Z95 * math.sqrt(max(0.0, variance) / (ups * downs))
    return Estimate(area, max(0.0, area - half), min(1.0, area + half), ups + downs)


def balanced_accuracy(said: Sequence[bool], labels: Sequence[bool]) -> float | None:
    """Return the mean of the shares of right verdicts on either side, in [0, 1]; None where a side is empty.

    Brodersen et al., "The balanced accuracy and its posterior distribution", ICPR 2010.
    """
    sides = [[s == label for s, label in zip(said, labels, strict=True) if label is want] for want in (True, False)]
    return sum(sum(side) / len(side) for side in sides) / 2 if all(sides) else None


def kappa(said: Sequence[bool], labels: Sequence[bool]) -> float | None:
    """Return Cohen's kappa, the agreement beyond chance, at most 1; None where chance alone agrees on all.

    Cohen, "A coefficient of agreement for nominal scales", Educational and Psychological Measurement 20, 1960.
    """
    n = len(said)
    if not n:
        return None
    observed = sum(s == label for s, label in zip(said, labels, strict=True)) / n
    yes, true = sum(said) / n, sum(labels) / n
    chance = yes * true + (1 - yes) * (1 - true)
    return (observed - chance) / (1 - chance) if chance < 1 else None


def paired(
    ones: Sequence[A], others: Sequence[B], statistic: Callable[[Sequence[A], Sequence[B]], float | None]
) -> Estimate | None:
    """Return a statistic of two sequences, place by place, with its percentile bootstrap interval; None without a value."""
    value = statistic(ones, others)
    if value is None:
        return None
    draw = np.random.default_rng(SEED)
    samples = []
    for _ in range(RESAMPLES):
        at = draw.integers(len(ones), size=len(ones)).tolist()
        sample = statistic([ones[i] for i in at], [others[i] for i in at])
        samples += [] if sample is None else [sample]
    low, high = np.percentile(samples, (2.5, 97.5)) if samples else (value, value)
    return Estimate(value, float(low), float(high), len(ones))
