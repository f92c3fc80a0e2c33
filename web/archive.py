"""The archive by HTTP, at /api/v1/archive: what it holds and how it does; for who may, adding, following, removing.

Who may change it is said by the guard (`web/guard.py`), which stands before all of this.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import closing
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from corpus.formats import FORMATS
from rag.archive.catalog import Catalog
from rag.archive.listing import ListedArticle, listed
from rag.archive.receipt import receipt
from rag.config import Config
from rag.errors import NotFound, StorageError, UsageError
from rag.text.plain import plain
from rag.types import RegisteredSource
from web.archive_forms import (
    AddressRequest,
    ArchiveOut,
    LimitsOut,
    ListedOut,
    ListOut,
    RemoveRequest,
    SkippedOut,
    SourceOut,
    TaskOut,
)
from web.guard import may_change
from web.intake import MOST_FILES, MOST_PAGES, Intake
from web.limits import UPLOAD
from web.tasks import Task

_OUTLETS, _SKIPPED = 1_000, 100  # that are told
_LONGEST_NAME = 100  # characters of a file's name
_PAGE = 20  # articles


def archive_routes(intake: Intake, config: Config) -> APIRouter:
    """Return the routes under /api/v1/archive."""
    routes = APIRouter(prefix="/api/v1/archive")

    @routes.get("", response_model=ArchiveOut, summary="What the archive holds, how fresh it is, and its sources")
    async def overview(request: Request) -> ArchiveOut:
        return await asyncio.to_thread(_overview, intake, config, may_change(request))

    @routes.get("/articles", response_model=ListOut, summary="The articles, the newest first")
    async def articles(
        outlet: Annotated[str | None, Query(max_length=200)] = None,
        first: Annotated[date | None, Query(alias="from")] = None,
        last: Annotated[date | None, Query(alias="to")] = None,
        page: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
    ) -> ListOut:
        found, count = await asyncio.to_thread(
            lambda: listed(config.data, outlet=outlet, first=first, last=last, limit=_PAGE, offset=page * _PAGE)
        )
        return ListOut(articles=list(map(_listed_out, found)), count=count)

    @routes.post("/files", status_code=202, response_model=TaskOut, summary="Add files", openapi_extra=_FILES_FORM)
    async def files(request: Request) -> TaskOut:
        folder, paths = await _received(request)
        try:
            return _task_out(intake.read_files(folder, paths))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    @routes.post("/addresses", status_code=202, response_model=TaskOut, summary="Read an address once, or follow it")
    async def addresses(asked: AddressRequest) -> TaskOut:
        if asked.every is None:
            return _task_out(intake.read_address(asked.address))
        outlet = (asked.outlet or "").strip() or None
        every = asked.every
        return _task_out(await asyncio.to_thread(lambda: intake.follow(asked.address, every=every, outlet=outlet)))

    @routes.post("/sources/{key}/sync", status_code=202, response_model=TaskOut, summary="Read a source now")
    async def sync(key: int) -> TaskOut:
        return _task_out(await asyncio.to_thread(intake.sync, str(key)))

    @routes.post("/sources/{key}/pause", response_model=SourceOut, summary="Leave a source alone")
    async def pause(key: int) -> SourceOut:
        return _source_out(await asyncio.to_thread(intake.pause, str(key), True), whole=True)

    @routes.post("/sources/{key}/resume", response_model=SourceOut, summary="Read a paused source again")
    async def resume(key: int) -> SourceOut:
        return _source_out(await asyncio.to_thread(intake.pause, str(key), False), whole=True)

    @routes.delete("/sources/{key}", response_model=SourceOut, summary="Forget a source; its articles stay")
    async def forget(key: int) -> SourceOut:
        return _source_out(await asyncio.to_thread(intake.forget, str(key)), whole=True)

    @routes.post("/remove", status_code=202, response_model=TaskOut, summary="Take articles out, for good")
    async def remove(asked: RemoveRequest) -> TaskOut:
        return _task_out(intake.remove(asked.ids))

    @routes.get("/tasks/{key}", response_model=TaskOut, summary="How far a piece of work is")
    async def task(key: str, request: Request) -> TaskOut:
        if not may_change(request):
            raise HTTPException(403, "only who may change the archive is told")
        return _task_out(_known(intake, key))

    @routes.post("/tasks/{key}/stop", response_model=TaskOut, summary="Stop a piece of work; what is in stays in")
    async def stop(key: str) -> TaskOut:
        found = _known(intake, key)
        found.stop.set()
        return _task_out(found)

    return routes


_FILES_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}},
                }
            }
        },
    }
}


def _known(intake: Intake, key: str) -> Task:
    if (found := intake.tasks.get(key)) is None:
        raise NotFound("no such work is remembered; the archive tab lists what is")
    return found


# -- what is told ----------------------------------------------------------------------------------------------------


def _overview(intake: Intake, config: Config, may: bool) -> ArchiveOut:
    told = receipt(config)
    sources = intake.sources()
    del told["sources"]
    if not may:
        del told["data"]
    limits = LimitsOut(bytes=UPLOAD, files=MOST_FILES, pages=MOST_PAGES, endings=[*FORMATS, ".gz", ".zip"])
    return ArchiveOut(
        receipt=told,
        sources=[_source_out(each, whole=may) for each in sources],
        outlets=_outlets(config),
        may_change=may,
        limits=limits,
        tasks=list(map(_task_out, intake.tasks.newest())) if may else [],
    )


def _outlets(config: Config) -> list[str]:
    with closing(Catalog.open(config.data / "catalog.sqlite3", write=False)) as catalog:
        return sorted(filter(None, catalog.outlets()))[:_OUTLETS]


def _source_out(source: RegisteredSource, *, whole: bool) -> SourceOut:
    """Return a source; not as a `whole` without what an address may give away: a key, a login, a folder of this machine."""
    error = source.last_error
    return SourceOut(
        key=source.key,
        address=plain(source.address) if whole else _name_of(source.address),
        every=source.every,
        kind=source.kind,
        outlet=source.outlet,
        paused=source.paused,
        last_tried=source.last_tried,
        last_success=source.last_success,
        next_due=source.next_due,
        failures=source.failures,
        last_error=plain(error) if error and whole else "it could not be read" if error else None,
    )


def _name_of(address: str) -> str:
    if "://" not in address:
        return plain(PurePosixPath(address.replace("\\", "/")).name)
    parts = urlsplit(address)
    return plain(f"{parts.hostname or ''}{parts.path}")


def _task_out(task: Task) -> TaskOut:
    return TaskOut(
        id=task.key,
        what=plain(task.what),
        state=task.state,
        stopped=task.stop.is_set(),
        share=task.share,
        added=task.added,
        changed=task.changed,
        unchanged=task.unchanged,
        gone=task.gone,
        removed=task.removed,
        skipped=[
            SkippedOut(place=plain(each.place), line=each.line, reason=plain(each.reason))
            for each in task.skipped.first[:_SKIPPED]
        ],
        skipped_count=task.skipped.count,
        remarks=[plain(each) for each in list(task.remarks)],
        error=plain(task.error) if task.error else None,
    )


def _listed_out(article: ListedArticle) -> ListedOut:
    return ListedOut(
        article_id=article.id,
        article_url=article.url,
        title=plain(article.title),
        source=plain(article.source),
        published_at=article.published_at,
        corrected=article.corrected,
        gone=article.gone,
    )


# -- what is sent ----------------------------------------------------------------------------------------------------


async def _received(request: Request) -> tuple[Path, list[Path]]:
    """Keep the files that were sent in a new folder, each in a numbered one inside it. Raises UsageError, StorageError."""
    try:
        form = await request.form(max_files=MOST_FILES, max_fields=10)
    except ClientDisconnect:
        raise HTTPException(499, "the client left") from None
    except HTTPException as error:  # the form is damaged, or has too many files
        told = str(error.detail)
        raise UsageError(f"at most {MOST_FILES} files at a time" if "Too many files" in told else told) from None
    except OSError as error:
        raise _no_room(error) from None
    try:
        sent = [each for each in form.getlist("files") if isinstance(each, UploadFile) and (each.filename or each.size)]
        if not sent:
            raise UsageError("no file was sent; choose one or more")
        return await asyncio.to_thread(_kept, sent)
    finally:
        await form.close()


def _kept(sent: list[UploadFile]) -> tuple[Path, list[Path]]:
    try:
        folder = Path(tempfile.mkdtemp(prefix="dateline-"))
    except OSError as error:
        raise _no_room(error) from None
    paths = [folder / str(number) / _file_name(each.filename or "") for number, each in enumerate(sent)]
    try:
        for each, path in zip(sent, paths, strict=True):
            path.parent.mkdir()
            with path.open("xb") as out:
                shutil.copyfileobj(each.file, out)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise _no_room(error) from None
    return folder, paths


def _file_name(given: str) -> str:
    """Return the last part of a name that a client gave, fit for this machine's disk; its ending is kept."""
    last = PurePosixPath(plain(given).replace("\\", "/")).name.lstrip(".") or "file"
    stem, dot, ending = last.rpartition(".")
    return f"{stem[:_LONGEST_NAME]}{dot}{ending[:10]}" if dot and stem else last[:_LONGEST_NAME]


def _no_room(error: OSError) -> StorageError:
    return StorageError(f"the files can't be kept for reading ({error.strerror}); free some space")
