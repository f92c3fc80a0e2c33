"""From local files to clean Articles; knows nothing of search.

for item in corpus.articles(["archive.zip", "notes/"]):
    if isinstance(item, Skipped): log(item)
    else: keep(item.article)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from corpus.extract import Extracted, extract
from corpus.sources import read
from rag.types import Skipped

__all__ = ["Extracted", "articles"]


def articles(paths: Sequence[str | Path]) -> Iterator[Extracted | Skipped]:
    """Return a stream of the articles in `paths` and, in their place, of what could not be used.

    Raises UsageError at once, before anything is read, for a path that is missing or holds nothing to read.
    """
    return (item if isinstance(item, Skipped) else extract(item) for item in read(paths))
