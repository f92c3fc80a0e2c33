"""One writer at a time: a lock file that names its holder.

The operating system frees the lock when the holder dies, so a killed ingest never leaves an archive locked.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from rag.errors import LockedError, StorageError


@contextmanager
def writer_lock(folder: Path, *, doing: str) -> Iterator[None]:
    """Hold the archive's writer lock. `doing` is shown to whoever finds it held.

    Raises LockedError when another process holds it; StorageError when the folder can't be written.
    """
    holder = folder / "writer.json"
    lock = FileLock(folder / "writer.lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0.3)  # a reader may be looking whether anyone writes
    except Timeout:
        raise LockedError(
            f"{folder} is being written by {_name(holder)}; wait until it is done, then try again"
        ) from None
    except OSError as error:
        raise StorageError(
            f"can't write {error.filename or folder} ({error.strerror}); choose another folder with --data"
        ) from None
    try:
        started = datetime.now(UTC).isoformat(timespec="seconds")
        said = {"doing": doing, "pid": os.getpid(), "host": socket.gethostname(), "started": started}
        try:
            holder.write_text(json.dumps(said), encoding="utf-8")
        except OSError as error:
            raise StorageError(
                f"can't write {error.filename or folder} ({error.strerror}); free some space, then try again"
            ) from None
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _name(holder: Path) -> str:
    try:
        said = json.loads(holder.read_text(encoding="utf-8"))
        return f"`dateline {said['doing']}` (process {said['pid']} on {said['host']}, since {said['started']})"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"  # it has the lock, but has not said its name yet
