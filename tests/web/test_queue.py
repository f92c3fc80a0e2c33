"""The line of questions: in order, bounded, and with the wait said."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rag.errors import DatelineError
from web.queue import Busy, Line


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    opened = threading.Event()
    yield opened
    opened.set()


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_full_line_refuses_and_says_the_wait(gate: threading.Event) -> None:
    line = Line(at_once=1, waiting=2)
    inside = [line.submit(gate.wait) for _ in range(3)]
    assert line.full and line.wait() > 0
    with pytest.raises(Busy, match=r"3 questions are waiting already; ask again in \d+ s") as busy:
        line.submit(gate.wait)
    assert busy.value.wait > 0
    gate.set()
    assert all(future.result(5) for future in inside)
    until(lambda: line.inside == 0)
    assert line.submit(lambda: 7).result(5) == 7
    line.close()


def test_they_are_worked_on_in_their_order() -> None:
    line, done = Line(at_once=1, waiting=50), list[int]()
    for future in [line.submit(lambda n=n: done.append(n)) for n in range(20)]:
        future.result(5)
    assert done == list(range(20))
    line.close()


def test_a_panic_comes_out_as_an_error() -> None:
    class Panic(BaseException):
        pass

    def give_up() -> None:
        raise Panic("index out of range")

    line = Line(at_once=1, waiting=1)
    with pytest.raises(RuntimeError, match="Panic: index out of range"):
        line.submit(give_up).result(5)
    line.close()


def test_who_leaves_a_stream_ends_its_work(gate: threading.Event) -> None:
    line, begun = Line(at_once=1, waiting=1), list[int]()

    def count() -> Iterator[int]:
        for n in range(1_000):
            begun.append(n)
            yield n
            if n == 2:
                gate.wait(5)

    async def main() -> None:
        stream: Any = line.follow(count)
        async for n in stream:
            if n == 1:
                break
        await stream.aclose()
        gate.set()

    asyncio.run(main())
    until(lambda: line.inside == 0)
    assert len(begun) < 1_000
    line.close()


def test_a_stream_ends_in_its_error() -> None:
    line = Line(at_once=1, waiting=1)

    def fail() -> Iterator[int]:
        yield 1
        raise ValueError("no more")

    told = line.follow_here(fail)
    assert next(told) == 1
    with pytest.raises(ValueError, match="no more"):
        next(told)
    line.close()


def test_a_stream_that_waits_when_the_line_closes_is_told_so(gate: threading.Event) -> None:
    line, told = Line(at_once=1, waiting=1), list[str]()
    line.submit(gate.wait)

    def follow() -> None:
        with pytest.raises(DatelineError) as error:
            next(line.follow_here(lambda: iter([1])))
        told.append(str(error.value))

    waiting, closing = threading.Thread(target=follow, daemon=True), threading.Thread(target=line.close)
    waiting.start()
    until(lambda: line.inside == 2)
    closing.start()
    waiting.join(5)
    gate.set()
    closing.join(5)
    assert told == ["the server is closing; ask again when it is back"]


def test_a_full_line_is_told_over_http(served: Any, starter_pipeline: Any, gate: threading.Event) -> None:
    class Slow:
        """The pipeline, but for an answer that does not come."""

        def __getattr__(self, name: str) -> Any:
            return getattr(starter_pipeline, name)

        def ask(self, *_: Any, **__: Any) -> Any:
            gate.wait(30)
            return starter_pipeline.ask("Who was named chairman of Stargate?")

    with served(pipeline=Slow(), queue=0) as server:
        asked = {"question": "Who was named chairman of Stargate?"}
        at_once = server.service.line._at_once
        waiting = [threading.Thread(target=server.post, args=("/api/v1/ask", asked)) for _ in range(at_once)]
        for each in waiting:
            each.start()
        until(lambda: server.service.line.full)
        refused = server.post("/api/v1/ask", asked)
        assert refused.status_code == 503 and int(refused.headers["retry-after"]) >= 1
        assert "waiting already; ask again in" in refused.json()["error"]["message"]
        assert server.post("/api/v1/ask", {**asked, "stream": True}).status_code == 503
        assert server.get("/readyz").status_code == 503
        assert server.get("/healthz").status_code == 200
        gate.set()
        for each in waiting:
            each.join(20)
        assert server.get("/readyz").status_code == 200
