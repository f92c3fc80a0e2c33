"""One frozen Config, read once: defaults < `dateline.toml` < environment (`DATELINE_*`) < flags.

The only reader of the environment and of `dateline.toml`. A key that does not exist or a value that is not allowed is a
ConfigError that names the key, where it stands and what is allowed.
"""

from __future__ import annotations

import math
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from rag.errors import ConfigError

FILE = "dateline.toml"
PREFIX = "DATELINE_"


def _default_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or (os.environ.get("LOCALAPPDATA") if os.name == "nt" else None)
    return (Path(base) if base else Path.home() / ".cache") / "dateline"


@dataclass(frozen=True, slots=True)
class Config:
    """All settings.

    data: the folder that holds the archive.   cache: where converted models are kept.
    embedder: the built-in model's name, or any sentence-transformers model by name or path; None where nobody named one:
    then an archive's own, and the built-in one for a new archive.
    reranker: "none", or any sentence-transformers CrossEncoder by name or path.
    reader: "built-in", "none", or a file of packed weights: the model that reads question and passage (`rag.reading.reader`).
    llm: "none" for the extractive answerer, or an LLM by the forms of `rag.answering.backends.named`.
    llm_timeout: seconds that one of its replies may take.   llm_requests: sent to it at a time.
    llm_context: tokens that prompt and reply may have together.   llm_reply: tokens that a reply may have.
    prices: of a million tokens sent to it, and replied.   max_cost: of a run, in the same money; None for no limit.
    record: a file that its prompts and replies are appended to.
    prompt: a file with a template that takes the place of Dateline's own request to an LLM (see `rag.answering.prompt`).
    check: by what an LLM's sentences are checked: "reader", "llm" (a second call to it, which sees one sentence and its quotes),
    "both", or "model:NAME", a second call to another LLM.
    k: passages returned by a search, 1 to 100.   port: where the web page listens, 1 to 65535.
    """

    data: Path = Path("data")
    cache: Path = field(default_factory=_default_cache)
    embedder: str | None = None
    reranker: str = "none"
    reader: str = "built-in"
    llm: str = "none"
    llm_timeout: float = 60.0
    llm_requests: int = 4
    llm_context: int = 8192
    llm_reply: int = 1024
    prices: tuple[float, float] | None = None
    max_cost: float | None = None
    record: Path | None = None
    prompt: Path | None = None
    check: str = "reader"
    k: int = 10
    port: int = 7860


def _path(value: Any) -> Path:
    if not isinstance(value, str | Path) or not str(value):
        raise ValueError("a path")
    if "\0" in str(value):
        raise ValueError("a path without a NUL character")
    try:
        return Path(value).expanduser()
    except RuntimeError:
        raise ValueError("a path; there is no such home folder") from None


def _folder(value: Any) -> Path:
    path = _path(value)
    try:
        is_file = path.is_file()
    except OSError:  # too long, or not to be looked at: whoever uses the folder says so
        is_file = False
    if is_file:
        raise ValueError("a folder; this is a file")
    return path


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a name, not empty")
    return value.strip()


def _check(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"reader|llm|both|model:\S.*", value.strip()):
        raise ValueError("reader, llm, both or model:NAME")
    return value.strip()


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        try:
            number = int(str(value)) if not isinstance(value, bool | float) else None
        except ValueError:
            number = None
        if number is None or not low <= number <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return number

    return parse


def _amount(low: float, high: float) -> Callable[[Any], float]:
    def parse(value: Any) -> float:
        try:
            number = float(str(value)) if not isinstance(value, bool) else math.nan
        except ValueError:
            number = math.nan
        if not low <= number <= high:
            raise ValueError(f"a number from {low:g} to {high:g}")
        return number

    return parse


def _prices(value: Any) -> tuple[float, float]:
    try:
        sent, replied = (float(each) for each in (value.split(",") if isinstance(value, str) else value))
        if min(sent, replied) < 0 or not math.isfinite(sent + replied):
            raise ValueError
    except (TypeError, ValueError):
        raise ValueError("two prices of a million tokens, sent and replied, such as 2.50,10") from None
    return sent, replied


_PARSERS: Mapping[str, Callable[[Any], Any]] = {
    "data": _folder,
    "cache": _folder,
    "embedder": _text,
    "reranker": _text,
    "reader": _text,
    "llm": _text,
    "llm_timeout": _amount(0.1, 3600),
    "llm_requests": _whole(1, 64),
    "llm_context": _whole(512, 10_000_000),
    "llm_reply": _whole(16, 100_000),
    "prices": _prices,
    "max_cost": _amount(0, 1e9),
    "record": _path,
    "prompt": _path,
    "check": _check,
    "k": _whole(1, 100),
    "port": _whole(1, 65535),
}


def load(flags: Mapping[str, Any] | None = None, *, folder: Path | None = None) -> Config:
    """Return the Config for `flags` (None values are "not given") and the `dateline.toml` in `folder` (default: here).

    Raises ConfigError for an unknown key, a value that is not allowed, or a file that is not TOML.
    """
    values: dict[str, Any] = {}
    file = (folder or Path()) / FILE
    values |= _checked(_read_toml(file), str(file))
    environment = {k.removeprefix(PREFIX).lower(): v for k, v in os.environ.items() if k.startswith(PREFIX)}
    values |= _checked(environment, "the environment", shown=lambda key: PREFIX + key.upper())
    given = {key: value for key, value in (flags or {}).items() if value is not None}
    values |= _checked(given, "the command line", shown=lambda key: "--" + key.replace("_", "-"))
    return Config(**values)


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not valid TOML ({error}); mend or remove it") from None
    except OSError as error:
        raise ConfigError(f"{file} can't be read ({error.strerror}); mend its permissions or remove it") from None


def _checked(values: Mapping[str, Any], place: str, *, shown: Callable[[str], str] = str) -> dict[str, Any]:
    known = [f.name for f in fields(Config)]
    out: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known:
            allowed = ", ".join(shown(name) for name in known)
            raise ConfigError(f"unknown setting {shown(key)!r} in {place}; allowed are {allowed}")
        try:
            out[key] = _PARSERS[key](value)
        except ValueError as error:
            raise ConfigError(f"{shown(key)} = {value!r} in {place} is not allowed; it takes {error}") from None
    return out
