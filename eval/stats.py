"""Many observations → one figure with its 95 % interval and n. Of nothing they give None, never NaN.

A Pool makes one number of what the cases scored, in a report and in a comparison alike. The statistics are scipy's and
scikit-learn's, which are loaded when a figure is wanted.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1_000
SEED = 0  # the same run gives the same interval
BINS = 10  # of the confidence, in which it is held against the share right
_BATCH = 100  # samples in memory at a time

Floats = NDArray[np.float64]
Value = Callable[[Floats, Floats], Any]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, the two ends of its 95 % interval, and how many observations it rests on."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Pool:
    """How what the cases scored becomes one figure.

    value: takes the scores, and what stands beside each, along the last axis; the score of a case that has none is NaN,
        and so is the value where there is none.
    beside: what that is: how much the score weighs, or what it should have told.
    interval: wilson, for yes or no; bootstrap, by case; clustered, for shares of things that cluster in cases: bootstrap,
        but where all cases are 0 or all are 1, and samples of them too, Wilson's for as many cases.
    """

    value: Value
    beside: Literal["weight", "truth"] = "weight"
    interval: Literal["wilson", "bootstrap", "clustered"] = "bootstrap"


def estimate(scores: Iterable[float], beside: Iterable[float], pool: Pool) -> Estimate | None:
    """Return the figure that `pool` makes of the scores, None where it makes none; n is the sum of the weights, if any."""
    given, aside = (np.fromiter(values, dtype=np.float64) for values in (scores, beside))
    value = float(pool.value(given, aside)) if given.size else np.nan
    if np.isnan(value):
        return None
    n = round(aside.sum()) if pool.beside == "weight" else given.size
    if pool.interval == "wilson" or (pool.interval == "clustered" and value in (0, 1)):
        low, high = _wilson(round(value * given.size), given.size)
        return Estimate(value, min(value, low), max(value, high), n)
    low, high = _bootstrap(pool.value, (given, aside)) or (value, value)
    return Estimate(value, low, high, n)


def change(one: tuple[Floats, Floats], other: tuple[Floats, Floats], pool: Pool) -> tuple[float, float, float]:
    """Return how much more the other's figure is than the one's, and the ends of the 95 % interval of that.

    Both are (scores, beside) of the same cases in the same order: the same cases are drawn for both (Efron & Tibshirani
    1993; Koehn 2004, "Statistical Significance Tests for Machine Translation Evaluation"). NaN where a side has no figure.
    """

    def differ(a: Floats, b: Floats, c: Floats, d: Floats) -> Any:
        return pool.value(c, d) - pool.value(a, b)

    value = float(differ(*one, *other))
    if all(np.array_equal(mine, theirs, equal_nan=True) for mine, theirs in zip(one, other, strict=True)):
        return value, value, value
    return value, *(_bootstrap(differ, (*one, *other)) or (value, value))


def share(outcomes: Iterable[bool]) -> Estimate | None:
    """Return the share of true outcomes, in [0, 1], with Wilson's interval."""
    given = list(map(float, outcomes))
    return estimate(given, [1.0] * len(given), SHARE)


def _wilson(right: int, n: int) -> tuple[float, float]:
    """Return the ends of the score interval of `right` of `n`, honest near 0 and 1 too and for small n.

    Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
    """
    from scipy.stats import binomtest

    found = binomtest(right, n).proportion_ci(0.95, method="wilson")
    return float(found.low), float(found.high)


