"""Vectors in a Chroma server: a real one, started, stopped and restarted in the middle; and none where one should be."""

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag.archive.doctor import examine, rebuild, repair
from rag.archive.index import Archive
from rag.archive.served import _close
from rag.config import Config
from rag.errors import StorageError
from rag.search.retrieve import search
from rag.text.embed import StubEmbedder
from rag.types import Article

Store = Callable[..., list[str]]
CHROMA = Path(sys.executable).parent / "chroma"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def nobody(config: Config) -> Config:
    """Return a config that names a server which is not there."""
    return replace(config, chroma_url=f"http://127.0.0.1:{free_port()}")


def titles(config: Config, question: str) -> list[str]:
    archive = Archive.open(config)
    try:
        return [hit.article.id for hit in search(archive, StubEmbedder(), question, k=3).hits]
    finally:
        archive.close()


def test_a_server_that_is_not_there_is_said_and_the_catalog_keeps_the_articles(
    nobody: Config, store: Store, stories: tuple[Article, ...]
) -> None:
    with pytest.raises(StorageError) as error:
        store(nobody, *stories)
    told = str(error.value)
    assert told.startswith(f"the Chroma server at {nobody.chroma_url} can't be used (") and "chroma run" in told
    assert "\n" not in told
    here = replace(nobody, chroma_url=None)
    assert store(here, *stories) == ["unchanged"] * len(stories)
    assert "ferry-inquiry" in titles(here, "Who opened the inquiry?")


def test_whoever_asks_a_server_that_is_not_there_is_told(
    nobody: Config, stories_folder: Path, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(stories_folder, nobody.data)
    monkeypatch.setenv("DATELINE_CHROMA_URL", str(nobody.chroma_url))
    for arguments in (["ask", "Who resigned?"], ["ingest", str(Path(__file__).parents[3] / "seeds" / "stargate")]):
        done = command(*arguments)
        assert (done.code, done.err.count("\n")) == (2, 1) and "the Chroma server at" in done.err
    monkeypatch.delenv("DATELINE_CHROMA_URL")
    assert command("search", "Who resigned?", "--json").json["hits"], "without it, all is as before"


@pytest.mark.parametrize("said", ["chroma", "ftp://host", "http://", "http://h:99999", "http://u:p@h", "http://h/path"])
def test_what_is_no_server(command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv("DATELINE_CHROMA_URL", said)
    done = command("status")
    assert done.code == 2 and "it takes the address of a server, such as http://127.0.0.1:8000" in done.err


class Server:
    """`chroma run` on loopback."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [CHROMA, "run", "--path", self.folder, "--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(
            list(map(str, command)), cwd=self.folder.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("chroma run does not answer")

    def stop(self, how: int = signal.SIGTERM) -> None:
        if self.process:
            self.process.send_signal(how)
            self.process.wait(20)
            self.process = None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    one = Server(tmp_path / "chroma", free_port())
    one.start()
    yield one
    one.stop(signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
class TestARealServer:
    """What a server has to bear."""

    @pytest.fixture
    def served(self, config: Config, server: Server) -> Config:
        return replace(config, chroma_url=f"http://127.0.0.1:{server.port}")

    def test_it_finds_what_the_archives_own_index_finds(
        self, served: Config, store: Store, stories: tuple[Article, ...], tmp_path: Path, stories_folder: Path
    ) -> None:
        store(served, *stories)
        own = replace(served, data=tmp_path / "own", chroma_url=None)
        shutil.copytree(stories_folder, own.data)
        for question in ("Who opened the inquiry?", "Why was the battery plant delayed?", "What did the storm do?"):
            assert titles(served, question) == titles(own, question)
        assert not list((served.data / "vectors").glob("*.sqlite3")), "no vectors on this disk"

    def test_it_is_stopped_and_restarted_in_the_middle(
        self,
        served: Config,
        server: Server,
        store: Store,
        stories: tuple[Article, ...],
        article: Callable[..., Article],
    ) -> None:
        store(served, *stories[:4])
        reader = Archive.open(served)

        def found(question: str) -> list[str]:
            return [hit.article.id for hit in search(reader, StubEmbedder(), question, k=3).hits]

        assert "ferry-inquiry" in found("Who opened the inquiry?")
        server.stop(signal.SIGKILL)
        with pytest.raises(StorageError, match=r"the Chroma server at .* can't be used"):
            found("Who opened the inquiry?")
        with pytest.raises(StorageError, match=r"the Chroma server at .* can't be used"):
            store(served, *stories[4:])
        server.start()
        assert "ferry-inquiry" in found("Who opened the inquiry?"), "the same reader goes on"
        assert "battery-plant" in found("Who builds a battery plant?"), "and finds what came in meanwhile"
        store(served, article("mayor-quits", "Mayor Tobias Finch will stay after all."))
        assert "mayor-quits" in found("Will Mayor Finch stay?")
        reader.close()

    def test_a_server_that_lost_its_data_gets_it_anew(
        self, served: Config, server: Server, store: Store, stories: tuple[Article, ...]
    ) -> None:
        store(served, *stories)
        server.stop()
        shutil.rmtree(server.folder)
        server.start()
        assert "battery-plant" in titles(served, "Who builds a battery plant?")

    def test_the_doctor_looks_at_the_server(
        self, served: Config, server: Server, store: Store, stories: tuple[Article, ...]
    ) -> None:
        store(served, *stories)
        assert not any(check.state == "fault" for check in examine(served)), examine(served)
        server.stop()
        (fault,) = [check for check in examine(served) if check.state == "fault"]
        assert fault.name == "vectors" and "the Chroma server at" in fault.told

    @pytest.mark.parametrize("mend", [repair, rebuild])
    def test_the_doctor_mends_what_is_on_the_server(
        self, served: Config, store: Store, stories: tuple[Article, ...], mend: Callable[[Config], object]
    ) -> None:
        store(served, *stories)
        (served.data / "vectors" / "writing").touch()
        assert [check.name for check in examine(served) if check.state == "fault"] == ["vectors"]
        mend(served)
        assert not any(check.state == "fault" for check in examine(served)), examine(served)
        assert not list((served.data / "vectors").glob("*.sqlite3")), "no vectors on this disk"

    def test_two_archives_share_a_server(
        self, served: Config, store: Store, stories: tuple[Article, ...], tmp_path: Path
    ) -> None:
        other = replace(served, data=tmp_path / "other")
        store(served, *stories[:4])
        store(other, *stories[4:])
        assert "battery-plant" in titles(other, "Who builds a battery plant?")
        assert "battery-plant" not in titles(served, "Who builds a battery plant?")

    def test_an_archive_moves_to_a_server_and_back_and_leaves_nothing_there(
        self, served: Config, store: Store, stories_folder: Path, stories: tuple[Article, ...]
    ) -> None:
        import chromadb

        shutil.copytree(stories_folder, served.data)
        assert "storm" in titles(served, "What did the storm tear off?")
        for _ in range(2):  # built anew each time: an interrupted writer is met
            (served.data / "vectors" / "writing").touch()
            assert store(served, *stories) == ["unchanged"] * 8
        client = chromadb.HttpClient(host="127.0.0.1", port=int(str(served.chroma_url).rpartition(":")[2]))
        assert len(client.list_collections()) == 1
        _close(client)
        assert "storm" in titles(replace(served, chroma_url=None), "What did the storm tear off?")
