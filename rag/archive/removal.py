"""Articles out of the archive, for good."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

from rag.archive.catalog import Catalog
from rag.archive.index import Archive
from rag.archive.lock import writer_lock
from rag.archive.rows import Selection
from rag.config import Config


def remove(config: Config, selection: Selection) -> int:
    """Take articles out with their earlier versions, and return how many.

    Raises NotFound, and removes nothing, for what the archive doesn't have; LockedError when another process is writing.
    """
    with closing(Catalog.open(config.data / "catalog.sqlite3", write=False)) as catalog:
        config = replace(config, embedder=catalog.embedder or config.embedder)  # whichever it is, nothing is embedded
    with writer_lock(config.data, doing="remove"), closing(Archive.open(config, write=True)) as archive:
        return archive.remove(selection)
