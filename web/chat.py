"""OpenAI's chat completions over the archive: any chat client can ask it, and gets citations with the answer.

The last message of the user is the question. `citations` stands beside `choices`, and as text at the end of the answer.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import date
from typing import Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from rag.errors import UsageError
from rag.records import answer_json, byline, cited_articles
from rag.text.plain import plain
from rag.types import Answer, Event
from web.api import event_stream, request_id, while_there
from web.forms import LONGEST, Asked, ErrorOut, Outlet
from web.service import Service

MODEL = "dateline"


class Piece(BaseModel):
    """A part of a message; only text counts."""

    type: str
    text: str | None = None


class Message(BaseModel):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[Piece] | None = None

    def text(self) -> str:
        """Return the text of the message."""
        if isinstance(self.content, list):
            return "\n".join(piece.text or "" for piece in self.content if piece.type == "text")
        return self.content or ""


class StreamOptions(BaseModel):
    """Whether the last chunk counts tokens."""

    include_usage: bool = False


class ChatRequest(BaseModel):
    """A request as OpenAI's clients send it; settings of a language model have no meaning here and are let through."""

    model_config = ConfigDict(populate_by_name=True)

    messages: list[Message] = Field(min_length=1, max_length=1_000)
    model: str = MODEL
    stream: bool = False
    stream_options: StreamOptions | None = None
    n: int | None = Field(None, ge=1, le=1)
    date_from: date | None = Field(None, alias="from")
    date_to: date | None = Field(None, alias="to")
    as_of: date | None = None
    outlets: list[Outlet] = Field(default_factory=list, max_length=100)

    def asked(self) -> Asked:
        """Return the question and what it is restricted to. Raises UsageError where there is none."""
        said = [message.text().strip() for message in self.messages if message.role == "user"]
        question = said[-1] if said else ""
        if not question or len(question) > LONGEST:
            raise UsageError(f"the last message of the user is the question; it takes 1 to {LONGEST:,} characters")
        limits = {"from": self.date_from, "to": self.date_to, "as_of": self.as_of, "outlets": self.outlets}
        return Asked.model_validate({"question": question, **limits})


def chat_routes(service: Service) -> APIRouter:
    """Return the routes under /v1."""
    routes = APIRouter(prefix="/v1", responses={status: {"model": ErrorOut} for status in (400, 401, 422, 429, 503)})
    since = int(time.time())

    @routes.get("/models", summary="The models there are: one")
    async def models() -> dict[str, Any]:
        return {
            "object": "list",
            "data": [{"id": MODEL, "object": "model", "created": since, "owned_by": "dateline"}],
        }

    @routes.post("/chat/completions", summary="Ask as a chat client does")
    async def completions(chat: ChatRequest, request: Request) -> Any:
        asked, answer_id = chat.asked(), request_id(request)
        if chat.stream:
            usage = bool(chat.stream_options and chat.stream_options.include_usage)
            return event_stream(_chunks(service.follow(asked, answer_id, "chat"), answer_id, usage), answer_id)
        answer = await while_there(request, service.ask(asked, answer_id, "chat"))
        told = answer_json(answer)
        message = {"role": "assistant", "content": answer.text + sources(answer), "refusal": None}
        return JSONResponse(
            {
                "id": answer_id,
                "object": "chat.completion",
                "created": int(time.time()),
                "model": MODEL,
                "choices": [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}],
                "usage": _usage(answer),
                **{name: told[name] for name in ("citations", "status", "confidence", "notes")},
            }
        )

    return routes


def sources(answer: Answer) -> str:
    """Return the list of sources for the end of an answer's text; "" where there is none."""
    articles = cited_articles(answer)
    lines = []
    for citation in answer.citations:
        article = articles[citation.article_id]
        where = f" {plain(article.url)}" if article.url else ""
        lines.append(f"[{citation.n}] {plain(article.title) or 'Untitled'} ({byline(article)}){where}")
    return "\n\nSources:\n" + "\n".join(lines) if lines else ""


def _usage(answer: Answer) -> dict[str, int]:
    sent, replied = answer.tokens or (0, 0)
    return {"prompt_tokens": sent, "completion_tokens": replied, "total_tokens": sent + replied}


async def _chunks(events: AsyncIterator[Event], answer_id: str, usage: bool) -> AsyncGenerator[str, None]:
    """Yield an answer as chunks of a completion: each sentence once it is checked, then what is left, then the citations."""
    head = {"id": answer_id, "object": "chat.completion.chunk", "created": int(time.time()), "model": MODEL}

    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return _line({**head, "choices": [choice], **more})

    yield chunk({"role": "assistant", "content": ""})
    said = ""
    async for event in events:
        if event.sentence is not None:
            text = f"{' ' if said else ''}{event.text}"
            said += text
            yield chunk({"content": text})
        elif (answer := event.answer) is not None:
            # Where the model took back what was told, the whole answer follows on a line of its own.
            rest = answer.text.removeprefix(said) if answer.text.startswith(said) else f"\n\n{answer.text}"
            yield chunk({"content": rest + sources(answer)})
            told = answer_json(answer)
            yield chunk({}, "stop", **{name: told[name] for name in ("citations", "status", "confidence", "notes")})
            if usage:
                yield _line({**head, "choices": [], "usage": _usage(answer)})
    yield "data: [DONE]\n\n"


def _line(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"
