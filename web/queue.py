"""Questions wait in one line, whoever asks them: the page, the API or an MCP client. A full line refuses, and says the wait.

How fast answers come is the pipeline's matter: it works the processor to its limit. So a few are answered at a time, the
others in the order in which they came, and no more wait than can be answered in a bearable time.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from rag.errors import DatelineError
from rag.types import Answer, Article, Event, Filters

if TYPE_CHECKING:
    from rag.keep import Answerer
    from rag.pipeline import Pipeline

T = TypeVar("T")
_FIRST_GUESS = 0.2  # seconds an answer takes, before one was given
_WEIGHT = 0.1  # of the newest answer in the running mean


class Busy(DatelineError):
    """So many questions wait already that no more are taken. `wait` is the seconds after which there may be room."""

    def __init__(self, waiting: int, wait: float) -> None:
        super().__init__(f"{waiting:,} questions are waiting already; ask again in {max(1, round(wait))} s")
        self.wait = wait


class _Failed(RuntimeError):
    """Stands for what is no Exception, such as a native library's panic: an event loop would die of the original."""


@dataclass(frozen=True, slots=True)
class _End:
    """The last thing of a stream: how it ended."""

    error: Exception | None


def _ended(told: object) -> bool:
    """Tell whether that is the last thing of a stream. Raises the error that ended it."""
    if isinstance(told, _End) and told.error is not None:
        raise told.error
    return isinstance(told, _End)


def _as_error(raised: BaseException) -> Exception:
    return raised if isinstance(raised, Exception) else _Failed(f"{type(raised).__name__}: {raised}")


def _closing() -> DatelineError:
    return DatelineError("the server is closing; ask again when it is back")


class Line:
    """`at_once` pieces of work are done at a time, at most `waiting` others wait; the rest is refused by Busy."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="answer")
        self._at_once = at_once
        self.room = waiting
        self._most = at_once + waiting
        self._lock = threading.Lock()
        self._inside = 0
        self._takes = _FIRST_GUESS

    @property
    def inside(self) -> int:
        """How many pieces of work are in hand or waiting."""
        return self._inside

    @property
    def full(self) -> bool:
        """Whether the next piece of work would be refused."""
        return self._inside >= self._most

    def wait(self) -> float:
        """Return the seconds that work which comes now is likely to wait before it is begun."""
        return self._takes * max(0, self._inside - self._at_once + 1) / self._at_once

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Queue `work`. Raises Busy where the line is full."""
        with self._lock:
            if self._inside >= self._most:
                raise Busy(self._inside, self.wait())
            self._inside += 1
        try:
            future = self._pool.submit(self._timed, work)
        except BaseException:
            self._left()
            raise
        future.add_done_callback(lambda _: self._left())
        return future

    def _left(self) -> None:
        with self._lock:
            self._inside -= 1

    def _timed(self, work: Callable[[], T]) -> T:
        start = time.perf_counter()
        try:
            return work()
        except Exception:
            raise
        except BaseException as error:
            raise _as_error(error) from error
        finally:
            took = time.perf_counter() - start
            with self._lock:
                self._takes += _WEIGHT * (took - self._takes)

    async def run(self, work: Callable[[], T]) -> T:
        """Return what `work` returns. Raises Busy. Work that is still waiting is dropped where the caller is cancelled."""
        return await asyncio.wrap_future(self.submit(work))

    def follow(self, events: Callable[[], Iterator[T]]) -> AsyncIterator[T]:
        """Return what `events` yields as it comes. Raises Busy at once; leaving the iteration ends the work at its next step."""
        loop = asyncio.get_running_loop()
        told: asyncio.Queue[Any] = asyncio.Queue()

        def tell(each: Any) -> None:
            loop.call_soon_threadsafe(told.put_nowait, each)

        return self._following(told, self._begin(events, tell))

    async def _following(self, told: asyncio.Queue[Any], leave: Callable[[], None]) -> AsyncIterator[Any]:
        try:
            while not _ended(each := await told.get()):
                yield each
        finally:
            leave()

    def follow_here(self, events: Callable[[], Iterator[T]]) -> Iterator[T]:
        """Yield what `events` yields, for callers in threads of their own. Raises Busy."""
        told: queue.SimpleQueue[Any] = queue.SimpleQueue()
        leave = self._begin(events, told.put)
        try:
            while not _ended(each := told.get()):
                yield each
        finally:
            leave()

    def _begin(self, events: Callable[[], Iterator[T]], tell: Callable[[Any], None]) -> Callable[[], None]:
        """Queue work that tells each of `events`, then an _End. Return what makes it leave off at its next step."""
        left = threading.Event()

        def work() -> None:
            error: Exception | None = None
            try:
                for each in events():
                    if left.is_set():
                        return
                    tell(each)
            except BaseException as raised:
                error = _as_error(raised)
            finally:
                if not left.is_set():
                    tell(_End(error))

        def dropped(future: Future[None]) -> None:
            if future.cancelled() and not left.is_set():
                tell(_End(_closing()))

        def leave() -> None:
            left.set()
            future.cancel()

        future = self.submit(work)
        future.add_done_callback(dropped)
        return leave

    def close(self) -> None:
        """Drop what waits, and wait for what is in hand."""
        self._pool.shutdown(cancel_futures=True)


class Queued:
    """A pipeline whose questions wait in a Line, for `answering` to answer: what the page is built over."""

    def __init__(
        self, pipeline: Pipeline, answering: Answerer, line: Line, told: Callable[[str, Answer, str], None]
    ) -> None:
        self._pipeline = pipeline
        self._answering = answering
        self._line = line
        self._told = told
        self.archive = pipeline.archive
        self.rewrite = pipeline.rewrite

    def article(self, article_id: str) -> Article | None:
        """Return what Pipeline.article returns."""
        return self._pipeline.article(article_id)

    def ask(self, question: str, *, filters: Filters | None = None, asked: date | None = None) -> Answer:
        """Return what Pipeline.ask returns. Raises Busy too."""
        try:
            answer = self._line.submit(lambda: self._answering.ask(question, filters=filters, asked=asked)).result()
        except CancelledError:
            raise _closing() from None
        self._told("page", answer, question)
        return answer

    def ask_stream(
        self, question: str, *, filters: Filters | None = None, asked: date | None = None
    ) -> Iterator[Event]:
        """Yield what Pipeline.ask_stream yields. Raises Busy too."""
        for event in self._line.follow_here(lambda: self._answering.ask_stream(question, filters=filters, asked=asked)):
            if event.answer is not None:
                self._told("page", event.answer, question)
            yield event
