"""`support` and `rank_sentences` as a program calls them: with the reader that the settings name, unless another is given.

By default that is the one that Dateline ships. None goes without: by words and nearness alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal

from rag.config import load
from rag.reading import rank, verify
from rag.reading.reader import Reader, ReadsAndChecks, load_checker, load_reader
from rag.types import Embedder, Entails, Reads, Support


def support(claim: str, source: str, *, reader: Entails | Literal["shipped"] | None = "shipped") -> Support:
    """Return how well `source` bears out `claim`: a score in [0, 1], a verdict, and the reason in words.

    Raises ModelError where the reader can't be loaded, StorageError where the cache can't be written.
    """
    return verify.check(claim, source, _checker() if reader == "shipped" else reader)[0]


def rank_sentences(
    question: str,
    sentences: Sequence[str],
    *,
    embedder: Embedder,
    rarity: rank.Rarity | None = None,
    reader: Reads | Literal["shipped"] | None = "shipped",
) -> list[float]:
    """Return a score for each sentence, higher answers better, on one scale for all questions.

    `rarity` gives the inverse document frequency of stems in an archive; without it, the sentences themselves do.
    Raises as `support` does.
    """
    given = _reader() if reader == "shipped" else reader
    return rank.rank_sentences(question, sentences, embedder=embedder, rarity=rarity, reader=given)


@cache
def _reader() -> Reader | ReadsAndChecks | None:
    return load_reader(load())


def _checker() -> Entails | None:
    return _reader() or _judge()


@cache
def _judge() -> Entails | None:
    return load_checker(load())
