"""The API over a real server and the starter archive: typed answers, streams, and every error in one form."""

from __future__ import annotations

import json
import socket
import time
from contextlib import closing
from dataclasses import replace
from typing import Any

import httpx
import pytest

from rag.archive.index import Archive
from rag.archive.kept import KeptAnswers
from rag.archive.lock import writer_lock
from rag.archive.rows import Selection
from rag.pipeline import Pipeline

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
WHY = "Why is xAI absent from Stargate?"


def events(response: httpx.Response) -> list[tuple[str, Any]]:
    """Return the server-sent events of a response, comments left out."""
    out = []
    for block in response.text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            out.append((fields.get("event", "message"), json.loads(fields["data"])))
    return out


def test_an_answer_is_cited_verbatim(server: Any) -> None:
    told = server.post("/api/v1/ask", {"question": WHY}).json()
    assert told["status"] == "answered" and told["citations"]
    for citation in told["citations"]:
        article = server.get(f"/api/v1/articles/{citation['article_id']}").json()
        assert article["text"][citation["start"] : citation["end"]] == citation["quote"]


def test_a_refusal_is_an_answer(server: Any) -> None:
    response = server.post("/api/v1/ask", {"question": "Who won the chess world championship in Reykjavik?"})
    assert response.status_code == 200
    assert response.json()["status"] == "not_in_corpus" and response.json()["citations"] == []


@pytest.mark.parametrize("how", [{"headers": {"Accept": "text/event-stream"}}, {"body": {"stream": True}}])
def test_the_stream_ends_in_the_same_answer(server: Any, how: dict[str, Any]) -> None:
    response = server.post("/api/v1/ask", {"question": WHY} | how.get("body", {}), headers=how.get("headers"))
    assert response.headers["content-type"].startswith("text/event-stream")
    told = events(response)
    kinds = [kind for kind, _ in told]
    assert kinds[0] == "found" and kinds[-1] == "answer" and set(kinds[1:-1]) == {"sentence"}
    answer = told[-1][1]
    assert [data["text"] for kind, data in told if kind == "sentence"] == [s["text"] for s in answer["sentences"]]
    whole = server.post("/api/v1/ask", {"question": WHY}).json()
    for each in (answer, whole):
        each.pop("id"), each.pop("timings"), each.pop("link")
    assert answer == whole


def test_filters_hold(server: Any) -> None:
    body = {"question": "the bridge", "from": "2025-03-01", "to": "2025-03-31", "outlets": ["Orris Valley Gazette"]}
    hits = server.post("/api/v1/search", body | {"k": 5}).json()["hits"]
    assert hits and {hit["source"] for hit in hits} == {"Orris Valley Gazette"}
    assert all("2025-03-01" <= hit["published_at"][:10] <= "2025-03-31" for hit in hits)
    early = server.post("/api/v1/search", {"question": "the bridge", "as_of": "2024-03-31"}).json()["hits"]
    assert all(hit["published_at"][:10] <= "2024-03-31" for hit in early)


def test_status_tells_what_the_archive_holds(server: Any) -> None:
    told = server.get("/api/v1/status").json()
    assert told["articles"] == 52 and told["outlets"] == 7 and told["embedder"] == "all-MiniLM-L6-v2"


def test_a_claim_is_checked(server: Any) -> None:
    source = "The council voted by nine to four on Monday to close the baths."
    told = server.post("/api/v1/verify", {"claim": "The council voted to close the baths.", "source": source}).json()
    other = server.post("/api/v1/verify", {"claim": "The mayor opened a school.", "source": source}).json()
    assert told["verdict"] == "supported" and other["verdict"] == "unsupported"


BAD: list[tuple[str, Any, int]] = [
    ("ask", {"question": ""}, 422),
    ("ask", {"question": " \n "}, 422),
    ("ask", {"question": "x" * 4_001}, 422),
    ("ask", {}, 422),
    ("ask", [], 422),
    ("ask", {"question": WHY, "frm": "2025-01-01"}, 422),
    ("ask", {"question": WHY, "from": "soon"}, 422),
    ("ask", {"question": WHY, "from": "2025-02-02", "to": "2025-01-01"}, 400),
    ("ask", {"question": WHY, "outlets": ["The Nonesuch"]}, 400),
    ("ask", {"question": {"$ne": None}}, 422),
    ("search", {"question": WHY, "k": 0}, 422),
    ("search", {"question": WHY, "k": 10**9}, 422),
    ("verify", {"claim": "It rained."}, 422),
    ("feedback", {"id": "nobody", "verdict": "right"}, 404),
    ("feedback", {"id": "nobody", "verdict": "fine"}, 422),
]


