"""What the command line prints: progress and complaints on standard error, results on standard output.

Any stream will do: one that takes ASCII only, one that nobody reads any more, none at all.
"""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import typer

from rag import batch
from rag.config import Config
from rag.errors import DatelineError, LLMError, StorageError, UsageError
from rag.types import Skipped

if TYPE_CHECKING:
    from rich.console import Console

    from rag.archive.ingest import IngestReport

_SHOWN, _LINES = 20, 5  # reasons for skipping that are printed, and line numbers with each
# Signs of print that a terminal without them gets others for; letters are shown by their number instead, never as others.
_PLAIN = {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "·": "|", "→": "->", "\xa0": " "}


class Interrupted(DatelineError):
    """Ctrl-C, with what is true for the command that it ended."""

    exit_code = 130


@contextmanager
def interruptible(told: Callable[[], str]) -> Iterator[None]:
    """Turn Ctrl-C into an Interrupted that says what `told` tells of that moment: what is kept, and how to go on.

    A KeyboardInterrupt that says so itself is believed.
    """
    try:
        yield
    except KeyboardInterrupt as error:
        raise Interrupted(f"interrupted; {str(error) or told()}") from None


def steady_streams() -> None:
    """See to it that whatever is printed can be: what an encoding lacks is spelled out, a stream that is closed is deaf."""
    codecs.register_error("dateline", _spelled)
    for name in ("stdout", "stderr"):
        stream: TextIO | None = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115  (open to the end)
        elif callable(reconfigure := getattr(stream, "reconfigure", None)):
            reconfigure(errors="dateline")


def _spelled(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    written = (_PLAIN.get(sign) or sign.encode("ascii", "backslashreplace").decode() for sign in lacking)
    return "".join(written), error.end


def run_batch(
    file: Path,
    out: Path | None,
    work: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    doing: str,
    *,
    needs: tuple[str, ...] = ("question",),
    jobs: int = 1,
    skip_bad: bool = False,
) -> None:
    """Write `work(row)` for every row of `file` to `out`, with progress, and say how it went. Raises UsageError.

    Raises typer.Exit with 1 where lines were skipped, unless with `skip_bad`.
    """
    if out is None:
        raise UsageError("a batch needs --out FILE for its lines")
    if out.exists() and file.exists() and out.samefile(file):
        raise UsageError(f"--out {out} is the very file that is read; name another")
    rows = list(batch.read_rows(file, needs=needs))
    count = printed = 0
    where = batch.shown_output(out)
    stood = 0 if out == batch.STANDARD else batch.whole_lines(out)

    def interrupted() -> str:  # Ctrl-C may come between a line and its count, so a file is counted itself
        written = printed if out == batch.STANDARD else batch.whole_lines(out) - stood
        told = f"{written:,} of {len(rows):,} lines {'was' if written == 1 else 'were'} written to {where}"
        if out == batch.STANDARD:
            return f"{told}; the same command begins anew, with --out FILE it could go on"
        return f"{told} by now; run the same command again to go on"

    def left() -> str:
        told = f"{len(rows) - count:,} of {len(rows):,} lines are left"
        return told if out == batch.STANDARD else f"{told}, and the same command goes on with them"

    with interruptible(interrupted), progress(doing) as advance:

        def on_row(was_written: bool) -> None:
            nonlocal count, printed
            count += 1
            printed += was_written
            advance(count / len(rows), f"{count:,} of {len(rows):,}")

        try:
            tally = batch.run(iter(rows), out, work, place=batch.shown_input(file), jobs=jobs, on_row=on_row)
        except LLMError as error:
            raise LLMError(f"{error}; {left()}", lasting=True) from None
    report_skipped(tally.skipped.first, tally.skipped.count)
    kept = f", {tally.kept:,} stood there already (remove {out} to start anew)" if tally.kept else ""
    print(f"{tally.done:,} written to {where}{kept}, {tally.skipped.count:,} skipped", file=sys.stderr)
    if not tally.done and not tally.kept:
        raise UsageError(f"nothing could be done with {batch.shown_input(file)}; the lines above say why")
    if tally.skipped.count and not skip_bad:
        raise typer.Exit(1)


def write_one(value: Mapping[str, Any], out: Path) -> None:
    """Write one JSON object to a new file, or to standard output. Raises UsageError where the file is there already."""
    if out == batch.STANDARD:
        print_json(value)
        return
    try:
        with out.open("x", encoding="utf-8", errors="backslashreplace") as file:
            file.write(batch.json_line(value, file))
    except FileExistsError:
        raise UsageError(f"{out} is there already; name another --out, or remove it") from None
    except OSError as error:
        raise StorageError(f"can't write {out} ({error.strerror}); make room or name another --out") from None


def report_skipped(skipped: Sequence[Skipped], count: int | None = None) -> None:
    """Print what was skipped, of `count` in all; records of one file with one reason share a line."""
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
    told = sum(map(len, list(groups.values())[:_SHOWN]))
    if untold := (len(skipped) if count is None else count) - told:
        print(f"skipped: {untold:,} more", file=sys.stderr)


def report_remarks(remarks: Sequence[object]) -> None:
    """Print what was remarked about files that were read, as far as it fits."""
    for remark in remarks[:_SHOWN]:
        print(f"note: {remark}", file=sys.stderr)
    if len(remarks) > _SHOWN:
        print(f"note: {len(remarks) - _SHOWN:,} more", file=sys.stderr)


def summary_json(summary: IngestReport) -> dict[str, Any]:
    """Return an ingest's summary as one JSON object."""
    return {
        "articles": summary.articles,
        "added": summary.added,
        "changed": summary.changed,
        "unchanged": summary.unchanged,
        "replaced": summary.replaced.first,
        "replaced_count": summary.replaced.count,
        "passages": summary.passages,
        "skipped": [{"place": s.place, "line": s.line, "reason": s.reason} for s in summary.skipped.first],
        "skipped_count": summary.skipped.count,
        "undated": summary.undated,
        "unreadable_dates": summary.unreadable_dates,
        "seconds": round(summary.seconds, 2),
        "interrupted": summary.interrupted,
    }


def summary_text(summary: IngestReport, config: Config) -> str:
    """Return an ingest's summary in two lines, three where one text took another's place."""
    parts = [f"{summary.added:,} added", f"{summary.changed:,} changed", f"{summary.unchanged:,} unchanged"]
    if summary.skipped.count:
        parts.append(f"{summary.skipped.count:,} skipped")
    if summary.undated:
        parts.append(f"{summary.undated:,} undated ({summary.unreadable_dates:,} with a date that can't be read)")
    speed = summary.passages / summary.seconds if summary.seconds else 0
    told = f"{summary.articles:,} article{'' if summary.articles == 1 else 's'}: {', '.join(parts)}."
    if summary.replaced.count:
        many = f"{summary.replaced.count:,} text{'' if summary.replaced.count == 1 else 's'}"
        told += f"\n{many} more came under an id or address read before; the last is kept: {summary.replaced.last}."
    told += f"\n{summary.passages:,} passages embedded in {summary.seconds:.1f} s ({speed:,.0f} a second). Archive: {config.data}"
    return told


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object."""
    sys.stdout.write(batch.json_line(value, sys.stdout))


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
