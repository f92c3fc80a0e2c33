"""A stub pipeline made of the real dataclasses: each question's answer, or the exception, is given by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Protocol

import pytest

from rag.types import Answer, Article, Chunk, Citation, Hit, Sentence, Status, Verdict

FERRY = "The ferry sank on Monday. Nobody was hurt."
BRIDGE = "The bridge closed in March, the council\nsaid. It cost 12 million crowns."
ARTICLES = {
    "ferry": Article("ferry", "https://a.example/ferry", "Ferry sinks", "Gazette", FERRY, "h1"),
    "bridge": Article("bridge", None, "Bridge closes", "Lamp", BRIDGE, "h2"),
}


class Stub:
    """Answers from a table; remembers what it was asked."""

    def __init__(self, answers: Mapping[str, Answer | BaseException]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, date | None]] = []

    def ask(self, question: str, *, asked: date | None = None) -> Answer:
        self.asked.append((question, asked))
        given = self.answers[question]
        if isinstance(given, BaseException):
            raise given
        return given

    def article(self, article_id: str) -> Article | None:
        return ARTICLES.get(article_id)


class MakeAnswer(Protocol):
    def __call__(
        self,
        *quotes: tuple[str, str],
        hits: tuple[str, ...] = ...,
        status: Status = ...,
        verdicts: tuple[Verdict, ...] = ...,
        text: str = ...,
        confidence: float = ...,
        timings: Mapping[str, float] = ...,
    ) -> Answer: ...


@pytest.fixture
def stub() -> Callable[[Mapping[str, Answer | BaseException]], Stub]:
    return Stub


@pytest.fixture
def make_answer() -> MakeAnswer:
    """Give the maker of answers: `quotes` are (article, quote), `hits` the articles found, each a whole passage."""

    def make(
        *quotes: tuple[str, str],
        hits: tuple[str, ...] = (),
        status: Status = "answered",
        verdicts: tuple[Verdict, ...] = ("supported",),
        text: str = "It did.",
        confidence: float = 0.5,
        timings: Mapping[str, float] | None = None,
    ) -> Answer:
        citations = []
        for n, (name, quote) in enumerate(quotes, 1):
            start = max(0, ARTICLES[name].text.find(quote)) if name in ARTICLES else 0
            citations.append(Citation(n, name, start, start + len(quote), quote))
        found = []
        for rank, name in enumerate(hits, 1):
            article = ARTICLES[name]
            chunk = Chunk(f"{name}-1", name, 0, len(article.text), article.text)
            found.append(Hit(chunk, article, 1 / rank, rank, {"lexical": rank}))
        sentences = tuple(Sentence(text, (1,), 1.0, verdict, "") for verdict in verdicts)
        return Answer("?", status, text, sentences, tuple(citations), tuple(found), confidence, timings=timings or {})

    return make


@pytest.fixture
def articles() -> Mapping[str, Article]:
    """Return the stub's archive."""
    return ARTICLES
