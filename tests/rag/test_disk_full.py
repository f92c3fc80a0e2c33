"""A disk that fills: one line that says so, what is in stays in, and with room again the same command goes on."""

import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.archive.doctor import examine, repair
from rag.archive.export import backup
from rag.config import Config
from rag.errors import StorageError

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Yield a disk of 3 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], capture_output=True).returncode:
        pytest.skip("this user may not mount a disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.fixture
def news(tmp_path: Path) -> Path:
    """Return articles that take more than 3 MB in an archive."""
    file = tmp_path / "news.jsonl"
    with file.open("w") as out:
        for n in range(400):
            words = " ".join(f"word{(n * 31 + m * m) % 4_000}" for m in range(300))
            out.write(f'{{"id": "a{n}", "title": "Report {n}", "body": "Report {n}. {words}."}}\n')
    return file


def dateline(*arguments: object, before: Callable[[], None] | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "cli", *map(str, arguments)], capture_output=True, text=True, preexec_fn=before
    )


def faults(config: Config) -> list[str]:
    return [check.told for check in examine(config) if check.state == "fault" and check.name != "disk"]


def test_an_ingest_onto_a_disk_that_fills(disk: Path, news: Path) -> None:
    data = disk / "data"
    done = dateline("ingest", news, "--data", data, "--embedder", "stub")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and "free some space" in done.stderr, done.stderr
    subprocess.run(["mount", "-o", "remount,size=200m", str(disk)], check=True)
    config = Config(data=data, embedder="stub")
    if faults(config):
        repair(config)
    assert faults(config) == []
    done = dateline("ingest", news, "--data", data)
    assert done.returncode == 0 and done.stdout.startswith("400 articles: "), done.stderr
    assert " 0 changed" in done.stdout
    assert faults(config) == []


def test_a_backup_onto_a_disk_that_fills(disk: Path, news: Path, tmp_path: Path) -> None:
    config = Config(data=tmp_path / "data", embedder="stub")
    assert dateline("ingest", news, "--data", config.data, "--embedder", "stub").returncode == 0
    with pytest.raises(StorageError, match="free some space"):
        backup(config, disk / "copy")
    assert list(disk.iterdir()) == [], "what was begun takes no room"
    with pytest.raises(OSError, match="No space left"):
        (disk / "full").write_bytes(bytes(4 << 20))
    done = dateline("export", "--data", config.data, "--out", disk / "out.jsonl")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert "No space left" in done.stderr
    assert [each.name for each in disk.iterdir()] == ["full"]
    assert faults(config) == []


def test_an_ingest_whose_files_may_not_grow(tmp_path: Path, news: Path) -> None:
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    config = Config(data=tmp_path / "data", embedder="stub")
    done = dateline("ingest", news, "--data", config.data, "--embedder", "stub", before=limit)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith("dateline: "), done.stderr
    done = dateline("ingest", news, "--data", config.data)
    assert done.returncode == 0 and " 0 changed" in done.stdout
    if faults(config):
        repair(config)
    assert faults(config) == []
