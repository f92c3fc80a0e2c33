"""Figures as a reader sees them: values, intervals and rows of a table, the same in every form of a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eval.metrics import Metric, Summary, Unit, metrics_of
from eval.run import Run
from eval.stats import Estimate

REMARK = (
    "Extractive answers are sentences copied from the archive, and each is checked before it is shown. Support and exact "
    "quotes are then near 1 by construction: they say that the machinery works, not that an answer is right. "
    "Read correctness first."
)
_SUFFIX = {"share": " %", "ms": " ms", "money": " $"}


def counts(run: Run, summary: Summary) -> str:
    """Return how many questions were asked, and what became of those that count for nothing, zeros too."""
    told = f"{summary.n:,} questions, {summary.crashed:,} crashed, {summary.unjudged:,} with a sentence unjudged"
    gold = sum(map(len, run.absent.values()))
    also = f" {gold:,} gold articles of {len(run.absent):,} questions are not in the archive." if gold else ""
    return f"{told}, {len(run.skipped):,} lines skipped.{also}"


def absent(run: Run) -> Iterator[tuple[str, str]]:
    """Yield each question whose gold the archive doesn't have, with that gold."""
    for question, gold in run.absent.items():
        yield question, ", ".join(gold)


def kept(run: Run) -> str:
    """Return what of the run was asked now and what is of an earlier call; nothing where all was asked now."""
    asked = len(run.cases) - run.kept
    return f"{asked:,} asked, {run.kept:,} kept, since {run.started:%Y-%m-%d %H:%M} UTC" if run.kept else ""


def warnings(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield what makes the figures less than they seem."""
    if manifest.get("complete") is False:
        yield "This run is not complete: it stopped before the last question, and the figures are those of the cases so far."
    archive = manifest.get("archive")
    if isinstance(archive, Mapping) and archive.get("end") and archive.get("start") != archive["end"]:
        yield "The archive changed while the questions were asked: not all answers come from the same articles."


def flat(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield a manifest as (setting, value), the names of nested settings joined; what has a table of its own is left out."""
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            if key not in ("skipped", "gold_absent"):
                yield from flat(inner, f"{name} · {key}" if name else str(key))
    elif isinstance(value, list | tuple):
        yield name, ", ".join(map(str, value)) or "none"
    else:
        yield name, "unknown" if value is None else str(value)


def rows(run: Run, summary: Summary) -> Iterator[tuple[str, str, str, str]]:
    """Yield label, value, interval and n of every metric that the questions can show."""
    for metric in metrics_of(run.ks):
        if figure := summary.figures[metric.key]:
            yield metric.label, value(figure.value, metric.unit), interval(figure, metric.unit), f"{figure.n:,}"


def type_metrics(run: Run, summary: Summary) -> list[Metric]:
    """Return the metrics of the table by type that the questions can show; of the cuts of hits@k the deepest."""
    return [metric for metric in metrics_of(run.ks[-1:]) if "type" in metric.shown and summary.figures[metric.key]]


def with_interval(summary: Summary, metric: Metric) -> str:
    """Return value and interval in one cell."""
    figure = summary.figures[metric.key]
    return f"{value(figure.value, metric.unit)} ({interval(figure, metric.unit)})" if figure else "-"


def value(value: float, unit: Unit) -> str:
    """Return a value with its unit: 0.931 → "93.1 %" for a share."""
    return number(value, unit) + _SUFFIX.get(unit, "")


def interval(figure: Estimate, unit: Unit) -> str:
    """Return the two ends of the 95 % interval, without the unit."""
    return f"{number(figure.low, unit)} to {number(figure.high, unit)}"


def number(value: float, unit: Unit, *, sign: bool = False) -> str:
    """Return a value with the digits that its unit deserves, and its sign where it is a change."""
    digits = {"share": 1, "score": 3, "money": 2}.get(unit, 1)
    return f"{100 * value if unit == 'share' else value:{'+' if sign else ''},.{digits}f}"
