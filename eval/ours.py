"""Our own pipeline as it is evaluated: the settings and the state of the archive by which a run is known again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.config import Config
    from rag.pipeline import Pipeline

_CUTS = (1, 4, 10)


def cuts(config: Config) -> list[int]:
    """Return the depths at which hits are counted: nothing is measured past the hits there are."""
    return [each for each in _CUTS if each <= config.k]


def settings(pipeline: Pipeline, config: Config) -> dict[str, object]:
    """Return all settings that answers hang on."""
    named = {name: str(getattr(config, name)) for name in ("reranker", "reader", "llm", "k")}
    return {"embedder": pipeline.archive.embedder, **named, "checker": config.judge}


def state(pipeline: Pipeline) -> Callable[[], dict[str, Any]]:
    """Return what tells the state of the archive, whenever it is asked."""
    catalog = pipeline.archive.catalog
    return lambda: {"generation": catalog.generation, "content": catalog.digest()}
