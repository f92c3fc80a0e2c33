"""What the guard refuses, and what it lets through: hosts, origins, sizes, addresses, calls of the page, logins, rates."""

from __future__ import annotations

import base64
import json
import logging
import socket
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from web.login import password_line

pytestmark = [  # Gradio leaves event loops open, and what they hold
    pytest.mark.filterwarnings(f"ignore::{kind}")
    for kind in ("DeprecationWarning", "ResourceWarning", "pytest.PytestUnraisableExceptionWarning")
]
TOKEN, OTHER = "a-token-of-the-news-desk", "another-token-of-the-desk"
ASK = {"question": "Why is xAI absent from Stargate?"}


def raw(address: str, request: bytes, more: bytes = b"", seconds: float = 10) -> bytes:
    """Return what the server says to the bytes of a request, until it closes the connection or the time is up."""
    host, port = address.removeprefix("http://").split(":")
    told = b""
    with socket.create_connection((host, int(port)), timeout=seconds) as connection:
        try:
            connection.sendall(request)
            connection.sendall(more)
        except OSError:
            pass  # it was closed: what it said can still be read
        try:
            while piece := connection.recv(65_536):
                told += piece
        except OSError:
            pass
    return told


# -- whose name, whose page ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "192.0.2.7", "", "127.0.0.1@evil.example"])
def test_another_name_is_not_answered_to(server: Any, host: str) -> None:
    told = raw(server.address, f"GET /api/v1/status HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert told.split(b"\r\n")[0].split()[1] in (b"421", b"400") and b'"articles"' not in told


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:7860", "[::1]:7860", "LOCALHOST"])
def test_the_names_of_this_machine_are_answered_to(server: Any, host: str) -> None:
    assert server.get("/api/v1/status", headers={"Host": host}).status_code == 200


def test_what_a_proxy_would_say_is_not_believed(paged: Any) -> None:
    said = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Gradio-Server": "http://evil.example",
    }
    assert "evil.example" not in paged.get("/", headers=said).text
    assert "evil.example" not in paged.get("/config", headers=said).text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    ],
)
def test_a_page_of_another_site_can_not_ask(server: Any, headers: dict[str, str]) -> None:
    for response in (server.post("/api/v1/ask", ASK, headers=headers), server.get("/api/v1/status", headers=headers)):
        assert response.status_code == 403
        assert "access-control-allow-origin" not in response.headers


def test_the_own_page_can_ask_and_a_link_can_be_followed(server: Any) -> None:
    assert server.post("/api/v1/ask", ASK, headers={"Origin": server.address}).status_code == 200
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert server.get("/docs", headers=followed).status_code == 200


def test_every_response_carries_the_protecting_headers(paged: Any) -> None:
    for path in ("/", "/docs", "/api/v1/status", "/nothing", "/healthz"):
        headers = paged.get(path).headers
        assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY"
        assert (
            headers["referrer-policy"] == "no-referrer"
            and "frame-ancestors 'none'" in headers["content-security-policy"]
        )
        assert "server" not in headers
    assert "unsafe-eval" not in paged.get("/docs").headers["content-security-policy"]


# -- sizes and times -------------------------------------------------------------------------------------------------


def test_a_body_of_a_gigabyte_is_refused_before_it_comes(server: Any) -> None:
    head = (
        "POST /api/v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
    )
    start = time.monotonic()
    told = raw(server.address, head.format(10**9).encode())
    assert b" 413 " in told.splitlines()[0] and time.monotonic() - start < 5
    assert b" 4" in raw(server.address, head.format("-5").encode()).splitlines()[0]


def test_a_body_that_does_not_say_its_length_is_cut_off(server: Any) -> None:
    head = b"POST /api/v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    told = raw(server.address, head, piece * 40)
    assert b" 413 " in told.splitlines()[0]


def test_a_body_that_never_comes_is_given_up(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.guard._PATIENCE", 0.2)
    head = b"POST /api/v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n"
    assert b" 408 " in raw(server.address, head).splitlines()[0]


# -- the page's addresses --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def paged(served: Any) -> Any:
    with served(page=True) as server:
        yield server


def test_nothing_can_be_uploaded_to_gradio(paged: Any) -> None:
    assert paged.http.post("/gradio_api/upload", files={"files": b"x" * 1000}).status_code == 404


def test_a_gigabyte_of_files_is_refused_before_it_comes(server: Any) -> None:
    head = "POST /api/v1/archive/files HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    assert b" 413 " in raw(server.address, f"{head}Content-Length: 1000000000\r\n\r\n".encode()).splitlines()[0]
    assert b" 411 " in raw(server.address, f"{head}Transfer-Encoding: chunked\r\n\r\n".encode()).splitlines()[0]


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/proxy=https://evil.example/x",
        "/gradio_api/deep_link",
        "/monitoring",
        "/gradio_api/vibe-code",
        "/gradio_api/run-history/records",
        "/gradio_api/dev/reload",
        "/wp-admin",
        "/.env",
    ],
)
def test_addresses_that_the_page_does_not_need_are_closed(paged: Any, path: str) -> None:
    assert paged.get(path).status_code == 404


