"""The archive by HTTP: what is told to whom, and what becomes of what is sent, by good and bad clients."""

from __future__ import annotations

import io
import json
import shutil
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rag.archive.lock import writer_lock
from rag.archive.registry import Registry
from rag.config import Config
from rag.errors import UsageError
from rag.pipeline import Pipeline
from web.archive import _file_name
from web.login import password_line
from web.serve import Serving, rules_for

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
AT = "/api/v1/archive"
EVIL = "<script>alert(1)</script>${alert(1)}"


@pytest.fixture
def apart(stories_folder: Path, tmp_path: Path) -> Path:
    """Return the folder of an archive of eight articles, for one test."""
    return Path(shutil.copytree(stories_folder, tmp_path / "data"))


@pytest.fixture(scope="module")
def folder(stories_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an archive of eight articles, for the tests to change."""
    return Path(shutil.copytree(stories_folder, tmp_path_factory.mktemp("changed") / "data"))


@pytest.fixture(scope="module")
def own(served: Any, folder: Path) -> Iterator[Any]:
    """Yield a server over that archive, whose visitors may change it."""
    config = Config(data=folder, embedder="stub", reader="none", keep_answers=False)
    with closing(Pipeline.open(config)) as pipeline, served(pipeline=pipeline, data=folder, admin=True) as server:
        yield server


def held(server: Any) -> int:
    """Return how many articles the archive holds."""
    return int(server.get(AT).json()["receipt"]["articles"])


def done(server: Any, response: Any) -> dict[str, Any]:
    """Return the task that a response began, once it has ended."""
    assert response.status_code == 202, response.text
    task = response.json()
    end = time.monotonic() + 60
    while task["state"] in ("waiting", "working") and time.monotonic() < end:
        time.sleep(0.02)
        task = server.get(f"{AT}/tasks/{task['id']}").json()
    assert task["state"] in ("done", "failed"), task
    return dict(task)


def sent(server: Any, *files: tuple[str, bytes]) -> dict[str, Any]:
    return done(server, server.http.post(f"{AT}/files", files=[("files", each) for each in files]))


def record(title: str, body: str, **more: str) -> bytes:
    return json.dumps(
        {"title": title, "source": "The Lamp", "published_at": "2025-02-03", "body": body, **more}
    ).encode()


def test_who_may_not_change_it_sees_how_it_does(served: Any, apart: Path) -> None:
    with closing(Registry.open(apart, write=True)) as registry:
        source = registry.add("https://ann:secret@news.example/feed.xml?key=1234", every=3600)
        registry.failed(source, datetime.now(UTC), "https://news.example/feed.xml?key=1234 answers 500")
        registry.add("/srv/news desk/inbox", every=3600)
    with served(data=apart) as server:
        told = server.get(AT).json()
        listed = server.get(f"{AT}/articles", params={"outlet": "The Beacon", "from": "2024-04-01"}).json()
    assert told["receipt"]["articles"] == 8 and told["receipt"]["storage"]["catalog"] > 0
    assert [each["address"] for each in told["sources"]] == ["news.example/feed.xml", "inbox"]
    assert told["sources"][0]["failures"] == 1 and told["may_change"] is False and told["tasks"] == []
    assert "1234" not in json.dumps(told) and "secret" not in json.dumps(told) and str(apart) not in json.dumps(told)
    days = [each["published_at"] for each in listed["articles"]]
    assert listed["count"] == len(days) >= 2 and days == sorted(days, reverse=True)
    assert {each["source"] for each in listed["articles"]} == {"The Beacon"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/files", None),
        ("POST", "/addresses", {"address": "https://news.example"}),
        ("POST", "/sources/1/sync", None),
        ("POST", "/sources/1/pause", None),
        ("POST", "/sources/1/resume", None),
        ("DELETE", "/sources/1", None),
        ("POST", "/remove", {"ids": ["a"]}),
        ("POST", "/tasks/a/stop", None),
        ("PUT", "/anything", None),
    ],
)
def test_nothing_is_changed_unless_that_is_allowed(server: Any, method: str, path: str, body: Any) -> None:
    response = server.http.request(method, AT + path, json=body)
    assert response.status_code == 403 and "--admin or --editor" in response.json()["error"]["message"]
    assert server.get(f"{AT}/tasks/a").status_code == 403


def test_of_those_who_log_in_only_editors_may_change_it(served: Any, apart: Path, tmp_path: Path) -> None:
    (tmp_path / "logins.txt").write_text(
        "".join(password_line(name, f"{name} horse") + "\n" for name in ("ann", "bob"))
    )
    token = "a-token-of-the-news-desk"
    with served(data=apart, auth=tmp_path / "logins.txt", tokens=(token,), editors=("ann",)) as server:
        asked = {"json": {"address": "ftp://news.example"}}
        assert server.http.post(f"{AT}/addresses", auth=("ann", "ann horse"), **asked).status_code == 400
        for login in ({"auth": ("bob", "bob horse")}, {"headers": {"Authorization": f"Bearer {token}"}}):
            assert server.http.post(f"{AT}/addresses", **login, **asked).status_code == 403
            assert server.get(AT, **login).json()["may_change"] is False
        assert server.http.post(f"{AT}/addresses", **asked).status_code == 401
        foreign = {"Origin": "http://evil.example"}
        assert server.http.post(f"{AT}/addresses", auth=("ann", "ann horse"), headers=foreign).status_code == 403


def test_who_could_change_what_is_said_before_it_is_served(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="anybody could change the archive"):
        rules_for(Serving(host="0.0.0.0", insecure=True, admin=True))
    with pytest.raises(UsageError, match="'ann' can't log in; add a line for that name to --auth"):
        rules_for(Serving(editors=("ann",)))


def test_files_are_read_and_told_with_what_became_of_them(own: Any, folder: Path) -> None:
    task = sent(own, ("one.json", record(f"Weir {EVIL}", "The weir held.")), ("two.md", b"# Lock\n\nThe lock held."))
    assert (task["state"], task["added"], task["what"]) == ("done", 2, "one.json, two.md")
    task = sent(
        own, ("../../one.json", record(f"Weir {EVIL}", "The weir burst.")), ("two.md", b"# Lock\n\nThe lock held.")
    )
    assert (task["added"], task["changed"], task["unchanged"]) == (0, 1, 1)
    newest = own.get(f"{AT}/articles", params={"outlet": "The Lamp"}).json()["articles"][0]
    assert newest["title"] == "Weir ${alert(1)}"
    with closing(Registry.open(folder, write=False)) as registry:
        assert registry.dead_letters() == []


def test_files_that_can_not_be_used_are_told_with_the_reason(own: Any) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("../../out.md", "It climbs.")
        file.writestr("in.md", "# Gate\n\nThe gate held.")
    task = sent(own, ("news.zip", packed.getvalue()), ("binary.txt", bytes(range(256)) * 9), ("run.exe", b"MZ"))
    assert task["state"] == "done" and task["added"] == 1 and task["skipped_count"] == 3
    told = {each["place"]: each["reason"] for each in task["skipped"]}
    assert set(told) == {"news.zip!../../out.md", "binary.txt", "run.exe"}
    assert "unsafe path" in told["news.zip!../../out.md"] and "unknown ending" in told["run.exe"]
    assert "/tmp" not in json.dumps(task) and "dateline-" not in json.dumps(task)
    only = sent(own, ("run.exe", b"MZ"))
    assert only["state"] == "failed" and only["error"].startswith("nothing to read in run.exe; understood are .md")
    assert sent(own, ("empty.jsonl", b""))["error"] == "nothing was read: there is no record in it"


def test_what_is_sent_is_bounded(own: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [("files", (f"{n}.md", b"x")) for n in range(51)]
    response = own.http.post(f"{AT}/files", files=many)
    assert response.status_code == 400 and response.json()["error"]["message"] == "at most 50 files at a time"
    assert own.post(f"{AT}/files").json()["error"]["message"] == "no file was sent; choose one or more"
    broken = {"Content-Type": "multipart/form-data"}
    assert own.http.post(f"{AT}/files", content=b"x", headers=broken).status_code == 400
    monkeypatch.setattr("web.guard.UPLOAD", 5_000)
    response = own.http.post(f"{AT}/files", files={"files": ("a.md", b"x" * 10_000)})
    assert response.status_code == 413 and "larger than 5,000 bytes" in response.json()["error"]["message"]
    assert own.http.post("/gradio_api/upload", files={"files": b"x"}).status_code == 404


def test_names_of_files_are_made_fit() -> None:
    names = {
        "../../etc/passwd": "passwd",
        "C:\\a\\b.md": "b.md",
        "": "file",
        "..": "file",
        ".md": "md",
        "a\x00b\n.md": "ab .md",
    }
    assert {given: _file_name(given) for given in names} == names
    assert _file_name("x" * 300 + ".jsonl") == "x" * 100 + ".jsonl"


ADDRESSES = {
    "/etc/passwd": "no address of the web",
    "file:///etc/passwd": "no web address that can be read",
    "javascript:alert(1)": "no address of the web",
    "https://": "no web address that can be read",
    "http://[::1": "no web address that can be read",
}


def test_what_is_no_address_is_refused_at_once(own: Any) -> None:
    for address, why in ADDRESSES.items():
        for every in (None, 3600):
            response = own.post(f"{AT}/addresses", {"address": address, "every": every})
            assert response.status_code == 400 and why in response.json()["error"]["message"], address


def test_a_private_address_is_read_neither_once_nor_again_and_again(own: Any, folder: Path) -> None:
    address = "http://127.0.0.1:9/feed.xml"
    once = done(own, own.post(f"{AT}/addresses", {"address": address}))
    assert once["added"] == 0 and "this machine itself" in once["skipped"][0]["reason"]
    again = done(own, own.post(f"{AT}/addresses", {"address": address, "every": 3600}))
    assert again["state"] == "failed" and "this machine itself" in again["error"] and "not followed" in again["error"]
    assert address not in [each["address"] for each in own.get(AT).json()["sources"]]


def test_a_source_is_read_paused_resumed_and_forgotten(own: Any, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "weir.md").write_text("# Weir\n\nThe weir held.")
    with closing(Registry.open(folder, write=True)) as registry:
        key = registry.add(str(tmp_path / "inbox"), every=3600).key
    before = held(own)
    assert done(own, own.post(f"{AT}/sources/{key}/sync"))["added"] == 1
    assert own.post(f"{AT}/sources/{key}/pause").json()["paused"] is True
    assert own.post(f"{AT}/sources/{key}/resume").json()["paused"] is False
    shutil.rmtree(tmp_path / "inbox")
    failed = done(own, own.post(f"{AT}/sources/{key}/sync"))
    assert failed["state"] == "failed" and "not there any more" in failed["error"]
    assert next(each for each in own.get(AT).json()["sources"] if each["key"] == key)["last_error"]
    assert own.http.delete(f"{AT}/sources/{key}").status_code == 200
    assert own.post(f"{AT}/sources/{key}/sync").status_code == 404
    assert held(own) == before + 1, "its articles stay"


def test_articles_are_removed_for_good_or_not_at_all(own: Any) -> None:
    before = held(own)
    assert done(own, own.post(f"{AT}/remove", {"ids": ["ferry-sinks"]}))["removed"] == 1
    task = done(own, own.post(f"{AT}/remove", {"ids": ["mayor-quits", "nothing"]}))
    assert task["removed"] == 0 and "holds no article with the id or address 'nothing'" in task["error"]
    assert held(own) == before - 1


def test_an_archive_that_is_being_written_says_by_whom(own: Any, folder: Path) -> None:
    with writer_lock(folder, doing="ingest"):
        for task in (sent(own, ("a.md", b"# A\n\nB.")), done(own, own.post(f"{AT}/remove", {"ids": ["ferry-sinks"]}))):
            assert task["state"] == "failed" and "is being written by `dateline ingest`" in task["error"]
    assert sent(own, ("a.md", b"# A\n\nB."))["added"] == 1


def test_an_archive_that_is_gone_is_told_in_a_line(served: Any, apart: Path) -> None:
    with served(data=apart) as server:
        apart.rename(apart.with_name("elsewhere"))
        response = server.get(AT)
    assert response.status_code == 503 and "holds no archive yet" in response.json()["error"]["message"]


def test_a_full_disk_is_told_in_a_line(own: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> str:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("web.archive.tempfile.mkdtemp", full)
        response = own.http.post(f"{AT}/files", files={"files": ("a.md", b"x")})
        assert response.status_code == 503
        assert response.json()["error"]["message"] == (
            "the files can't be kept for reading (No space left on device); free some space"
        )
    with monkeypatch.context() as patched:
        patched.setattr("web.intake.ingest", full)
        assert (
            sent(own, ("a.md", b"x"))["error"]
            == "No space left on device: the disk; free some space, or make the folder writable"
        )


def test_work_is_stopped_and_a_failure_inside_is_no_end(own: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tasks = own.service.intake.tasks
    first = tasks.begin("first", lambda task: task.stop.wait(60) and None)
    dropped = tasks.begin("dropped", lambda task: pytest.fail("it was stopped before it began"))
    for each in (dropped, first):
        assert own.post(f"{AT}/tasks/{each.key}/stop").json()["stopped"] is True

    class Panic(BaseException):
        pass

    def panic(_: Any) -> None:
        raise Panic

    last = tasks.begin("last", panic)
    while last.state in ("waiting", "working"):
        time.sleep(0.01)
    assert (first.state, dropped.state, last.state) == ("done", "done", "failed")
    assert last.error is not None and last.error.startswith("something went wrong inside Dateline")
    assert own.post(f"{AT}/tasks/nothing/stop").status_code == 404
