"""From local files to clean Articles; knows nothing of search.

for item in corpus.articles(["archive.zip", "notes/"]):
    if isinstance(item, Skipped): log(item)
    else: keep(item.article)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from corpus.extract import Extracted, Remark, extract
from corpus.sources import read
from rag.types import Skipped

__all__ = ["Extracted", "Remark", "articles"]

_REMARKS = 20  # on one file


def articles(paths: Sequence[str | Path]) -> Iterator[Extracted | Skipped]:
    """Return a stream of the articles in `paths` and, in their place, of what could not be used.

    A field that looks like a date or a text and was not understood is remarked on with the first article of a file.
    Raises UsageError at once, before anything is read, for a path that is missing or holds nothing to read.
    """
    return _told_once(item if isinstance(item, Skipped) else extract(item) for item in read(paths))


def _told_once(items: Iterator[Extracted | Skipped]) -> Iterator[Extracted | Skipped]:
    place, told = "", set[str]()
    for item in items:
        if isinstance(item, Extracted) and (remark := item.remark):
            if remark.place != place:
                place, told = remark.place, set()
            if remark.about in told or len(told) >= _REMARKS:
                item = replace(item, remark=None)
            told.add(remark.about)
        yield item