def test_a_file_that_climbs_is_not_given(paged: Any) -> None:
    for path in (
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=../../etc/passwd",
        "/assets/..%2f..%2f..%2fetc%2fpasswd",
    ):
        response = paged.get(path)
        assert response.status_code in (403, 404) and "root:" not in response.text


CALLS: list[tuple[str, bytes, int]] = [
    ("queue/join", b"{", 400),
    ("queue/join", b"[" * 50_000, 400),
    ("queue/join", b"\xff", 400),
    ("queue/join", b"[]", 422),
    ("queue/join", b"{}", 422),
    ("queue/join", b'{"data": {}, "fn_index": 0, "session_hash": "a"}', 422),
    ("queue/join", b'{"data": [], "fn_index": 999, "session_hash": "a"}', 404),
    ("queue/join", b'{"data": [], "fn_index": "0", "session_hash": "a"}', 404),
    ("queue/join", b'{"data": [], "fn_index": true, "session_hash": "a"}', 404),
    ("queue/join", b'{"data": [], "fn_index": -1, "session_hash": "a"}', 404),
    ("queue/join", b'{"data": [1,2,3,4,5,6,7,8,9,1,2,3,4,5,6,7,8,9,0], "fn_index": 0, "session_hash": "a"}', 422),
    ("queue/join", b'{"data": [], "fn_index": 0, "session_hash": "../../x"}', 422),
    ("call/nothing", b'{"data": []}', 404),
    ("run/nothing", b'{"data": []}', 404),
    ("component_server", b'{"component_id": 99999, "fn_name": "article", "data": "a", "session_hash": "a"}', 404),
    ("component_server", b'{"component_id": [], "fn_name": {}, "data": "a", "session_hash": "a"}', 404),
    ("component_server", b'{"component_id": 1, "fn_name": "__init__", "data": "a", "session_hash": "a"}', 404),
    ("component_server", b"null", 422),
]


@pytest.mark.parametrize(("path", "body", "status"), CALLS)
def test_odd_calls_of_the_page_are_told_so(paged: Any, capfd: Any, path: str, body: bytes, status: int) -> None:
    response = paged.http.post(f"/gradio_api/{path}", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == status and response.json()["error"]["message"]
    assert "Traceback" not in capfd.readouterr().err


def test_values_that_the_page_can_not_use_leave_no_traceback(paged: Any, capfd: Any, caplog: Any) -> None:
    odd: list[Any] = [
        {"a": 1},
        [[[]]],
        7,
        "\x00",
        None,
        True,
        {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
    ]
    numbers = [each["id"] for each in paged.get("/config").json()["dependencies"]]
    with caplog.at_level(logging.WARNING):
        for number in numbers:
            for value in odd:
                for values in ([], [value], [value] * 2, [value] * 4):
                    body = {"data": values, "fn_index": number, "session_hash": "odd", "event_data": value}
                    response = paged.post("/gradio_api/queue/join", body)
                    assert response.status_code < 500 or response.status_code == 503, (number, values, response.text)
        time.sleep(3)
    assert "Traceback" not in capfd.readouterr().err
    assert paged.get("/").status_code == 200


def test_gradio_clients_can_ask(paged: Any) -> None:
    from gradio_client import Client

    client = Client(paged.address, verbose=False)
    told = client.predict(ASK["question"], api_name="/answer")
    assert told["status"] == "answered" and told["citations"][0]["quote"]
    with pytest.raises(Exception, match="no outlet"):
        client.predict(ASK["question"], None, None, ["The Nonesuch"], "2025-12-31", api_name="/answer")
    client.close()


# -- logins ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def locked(served: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("logins")
    (folder / "logins.txt").write_text("# who may come\n" + password_line("ann", "correct horse") + "\n")
    (folder / "keys.txt").write_text(f"{TOKEN}\n{OTHER} 2020-01-31\n")
    with served(page=True, auth=folder / "logins.txt", tokens=(f"@{folder / 'keys.txt'}",)) as server:
        yield server


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_token_lets_in(locked: Any) -> None:
    assert locked.post("/api/v1/ask", ASK, headers=bearer(TOKEN)).json()["status"] == "answered"


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({}, "log in"),
        (bearer("wrong"), "not known"),
        (bearer(OTHER), "expired on 2020-01-31"),
        ({"Authorization": "Basic ///"}, "not readable"),
        ({"Authorization": "Negotiate abc"}, "Bearer"),
        ({"Cookie": "dateline-session=guess"}, "log in"),
    ],
)
def test_without_a_good_login_nothing_is_told(locked: Any, headers: dict[str, str], why: str) -> None:
    paths = ["/api/v1/status", "/config", "/metrics", "/docs", "/openapi.json", "/gradio_api/info", "/mcp"]
    for path in paths[:1] if "Basic" in str(headers) else paths:  # of passwords, not many can be tried
        response = locked.get(path, headers=headers)
        assert response.status_code == 401 and why in response.json()["error"]["message"], path
        assert response.headers["www-authenticate"].startswith("Bearer")
    assert locked.get("/healthz").status_code == 200


