"""Question and passages → which sentence answers; claim and evidence → whether the evidence bears the claim out.

A small encoder (all-MiniLM-L6-v2 trained further, docs/reader.md) with two heads: a start and an end of the answer, where
"no answer" is the span at the opening token (SQuAD 2.0: Rajpurkar et al. 2018), and support. Shipped are two of them, one
trained for each head. Weights are files of int8 with a scale a row, converted once for the CPU, as the embedder's are.
"""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from rag.config import Config
from rag.errors import ModelError, UsageError
from rag.reading.spans import LastRead, Spans
from rag.text.convert import (
    GRAPH_FILE,
    Runtime,
    check_weights,
    convert_once,
    load_graph,
    model_folder,
    runtime,
    write_onnx,
    write_openvino,
)
from rag.text.words import encodable, undotted
from rag.types import Entails, Reading, Reads

_REMEDY = "make it with scripts/reader/pack.py, or set reader = none"
_BESIDE = ("config", "tokenizer")  # what scripts/reader/pack.py puts beside the weights
_INPUTS = ("input_ids", "token_type_ids", "attention_mask")
_WRITERS = {"openvino": write_openvino, "onnx": write_onnx}
_FORM = 1  # part of the cache's folder name; raise it when the conversion changes

_OPEN, _CLOSE = 101, 102  # [CLS] and [SEP]
_QUESTION, _CLAIM = 64, 96  # word pieces of a question and of a claim that are read
_WINDOW = 320  # word pieces of a passage or of evidence that are read at once
_BATCH = 8
_ROUND = 8  # lengths are rounded up to this: the runtime prepares itself anew for every shape


@dataclass(frozen=True, slots=True)
class Calibration:
    """Log odds x → probability 1 / (1 + exp(-(scale x + shift))); fitted on training questions and claims held out."""

    scale: float
    shift: float

    def __call__(self, odds: float) -> float:
        return float(1 / (1 + np.exp(-np.clip(self.scale * odds + self.shift, -30, 30))))


BUILT_IN = "built-in"
_MODEL = Path(__file__).parent / "model"
ANSWERING, CHECKING = _MODEL / "answers.npz", _MODEL / "supports.npz"
SHIPPED = {  # SHA-256 of the weights that are shipped
    ANSWERING: "50d105e35dc55754c23fa80f71627009edd813a0ca0a274c68b150e428195ccd",
    CHECKING: "b3aae79046e22bbb38ed2d58b13673feb0dbc7e0a77bfdc2e4b91304e571d738",
}

ANSWERS = Calibration(1.0, 0.0)
SUPPORTS = Calibration(1.0, 0.0)


def load_reader(config: Config) -> Reader | ReadsAndChecks | None:
    """Return the reader that `config.reader` names, which checks claims by `config.judge`; None for "none".

    Raises ModelError, StorageError, UsageError.
    """
    if config.reader == "none":
        return None
    judge = _judge(config)
    if config.reader.startswith("hub:"):
        from rag.reading.hub import HubReader

        reads = HubReader(config.reader.removeprefix("hub:"))
        return ReadsAndChecks(reads, judge or Reader(CHECKING, config.cache))
    if config.reader == BUILT_IN:
        reader = Reader(ANSWERING, config.cache, checking=CHECKING)
    else:
        reader = Reader(Path(config.reader).expanduser(), config.cache)
    return ReadsAndChecks(reader, judge) if judge else reader


def load_checker(config: Config) -> Entails | None:
    """Return who says whether evidence bears a claim out: `config.judge`, or our own reader where that is built-in.

    None where no reader is wanted either: then words and values alone tell. Raises as `load_reader` does.
    """
    ours = replace(config, reader=BUILT_IN) if config.reader.startswith("hub:") else config
    return _judge(config) or load_reader(ours)


def _judge(config: Config) -> Entails | None:
    """Return the judge that `config` names, None for the built-in one."""
    if config.judge == BUILT_IN:
        return None
    if not config.judge.startswith("model:"):
        raise UsageError(f"judge = {config.judge!r} is not known; it takes built-in or model:NAME")
    from rag.reading.grounding import GroundingModel

    return GroundingModel(config.judge.removeprefix("model:"))


class ReadsAndChecks:
    """Two models as one: the first reads for answers, the second checks claims."""

    def __init__(self, reads: Reads, checks: Entails) -> None:
        self.answers = reads.answers
        self.supports = checks.supports


