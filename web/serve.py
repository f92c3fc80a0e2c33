"""The server: the page and the API over one archive, on loopback unless told otherwise. It asks no other host for anything."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import sys
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from rag.config import Config
from rag.errors import DatelineError, UsageError
from rag.records import answer_json
from web.page import EXAMPLES, STARTER, STARTER_OUTLET, STARTER_QUESTIONS, build

if TYPE_CHECKING:
    import gradio as gr
    import uvicorn
    from fastapi import FastAPI
    from starlette.types import ASGIApp

    from web.guard import Call, Rules
    from web.service import Service

CLOSED = "the page is closed, the archive stays as it is"  # what is true after Ctrl-C
STYLE = Path(__file__).parent / "page.css"
PAPER = ("#fbfaf6", "#171613")  # behind everything, by day and by night; as in page.css
WAITING = 64  # questions that wait at most
RATE = 120  # requests a minute of one client, where other machines can come
_SANS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]
_LEAVE = 5  # seconds for requests in hand when the server is told to stop
_KEPT = (3_600, 3_600)  # seconds between two cleanings of what was uploaded, and how old it gets


@dataclass(frozen=True, slots=True)
class Serving:
    """How the server is reached, and by whom.

    auth: a file of names with passwords.   tokens: keys, each itself or "@FILE".
    admin: whoever may come in may change the archive.   editors: or these names of `auth`.
    allow_private: hosts of one's own network that articles may be read from.
    insecure: other machines may come without a login.   allow_hosts: more names that the server answers to.
    proxy: the address of a proxy whose word on clients' addresses is believed.   rate: requests a minute of one client,
    0 for any, None for RATE where other machines can come.   queue: questions that wait at most.
    runs: the folder of evaluations, None for one in the archive's; who may change the archive may begin some there.
    log: where a line for each request goes: a file, "-" for standard error, None for that where it is no terminal.
    """

    host: str = "127.0.0.1"
    auth: Path | None = None
    tokens: tuple[str, ...] = ()
    admin: bool = False
    editors: tuple[str, ...] = ()
    allow_private: tuple[str, ...] = ()
    insecure: bool = False
    allow_hosts: tuple[str, ...] = ()
    proxy: str | None = None
    rate: int | None = None
    queue: int = WAITING
    runs: Path | None = None
    log: str | None = None
    log_questions: bool = False

    @property
    def loopback(self) -> bool:
        """Whether only this machine can come."""
        from web.guard import LOOPBACK

        return self.host in LOOPBACK or self.host.startswith("127.")


def serve(config: Config, *, browser: bool, serving: Serving = Serving(), page: bool = True) -> None:
    """Open the server and stay until interrupted. An empty archive gets the starter articles first.

    Raises UsageError where it can't be opened as asked; KeyboardInterrupt, which says what is kept where that is not CLOSED.
    """
    from rag.pipeline import Pipeline

    _check_free(serving.host, config.port)
    rules = rules_for(serving)
    if page and _is_empty(config):
        _read_starter(config)
    with closing(Pipeline.open(config)) as pipeline:
        if config.llm == "none":  # what a first answer loads is not the first reader's to wait for
            pipeline.ask(EXAMPLES[0])
        from web.service import Service

        starter = STARTER_OUTLET in pipeline.archive.catalog.outlets()
        service = Service(
            pipeline,
            config,
            waiting=serving.queue,
            log_questions=serving.log_questions,
            runs=serving.runs,
            questions=STARTER_QUESTIONS if starter else None,
            allow_private=serving.allow_private,
        )
        with closing(service):
            leaving = asyncio.Event()
            shown = build(service.queued, service.feedback, find=service.given) if page else None
            app = make_app(service, replace(rules, leaving=leaving), shown)
            with closing(_bound(serving.host, config.port)) as listening, _logging(serving):
                _run(app, listening, serving, lambda: _say(serving, config.port, browser and page), leaving)


def _say(serving: Serving, port: int, browser: bool) -> None:
    name = "127.0.0.1" if serving.host in ("0.0.0.0", "::") else serving.host
    address = f"http://{f'[{name}]' if ':' in name else name}:{port}"
    opened = browser and _has_display() and webbrowser.open(address)
    print(f"Dateline is at {address}{'' if opened else '; open it in a browser'} (Ctrl-C ends it)", flush=True)


def rules_for(serving: Serving) -> Rules:
    """Return what the server lets in. Raises UsageError where other machines could come without a login."""
    from web.guard import LOOPBACK, Rules
    from web.limits import Rate
    from web.login import read_logins

    logins = read_logins(serving.auth, serving.tokens)
    if not serving.loopback and not logins and not serving.insecure:
        raise UsageError(
            f"other machines can reach {serving.host}, and nobody would have to log in; give --auth FILE or --token TOKEN, "
            "or --insecure where that is meant"
        )
    if serving.admin and not serving.loopback and not logins:
        raise UsageError("anybody could change the archive; give --auth FILE or --token TOKEN, or leave out --admin")
    if strangers := [name for name in serving.editors if name not in logins.passwords]:
        raise UsageError(f"--editor {strangers[0]!r} can't log in; add a line for that name to --auth FILE")
    hosts = LOOPBACK | {name.lower() for name in serving.allow_hosts} | {serving.host.lower()}
    everywhere = serving.host in ("0.0.0.0", "::")
    if everywhere:
        hosts |= {socket.gethostname().lower()}
    rate = serving.rate if serving.rate is not None else 0 if serving.loopback else RATE
    return Rules(
        hosts=hosts,
        any_address=everywhere,
        logins=logins,
        rate=Rate(rate),
        admin=serving.admin,
        editors=frozenset(serving.editors),
    )


def make_app(service: Service, rules: Rules, page: gr.Blocks | None = None) -> ASGIApp:
    """Return the whole server: the API, an MCP server where its package is installed, the page, and the guard before them."""
    from web.api import make_api
    from web.guard import Guard
    from web.watch import Watched

    app = make_api(service)
    _add_mcp(app, service)
    if page is not None:
        _add_call(page, service)
        _mount(app, page, max(1, service.line.room))
        rules = replace(rules, calls=_calls(page), parts=_parts(page))
    refused = service.meters.refused
    return Watched(Guard(app, rules, lambda why: refused.labels(why).inc()), service.meters)


def _add_mcp(app: FastAPI, service: Service) -> None:
    try:
        from web.mcp import make_mcp
    except ImportError:
        return
    server, routes = make_mcp(service)
    app.router.routes.extend(routes)
    before = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(running: Any) -> Any:
        async with before(running) as state, server.session_manager.run():
            yield state

    app.router.lifespan_context = lifespan


def _add_call(page: gr.Blocks, service: Service) -> None:
    """Let Gradio's clients ask by the name "/answer"; what the page itself calls is not for programs."""
    import gradio as gr

    from web.forms import Asked

    def ask(
        question: str,
        date_from: str | None = None,
        date_to: str | None = None,
        outlets: list[str] | None = None,
        as_of: str | None = None,
    ) -> dict[str, Any]:
        try:
            values = {"question": question, "from": date_from, "to": date_to, "outlets": outlets or [], "as_of": as_of}
            asked = Asked.model_validate({name: value for name, value in values.items() if value})
            return answer_json(service.queued.ask(asked.question, filters=asked.filters(), asked=asked.as_of))
        except ValidationError as error:
            first = error.errors()[0]
            raise gr.Error(f"{first['loc'][0]}: {first['msg']}", print_exception=False) from None
        except DatelineError as error:
            raise gr.Error(str(error), print_exception=False) from None

    with page:
        gr.api(ask, api_name="answer", concurrency_limit=None)  # type: ignore[attr-defined]  # not in its __all__


