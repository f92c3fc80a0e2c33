"""From Articles to checked Answers. A folder is a stage, a file a step of it.

Articles come in: text → archive (catalog, and the indexes of words and vectors derived from it).
Questions are answered: question → search → reading → answering → a checked Answer (`pipeline.py`, all of it on one page).

What a program needs of it is exported here; docs/library.md shows each name in use:

    from rag import Pipeline, load

    answer = Pipeline.open(load()).ask("Who leads the fund?")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from rag.config import Config, load
from rag.errors import (
    ArchiveError,
    CitationError,
    ConfigError,
    DatelineError,
    EmbedderMismatch,
    FetchError,
    LLMError,
    LockedError,
    ModelError,
    NewerArchiveError,
    NotFound,
    StorageError,
    UsageError,
)
from rag.noted import Noted
from rag.types import (
    Answer,
    Article,
    Assesses,
    Assessment,
    Chunk,
    Citation,
    Draft,
    DraftSentence,
    Dropped,
    Earlier,
    Embedder,
    Entails,
    Event,
    Filters,
    Found,
    Generator,
    Hit,
    Judges,
    KnownBy,
    KnownPage,
    Note,
    Part,
    Past,
    Period,
    Plan,
    Reading,
    Reads,
    RegisteredSource,
    Rewrites,
    Sentence,
    Skipped,
    Span,
    Streams,
    Support,
)

if TYPE_CHECKING:
    from rag.archive.ingest import ingest
    from rag.conversation import Conversation
    from rag.pipeline import Pipeline
    from rag.reading.shipped import rank_sentences, support
    from rag.text.embed import load_embedder

__version__ = "0.1.0"
__all__ = [
    "Answer",
    "ArchiveError",
    "Article",
    "Assesses",
    "Assessment",
    "Chunk",
    "Citation",
    "CitationError",
    "Config",
    "ConfigError",
    "Conversation",
    "DatelineError",
    "Draft",
    "DraftSentence",
    "Dropped",
    "Earlier",
    "Embedder",
    "EmbedderMismatch",
    "Entails",
    "Event",
    "FetchError",
    "Filters",
    "Found",
    "Generator",
    "Hit",
    "Judges",
    "KnownBy",
    "KnownPage",
    "LLMError",
    "LockedError",
    "ModelError",
    "NewerArchiveError",
    "NotFound",
    "Note",
    "Noted",
    "Part",
    "Past",
    "Period",
    "Pipeline",
    "Plan",
    "Reading",
    "Reads",
    "RegisteredSource",
    "Rewrites",
    "Sentence",
    "Skipped",
    "Span",
    "StorageError",
    "Streams",
    "Support",
    "UsageError",
    "ingest",
    "load",
    "load_embedder",
    "rank_sentences",
    "support",
]
# What loads more than the standard library comes on first use.
_HOMES = {
    "Conversation": "rag.conversation",
    "Pipeline": "rag.pipeline",
    "ingest": "rag.archive.ingest",
    "load_embedder": "rag.text.embed",
    "rank_sentences": "rag.reading.shipped",
    "support": "rag.reading.shipped",
}


def __getattr__(name: str) -> Any:
    """Import on first use what is heavy, so that a look at an article's type doesn't pay for the search."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return what is there, the names that come on first use among them."""
    return sorted({*globals(), *__all__})