class Reader:
    """A reader of packed weights. Safe to call from several threads."""

    def __init__(self, weights: Path, cache: Path, *, checking: Path | None = None, use: Runtime | None = None) -> None:
        """Load the reader, converting it the first time; `checking` are weights of their own for `supports`, read when needed.

        Raises ModelError where the weights are missing or damaged, StorageError where `cache` can't be written.
        """
        from tokenizers import Tokenizer

        kind = use or runtime()
        self._infer = _graph(cache, kind, weights)
        self._checking = (cache, kind, checking) if checking else None
        self._checks: Callable[..., Any] | None = None
        self._loading = Lock()
        self._tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._last = LastRead()

    def answers(
        self,
        question: str,
        passages: Sequence[str],
        bounds: Sequence[Sequence[tuple[int, int]]] | None = None,
    ) -> list[Reading]:
        """Return what reading each passage for an answer to the question found.

        `bounds` are, for each passage, where its sentences stand; without, they are told as everywhere.
        """
        return self._last(question, passages, bounds, self._answers)

    def _answers(
        self, question: str, passages: Sequence[str], bounds: Sequence[Sequence[tuple[int, int]]]
    ) -> list[Reading]:
        asked = self._pieces([question])[0][0][:_QUESTION]
        rows: list[list[int]] = []
        places: list[tuple[int, int, list[tuple[int, int]]]] = []  # of a window: its passage, its first piece, offsets
        for at, (ids, offsets) in enumerate(self._pieces(passages)):
            for first, last in _windows(offsets, bounds[at]):
                rows.append(ids[first:last])
                places.append((at, first, offsets[first:last]))
        found = self._read(asked, rows)
        told = Spans(bounds)
        begin = len(asked) + 2
        for (at, _, offsets), scores in zip(places, found, strict=True):
            told.add(at, offsets, scores[begin : begin + len(offsets)], float(scores[0].sum()))
        return told.readings(ANSWERS)

    def supports(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return, for each claim and its evidence, the probability that the evidence bears the claim out; 0 without evidence."""
        claims = [ids[:_CLAIM] for ids, _ in self._pieces([claim for claim, _ in pairs])]
        evidence = [ids[:_WINDOW] for ids, _ in self._pieces([evidence for _, evidence in pairs])]
        out = self._infer_rows(claims, evidence, self._checker())
        return [
            SUPPORTS(float(support)) if ids and said else 0.0
            for (_, support), ids, said in zip(out, evidence, claims, strict=True)
        ]

    def _checker(self) -> Callable[..., Any]:
        """Return what reads claims, loaded when the first one is read: answers in the articles' own words need it never."""
        with self._loading:
            if self._checks is None:
                self._checks = _graph(*self._checking) if self._checking else self._infer
            return self._checks

    def _pieces(self, texts: Sequence[str]) -> list[tuple[list[int], list[tuple[int, int]]]]:
        """Return the word pieces of each text and where each stands in it."""
        encoded = self._tokenizer.encode_batch([undotted(encodable(text)) for text in texts], add_special_tokens=False)
        return [(each.ids, each.offsets) for each in encoded]

    def _read(self, asked: list[int], rows: Sequence[list[int]]) -> list[np.ndarray[Any, Any]]:
        return [scores for scores, _ in self._infer_rows([asked] * len(rows), rows, self._infer)]

    def _infer_rows(
        self, firsts: Sequence[list[int]], seconds: Sequence[list[int]], infer: Callable[..., Any]
    ) -> list[tuple[np.ndarray[Any, Any], float]]:
        """Return for each row the scores of its pieces as starts and ends, float32[len, 2], and its support."""
        rows = [[_OPEN, *one, _CLOSE, *other, _CLOSE] for one, other in zip(firsts, seconds, strict=True)]
        out: list[tuple[np.ndarray[Any, Any], float]] = [(np.zeros((0, 2)), 0.0)] * len(rows)
        order = sorted(range(len(rows)), key=lambda i: -len(rows[i]))
        for at in range(0, len(order), _BATCH):
            batch = order[at : at + _BATCH]
            length = -(-len(rows[batch[0]]) // _ROUND) * _ROUND
            ids, kinds, mask = (np.zeros((len(batch), length), dtype=np.int64) for _ in range(3))
            for row, i in enumerate(batch):
                ids[row, : len(rows[i])], mask[row, : len(rows[i])] = rows[i], 1
                kinds[row, len(firsts[i]) + 2 : len(rows[i])] = 1
            spans, support = infer({"input_ids": ids, "token_type_ids": kinds, "attention_mask": mask})
            for row, i in enumerate(batch):
                out[i] = spans[row, : len(rows[i])], float(support[row])
        return out


def _windows(offsets: Sequence[tuple[int, int]], bounds: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the ranges of word pieces that are read at once: whole sentences where they fit, at most _WINDOW pieces."""
    starts = {low for low, _ in bounds}
    out, first, cut = [], 0, 0
    for at, (low, _) in enumerate(offsets):
        if low in starts:
            cut = at  # the last place at which a sentence begins
        if at - first == _WINDOW:
            end = cut if cut > first else at
            out.append((first, end))
            first = end
    return [*out, (first, len(offsets))] if len(offsets) > first else out


def _graph(cache: Path, kind: Runtime, weights: Path) -> Callable[..., Any]:
    """Return the converted reader of these weights, ready to run."""
    folder = _converted(cache, kind, weights)
    try:
        return load_graph(kind, folder / GRAPH_FILE[kind])
    except Exception:  # a damaged cache: the runtimes raise errors of their own; convert once more, then give up
        shutil.rmtree(folder, ignore_errors=True)
        return load_graph(kind, _converted(cache, kind, weights) / GRAPH_FILE[kind])


def _converted(cache: Path, kind: Runtime, weights: Path) -> Path:
    """Return the folder of the converted reader, named by its weights' checksum."""
    digest = SHIPPED.get(weights, "")
    if not digest:
        try:
            with weights.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ModelError(f"can't read {weights} ({error.strerror}); {_REMEDY}") from None

    def write(aside: Path) -> None:
        if weights in SHIPPED:
            check_weights(weights, SHIPPED[weights], "install Dateline anew, or set reader = none")
        _WRITERS[kind](_module(weights), _INPUTS, aside / GRAPH_FILE[kind])

    return convert_once(cache, f"reader-{digest[:8]}-{kind}-{_FORM}", GRAPH_FILE[kind], write)


def unpack(weights: Path) -> dict[str, np.ndarray[Any, Any]]:
    """Return the float32 weights by name: int8[n, m] times its NAME.scale float32[n] where there is one. Raises ModelError."""
    try:
        with np.load(weights, allow_pickle=False) as packed:
            return {
                name: packed[name].astype(np.float32) * packed[f"{name}.scale"][:, None]
                if packed[name].dtype == np.int8
                else packed[name]
                for name in packed.files
                if not name.endswith(".scale") and name not in _BESIDE
            }
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ModelError(f"can't read {weights} ({error}); {_REMEDY}") from None


def _module(weights: Path) -> Any:
    """Return encoder and heads as one torch module: int64[n, len] ids, kinds, mask → float32[n, len, 2], float32[n]."""
    import torch
    from transformers import BertConfig, BertModel
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # transformers' logging has no types

    class Module(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            config = BertConfig.from_pretrained(str(model_folder()), attn_implementation="eager")
            width = config.hidden_size
            self.encoder = BertModel(config, add_pooling_layer=False)
            self.answer_head = torch.nn.Linear(width, 2)
            self.support_head = torch.nn.Sequential(
                torch.nn.Linear(2 * width, width), torch.nn.GELU(), torch.nn.Linear(width, 1)
            )

        def forward(
            self, input_ids: torch.Tensor, token_type_ids: torch.Tensor, attention_mask: torch.Tensor
        ) -> tuple[torch.Tensor, torch.Tensor]:
            states = self.encoder(
                input_ids=input_ids, token_type_ids=token_type_ids, attention_mask=attention_mask
            ).last_hidden_state
            first = (attention_mask * (1 - token_type_ids)).unsqueeze(-1).to(states.dtype)
            claim = (states * first).sum(1) / first.sum(1).clamp(min=1)
            support = self.support_head(torch.cat([states[:, 0], claim], -1)).squeeze(-1)
            return self.answer_head(states), support

    module = Module().eval()
    try:
        module.load_state_dict({name: torch.from_numpy(value) for name, value in unpack(weights).items()})
    except RuntimeError:
        raise ModelError(f"{weights} holds other weights than a reader's; {_REMEDY}") from None
    return module