def _mount(app: FastAPI, page: gr.Blocks, waiting: int) -> None:
    """Mount the page at the root, behind all that the app has."""
    import gradio as gr

    _say_in_a_line()
    theme = gr.themes.Base(
        primary_hue="stone", neutral_hue="stone", font=_SANS, font_mono=["ui-monospace", "monospace"]
    ).set(body_background_fill=PAPER[0], body_background_fill_dark=PAPER[1])
    page.delete_cache = _KEPT
    page.queue(max_size=waiting)
    gr.mount_gradio_app(
        app, page, "/", theme=theme, css_paths=[STYLE], footer_links=[], run_history=False, enable_monitoring=False,
        ssr_mode=False, mcp_server=False, pwa=False, max_file_size="50mb", show_error=False,
        app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
    )  # fmt: skip


def _calls(page: gr.Blocks) -> dict[int, Call]:
    from web.guard import Call

    return {
        number: Call(len(fn.inputs), fn.api_name if fn.api_visibility == "public" and fn.api_name else None)
        for number, fn in page.fns.items()
    }


def _parts(page: gr.Blocks) -> dict[int, frozenset[str]]:
    return {
        number: frozenset(name for name in dir(type(block)) + list(vars(block)) if _on_server(block, name))
        for number, block in page.blocks.items()
        if type(block).__name__ == "HTML"
    }


