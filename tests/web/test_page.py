"""The page's views and wiring, without a browser."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any, runtime_checkable

import pytest

import app
from rag.archive.rows import Counts
from rag.config import Config
from rag.errors import UsageError
from rag.pipeline import Pipeline
from rag.types import Answer, Article, Chunk, Citation, Earlier, Event, Filters, Hit, Sentence
from web.asking import Answering, Holding, Holdings, Judging, PageQuestion, asked, judge, open_article, respond
from web.last import GivenAnswer, LastAnswers
from web.service import Service

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

TEXT = "The <b>harbour</b> bridge is shut. It opened in 1931. Nobody was hurt."
QUOTE = "It opened in 1931."


def answer(**changed: Any) -> Answer:
    article = Article("a1", "https://news.example/1?x=<y>", "Bridge <script>shut</script>", "The Lamp", TEXT, "h")
    start = TEXT.index(QUOTE)
    values: dict[str, Any] = {
        "question": "When?",
        "status": "answered",
        "text": f"The Lamp: “{QUOTE}” [1] <img src=x>: It was shut [7]. [1]",
        "sentences": (
            Sentence(QUOTE, (1,), 1.0, "supported", "", lead="The Lamp:"),
            Sentence("It was <b>shut</b> [7].", (1,), 1.0, "supported", "", lead="<img src=x>:"),
        ),
        "citations": (Citation(1, "a1", start, start + len(QUOTE), QUOTE),),
        "hits": (Hit(Chunk("c", "a1", 0, len(TEXT), TEXT), article, 1.0, 1, {"lexical": 1}),),
        "confidence": 0.8,
    }
    return Answer(**values | changed)


class Shelf:
    """An archive of three articles, for the page to tell of."""

    @property
    def catalog(self) -> Shelf:
        return self

    def outlets(self) -> dict[str, int]:
        return {"The Lamp": 1}

    def counts(self) -> Counts:
        return Counts(3, 9, 1, None, None, 3, 1)

    def earlier(self, article_id: str) -> list[Earlier]:
        return [Earlier(1, "h0", "Bridge <i>open</i>", "It opened\nin 1930.", "2025-03-02T09:00:00+00:00")]


class Stub:
    """A pipeline that remembers what it was asked, and holds the articles it is given."""

    archive = Shelf()

    def __init__(self, result: Answer | BaseException, *articles: Article) -> None:
        self.result = result
        self.articles = {each.id: each for each in articles}
        self.asked: list[tuple[str, Filters | None]] = []
        self.written: tuple[str, ...] = ()
        self.day: date | None = None

    def ask(self, question: str, *, filters: Filters | None = None, asked: date | None = None) -> Answer:
        self.day = asked
        self.asked.append((question, filters))
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result

    def ask_stream(
        self, question: str, *, filters: Filters | None = None, asked: date | None = None
    ) -> Iterator[Event]:
        yield Event("found")
        for text in self.written:
            yield Event("sentence", text=text)
        yield Event("answer", answer=self.ask(question, filters=filters, asked=asked))

    def article(self, article_id: str) -> Article | None:
        return self.articles.get(article_id)


def shown(stub: Stub, *what: Any) -> tuple[str, str]:
    *_, last = respond(stub, LastAnswers(), PageQuestion(*what))
    return last


def test_the_answer_and_its_proof_stand_side_by_side() -> None:
    told, proof = shown(Stub(answer()), "When?")
    assert 'href="#dl-source-1"' in told
    assert 'id="dl-source-1"' in proof
    assert f"<mark>{QUOTE}</mark>" in proof and 'href="#dl-sentence-1"' in proof


def test_what_an_article_says_is_escaped() -> None:
    told, proof = shown(Stub(answer()), "When?")
    assert "<img" not in told and "<b>" not in told and "&lt;b&gt;shut&lt;/b&gt; [7]" in told
    assert "<script" not in proof and "<b>" not in proof
    assert 'href="https://news.example/1?x=&lt;y&gt;"' in proof


def test_a_link_that_is_not_http_is_no_link() -> None:
    hostile = Article("a1", "javascript:alert(1)", "T", "S", TEXT, "h")
    hits = (Hit(Chunk("c", "a1", 0, len(TEXT), TEXT), hostile, 1.0, 1, {}),)
    assert "javascript" not in shown(Stub(answer(hits=hits)), "When?")[1]


def test_filters_reach_the_pipeline() -> None:
    stub = Stub(answer())
    shown(stub, "When?", "2025-01-02", "", ("The Lamp",))
    assert stub.asked == [("When?", Filters(date(2025, 1, 2), None, ("The Lamp",)))]


def test_an_as_of_day_ends_the_search_and_is_the_day_of_asking() -> None:
    stub = Stub(answer())
    told, _ = shown(stub, "When?", "2025-01-02", "2025-12-31", (), "", (), False, "2025-01-31")
    assert stub.asked == [("When?", Filters(date(2025, 1, 2), date(2025, 1, 31)))] and stub.day == date(2025, 1, 31)
    assert "as of 31 January 2025" in told and 'data-set-as_of=""' in told and "to 31 December 2025" in told
    assert "as_of=2025-01-31" in told.split('data-href="')[1].split('"')[0]
    assert "As of: &#x27;soon&#x27; is no day" in shown(stub, "When?", "", "", (), "", (), False, "soon")[0]


def test_an_answer_knows_what_it_answers() -> None:
    told, _ = shown(Stub(answer(question="When <i>?")), "When <i>?", "2025-01-02", "", ("The Lamp",), "n1")
    assert 'data-ask="n1" data-question="When &lt;i&gt;?"' in told
    assert 'data-href="?q=When+%3Ci%3E%3F&amp;from=2025-01-02&amp;outlet=The+Lamp"' in told


def test_an_error_is_a_plain_note() -> None:
    told, proof = shown(Stub(UsageError("the <question> is empty")), "", "", "", (), "n1")
    assert "The &lt;question&gt; is empty" in told and proof == "" and 'data-ask="n1"' in told
    assert "is no day" in shown(Stub(answer()), "When?", "soon")[0]


class Panic(BaseException):
    """What a native library raises when it gives up: no Exception."""


def test_a_panic_ends_the_request_with_a_sentence(caplog: pytest.LogCaptureFixture) -> None:
    told, proof = shown(Stub(Panic("index out of range")), "When?")
    assert "Something went wrong" in told and proof == ""
    assert "could not answer" in caplog.text


def test_an_interrupt_is_no_panic() -> None:
    with pytest.raises(KeyboardInterrupt):
        shown(Stub(KeyboardInterrupt()), "When?")


def test_fields_are_changed_by_a_chip_and_stood_for_by_an_address() -> None:
    fields = ("2025-01-01", None, ["The Lamp", "The Packet"])
    assert asked({"q": " Why? ", "id": "n"}, *fields) == PageQuestion(
        "Why?", "2025-01-01", "", ("The Lamp", "The Packet"), "n"
    )
    change = {"without": "The Lamp", "outlet": "The Gazette", "from": ""}
    assert asked({"q": "Why?", "set": change}, *fields) == PageQuestion("Why?", "", "", ("The Packet", "The Gazette"))
    dated = asked({"q": "Why?", "set": {"as_of": ""}}, *fields, "2025-01-15")
    assert dated == asked({"q": "Why?"}, *fields) and dated.as_of == ""
    only = {"from": "", "to": "2025-02-01", "outlets": ["The Gazette"]}
    assert asked({"q": "Why?", "only": only}, *fields) == PageQuestion("Why?", "", "2025-02-01", ("The Gazette",))


@pytest.mark.parametrize(
    "sent", [{}, {"q": 3, "id": ["n"], "only": 1}, {"only": {"from": 2, "outlets": {"a": 1}}}, {"set": {"outlet": 4}}]
)
def test_whatever_a_browser_sends_is_text_or_nothing(sent: dict[str, Any]) -> None:
    assert asked(sent, None, None, None) == PageQuestion("")


def test_an_answer_is_shown_as_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    stub = Stub(answer())
    stub.written = ("One <b> [1].", "Two [2].")
    assert len(list(respond(stub, LastAnswers(), PageQuestion("When?")))) == 1, "what comes at once is shown at once"
    monkeypatch.setattr("web.asking._PIECE", -1.0)
    first, second, last = respond(stub, LastAnswers(), PageQuestion("When?", number="n1"))
    assert "One &lt;b&gt; [1]." in first[0] and "Two" not in first[0] and 'data-partial="yes"' in first[0]
    assert "Two [2]." in second[0] and "data-partial" not in last[0] and 'data-ask="n1"' in second[0]


def test_a_question_that_points_back_is_told_as_it_was_understood() -> None:
    kept = LastAnswers()
    given = answer(question="Who is Mara Quill?", text="The Lamp: “It opened in 1931.” [1]")
    stub, before = Stub(given), kept.keep(GivenAnswer(given, Filters()))
    ((told, _),) = respond(stub, kept, PageQuestion("Why did she resign?", before=(before, "gone")))
    assert stub.asked[-1][0] == "Why did Mara Quill resign?"
    assert "you asked “Why did she resign?”" in told and 'data-set-typed="Why did she resign?"' in told
    list(respond(stub, kept, PageQuestion("Why did she resign?", before=(before,), typed=True)))
    assert stub.asked[-1][0] == "Why did she resign?"


class Judges:
    """What remembers answers and keeps what is said of them, as long as it is asked for one it knows."""

    def __init__(self) -> None:
        self.known: list[str] = []
        self.said: list[tuple[str, str, str]] = []

    def remember(self, answer_id: str, answer: Answer, filters: Filters, as_of: date | None = None) -> None:
        self.known.append(answer_id)

    def add(self, answer_id: str, verdict: str, comment: str = "") -> None:
        if answer_id not in self.known:
            raise UsageError("no such answer")
        self.said.append((answer_id, verdict, comment))


def test_readers_say_whether_an_answer_is_right() -> None:
    judges = Judges()
    ((told, _),) = respond(Stub(answer()), LastAnswers(), PageQuestion("When?"), judges)
    (key,) = judges.known
    assert f'data-key="{key}"' in told and 'data-verdict="wrong_source"' in told
    assert judge(judges, {"key": key, "verdict": "wrong", "comment": "x" * 900}) == {"verdict": "wrong"}
    assert judges.said == [(key, "wrong", "x" * 500)]
    assert "no verdict 'so-so'" in judge(judges, {"key": key, "verdict": "so-so"})["error"]
    assert judge(judges, {"key": ["?"], "verdict": "right"})["error"] == "No such answer."
    assert "data-verdict" not in shown(Stub(answer()), "When?")[0]


def test_earlier_texts_can_be_read() -> None:
    html = opened(Stub(answer()))
    assert "1 earlier version" in html and "Version 1, until 2 March 2025" in html
    assert "Bridge &lt;i&gt;open" in html and "<p>It opened</p><p>in 1930.</p>" in html


def opened(stub: Stub, article_id: Any = "a1", *, key: str | None = None) -> str:
    kept = LastAnswers()
    ((told, _),) = respond(stub, kept, PageQuestion("When?"))
    return open_article(
        stub, kept, {"key": told.split('data-key="')[1].split('"')[0] if key is None else key, "id": article_id}
    )


def test_a_citation_opens_the_whole_article_with_its_quote_marked() -> None:
    html = opened(Stub(answer(), *(hit.article for hit in answer().hits)))
    assert "harbour&lt;/b&gt; bridge is shut." in html and "Nobody was hurt." in html
    assert '<span class="dl-n" id="dl-here-1" data-original="https://news.example/1?x=&lt;y&gt;#:~:text=It' in html
    assert f'<mark data-n="1">{QUOTE}</mark>' in html


def test_what_was_quoted_is_shown_whatever_became_of_it() -> None:
    assert "no longer holds this article; this is the text that was quoted" in opened(Stub(answer()))
    newer = Article("a1", None, "T", "S", "Another text.", "h2", version=2)
    html = opened(Stub(answer(), newer))
    assert "has changed since (version 2)" in html and QUOTE in html and "Another text" not in html


def test_an_article_opens_without_the_answer_it_was_cited_in() -> None:
    (hit,) = answer().hits
    html = opened(Stub(answer(), hit.article), key="gone")
    assert QUOTE in html and "<mark" not in html
    assert "no longer holds this article" in opened(Stub(answer()), "b2")
    assert "No article is named" in opened(Stub(answer()), {"a": 1})


def test_a_real_archive_has_all_that_the_page_asks_of_one(stories_folder: Path) -> None:
    config = Config(data=stories_folder, embedder="stub", reader="none", keep_answers=False)
    with closing(Pipeline.open(config)) as pipeline, closing(Service(pipeline, config)) as service:
        holds: list[tuple[object, Any]] = [
            (pipeline, Answering), (service.queued, Answering), (pipeline.archive, Holding),
            (pipeline.archive.catalog, Holdings), (service.feedback, Judging),
        ]  # fmt: skip
        for real, needed in holds:
            assert isinstance(real, runtime_checkable(needed)), f"{type(real).__name__} is no {needed.__name__}"
        kept = LastAnswers()
        *_, (told, proof) = respond(service.queued, kept, PageQuestion("Why did Mayor Finch resign?"), service.feedback)
        key, article_id = told.split('data-key="')[1].split('"')[0], proof.split('data-open="')[1].split('"')[0]
        assert f'data-article="{article_id}"' in open_article(service.queued, kept, {"key": key, "id": article_id})
        before = PageQuestion("Why did he resign?", before=(key,))
        assert "data-key" in [*respond(service.queued, kept, before, service.feedback)][-1][0]


def test_a_port_that_is_taken_is_said(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert app.main(["--port", str(port), "--data", str(tmp_path), "--no-browser"]) == 2
    assert f"port {port} is taken" in capsys.readouterr().err
