"""A local HTTP server that plays the internet: each test says what stands at each path.

The fixture `internet` of conftest.py runs one; see `Reply` for what it can be made to do.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """What stands at a path.

    drip: seconds between two bytes.   slow: seconds before the first.   endless: sent again and again.
    length: the Content-Length, where it lies.
    """

    body: bytes | str = b""
    kind: str | None = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    drip: float = 0.0
    slow: float = 0.0
    endless: bytes = b""
    length: int | None = None


@dataclass
class Asked:
    """One request as it came in."""

    path: str
    headers: Mapping[str, str]
    at: float


class Internet:
    """What stands where, and what was asked for."""

    def __init__(self) -> None:
        self.pages: dict[str, Reply | Callable[[Asked], Reply]] = {}
        self.asked: list[Asked] = []
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        self.over = threading.Event()
        self.port = 0

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return self.root + path

    def put(self, path: str, body: bytes | str | Callable[[Asked], Reply] = b"", **options: Any) -> str:
        """Let something stand at a path (`options` are Reply's), or be made for each request; return its address."""
        self.pages[path] = body if callable(body) else Reply(body, **options)
        return self.url(path)

    reply = Reply

    def paths(self) -> list[str]:
        """What was asked for, robots.txt left out."""
        return [asked.path for asked in self.asked if asked.path != "/robots.txt"]


@contextmanager
def internet(port: int = 0, tls: ssl.SSLContext | None = None) -> Iterator[Internet]:
    """Run the server for a while."""
    world = Internet()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            path = self.path
            asked = Asked(path, {k.lower(): v for k, v in self.headers.items()}, time.monotonic())
            with world.lock:
                world.asked.append(asked)
                world.at_once += 1
                world.most_at_once = max(world.most_at_once, world.at_once)
            try:
                page = (
                    world.pages.get(path) or world.pages.get(path.partition("?")[0]) or Reply(b"not here", status=404)
                )
                self._send(page(asked) if callable(page) else page)
            except OSError:  # whoever asked has gone
                self.close_connection = True
            finally:
                with world.lock:
                    world.at_once -= 1

        def _send(self, reply: Reply) -> None:
            body = reply.body.encode() if isinstance(reply.body, str) else reply.body
            if reply.slow:
                world.over.wait(reply.slow)
            self.send_response(reply.status)
            if reply.kind is not None:
                self.send_header("Content-Type", reply.kind)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.endless:
                self.send_header("Connection", "close")
            elif reply.status != 304:
                self.send_header("Content-Length", str(len(body) if reply.length is None else reply.length))
            self.end_headers()
            if reply.endless:
                self.close_connection = True
                while not world.over.is_set():
                    self.wfile.write(reply.endless)
            elif reply.drip:
                for byte in body:
                    if world.over.wait(reply.drip):
                        return
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
            elif reply.status != 304:
                self.wfile.write(body)
                if reply.length is not None and reply.length > len(body):
                    self.close_connection = True

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 64

        def handle_error(self, request: Any, client_address: Any) -> None:
            pass

    server = Server(("127.0.0.1", port), Handler)
    world.port = server.server_address[1]
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield world
    finally:
        world.over.set()
        server.shutdown()
        with suppress(OSError):
            server.server_close()
        thread.join()
