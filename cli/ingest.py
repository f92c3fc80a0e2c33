"""`dateline ingest`: files and folders into the archive."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import print_json, progress, report_skipped, summary_json, summary_text
from cli.options import Data, Embedder, Json
from rag.config import Config, load
from rag.errors import UsageError

if TYPE_CHECKING:
    from rag.archive.ingest import IngestReport

commands = typer.Typer()


@commands.command(
    epilog="Examples: `dateline ingest news/` · `dateline ingest articles.jsonl.gz more.zip --data archive`"
)
def ingest(
    what: Annotated[
        list[Path],
        typer.Argument(metavar="WHAT...", help="Files or folders: Markdown, text, HTML, JSON, JSONL, CSV, .gz, .zip"),
    ],
    data: Data = None,
    embedder: Embedder = None,
    as_json: Json = False,
) -> None:
    """Read articles into the archive. Doing it again adds only what is new or changed."""
    config = load({"data": data, "embedder": embedder})
    summary = ingest_paths(config, what)
    if as_json:
        print_json(summary_json(summary))
    else:
        report_skipped(summary.skipped.first, summary.skipped.count)
        print(summary_text(summary, config))
    if summary.interrupted:
        raise typer.Exit(130)
    if not summary.articles:
        raise UsageError("nothing was read: no record could be used; the reasons stand above")


def ingest_paths(config: Config, what: Sequence[Path]) -> IngestReport:
    """Ingest files and folders, with a progress bar where standard error is a terminal."""
    import corpus
    from rag.archive.ingest import ingest as run

    items = corpus.articles(what)
    with progress("Ingesting") as advance:
        return run(
            config,
            items,
            on_progress=lambda s: advance(
                s.done, f"{s.articles:,} articles, {s.passages / max(s.seconds, 1e-9):,.0f} passages/s"
            ),
        )
