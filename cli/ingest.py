"""`dateline ingest`: files and folders into the archive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import print_json, progress, report_remarks, report_skipped, summary_json, summary_text
from cli.options import Data, Embedder, Json
from rag.config import Config, load
from rag.errors import UsageError
from rag.types import Skipped

if TYPE_CHECKING:
    from corpus import Extracted, Remark
    from rag.archive.ingest import Summary

_REMARKS = 1_000  # kept of one run

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
    remarks: list[Remark] = []
    summary = ingest_paths(config, what, remarks)
    if as_json:
        print_json({**summary_json(summary), "remarks": list(map(str, remarks))})
    else:
        report_skipped(summary.skipped)
        report_remarks(remarks)
        print(summary_text(summary, config))
    if summary.interrupted:
        raise typer.Exit(130)
    if not summary.articles:
        raise UsageError("nothing was read: no record could be used; the reasons stand above")


def ingest_paths(config: Config, what: Sequence[Path], remarks: list[Remark]) -> Summary:
    """Ingest files and folders, with a progress bar where standard error is a terminal; add what was remarked."""
    import corpus
    from rag.archive.ingest import ingest as run

    def noted(items: Iterator[Extracted | Skipped]) -> Iterator[Extracted | Skipped]:
        for item in items:
            if isinstance(item, corpus.Extracted) and item.remark and len(remarks) < _REMARKS:
                remarks.append(item.remark)
            yield item

    items = noted(corpus.articles(what))
    with progress("Ingesting") as advance:
        return run(
            config,
            items,
            on_progress=lambda s: advance(
                s.done, f"{s.articles:,} articles, {s.passages / max(s.seconds, 1e-9):,.0f} passages/s"
            ),
        )
