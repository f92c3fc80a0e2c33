"""The settings → the LLM that they name, ready to be asked. Nothing is sent anywhere yet."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.answering.backends.named import LLMName, named
from rag.config import Config
from rag.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

_OPENAI, _ANTHROPIC, _OLLAMA = "https://api.openai.com/v1", "https://api.anthropic.com", "http://127.0.0.1:11434"
_NO_KEY = "none"  # sent where a server asks for no key


def load(name: str, config: Config, beside: LLM | None = None) -> LLM:
    """Return the LLM that `name` stands for, called within the limits of `config`.

    beside: another LLM of the same run, whose money it shares.
    Raises ConfigError for a name of no known form or a key that is missing, ModelError for a package or a file that is.
    """
    what = named(name)
    if config.max_cost is not None and config.prices is None:
        raise ConfigError(
            "--max-cost needs the prices of the LLM; give --prices SENT,REPLIED, for a million tokens each"
        )
    makers = {
        "openai": _openai,
        "openai-like": _openai_like,
        "anthropic": _anthropic,
        "ollama": _ollama,
        "local": _local,
        "scripted": _scripted,
    }
    inner, key, variable = makers[what.kind](what, config)

    from rag.answering.backends.careful import CarefulLLM
    from rag.answering.backends.form import FORMS
    from rag.answering.backends.purse import Purse
    from rag.answering.backends.script import Recorder

    return CarefulLLM(
        inner,
        what.kind if what.kind == "scripted" else f"{what.kind}:{what.model}",
        beside.purse if isinstance(beside, CarefulLLM) else Purse(config.prices, config.max_cost, config.llm_reply),
        at_once=config.llm_requests,
        window=config.llm_context,
        reply=config.llm_reply,
        secrets=(key,) if key != _NO_KEY else (),
        key=variable,
        form=FORMS.get(what.kind),
        recorder=Recorder(config.record, f"{what.kind}:{what.model}") if config.record else None,
    )


_Made = tuple[Any, str, str]  # an LLM, the key that it sends, and the variable that this stands in


def _openai(what: LLMName, config: Config) -> _Made:
    key = _key("OPENAI_API_KEY", what)
    base_url = os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_BASE") or _OPENAI
    # What every chat model takes: the newer ones know neither max_tokens nor a temperature of theirs.
    more = {"max_completion_tokens": config.llm_reply, "stream_options": {"include_usage": True}}
    return _compatible(what, config, base_url, key, more, temperature=1.0, max_tokens=None), key, "OPENAI_API_KEY"


def _openai_like(what: LLMName, config: Config) -> _Made:
    key = os.environ.get("OPENAI_LIKE_API_KEY") or _NO_KEY  # never OPENAI_API_KEY, which is OpenAI's to know
    more = {"stream_options": {"include_usage": True}}
    made = _compatible(what, config, what.base_url, key, more, temperature=0.0, max_tokens=config.llm_reply)
    return made, key, "OPENAI_LIKE_API_KEY"


def _compatible(what: LLMName, config: Config, base_url: str, key: str, more: dict[str, Any], **options: Any) -> Any:
    with _extra("openai"):
        import httpx
        from llama_index.llms.openai_like import OpenAILike
    from rag.answering.backends.wire import settings

    return OpenAILike(
        model=what.model,
        api_base=base_url,
        api_key=key,
        is_chat_model=True,
        context_window=config.llm_context,
        max_retries=0,  # the wire tries again
        timeout=config.llm_timeout,
        http_client=httpx.Client(**settings(base_url, config.llm_timeout)),
        additional_kwargs=more,
        **options,
    )


def _anthropic(what: LLMName, config: Config) -> _Made:
    with _extra("anthropic"):
        import httpx
        from llama_index.core.llms import CompletionResponse, CompletionResponseGen, LLMMetadata
        from llama_index.llms.anthropic import Anthropic
    from rag.answering.backends.form import tool_delta, tool_text
    from rag.answering.backends.wire import settings

    key = _key("ANTHROPIC_API_KEY", what)
    base_url = os.environ.get("ANTHROPIC_BASE_URL") or _ANTHROPIC

    class AnyAnthropic(Anthropic):  # type: ignore[misc]  # llama-index ships no types
        """One that takes models which llama-index has not heard of, and tells what is given to a tool as the reply."""

        def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
            whole = super().complete(prompt, formatted, **kwargs)
            return CompletionResponse(text=whole.text or tool_text(whole.raw), raw=whole.raw)

        def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
            text = ""
            for part in super().stream_complete(prompt, formatted, **kwargs):
                delta = part.delta or tool_delta(part.raw)
                text += delta
                yield CompletionResponse(text=text, delta=delta, raw=part.raw)

        @property
        def metadata(self) -> Any:
            return LLMMetadata(
                model_name=what.model,
                context_window=config.llm_context,
                num_output=config.llm_reply,
                is_chat_model=True,
            )

    llm = AnyAnthropic(model=what.model, api_key=key, base_url=base_url, max_retries=0, max_tokens=config.llm_reply)
    llm._client = llm._client.with_options(  # its maker takes no HTTP client
        http_client=httpx.Client(**settings(base_url, config.llm_timeout)), timeout=config.llm_timeout
    )
    return llm, key, "ANTHROPIC_API_KEY"


def _ollama(what: LLMName, config: Config) -> _Made:
    with _extra("ollama"):
        import ollama
        from llama_index.llms.ollama import Ollama
    from rag.answering.backends.wire import settings

    host = os.environ.get("OLLAMA_HOST") or _OLLAMA
    host = host if "://" in host else f"http://{host}"
    made = Ollama(
        model=what.model,
        base_url=host,
        temperature=0.0,
        context_window=config.llm_context,
        request_timeout=config.llm_timeout,
        additional_kwargs={"num_predict": config.llm_reply},
        client=ollama.Client(host=host, **settings(host, config.llm_timeout)),
    )
    return made, os.environ.get("OLLAMA_API_KEY", ""), "OLLAMA_API_KEY"


def _local(what: LLMName, config: Config) -> _Made:
    from rag.answering.backends.local import LocalLLM

    file = Path(what.model).expanduser()
    with _extra("local"):
        return LocalLLM(file, window=config.llm_context, reply=config.llm_reply, timeout=config.llm_timeout), "", ""


def _scripted(what: LLMName, config: Config) -> _Made:
    from rag.answering.backends.script import replaying

    return replaying(Path(what.model)), "", ""


def _key(variable: str, what: LLMName) -> str:
    """Return the key in a variable of the environment. Raises ConfigError where there is none."""
    if key := os.environ.get(variable, "").strip():
        return key
    raise ConfigError(f"--llm {what.kind}:{what.model} needs a key; put it into the environment variable {variable}")


@contextmanager
def _extra(name: str) -> Iterator[None]:
    """Turn a missing package into the name of the extra that brings it."""
    try:
        yield
    except ImportError as error:
        missing = error.name or "a package"
        raise ModelError(f"{missing} is not installed; it comes with: pip install 'dateline[{name}]'") from None
