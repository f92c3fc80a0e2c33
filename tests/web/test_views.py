"""The words that answer stand out in the page; what other articles add is folded, unless it is needed."""

from __future__ import annotations

from typing import Any

from rag.types import Answer, Article, Chunk, Citation, Hit, Note, Part, Plan, Sentence
from web.sources import sources_html
from web.views import answer_html

FIRST = "The <i>harbour</i> bridge  opened in\nMay 1931 to all."
MORE = ("Ferries stopped that summer.", "The last one sank.")


def answer(*, span: str = "in\nMay 1931", **changed: Any) -> Answer:
    texts = (FIRST, *MORE)
    articles = [Article(f"a{n}", None, "Bridge", "The Lamp", text, "h") for n, text in enumerate(texts, 1)]
    at = FIRST.index(span)
    spans = ((at, at + len(span)), None, None)
    values: dict[str, Any] = {
        "question": "When?",
        "status": "answered",
        "text": " ".join(f"Day {n}: “{' '.join(text.split())}” [{n}]" for n, text in enumerate(texts, 1)),
        "sentences": tuple(
            Sentence(text, (n,), 1.0, "supported", "", where)
            for n, (text, where) in enumerate(zip(texts, spans, strict=True), 1)
        ),
        "citations": tuple(Citation(n, f"a{n}", 0, len(text), text) for n, text in enumerate(texts, 1)),
        "hits": tuple(
            Hit(Chunk(each.id, each.id, 0, len(each.text), each.text), each, 1.0, n, {})
            for n, each in enumerate(articles, 1)
        ),
        "confidence": 0.8,
    }
    return Answer(**values | changed)


def test_the_words_that_answer_are_strong_in_the_answer_and_in_the_source() -> None:
    assert "bridge opened <strong>in May 1931</strong> to all." in answer_html(answer())
    assert "bridge  opened <strong>in\nMay 1931</strong> to all.</mark>" in sources_html(answer())


def test_markup_within_the_words_is_escaped() -> None:
    for html in (answer_html(answer(span="<i>harbour</i>")), sources_html(answer(span="<i>harbour</i>"))):
        assert "<strong>&lt;i&gt;harbour&lt;/i&gt;</strong>" in html


def test_what_other_articles_add_is_folded() -> None:
    before, _, folded = answer_html(answer()).partition("<details><summary>2 more quotes from 2 sources</summary>")
    assert "May 1931" in before and "Ferries" not in before
    assert folded.index("Ferries") < folded.index("sank") < folded.index("</details>")
    assert 'id="dl-sentence-3"' in folded


def test_further_quotes_of_the_first_article_stand_open() -> None:
    one = answer()
    same = tuple(Citation(c.n, "a1" if c.n < 3 else c.article_id, c.start, c.end, c.quote) for c in one.citations)
    before, _, folded = answer_html(answer(citations=same)).partition("<summary>1 more quote from 1 source</summary>")
    assert "Ferries" in before and "sank" in folded


def test_nothing_is_folded_that_the_answer_needs() -> None:
    conflict = answer(notes=(Note("conflict", "The articles differ."),))
    parts = answer(plan=Plan("When?", (Part("one", ()), Part("two", ()))))
    prose = answer(text=answer().text.replace("“", "").replace("”", ""))
    for each in (conflict, parts, prose):
        html = answer_html(each)
        assert "<details><summary>" not in html and "sank" in html


def test_the_confidence_says_what_it_means() -> None:
    html = answer_html(answer())
    assert "confidence 80 % (about so many of the answers this sure were right on test questions)" in html
