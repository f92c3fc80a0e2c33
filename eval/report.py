"""A Run as files: report.json for programs, report.md for people, cases.jsonl with one line a case."""

from __future__ import annotations

import json
import platform
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eval.metrics import Estimate
from eval.run import Run
from eval.summary import Metric, Summary, Unit, by_type, metrics_of, summarise
from rag import __version__
from rag.errors import StorageError

_BY_TYPE = ("mrr@10", "answered", "right_article_cited", "key_fact_quoted", "supported_sentences", "exact_quotes")
_SHOWN = 20  # crashed cases and skipped lines listed in the Markdown; cases.jsonl and report.json hold all
_PASSWORD = re.compile(r"(?<=://)[^/@\s]+@")


def write(run: Run, out: Path) -> None:
    """Write report.json, report.md and cases.jsonl into the folder `out`, made if need be; a report there is replaced.

    All three are written aside and then moved, so that a full disk leaves the old report whole.
    Raises StorageError where the disk refuses.
    """
    files = {
        "cases.jsonl": "".join(_json(asdict(case)) + "\n" for case in run.cases),
        "report.json": _json(_report(run), indent=2) + "\n",
        "report.md": "".join(f"{line}\n" for line in _markdown(run)),
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
        raise StorageError(f"can't write the report to {out} ({why}); make room or choose another folder with --out") from None


def summary_table(run: Run) -> str:
    """Return the figures as an aligned plain-text table, for a terminal."""
    summary = summarise(run.cases, run.ks)
    rows = [("", "value", "95 % interval", "n"), *_rows(run, summary)]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}" for row in rows]
    return "\n".join([_counts(run, summary), *(line.rstrip() for line in lines)])


def _report(run: Run) -> dict[str, Any]:
    summary = summarise(run.cases, run.ks)
    return {
        "manifest": {
            "dateline": __version__,
            "python": platform.python_version(),
            "started": run.started.isoformat(timespec="seconds"),
            "seconds": round(run.seconds, 3),
            "questions": {"file": run.questions, "sha256": run.sha256, "used": len(run.cases)},
            "hits_at": run.ks,
            "config": {key: _open(value) for key, value in run.config.items()},
        },
        "summary": asdict(summary),
        "by_type": {name: asdict(part) for name, part in by_type(run).items()},
        "skipped": [asdict(line) for line in run.skipped],
    }


def _markdown(run: Run) -> Iterator[str]:
    summary = summarise(run.cases, run.ks)
    yield f"# Evaluation: {_cell(run.questions or 'questions')}"
    yield ""
    yield f"{_counts(run, summary)} A crashed case fails in every metric it is asked for."
    yield f"Dateline {__version__}, {run.started:%Y-%m-%d %H:%M} UTC, {run.seconds:.1f} s, questions sha256 `{run.sha256 or '-'}`."
    yield ""
    yield from _table(("Metric", "Value", "95 % interval", "n"), _rows(run, summary))
    if parts := by_type(run):
        yield "## By question type"
        yield ""
        shown = [m for m in metrics_of(run.ks) if m.key.startswith("hits@") or m.key in _BY_TYPE]
        shown = [m for m in shown if summary.figures[m.key]]
        yield from _table(
            ("Type", "n", "Crashed", "Unjudged", *(m.label for m in shown)),
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
    if run.config:
        yield "## Configuration"
        yield ""
        yield from _table(("Setting", "Value"), ((key, str(_open(value))) for key, value in run.config.items()))


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
    return f"{_value(figure.value, metric.unit)} ({_interval(figure, metric.unit)})" if figure else "–"


def _interval(figure: Estimate, unit: Unit) -> str:
    return f"{_number(figure.low, unit)} – {_number(figure.high, unit)}"


def _value(value: float, unit: Unit) -> str:
    return _number(value, unit) + {"share": " %", "ms": " ms", "words": "", "score": ""}[unit]


def _number(value: float, unit: Unit) -> str:
    return {"share": f"{100 * value:.1f}", "ms": f"{value:,.1f}", "words": f"{value:.1f}", "score": f"{value:.3f}"}[unit]


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for row in (header, ["---"] * len(header), *rows):
        yield f"| {' | '.join(map(_cell, row))} |"
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")


def _first(items: Sequence[object]) -> str:
    return f" (the first {_SHOWN} of {len(items):,})" if len(items) > _SHOWN else ""


def _open(value: object) -> object:
    """Return a setting as it may be published: reports are shared, an address may hold a password."""
    return _PASSWORD.sub("", str(value)) if isinstance(value, str | Path) else value


def _json(value: Any, *, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent, default=str)
