"""A Run as files: report.json for programs, report.md for people, cases.jsonl with one line a case."""

from __future__ import annotations

import json
import platform
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eval.metrics import Estimate
from eval.run import Run
from eval.summary import Metric, Summary, Unit, by_type, metrics_of, summarise
from rag import __version__
from rag.errors import StorageError

# The columns of the table by type, beside the deepest hits@k; report.json has every figure of every type.
_BY_TYPE = ("answered", "right_article_cited", "key_fact_quoted", "supported_sentences")
_SHOWN = 20  # crashed cases and skipped lines listed in the Markdown; cases.jsonl and report.json hold all
_PASSWORD = re.compile(r"(?<=://)[^/@\s]+@")


def write(run: Run, out: Path, *, config: Mapping[str, object] | None = None) -> None:
    """Write report.json, report.md and cases.jsonl into the folder `out`, made if need be; a report there is replaced.

    `config` is what the pipeline was set to; it goes into the manifest, passwords in addresses left out.
    All three are written aside and then moved, so that a full disk leaves the old report whole.
    Raises StorageError where the disk refuses.
    """
    summary, parts = summarise(run.cases, run.ks), by_type(run)
    settings = {key: _PASSWORD.sub("", str(value)) for key, value in (config or {}).items()}
    files = {
        "cases.jsonl": "".join(_json(asdict(case)) + "\n" for case in run.cases),
        "report.json": _json(_report(run, summary, parts, settings), indent=2) + "\n",
        "report.md": "".join(f"{line}\n" for line in _markdown(run, summary, parts, settings)),
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out, prefix=".report-") as aside:
            for name, text in files.items():
                # A question may hold half a surrogate pair; backslashreplace spells it as JSON does.
                (Path(aside) / name).write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
            for name in files:
                (Path(aside) / name).replace(out / name)
    except OSError as error:
        why = error.strerror or error
        raise StorageError(f"can't write the report to {out} ({why}); make room or give another --out") from None


def summary_table(run: Run) -> str:
    """Return the figures as an aligned plain-text table, for a terminal."""
    summary = summarise(run.cases, run.ks)
    rows = [("", "value", "95 % interval", "n"), *_rows(run, summary)]
    label, value, interval, n = (max(map(len, column)) for column in zip(*rows, strict=True))
    lines = [f"{a:<{label}}  {b:>{value}}  {c:>{interval}}  {d:>{n}}" for a, b, c, d in rows]
    return "\n".join([_counts(run, summary), *lines])


def _report(run: Run, summary: Summary, parts: Mapping[str, Summary], settings: Mapping[str, str]) -> dict[str, Any]:
    return {
        "manifest": {
            "dateline": __version__,
            "python": platform.python_version(),
            "started": run.started.isoformat(timespec="seconds"),
            "seconds": round(run.seconds, 3),
            "questions": {"file": run.questions, "sha256": run.sha256, "used": len(run.cases)},
            "hits_at": run.ks,
            "config": settings,
        },
        "summary": asdict(summary),
        "by_type": {name: asdict(part) for name, part in parts.items()},
        "skipped": [asdict(line) for line in run.skipped],
    }


def _markdown(run: Run, summary: Summary, parts: Mapping[str, Summary], settings: Mapping[str, str]) -> Iterator[str]:
    digest = f"`{run.sha256}`" if run.sha256 else "unknown"
    yield f"# Evaluation: {_cell(run.questions or 'questions')}"
    yield ""
    yield f"{_counts(run, summary)} A crashed case fails in every metric it is asked for."
    yield ""
    yield f"Dateline {__version__}, {run.started:%Y-%m-%d %H:%M} UTC, {run.seconds:.1f} s. Questions: sha256 {digest}."
    yield ""
    yield from _table(("Metric", "Value", "95 % interval", "n"), _rows(run, summary))
    if parts:
        yield "## By question type"
        yield ""
        shown = [m for m in metrics_of(run.ks[-1:]) if m.key.startswith("hits@") or m.key in _BY_TYPE]
        shown = [m for m in shown if summary.figures[m.key]]
        yield from _table(
            ("Type", "n", "Crashed", "Unjudged", *(m.key.replace("_", " ") for m in shown)),
            (
                (name, str(part.n), str(part.crashed), str(part.unjudged), *(_with_interval(part, m) for m in shown))
                for name, part in parts.items()
            ),
        )
    crashed = [(case.id, case.error or "") for case in run.cases if case.status == "crashed"]
    if crashed:
        yield f"## Crashed{_first(crashed)}"
        yield ""
        yield from _table(("Question", "Error"), crashed[:_SHOWN])
    if run.skipped:
        yield f"## Lines skipped{_first(run.skipped)}"
        yield ""
        yield from _table(("Line", "Reason"), ((str(s.line), s.reason) for s in run.skipped[:_SHOWN]))
    if settings:
        yield "## Configuration"
        yield ""
        yield from _table(("Setting", "Value"), settings.items())


def _counts(run: Run, summary: Summary) -> str:
    counts = f"{summary.n:,} questions, {summary.crashed:,} crashed, {summary.unjudged:,} with a sentence unjudged"
    return f"{counts}, {len(run.skipped):,} lines skipped."


def _rows(run: Run, summary: Summary) -> Iterator[tuple[str, str, str, str]]:
    """Yield label, value, interval and n of every metric that the questions can show."""
    for metric in metrics_of(run.ks):
        if figure := summary.figures[metric.key]:
            yield metric.label, _value(figure.value, metric.unit), _interval(figure, metric.unit), f"{figure.n:,}"


def _with_interval(summary: Summary, metric: Metric) -> str:
    figure = summary.figures[metric.key]
    return f"{_value(figure.value, metric.unit)} ({_interval(figure, metric.unit)})" if figure else "-"


def _interval(figure: Estimate, unit: Unit) -> str:
    return f"{_number(figure.low, unit)} to {_number(figure.high, unit)}"


def _value(value: float, unit: Unit) -> str:
    return _number(value, unit) + {"share": " %", "ms": " ms"}.get(unit, "")


def _number(value: float, unit: Unit) -> str:
    return f"{100 * value:.1f}" if unit == "share" else f"{value:.3f}" if unit == "score" else f"{value:,.1f}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for row in (header, ["---"] * len(header), *rows):
        yield f"| {' | '.join(map(_cell, row))} |"
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _first(items: Sequence[object]) -> str:
    return f" (the first {_SHOWN} of {len(items):,})" if len(items) > _SHOWN else ""


def _json(value: Any, *, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent, default=str)
