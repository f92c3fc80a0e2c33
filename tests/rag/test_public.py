"""What `rag` exports: these names, each the thing itself, and nothing heavy before it is used."""

import ast
import inspect
from pathlib import Path
from types import ModuleType

import pytest

import rag
from rag import errors, types

DATA = "Answer Article Assessment Chunk Citation Draft DraftSentence Dropped Earlier Event "
DATA += "Filters Found Hit KnownBy KnownPage Note Noted Part Past Period Plan "
DATA += "Reading RegisteredSource Sentence Skipped Span Support "
SEAMS = "Assesses Embedder Entails Judges Rewrites Streams Generator Reads "
ERRORS = (
    "ArchiveError CitationError ConfigError DatelineError EmbedderMismatch FetchError LLMError LockedError ModelError "
)
ERRORS += "NewerArchiveError NotFound StorageError UsageError "
DOING = "Config Conversation Pipeline ingest load load_embedder rank_sentences support"


def test_these_names_are_public() -> None:
    assert rag.__all__ == sorted(rag.__all__)
    assert set(rag.__all__) == set((DATA + SEAMS + ERRORS + DOING).split())
    assert set(rag.__all__) <= set(dir(rag))


@pytest.mark.parametrize("module", [types, errors])
def test_every_noun_and_every_error_is_among_them(module: ModuleType) -> None:
    made_there = {n for n, v in inspect.getmembers(module, inspect.isclass) if v.__module__ == module.__name__}
    assert made_there <= set(rag.__all__)


@pytest.mark.parametrize("name", rag.__all__)
def test_each_is_the_thing_itself(name: str) -> None:
    value = getattr(rag, name)
    assert value.__name__ == name
    assert value.__module__.startswith("rag.") and inspect.getdoc(value)


def test_an_unknown_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="'rag' has no attribute 'Pipelines'"):
        _ = rag.Pipelines
    with pytest.raises(ImportError):
        from rag import Pipelines  # noqa: F401  (it can't be imported)


def test_type_checkers_see_all_that_comes_on_first_use() -> None:
    tree = ast.parse(Path(rag.__file__).read_text(encoding="utf-8"))
    [branch] = [node for node in tree.body if isinstance(node, ast.If)]
    told = {alias.name: node.module for node in branch.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert told == rag._HOMES
