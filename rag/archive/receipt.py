"""Archive → what `dateline status` tells: how much it holds, how fresh it is, what room each part takes."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rag.archive.catalog import Catalog
from rag.archive.kept import KeptAnswers
from rag.archive.registry import Registry
from rag.config import Config
from rag.text.convert import converted_folder
from rag.text.embed import DEFAULT
from rag.text.precision import kept_precision

_PARTS = {"catalog": "catalog.sqlite3*", "lexical": "lexical/**/*", "vectors": "vectors/**/*"}


def receipt(config: Config) -> dict[str, Any]:
    """Return the receipt as one JSON object, times as ISO text, room in bytes. Raises ArchiveError where there is no archive.

    sources: how those that are registered do; failed: what could not be read; flagged: answers given that rest on what was
    corrected, changed, gone or removed since.
    computes_in: the numbers that the embedder computes in on this CPU, None where it wasn't loaded yet or chooses itself.
    independent: articles that are no near-copies of another, with each group of copies counted once; copies: the others.
    """
    with closing(Registry.open(config.data, write=False)) as registry:
        sources, unread = registry.freshness(datetime.now(UTC)), len(registry.dead_letters())
    with closing(KeptAnswers.open(config.data, write=False)) as kept:
        flagged = kept.flagged()
    with closing(Catalog.open(config.data / "catalog.sqlite3", write=False)) as catalog, catalog.snapshot():
        counts = catalog.counts()
        independent = catalog.independent()
        return {
            "data": str(config.data),
            "articles": counts.articles,
            "passages": counts.passages,
            "outlets": counts.outlets,
            "newest": counts.newest.isoformat() if counts.newest else None,
            "oldest": counts.oldest.isoformat() if counts.oldest else None,
            "undated": counts.undated,
            "generation": counts.generation,
            "embedder": catalog.embedder,
            "computes_in": _computes_in(config) if catalog.embedder == DEFAULT else None,
            "independent": independent,
            "copies": counts.articles - independent,
            "storage": {name: _size(config.data, files) for name, files in _PARTS.items()},
            "last_ingest": catalog.last_run(),
            "sources": sources,
            "failed": unread,
            "flagged": flagged,
        }


def _computes_in(config: Config) -> str | None:
    chosen = kept_precision(converted_folder(config.cache))
    return chosen.told() if chosen else None


def shown(told: dict[str, Any]) -> list[tuple[str, str]]:
    """Return a receipt's names and values as they are read by people."""
    last = told["last_ingest"]
    what = ("added", "changed", "unchanged", "skipped")
    sources = told["sources"]
    readable = told | {
        "sources": _of_sources(sources),
        "storage": ", ".join(f"{name} {_of_bytes(size)}" for name, size in told["storage"].items()),
        "last_ingest": last
        and f"{last['finished'] or last['started'] + ', not finished'} ({', '.join(f'{last[each]:,} {each}' for each in what)})",
    }
    return [(name.replace("_", " "), "-" if value is None else str(value)) for name, value in readable.items()]


def _of_sources(told: dict[str, Any]) -> str:
    state = [f"{told['due']:,} due", f"{told['paused']:,} paused", f"{len(told['failing']):,} failing"]
    since = f", all read since {told['longest_ago']}" if told["longest_ago"] and not told["never_read"] else ""
    return f"{told['registered']:,} ({', '.join(state)}{since})" if told["registered"] else "none"


def _size(data: Path, files: str) -> int:
    size = 0
    for file in data.glob(files):
        try:
            size += file.stat().st_size if file.is_file() else 0
        except OSError:  # a writer has just taken it away
            continue
    return size


def _of_bytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 100_000 else f"{size / 1e3:,.1f} kB"
