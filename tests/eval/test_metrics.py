from __future__ import annotations

import math
import random

import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.metrics import (
    Estimate,
    auc,
    balanced_accuracy,
    hits_at_k,
    kappa,
    mean,
    paired,
    percentile,
    proportion,
    reciprocal_rank,
    share,
)

scores = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def test_hits_at_k() -> None:
    assert [hits_at_k(rank, 4) for rank in (1, 4, 5, None)] == [True, True, False, False]


def test_reciprocal_rank() -> None:
    assert [reciprocal_rank(rank) for rank in (1, 2, 10, 11, None)] == [1, 0.5, 0.1, 0, 0]
    assert reciprocal_rank(4, 3) == 0


@pytest.mark.parametrize("seed", range(30))
def test_hits_and_reciprocal_rank_as_trec_eval_counts(seed: int) -> None:
    draw = random.Random(seed)
    ranked = draw.sample([f"d{n}" for n in range(30)], 20)
    relevant = set(draw.sample([f"d{n}" for n in range(30)], draw.randint(1, 3)))
    run = {"q": {name: 100.0 - place for place, name in enumerate(ranked)}}
    judged = {"q": dict.fromkeys(relevant, 1)}
    wanted = pytrec_eval.RelevanceEvaluator(judged, {"recip_rank", "success.1,5,10"}).evaluate(run)["q"]
    rank = next((place for place, name in enumerate(ranked, 1) if name in relevant), None)
    assert reciprocal_rank(rank, 20) == pytest.approx(wanted["recip_rank"], abs=1e-9)
    assert [hits_at_k(rank, k) for k in (1, 5, 10)] == [wanted[f"success_{k}"] == 1 for k in (1, 5, 10)]


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    # Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17, 1998, table I.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_proportion_is_wilsons(right: int, n: int, low: float, high: float) -> None:
    estimate = proportion(right, n)
    assert estimate is not None
    assert (estimate.value, estimate.n) == (right / n, n)
    assert (estimate.low, estimate.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_proportion_lies_in_its_interval_and_mirrors(counts: tuple[int, int]) -> None:
    right, n = counts
    estimate, mirrored = proportion(right, n), proportion(n - right, n)
    assert estimate is not None and mirrored is not None
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
    assert estimate.low < estimate.high
    assert estimate.low == pytest.approx(1 - mirrored.high, abs=1e-12)


def test_share_counts_the_true() -> None:
    assert share([True, False, True, True]) == proportion(3, 4)


def test_mean_and_its_bootstrap_interval() -> None:
    values = [0.0, 1.0] * 200
    estimate = mean(values)
    assert estimate is not None
    assert (estimate.value, estimate.n) == (0.5, 400)
    # The normal approximation: 1.96 * 0.5 / sqrt(400) = 0.049.
    assert (estimate.low, estimate.high) == (pytest.approx(0.451, abs=0.01), pytest.approx(0.549, abs=0.01))
    assert mean(values) == estimate  # the seed is fixed


def test_mean_of_equal_values_has_no_width() -> None:
    assert mean([0.25, 0.25]) == Estimate(0.25, 0.25, 0.25, 2)


def test_percentile_interpolates() -> None:
    estimate = percentile([40.0, 10.0, 30.0, 20.0], 50)
    assert estimate is not None
    assert (estimate.value, estimate.n) == (25.0, 4)
    assert 10 <= estimate.low <= 25 <= estimate.high <= 40


@settings(max_examples=20)  # each example draws two bootstraps
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_interval_stays_within_the_values(values: list[float]) -> None:
    for estimate in (mean(values), percentile(values, 95)):
        assert estimate is not None
        slack = 1e-9 * max(map(abs, values))
        assert min(values) - slack <= estimate.low <= estimate.high <= max(values) + slack


def test_nothing_to_measure_is_none() -> None:
    assert [proportion(0, 0), share([]), mean([]), percentile([], 50), auc([], [0.5]), auc([0.5], [])] == [None] * 6


def test_auc_by_hand_with_ties() -> None:
    # Of the six pairs four are right and one is a tie.
    estimate = auc([0.9, 0.5, 0.3], [0.5, 0.2])
    assert estimate is not None
    assert estimate.value == pytest.approx((2 + 1.5 + 1) / 6)
    assert estimate.n == 5


def test_auc_and_standard_error_of_hanley_and_mcneil() -> None:
    # Their table I: CT images rated 1 to 5, 58 normal and 51 abnormal; they give 0.893 and a standard error of 0.032.
    normal = [1.0] * 33 + [2.0] * 6 + [3.0] * 6 + [4.0] * 11 + [5.0] * 2
    abnormal = [1.0] * 3 + [2.0] * 2 + [3.0] * 2 + [4.0] * 11 + [5.0] * 33
    estimate = auc(abnormal, normal)
    assert estimate is not None
    assert estimate.value == pytest.approx(0.893, abs=5e-4)
    assert (estimate.high - estimate.low) / 2 / 1.96 == pytest.approx(0.032, abs=1e-3)


@given(scores, scores)
def test_auc_is_the_share_of_ordered_pairs(ups: list[float], downs: list[float]) -> None:
    pairs = [1.0 if up > down else 0.5 if up == down else 0.0 for up in ups for down in downs]
    estimate, turned = auc(ups, downs), auc(downs, ups)
    assert estimate is not None and turned is not None
    assert math.isclose(estimate.value, sum(pairs) / len(pairs), abs_tol=1e-12)
    assert math.isclose(estimate.value, 1 - turned.value, abs_tol=1e-12)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


def test_agreement_of_verdicts_by_hand() -> None:
    said, labels = [True] * 25 + [False] * 25, [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15
    assert kappa(said, labels) == pytest.approx(0.4)  # observed 0.7, by chance 0.5
    assert balanced_accuracy(said, labels) == pytest.approx((20 / 30 + 15 / 20) / 2)
    assert kappa(said, said) == balanced_accuracy(said, said) == 1
    assert kappa(said, [not each for each in said]) == -1


def test_agreement_needs_two_kinds_of_labels() -> None:
    assert kappa([], []) is None
    assert kappa([True, True], [True, True]) is None
    assert balanced_accuracy([True], [True]) is None
    assert paired([], [], kappa) is None
    assert paired([True, True], [True, True], balanced_accuracy) is None


def test_paired_resamples_both_together() -> None:
    estimate = paired([1.0, 2.0, 3.0] * 30, [1.0, 2.0, 3.0] * 30, lambda a, b: float(sum(a) - sum(b)))
    assert estimate == Estimate(0.0, 0.0, 0.0, 90)  # drawn apart, the two sums would differ
    assert paired([True, False] * 40, [True] * 40 + [False] * 40, kappa) == paired(
        [True, False] * 40, [True] * 40 + [False] * 40, kappa
    )


def test_a_statistic_that_no_sample_gives_has_no_width() -> None:
    ones = [1.0, 2.0]
    assert paired(ones, ones, lambda a, b: 0.5 if a is ones else None) == Estimate(0.5, 0.5, 0.5, 2)
