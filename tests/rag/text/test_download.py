"""Fetching from a hub that stands on this machine: what is taken, what is refused, and what is said where it fails."""

import json
import shutil
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from rag.errors import ModelError, StorageError, UsageError
from rag.text.download import fetch
from rag.text.models import located

REVISION = "b" * 40


class Hub:
    """A hub with one model: its files by name; `status` other than 200 is given to every request."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.licence: str | None = "mit"
        self.status = 200
        self.asked: list[str] = []

    def reply(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        self.asked.append(path)
        if self.status != 200:
            return self.status, b"{}", {}
        listed = [
            {"type": "file", "path": name, "size": len(data), "oid": "c" * 40} for name, data in self.files.items()
        ]
        if path.startswith("/api/models/some/model/tree/"):
            return 200, json.dumps(listed).encode(), {}
        if path.startswith("/api/models/some/model"):
            siblings = [{"rfilename": each["path"], "size": each["size"]} for each in listed]
            told = {"id": "some/model", "sha": REVISION, "siblings": siblings, "cardData": {"license": self.licence}}
            return 200, json.dumps(told).encode(), {}
        name = path.partition(f"/some/model/resolve/{REVISION}/")[2]
        if name in self.files:
            return 200, self.files[name], {"ETag": f'"{name}"', "X-Repo-Commit": REVISION}
        return 404, b"{}", {"X-Error-Code": "RepoNotFound"}


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Yield a hub, which the client takes for the hub, and an empty cache."""
    told = Hub()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body, headers = told.reply(self.path.partition("?")[0])
            self.send_response(status)
            for name, value in {
                **headers,
                "Content-Length": str(len(body)),
                "Content-Type": "application/json",
            }.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
    monkeypatch.setattr(
        "huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", address + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.hf_api.api.endpoint", address, raising=False)
    yield told
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def model(hub: Hub, tiny: Any) -> Hub:
    """Give the hub a tiny reader, with files beside it that nobody needs."""
    folder: Path = tiny.reader()
    hub.files = {file.name: file.read_bytes() for file in folder.iterdir()}
    hub.files |= {
        "own.py": b"raise SystemExit",
        "pytorch_model.bin": b"pickle",
        "README.md": b"# Hi",
        "tf_model.h5": b"x",
    }
    return hub


def test_what_is_needed_is_taken_and_nothing_else(model: Hub) -> None:
    found = fetch("some/model")
    assert (found.kind, found.licence) == ("reader", "mit")
    assert found.folder == located("some/model")
    taken = {file.name for file in found.folder.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= taken
    assert not taken & {"own.py", "pytorch_model.bin", "README.md", "tf_model.h5"}
    assert found.size == sum(len(model.files[name]) for name in taken)
    from rag.reading.hub import HubReader

    assert HubReader("some/model").answers("Who?", ["Ines Holt"])[0].answerable > 0.99


def test_what_is_here_is_not_taken_again(model: Hub) -> None:
    first = fetch("some/model")
    model.asked.clear()
    assert fetch("some/model") == first
    assert not any("model.safetensors" in path for path in model.asked)


def test_pickles_are_taken_only_where_they_are_asked_for(model: Hub) -> None:
    del model.files["model.safetensors"]
    with pytest.raises(ModelError, match=r"^some/model has pickled weights only, .* add --pickles$"):
        fetch("some/model")
    assert not any("/resolve/" in path for path in model.asked)
    assert (fetch("some/model", pickles=True).folder / "pytorch_model.bin").read_bytes() == b"pickle"


def test_safetensors_are_taken_even_where_pickles_are_allowed(model: Hub) -> None:
    assert not (fetch("some/model", pickles=True).folder / "pytorch_model.bin").exists()


def test_a_model_without_weights(model: Hub) -> None:
    model.files = {"config.json": b"{}", "model.gguf": b"x"}
    with pytest.raises(
        ModelError, match=r"^some/model has no weights that can be used \(\*\.safetensors\); fetch another$"
    ):
        fetch("some/model")


def test_a_licence_nobody_names(model: Hub) -> None:
    model.licence = None
    assert fetch("some/model").licence is None


def test_no_such_model(hub: Hub) -> None:
    with pytest.raises(ModelError, match=r"^http://127\.0\.0\.1:\d+ has no model some/other; check the name "):
        fetch("some/other")


@pytest.mark.parametrize("status", [500, 403, 429])
def test_a_hub_that_is_out_of_order(hub: Hub, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.status = status
    with pytest.raises(ModelError, match=rf"^can't fetch some/model: .* replied {status}; try again later$"):
        fetch("some/model")


def test_no_network(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr("huggingface_hub.hf_api.api.endpoint", "http://127.0.0.1:9", raising=False)
    with pytest.raises(
        ModelError, match=r"^can't fetch some/model from http://127\.0\.0\.1:9 \(.*\); check the network"
    ):
        fetch("some/model")


def test_the_network_is_switched_off(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match=r"^can't fetch some/model: HF_HUB_OFFLINE is set; unset it, then run again$"):
        fetch("some/model")
    assert hub.asked == []


def test_no_room(model: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9, 10**5))
    with pytest.raises(
        StorageError, match=r"MB don't fit in .*hub \(0 MB are free\); free some, or name another folder in HF_HOME"
    ):
        fetch("some/model")
    assert not any("/resolve/" in path for path in model.asked)


def test_a_disk_that_fills_up_meanwhile(model: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device", "/cache/file")

    monkeypatch.setattr("huggingface_hub.snapshot_download", full)
    with pytest.raises(
        StorageError, match=r"^can't write /cache/file \(No space left on device\); free some space, or name"
    ):
        fetch("some/model")


@pytest.mark.parametrize("name", ["", "../up", "/etc", "a/b/c", "http://hub.example/a/b", "-x", "some/model\n"])
def test_names_that_can_not_be(hub: Hub, name: str) -> None:
    with pytest.raises(UsageError, match=r"no model's name"):
        fetch(name)
    assert hub.asked == []