def _on_server(block: Any, name: str) -> bool:
    return not name.startswith("_") and getattr(getattr(block, name, None), "_is_server_fn", False) is True


def _say_in_a_line() -> None:
    """Let Gradio tell of a payload that its parts can't read in a line of the log, not in a traceback on the terminal."""
    import gradio.queueing
    import gradio.routes

    def print_exc(*_: Any, **__: Any) -> None:
        error = sys.exc_info()[1]
        said = " ".join(str(error).split())[:300]
        logging.getLogger("dateline").warning("the page was sent what it can't use: %s: %s", type(error).__name__, said)

    for module in (gradio.queueing, gradio.routes):
        module.traceback = SimpleNamespace(print_exc=print_exc, format_exc=lambda: "")  # type: ignore[attr-defined]  # their import


def _run(
    app: ASGIApp, listening: socket.socket, serving: Serving, ready: Callable[[], None], leaving: asyncio.Event
) -> None:
    """Serve until a signal; requests in hand get some seconds to end."""
    import uvicorn

    class Server(uvicorn.Server):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            leaving.set()  # pages that are only open are nothing to wait for
            await super().shutdown(sockets)

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

    Server(server_config(app, serving)).run([listening])


def server_config(app: ASGIApp, serving: Serving) -> uvicorn.Config:
    """Return the settings of the web server."""
    import uvicorn

    return uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, ws="none", proxy_headers=bool(serving.proxy),
        forwarded_allow_ips=serving.proxy or "", timeout_graceful_shutdown=_LEAVE, timeout_keep_alive=30,
        limit_concurrency=2_000, lifespan="on",
    )  # fmt: skip


@contextmanager
def _logging(serving: Serving) -> Iterator[None]:
    """Send the log where it is to go while the server runs."""
    from web.watch import Lines

    ours, servers = logging.getLogger("dateline"), logging.getLogger("uvicorn")
    try:
        handler = (
            logging.StreamHandler()
            if serving.log in (None, "-")
            else logging.FileHandler(str(serving.log), encoding="utf-8")
        )
    except OSError as error:
        raise UsageError(f"can't write the log {serving.log} ({error.strerror}); name another with --log") from None
    handler.setFormatter(Lines())
    handler.handleError = lambda record: None  # type: ignore[method-assign]  # a full disk is no reason to shout
    ours.setLevel(logging.INFO if serving.log or not sys.stderr.isatty() else logging.WARNING)
    servers.setLevel(logging.WARNING)
    try:
        for each in (ours, servers):
            each.addHandler(handler)
            each.propagate = False  # a library has made a log of its own at the root
        yield
    finally:
        for each in (ours, servers):
            each.removeHandler(handler)
            each.propagate = True
        handler.close()


def _read_starter(config: Config) -> None:
    print("The archive is empty: reading the starter articles.", flush=True)
    import corpus
    from rag.archive.ingest import ingest

    read = ingest(config, corpus.articles(STARTER))
    if read.interrupted:
        raise KeyboardInterrupt(
            f"of the starter articles {read.articles:,} are in the archive {config.data}, remove it to read them all"
            if read.articles
            else ""
        )


def _is_empty(config: Config) -> bool:
    from rag.archive.catalog import Catalog

    file = config.data / "catalog.sqlite3"
    if not file.exists():
        return True
    with closing(Catalog.open(file, write=False)) as catalog:
        return catalog.counts().articles == 0


def _check_free(host: str, port: int) -> None:
    _bound(host, port).close()


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket bound there. Raises UsageError where that can't be."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise UsageError(f"--host {host!r} is no address of this machine; give 127.0.0.1, or 0.0.0.0 for all") from None
    listening = socket.socket(family, kind, proto)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        listening.close()
        if isinstance(error, PermissionError):
            raise UsageError(f"port {port} is not for everybody; choose one from 1024 with --port") from None
        if error.errno == errno.EADDRNOTAVAIL:
            raise UsageError(
                f"--host {host!r} is no address of this machine; give 127.0.0.1, or 0.0.0.0 for all"
            ) from None
        raise UsageError(f"port {port} is taken; choose another with --port or DATELINE_PORT") from None
    return listening


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
