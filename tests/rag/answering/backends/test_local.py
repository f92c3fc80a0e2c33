"""A real LLM on this machine: as a file, and behind llama.cpp's own OpenAI-compatible server. `make smollm2` fetches it."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag.answering.backends.load import load
from rag.config import Config
from rag.errors import LLMError
from rag.pipeline import Pipeline

pytestmark = [
    pytest.mark.slow,
    # llama_index's clients, and llama.cpp's Cython wrapper
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
PROMPT = "Write three sentences about ferries."


@pytest.fixture(scope="module")
def local(smollm2: Path) -> Any:
    return load(f"local:{smollm2}", Config(llm_context=2048, llm_reply=64, llm_timeout=120.0))


@pytest.fixture(scope="module")
def served(smollm2: Path) -> Iterator[str]:
    """Yield the address of llama.cpp's own server, which wants a key."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(smollm2)
    params.n_ctx = 2048
    params.n_parallel = 1
    params.api_keys = ["the-right-key"]
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"
    del server


def test_a_file_replies_and_tells_its_tokens(local: Any) -> None:
    response = local.complete(PROMPT)
    assert len(response.text.split()) > 5
    sent, replied = response.raw["usage"].values()
    assert 10 < sent < 80 and 5 < replied <= 64


def test_a_file_streams(local: Any) -> None:
    came = [(time.monotonic(), part.text) for part in local.stream_complete(PROMPT)]
    assert len(came) > 5 and came[-1][0] > came[0][0] and came[-1][1].startswith(came[0][1])


def test_the_same_prompt_has_the_same_reply(local: Any) -> None:
    assert local.complete(PROMPT).text == local.complete(PROMPT).text


def test_whoever_leaves_in_the_middle_leaves_the_model_free(local: Any) -> None:
    stream = local.stream_complete(PROMPT)
    next(stream)
    stream.close()
    assert local.complete(PROMPT).text


def test_a_prompt_that_does_not_fit_is_told(local: Any) -> None:
    with pytest.raises(LLMError, match="exceeds the available context size"):
        local.complete("ferry " * 4_000)
    assert local.complete(PROMPT).text


def test_a_reply_that_takes_too_long_is_given_up(smollm2: Path) -> None:
    slow = load(f"local:{smollm2}", Config(llm_context=2048, llm_reply=1500, llm_timeout=0.5))
    began = time.monotonic()
    with pytest.raises(LLMError, match=r"no whole reply within 0\.5 seconds"):
        slow.complete("Write a very long story about ferries.")
    assert time.monotonic() - began < 20


def test_it_replies_as_a_server(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_LIKE_API_KEY", "the-right-key")
    llm = load(f"openai-like:smollm2@{served}", Config(llm_reply=32, llm_timeout=120.0))
    whole = llm.complete(PROMPT)
    assert len(whole.text.split()) > 5 and whole.raw and whole.raw["usage"]["completion_tokens"] <= 32
    *_, last = llm.stream_complete(PROMPT)
    assert last.text == whole.text


def test_a_server_with_a_wrong_key_is_told(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_LIKE_API_KEY", "a-wrong-key")
    with pytest.raises(LLMError, match=r"refuses the key in OPENAI_LIKE_API_KEY \(401\)") as caught:
        load(f"openai-like:smollm2@{served}", Config()).complete(PROMPT)
    assert caught.value.lasting and "a-wrong-key" not in str(caught.value)


def test_a_server_whose_context_is_too_small_is_told(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_LIKE_API_KEY", "the-right-key")
    with pytest.raises(LLMError, match="the prompt is too long for the model"):
        load(f"openai-like:smollm2@{served}", Config()).complete("ferry " * 4_000)


def test_the_port_of_a_file_is_locked(local: Any) -> None:
    """llama.cpp listens on loopback where it is embedded too; nobody else gets a reply there."""
    import httpx

    address = local._inner._server.listening_address
    asked = {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 4}
    assert httpx.post(f"{address}/v1/chat/completions", json=asked, timeout=30).status_code == 401


def test_whatever_it_invents_nothing_unproven_is_shown(smollm2: Path, stories_folder: Path, tmp_path: Path) -> None:
    record = tmp_path / "replies.jsonl"
    config = Config(data=stories_folder, embedder="stub", llm=f"local:{smollm2}", llm_reply=96, llm_timeout=120.0)
    import dataclasses

    pipeline = Pipeline.open(dataclasses.replace(config, record=record, k=3))
    for question in ("Why did Mayor Tobias Finch resign?", "How many people will Voltane employ?"):
        answer = pipeline.ask(question)
        texts = {hit.article.id: hit.article.text for hit in answer.hits}
        assert all(sentence.verdict == "supported" and sentence.citations for sentence in answer.sentences)
        assert all(texts[c.article_id][c.start : c.end] == c.quote for c in answer.citations)
    pipeline.close()
    rows = [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]
    assert len(rows) == 2 and all(row["reply"].strip() for row in rows)
