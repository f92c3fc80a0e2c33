"""Work on the archive that somebody waits for: one piece at a time, in turn, each with how far it is and what became of it.

An archive has one writer at a time, so a second piece of work would only wait inside. It can be stopped: what is in by then
stays in.
"""

from __future__ import annotations

import errno
import queue
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from rag.noted import Noted
from rag.types import Skipped
from web.faults import end_of
from web.queue import Busy

_WAITING = 20  # pieces of work at most
_REMEMBERED = 50
_PATIENCE = 30  # seconds for the work in hand when the server closes


@dataclass(slots=True)
class Task:
    """One piece of work. `share` is the part of the input that was read, in [0, 1]; None where nobody can say.

    added, changed, unchanged, gone, removed: articles.   remarks: on what was read.   error: why it failed, in one line.
    """

    key: str
    what: str
    state: Literal["waiting", "working", "done", "failed"] = "waiting"
    share: float | None = None
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    removed: int = 0
    skipped: Noted[Skipped] = field(default_factory=Noted)
    remarks: list[str] = field(default_factory=list)
    error: str | None = None
    stop: threading.Event = field(default_factory=threading.Event)


class Tasks:
    """The pieces of work of one server, done in the order in which they came, by one thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, Task] = OrderedDict()
        self._waiting: queue.SimpleQueue[tuple[Task, Callable[[Task], None]] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False

    def begin(self, what: str, work: Callable[[Task], None], done: Callable[[], None] = lambda: None) -> Task:
        """Queue work on the archive and return it as a task; `done` is called at its end, however it ends. Raises Busy."""
        task = Task(secrets.token_urlsafe(12), what)

        def whole(task: Task) -> None:
            try:
                if not task.stop.is_set():
                    work(task)
            finally:
                done()

        with self._lock:
            open_now = sum(each.state in ("waiting", "working") for each in self._known.values())
            if open_now >= _WAITING or self._closed:
                raise Busy(open_now, 60)
            self._known[task.key] = task
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="archive", daemon=True)
                self._thread.start()
            self._waiting.put((task, whole))  # with the lock held, so that what `close` puts there comes after it
        return task

    def get(self, key: str) -> Task | None:
        """Return the task of that key, None where it is gone."""
        with self._lock:
            return self._known.get(key)

    def newest(self) -> list[Task]:
        """Return the tasks that are remembered, the newest first."""
        with self._lock:
            return list(reversed(self._known.values()))

    def close(self) -> None:
        """Stop what is in hand, drop what waits, and wait for it for some seconds."""
        with self._lock:
            self._closed = True
            for task in self._known.values():
                task.stop.set()
        self._waiting.put(None)
        if self._thread:
            self._thread.join(_PATIENCE)

    def _work(self) -> None:
        while each := self._waiting.get():
            task, work = each
            task.state = "working"
            try:
                work(task)
            except BaseException as error:  # a native library's panic too: the next in line is not to wait for ever
                task.error = _plainly(error)
            task.state = "failed" if task.error else "done"


def _plainly(error: BaseException) -> str:
    """Return one line that says what went wrong, and log what nobody expects."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
        return f"{error.strerror}: {error.filename or 'the disk'}; free some space, or make the folder writable"
    return end_of("work on the archive", error)
