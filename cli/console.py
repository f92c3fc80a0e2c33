"""What the command line prints: progress and complaints on standard error, results on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import batch
from rag.config import Config
from rag.errors import UsageError
from rag.types import Skipped

if TYPE_CHECKING:
    from rich.console import Console

    from rag.archive.ingest import Summary

_SHOWN, _LINES = 20, 5  # reasons for skipping that are printed, and line numbers with each


def run_batch(
    file: Path,
    out: Path | None,
    work: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    doing: str,
    *,
    needs: tuple[str, ...] = ("question",),
    jobs: int = 1,
) -> None:
    """Write `work(row)` for every row of `file` to `out`, with progress, and say how it went. Raises UsageError."""
    if out is None:
        raise UsageError("a batch needs --out FILE for its lines")
    if out.exists() and file.exists() and out.samefile(file):
        raise UsageError(f"--out {out} is the very file that is read; name another")
    rows = list(batch.read_rows(file, needs=needs))
    count = 0
    with progress(doing) as advance:

        def on_row() -> None:
            nonlocal count
            count += 1
            advance(count / len(rows), f"{count:,} of {len(rows):,}")

        tally = batch.run(iter(rows), out, work, place=str(file), jobs=jobs, on_row=on_row)
    report_skipped(tally.skipped)
    kept = f", {tally.kept:,} stood there already (remove {out} to start anew)" if tally.kept else ""
    print(f"{tally.done:,} written to {out}{kept}, {len(tally.skipped):,} skipped", file=sys.stderr)
    if not tally.done and not tally.kept:
        raise UsageError(f"nothing could be done with {file}; the lines above say why")


def report_skipped(skipped: Sequence[Skipped]) -> None:
    """Print what was skipped; records of one file with one reason share a line."""
    groups: dict[tuple[str, str], list[Skipped]] = {}
    for each in skipped:
        groups.setdefault((each.place, each.reason), []).append(each)
    for (place, reason), group in list(groups.items())[:_SHOWN]:
        if len(group) == 1:
            print(f"skipped: {group[0]}", file=sys.stderr)
        else:
            lines = ", ".join(str(each.line) for each in group[:_LINES])
            more = f" and {len(group) - _LINES:,} more" if len(group) > _LINES else ""
            print(f"skipped: {place}, lines {lines}{more}: {reason}", file=sys.stderr)
    if len(groups) > _SHOWN:
        print(f"skipped: {sum(map(len, list(groups.values())[_SHOWN:])):,} more", file=sys.stderr)


def report_remarks(remarks: Sequence[object]) -> None:
    """Print what was remarked about files that were read, as far as it fits."""
    for remark in remarks[:_SHOWN]:
        print(f"note: {remark}", file=sys.stderr)
    if len(remarks) > _SHOWN:
        print(f"note: {len(remarks) - _SHOWN:,} more", file=sys.stderr)


def summary_json(summary: Summary) -> dict[str, Any]:
    """Return an ingest's summary as one JSON object."""
    return {
        "articles": summary.articles,
        "added": summary.added,
        "changed": summary.changed,
        "unchanged": summary.unchanged,
        "replaced": summary.replaced,
        "passages": summary.passages,
        "skipped": [{"place": s.place, "line": s.line, "reason": s.reason} for s in summary.skipped],
        "undated": summary.undated,
        "unreadable_dates": summary.unreadable_dates,
        "seconds": round(summary.seconds, 2),
        "interrupted": summary.interrupted,
    }


def summary_text(summary: Summary, config: Config) -> str:
    """Return an ingest's summary in two lines, three where one text took another's place."""
    parts = [f"{summary.added:,} added", f"{summary.changed:,} changed", f"{summary.unchanged:,} unchanged"]
    if summary.skipped:
        parts.append(f"{len(summary.skipped):,} skipped")
    if summary.undated:
        parts.append(f"{summary.undated:,} undated ({summary.unreadable_dates:,} with a date that can't be read)")
    speed = summary.passages / summary.seconds if summary.seconds else 0
    told = f"{summary.articles:,} article{'' if summary.articles == 1 else 's'}: {', '.join(parts)}."
    if summary.replaced:
        many = f"{len(summary.replaced):,} text{'' if len(summary.replaced) == 1 else 's'}"
        told += f"\n{many} more came under an id or address read before; the last is kept: {summary.replaced[-1]}."
    told += f"\n{summary.passages:,} passages embedded in {summary.seconds:.1f} s ({speed:,.0f} a second). Archive: {config.data}"
    return told


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object."""
    print(json.dumps(value, ensure_ascii=False))


def console() -> Console:
    """Return a console for standard output that colours nothing by itself."""
    from rich.console import Console

    return Console(highlight=False)


@contextmanager
def progress(doing: str) -> Iterator[Any]:
    """Yield advance(share, text): a bar on standard error where that is a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda share, text: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=1.0, told="")
        yield lambda share, text: bar.update(task, completed=share, told=text)
