"""What stands before every door of the server: whose name it answers to, who may come in, and what may be sent.

A request is refused, before anything is read of it that is not needed, unless

- its Host is one of this server's names: a page of another site can't read the archive by DNS rebinding,
- its Origin, where it has one, is this server's own, and no other site's page sent it,
- its body is as small as its address allows, and comes in a bearable time,
- it comes from somebody who is logged in, where logins are asked for,
- it leaves the archive as it is, or comes from somebody who may change it,
- it goes to an address that is in use: of Gradio's some forty, those that the page needs,
- and what it sends to the page is a call of a function that the page has.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.faults import fault
from web.limits import BODY, UPLOAD, Rate
from web.login import COOKIE, LASTS, Logins, NotAllowed

_PATIENCE = 30.0  # seconds for the next piece of a body
_TRIES = 10  # failed logins a minute
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_OPEN = frozenset({"/healthz", "/readyz", "/login"})
_OURS = re.compile(r"/(api/.*|v1/.*|page/.*|docs(/[\w.-]+)?|openapi\.json|healthz|readyz|metrics|mcp/?|login|logout)")
_CHANGES = re.compile(r"/api/v1/archive/.*")
_FILES = re.compile(r"/api/v1/archive/files/?")
_ASKING = re.compile(
    r"/(api/v1/(ask|search|verify|feedback|archive/.*)|v1/chat/completions|mcp/?|gradio_api/(queue/join|run/.*|call/.*))"
)
_READ = re.compile(  # of the page's addresses, those that are read
    r"/|/(config/?|theme\.css|favicon\.ico|robots\.txt|manifest\.json|pwa_icon(/\d+)?)|/(assets|static|svelte)/.*"
    r"|/gradio_api/(startup-events|queue/data|info/?|app_id/?|user/?|login_check/?|heartbeat/[\w-]+|theme\.css"
    r"|file=.*|call/.*|upload_progress)"
)
_WRITTEN = re.compile(r"/gradio_api/(queue/join|run/[\w-]+/?|call/[\w-]+/?|cancel|reset/?|component_server/?)")
_STAYS_OPEN = re.compile(r"/gradio_api/heartbeat/.*")
_PART_CALLED = re.compile(r"/gradio_api/component_server/?")
_CALLED = re.compile(r"/gradio_api/(?:queue/join|(?:run|call)/([\w-]+)/?)")
# Who says what address a client has, or came for: believed of a proxy only, and then by uvicorn.
_SAID_BY_PROXIES = (b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-port",
                    b"x-forwarded-prefix", b"x-forwarded-server", b"x-real-ip", b"x-gradio-server")  # fmt: skip


def may_change(request: Request) -> bool:
    """Tell whether whoever sent the request, which the guard has let through, may change the archive."""
    return bool(getattr(request.state, "may_change", False))


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the page: how many values it takes, and the name by which programs call it, if they may."""

    takes: int
    name: str | None


@dataclass(frozen=True, slots=True)
class Rules:
    """What a server lets in. hosts: the names it answers to; any_address: or any address in numbers.

    admin: whoever may come in may change the archive; editors: or these, by the names that they log in with.
    calls: the functions of the page by their numbers; None where there is no page.   parts: those that a part of the page
    has on the server, by the number of the part.   leaving: set when the server is told to stop.
    """

    hosts: frozenset[str] = LOOPBACK
    any_address: bool = False
    logins: Logins = field(default_factory=Logins)
    rate: Rate = field(default_factory=lambda: Rate(0))
    admin: bool = False
    editors: frozenset[str] = frozenset()
    calls: Mapping[int, Call] | None = None
    parts: Mapping[int, frozenset[str]] = field(default_factory=dict)
    leaving: asyncio.Event | None = None


