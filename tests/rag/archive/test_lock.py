"""One writer at a time, named; nobody stays locked out by the dead."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rag.archive.lock import writer_lock
from rag.errors import ArchiveError, LockedError, StorageError

HOLD = """
import sys
from pathlib import Path
from rag.archive.lock import writer_lock
with writer_lock(Path(sys.argv[1]), doing="ingest"):
    print("held", flush=True)
    sys.stdin.read()
"""


def holding(folder: Path) -> "subprocess.Popen[str]":
    """Start a process that holds the lock until its input closes, and wait until it does."""
    held = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert held.stdout and held.stdout.readline() == "held\n"
    return held


def test_it_can_be_taken_again_and_again_and_makes_its_folder(tmp_path: Path) -> None:
    for _ in range(3):
        with writer_lock(tmp_path / "new" / "data", doing="ingest"):
            pass


def test_a_second_writer_is_told_who_is_at_work(tmp_path: Path) -> None:
    with writer_lock(tmp_path, doing="ingest"):
        said = json.loads((tmp_path / "writer.json").read_text())
        with pytest.raises(LockedError) as error, writer_lock(tmp_path, doing="sync"):
            raise AssertionError("two writers")
    assert said["pid"] == os.getpid()
    assert str(error.value) == (
        f"{tmp_path} is being written by `dateline ingest` (process {said['pid']} on {said['host']}, since "
        f"{said['started']}); wait until it is done, then try again"
    )
    assert isinstance(error.value, ArchiveError)


def test_another_process_is_named_and_its_death_frees_the_lock(tmp_path: Path) -> None:
    with holding(tmp_path) as other:
        with (
            pytest.raises(LockedError, match=f"`dateline ingest` .process {other.pid} on"),
            writer_lock(tmp_path, doing="x"),
        ):
            raise AssertionError("two writers")
        other.kill()
        other.wait()
    assert (tmp_path / "writer.json").exists(), "the dead don't tidy up"
    with writer_lock(tmp_path, doing="sync"):
        assert json.loads((tmp_path / "writer.json").read_text())["doing"] == "sync"


@pytest.mark.parametrize("said", [None, "", "{", "[]", '{"doing": "ingest"}'], ids=repr)
def test_a_holder_that_has_not_said_its_name(tmp_path: Path, said: str | None) -> None:
    with writer_lock(tmp_path, doing="ingest"):
        file = tmp_path / "writer.json"
        file.unlink() if said is None else file.write_text(said)
        with (
            pytest.raises(LockedError, match="is being written by another process; wait"),
            writer_lock(tmp_path, doing="x"),
        ):
            raise AssertionError("two writers")


def test_an_error_inside_frees_it_and_goes_on(tmp_path: Path) -> None:
    with pytest.raises(KeyError), writer_lock(tmp_path, doing="ingest"):
        raise KeyError("inside")
    with writer_lock(tmp_path, doing="ingest"):
        pass
    assert not (tmp_path / "writer.json").exists()


def test_two_folders_have_two_locks(tmp_path: Path) -> None:
    with writer_lock(tmp_path / "one", doing="ingest"), writer_lock(tmp_path / "two", doing="ingest"):
        pass


def test_a_folder_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = pytest.raises(StorageError, match=r"can't write .*file.* \(.*\); choose another folder with --data")
    with refused, writer_lock(tmp_path / "file" / "data", doing="ingest"):
        raise AssertionError("locked nothing")
