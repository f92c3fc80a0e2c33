"""Two texts → what a transformers model says of them together, window by window where one of them is long.

Shared by the readers and the judges of the hub (`rag.reading.hub`, `rag.reading.grounding`). Code that comes with a model
is never run, and nothing is looked for on the network.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from rag.errors import ModelError, loading
from rag.text.models import located
from rag.text.words import encodable

Head = Literal["QuestionAnswering", "SequenceClassification", "TokenClassification"]
Side = Literal["first", "second"]

_BATCH = 8
_FREE = 2  # positions that RoBERTa and its kin can't use: they count from 2


@dataclass(frozen=True, slots=True)
class Window:
    """A pair, or as much of it as the model reads at once: which pair, its pieces, where they stand and in which text."""

    pair: int
    inputs: dict[str, list[int]]
    offsets: list[tuple[int, int]]
    texts: list[int | None]  # of each piece 0 for the first text, 1 for the second, None for what frames them

    def of(self, text: int) -> slice:
        """Return the pieces of the first (0) or second (1) text."""
        at = [k for k, which in enumerate(self.texts) if which == text]
        return slice(at[0], at[-1] + 1) if at else slice(0, 0)


class PairModel:
    """A transformers model with a head, by hub name or folder; on a GPU where there is one. Safe to call from several threads."""

    def __init__(self, name: str, kind: str, head: Head, *, longest: int) -> None:
        """Load the model `name`; `longest`: pieces of a window at most. Raises ModelError, UsageError."""
        folder = str(located(name, kind))
        with loading(kind, name, f"a transformers model for {_FOR[head]}"):
            import torch
            import transformers
            from transformers.utils import logging

            logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # transformers' logging has no types
            logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # as above
            here: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
            tokenizer: Any = transformers.AutoTokenizer.from_pretrained(folder, **here)
            loader: Any = getattr(transformers, f"AutoModelFor{head}")
            model, info = loader.from_pretrained(folder, dtype=torch.float32, output_loading_info=True, **here)
        if lost := sorted(key for key in info["missing_keys"] if not key.endswith("position_ids")):
            raise ModelError(
                f"the {kind} {name!r} lacks trained weights ({lost[0]}); name a model made for {_FOR[head]}"
            )
        if not tokenizer.is_fast:
            raise ModelError(f"the {kind} {name!r} has no fast tokenizer (tokenizer.json); name another")
        tokenizer.padding_side = "right"
        self.open: int | None = tokenizer.cls_token_id
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._model = model.eval().to(self._device)
        self._tokenizer = tokenizer
        self._lock = threading.Lock()  # a fast tokenizer can't change its settings for two threads at once
        positions = getattr(model.config, "max_position_embeddings", None) or longest + _FREE
        self.longest = min(longest, positions - _FREE, tokenizer.model_max_length)
        self._frame = tokenizer.num_special_tokens_to_add(pair=True)

    def shortened(self, texts: Sequence[str], pieces: int) -> list[str]:
        """Return the texts cut after so many pieces; without what UTF-8 can't hold."""
        plain = [encodable(text) for text in texts]
        if not plain:
            return []
        with self._lock:
            told = self._tokenizer(plain, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
        return [
            text[: offsets[pieces - 1][1]] if len(offsets) > pieces else text
            for text, offsets in zip(plain, told["offset_mapping"], strict=True)
        ]

    def windows(self, firsts: Sequence[str], seconds: Sequence[str], *, cut: Side, overlap: int) -> list[Window]:
        """Return the pairs as windows: the text named by `cut` in parts that overlap by so many pieces, the other whole."""
        if not firsts:
            return []
        firsts, seconds = ([encodable(text) for text in texts] for texts in (firsts, seconds))
        kept = seconds if cut == "first" else firsts
        with self._lock:
            pieces = self._tokenizer(kept, add_special_tokens=False, verbose=False)["input_ids"]
            room = self.longest - self._frame - max(map(len, pieces))
            told = self._tokenizer(
                firsts,
                seconds,
                truncation=f"only_{cut}",
                max_length=self.longest,
                stride=max(0, min(overlap, room // 2)),
                return_overflowing_tokens=True,
                return_offsets_mapping=True,
            )
        names = [name for name in self._tokenizer.model_input_names if name in told]
        return [
            Window(
                told["overflow_to_sample_mapping"][at],
                {name: told[name][at] for name in names},
                [(low, high) for low, high in told["offset_mapping"][at]],
                list(told.sequence_ids(at)),
            )
            for at in range(len(told["input_ids"]))
        ]

    def read(self, windows: Sequence[Window]) -> list[tuple[np.ndarray[Any, Any], ...]]:
        """Return, for each window, what the head gives: start and end scores, or logits; a row for each piece where it has them."""
        import torch

        out: list[tuple[np.ndarray[Any, Any], ...]] = [()] * len(windows)
        order = sorted(range(len(windows)), key=lambda n: -len(windows[n].texts))
        for at in range(0, len(order), _BATCH):
            batch = order[at : at + _BATCH]
            padded = self._tokenizer.pad([windows[n].inputs for n in batch], return_tensors="pt").to(self._device)
            with torch.inference_mode():
                found = self._model(**padded)
            given = [found[name] for name in ("start_logits", "end_logits", "logits") if name in found]
            for row, n in enumerate(batch):
                length = len(windows[n].texts)
                out[n] = tuple(_row(each[row].float().cpu().numpy(), length, padded) for each in given)
        return out


_FOR: dict[Head, str] = {
    "QuestionAnswering": "extractive question answering",
    "SequenceClassification": "entailment or grounding",
    "TokenClassification": "finding what is not grounded",
}


def _row(scores: np.ndarray[Any, Any], length: int, padded: Any) -> np.ndarray[Any, Any]:
    return scores[:length] if scores.shape[:1] == padded["input_ids"].shape[1:] else scores
