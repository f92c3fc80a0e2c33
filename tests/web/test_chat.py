"""The chat completions, by the official client of OpenAI."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openai import APIStatusError, AuthenticationError, OpenAI

WHO = "Who was named chairman of Stargate?"


@pytest.fixture
def client(server: Any) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{server.address}/v1", api_key="none", max_retries=0) as client:
        yield client


def test_an_answer_carries_its_citations(client: OpenAI) -> None:
    messages: Any = [
        {"role": "system", "content": "You are helpful."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": [{"type": "text", "text": WHO}]},
    ]
    told: Any = client.chat.completions.create(model="dateline", messages=messages, temperature=0.2)
    content = told.choices[0].message.content or ""
    assert "Masayoshi Son" in content and "\n\nSources:\n[1] " in content and told.choices[0].finish_reason == "stop"
    citations = told.citations
    assert [c["n"] for c in citations] == list(range(1, len(citations) + 1))
    assert any("Masayoshi Son" in c["quote"] for c in citations)
    assert told.usage and told.usage.total_tokens == 0


def test_a_stream_says_the_same(client: OpenAI) -> None:
    whole: Any = client.chat.completions.create(model="dateline", messages=[{"role": "user", "content": WHO}])
    chunks: list[Any] = list(
        client.chat.completions.create(
            model="dateline",
            messages=[{"role": "user", "content": WHO}],
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    said = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert said == whole.choices[0].message.content
    [last] = [chunk for chunk in chunks if chunk.choices and chunk.choices[0].finish_reason]
    assert last.citations == whole.citations
    assert chunks[-1].usage and len({chunk.id for chunk in chunks}) == 1


def test_a_refusal_has_no_sources(client: OpenAI) -> None:
    told: Any = client.chat.completions.create(
        model="dateline", messages=[{"role": "user", "content": "Who won the chess title in Reykjavik?"}]
    )
    assert "I found no answer" in (told.choices[0].message.content or "")
    assert told.citations == []


def test_filters_come_as_extra_fields(client: OpenAI) -> None:
    told: Any = client.chat.completions.create(
        model="dateline",
        messages=[{"role": "user", "content": "the bridge"}],
        extra_body={"outlets": ["Orris Valley Gazette"], "from": "2025-03-01"},
    )
    assert {c["source"] for c in told.citations} <= {"Orris Valley Gazette"}


@pytest.mark.parametrize(
    ("messages", "status"),
    [
        ([], 422),
        ([{"role": "assistant", "content": "Hello."}], 400),
        ([{"role": "user", "content": ""}], 400),
        ([{"role": "user", "content": "x" * 5_000}], 400),
        ([{"role": "nobody", "content": "x"}], 422),
    ],
)
def test_what_asks_nothing_is_refused(client: OpenAI, messages: Any, status: int) -> None:
    with pytest.raises(APIStatusError) as refused:
        client.chat.completions.create(model="dateline", messages=messages)
    assert refused.value.status_code == status and refused.value.request_id


def test_an_error_in_mid_stream_is_an_error(client: OpenAI) -> None:
    with pytest.raises(Exception, match="no outlet"):
        list(
            client.chat.completions.create(
                model="dateline",
                messages=[{"role": "user", "content": WHO}],
                stream=True,
                extra_body={"outlets": ["The Nonesuch"]},
            )
        )


def test_the_model_is_listed(client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["dateline"]


def test_a_key_is_asked_for_where_one_is_set(served: Any) -> None:
    with served(tokens=("a-token-of-the-news-desk",)) as server:
        stranger = OpenAI(base_url=f"{server.address}/v1", api_key="wrong", max_retries=0)
        with stranger, pytest.raises(AuthenticationError):
            stranger.models.list()
        with OpenAI(base_url=f"{server.address}/v1", api_key="a-token-of-the-news-desk") as client:
            assert client.models.list().data
