"""Claim and evidence → whether the evidence bears the claim out, by any classifier of the hub (`judge = "model:NAME"`).

One that reads two texts: trained for entailment or grounding, with a label that says so, or with one score; or one that marks
the words of the claim that the evidence doesn't ground (LettuceDetect: Kovács & Recski 2025). Evidence longer than the model
reads at once is read in parts, the best of which counts (as in MiniCheck: Tang et al. 2024).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rag.errors import ModelError, loading
from rag.reading.pairs import PairModel
from rag.reading.verify import JOINED
from rag.text.models import head_of, labels_of, located, supported_label

_WINDOW, _OVERLAP = 512, 64  # word pieces
_MOST = 30.0  # log odds


class GroundingModel:
    """A judge of the hub, by name or folder; "NAME#LABEL" says which label means supported. Safe to call from several threads."""

    def __init__(self, name: str) -> None:
        """Load the judge. Raises ModelError where it can't be, or where its labels don't say which one is meant, UsageError."""
        name, _, label = name.partition("#")
        folder = located(name, "judge")
        if (folder / "modules.json").is_file():
            self._read = _modular(name, str(folder))
            return
        by_word = head_of(folder) == "ForTokenClassification"
        labels = labels_of(folder)
        at = _chosen(name, labels, label) if label or len(labels) > 1 or by_word else None
        model = PairModel(
            name, "judge", "TokenClassification" if by_word else "SequenceClassification", longest=_WINDOW
        )

        def read(pairs: Sequence[tuple[str, str]]) -> list[float]:
            claims = model.shortened([claim for claim, _ in pairs], model.longest // 2)
            windows = model.windows([evidence for _, evidence in pairs], claims, cut="first", overlap=_OVERLAP)
            odds = [-_MOST] * len(pairs)
            for window, (logits,) in zip(windows, model.read(windows), strict=True):
                told = logits[window.of(1)] if by_word else logits[None]
                odds[window.pair] = max(odds[window.pair], min(map(_odds, told, [at] * len(told)), default=-_MOST))
            return odds

        self._read = read

    def probabilities(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return, for each claim and its evidence, the model's probability that it is supported; 0 where one is empty."""
        return [_share(odds) for odds in self._all(pairs)]

    def supports(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return the same as the check takes it, whose even odds are those of the built-in reader (`JOINED.cut`)."""
        return [_share(odds + JOINED.cut) for odds in self._all(pairs)]

    def _all(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return the log odds of each pair; pairs that lack a claim or evidence aren't read."""
        there = [at for at, (claim, evidence) in enumerate(pairs) if claim.strip() and evidence.strip()]
        odds = [-_MOST] * len(pairs)
        if there:
            for at, told in zip(there, self._read([pairs[at] for at in there]), strict=True):
                odds[at] = max(-_MOST, min(_MOST, told))
        return odds


def _chosen(name: str, labels: list[str], label: str) -> int:
    """Return which label means supported. Raises ModelError."""
    if label in labels:
        return labels.index(label)
    if (at := supported_label(labels)) is not None and not label:
        return at
    said = ", ".join(labels[:10])
    wrong = f"has no label {label}" if label else "doesn't say which of its labels means supported"
    raise ModelError(f"the judge {name!r} {wrong}; its labels are {said}: name one, as in model:{name}#{labels[0]}")


def _odds(logits: np.ndarray[Any, Any], at: int | None) -> float:
    """Return the log odds of the label `at` against the others; of a single score, that score."""
    if at is None:
        return float(logits[0])
    others = np.delete(logits, at)
    top = float(others.max())
    return float(logits[at]) - top - float(np.log(np.exp(others - top).sum()))


def _share(odds: float) -> float:
    return float(1 / (1 + np.exp(-odds)))


def _modular(name: str, folder: str) -> Any:
    """Return what reads pairs with a sentence-transformers CrossEncoder of modules, which gives one score."""
    import threading

    with loading("judge", name, "a CrossEncoder with one score"):
        from sentence_transformers import CrossEncoder
        from torch import nn

        model = CrossEncoder(folder, local_files_only=True)
    if model.num_labels != 1:
        raise ModelError(f"the judge {name!r} gives {model.num_labels} scores a pair; name one that gives 1")
    lock = threading.Lock()

    def read(pairs: Sequence[tuple[str, str]]) -> list[float]:
        given = [(evidence, claim) for claim, evidence in pairs]
        with lock:
            said = model.predict(given, activation_fn=nn.Identity(), show_progress_bar=False)
        return [float(each) for each in said]

    return read
