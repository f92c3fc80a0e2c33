"""Texts → float32[n, dim], rows of unit length.

`load_embedder(config)` gives the converted all-MiniLM-L6-v2 (`FastEmbedder`) or any sentence-transformers model by name or
path (`SentenceTransformerEmbedder`, on a GPU where there is one). `StubEmbedder` is the fake that ships beside them.
"""

from __future__ import annotations

import hashlib
import shutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.config import Config
from rag.errors import loading
from rag.text.convert import GRAPH_FILE, Infer, Runtime, converted, cores, load_graph, runtime
from rag.text.models import located
from rag.text.precision import SENTENCES, load_precise, precision
from rag.text.words import stems
from rag.types import Embedder

if TYPE_CHECKING:
    from rag.types import Vectors

DEFAULT = "all-MiniLM-L6-v2"
STUB = "stub"
# Texts a batch. Measured on 2 cores, 160-word passages: 1: 109 a second, 4: 122, 8: 131, 16: 129, 32: 121.
_BATCH = 8
# Lengths are rounded up to this: the runtime prepares itself anew for every shape. 1: 135 a second, 8: 141, 32: 137.
_ROUND = 8
# A text not so long, as a share of the batch's longest, goes in the next one: to embed what an answer needs took 74 ms, now 55.
_ALIKE = 0.5
# From so many batches on (an ingest; what a question needs is less) each core computes batches of its own, instead of all
# cores together one batch at a time: 383 sentences a second instead of 221 on 2 cores, with two thirds of the processor time.
_MANY = 16
_WINDOW = 256
_FRAME = 2  # the word pieces that open and close every sequence


def load_embedder(config: Config) -> Embedder:
    """Return the embedder that `config.embedder` names, the built-in one for None. Raises ModelError when it can't be loaded.

    Whoever asks an archive names the archive's own: `Archive.embedder`.
    """
    if config.embedder in (None, DEFAULT):
        return FastEmbedder(config.cache)
    if config.embedder == STUB:
        return StubEmbedder()
    return SentenceTransformerEmbedder(str(config.embedder))


class FastEmbedder:
    """all-MiniLM-L6-v2 as one converted graph on the CPU. Safe to call from several threads: a call at a time."""

    name = DEFAULT
    dim = 384
    max_tokens = _WINDOW - _FRAME

    def __init__(self, cache: Path, *, use: Runtime | None = None) -> None:
        self._kind = use or runtime()
        self._folder = converted(cache, use=self._kind)
        try:
            self._load()
        except Exception:  # a damaged cache: the runtimes raise errors of their own; convert once more, then give up
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = converted(cache, use=self._kind)
            self._load()

    def _load(self) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._infer = self._graph(at_once=1)

    def _graph(self, at_once: int) -> Infer:
        if self._kind == "onnx":
            return load_graph(self._kind, self._folder / GRAPH_FILE[self._kind], at_once=at_once)
        chosen = precision(self._folder, lambda: [inputs for _, inputs in self._batches(SENTENCES)])
        return load_precise(self._folder, chosen.numbers, at_once=at_once)

    @cached_property
    def _infer_many(self) -> Infer:
        """What computes a batch on one core, for a call from each core."""
        return self._graph(at_once=cores())

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32[n, 384]; text past 256 word pieces does not count."""
        out = np.empty((len(texts), self.dim), dtype=np.float32)
        batches = list(self._batches(texts))
        if len(batches) < _MANY or cores() == 1:
            for rows, inputs in batches:
                out[rows] = self._infer(inputs)[0]
            return out
        infer = self._infer_many
        with ThreadPoolExecutor(cores()) as threads:
            found = threads.map(lambda batch: infer(batch[1])[0], batches)
            for (rows, _), vectors in zip(batches, found, strict=True):
                out[rows] = vectors
        return out

    def _batches(self, texts: Sequence[str]) -> Iterator[tuple[list[int], Mapping[str, np.ndarray[Any, Any]]]]:
        """Yield the places of some texts and their word pieces as the graph takes them, the longest texts first."""
        pieces = [e.ids for e in self._tokenizer.encode_batch_fast(list(texts))]
        # Longest first, so that a batch holds texts of one length and pads little.
        order = sorted(range(len(pieces)), key=lambda i: -len(pieces[i]))
        while order:
            longest = min(_WINDOW, len(pieces[order[0]]))
            batch = [i for i in order[:_BATCH] if len(pieces[i]) > _ALIKE * longest]
            order = order[len(batch) :]
            length = -(-longest // _ROUND) * _ROUND
            ids = np.zeros((len(batch), length), dtype=np.int64)
            mask = np.zeros_like(ids)
            for row, i in enumerate(batch):
                kept = pieces[i] if len(pieces[i]) <= _WINDOW else [*pieces[i][: _WINDOW - 1], pieces[i][-1]]
                ids[row, : len(kept)] = kept
                mask[row, : len(kept)] = 1
            yield batch, {"input_ids": ids, "attention_mask": mask}

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the word pieces of each text, without the two that frame a sequence."""
        return [len(e.ids) for e in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]


def cosines(vectors: Vectors, vector: np.ndarray[Any, Any]) -> list[float]:
    """Return the cosine of each of `vectors` float32[n, dim], of unit length as `vector` is, to it; [] for none.

    Not by "@": the threads of its library (OpenBLAS) stay busy for some 25 ms after it, at the embedder's expense.
    """
    found: list[float] = np.einsum("nd,d->n", vectors, vector).tolist() if len(vectors) else []
    return found


class SentenceTransformerEmbedder:
    """Any sentence-transformers model, by hub name or local path."""

    def __init__(self, name: str) -> None:
        folder = str(located(name, "embedder"))
        with loading("embedder", name, "a sentence-transformers name or folder"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from sentence_transformers import SentenceTransformer

            self._model = SentenceTransformer(folder, local_files_only=True)
        self.name = name
        self.dim = int(self._model.get_embedding_dimension() or 0)
        self.max_tokens = int(self._model.max_seq_length or 512) - _FRAME

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32[n, dim], rows of unit length."""
        vectors = self._model.encode(list(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), self.dim)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the word pieces of each text, without those that frame a sequence."""
        tokenizer: Any = self._model.tokenizer
        encoded = tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]


class StubEmbedder:
    """A bag of hashed stems: no model, the same vectors in every process; for tests and dry runs."""

    name = STUB
    dim = 64
    max_tokens = _WINDOW - _FRAME

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32[n, 64]; texts that share words are near each other."""
        out = np.zeros((len(texts), self.dim), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in stems(text):
                bucket = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4).digest(), "big")
                out[row, bucket % self.dim] += 1.0
            if not out[row].any():
                out[row, 0] = 1.0
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        return out

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the words of each text."""
        return [len(text.split()) for text in texts]