class _Refused(Exception):
    """Why a request is refused, and with what status."""

    def __init__(self, status: int, told: str, why: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(told)
        self.status, self.why, self.headers = status, why, headers


class Guard:
    """ASGI middleware that refuses what the rules don't let in. `refused` is told why, for the figures."""

    def __init__(self, app: ASGIApp, rules: Rules, refused: Callable[[str], None] = lambda why: None) -> None:
        self._app = app
        self._rules = rules
        self._refused = refused
        self._tries = Rate(_TRIES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["headers"] = [(name, value) for name, value in scope["headers"] if name not in _SAID_BY_PROXIES]
        try:
            response, receive = await self._admit(scope, Headers(scope=scope), receive)
        except _Refused as no:
            self._refused(no.why)
            scope["state"]["refused"] = True
            # Nothing more is read of a body that is refused, so the connection can't be used again.
            headers = {**(no.headers or {}), **({"Connection": "close"} if scope["method"] == "POST" else {})}
            response = fault(no.status, str(no), scope["state"]["request_id"], headers=headers)
        if response is None and _STAYS_OPEN.fullmatch(scope["path"]) and self._rules.leaving is not None:
            await self._until_leaving(self._rules.leaving, scope, receive, send)
        else:
            await (response or self._app)(scope, receive, send)

    async def _until_leaving(self, leaving: asyncio.Event, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a response that goes on as long as a page is open, and end it where the server is told to stop."""
        complete = False

        async def sending(message: Message) -> None:
            nonlocal complete
            complete = message["type"] == "http.response.body" and not message.get("more_body", False)
            await send(message)

        serving = asyncio.ensure_future(self._app(scope, receive, sending))
        stopping = asyncio.ensure_future(leaving.wait())
        try:
            await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not serving.done():
                serving.cancel()
                await asyncio.wait((serving,))
                if not complete:
                    await send({"type": "http.response.body", "body": b"", "more_body": False})
            elif not serving.cancelled() and (error := serving.exception()):
                raise error
        finally:
            stopping.cancel()
            serving.cancel()

    async def _admit(self, scope: Scope, headers: Headers, receive: Receive) -> tuple[Response | None, Receive]:
        """Return what to read of the request, and the response where it is given here. Raises _Refused."""
        path, method = scope["path"], scope["method"]
        self._check_host(headers)
        self._check_origin(headers)
        most = UPLOAD if _FILES.fullmatch(path) else BODY
        receive = _bounded(receive, headers, most)
        client = (scope.get("client") or ("-",))[0]
        if path in ("/login", "/logout"):
            return await self._log_in_or_out(scope, headers, receive, client), receive
        user = await self._who(scope, headers, path, client)
        if isinstance(user, Response):
            return user, receive
        self._check_address(path, method)
        scope["state"]["may_change"] = self._rules.admin or user in self._rules.editors
        if _CHANGES.fullmatch(path) and method not in ("GET", "HEAD") and not scope["state"]["may_change"]:
            raise _Refused(
                403,
                "the archive can't be changed here; whoever serves it can allow that with --admin or --editor",
                "change",
            )
        if method == "POST" and _ASKING.fullmatch(path) and (wait := self._rules.rate.take(user or client)):
            raise _Refused(429, f"too many requests; come again in {_seconds(wait)} s", "rate", _again_in(wait))
        if method not in ("GET", "HEAD") and most == BODY:
            body = await _whole(receive)  # so that a body too large or too slow is refused here, in our own words
            if self._rules.calls is not None and (call := _CALLED.fullmatch(path)):
                self._check_call(call[1], body)
            elif self._rules.calls is not None and _PART_CALLED.fullmatch(path):
                self._check_part_call(body)
            receive = _again(body, receive)
        return None, receive

    # -- where it comes from, and where it goes ----------------------------------------------------------------------

    def _check_host(self, headers: Headers) -> None:
        name = _host(headers.get("host", ""))
        if name in self._rules.hosts or (self._rules.any_address and _is_address(name)):
            return
        raise _Refused(421, "this server does not answer to that name; --allow-host NAME adds one", "host")

    def _check_origin(self, headers: Headers) -> None:
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2].lower() != headers.get("host", "").lower():
            raise _Refused(403, "a page of another site sent this request", "origin")
        if origin is None and headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            if headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest", "document") == "document":
                return  # somebody followed a link
            raise _Refused(403, "a page of another site sent this request", "origin")

    def _check_address(self, path: str, method: str) -> None:
        if _OURS.fullmatch(path):
            return
        if self._rules.calls is not None:
            if method in ("GET", "HEAD") and _READ.fullmatch(path):
                return
            if method == "POST" and _WRITTEN.fullmatch(path):
                return
        raise _Refused(404, "there is nothing at this address", "address")

    # -- who it is ---------------------------------------------------------------------------------------------------

    async def _who(self, scope: Scope, headers: Headers, path: str, client: str) -> str | Response | None:
        """Return the user, None where nobody needs to log in, or the response that sends to the login."""
        logins = self._rules.logins
        if not logins:
            return None
        given = headers.get("authorization", "")
        guessable = given.lower().startswith("basic")  # tokens are too long to be guessed, at whatever speed
        if guessable:
            self._check_tries(client)
        try:
            user = await asyncio.to_thread(logins.who, given, headers.get("cookie", ""))
        except NotAllowed as no:
            if guessable:
                self._tries.take(client)
            raise _Refused(401, f"{no}; log in, or send a good token", "login", _CHALLENGE) from None
        if user is None and path not in _OPEN:
            if scope["method"] == "GET" and "text/html" in headers.get("accept", ""):
                query = scope["query_string"].decode("latin-1")
                there = quote(path + (f"?{query}" if query else ""), safe="")
                return RedirectResponse(f"/login?next={there}", 303)
            raise _Refused(401, "log in, or send `Authorization: Bearer TOKEN`", "login", _CHALLENGE)
        scope["state"]["user"] = user
        return user

    def _check_tries(self, client: str) -> None:
        if wait := self._tries.wait(client):
            raise _Refused(429, f"too many failed logins; come again in {_seconds(wait)} s", "login", _again_in(wait))

    async def _log_in_or_out(self, scope: Scope, headers: Headers, receive: Receive, client: str) -> Response:
        logins, method = self._rules.logins, scope["method"]
        if scope["path"] == "/logout":
            logins.end(headers.get("cookie", ""))
            gone = RedirectResponse("/login" if logins else "/", 303)
            gone.delete_cookie(COOKIE)
            return gone
        to = parse_qs(scope["query_string"].decode("latin-1")).get("next", ["/"])[0]
        if not logins:
            return RedirectResponse("/", 303)
        if method in ("GET", "HEAD"):
            return HTMLResponse(_login_page(logins, to))
        if method != "POST":
            raise _Refused(405, "use GET or POST", "method", {"Allow": "GET, POST"})
        self._check_tries(client)
        form = parse_qs((await _whole(receive)).decode("utf-8", "replace"), max_num_fields=10)
        name, password = (form.get(each, [""])[0] for each in ("username", "password"))
        page = "text/html" in headers.get("accept", "")
        try:
            user = await asyncio.to_thread(_enter, logins, name.strip(), password)
        except NotAllowed as no:
            self._tries.take(client)
            if page:
                return HTMLResponse(_login_page(logins, to, f"{no}."), 401)
            raise _Refused(401, str(no), "login") from None
        safe = to if to.startswith("/") and not to.startswith(("//", "/\\")) else "/"
        entered: Response = RedirectResponse(safe, 303) if page else JSONResponse({"success": True})
        entered.set_cookie(
            COOKIE, logins.begin(user), max_age=LASTS, httponly=True, samesite="lax", secure=scope["scheme"] == "https"
        )
        return entered

    # -- what it sends to the page -----------------------------------------------------------------------------------

    def _check_call(self, name: str | None, body: bytes) -> None:
        """Raise _Refused for a call of nothing that the page has."""
        assert self._rules.calls is not None
        sent = _sent(body)
        if not isinstance(sent.get("data"), list):
            raise _Refused(422, 'send {"data": [...]}', "call")
        calls, number = self._rules.calls, sent.get("fn_index")
        if number is None and name is not None:
            found = next((call for call in calls.values() if call.name == name), None)
        else:
            found = calls.get(number) if type(number) is int else None
        if found is None:
            raise _Refused(404, "the page has no such function", "call")
        if len(sent["data"]) > found.takes:
            raise _Refused(422, f"the function takes {found.takes} values", "call")
        if sent.get("session_hash") is not None:
            _check_session(sent)

    def _check_part_call(self, body: bytes) -> None:
        """Raise _Refused for a call of nothing that a part of the page has on the server."""
        sent = _sent(body)
        _check_session(sent)
        part = sent.get("component_id")
        known = self._rules.parts.get(part, frozenset()) if type(part) is int else frozenset()
        if not isinstance(sent.get("fn_name"), str) or sent["fn_name"] not in known:
            raise _Refused(404, "the page has no such function", "call")
        if "data" not in sent:
            raise _Refused(422, "send data with it", "call")


_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="dateline"'}


def _sent(body: bytes) -> dict[str, Any]:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        raise _Refused(400, "the body is no JSON", "call") from None
    if not isinstance(sent, dict):
        raise _Refused(422, 'send {"data": [...]}', "call")
    return sent


def _check_session(sent: Mapping[str, Any]) -> None:
    session = sent.get("session_hash")
    if not (isinstance(session, str) and re.fullmatch(r"[\w-]{1,64}", session)):
        raise _Refused(422, "session_hash takes up to 64 letters and digits", "call")


def _seconds(wait: float) -> int:
    return max(1, round(wait))


def _again_in(wait: float) -> dict[str, str]:
    return {"Retry-After": str(_seconds(wait))}


def _enter(logins: Logins, name: str, password: str) -> str:
    if logins.passwords and (name or not logins.tokens):
        return logins.by_password(name, password)
    return logins.by_token(password)


def _host(header: str) -> str:
    """Return the name or address of a Host header, without the port; "" for what is neither."""
    found = re.fullmatch(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?", header)
    return found[1].strip("[]").lower().rstrip(".") if found else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _bounded(receive: Receive, headers: Headers, most: int) -> Receive:
    """Return `receive` for a body of `most` bytes at most. Raises _Refused at once where the client says that it is longer."""
    if most > BODY and "content-length" not in headers:
        raise _Refused(411, "say the length of what is uploaded", "size")
    told = headers.get("content-length", "0")
    if not told.isdecimal() or int(told) > most:
        raise _Refused(413, f"the body is larger than {most:,} bytes", "size")
    got, waiting = 0, True

    async def counted() -> Message:
        nonlocal got, waiting
        if not waiting:
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), _PATIENCE)
        except TimeoutError:
            raise _Refused(408, "the body did not come in time", "size") from None
        got += len(message.get("body", b""))
        waiting = bool(message.get("more_body", False))
        if got > most:
            raise _Refused(413, f"the body is larger than {most:,} bytes", "size")
        return message

    return counted


async def _whole(receive: Receive) -> bytes:
    pieces = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Refused(400, "the client left", "size")
        pieces.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(pieces)


def _again(body: bytes, receive: Receive) -> Receive:
    given = False

    async def replay() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _login_page(logins: Logins, to: str, wrong: str = "") -> str:
    named = '<label>Name<input name="username" autocomplete="username" autofocus></label>' if logins.passwords else ""
    secret = "Password" if logins.passwords else "Token"
    said = f'<p role="alert">{escape(wrong)}</p>' if wrong else ""
    action = f"/login?next={quote(to, safe='')}"
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Log in to Dateline</title>
<meta name="viewport" content="width=device-width"><style>
:root {{ color-scheme: light dark }}
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 22rem; margin: 15vh auto; padding: 1rem }}
label {{ display: block; margin: 1rem 0 }} input, button {{ font: inherit; width: 100%; padding: .5rem; box-sizing: border-box }}
</style></head><body><main><h1>Dateline</h1>{said}<form method="post" action="{escape(action)}">{named}
<label>{secret}<input name="password" type="password" autocomplete="current-password"></label><button>Log in</button>
</form></main></body></html>"""
