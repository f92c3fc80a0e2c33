"""A GGUF file on this machine as a llama-index LLM, by xllamacpp (llama.cpp); nothing is fetched."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from queue import Queue
from threading import Event, Lock, Thread
from typing import Any

from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata

from rag.errors import LLMError, ModelError


class LocalLLM(CustomLLM):
    """The model in `file`. `window`: tokens of prompt and reply; `reply`: of a reply; `timeout`: seconds for one."""

    _server: Any = PrivateAttr()
    _file: Path = PrivateAttr()
    _window: int = PrivateAttr()
    _reply: int = PrivateAttr()
    _timeout: float = PrivateAttr()
    _one: Any = PrivateAttr()

    def __init__(self, file: Path, *, window: int, reply: int, timeout: float) -> None:
        super().__init__()
        self._file = file
        self._window = window
        self._reply = reply
        self._timeout = timeout
        self._one = Lock()  # one reply at a time: more would share the same cores
        self._server = _started(file, window)

    @property
    def metadata(self) -> LLMMetadata:
        """The file's name, and the tokens that fit."""
        return LLMMetadata(model_name=self._file.name, context_window=self._window, num_output=self._reply)

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Return the reply, made within the time. Raises LLMError."""
        *_, last = self.stream_complete(prompt, formatted, **kwargs)
        return last

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        """Yield the reply as it is made. Raises LLMError where it takes too long or the prompt doesn't fit."""
        request = {
            "messages": [{"role": "user", "content": prompt}],
            "max_tokens": self._reply,
            "temperature": 0.0,
            "stream": True,
            "stream_options": {"include_usage": True},
            **kwargs,
        }

        def parts() -> CompletionResponseGen:
            with self._one:
                yield from self._parts(request)

        return parts()

    def _parts(self, request: dict[str, Any]) -> CompletionResponseGen:
        end = time.monotonic() + self._timeout
        said: Queue[dict[str, Any] | None] = Queue()
        left = Event()

        def take(part: dict[str, Any]) -> bool:
            """Take a part of the reply; True ends the work."""
            said.put(part)
            return left.is_set() or time.monotonic() > end

        def work() -> None:
            try:
                self._server.handle_chat_completions(request, take)
            except Exception as error:  # whatever llama.cpp makes of a request
                said.put({"error": {"message": str(error)}})
            finally:
                said.put(None)

        worker = Thread(target=work, daemon=True)
        worker.start()
        text, usage = "", None
        try:
            while (part := said.get()) is not None:
                if error := part.get("error"):
                    raise LLMError(str(error.get("message", error) if isinstance(error, dict) else error))
                usage = part.get("usage") or usage
                for choice in part.get("choices") or ():
                    delta = choice.get("delta", {}).get("content") or ""
                    text += delta
                    yield CompletionResponse(text=text, delta=delta, raw={"usage": usage})
        finally:
            left.set()
            worker.join()
        if time.monotonic() > end:
            raise LLMError(
                f"gave no whole reply within {self._timeout:g} seconds; raise llm_timeout, or use a smaller model"
            )
        yield CompletionResponse(text=text, delta="", raw={"usage": usage})


def _started(file: Path, window: int) -> Any:
    import xllamacpp

    try:
        with file.open("rb") as opened:
            magic = opened.read(4)
    except OSError as error:
        raise ModelError(f"can't read the model {file} ({error.strerror}); check the path behind local:") from None
    if magic != b"GGUF":  # llama.cpp would take down the whole process over some files
        raise ModelError(f"{file} is no GGUF file; give one that llama.cpp reads behind local:")
    params = xllamacpp.CommonParams()
    params.model.path = str(file)
    params.n_ctx = window
    params.n_parallel = 1
    params.warmup = False
    params.verbosity = -1
    params.api_keys = [secrets.token_hex(16)]  # it listens on loopback too, where nobody needs it
    try:
        return xllamacpp.Server(params)
    except Exception as error:  # whatever llama.cpp makes of a damaged file
        raise ModelError(f"llama.cpp can't load {file} ({' '.join(str(error).split())[:200]}); fetch it anew") from None
