"""The one table of metrics: each stands there once, and what is about it nowhere else."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import fields
from pathlib import Path

import pytest
import pytrec_eval

import eval as harness
from eval.gate import read_gate
from eval.measure import Case
from eval.metrics import Metric, metrics_of, summarise

TABLE = metrics_of((10, 1, 4))
HOUSE = Path(harness.__file__).parent


def named(key: str) -> Metric:
    return next(metric for metric in TABLE if metric.key == key)


def test_every_key_and_label_stands_once_and_groups_together() -> None:
    for names in ([metric.key for metric in TABLE], [metric.label for metric in TABLE]):
        assert [name for name, count in Counter(names).items() if count > 1] == []
    groups = [metric.group for metric in TABLE]
    assert len([at for at, group in enumerate(groups) if at == 0 or groups[at - 1] != group]) == len(set(groups))
    assert [metric.key for metric in TABLE if metric.key.startswith("hits@")] == ["hits@1", "hits@4", "hits@10"]


@pytest.mark.parametrize("metric", TABLE, ids=lambda metric: metric.key)
def test_every_metric_can_be_gated_by_its_key(metric: Metric) -> None:
    assert read_gate(f"{metric.key}>=0", (1, 4, 10)).key == metric.key
    assert not metric.alias or read_gate(f"{metric.alias}>=0", (1, 4, 10)).key == metric.key
    assert metric.key in summarise((), (1, 4, 10)).figures


@pytest.mark.parametrize("metric", TABLE, ids=lambda metric: metric.key)
def test_what_is_about_a_metric_stands_in_the_table_only(metric: Metric) -> None:
    facts = {field.name for field in fields(Case)}
    drawn = {"calibration_error", "ask_ms_p50", "ask_ms_p95"}  # whose charts say their figures
    other = facts | drawn | {"answered", "right"}  # a status, a side
    for file in HOUSE.glob("*.py"):
        text = file.read_text(encoding="utf-8")
        if file.name != "metrics.py":
            assert metric.label not in text, file
            assert metric.key in other or f'"{metric.key}"' not in text, file


@pytest.mark.parametrize("seed", range(30))
def test_hits_and_reciprocal_rank_as_trec_eval_counts(seed: int) -> None:
    draw = random.Random(seed)
    ranked = draw.sample([f"d{n}" for n in range(30)], 10)
    relevant = set(draw.sample([f"d{n}" for n in range(30)], draw.randint(1, 3)))
    run = {"q": {name: 100.0 - place for place, name in enumerate(ranked)}}
    judged = {"q": dict.fromkeys(relevant, 1)}
    wanted = pytrec_eval.RelevanceEvaluator(judged, {"recip_rank", "success.1,5,10"}).evaluate(run)["q"]
    rank = next((place for place, name in enumerate(ranked, 1) if name in relevant), None)
    case = Case("q", "?", None, True, "answered", ranked=True, hits_rank=rank)
    assert named("mrr@10").score(case) == pytest.approx(wanted["recip_rank"], abs=1e-9)
    hits = [metric.score(case) for metric in metrics_of((1, 5, 10)) if metric.key.startswith("hits@")]
    assert hits == [wanted[f"success_{k}"] for k in (1, 5, 10)]


@pytest.mark.parametrize(("rank", "score"), [(1, 1.0), (2, 0.5), (10, 0.1), (11, 0.0), (None, 0.0)])
def test_past_the_tenth_nothing_is_gained(rank: int | None, score: float) -> None:
    assert named("mrr@10").score(Case("q", "?", None, True, "answered", ranked=True, hits_rank=rank)) == score
    assert named("mrr@10").score(Case("q", "?", None, None, "answered", hits_rank=rank)) is None
