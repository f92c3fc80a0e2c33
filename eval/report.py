"""A Run as files: report.json for programs, report.md and report.html for people, cases.csv for a spreadsheet.

cases.jsonl has one line a case, with the trace of its answer where one was kept. From it and manifest.json the other files
can be written again, by `rewrite`.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from eval.measure import Case
from eval.metrics import Summary, by_type, metrics_of, summarise
from eval.run import Run
from eval.tables import REMARK, absent, counts, flat, kept, rows, type_metrics, warnings, with_interval
from eval.trace import Trace
from rag.errors import StorageError, UsageError
from rag.types import Skipped

_SHOWN = 20  # crashed cases and skipped lines listed in the Markdown; cases.jsonl and report.json hold all
_PASSWORD = re.compile(r"(?<=://)[^/@\s]+@")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet runs a cell that begins so
_FIELDS = tuple(field.name for field in fields(Case))
# What a case is, in the CSV; what it scores comes from the table of metrics.
_FACTS = (
    *("id", "question", "type", "answerable", "status", "error", "answer"),
    *("confidence", "words", "hits_rank", "search_ms", "ask_ms"),
)


def without_password(value: object) -> str:
    """Return the setting as the manifest may show it."""
    return _PASSWORD.sub("", str(value))


def rewrite(folder: Path) -> None:
    """Write all reports from the manifest.json and the cases.jsonl in `folder`, over those that are there.

    All are written aside and then moved, so that a full disk leaves the old reports whole.
    Raises UsageError where these can't be read, StorageError where the disk refuses.
    """
    run, manifest = read_folder(folder)
    _save(folder, _reports(run, manifest, _traces(folder)))


def read_folder(folder: Path) -> tuple[Run, dict[str, Any]]:
    """Return the run that a folder holds, and its manifest. Raises UsageError where it holds none."""
    manifest = read_manifest(folder)
    cases = tuple(case_of(row, folder / "cases.jsonl", line) for line, row in _rows(folder))
    questions, skipped = manifest.get("questions"), manifest.get("skipped")
    file = questions if isinstance(questions, Mapping) else {"file": questions or ""}
    try:
        started = datetime.fromisoformat(manifest["started"])
        run = Run(
            cases=cases,
            ks=tuple(int(k) for k in manifest.get("hits_at") or (1, 4, 10)),
            questions=str(file.get("file", "")),
            sha256=str(file.get("sha256", "")),
            skipped=tuple(Skipped(**line) for line in skipped) if isinstance(skipped, list) else (),
            started=started if started.tzinfo else started.replace(tzinfo=UTC),
            seconds=float(manifest["seconds"]),
            absent={str(name): tuple(map(str, gold)) for name, gold in (manifest.get("gold_absent") or {}).items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"the manifest in {folder} can't be used ({error!r}); run the evaluation again") from None
    return run, manifest


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return what a folder says of its run. Raises UsageError where it can't be read."""
    path = folder / "manifest.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(f"{folder} holds no manifest.json; give a folder that `dateline eval run` wrote") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"can't use {path} ({error}); run the evaluation again") from None
    if not isinstance(found, dict):
        raise UsageError(f"can't use {path} (no JSON object); run the evaluation again")
    return found


