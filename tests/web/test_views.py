"""The words that answer stand out in the page; further evidence is folded."""

from __future__ import annotations

from typing import Any

from rag.types import Answer, Article, Chunk, Citation, Hit, Sentence
from web.sources import sources_html
from web.views import answer_html

FIRST = "The <i>harbour</i> bridge  opened in\nMay 1931 to all."
MORE = ("Ferries stopped that summer.", "The last one sank.")


def answer(*, span: str = "in\nMay 1931", further: bool = True, **changed: Any) -> Answer:
    texts = (FIRST, *MORE)
    articles = [Article(f"a{n}", None, "Bridge", "The Lamp", text, "h") for n, text in enumerate(texts, 1)]
    at = FIRST.index(span)
    spans = ((at, at + len(span)), None, None)
    values: dict[str, Any] = {
        "question": "When?",
        "status": "answered",
        "text": f"Day 1: “{' '.join(FIRST.split())}” [1]",
        "sentences": tuple(
            Sentence(text, (n,), 1.0, "supported", "", where, lead=f"Day {n}:", further=further and n > 1)
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


def test_further_evidence_is_folded() -> None:
    before, _, folded = answer_html(answer()).partition("<details><summary>2 more quotes from 2 sources</summary>")
    assert "May 1931" in before and "Ferries" not in before
    assert folded.index("Ferries") < folded.index("sank") < folded.index("</details>")
    assert 'id="dl-sentence-3"' in folded


def test_nothing_is_folded_that_the_answer_needs() -> None:
    html = answer_html(answer(further=False))
    assert "<details><summary>" not in html and "sank" in html


def test_the_confidence_says_what_it_means() -> None:
    html = answer_html(answer())
    assert "confidence 80 % (about so many of the answers this sure were right on test questions)" in html
