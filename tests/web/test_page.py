"""The page's views and wiring, without a browser."""

from __future__ import annotations

import socket
from datetime import date
from typing import Any

import pytest

import app
from rag.errors import UsageError
from rag.types import Answer, Article, Chunk, Citation, Filters, Hit, Sentence
from web.page import respond

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

TEXT = "The <b>harbour</b> bridge is shut. It opened in 1931. Nobody was hurt."
QUOTE = "It opened in 1931."


def answer(**changed: Any) -> Answer:
    article = Article("a1", "https://news.example/1?x=<y>", "Bridge <script>shut</script>", "The Lamp", TEXT, "h")
    start = TEXT.index(QUOTE)
    values: dict[str, Any] = {
        "question": "When?",
        "status": "answered",
        "text": f"The Lamp: “{QUOTE}” [1] and <img src=x> [7]",
        "sentences": (Sentence(QUOTE, (1,), 1.0, "supported", ""),),
        "citations": (Citation(1, "a1", start, start + len(QUOTE), QUOTE),),
        "hits": (Hit(Chunk("c", "a1", 0, len(TEXT), TEXT), article, 1.0, 1, {"lexical": 1}),),
        "confidence": 0.8,
    }
    return Answer(**values | changed)


class Stub:
    """A pipeline that remembers what it was asked."""

    def __init__(self, result: Answer | BaseException) -> None:
        self.result = result
        self.asked: list[tuple[str, Filters | None]] = []

    def ask(self, question: str, *, filters: Filters | None = None, asked: date | None = None) -> Answer:
        self.asked.append((question, filters))
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result


def test_the_answer_and_its_proof_stand_side_by_side() -> None:
    told, proof = respond(Stub(answer()), "When?", "", "", [])
    assert 'href="#dl-source-1"' in told
    assert 'id="dl-source-1"' in proof
    assert f"<mark>{QUOTE}</mark>" in proof and 'href="#dl-sentence-1"' in proof


def test_what_an_article_says_is_escaped() -> None:
    told, proof = respond(Stub(answer()), "When?", "", "", [])
    assert "<img" not in told and "[7]" in told
    assert "<script" not in proof and "<b>" not in proof
    assert 'href="https://news.example/1?x=&lt;y&gt;"' in proof


def test_a_link_that_is_not_http_is_no_link() -> None:
    hostile = Article("a1", "javascript:alert(1)", "T", "S", TEXT, "h")
    hits = (Hit(Chunk("c", "a1", 0, len(TEXT), TEXT), hostile, 1.0, 1, {}),)
    assert "javascript" not in respond(Stub(answer(hits=hits)), "When?", "", "", [])[1]


def test_filters_reach_the_pipeline() -> None:
    stub = Stub(answer())
    respond(stub, "When?", "2025-01-02", " ", ["The Lamp"])
    assert stub.asked == [("When?", Filters(date(2025, 1, 2), None, ("The Lamp",)))]


def test_an_error_is_a_plain_note() -> None:
    told, proof = respond(Stub(UsageError("the <question> is empty")), "", "", "", [])
    assert "the &lt;question&gt; is empty" in told and proof == ""
    assert "is no day" in respond(Stub(answer()), "When?", "soon", "", [])[0]


class Panic(BaseException):
    """What a native library raises when it gives up: no Exception."""


def test_a_panic_ends_the_request_with_a_sentence(caplog: pytest.LogCaptureFixture) -> None:
    told, proof = respond(Stub(Panic("index out of range")), "When?", "", "", [])
    assert "Something went wrong" in told and proof == ""
    assert "could not answer" in caplog.text


def test_an_interrupt_is_no_panic() -> None:
    with pytest.raises(KeyboardInterrupt):
        respond(Stub(KeyboardInterrupt()), "When?", "", "", [])


def test_a_port_that_is_taken_is_said(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert app.main(["--port", str(port), "--data", str(tmp_path), "--no-browser"]) == 2
    assert f"port {port} is taken" in capsys.readouterr().err
