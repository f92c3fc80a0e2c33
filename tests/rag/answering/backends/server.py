"""A fake LLM server on loopback that speaks as OpenAI, Anthropic and Ollama do, and fails in the ways that servers fail."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REPLY = "The ferry Gannet sank on Friday [1]."


@dataclass
class Fake:
    """What the server does next, and what it was asked.

    does: for each request in turn, what is done; the last is done for all that follow.   pause: seconds between pieces.
    """

    does: list[str] = field(default_factory=lambda: ["reply"])
    reply: str = REPLY
    key: str = ""
    pause: float = 0.0
    elsewhere: str = ""
    retry_after: str | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    at_once: int = 0
    most: int = 0
    url: str = ""

    def next(self) -> str:
        return self.does.pop(0) if len(self.does) > 1 else self.does[0]


def _openai(fake: Fake, stream: bool) -> Iterator[bytes]:
    usage = {"prompt_tokens": 120, "completion_tokens": 9, "total_tokens": 129}
    base = {"id": "c1", "created": 1, "model": "m"}
    if not stream:
        message = {"index": 0, "message": {"role": "assistant", "content": fake.reply}, "finish_reason": "stop"}
        yield json.dumps({**base, "object": "chat.completion", "choices": [message], "usage": usage}).encode()
        return
    for word in fake.reply.split(" "):
        choice = {"index": 0, "delta": {"role": "assistant", "content": f"{word} "}, "finish_reason": None}
        yield f"data: {json.dumps({**base, 'object': 'chat.completion.chunk', 'choices': [choice]})}\n\n".encode()
    yield f"data: {json.dumps({**base, 'object': 'chat.completion.chunk', 'choices': [], 'usage': usage})}\n\n".encode()
    yield b"data: [DONE]\n\n"


def _anthropic(fake: Fake, stream: bool) -> Iterator[bytes]:
    usage = {"input_tokens": 120, "output_tokens": 9}
    head = {"id": "m1", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None}
    tool = bool(fake.asked[-1].get("tools"))
    used = {"type": "tool_use", "id": "t1", "name": "answer"}
    if not stream:
        content = [{**used, "input": json.loads(fake.reply)} if tool else {"type": "text", "text": fake.reply}]
        yield json.dumps({**head, "content": content, "stop_reason": "end_turn", "usage": usage}).encode()
        return

    def event(kind: str, **rest: Any) -> bytes:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **rest})}\n\n".encode()

    yield event("message_start", message={**head, "content": [], "stop_reason": None, "usage": usage})
    yield event(
        "content_block_start", index=0, content_block={**used, "input": {}} if tool else {"type": "text", "text": ""}
    )
    for word in fake.reply.split(" "):
        piece = (
            {"type": "input_json_delta", "partial_json": f"{word} "}
            if tool
            else {"type": "text_delta", "text": f"{word} "}
        )
        yield event("content_block_delta", index=0, delta=piece)
    yield event("content_block_stop", index=0)
    yield event("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage=usage)
    yield event("message_stop")


def _ollama(fake: Fake, stream: bool) -> Iterator[bytes]:
    base = {"model": "m", "created_at": "2025-01-01T00:00:00Z"}
    counts = {"done": True, "done_reason": "stop", "prompt_eval_count": 120, "eval_count": 9}
    words = [f"{word} " for word in fake.reply.split(" ")] if stream else [fake.reply]
    for word in words[:-1]:
        yield (json.dumps({**base, "message": {"role": "assistant", "content": word}, "done": False}) + "\n").encode()
    yield (json.dumps({**base, "message": {"role": "assistant", "content": words[-1]}, **counts}) + "\n").encode()


SPEAKS: dict[str, Callable[[Fake, bool], Iterator[bytes]]] = {
    "/v1/chat/completions": _openai,
    "/v1/messages": _anthropic,
    "/api/chat": _ollama,
}
ERRORS = {"429": "slow down", "500": "our fault", "503": "overloaded", "404": "no such model: m"}
ERRORS |= {"400": "This model's maximum context length is 512 tokens, and the prompt has more"}


def _handler(fake: Fake) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            self._send(200, "text/plain", [b"landed"])

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with lock:
                fake.asked.append(body)
                fake.headers.append({name.lower(): value for name, value in self.headers.items()})
                does = fake.next()
                fake.at_once += 1
                fake.most = max(fake.most, fake.at_once)
            try:
                self._do(does, body)
            except (BrokenPipeError, ConnectionResetError):
                pass  # whoever asked has gone
            finally:
                with lock:
                    fake.at_once -= 1

        def _do(self, does: str, body: dict[str, Any]) -> None:
            given = self.headers.get("authorization", "").removeprefix("Bearer ") or self.headers.get("x-api-key", "")
            if fake.key and given != fake.key:
                self._error(401, f"Incorrect API key provided: {given}. Find yours on the page of keys.")
            elif does in ERRORS:
                self._error(int(does), ERRORS[does])
            elif does == "echo":
                self._error(
                    422, f"bad request with {self.headers.get('authorization') or self.headers.get('x-api-key')}"
                )
            elif does == "no form" and any(body.get(name) for name in ("response_format", "format", "tools")):
                self._error(400, "this model does not support a schema")
            elif does == "redirect":
                self._send(307, "text/plain", [b""], location=fake.elsewhere + self.path)
            elif does == "html":
                self._send(200, "text/html", [b"<html><body>Sign in to the hotel's network</body></html>"])
            elif does == "not json":
                self._send(200, "application/json", [b'{"choices": [{"message"'])
            elif does == "other json":
                self._send(200, "application/json", [b'{"hello": "world"}'])
            elif does == "hang":
                time.sleep(fake.pause)
                self._error(500, "too late")
            else:
                speak = SPEAKS[self.path.partition("?")[0]]
                stream = bool(body.get("stream"))
                pieces = list(speak(fake, stream))
                kind = "text/event-stream" if stream and "api/chat" not in self.path else "application/json"
                if does == "cut":
                    whole = b"".join(pieces)
                    pieces = [whole[: len(whole) // 2]]
                self._send(200, kind, pieces, cut=does == "cut")

        def _error(self, code: int, message: str) -> None:
            shape = {"type": "error", "error": {"type": "api_error", "message": message}}
            extra = {"retry-after": fake.retry_after} if fake.retry_after else {}
            self._send(code, "application/json", [json.dumps(shape).encode()], **extra)

        def _send(self, code: int, kind: str, pieces: list[bytes], cut: bool = False, **headers: str) -> None:
            self.send_response(code)
            self.send_header("content-type", kind)
            for name, value in headers.items():
                self.send_header(name, value)
            length = sum(map(len, pieces)) + (1_000 if cut else 0)
            self.send_header("content-length", str(length))
            self.end_headers()
            for piece in pieces:
                time.sleep(fake.pause)
                self.wfile.write(piece)
                self.wfile.flush()
            if cut:
                self.close_connection = True

    return Handler


@contextmanager
def serving(host: str = "127.0.0.1") -> Iterator[Fake]:
    """Yield a fake that is served, at `fake.url`."""
    fake = Fake()
    server = ThreadingHTTPServer((host, 0), _handler(fake))
    server.daemon_threads = True
    fake.url = f"http://{host}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
