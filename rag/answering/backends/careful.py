"""An LLM as Dateline calls it: few at once, within the money and the time, recorded; every failure is one LLMError.

It is a llama-index `LLM` like the one within it, so whatever takes one takes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from threading import BoundedSemaphore
from typing import Any

from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import LLM, CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata

from rag.answering.backends.purse import Purse, tokens_used
from rag.answering.backends.script import Recorder
from rag.errors import LLMError

_LETTERS = 8  # of a token at most; what a server sends beyond the tokens asked for is not read
_TOLD = 200  # characters of what a server says of an error
_KEYS = re.compile(r"\b(?:sk|pk|key|org|proj)-[\w-]{6,}|\b[Bb]earer\s+\S+|(?<=://)[^/\s@]+@")
_REFUSED = frozenset({400, 422, 501})  # answers to a request that the server doesn't understand
_TOO_LONG = re.compile(r"context|too (?:long|many tokens|large)|maximum.{0,20}(?:length|tokens)|n_ctx", re.IGNORECASE)


class CarefulLLM(CustomLLM):
    """The LLM `inner`, called `name` in errors.

    purse: what it may cost.   at_once: requests at a time.   window: tokens that prompt and reply may have together.
    secrets: texts that no error may show, the key among them.   key: the variable that holds the key, as errors name it.
    form: what a request is given for a reply in the quoted form as JSON, until the server refuses it.
    """

    _inner: LLM = PrivateAttr()
    _name: str = PrivateAttr()
    _purse: Purse = PrivateAttr()
    _turn: BoundedSemaphore = PrivateAttr()
    _window: int = PrivateAttr()
    _reply: int = PrivateAttr()
    _longest: int = PrivateAttr()
    _secrets: tuple[str, ...] = PrivateAttr()
    _key: str = PrivateAttr()
    _form: Mapping[str, Any] = PrivateAttr()
    _recorder: Recorder | None = PrivateAttr()

    def __init__(
        self,
        inner: LLM,
        name: str,
        purse: Purse,
        *,
        at_once: int,
        window: int,
        reply: int,
        secrets: Sequence[str] = (),
        key: str = "",
        form: Mapping[str, Any] | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        super().__init__()
        self._inner = inner
        self._name = name
        self._purse = purse
        self._turn = BoundedSemaphore(at_once)
        self._window = window
        self._reply = reply
        self._longest = reply * _LETTERS
        self._secrets = tuple(secret for secret in secrets if secret)
        self._key = key
        self._form = form or {}
        self._recorder = recorder

    @property
    def form(self) -> Mapping[str, Any]:
        """What `complete` and `stream_complete` may be given for a reply in the quoted form as JSON; empty where there is none."""
        return self._form

    @property
    def purse(self) -> Purse:
        """What it is paid from."""
        return self._purse

    @property
    def metadata(self) -> LLMMetadata:
        """The name, and the tokens that fit."""
        return LLMMetadata(model_name=self._name, context_window=self._window, num_output=self._reply)

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Return the reply. Raises LLMError for a failure of any kind, and for a reply without a word."""
        with self._turn, self._purse.paying(prompt) as bill:
            try:
                try:
                    response = self._inner.complete(prompt, formatted, **kwargs)
                except Exception as error:
                    if not self._refuses_form(error, kwargs):
                        raise
                    response = self._inner.complete(prompt, formatted)
                text, tokens = response.text or "", tokens_used(response.raw)
            except Exception as error:  # each library raises its own, some a TypeError over a reply of no known form
                raise self._told(error) from None
            bill.settle(text, tokens)
        return CompletionResponse(text=self._kept(prompt, text, tokens), raw=_usage(tokens))

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        """Yield the reply as it comes, whole so far each time. Raises LLMError as `complete` does, also in its middle."""

        def parts() -> CompletionResponseGen:
            with self._turn, self._purse.paying(prompt) as bill:
                text, tokens, given = "", None, kwargs
                stream: CompletionResponseGen | None = None
                while len(text) < self._longest:
                    try:
                        # Some ask at once, some when the first part is wanted.
                        stream = stream or self._inner.stream_complete(prompt, formatted, **given)
                        part = next(stream, None)
                    except Exception as error:
                        if text or not self._refuses_form(error, given):
                            raise self._told(error) from None
                        stream, given = None, {}
                        continue
                    if part is None:
                        break
                    text, tokens = text + (part.delta or ""), tokens_used(part.raw) or tokens
                    bill.settle(text, tokens)
                    if part.delta:
                        yield CompletionResponse(
                            text=self._hidden(text[: self._longest]), delta=part.delta, raw=_usage(tokens)
                        )
            self._kept(prompt, text, tokens)

        return parts()

    def _refuses_form(self, error: Exception, given: Mapping[str, Any]) -> bool:
        """Tell whether a request failed for asking for a form that the server doesn't have; from then on none is asked for."""
        refused = bool(given) and _status(error) in _REFUSED and not _TOO_LONG.search(str(error))
        if refused:
            self._form = {}
        return refused

    def _kept(self, prompt: str, text: str, tokens: tuple[int, int] | None) -> str:
        text = self._hidden(text[: self._longest])
        if not text.strip():
            raise LLMError(f"{self._name} replied with nothing; ask again, or use another model")
        if self._recorder:
            self._recorder.write(prompt, text, tokens)
        return text

    def _told(self, error: BaseException) -> LLMError:
        """Return what went wrong in one line, without a key in it."""
        for each in _chain(error):
            if isinstance(each, LLMError):
                return LLMError(self._clean(f"{self._name}: {each}", 400), lasting=each.lasting)
        status = _status(error)
        said = self._clean(str(error), _TOLD)
        if status in (401, 403):
            where = f"the key in {self._key}" if self._key else "the request"
            return LLMError(f"{self._name} refuses {where} ({status}); give a valid one", lasting=True)
        if status == 404:
            return LLMError(f"{self._name}: there is no such model, or no such address (404: {said})", lasting=True)
        if status in (400, 413, 422) and _TOO_LONG.search(said):
            return LLMError(
                f"{self._name}: the prompt is too long for the model ({said}); lower --k, or use another model"
            )
        if status == 429:
            return LLMError(f"{self._name} takes no more requests for now, or the account has no credit (429: {said})")
        if status is not None:
            return LLMError(f"{self._name} failed ({status}: {said}); ask again later")
        return LLMError(
            f"{self._name} gave a reply that can't be read ({type(error).__name__}: {said}); is the address right?"
        )

    def _clean(self, text: str, most: int) -> str:
        return " ".join(_KEYS.sub("***", self._hidden(text)).split())[:most]

    def _hidden(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text


def _chain(error: BaseException) -> list[BaseException]:
    """Return an error and those behind it."""
    chain: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in chain:
        chain.append(at)
        at = at.__cause__ or at.__context__
    return chain


def _status(error: BaseException) -> int | None:
    """Return the HTTP status that an error tells of."""
    codes = (getattr(each, "status_code", None) for each in _chain(error))
    return next((code for code in codes if isinstance(code, int)), None)


def _usage(tokens: tuple[int, int] | None) -> dict[str, Any] | None:
    return {"usage": {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}} if tokens else None
