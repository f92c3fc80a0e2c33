"""Figures and their intervals: against published tables, by hand, and as properties."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval import stats
from eval.stats import COUNTED, MEAN, SHARE, Estimate, Pool, change, estimate, percentile, share

scores = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def of(values: Sequence[float], pool: Pool, beside: Sequence[float] | None = None) -> Estimate | None:
    return estimate(values, beside or [1.0] * len(values), pool)


def auc(ups: Sequence[float], downs: Sequence[float]) -> Estimate | None:
    return of([*ups, *downs], stats.AUC, [1.0] * len(ups) + [0.0] * len(downs))


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    # Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17, 1998, table I.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_a_share_has_wilsons_interval(right: int, n: int, low: float, high: float) -> None:
    found = share([True] * right + [False] * (n - right))
    assert found is not None
    assert (found.value, found.n) == (right / n, n)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@settings(max_examples=50)
@given(st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_share_lies_in_its_interval(counts: tuple[int, int]) -> None:
    right, n = counts
    found = share([True] * right + [False] * (n - right))
    assert found is not None and 0 <= found.low <= found.value <= found.high <= 1
    assert found.low < found.high


def test_mean_and_its_bootstrap_interval() -> None:
    values = [0.0, 1.0] * 200
    found = of(values, MEAN)
    assert found is not None and (found.value, found.n) == (0.5, 400)
    # The normal approximation: 1.96 * 0.5 / sqrt(400) = 0.049.
    assert (found.low, found.high) == (pytest.approx(0.451, abs=0.01), pytest.approx(0.549, abs=0.01))
    assert of(values, MEAN) == found  # the seed is fixed
    assert of([0.25, 0.25], MEAN) == Estimate(0.25, 0.25, 0.25, 2)


def test_what_is_counted_in_cases_is_pooled_over_all() -> None:
    found = of([1 / 1, 1 / 4], COUNTED, [1, 4])
    assert found is not None and (found.value, found.n) == (pytest.approx(0.4), 5)


def test_the_interval_of_what_clusters_is_of_the_cases() -> None:
    """Ten answers of ten sentences, five wholly supported and five not at all, are no hundred observations."""
    clustered = of([1.0] * 5 + [0.0] * 5, COUNTED, [10.0] * 10)
    alone = share([True] * 50 + [False] * 50)
    assert clustered is not None and alone is not None
    assert clustered.value == alone.value and clustered.n == alone.n == 100
    assert clustered.high - clustered.low > 2.5 * (alone.high - alone.low)


def test_where_all_cases_agree_the_interval_is_wilsons_for_as_many_cases() -> None:
    found, twenty = of([1.0] * 20, COUNTED, [7.0] * 20), share([True] * 20)
    assert found is not None and twenty is not None
    assert (found.value, found.low, found.high, found.n) == (1, twenty.low, 1, 140)


def test_percentile_interpolates() -> None:
    found = of([40.0, 10.0, 30.0, 20.0], percentile(50))
    assert found is not None and (found.value, found.n) == (25.0, 4)
    assert 10 <= found.low <= 25 <= found.high <= 40


@settings(max_examples=20)  # each example draws two bootstraps
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_interval_stays_within_the_values(values: list[float]) -> None:
    for found in (of(values, MEAN), of(values, percentile(95))):
        assert found is not None
        slack = 1e-9 * max(map(abs, values))
        assert min(values) - slack <= found.low <= found.high <= max(values) + slack


def test_nothing_to_measure_is_none() -> None:
    pools = (
        SHARE,
        MEAN,
        COUNTED,
        percentile(5),
        stats.AUC,
        stats.KAPPA,
        stats.CALIBRATION_ERROR,
        stats.AREA_UNDER_RISK,
    )
    assert [of([], pool) for pool in pools] == [None] * len(pools)
    assert auc([], [0.5]) is auc([0.5], []) is share([]) is None


def test_auc_by_hand_with_ties() -> None:
    # Of the six pairs four are right and one is a tie.
    found = auc([0.9, 0.5, 0.3], [0.5, 0.2])
    assert found is not None
    assert (found.value, found.n) == (pytest.approx((2 + 1.5 + 1) / 6), 5)


def test_auc_of_hanley_and_mcneil() -> None:
    # Radiology 143, 1982, table I: CT images rated 1 to 5, 58 normal and 51 abnormal; 0.893 with a standard error of 0.032.
    normal = [1.0] * 33 + [2.0] * 6 + [3.0] * 6 + [4.0] * 11 + [5.0] * 2
    abnormal = [1.0] * 3 + [2.0] * 2 + [3.0] * 2 + [4.0] * 11 + [5.0] * 33
    found = auc(abnormal, normal)
    assert found is not None
    assert found.value == pytest.approx(0.893, abs=5e-4)
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(0.032, abs=4e-3)


@settings(max_examples=20, deadline=None)
@given(scores, scores)
def test_auc_is_the_share_of_ordered_pairs(ups: list[float], downs: list[float]) -> None:
    pairs = [1.0 if up > down else 0.5 if up == down else 0.0 for up in ups for down in downs]
    labels = np.array([1.0] * len(ups) + [0.0] * len(downs))
    assert math.isclose(stats.AUC.value(np.array([*ups, *downs]), labels), sum(pairs) / len(pairs), abs_tol=1e-12)


SAID, LABELS = [1.0] * 25 + [0.0] * 25, [1.0] * 20 + [0.0] * 5 + [1.0] * 10 + [0.0] * 15


@pytest.mark.parametrize(
    ("pool", "said", "labels", "value"),
    [
        (stats.KAPPA, SAID, LABELS, 0.4),  # observed 0.7, by chance 0.5
        (stats.BALANCED_ACCURACY, SAID, LABELS, (20 / 30 + 15 / 20) / 2),
        (stats.KAPPA, SAID, SAID, 1),
        (stats.KAPPA, SAID, [1 - each for each in SAID], -1),
        (stats.KAPPA, [1.0, 1.0], [1.0, 1.0], None),
        (stats.BALANCED_ACCURACY, [1.0], [1.0], None),
    ],
)
def test_agreement_of_verdicts(pool: Pool, said: list[float], labels: list[float], value: float | None) -> None:
    found = of(said, pool, labels)
    assert found is None if value is None else found is not None and found.value == pytest.approx(value)


@pytest.mark.parametrize(
    ("confidence", "right", "error"),
    [
        ([1.0, 0.0], [1, 0], 0),
        ([1.0, 1.0], [1, 0], 0.5),
        ([0.82, 0.88, 0.1], [1, 0, 0], (0.7 + 0.1) / 3),  # two bins: .82 and .88 with half of them right, .1 with none
    ],
)
def test_calibration(confidence: list[float], right: list[float], error: float) -> None:
    found = of(confidence, stats.CALIBRATION_ERROR, right)
    assert found is not None and found.value == pytest.approx(error)


@pytest.mark.parametrize(
    ("confidence", "right", "area"),
    [([0.9, 0.5], [1, 0], (0 + 1 / 2) / 2), ([0.5, 0.9], [1, 0], (1 + 1 / 2) / 2), ([0.5, 0.5], [1, 0], 0.5)],
)
def test_risk_by_coverage(confidence: list[float], right: list[float], area: float) -> None:
    found = of(confidence, stats.AREA_UNDER_RISK, right)
    assert found is not None and found.value == pytest.approx(area)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30))
def test_whatever_is_measured_lies_between_0_and_1(answers: list[tuple[float, bool]]) -> None:
    confidence, right = (np.array(side, dtype=float) for side in zip(*answers, strict=True))
    for pool in (stats.CALIBRATION_ERROR, stats.AREA_UNDER_RISK):
        assert -1e-12 <= pool.value(confidence, right) <= 1 + 1e-12


# -- changes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pool", [MEAN, COUNTED, percentile(50), stats.CALIBRATION_ERROR])
def test_both_sides_are_of_the_same_cases(pool: Pool) -> None:
    values, beside = np.linspace(0, 1, 40), np.ones(40)
    assert change((values, beside), (values, beside), pool) == (0, 0, 0)  # drawn apart, the two would differ


def test_a_case_without_a_score_does_not_count() -> None:
    one, other, weights = np.array([0.0, np.nan, 0.5]), np.array([1.0, 1.0, np.nan]), np.array([1.0, 2.0, 3.0])
    value, low, high = change((one, weights), (other, weights), COUNTED)
    assert value == 1 - 1.5 / 4
    assert low <= value <= high