def test_a_name_and_a_password_let_in_from_the_login_page(locked: Any) -> None:
    with httpx.Client(base_url=locked.address, headers={"Accept": "text/html"}) as browser:
        sent = browser.get("/?q=a%26b")
        assert sent.status_code == 303 and sent.headers["location"] == "/login?next=%2F%3Fq%3Da%2526b"
        assert 'name="password"' in browser.get(sent.headers["location"]).text
        wrong = browser.post("/login", data={"username": "ann", "password": "wrong"})
        assert wrong.status_code == 401 and "wrong" in wrong.text
        entered = browser.post(sent.headers["location"], data={"username": "ann", "password": "correct horse"})
        assert entered.status_code == 303 and entered.headers["location"] == "/?q=a%26b"
        assert "httponly" in entered.headers["set-cookie"].lower()
        assert browser.get("/config").status_code == 200
        browser.get("/logout")
        assert browser.get("/config", headers={"Accept": "application/json"}).status_code == 401


@pytest.mark.parametrize("to", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_the_login_leads_to_no_other_host(locked: Any, to: str) -> None:
    response = locked.http.post(
        "/login",
        params={"next": to},
        data={"username": "ann", "password": "correct horse"},
        headers={"Accept": "text/html"},
    )
    assert response.status_code == 303 and response.headers["location"] == "/"


def test_basic_logins_and_gradio_clients_come_in(locked: Any) -> None:
    from gradio_client import Client

    once = base64.b64encode(b"ann:correct horse").decode()
    assert locked.get("/api/v1/status", headers={"Authorization": f"Basic {once}"}).status_code == 200
    client = Client(locked.address, auth=("ann", "correct horse"), verbose=False)
    assert client.predict(ASK["question"], api_name="/answer")["status"] == "answered"
    client.close()


@pytest.mark.parametrize(("proxy", "believed"), [("127.0.0.1", True), (None, False), ("192.0.2.1", False)])
def test_only_the_proxy_that_is_named_is_believed(
    served: Any, tmp_path: Path, caplog: Any, proxy: str | None, believed: bool
) -> None:
    (tmp_path / "logins.txt").write_text(password_line("ann", "correct horse"))
    said = {"X-Forwarded-For": "192.0.2.99", "X-Forwarded-Proto": "https", "X-Request-Id": "r2"}
    with caplog.at_level(logging.INFO, "dateline"), served(auth=tmp_path / "logins.txt", proxy=proxy) as server:
        entered = server.http.post("/login", data={"username": "ann", "password": "correct horse"}, headers=said)
    assert entered.status_code == 200 and ("secure" in entered.headers["set-cookie"].lower()) is believed
    [line] = [each.told for each in caplog.records if getattr(each, "told", {}).get("id") == "r2"]
    assert line["client"] == ("192.0.2.99" if believed else "127.0.0.1")


def test_passwords_can_not_be_guessed_at_speed(served: Any, tmp_path: Path) -> None:
    (tmp_path / "logins.txt").write_text(password_line("ann", "correct horse"))
    with served(auth=tmp_path / "logins.txt") as server:
        tried = [
            server.http.post("/login", data={"username": "ann", "password": str(n)}).status_code for n in range(14)
        ]
    assert set(tried[:10]) == {401} and tried[-1] == 429


def test_so_many_requests_a_minute_and_no_more(served: Any) -> None:
    with served(rate=3) as server:
        found = [server.post("/api/v1/verify", {"claim": "It rained.", "source": "It rained."}) for _ in range(5)]
        assert [each.status_code for each in found] == [200, 200, 200, 429, 429]
        assert int(found[-1].headers["retry-after"]) > 0 and "come again in" in found[-1].json()["error"]["message"]
        assert server.get("/api/v1/status").status_code == 200  # what costs nothing is not counted


def test_the_log_tells_of_a_request_and_not_of_what_was_asked(served: Any, caplog: Any) -> None:
    from web.watch import Lines

    with caplog.at_level(logging.INFO, "dateline"), served() as server:
        server.post("/api/v1/ask?secret=1", ASK, headers={"X-Request-Id": "r1"})
    [record] = [each for each in caplog.records if getattr(each, "told", {}).get("id") == "r1"]
    line = json.loads(Lines().format(record))
    assert line["path"] == "/api/v1/ask" and line["status"] == 200 and line["ms"] > 0
    everything = "\n".join(Lines().format(each) for each in caplog.records)
    assert "xAI" not in everything and "secret" not in everything
    caplog.clear()
    with caplog.at_level(logging.INFO, "dateline"), served(log_questions=True) as server:
        server.post("/api/v1/ask", ASK)
    assert "xAI" in "\n".join(Lines().format(each) for each in caplog.records)
