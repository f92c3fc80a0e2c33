"""A fake LLM server, and the LLMs of every kind that ask it."""

import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from rag.answering.backends import wire
from rag.answering.backends.load import load
from rag.config import Config

_SPEC = spec_from_file_location("fake_llm_server", Path(__file__).with_name("server.py"))
assert _SPEC and _SPEC.loader
server = module_from_spec(_SPEC)
sys.modules["fake_llm_server"] = server
_SPEC.loader.exec_module(server)

KEY = "test-key-0123456789abcdef"  # of no known form, so that only knowing it can keep it out of errors


@pytest.fixture
def fake() -> Iterator[Any]:
    """Yield the fake server."""
    with server.serving() as fake:
        yield fake


@pytest.fixture
def llm(fake: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return a function that makes the LLM of a kind, which asks the fake server; its settings may be given."""
    monkeypatch.setattr(wire, "_FIRST", 0.02)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_LIKE_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", f"{fake.url}/v1")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", fake.url)
    monkeypatch.setenv("OLLAMA_HOST", fake.url)
    names = {"openai": "openai:m", "anthropic": "anthropic:m", "ollama": "ollama:m"}
    names["openai-like"] = f"openai-like:m@{fake.url}/v1"

    def make(kind: str = "openai-like", **settings: Any) -> Any:
        return load(names[kind], Config(**{"llm_timeout": 5.0, **settings}))

    return make
