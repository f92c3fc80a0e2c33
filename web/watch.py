"""The outermost layer: an id, a log line, figures and protecting headers for every request, and an end to every error."""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from datetime import UTC, datetime
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.faults import INTERNAL, fault
from web.meters import Meters

# 'unsafe-inline' and 'unsafe-eval' are Gradio's own needs (its HTML parts are templates); other hosts it needs none.
PAGE_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'"
)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=()",
}
_OURS = re.compile(r"/(api|v1|docs|openapi\.json|login|logout|healthz|readyz|metrics|mcp)(/|$)")
_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
log = logging.getLogger("dateline.requests")


class Watched:
    """ASGI middleware around everything else."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return  # nothing here speaks websocket
        start, status, sent = time.perf_counter(), 0, 0
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        known_as = given if _GIVEN_ID.fullmatch(given) else secrets.token_hex(12)
        scope.setdefault("state", {})["request_id"] = known_as
        policy = POLICY if _OURS.match(scope["path"]) else PAGE_POLICY

        async def sending(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
                there = {name.lower() for name, _ in message.get("headers", ())}
                added = {**_HEADERS, b"content-security-policy": policy.encode(), b"x-request-id": known_as.encode()}
                if policy is POLICY:
                    added[b"cache-control"] = b"no-store"
                headers = [*message.get("headers", ()), *((n, v) for n, v in added.items() if n not in there)]
                message = {**message, "headers": headers}
            elif message["type"] == "http.response.body":
                sent += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:  # whatever let it through, the client gets an answer and the log a line
            logging.getLogger("dateline").error(
                "request %s failed: %s: %s", known_as, type(error).__name__, " ".join(str(error).split())[:500]
            )
            if not status:
                await fault(500, INTERNAL, known_as)(scope, receive, sending)
        finally:
            self._note(scope, known_as, status, sent, time.perf_counter() - start)

    def _note(self, scope: Scope, known_as: str, status: int, sent: int, took: float) -> None:
        route = "refused" if scope["state"].get("refused") else getattr(scope.get("route"), "path", None) or "page"
        self._meters.requests.labels(route, _method(scope), str(status)).inc()
        self._meters.seconds.labels(route).observe(took)
        if log.isEnabledFor(logging.INFO):
            client = scope.get("client") or ("-",)
            told: dict[str, Any] = {
                "id": known_as,
                "client": client[0],
                "user": scope["state"].get("user"),
                "method": _method(scope),
                "path": scope["path"][:500],
                "status": status,
                "bytes": sent,
                "ms": round(took * 1e3, 1),
            }
            log.info("request", extra={"told": told})


def _method(scope: Scope) -> str:
    """Return the method, "OTHER" for one that nobody knows: a label is not the client's to make up."""
    method = str(scope["method"])
    return method if method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS") else "OTHER"


class Lines(logging.Formatter):
    """A log record as one line of JSON; an address's query, where questions may stand, is in none."""

    def format(self, record: logging.LogRecord) -> str:
        told = getattr(record, "told", None) or {"message": record.getMessage()}
        line = {"at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"), **told}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps({**line, "level": record.levelname.lower()}, ensure_ascii=True)
