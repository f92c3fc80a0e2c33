"""What is taken away: everything is there, and nothing an article says does anything in a document or a sheet."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest

from rag.errors import UsageError
from rag.types import Answer, Article, Chunk, Citation, Filters, Hit, Note, Sentence
from web.asking import take
from web.export import markdown, page, rich, sheet, taken, word
from web.last import GivenAnswer, LastAnswers

DAY = date(2025, 3, 4)


def answer(
    quote: str = "It opened in 1931.", *, url: str | None = "https://news.example/1", title: str = "Bridge"
) -> Answer:
    article = Article(
        "a1", url, title, "The Lamp", f"Before. {quote} After.", "h", published_at=datetime(2025, 3, 2, tzinfo=UTC)
    )
    start = article.text.index(quote)
    return Answer(
        "When?", "answered", f"The Lamp, 2 March 2025: “{' '.join(quote.split())}” [1]",
        (Sentence(quote, (1,), 1.0, "supported", "", lead="The Lamp, 2 March 2025:"),),
        (Citation(1, "a1", start, start + len(quote), quote),),
        (Hit(Chunk("c", "a1", 0, 5, article.text[:5]), article, 1.0, 1, {}),), 0.8, (Note("language", "Mind the tide."),),
    )  # fmt: skip


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_markdown_has_all_there_is() -> None:
    told = markdown(answer(), DAY)
    assert told.startswith("## When?\n\nThe Lamp, 2 March 2025: “It opened in 1931.” [1]\n\n*Mind the tide.*\n\n")
    link = "https://news.example/1#:~:text=It%20opened%20in%201931."
    assert f"1. “It opened in 1931.” — [Bridge](<{link}>), The Lamp, 2025-03-02" in told
    assert told.endswith("Dateline, 4 March 2025. Every quote stands word for word in its article.\n")


def test_markup_in_an_article_is_text_in_markdown() -> None:
    told = markdown(answer("See [here](javascript:x) and <b>*this*</b>.", title="# [x](http://evil.example)"), DAY)
    assert r"\[here\](javascript:x) and \<b\>\*this\*\</b\>" in told
    assert r"[\# \[x\](http://evil.example)](<https://news.example/1#" in told


@pytest.mark.parametrize("write", [rich, page])
def test_markup_in_an_article_is_text_in_html(write: Callable[[Answer, date], str]) -> None:
    told = write(answer("<script>alert(1)</script> was it.", url='https://e.example/"><i>', title="<img src=x>"), DAY)
    assert "<script" not in told and "<img" not in told and "<i>" not in told
    assert "&lt;script&gt;alert(1)" in told


def test_an_address_that_is_not_of_the_web_is_no_link() -> None:
    bad = answer(url="javascript:alert(1)")
    assert "javascript" not in markdown(bad, DAY) + rich(bad, DAY) + sheet(bad)


def test_a_sheet_has_a_line_for_each_claim_and_quote() -> None:
    assert rows(sheet(answer())) == [
        ["claim", "quote", "outlet", "day", "link", "verdict"],
        ["It opened in 1931.", "It opened in 1931.", "The Lamp", "2025-03-02", "https://news.example/1", "supported"],
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r\n=", "\x00="])
def test_no_cell_begins_a_formula(start: str) -> None:
    _, (claim, quote, *_) = rows(sheet(answer(f"{start}HYPERLINK(1) it said.")))
    assert claim == quote and claim[0] == "'"


def test_a_word_file_is_well_formed_and_holds_the_text() -> None:
    with zipfile.ZipFile(io.BytesIO(word(answer("A <b> & “\x0b\ud800” it said.", title="T & <x>"), DAY))) as pack:
        parts = {name: ElementTree.fromstring(pack.read(name)) for name in pack.namelist()}
    text = "".join(parts["word/document.xml"].itertext())
    assert "When?" in text and "A <b> & “" in text and "T & <x>, The Lamp, 2025-03-02" in text
    (link,) = parts["word/_rels/document.xml.rels"]
    assert (
        link.attrib["Target"].startswith("https://news.example/1#:~:text=") and link.attrib["TargetMode"] == "External"
    )


def test_a_file_is_named_after_the_question() -> None:
    file = taken(answer(), "sheet", DAY)
    assert (file.name, file.kind) == ("when.csv", "text/csv;charset=utf-8")
    assert file.content.startswith(b"\xef\xbb\xbfclaim")
    with pytest.raises(UsageError, match="there is no form 'pdf'; take one of markdown"):
        taken(answer(), "pdf", DAY)


def test_the_page_takes_what_it_was_given() -> None:
    kept = LastAnswers()
    key = kept.keep(GivenAnswer(answer(), Filters()))
    assert take(kept, {"key": key, "form": "copy"})["html"].startswith("<h1>When?</h1>")
    assert take(kept, {"key": key, "form": "word"})["name"] == "when.docx"
    assert "no form" in take(kept, {"key": key, "form": ["x"]})["error"]
    assert "ask again" in take(kept, {"key": "gone", "form": "copy"})["error"]
