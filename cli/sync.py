"""`dateline sync`: the registered sources, brought up to date, once or for good."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import Interrupted, print_json, progress, report_skipped
from cli.options import AllowPrivate, Data, Embedder, Json
from cli.source import seconds
from rag.config import Config, load
from rag.errors import ArchiveError, UsageError
from rag.text.plain import plain

if TYPE_CHECKING:
    from corpus.bring import WhichSources
    from rag.archive.current import SyncReport
    from rag.archive.registry import ArticleChange

_SHOWN = 20  # changes that are printed
_TERMINATED = 143

commands = typer.Typer()


@commands.command(epilog="Examples: `dateline sync` · `dateline sync --every 15m` · `dateline sync --source 3`")
def sync(
    every: Annotated[
        str | None, typer.Option("--every", metavar="TIME", help="Go on for good, as often as this: 15m, 6h, 1d")
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source", metavar="SOURCE", help="Only this one, by number or address, due or not; may be repeated"
        ),
    ] = None,
    all_of_it: Annotated[bool, typer.Option("--all", help="Every source and every page it led to, due or not")] = False,
    max_pages: Annotated[
        int,
        typer.Option("--max-pages", metavar="N", min=1, help="New pages of a source to fetch at most; more come next"),
    ] = 1_000,
    allow_private: AllowPrivate = None,
    data: Data = None,
    embedder: Embedder = None,
    as_json: Json = False,
) -> None:
    """Bring the archive up to date with its sources: what is new, what has changed, what is gone."""
    from corpus.bring import WhichSources

    config = load({"data": data, "embedder": embedder})
    pause = seconds(every) if every else None
    with _stopping() as stop:
        while True:
            start = time.monotonic()  # no clock that is put back makes this wait longer
            try:
                report = run(config, WhichSources(source or (), all_of_it, max_pages), stop.event, allow_private or ())
                _tell(report, config, as_json)
            except ArchiveError as error:
                if pause is None:
                    raise
                print(f"dateline: {error}; trying again in {every}", file=sys.stderr, flush=True)
            else:
                if report.interrupted:
                    raise stop.interrupted(f"{_kept(report, config)}; the same command goes on")
                if pause is None and report.failed and len(report.failed) == report.sources:
                    raise UsageError("no source could be read; the reasons stand above")
            if pause is None:
                return
            if stop.event.wait(max(0.0, start + pause - time.monotonic())):
                return  # nothing was interrupted


def run(config: Config, wanted: WhichSources, stop: threading.Event, allow_private: Sequence[str] = ()) -> SyncReport:
    """Read the sources that are due, or those that are named, and return what that gave."""
    from corpus.bring import bring, due, places
    from rag.archive.current import Current
    from rag.archive.registry import Registry

    Registry.open(config.data, write=False).close()  # looking makes no archive
    with closing(Registry.open(config.data, write=True)) as registry:
        sources = due(registry, wanted, datetime.now(UTC))
        if not sources and not registry.sources():
            raise UsageError(f"{config.data} has no sources; register one: dateline source add URL")
        with (
            places(allow_private) as place,
            Current(config, registry) as current,
            progress("Syncing") as advance,
        ):
            report = current.report

            def on_step() -> None:
                told = f"{report.pages:,} pages, {report.articles:,} articles"
                advance(report.sources / len(sources), told)

            bring(sources, place, current, stop, on_step)
            report.interrupted = report.sources < len(sources)
    return report


class _Stop:
    """The first Ctrl-C or SIGTERM, which lets the article in hand come in; the second ends all at once."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self._terminated = False

    def __call__(self, number: int, _: object) -> None:
        if self.event.is_set():
            raise KeyboardInterrupt
        self._terminated = number == signal.SIGTERM
        self.event.set()

    def interrupted(self, told: str) -> Interrupted:
        error = Interrupted(f"interrupted; {told}")
        if self._terminated:
            error.exit_code = _TERMINATED
        return error


@contextmanager
def _stopping() -> Iterator[_Stop]:
    stop = _Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _kept(report: SyncReport, config: Config) -> str:
    return f"{report.added + report.changed:,} new or changed articles are in the archive {config.data}"


def _tell(report: SyncReport, config: Config, as_json: bool) -> None:
    from rag.archive.kept import KeptAnswers

    flagged = 0
    if report.changes.count or as_json:
        with closing(KeptAnswers.open(config.data, write=False)) as kept:
            flagged = kept.flagged()
    if as_json:
        print_json(report_json(report) | {"flagged_answers": flagged})
        sys.stdout.flush()
        return
    report_skipped(report.skipped.first, report.skipped.count)
    for failed in report.failed:
        often = "" if failed.failures == 1 else f", {failed.failures} times in a row"
        print(f"failed{often}: {failed.address}: {failed.reason}", file=sys.stderr)
    for change in report.changes.first[:_SHOWN]:
        print(_change_text(change))
    if report.changes.count > _SHOWN:
        print(f"... and {report.changes.count - _SHOWN:,} more changes")
    if flagged:
        many = "1 answer given earlier rests" if flagged == 1 else f"{flagged:,} answers given earlier rest"
        print(f"{many} on what is not as it was: dateline answers --flagged")
    print(report_text(report, config), flush=True)


def _change_text(change: ArticleChange) -> str:
    told = f"+{change.words_added:,} -{change.words_removed:,} words, {change.sentences_changed:,} sentences changed"
    notice = f" ({change.notice})" if change.notice else ""
    what = "gone" if change.kind == "gone" else f"{change.kind}: {told}{notice}"
    return plain(f"{change.title} <{change.url or change.article_id}> {what}")


def report_text(report: SyncReport, config: Config) -> str:
    """Return a run's summary in one line."""
    many = f"{report.sources:,} source{'' if report.sources == 1 else 's'}"
    told = [f"{report.added:,} added", f"{report.changed:,} changed", f"{report.unchanged:,} unchanged"]
    told += [f"{report.corrected:,} corrected"] if report.corrected else []
    told += [f"{report.gone:,} gone"] if report.gone else []
    told += [f"{report.skipped.count:,} skipped"] if report.skipped.count else []
    if not report.sources:
        return f"no source is due; `dateline source list` says when. Archive: {config.data}"
    more = [f"{report.more:,} with more to come"] if report.more else []
    state = [f"{report.same:,} with nothing new", *more, *([f"{len(report.failed):,} failed"] if report.failed else [])]
    return (
        f"{many} ({', '.join(state)}), {report.pages:,} pages: {', '.join(told)} in {report.seconds:.1f} s. "
        f"Archive: {config.data}"
    )


def report_json(report: SyncReport) -> dict[str, Any]:
    """Return a run's summary as one JSON object."""
    return {
        "sources": report.sources,
        "same": report.same,
        "more": report.more,
        "failed": [{"source": f.address, "failures": f.failures, "reason": f.reason} for f in report.failed],
        "pages": report.pages,
        "added": report.added,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "corrected": report.corrected,
        "gone": report.gone,
        "passages": report.passages,
        "changes": [
            {
                "article_id": c.article_id,
                "url": c.url,
                "title": c.title,
                "kind": c.kind,
                "version": c.version,
                "words_added": c.words_added,
                "words_removed": c.words_removed,
                "sentences_changed": c.sentences_changed,
                "notice": c.notice,
            }
            for c in report.changes.first
        ],
        "changes_count": report.changes.count,
        "skipped": [{"place": s.place, "line": s.line, "reason": s.reason} for s in report.skipped.first],
        "skipped_count": report.skipped.count,
        "seconds": round(report.seconds, 2),
        "interrupted": report.interrupted,
    }
