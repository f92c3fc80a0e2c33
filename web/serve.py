"""The page served on loopback. It asks no other host for anything, and its Content-Security-Policy forbids it."""

from __future__ import annotations

import os
import socket
import sys
import threading
import webbrowser
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.config import Config
from rag.errors import UsageError
from web.page import EXAMPLES, STARTER, build

if TYPE_CHECKING:
    import gradio as gr

# 'unsafe-inline' and 'unsafe-eval' are Gradio's own needs; other hosts it needs none.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'"
)
HEADERS = ((b"content-security-policy", POLICY.encode()), (b"referrer-policy", b"no-referrer"))
CLOSED = "the page is closed, the archive stays as it is"  # what is true after Ctrl-C
STYLE = Path(__file__).parent / "page.css"
PAPER = ("#fbfaf6", "#171613")  # behind everything, by day and by night; as in page.css
_SANS = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"]


class Headers:
    """ASGI middleware that adds HEADERS to every response."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def sending(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *HEADERS]}
            await send(message)

        await self._app(scope, receive, sending)


def launch(page: gr.Blocks, port: int) -> None:
    """Serve the page on loopback, in threads of its own. Raises UsageError when the port is taken after all."""
    import gradio as gr
    from starlette.middleware import Middleware

    for name in ("NO_PROXY", "no_proxy"):  # Gradio looks at its own address before it starts; no proxy knows that one
        os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1", "localhost")))
    theme = gr.themes.Base(
        primary_hue="stone", neutral_hue="stone", font=_SANS, font_mono=["ui-monospace", "monospace"]
    ).set(body_background_fill=PAPER[0], body_background_fill_dark=PAPER[1])
    try:
        page.launch(
            server_name="127.0.0.1", server_port=port, prevent_thread_lock=True, quiet=True, share=False, inbrowser=False,
            theme=theme, css_paths=[STYLE], footer_links=[], run_history=False, enable_monitoring=False,
            ssr_mode=False, max_file_size="1mb",
            app_kwargs={"middleware": [Middleware(Headers)], "docs_url": None, "redoc_url": None, "openapi_url": None},
        )  # fmt: skip
    except OSError:
        raise _taken(port) from None


def serve(config: Config, *, browser: bool) -> None:
    """Open the page and stay until interrupted. An empty archive gets the starter articles first.

    Raises KeyboardInterrupt, which says what is kept where that is not CLOSED.
    """
    from rag.keep import Keeping
    from rag.pipeline import Pipeline

    _check_free(config.port)
    if _is_empty(config):
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
    with closing(Pipeline.open(config)) as pipeline:
        if config.llm == "none":  # what a first answer loads is not the first reader's to wait for
            pipeline.ask(EXAMPLES[0])
        keeping = Keeping(pipeline, config.data) if config.keep_answers else None
        page = build(keeping or pipeline)
        launch(page, config.port)
        address = f"http://127.0.0.1:{config.port}"
        opened = browser and _has_display() and webbrowser.open(address)
        print(f"Dateline is at {address}{'' if opened else '; open it in a browser'} (Ctrl-C ends it)", flush=True)
        try:
            threading.Event().wait()
        finally:
            page.close(verbose=False)
            if keeping:
                keeping.close()


def _is_empty(config: Config) -> bool:
    from rag.archive.catalog import Catalog

    file = config.data / "catalog.sqlite3"
    if not file.exists():
        return True
    with closing(Catalog.open(file, write=False)) as catalog:
        return catalog.counts().articles == 0


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise _taken(port) from None


def _taken(port: int) -> UsageError:
    return UsageError(f"port {port} is taken; choose another with --port or DATELINE_PORT")


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
