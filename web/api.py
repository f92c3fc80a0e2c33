"""The HTTP API: /api/v1 in typed JSON or server-sent events, its description at /docs, and what watches over a server."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import suppress
from importlib import resources
from typing import Any, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, StreamingResponse
from fastapi.security import HTTPBearer
from starlette.exceptions import HTTPException
from starlette.routing import Match

from rag import __version__
from rag.errors import DatelineError
from rag.records import article_json, citation_json, sentence_json
from rag.types import Article, Event
from web.faults import INTERNAL, fault, fault_json, headers_of, status_of
from web.forms import (
    AnswerOut,
    AskRequest,
    ErrorOut,
    FeedbackOut,
    FeedbackRequest,
    GivenOut,
    SearchOut,
    SearchRequest,
    StatusOut,
    VerifyOut,
    VerifyRequest,
    WholeArticle,
)
from web.service import Service, answer_out, given_out

T = TypeVar("T")
ABOUT = """Ask a news archive. Every sentence of an answer carries a citation, every citation is a verbatim quote at a known
place of a known article, and every sentence was checked against what it cites. A refusal is an answer too:
`status` is then `not_in_corpus`, and the status code 200."""
_ALIVE = 15.0  # seconds after which a stream without news says that it is still there
_EVERY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_DOCS = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Dateline API</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><main id="docs"></main>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body></html>"""
_START = "SwaggerUIBundle({url: '/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null});"


def make_api(service: Service) -> FastAPI:
    """Return the app with everything but the page."""
    from web.archive import archive_routes
    from web.chat import chat_routes
    from web.evaluation import evaluation_routes

    app = FastAPI(title="Dateline", version=__version__, description=ABOUT, docs_url=None, redoc_url=None)
    ours = (
        _routes(service),
        archive_routes(service.intake, service.config),
        evaluation_routes(service.runs),
        chat_routes(service),
    )
    for routes in ours:  # the guard has looked at the login; the dependency says so in the description
        app.include_router(routes, dependencies=[Depends(HTTPBearer(auto_error=False))])
    app.include_router(_watching(service), include_in_schema=False)
    app.include_router(_scripts(), include_in_schema=False)
    app.include_router(_nothing_else(*ours), include_in_schema=False)
    _say_errors(app)
    return app


def request_id(request: Request) -> str:
    """Return the id by which the log knows the request."""
    return str(request.state.request_id)


