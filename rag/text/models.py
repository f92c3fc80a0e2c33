"""A model's name → its folder on this machine, and what kind of model lies there. Nothing here reaches the network.

A name is a folder, or a model of the Hugging Face hub whose files `dateline models fetch` (rag/text/download.py) has put into
the hub's cache.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rag.errors import ModelError, UsageError

ModelKind = Literal["reader", "judge", "reranker", "embedder", "unknown"]

# The files of a model that are taken from the hub. Code (*.py) is never among them.
FILES = ("*.json", "*.txt", "*.model", "*.safetensors")
PICKLES = ("*.bin",)  # weights in Python's pickle form, only where they are asked for
_WEIGHTS = (*FILES[-1:], *PICKLES)

_HUB_NAME = re.compile(r"[A-Za-z0-9_][\w.-]*(?:/[A-Za-z0-9_][\w.-]*)?", re.ASCII)
_LONGEST_NAME = 96  # the hub's own limit
_LARGEST_CONFIG = 1 << 22  # bytes

# What models call the verdict "the source bears it out", and what others call its opposite, in one spelling.
_SUPPORTED = {
    "entailment",
    "entailed",
    "entails",
    "supported",
    "supports",
    "support",
    "grounded",
    "consistent",
    "faithful",
}
_OPPOSITE = {"not_entailment", "not_entailed", "unsupported", "not_supported", "hallucination", "hallucinated"}
_OPPOSITE |= {"ungrounded", "not_grounded", "inconsistent", "unfaithful"}


def hub_name(name: str) -> str:
    """Return the name of a model of the hub, such as "owner/model", as it is. Raises UsageError where it can't be one."""
    if not _HUB_NAME.fullmatch(name) or len(name) > _LONGEST_NAME or ".." in name or "--" in name:
        raise UsageError(f"{name!r} is no folder here and no model's name; write it as on the hub, such as owner/model")
    return name


def located(name: str, kind: str = "model") -> Path:
    """Return the folder of the model `name`: a folder itself, or the hub's cache of it. `kind` is for the messages.

    Raises UsageError for what can be neither, ModelError where nothing of that name lies on this machine.
    """
    path = Path(name)
    if not name.strip() or "\0" in name or ".." in path.parts:
        raise UsageError(
            f"{name!r} names no {kind}; give a folder, without .., or a model of the hub such as owner/model"
        )
    try:
        folder = path.expanduser()
        if folder.is_dir():
            return _whole(folder, name, kind, f"name another {kind}")
    except (OSError, RuntimeError):  # too long, or no such home folder
        folder = path
    if folder.is_absolute() or name.startswith((".", "~")) or "\\" in name:
        raise ModelError(f"there is no folder {name} to load the {kind} from; check the path")
    hub_name(name)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import IncompleteSnapshotError, LocalEntryNotFoundError

    remedy = f"run `dateline models fetch {name}`"
    try:
        found = snapshot_download(name, local_files_only=True, allow_patterns=list(FILES))
    except IncompleteSnapshotError:
        raise ModelError(f"the {kind} {name} is only partly here; {remedy} again") from None
    except LocalEntryNotFoundError:
        raise ModelError(f"the {kind} {name} is not on this machine; {remedy}, or give a folder") from None
    except (OSError, ValueError) as error:
        raise ModelError(f"can't read the {kind} {name} from the hub's cache ({error}); {remedy} again") from None
    return _whole(Path(found), name, kind, remedy)


def _whole(folder: Path, name: str, kind: str, remedy: str) -> Path:
    if not (folder / "config.json").is_file() and not (folder / "modules.json").is_file():
        raise ModelError(f"{name} holds no model that can be the {kind} (it has no config.json); {remedy}")
    if not any(True for pattern in _WEIGHTS for _ in folder.rglob(pattern)):
        raise ModelError(f"{name} holds no weights for the {kind} (*.safetensors); {remedy}")
    return folder


def described(folder: Path) -> Mapping[str, Any]:
    """Return the model's config.json; empty where there is none that can be read."""
    return _json(folder / "config.json")


def head_of(folder: Path) -> str:
    """Return what the model was trained to give, such as "ForQuestionAnswering"; "" where its config doesn't say."""
    named = described(folder).get("architectures")
    first = named[0] if isinstance(named, list) and named and isinstance(named[0], str) else ""
    return first[first.rindex("For") :] if "For" in first else ""


def labels_of(folder: Path) -> list[str]:
    """Return the labels of a classifier in their order; where they have no names, those that transformers gives them."""
    config = described(folder)
    named = config.get("id2label")
    if isinstance(named, dict) and all(str(at) in named for at in range(len(named))) and named:
        return [str(named[str(at)]) for at in range(len(named))]
    count = config.get("num_labels", 2)
    return [f"LABEL_{at}" for at in range(count if isinstance(count, int) and 0 < count < 1_000 else 2)]


def supported_label(labels: list[str]) -> int | None:
    """Return which of a classifier's labels means that the source bears the claim out; None where they don't say.

    Labels are compared whole: "not_entailment" is not "entailment". Of two, one may be told by its opposite.
    """
    plain = [re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_") for label in labels]
    found = [at for at, label in enumerate(plain) if label in _SUPPORTED]
    if not found and len(plain) == 2:
        found = [1 - at for at, label in enumerate(plain) if label in _OPPOSITE]
    return found[0] if len(found) == 1 else None


def kind_of(folder: Path) -> ModelKind:
    """Return what the model in `folder` can be here, by what its files say of it."""
    head = head_of(folder)
    modular = (folder / "modules.json").is_file()
    if head == "ForQuestionAnswering":
        return "reader"
    if modular:
        by = _json(folder / "config_sentence_transformers.json").get("model_type", "SentenceTransformer")
        return {"CrossEncoder": "reranker", "SentenceTransformer": "embedder"}.get(str(by), "unknown")  # type: ignore[return-value]
    if head in ("ForSequenceClassification", "ForTokenClassification"):
        labels = labels_of(folder)
        if supported_label(labels) is not None:
            return "judge"
        return "reranker" if len(labels) == 1 and head == "ForSequenceClassification" else "unknown"
    return "unknown"


@dataclass(frozen=True, slots=True)
class Cached:
    """A model in the hub's cache: its name, where it lies, what it can be, and the bytes it takes."""

    name: str
    folder: Path
    kind: ModelKind
    size: int


def cached() -> Iterator[Cached]:
    """Yield the models in the hub's cache by name; those without weights here are left out."""
    from huggingface_hub import constants, scan_cache_dir
    from huggingface_hub.errors import CacheNotFound

    try:
        found = scan_cache_dir(constants.HF_HUB_CACHE)
    except CacheNotFound:
        return
    for repo in sorted(found.repos, key=lambda each: each.repo_id):
        if repo.repo_type != "model":
            continue
        try:
            folder = located(repo.repo_id)
        except (ModelError, UsageError):
            continue
        yield Cached(repo.repo_id, folder, kind_of(folder), repo.size_on_disk)


def _json(file: Path) -> Mapping[str, Any]:
    try:
        if file.stat().st_size > _LARGEST_CONFIG:
            return {}
        read = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}
