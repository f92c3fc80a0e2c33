"""What the API tells of the archive and takes to change it, as types: its sources, work on it, its articles as a list."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from rag.archive.registry import LONGEST, SHORTEST
from web.forms import ArticleOut, Taken


class SourceOut(BaseModel):
    """Where articles come from again and again, and how it does. Who may not change it sees no more than a name."""

    key: int
    address: str
    every: int = Field(description="Seconds between two readings")
    kind: str | None
    outlet: str | None
    paused: bool
    last_tried: datetime | None
    last_success: datetime | None
    next_due: datetime | None
    failures: int = Field(description="In a row")
    last_error: str | None


class SkippedOut(BaseModel):
    """What could not be used, and why."""

    place: str
    line: int | None
    reason: str


class TaskOut(BaseModel):
    """A piece of work on the archive: how far it is, and what became of the articles."""

    id: str
    what: str
    state: Literal["waiting", "working", "done", "failed"]
    stopped: bool
    share: float | None = Field(description="The part of the input that was read")
    added: int
    changed: int
    unchanged: int
    gone: int
    removed: int
    skipped: list[SkippedOut] = Field(description="The first hundred")
    skipped_count: int
    remarks: list[str]
    error: str | None


class LimitsOut(BaseModel):
    """What may be sent at a time."""

    bytes: int
    files: int
    pages: int = Field(description="Of the web, read in one go")
    endings: list[str]


class ArchiveOut(BaseModel):
    """What the archive holds, how fresh it is, where it comes from, and what is being done to it."""

    receipt: dict[str, Any] = Field(description="As `dateline status --json` tells it, without the sources")
    sources: list[SourceOut]
    outlets: list[str] = Field(description="The first thousand by name")
    may_change: bool
    limits: LimitsOut
    tasks: list[TaskOut]


class ListedOut(ArticleOut):
    """An article in a list."""

    corrected: bool
    gone: bool


class ListOut(BaseModel):
    """A page of the list of articles, the newest first."""

    articles: list[ListedOut]
    count: int = Field(description="In all")


class AddressRequest(Taken):
    """An address of the web: read once, or followed."""

    address: str = Field(min_length=1, max_length=4_000)
    every: int | None = Field(
        None, ge=SHORTEST, le=LONGEST, description="Seconds; followed where given, else read once"
    )
    outlet: str | None = Field(None, max_length=200, description="Of articles that name none")


class RemoveRequest(Taken):
    """Articles to be taken out for good."""

    ids: list[str] = Field(min_length=1, max_length=1_000)
