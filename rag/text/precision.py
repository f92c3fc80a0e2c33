"""In which numbers the embedder computes on this CPU: bfloat16 where the CPU has it, else int8 or float32.

The int8 form keeps the weights as int8, a scale a row, and lets OpenVINO make int8 of what is multiplied with them, in groups
that have a scale each. It is chosen where a measurement on this CPU says that it is so much faster and as good; what was
chosen and measured is kept beside the converted model, is told by `dateline status`, and is measured anew on another CPU.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from rag.errors import StorageError
from rag.text.convert import BFLOAT16, FLOAT32, GRAPH_FILE, Infer, convert_once, cpu, import_openvino, load_graph

Numbers = Literal["bfloat16", "int8", "float32"]

# int8 must be at least so many times as fast as float32, in processor time, and its vectors so near to the others, each.
FASTER, NEAR = 1.5, 0.99
_SETTINGS = {"bfloat16": BFLOAT16, "float32": FLOAT32, "int8": FLOAT32 | {"DYNAMIC_QUANTIZATION_GROUP_SIZE": "64"}}
_FILE = "precision.json"
_ROUNDS = 5
# What is measured with: sentences as they stand in news.
SENTENCES = (
    "The council voted nine to four on Tuesday to close the old swimming pool in Harwell Street.",
    "Shares in the carmaker fell 3.2 percent after it cut its forecast for the year.",
    "“We will not leave before every family has a roof again,” the governor said.",
    "Rain.",
    "Researchers at two universities followed 4,100 children for eleven years and found that those who slept less than "
    "seven hours a night did worse in tests of memory, though not in mathematics or in reading.",
    "He was born in Tromsø in 1961.",
    "The striker scored twice in the last ten minutes to send Dunmore into the semi-finals for the first time since 1988.",
    "Police are looking for a grey van that was seen near the warehouse shortly before the fire broke out.",
    "Why did the ferry turn back?",
    "The central bank left its key rate at 4.25 percent, as expected, and said that it saw inflation near its target by spring.",
    "Her third novel, about a lighthouse keeper who stops writing letters, won the prize last autumn.",
    "The treaty, which 41 countries have signed so far, bans the trade in the bird's feathers from 1 January.",
    "Doctors advise drinking more water than usual and staying indoors between noon and four o'clock.",
    "A spokeswoman for the airline declined to say how many passengers had been on board.",
    "The minister resigned on Friday.",
    "The company, founded by two brothers in a garage outside Leeds, employs 260 people and makes valves for pumps.",
)

Inputs = Mapping[str, "np.ndarray[Any, Any]"]


@dataclass(frozen=True, slots=True)
class Precision:
    """What the embedder computes in on a CPU. `faster`, `cosine`: of int8 against float32, where that was measured."""

    numbers: Numbers
    cpu: str
    faster: float | None = None
    cosine: float | None = None

    def told(self) -> str:
        """Say it in a few words."""
        if self.faster is None:
            return f"{self.numbers} ({self.cpu})"
        return f"{self.numbers} (int8 {self.faster:g} times as fast as float32, cosine {self.cosine:g}; {self.cpu})"


def precision(folder: Path, batches: Callable[[], Sequence[Inputs]]) -> Precision:
    """Return what the model converted to OpenVINO in `folder` computes in here; `batches` are measured with, where need be."""
    here, native = cpu()
    kept = kept_precision(folder)
    if kept and kept.cpu == here and (kept.numbers == "bfloat16") == native:
        return kept
    chosen = Precision("bfloat16", here) if native else _measured(folder, batches(), here)
    with suppress(OSError):  # a cache that can only be read: it is measured each time
        aside = folder / f"{_FILE}.{os.getpid()}"
        aside.write_text(json.dumps(asdict(chosen)), encoding="utf-8")
        aside.replace(folder / _FILE)
    return chosen


def kept_precision(folder: Path) -> Precision | None:
    """Return what was chosen for the model in `folder`; None where nothing was, or it can't be read."""
    try:
        return Precision(**json.loads((folder / _FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def load_precise(folder: Path, numbers: Numbers, *, at_once: int = 1) -> Infer:
    """Return the model in `folder` as a function, as `load_graph` does, computing in these numbers."""
    graph = (folder / "int8" if numbers == "int8" else folder) / GRAPH_FILE["openvino"]
    return load_graph("openvino", graph, at_once=at_once, settings=_SETTINGS[numbers])


def _measured(folder: Path, batches: Sequence[Inputs], here: str) -> Precision:
    plain = Precision("float32", here)
    try:
        convert_once(folder, "int8", GRAPH_FILE["openvino"], lambda aside: _write_int8(folder, aside))
    except StorageError:
        return plain
    forms = [load_precise(folder, "float32"), load_precise(folder, "int8")]
    took, made = [float("inf")] * 2, [np.empty(0)] * 2
    try:
        for turn in range(_ROUNDS + 1):
            for n, infer in enumerate(forms):
                start = time.process_time()
                made[n] = np.concatenate([infer(batch)[0] for batch in batches])
                if turn:  # the first prepares
                    took[n] = min(took[n], time.process_time() - start)
    except RuntimeError:  # a CPU whose int8 OpenVINO can't use
        return plain
    faster, cosine = round(took[0] / took[1], 2), round(float((made[0] * made[1]).sum(axis=1).min()), 4)
    good = faster >= FASTER and cosine >= NEAR
    return Precision("int8" if good else "float32", here, faster, cosine)


def _write_int8(folder: Path, target: Path) -> None:
    """Write the model in `folder` with its matrices as int8, rows scaled by their largest number."""
    openvino = import_openvino()
    from openvino import opset13 as ops

    graph = openvino.Core().read_model(str(folder / GRAPH_FILE["openvino"]))
    for node in graph.get_ordered_ops():
        weights = node.input(1).get_source_output().get_node() if node.get_type_name() == "MatMul" else None
        if weights and weights.get_type_name() == "Convert":  # kept as float16
            weights = weights.input(0).get_source_output().get_node()
        if not weights or weights.get_type_name() != "Constant" or not node.get_attributes()["transpose_b"]:
            continue
        rows = weights.get_data().astype(np.float32)
        scale = np.abs(rows).max(axis=1, keepdims=True) / 127 + 1e-12
        small = ops.convert(ops.constant(np.round(rows / scale).astype(np.int8)), "f32")
        node.input(1).replace_source_output(ops.multiply(small, ops.constant(scale.astype(np.float32))).output(0))
    openvino.save_model(graph, str(target / GRAPH_FILE["openvino"]), compress_to_fp16=False)