async def while_there(request: Request, work: Awaitable[T]) -> T:
    """Return what `work` gives; it is dropped where the client leaves first."""
    task = asyncio.ensure_future(work)

    async def left() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    leaving = asyncio.ensure_future(left())
    try:
        await asyncio.wait((task, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
            raise HTTPException(499, "the client left")
        return task.result()
    finally:
        leaving.cancel()


def _routes(service: Service) -> APIRouter:
    errors: dict[int | str, dict[str, Any]] = {
        status: {"model": ErrorOut} for status in (400, 401, 404, 413, 422, 429, 503)
    }
    routes = APIRouter(prefix="/api/v1", responses=errors)

    @routes.post("/ask", response_model=AnswerOut, summary="Ask: a cited, checked answer, or a refusal")
    async def ask(asked: AskRequest, request: Request) -> Any:
        """Answer from the archive. As server-sent events: `queued`, `found`, one `sentence` each, and `answer` at the end."""
        answer_id = request_id(request)
        if asked.stream or "text/event-stream" in request.headers.get("accept", ""):
            ahead, wait = service.line.inside, service.line.wait()
            events = service.follow(asked, answer_id, "api")
            return event_stream(_told(events, answer_id, ahead, wait), answer_id)
        answer = await while_there(request, service.ask(asked, answer_id, "api"))
        return JSONResponse(answer_out(answer, answer_id).model_dump(mode="json"))

    @routes.post("/search", response_model=SearchOut, summary="Search: the passages that a question is about")
    async def search(asked: SearchRequest, request: Request) -> Any:
        return await while_there(request, service.search(asked, asked.k))

    @routes.get("/articles/{article_id:path}", response_model=WholeArticle, summary="Read an article and its versions")
    async def article(article_id: str) -> WholeArticle:
        return await service.article(article_id)

    @routes.get("/answers/{link}", response_model=GivenOut, summary="Read an answer as it was given")
    async def given(link: str) -> GivenOut:
        """The `link` is that of an answer. What it cites may have been corrected or removed since: `articles` says so."""
        return given_out(await asyncio.to_thread(service.given, link))

    @routes.get("/status", response_model=StatusOut, summary="What the archive holds, and what answers from it")
    async def status() -> StatusOut:
        return await service.status()

    @routes.post("/verify", response_model=VerifyOut, summary="Check a claim against a text")
    async def verify(pair: VerifyRequest, request: Request) -> Any:
        return await while_there(request, service.verify(pair.claim, pair.source))

    @routes.post("/feedback", response_model=FeedbackOut, summary="Say whether an answer was right")
    async def feedback(said: FeedbackRequest) -> FeedbackOut:
        await asyncio.to_thread(service.feedback.add, said.id, said.verdict, said.comment, said.correct)
        return FeedbackOut(stored=True)

    return routes


# -- server-sent events ----------------------------------------------------------------------------------------------


def event_stream(chunks: AsyncGenerator[str, None], answer_id: str) -> StreamingResponse:
    """Return chunks of server-sent events as a response; what fails in the middle is told as an event."""

    async def guarded() -> AsyncIterator[str]:
        try:
            async for chunk in _kept_alive(chunks):
                yield chunk
        except DatelineError as error:
            yield sse("error", fault_json(status_of(error), str(error), answer_id))
        except Exception:
            logging.getLogger("dateline").exception("request %s failed in mid-stream", answer_id)
            yield sse("error", fault_json(500, INTERNAL, answer_id))

    return StreamingResponse(guarded(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


def sse(kind: str, data: Any) -> str:
    """Return one server-sent event."""
    return f"event: {kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


async def _kept_alive(chunks: AsyncGenerator[str, None]) -> AsyncIterator[str]:
    coming: asyncio.Task[str | None] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(chunks, None))
            done, _ = await asyncio.wait((coming,), timeout=_ALIVE)
            if not done:
                yield ": still working\n\n"
                continue
            chunk, coming = coming.result(), None
            if chunk is None:
                return
            yield chunk
    finally:
        if coming is not None:
            coming.cancel()
            with suppress(asyncio.CancelledError):
                await coming
        await chunks.aclose()


async def _told(events: AsyncIterator[Event], answer_id: str, ahead: int, wait: float) -> AsyncGenerator[str, None]:
    """Yield the steps of an answer as server-sent events."""
    if wait:
        yield sse("queued", {"ahead": ahead, "wait_s": round(wait, 1)})
    articles: dict[str, Article] = {}
    async for event in events:
        if event.kind == "found":
            articles = {hit.article.id: hit.article for hit in event.hits}
            told = [article_json(article) for article in articles.values()]
            yield sse("found", {"passages": len(event.hits), "articles": told})
        elif event.sentence is not None:
            cited = [citation_json(c, articles[c.article_id]) for c in event.citations]
            yield sse("sentence", {**sentence_json(event.sentence), "told": event.text, "new_citations": cited})
        elif event.answer is not None:
            yield sse("answer", answer_out(event.answer, answer_id).model_dump(mode="json"))


# -- health, metrics, documentation ----------------------------------------------------------------------------------


def _watching(service: Service) -> APIRouter:
    routes = APIRouter()

    @routes.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @routes.get("/readyz")
    async def readyz(request: Request) -> Any:
        if service.line.full:
            return fault(503, "the line of questions is full", request_id(request))
        held = await service.status()
        return {"status": "ready", "articles": held.articles, "generation": held.generation}

    @routes.get("/metrics")
    async def metrics() -> Response:
        return PlainTextResponse(await asyncio.to_thread(service.meters.text), media_type="text/plain; version=0.0.4")

    @routes.get("/docs")
    async def docs() -> HTMLResponse:
        return HTMLResponse(_DOCS)

    @routes.get("/docs/start.js")
    async def start() -> Response:
        return Response(_START, media_type="text/javascript")

    def asset(name: str, media_type: str) -> None:
        @routes.get(f"/docs/{name}")
        async def swagger() -> Response:
            content = resources.files("fastapi_swagger.resources").joinpath(name).read_bytes()
            return Response(content, media_type=media_type, headers={"Cache-Control": "max-age=86400"})

    asset("swagger-ui-bundle.js", "text/javascript")
    asset("swagger-ui.css", "text/css")
    return routes


def _scripts() -> APIRouter:
    """Return the routes of the scripts that the page asks for when one of its other tabs is opened."""
    routes = APIRouter()

    def script(name: str) -> None:
        @routes.get(f"/page/{name}")
        async def tab() -> Response:
            content = resources.files("web").joinpath(name).read_bytes()
            return Response(content, media_type="text/javascript", headers={"Cache-Control": "no-cache"})

    for name in ("archive.js", "evaluation.js", "tabs.js"):
        script(name)
    return routes


def _nothing_else(*others: APIRouter) -> APIRouter:
    """Answer for what no route of the others takes, before the page gets to see it."""
    routes = APIRouter()

    @routes.api_route("/api/{rest:path}", methods=_EVERY_METHOD)
    @routes.api_route("/v1/{rest:path}", methods=_EVERY_METHOD)
    async def nothing(request: Request) -> Response:
        allowed = sorted(
            method
            for other in others
            for route in other.routes
            if route.matches(request.scope)[0] is Match.PARTIAL
            for method in getattr(route, "methods", None) or ()
        )
        if allowed:
            raise HTTPException(405, f"use {' or '.join(allowed)}", {"Allow": ", ".join(allowed)})
        raise HTTPException(404, "there is nothing at this address; /docs says what there is")

    return routes


# -- errors ----------------------------------------------------------------------------------------------------------


def _say_errors(app: FastAPI) -> None:
    @app.exception_handler(DatelineError)
    async def ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, DatelineError)
        return fault(status_of(error), str(error), request_id(request), headers=headers_of(error))

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body") or None
        if first["type"] == "json_invalid":
            said = first.get("ctx", {}).get("error", "")
            return fault(400, f"the body is no JSON ({said} at character {where})", request_id(request))
        return fault(422, f"{where or 'the body'}: {first['msg']}", request_id(request), param=where)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return fault(error.status_code, str(error.detail), request_id(request), headers=error.headers)

    @app.exception_handler(Exception)
    async def bug(request: Request, error: Exception) -> Response:
        return fault(500, INTERNAL, request_id(request))