def _bootstrap(statistic: Callable[..., Any], data: tuple[Floats, ...]) -> tuple[float, float] | None:
    """Return the percentile interval over samples of the cases; None where they are too few, or no sample has a value.

    Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    if data[0].size < 2:
        return None
    from scipy.stats import DegenerateDataWarning, bootstrap

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateDataWarning)  # samples without a value are left out below
        drawn = bootstrap(
            data,
            lambda *sample, axis: statistic(*sample),
            n_resamples=RESAMPLES,
            batch=_BATCH,
            paired=True,
            vectorized=True,
            method="percentile",
            rng=SEED,
        ).bootstrap_distribution
    found = drawn[~np.isnan(drawn)]
    if not found.size:
        return None
    low, high = np.percentile(found, (2.5, 97.5))
    return float(low), float(high)


# -- what a pool makes of the scores -----------------------------------------------------------------------------------


def _average(scores: Floats, weights: Floats) -> Any:
    weight = np.where(np.isnan(scores), 0.0, weights)
    total = weight.sum(axis=-1)
    return _over((np.nan_to_num(scores) * weight).sum(axis=-1), total)


def _over(part: Any, whole: Any) -> Any:
    """Return part / whole, NaN where the whole is 0."""
    return np.divide(part, whole, out=np.full_like(whole, np.nan), where=whole > 0)


def _by_row(one: Callable[[Floats, Floats], float]) -> Value:
    """Return `one` for many rows: it is given the cases of a row that have a score, at least one."""

    def value(scores: Floats, beside: Floats) -> Any:
        if scores.ndim > 1:
            return np.array([value(*row) for row in zip(scores, beside, strict=True)])
        known = ~np.isnan(scores)
        return one(scores[known], beside[known]) if known.any() else np.nan

    return value


def _auc(scores: Floats, labels: Floats) -> Any:
    """Return Mann and Whitney's statistic as a share of the pairs."""
    from scipy.stats import rankdata

    known = ~np.isnan(scores)
    ups, downs = ((known & (labels == side)).sum(axis=-1) for side in (1, 0))
    ranks = rankdata(
        np.where(known, scores, np.inf), axis=-1
    )  # those without a score rank above all others, and don't count
    above = np.where(known & (labels == 1), ranks, 0).sum(axis=-1) - ups * (ups + 1) / 2
    return _over(above, np.asarray(ups * downs, dtype=np.float64))


def _kappa(said: Floats, labels: Floats) -> float:
    from sklearn.metrics import cohen_kappa_score

    return float(cohen_kappa_score(labels, said)) if len({*said, *labels}) > 1 else np.nan


def _balanced_accuracy(said: Floats, labels: Floats) -> float:
    from sklearn.metrics import balanced_accuracy_score

    return float(balanced_accuracy_score(labels, said)) if 0 < labels.sum() < labels.size else np.nan


def _calibration_error(confidence: Floats, right: Floats) -> Any:
    known = ~np.isnan(confidence)
    sure = np.where(known, confidence, 0)
    place = np.where(known, np.minimum(BINS - 1, (sure * BINS).astype(int)), BINS)
    gaps = [np.abs(((sure - right) * (place == each)).sum(axis=-1)) for each in range(BINS)]
    return _over(np.sum(gaps, axis=0), known.sum(axis=-1, dtype=np.float64))


def _area_under_risk(confidence: Floats, right: Floats) -> float:
    _, place, count = np.unique(-confidence, return_inverse=True, return_counts=True)
    wrong = np.repeat(np.bincount(place, 1 - right) / count, count)
    return float((wrong.cumsum() / np.arange(1, wrong.size + 1)).mean())


SHARE = Pool(_average, interval="wilson")
MEAN = Pool(_average)
# Of things counted in each case, such as sentences; the score is their share in the case, the weight how many they are.
COUNTED = Pool(_average, interval="clustered")
# How often a positive scores above a negative, a tie counting half: the area under the ROC. 0.5 is chance.
AUC = Pool(_auc, "truth")
# The mean of the shares of right verdicts on either side (Brodersen et al., "The balanced accuracy and its posterior
# distribution", ICPR 2010), and the agreement beyond chance (Cohen, "A coefficient of agreement for nominal scales", 1960).
BALANCED_ACCURACY = Pool(_by_row(_balanced_accuracy), "truth")
KAPPA = Pool(_by_row(_kappa), "truth")
# How far confidence and the share right lie apart, over bins of equal width: the expected calibration error of Guo et al.,
# "On Calibration of Modern Neural Networks", ICML 2017.
CALIBRATION_ERROR = Pool(_calibration_error, "truth")
# The mean risk over all coverages: answer the surest 1, 2, ... n questions; of equally sure ones each takes the mean of all.
# El-Yaniv & Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 11, 2010.
AREA_UNDER_RISK = Pool(_by_row(_area_under_risk), "truth")


def percentile(p: float) -> Pool:
    """Return the pool that gives the `p`th percentile, 0 to 100, interpolated between neighbours."""
    by_row = _by_row(lambda scores, _: float(np.percentile(scores, p)))

    def value(scores: Floats, beside: Floats) -> Any:
        whole = scores.size and not np.isnan(scores).any()
        return (
            np.percentile(scores, p, axis=-1) if whole else by_row(scores, beside)
        )  # all rows at once are much faster

    return Pool(value)
