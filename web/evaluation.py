"""Evaluations by HTTP, at /api/v1/evaluation: past runs, their reports, two compared; for who may, one begun and stopped."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from eval.compare import Change, Comparison, Flip
from eval.tables import number, value
from web.forms import Taken
from web.guard import may_change
from web.runs import PastRun, Progress, Runs

_FLIPS = 200  # that are told
# A report is a page of its own, shown in a frame: its own script runs, which its policy names by a digest, and reaches nothing.
_REPORT_HEADERS = {
    "Content-Security-Policy": "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
    "Cache-Control": "no-store",
}


class FigureOut(BaseModel):
    """A figure as it is read, with its 95 % interval and the number of cases it rests on."""

    label: str
    value: str
    interval: str
    n: int


class PastRunOut(BaseModel):
    """A run that was made before."""

    name: str
    questions: str = Field(description="The name of the file of questions")
    started: datetime | str | None
    cases: int
    figures: list[FigureOut]
    told: str = Field(description="What is to be known of it, or why it can't be read; empty where all is well")
    readable: bool = Field(description="Whether it has a report")
    unfinished: bool


class ProgressOut(BaseModel):
    """The run under way, or the last one since the server was started."""

    name: str
    questions: str
    state: Literal["working", "done", "stopped", "failed"]
    done: int
    total: int
    error: str | None


class EvaluationOut(BaseModel):
    """What there is of evaluations."""

    runs: list[PastRunOut]
    questions: list[str] = Field(description="Files of questions that a run can be begun on, for who may")
    may_start: bool
    now: ProgressOut | None


class ChangeOut(BaseModel):
    """One figure in both runs: as they are read, and whether the change is more than chance."""

    key: str
    before: str
    after: str
    change: str
    interval: str
    n: int
    verdict: str


class FlipOut(BaseModel):
    """A case that came out otherwise in one figure."""

    id: str
    question: str
    key: str
    better: bool


class ComparisonOut(BaseModel):
    """What changed from one run to another, over the cases that both have."""

    n: int
    only_before: int
    only_after: int
    changes: list[ChangeOut]
    flips: list[FlipOut] = Field(description="The worse first; cut off after some hundred")
    better: int = Field(description="Cases that came out better in some figure")
    worse: int


class StartRequest(Taken):
    """A run to begin: on a file of questions by its name, or, with `text`, on a new one; or one to go on with."""

    questions: str = Field("", max_length=200)
    text: str | None = Field(None, max_length=950_000, description="What is in the file, where it is new")
    run: str = Field("", max_length=200, description="The name of a run that was cut off")


def evaluation_routes(runs: Runs) -> APIRouter:
    """Return the routes under /api/v1/evaluation. Who may change the archive (`web/guard.py`) may begin and stop runs."""
    routes = APIRouter(prefix="/api/v1/evaluation")

    @routes.get("", response_model=EvaluationOut, summary="The past runs, and the one under way")
    async def overview(request: Request) -> EvaluationOut:
        return await asyncio.to_thread(_overview, runs, may_change(request))

    @routes.get("/now", response_model=ProgressOut | None, summary="How far the run under way is")
    async def now() -> ProgressOut | None:
        return _progress_out(runs.now())

    @routes.get("/runs/{name}/report", summary="A run's report, as a page")
    async def report(name: str) -> Response:
        path = await asyncio.to_thread(runs.report, name)
        return FileResponse(path, media_type="text/html; charset=utf-8", headers=_REPORT_HEADERS)

    @routes.get("/compare", response_model=ComparisonOut, summary="What changed from one run to another")
    async def compare(
        before: Annotated[str, Query(max_length=200)], after: Annotated[str, Query(max_length=200)]
    ) -> ComparisonOut:
        return _comparison_out(await asyncio.to_thread(runs.compare, before, after))

    @routes.post("/start", status_code=202, response_model=ProgressOut, summary="Begin a run, or go on with one")
    async def start(asked: StartRequest, request: Request) -> ProgressOut | None:
        _check(request)
        return _progress_out(await asyncio.to_thread(_start, runs, asked))

    @routes.post("/stop", response_model=ProgressOut | None, summary="Stop the run under way; what is answered is kept")
    async def stop(request: Request) -> ProgressOut | None:
        _check(request)
        runs.stop()
        return _progress_out(runs.now())

    return routes


def _check(request: Request) -> None:
    if not may_change(request):
        raise HTTPException(
            403, "evaluations can't be begun here; whoever serves this can allow it with --admin or --editor"
        )


def _start(runs: Runs, asked: StartRequest) -> Progress:
    if asked.run:
        return runs.go_on(asked.run)
    return runs.start(asked.questions if asked.text is None else runs.add(asked.questions, asked.text))


def _overview(runs: Runs, may_start: bool) -> EvaluationOut:
    return EvaluationOut(
        runs=list(map(_run_out, runs.past())),
        questions=runs.questions() if may_start else [],
        may_start=may_start,
        now=_progress_out(runs.now()),
    )


def _run_out(run: PastRun) -> PastRunOut:
    return PastRunOut.model_validate(asdict(run))


def _progress_out(now: Progress | None) -> ProgressOut | None:
    return ProgressOut.model_validate(asdict(now)) if now else None


def _comparison_out(found: Comparison) -> ComparisonOut:
    better, worse = ({flip.id for flip in found.flips if flip.better is way} for way in (True, False))
    return ComparisonOut(
        n=found.n,
        only_before=found.only_a,
        only_after=found.only_b,
        changes=list(map(_change_out, found.differences)),
        flips=list(map(_flip_out, found.flips[:_FLIPS])),
        better=len(better),
        worse=len(worse),
    )


def _change_out(change: Change) -> ChangeOut:
    moved, low, high = (number(each, change.unit, sign=True) for each in (change.change, change.low, change.high))
    return ChangeOut(
        key=change.key,
        before=value(change.a, change.unit),
        after=value(change.b, change.unit),
        change=moved,
        interval=f"{low} to {high}",
        n=change.n,
        verdict=change.verdict,
    )


def _flip_out(flip: Flip) -> FlipOut:
    return FlipOut(id=flip.id, question=flip.question, key=flip.key, better=flip.better)
