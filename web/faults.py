"""What goes wrong, in one JSON form: {"error": {"type", "message", "param", "code", "request_id"}}, as chat clients read it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse

from rag.errors import DatelineError, NotFound, UsageError
from web.queue import Busy

KINDS = {
    400: "bad_request",
    401: "not_logged_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "too_slow",
    411: "length_required",
    413: "too_large",
    415: "unsupported_type",
    421: "unknown_host",
    422: "invalid",
    429: "too_many_requests",
    500: "internal",
    503: "unavailable",
}
INTERNAL = "something went wrong inside Dateline; its log says what, by the request's id"


def fault_json(status: int, message: str, request_id: str, param: str | None = None) -> dict[str, Any]:
    """Return the error as JSON holds it."""
    body = {"type": KINDS.get(status, "error"), "message": message, "param": param, "code": status}
    return {"error": {**body, "request_id": request_id}}


def fault(
    status: int, message: str, request_id: str, *, param: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """Return the error as a response."""
    return JSONResponse(fault_json(status, message, request_id, param), status, dict(headers or {}))


def end_of(work: str, error: BaseException) -> str:
    """Return one line that says what ended some work that no request waits for; what nobody expects is logged."""
    if isinstance(error, DatelineError):
        return str(error)
    logging.getLogger("dateline").error("%s failed", work, exc_info=error)
    return "something went wrong inside Dateline; its log says what"


def status_of(error: DatelineError) -> int:
    """Return the HTTP status that an error of ours has."""
    if isinstance(error, UsageError):
        return 400
    if isinstance(error, NotFound):
        return 404
    return 503


def headers_of(error: DatelineError) -> dict[str, str]:
    """Return the headers that go with an error of ours: when to come again."""
    return {"Retry-After": str(max(1, round(error.wait)))} if isinstance(error, Busy) else {}
