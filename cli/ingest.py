"""`dateline ingest`: files, folders and addresses of the web into the archive."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from cli.console import (
    Interrupted,
    interruptible,
    print_json,
    progress,
    report_remarks,
    report_skipped,
    summary_json,
    summary_text,
)
from cli.options import AllowPrivate, Data, Embedder, Json
from rag.batch import STANDARD, shown_input
from rag.config import Config, load
from rag.errors import UsageError
from rag.types import Skipped, is_address

if TYPE_CHECKING:
    from io import BufferedReader

    from corpus import Extracted, Remark
    from rag.archive.ingest import IngestReport

_BLOCK = 1 << 16  # bytes
_REMARKS = 1_000  # kept of one run

commands = typer.Typer()


@commands.command(
    epilog="Examples: `dateline ingest news/` · `dateline ingest articles.jsonl.gz more.zip --data archive` · "
    "`dateline ingest https://news.example/feed.xml`"
)
def ingest(
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="WHAT...",
            help="Files or folders: Markdown, text, HTML, JSON, JSONL, CSV, feeds, sitemaps, OPML, WARC, PDF, DOCX, EPUB, "
            ".gz, .zip; or addresses of the web; - is standard input, as JSON or JSONL",
        ),
    ],
    allow_private: AllowPrivate = None,
    max_pages: Annotated[
        int, typer.Option("--max-pages", metavar="N", min=1, help="Pages of the web to read at most")
    ] = 1_000,
    data: Data = None,
    embedder: Embedder = None,
    as_json: Json = False,
) -> None:
    """Read articles into the archive. Doing it again adds only what is new or changed."""
    from rag.archive.unread import keep_unread

    config = load({"data": data, "embedder": embedder})
    remarks: list[Remark] = []
    places = [place if is_address(place) else Path(place) for place in what]
    summary = ingest_paths(config, places, remarks, WebBounds(tuple(allow_private or ()), max_pages))
    if as_json:
        print_json({**summary_json(summary), "remarks": list(map(str, remarks))})
    else:
        report_skipped(summary.skipped.first, summary.skipped.count)
        report_remarks(remarks)
        print(summary_text(summary, config))
    read = [place for place in what if place != str(STANDARD)]
    unread = [each for each in summary.skipped.first if each.place != shown_input(STANDARD)]
    keep_unread(config, read, unread, whole=not summary.interrupted)
    if summary.interrupted:
        raise Interrupted(f"interrupted; {_kept(summary.articles, config)}, run the same command again to go on")
    if not summary.articles:
        if not summary.skipped.count:
            raise UsageError("nothing was read: there is no record in what was named; name a file that holds articles")
        raise UsageError("nothing was read: no record could be used; the reasons stand above")


@dataclass(frozen=True, slots=True)
class WebBounds:
    """What may be read of the web: hosts of one's own network, and how many pages."""

    allow_private: tuple[str, ...] = ()
    max_pages: int = 1_000


def ingest_paths(
    config: Config, what: Sequence[Path | str], remarks: list[Remark], web: WebBounds = WebBounds()
) -> IngestReport:
    """Ingest files, folders and addresses of the web, with a progress bar on a terminal; add what was remarked.

    Raises Interrupted.
    """
    import corpus
    from rag.archive.ingest import ingest as run

    articles = 0

    def interrupted() -> str:  # before the first article, or while the indexes were brought up to the last
        return f"{_kept(articles, config)}, run the same command again to go on"

    with interruptible(interrupted), _files(what) as (paths, spooled), progress("Ingesting") as advance:

        def on_progress(s: IngestReport) -> None:
            nonlocal articles
            articles = s.articles
            advance(s.done, f"{s.articles:,} articles, {s.passages / max(s.seconds, 1e-9):,.0f} passages/s")

        items: Iterable[Extracted | Skipped] = _noted(
            corpus.articles(paths, allow_private=web.allow_private, max_pages=web.max_pages), remarks
        )
        return run(config, _named(items, spooled) if spooled else items, on_progress=on_progress)


def _noted(items: Iterable[Extracted | Skipped], remarks: list[Remark]) -> Iterator[Extracted | Skipped]:
    """Yield the items; add what was remarked about them."""
    for item in items:
        if not isinstance(item, Skipped) and item.remark and len(remarks) < _REMARKS:
            remarks.append(item.remark)
        yield item


@contextmanager
def _files(what: Sequence[Path | str]) -> Iterator[tuple[Sequence[Path | str], Path | None]]:
    """Yield the paths to read and, among them, the file that holds what came by standard input, None where nothing did."""
    if STANDARD not in what:
        yield what, None
        return
    with tempfile.TemporaryDirectory() as folder:
        spooled = Path(folder) / "input.json"
        with spooled.open("wb") as out:
            given = cast("BufferedReader", sys.stdin.buffer)
            while block := given.read1(_BLOCK):  # `read` waits for a whole block, deaf to Ctrl-C
                out.write(block)
        yield [spooled if path == STANDARD else path for path in what], spooled


def _named(items: Iterable[Extracted | Skipped], spooled: Path) -> Iterator[Extracted | Skipped]:
    """Yield the items; what is skipped of standard input says so."""
    for item in items:
        if isinstance(item, Skipped) and item.place == str(spooled):
            yield replace(item, place=shown_input(STANDARD))
        else:
            yield item


def _kept(articles: int, config: Config) -> str:
    if not articles:
        return f"no article was read into the archive {config.data}"
    return f"{articles:,} article{' is' if articles == 1 else 's are'} in the archive {config.data}"
