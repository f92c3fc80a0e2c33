"""`dateline serve` as a program: who can reach it, how it says what is wrong, and how it stops."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.serve import _secret
from rag.config import Config
from rag.errors import UsageError
from web.login import password_line
from web.serve import RATE, Serving, rules_for

ROOT = Path(__file__).parents[2]
TOKEN = "a-token-of-the-news-desk"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def program(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    command = [sys.executable, "-m", "cli", *arguments, "--port", str(port)]
    run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    address = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + 100
        while run.poll() is None and time.monotonic() < end:
            try:
                httpx.get(f"{address}/healthz", timeout=2)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield run, address
    finally:
        run.kill()
        run.communicate()


def test_it_stops_gracefully_and_has_logged_each_request(starter: Config) -> None:
    with program("serve", "--no-browser", "--data", str(starter.data)) as (run, address):
        asked = {"question": "Who was named chairman of Stargate?", "stream": True}
        with httpx.stream("POST", f"{address}/api/v1/ask", json=asked, timeout=60) as answer:
            told = answer.iter_lines()
            assert next(told) == "event: found"
            run.send_signal(signal.SIGTERM)
            assert "event: answer" in list(told), "what is in hand is answered"
        out, err = run.communicate(timeout=60)
    assert run.returncode == 143 and f"Dateline is at {address}" in out
    *lines, last = err.splitlines()
    assert last == "dateline: interrupted; the page is closed, the archive stays as it is"
    logged = [json.loads(each) for each in lines]
    assert {"/healthz", "/api/v1/ask"} <= {each["path"] for each in logged} and "chairman" not in err


def test_a_page_that_is_open_does_not_keep_it(starter: Config) -> None:
    with program("serve", "--no-browser", "--data", str(starter.data)) as (run, address):
        with httpx.stream("GET", f"{address}/gradio_api/heartbeat/abc", timeout=30) as page:
            assert page.status_code == 200
            run.send_signal(signal.SIGINT)
            page.read()
        _, err = run.communicate(timeout=60)
    assert run.returncode == 130 and "error" not in err and "Traceback" not in err


def test_an_archive_of_a_newer_program_is_told(starter: Config, tmp_path: Path) -> None:
    shutil.copytree(starter.data, tmp_path / "data")
    with sqlite3.connect(tmp_path / "data" / "catalog.sqlite3") as catalog:
        catalog.execute("PRAGMA user_version = 99")
    catalog.close()
    command = [sys.executable, "-m", "cli", "serve", "--no-browser", "--data", str(tmp_path / "data")]
    done = subprocess.run([*command, "--port", str(free_port())], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "made by a newer Dateline" in done.stderr


def test_mcp_by_http_is_served_without_the_page(starter: Config) -> None:
    with program("mcp", "--http", "--data", str(starter.data), "--token", TOKEN) as (_, address):
        assert httpx.post(f"{address}/mcp", json={}).status_code == 401
        body = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
        headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json, text/event-stream"}
        assert httpx.post(f"{address}/mcp", json=body, headers=headers).status_code < 500
        assert httpx.get(f"{address}/", headers=headers).status_code == 404


def test_other_machines_need_a_login(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nobody would have to log in; give --auth FILE or --token TOKEN"):
        rules_for(Serving(host="0.0.0.0"))
    assert rules_for(Serving(host="0.0.0.0", insecure=True)).rate.take("x") == 0
    rules = rules_for(Serving(host="0.0.0.0", tokens=(TOKEN,), allow_hosts=("News.example",)))
    assert rules.any_address and "news.example" in rules.hosts and rules.logins
    taken = [rules.rate.take("one client") for _ in range(RATE + 1)]
    assert not any(taken[:-1]) and taken[-1] > 0
    assert not rules_for(Serving()).logins and not rules_for(Serving()).any_address


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"tokens": ("short",)}, "a token has 16 characters or more"),
        ({"tokens": ("@none.txt",)}, "can't read none.txt"),
        ({"tokens": ("@bad.txt",)}, "bad.txt, line 1: 'soon' is no day"),
        ({"tokens": ("@empty.txt",)}, "empty.txt holds no token"),
        ({"auth": Path("none.txt")}, "can't read none.txt"),
        ({"auth": Path("bad.txt")}, "bad.txt, line 1 is not NAME:scrypt:SALT:DIGEST"),
        ({"auth": Path("empty.txt")}, "empty.txt names nobody"),
        ({"auth": Path("binary.txt")}, "it is no UTF-8 text"),
    ],
)
def test_logins_that_can_not_be_read_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.txt").write_text(f"{TOKEN} soon\n")
    Path("empty.txt").write_text("# nobody\n\n")
    Path("binary.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=re.escape(why)):
        rules_for(Serving(**settings))


def test_a_password_line_is_made_once_and_never_shows_the_password() -> None:
    first, second = password_line("ann", "correct horse"), password_line("ann", "correct horse")
    assert first != second and first.startswith("ann:scrypt:") and "horse" not in first
    for name in ("", "a:b", " ann", "#ann", "a\nb"):
        with pytest.raises(UsageError, match="can't be a name"):
            password_line(name, "x")


@pytest.mark.parametrize(("sent", "code", "told"), [("horse\n", 0, ""), ("", 2, "dateline: no password was given")])
def test_a_password_comes_from_standard_input(sent: str, code: int, told: str) -> None:
    command = [sys.executable, "-m", "cli", "password", "ann"]
    done = subprocess.run(command, cwd=ROOT, input=sent, capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (code, bool(told)) and done.stderr.startswith(told)
    assert done.stdout.startswith("ann:scrypt:") is not bool(told)


def test_a_password_is_typed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["horse", "horse", "horse", "house"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("cli.serve.getpass", lambda prompt: next(typed))
    assert _secret() == "horse"
    with pytest.raises(UsageError, match="the two passwords differ"):
        _secret()


def test_an_address_of_another_machine_is_told(starter: Config) -> None:
    command = [sys.executable, "-m", "cli", "serve", "--no-browser", "--data", str(starter.data), "--token", TOKEN]
    done = subprocess.run([*command, "--host", "192.0.2.1"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert (
        done.stderr
        == "dateline: --host '192.0.2.1' is no address of this machine; give 127.0.0.1, or 0.0.0.0 for all\n"
    )


@pytest.mark.slow
def test_many_ask_at_once_and_all_are_answered(starter: Config, tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "scripts/load.py"), "--seconds", "20", "--data", str(starter.data), "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["users"] == 50 and told["errors"] == 0 and told["answers"] > 50
    assert told["grown_mb"] < 200