@pytest.mark.parametrize(("path", "body", "status"), BAD)
def test_bad_input_is_told_in_one_form(server: Any, path: str, body: Any, status: int) -> None:
    response = server.post(f"/api/v1/{path}", body)
    error = response.json()["error"]
    assert response.status_code == error["code"] == status
    assert error["message"] and "Traceback" not in response.text
    assert error["request_id"] == response.headers["x-request-id"]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"question": "a', b"[" * 100_000, b"null"])
def test_what_is_no_json_is_refused(server: Any, body: bytes) -> None:
    response = server.http.post("/api/v1/ask", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422) and response.json()["error"]["message"]


def test_control_characters_do_no_harm(server: Any) -> None:
    response = server.post("/api/v1/ask", {"question": "Why\x00 is\x1b[31m xAI\u202e absent from Stargate?"})
    assert response.status_code == 200
    half = json.dumps({"question": "half a sign: \ud83d"})
    response = server.http.post("/api/v1/ask", content=half, headers={"Content-Type": "application/json"})
    assert response.status_code == 422 and response.json()["error"]["param"] == "question"


@pytest.mark.parametrize(
    "article_id", ["none", "..%2f..%2fetc%2fpasswd", "%00", "a/b/c", "%2e%2e/%2e%2e/etc/passwd", "x" * 5_000, "'--"]
)
def test_an_article_that_is_not_there(server: Any, article_id: str) -> None:
    response = server.get(f"/api/v1/articles/{article_id}")
    assert response.status_code == 404 and response.json()["error"]["type"] == "not_found"


def test_a_path_that_climbs_leads_nowhere(server: Any) -> None:
    host, port = server.address.removeprefix("http://").split(":")
    for path in ("/api/v1/articles/../../../../etc/passwd", "/docs/../../etc/passwd", "/docs/..%2f..%2fpyproject.toml"):
        with socket.create_connection((host, int(port))) as raw:
            raw.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            told = b""
            while piece := raw.recv(65_536):
                told += piece
        assert b" 404 " in told.splitlines()[0] and b"root:" not in told


def test_the_wrong_method_and_the_wrong_address(server: Any) -> None:
    wrong = server.get("/api/v1/ask")
    assert wrong.status_code == 405 and wrong.headers["allow"] == "POST"
    assert server.post("/api/v1/nothing", {}).json()["error"]["type"] == "not_found"


def test_a_client_that_leaves_in_mid_stream_harms_nobody(server: Any) -> None:
    host, port = server.address.removeprefix("http://").split(":")
    body = json.dumps({"question": WHY, "stream": True}).encode()
    head = f"POST /api/v1/ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    for _ in range(3):
        with socket.create_connection((host, int(port))) as raw:
            raw.sendall(head.encode() + body)
            raw.recv(10)
    end = time.monotonic() + 20
    while server.service.line.inside and time.monotonic() < end:
        time.sleep(0.05)
    assert server.service.line.inside == 0
    assert server.post("/api/v1/ask", {"question": WHY}).status_code == 200


def test_a_request_keeps_the_id_it_brings(server: Any) -> None:
    assert server.get("/healthz", headers={"X-Request-Id": "desk-7"}).headers["x-request-id"] == "desk-7"
    assert server.get("/healthz", headers={"X-Request-Id": "a b"}).headers["x-request-id"] != "a b"


def test_health_readiness_and_figures(server: Any) -> None:
    assert server.get("/healthz").json() == {"status": "ok"}
    assert server.get("/readyz").json()["status"] == "ready"
    server.post("/api/v1/ask", {"question": WHY})
    told = server.get("/metrics").text
    assert 'dateline_answers_total{door="api",status="answered"}' in told
    assert "dateline_articles 52.0" in told and WHY not in told


def test_the_description_needs_no_other_host(server: Any) -> None:
    page = server.get("/docs")
    assert "http://" not in page.text and "https://" not in page.text
    for part in ("/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css", "/docs/start.js", "/openapi.json"):
        assert part in page.text or part in server.get("/docs/start.js").text
        assert server.get(part).status_code == 200
    paths = server.get("/openapi.json").json()["paths"]
    assert {"/api/v1/ask", "/api/v1/articles/{article_id}", "/v1/chat/completions"} <= set(paths)


def test_an_article_comes_with_its_earlier_texts(served: Any, config: Any, article: Any, store: Any) -> None:
    for text in ("The ferry sank on Monday.", "The ferry sank on Tuesday.", "The ferry sank on Wednesday."):
        store(config, article("a/b c", text))
    with closing(Pipeline.open(replace(config, reader="none"))) as pipeline, served(pipeline=pipeline) as server:
        told = server.get("/api/v1/articles/a/b%20c").json()
        assert (told["text"], told["version"]) == ("The ferry sank on Wednesday.", 3)
        assert [(v["version"], v["text"][-8:-1]) for v in told["versions"]] == [(2, "Tuesday"), (1, " Monday")]
        with writer_lock(config.data, doing="remove"), closing(Archive.open(config, write=True)) as writer:
            writer.remove(Selection(names=("a/b c",)))
        gone = server.get("/api/v1/articles/a/b%20c")
        assert gone.status_code == 404 and "may have been removed" in gone.json()["error"]["message"]


@pytest.mark.parametrize("kept", ["true", "false"])
def test_what_is_asked_at_any_door_is_kept_once(
    served: Any, config: Any, article: Any, store: Any, monkeypatch: pytest.MonkeyPatch, kept: str
) -> None:
    monkeypatch.setenv("DATELINE_KEEP_ANSWERS", kept)
    store(config, article())
    who = "Who sank {}?".format
    with (
        closing(Pipeline.open(replace(config, reader="none"))) as pipeline,
        served(pipeline=pipeline, data=config.data) as server,
    ):
        one = server.post("/api/v1/ask", {"question": who("one"), "as_of": "2024-04-01"}).json()
        given = server.get(f"/api/v1/answers/{one['link']}")
        if kept == "false":
            assert one["link"] is None and given.status_code == 404
        else:
            told = given.json()
            assert (told["question"], told["as_of"], told["to"]) == (who("one"), "2024-04-01", "2024-04-01")
            assert told["answer"] == one | {"id": one["link"]} and not told["flagged"]
            assert "no answer is kept" in server.get("/api/v1/answers/guessed").json()["error"]["message"]
        server.post("/api/v1/ask", {"question": who("two"), "stream": True})
        server.post("/v1/chat/completions", {"messages": [{"role": "user", "content": who("three")}]})
        server.service.queued.ask(who("four"))
        list(server.service.queued.ask_stream(who("five")))
        server.post("/api/v1/search", {"question": who("six")})
    with closing(KeptAnswers.open(config.data, write=False)) as answers:
        found = {each.question: each.day.isoformat() for each in answers.answers()}
        count = len(answers.answers())
    if kept == "false":
        assert not count
    else:
        assert set(found) == {who(each) for each in ("one", "two", "three", "four", "five")} and count == 5
        assert found[who("one")] == "2024-04-01"


def test_an_archive_that_can_not_be_read_is_told(served: Any, config: Any, article: Any, store: Any) -> None:
    store(config, article())
    with closing(Pipeline.open(replace(config, reader="none"))) as pipeline, served(pipeline=pipeline) as server:
        pipeline.archive.catalog.close()
        for response in (
            server.get("/readyz"),
            server.get("/api/v1/status"),
            server.post("/api/v1/ask", {"question": WHY}),
        ):
            assert response.status_code in (500, 503) and "Traceback" not in response.text
            assert response.json()["error"]["message"]


ODD: list[Any] = [
    None,
    True,
    -1,
    10**400,
    1.5,
    "",
    "\x00",
    "x" * 300_000,
    [],
    [[]],
    {},
    {"a": {"b": []}},
    ["\u202e"] * 200,
    ["x" * 201],
]
FIELDS = {
    "api/v1/ask": ("question", "from", "to", "as_of", "outlets", "stream"),
    "api/v1/search": ("question", "k", "outlets"),
    "api/v1/verify": ("claim", "source"),
    "api/v1/feedback": ("id", "verdict", "comment", "correct"),
    "v1/chat/completions": ("messages", "model", "stream", "stream_options", "n", "outlets", "from"),
}


@pytest.mark.parametrize("path", FIELDS)
def test_no_odd_value_is_an_error_of_the_server(server: Any, path: str) -> None:
    good: dict[str, Any] = {"question": "?", "claim": "It rained.", "source": "It rained.", "id": "1", "k": 1}
    good |= {"verdict": "right", "messages": [{"role": "user", "content": "?"}]}
    for name in FIELDS[path]:
        for odd in ODD:
            body = {each: good[each] for each in FIELDS[path] if each in good} | {name: odd}
            response = server.post(f"/{path}", body)
            assert response.status_code < 500, (name, str(odd)[:50], response.text[:300])
            assert "Traceback" not in response.text
    for odd in ODD:
        assert 400 <= server.post(f"/{path}", odd).status_code < 500
