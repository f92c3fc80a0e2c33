"""The name of an LLM as settings have it → what it stands for: "openai:MODEL", "openai-like:MODEL@BASE_URL", ..."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import urlsplit

from rag.errors import ConfigError

Kind = Literal["openai", "anthropic", "ollama", "openai-like", "local", "scripted"]
FORMS = (
    "none, openai:MODEL, anthropic:MODEL, ollama:MODEL, openai-like:MODEL@BASE_URL, local:FILE.gguf or scripted:FILE"
)


@dataclass(frozen=True, slots=True)
class Named:
    """An LLM by kind, and by model or file.   base_url: of an openai-like one, "" for others."""

    kind: Kind
    model: str
    base_url: str = ""


def named(name: str) -> Named:
    """Return what `name` stands for. Raises ConfigError, which names the forms that there are, for anything else."""
    start, _, rest = name.strip().partition(":")
    kind = next((each for each in get_args(Kind) if each == start), None)
    model, at, base_url = rest.partition("@http") if kind == "openai-like" else (rest, "", "")
    model, base_url = model.strip(), f"http{base_url}".strip() if at else ""
    if kind is None or not model or (kind == "openai-like" and not at):
        shown = repr(name) if "@" not in name else repr(f"{start}:...")  # an address may hold a password
        raise ConfigError(f"--llm {shown} is not known; it takes {FORMS}")
    if base_url:
        _check(base_url)
    return Named(kind, model, base_url.rstrip("/"))


def _check(base_url: str) -> None:
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(
            "the base URL in --llm is no web address; write it as openai-like:MODEL@http://127.0.0.1:8000/v1"
        )
    if parts.username or parts.password or parts.query:
        raise ConfigError(
            "the base URL in --llm holds a password or a query, which would stand in reports; give it without, and the key "
            "in OPENAI_LIKE_API_KEY"
        )
