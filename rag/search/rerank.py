"""Plan and hits → the best k of them, where a model that reads question and passage together has a say in the order.

By default that is the reader. A cross-encoder, where one is named, reads both together (Nogueira & Cho 2019, "Passage
Re-ranking with BERT"): better than two vectors, and a hundred times slower. Neither knows anything of outlets, days or the
parts of a question, which the order of the search serves, so what they say is added to where the hits stood and doesn't replace it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from rag.errors import ModelError, loading
from rag.search.fuse import scale
from rag.search.weights import SearchWeights
from rag.text.models import located

if TYPE_CHECKING:
    from rag.types import Hit, Plan, Reads


class Reranker(Protocol):
    """Puts hits in a better order. `depth` is how many it reads at most."""

    depth: int

    def rerank(self, plan: Plan, hits: Sequence[Hit], k: int) -> list[Hit]:
        """Return the best `k` hits, best first, with new ranks and scores."""
        ...


class CrossEncoderReranker:
    """Any sentence-transformers CrossEncoder with one score, by hub name or folder; on a GPU where there is one.

    "model:NAME" is the same as NAME. Safe to call from several threads: a call at a time.
    """

    def __init__(self, name: str, weights: SearchWeights = SearchWeights()) -> None:
        name = name.removeprefix("model:")
        folder = str(located(name, "reranker"))
        with loading("reranker", name, "a sentence-transformers CrossEncoder's name or folder"):
            from sentence_transformers import CrossEncoder

            self._model = CrossEncoder(folder, local_files_only=True)
        self._lock = threading.Lock()  # its tokenizer can't change its settings for two threads at once
        self._weights = weights
        self.depth = weights.reranked
        if self._model.num_labels != 1:
            raise ModelError(
                f"the reranker {name!r} gives {self._model.num_labels} scores a pair; name one that gives 1"
            )

    def scores(self, question: str, texts: Sequence[str]) -> list[float]:
        """Return the model's score of each text beside the question; higher is better."""
        with self._lock:
            found = self._model.predict([(question, text) for text in texts], show_progress_bar=False)
        return [float(each) for each in found]

    def rerank(self, plan: Plan, hits: Sequence[Hit], k: int) -> list[Hit]:
        """Return the best `k` hits, best first, with new ranks; a score is in [0, 1 + the reranker's weight]."""
        if not hits:
            return []
        said = self.scores(plan.question, [f"{hit.article.title}\n{hit.chunk.text}" for hit in hits])
        scaled = scale(said)
        scores = [1 - n / len(hits) + self._weights.reranker * scaled(each) for n, each in enumerate(said)]
        order = sorted(range(len(hits)), key=lambda n: (-scores[n], n))[:k]
        return [replace(hits[n], score=scores[n], rank=rank) for rank, n in enumerate(order, 1)]


class ReadingReranker:
    """The reader: a passage that it finds an answer in moves up."""

    def __init__(self, reader: Reads, weights: SearchWeights = SearchWeights()) -> None:
        self._reader = reader
        self._weights = weights
        self.depth = weights.read

    def rerank(self, plan: Plan, hits: Sequence[Hit], k: int) -> list[Hit]:
        """Return the best `k` hits, best first, with new ranks; a score is in [0, 1 + the weight of reading].

        What is asked of several outlets or events no passage answers whole: then the order stays.
        """
        if plan.parts:
            return list(hits[:k])
        readings = self._reader.answers(plan.question, [hit.chunk.text for hit in hits])
        scores = [1 - n / len(hits) + self._weights.reading * each.answerable for n, each in enumerate(readings)]
        order = sorted(range(len(hits)), key=lambda n: (-scores[n], n))[:k]
        return [replace(hits[n], score=scores[n], rank=rank) for rank, n in enumerate(order, 1)]
