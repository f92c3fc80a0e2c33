"""Prompts and replies as JSON lines: written while an LLM is asked, and read to reply in its place.

So the whole LLM path runs in tests and demonstrations without a model.

A line is {"prompt_sha256", "model", "prompt", "reply", "tokens"}, or {"question", "reply"} where a person wrote it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from rag.answering.prompt import REFUSAL
from rag.errors import LLMError, StorageError, UsageError

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

_FORMS = '{"question": "...", "reply": "..."}, or {"prompt_sha256": "...", "reply": "..."} as --record writes it'


@dataclass(frozen=True, slots=True)
class Script:
    """Replies by question ("*" for all others), and replies with their tokens by the hash of the prompt."""

    by_question: Mapping[str, str]
    by_prompt: Mapping[str, tuple[str, tuple[int, int] | None]]


def hash_of(prompt: str) -> str:
    """Return what a prompt is known by: the SHA-256 of its UTF-8 text."""
    return hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()


def read(path: Path) -> Script:
    """Return what a script holds. Of one prompt the last reply counts. Raises UsageError for a file that is none."""
    questions: dict[str, str] = {}
    prompts: dict[str, tuple[str, tuple[int, int] | None]] = {}
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line.strip():
                continue
            row = json.loads(line)
            if not isinstance(row["reply"], str):
                raise ValueError
            if "prompt_sha256" in row:
                prompts[str(row["prompt_sha256"])] = row["reply"], _tokens(row.get("tokens"))
            else:
                questions[row["question"]] = row["reply"]
    except OSError as error:
        raise UsageError(f"can't read the script {path} ({error.strerror}); check the path") from None
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{path} is no script; each line is {_FORMS}") from None
    return Script(questions, prompts)


def _tokens(told: Any) -> tuple[int, int] | None:
    return (told[0], told[1]) if isinstance(told, list) and [type(n) for n in told] == [int, int] else None


def replaying(path: Path) -> LLM:
    """Return an LLM that replies as the script has it: by prompt, else by question; an LLMError for what it doesn't have.

    A script of questions alone declines those that it doesn't have.
    """
    return _replying(read(path), path)


def scripted(replies: Mapping[str, str]) -> LLM:
    """Return an LLM that replies from `replies`: the question found in the prompt, else "*", else a refusal."""
    return _replying(Script(replies, {}), None)


def _replying(script: Script, path: Path | None) -> LLM:
    from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata

    class ReplyingLLM(CustomLLM):
        @property
        def metadata(self) -> LLMMetadata:
            return LLMMetadata(model_name="scripted", context_window=1_000_000)

        def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
            if found := script.by_prompt.get(hash_of(prompt)):
                text, tokens = found
            else:
                asked = [reply for question, reply in script.by_question.items() if f"Question: {question}\n" in prompt]
                default = None if script.by_prompt else REFUSAL
                reply = asked[0] if asked else script.by_question.get("*", default)
                if reply is None:
                    raise LLMError(
                        f"{path} has no reply to the prompt {hash_of(prompt)[:12]}...; record it with --record"
                    )
                text, tokens = reply, (len(prompt.split()), len(reply.split()))  # words, for want of tokens
            usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]} if tokens else None
            return CompletionResponse(text=text, raw={"usage": usage})

        def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
            whole = self.complete(prompt, formatted, **kwargs)
            yield CompletionResponse(text=whole.text, delta=whole.text, raw=whole.raw)

    return ReplyingLLM()


class Recorder:
    """Appends to a file of prompts and replies, a whole line at a time and on the disk before it goes on.

    model: the name that each line tells. Raises UsageError for a file that holds something else, StorageError.
    """

    def __init__(self, path: Path, model: str) -> None:
        self._path = path
        self._model = model
        self._lock = Lock()
        try:
            if path.exists():
                _mend(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab"):
                pass
        except OSError as error:
            raise self._failed(error) from None
        if path.stat().st_size:
            read(path)

    def write(self, prompt: str, reply: str, tokens: tuple[int, int] | None) -> None:
        """Append one line. Raises StorageError."""
        row = {
            "prompt_sha256": hash_of(prompt),
            "model": self._model,
            "prompt": prompt,
            "reply": reply,
            "tokens": tokens,
        }
        line = (json.dumps(row) + "\n").encode("ascii")
        try:
            with self._lock, self._path.open("ab", buffering=0) as file:
                file.write(line)
                os.fsync(file.fileno())
        except OSError as error:
            raise self._failed(error) from None

    def _failed(self, error: OSError) -> StorageError:
        return StorageError(
            f"can't write the recording {self._path} ({error.strerror}); make room or name another --record"
        )


def _mend(path: Path) -> None:
    """Cut off a last line that was not finished."""
    if not path.is_file():
        raise UsageError(f"--record {path} is no regular file; name one")
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        if not data[whole:].startswith(b'{"prompt_sha256"'[: len(data) - whole]):
            raise UsageError(f"--record {path} holds something else than a recording; name another file")
        with path.open("r+b") as file:
            file.truncate(whole)