def _rows(folder: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each line of cases.jsonl with its number, one at a time: traces are large."""
    path, line = folder / "cases.jsonl", 0
    try:
        with path.open(encoding="utf-8") as file:
            for line, text in enumerate(file, 1):
                row = json.loads(text)
                if not isinstance(row, dict):
                    raise ValueError("not a JSON object")
                yield line, row
    except OSError as error:
        raise UsageError(
            f"can't read {path} ({error.strerror}); give a folder that `dateline eval run` wrote"
        ) from None
    except ValueError as error:
        raise UsageError(f"{path}, line {line}: {error}; run the evaluation again, it goes on from there") from None


def case_of(row: Mapping[str, Any], path: Path, line: int) -> Case:
    """Return the case that a line of `path` holds. Raises UsageError where it holds none."""
    try:
        return Case(**{name: row[name] for name in _FIELDS if name in row})
    except TypeError as error:
        raise UsageError(f"{path}, line {line}: {error}; run the evaluation again") from None


def _traces(folder: Path) -> Iterator[Trace | None]:
    for _, row in _rows(folder):
        trace = row.get("trace")
        yield trace if isinstance(trace, dict) else None


def _reports(run: Run, manifest: Mapping[str, Any], traces: Iterable[Trace | None]) -> dict[str, Iterable[str]]:
    """Return the text of each report, in pieces."""
    from eval.html import pieces  # with matplotlib behind it

    summary = summarise(run.cases, run.ks)
    parts = {name: summarise(cases, run.ks) for name, cases in by_type(run).items()}
    return {
        "report.json": [_json(_report(run, manifest, summary, parts), indent=2), "\n"],
        "report.md": (f"{line}\n" for line in _markdown(run, manifest, summary, parts)),
        "cases.csv": _csv(run),
        "report.html": pieces(run, manifest, traces),
    }


def _save(out: Path, texts: Mapping[str, Iterable[str]]) -> None:
    try:
        with tempfile.TemporaryDirectory(dir=out, prefix=".report-") as aside:
            for name, text in texts.items():
                # A question may hold half a surrogate pair; backslashreplace spells it as JSON does.
                with (Path(aside) / name).open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
                    file.writelines(text)
            for name in texts:
                (Path(aside) / name).replace(out / name)
    except OSError as error:
        why = error.strerror or error
        raise StorageError(f"can't write the report to {out} ({why}); make room or give another --out") from None


def summary_table(run: Run) -> str:
    """Return the figures as an aligned plain-text table, for a terminal."""
    summary = summarise(run.cases, run.ks)
    shown = [("", "value", "95 % interval", "n"), *rows(run, summary)]
    label, value, interval, n = (max(map(len, column)) for column in zip(*shown, strict=True))
    lines = [f"{a:<{label}}  {b:>{value}}  {c:>{interval}}  {d:>{n}}" for a, b, c, d in shown]
    return "\n".join([*filter(None, (kept(run), counts(run, summary))), *lines])


def _report(run: Run, manifest: Mapping[str, Any], summary: Summary, parts: Mapping[str, Summary]) -> dict[str, Any]:
    return {
        "manifest": {key: value for key, value in manifest.items() if key != "skipped"},
        "summary": asdict(summary),
        "by_type": {name: asdict(part) for name, part in parts.items()},
        "skipped": [asdict(line) for line in run.skipped],
    }


def _csv(run: Run) -> Iterator[str]:
    """Yield one row a case: what it is, then its score in each metric that a case can score in, under the metric's key.

    A text that a spreadsheet would run gets an apostrophe before it.
    """
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    metrics = [metric for metric in metrics_of(run.ks) if metric.is_of_a_case]
    scores = (
        [getattr(case, name) for name in _FACTS] + [metric.score(case) for metric in metrics] for case in run.cases
    )
    for row in ([*_FACTS, *(metric.key for metric in metrics)], *scores):
        writer.writerow(f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell for cell in row)
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _markdown(run: Run, manifest: Mapping[str, Any], summary: Summary, parts: Mapping[str, Summary]) -> Iterator[str]:
    digest = f"`{run.sha256}`" if run.sha256 else "unknown"
    yield f"# Evaluation: {_cell(run.questions or 'questions')}"
    yield ""
    yield f"{counts(run, summary)} A crashed case fails in every metric it is asked for."
    yield ""
    for warning in warnings(manifest):
        yield f"**{warning}**"
        yield ""
    version = _cell(str(manifest.get("dateline", "")))
    yield f"Dateline {version}, {run.started:%Y-%m-%d %H:%M} UTC, {run.seconds:.1f} s. Questions: sha256 {digest}."
    yield ""
    yield from _table(("Metric", "Value", "95 % interval", "n"), rows(run, summary))
    yield REMARK
    yield ""
    if parts:
        yield "## By question type"
        yield ""
        shown = type_metrics(run, summary)
        yield from _table(
            ("Type", "n", "Crashed", "Unjudged", *(m.key.replace("_", " ") for m in shown)),
            (
                (name, str(part.n), str(part.crashed), str(part.unjudged), *(with_interval(part, m) for m in shown))
                for name, part in parts.items()
            ),
        )
    crashed = [(case.id, case.error or "") for case in run.cases if case.status == "crashed"]
    if crashed:
        yield f"## Crashed{_first(crashed)}"
        yield ""
        yield from _table(("Question", "Error"), crashed[:_SHOWN])
    if run.absent:
        yield f"## Gold that the archive doesn't have{_first(list(run.absent))}"
        yield ""
        yield from _table(("Question", "Articles"), list(absent(run))[:_SHOWN])
    if run.skipped:
        yield f"## Lines skipped{_first(run.skipped)}"
        yield ""
        yield from _table(("Line", "Reason"), ((str(s.line), s.reason) for s in run.skipped[:_SHOWN]))
    yield "## What was run"
    yield ""
    yield from _table(("Setting", "Value"), flat(manifest))


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
