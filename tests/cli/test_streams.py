"""The command line as a process: streams that take ASCII only, that are closed or full, and Ctrl-C."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.config import Config

COMMAND = [sys.executable, "-m", "cli.main"]
STORY = "The café “Zöe” reopened — at last… Łukasz Çelik, its owner, thanked 東京."
ASKED = ("ask", "Which café Zöe reopened at last?")


@pytest.fixture(scope="module")
def data(
    tmp_path_factory: pytest.TempPathFactory, article: Callable[..., object], store: Callable[..., object]
) -> Path:
    """Return an archive whose only article is full of signs that ASCII lacks."""
    folder = tmp_path_factory.mktemp("signs") / "data"
    store(
        Config(data=folder, embedder="stub"),
        article("cafe", STORY, title="Café “Zöe” reopens · 100 €", source="Küsten-Blatt"),
    )
    return folder


@pytest.fixture
def environment(data: Path) -> dict[str, str]:
    return {**os.environ, "DATELINE_DATA": str(data), "DATELINE_EMBEDDER": "stub", "COLUMNS": "120"}


def run(*arguments: str, env: dict[str, str], text: str = "", shell: str = "") -> subprocess.CompletedProcess[bytes]:
    """Run the command line; with `shell`, in a pipeline or with redirections that stand there behind it."""
    before = ["bash", "-c", f'set -o pipefail; "$@" {shell}', "bash"] if shell else []
    command = [*before, *COMMAND, *arguments]
    return subprocess.run(command, env=env, input=text.encode(), capture_output=True, timeout=100, check=False)


@pytest.mark.parametrize(
    ("encoding", "arguments"),
    [
        ("ascii", ASKED),
        ("utf-16", (*ASKED, "--json")),
        ("ascii", ("search", "Zöe", "--explain")),
        ("ascii", ("ask", "--help")),
        ("ascii", ("ask", "Zöe?", "--outlet", "Zürich")),
        ("ascii", ("verify", "--claim", "Zöe reopened — “at last”.", "--source", STORY)),
        ("ascii", ("ask", "--questions", "-", "--out", "-")),
        ("cp1252", ("ask", "--questions", "-", "--out", "-")),
    ],
    ids=str,
)
def test_no_encoding_ends_in_a_traceback(
    environment: dict[str, str], arguments: tuple[str, ...], encoding: str
) -> None:
    batch = json.dumps({"question": ASKED[1]}, ensure_ascii=False) + "\n"
    done = run(*arguments, env=environment | {"PYTHONIOENCODING": encoding}, text=batch)
    out, err = done.stdout.decode(encoding), done.stderr.decode(encoding)
    assert "Traceback" not in err
    assert done.returncode == (2 if "--outlet" in arguments else 0), err
    if "--json" in arguments or "--questions" in arguments:
        assert STORY.split("…")[0] in json.loads(out)["answer"]  # nothing of it is lost
    elif encoding == "ascii" and arguments == ASKED:
        assert 'The caf\\xe9 "Z\\xf6e" reopened - at last...' in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "shell"),
    [
        (ASKED, "| true"),
        ((*ASKED, "--json"), "| true"),
        (("status",), "2>&1 | true"),
        (("--help",), "| true"),
        (("status",), ">&-"),
        (("status",), ">&- 2>&-"),
    ],
    ids=str,
)
def test_a_stream_that_nobody_reads_is_no_failure(
    environment: dict[str, str], arguments: tuple[str, ...], shell: str
) -> None:
    done = run(*arguments, env=environment, shell=shell)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_batch_into_a_pipe_that_is_closed_is_no_failure(environment: dict[str, str]) -> None:
    batch = "".join(json.dumps({"question": f"{ASKED[1]} {n}"}) + "\n" for n in range(40))
    done = run("ask", "--questions", "-", "--out", "-", env=environment, text=batch, shell="| head -n 1")
    assert (done.returncode, done.stderr, done.stdout.count(b"\n")) == (0, b"", 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("shell", ["> /dev/full", "> /dev/full 2> /dev/full"])
def test_a_disk_that_is_full_is_said_in_one_line(environment: dict[str, str], shell: str) -> None:
    done = run("status", env=environment, shell=shell)
    told = b"dateline: No space left on device: the disk; free some space or choose another folder\n"
    assert (done.returncode, done.stderr) == (2, b"" if "2>" in shell else told)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["ingest", "ask", "eval", "serve"])
def test_ctrl_c_says_what_is_true(environment: dict[str, str], tmp_path: Path, what: str) -> None:
    many = "".join(json.dumps({"id": str(n), "question": f"{ASKED[1]} {n}"}) + "\n" for n in range(20_000))
    news = "".join(
        json.dumps({"url": f"https://n.example/{n}", "title": f"No {n}", "body": f"{STORY} {n}. " * 30}) + "\n"
        for n in range(20_000)
    )
    (tmp_path / "q.jsonl").write_text(many)
    (tmp_path / "news.jsonl").write_text(news)
    out, log, free = tmp_path / "a.jsonl", tmp_path / "log", "7893"
    arguments = {
        "ingest": ["ingest", str(tmp_path / "news.jsonl"), "--data", str(tmp_path / "new")],
        "ask": ["ask", "--questions", str(tmp_path / "q.jsonl"), "--out", str(out)],
        "eval": ["eval", "run", str(tmp_path / "q.jsonl"), "--out", str(tmp_path / "r")],
        "serve": ["serve", "--no-browser", "--port", free],
    }[what]
    begun: Callable[[], bool] = {
        "ingest": lambda: re.search(r"articles +[1-9]", status(tmp_path / "new", environment)) is not None,
        "ask": lambda: out.exists() and out.read_bytes().count(b"\n") > 3,
        "eval": lambda: (p := tmp_path / "r" / "cases.jsonl.part").exists() and p.read_bytes().count(b"\n") > 3,
        "serve": lambda: "Dateline is at" in log.read_text(),
    }[what]
    with log.open("w") as told:
        process = subprocess.Popen(
            [*COMMAND, *arguments], env=environment, stdout=told, stderr=subprocess.PIPE, text=True
        )
    try:
        end = time.monotonic() + 120
        while not begun():
            assert process.poll() is None and time.monotonic() < end
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=120)[1]
    finally:
        process.kill()
    assert process.returncode == 130
    [line] = err.splitlines()
    if what == "ingest":
        kept = re.fullmatch(r"dateline: interrupted; ([\d,]+) articles? (?:is|are) in the archive .*", line)
        assert kept and re.search(rf"articles +{kept[1].replace(',', '')}\n", status(tmp_path / "new", environment))
    elif what == "ask":
        kept = re.fullmatch(r"dateline: interrupted; ([\d,]+) of 20,000 lines were written to .* go on", line)
        assert kept and out.read_bytes().count(b"\n") == int(kept[1].replace(",", ""))
    elif what == "eval":
        kept = re.fullmatch(r"dateline: interrupted; ([\d,]+) of 20,000 questions are answered and kept .*", line)
        part = tmp_path / "r" / "cases.jsonl.part"
        assert kept and part.read_bytes().count(b"\n") == int(kept[1].replace(",", ""))
    else:
        assert line == "dateline: interrupted; the page is closed, the archive stays as it is"


def status(folder: Path, environment: dict[str, str]) -> str:
    return run("status", "--data", str(folder), env=environment).stdout.decode()
