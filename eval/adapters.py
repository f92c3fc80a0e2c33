"""Another system's answers → Answers, so that the same harness measures them: from a file, or from a llama-index engine.

What a system was given to read are its contexts. A sentence that carries markers such as "[2]" cites those contexts; in an
answer without any, each sentence is held against all of them. Contexts are taken as the articles they come from, those of one
id as parts of one article, so quotes are exact by construction: support, gold and abstention are what is measured.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.datasets import json_lines
from rag.answering.cite import marked_sentences
from rag.answering.reply import MARKER
from rag.batch import read_all, shown_input
from rag.errors import UsageError
from rag.text.decode import Unusable
from rag.types import Answer, Article, Chunk, Citation, Hit, Sentence

if TYPE_CHECKING:
    from llama_index.core.base.base_query_engine import BaseQueryEngine

# What systems say where they have nothing to say; only a short text without markers is read so.
_REFUSALS = re.compile(
    r"insufficient information|not in corpus|(?:i|we) (?:do not|don['’]t|cannot|can['’]t) (?:know|answer)", re.I
)
_SHORT = 25  # words


@dataclass(frozen=True, slots=True)
class Given:
    """What a system answered: its text, None or blank for a refusal, and the contexts it read, best first."""

    text: str | None
    contexts: tuple[Article, ...]
    confidence: float | None = None


class GivenAnswers:
    """A pipeline that looks its answers up."""

    def __init__(self, answers: Mapping[str, Given], name: str, sha256: str) -> None:
        self.name = name
        self.sha256 = sha256
        self._answers = answers
        self._articles = _whole(context for given in answers.values() for context in given.contexts)

    def ask(self, question: str, *, asked: date | None = None) -> Answer:
        """Return the answer given to the question. Raises UsageError where the file has none."""
        given = self._answers.get(_key(question))
        if given is None:
            raise UsageError(f"{self.name} has no answer to this question")
        return as_answer(question, given, self._articles)

    def article(self, article_id: str) -> Article | None:
        """Return the article that the contexts of an id make up."""
        return self._articles.get(article_id)


class QueryEngineAnswers:
    """A pipeline that asks a llama-index query engine; its source nodes are the contexts."""

    def __init__(self, engine: BaseQueryEngine) -> None:
        self._engine = engine
        self._articles: dict[str, Article] = {}

    def ask(self, question: str, *, asked: date | None = None) -> Answer:
        """Return what the engine answers."""
        reply: Any = self._engine.query(question)
        contexts = tuple(
            _context({**each.node.metadata, "text": each.node.get_content(), "id": each.node.node_id})
            for each in reply.source_nodes
        )
        self._articles |= {article.id: article for article in contexts}
        return as_answer(question, Given(str(reply), contexts), self._articles)

    def article(self, article_id: str) -> Article | None:
        """Return the context."""
        return self._articles.get(article_id)


def read_answers(path: Path) -> GivenAnswers:
    """Return the answers in a JSONL file, one a line.

    {"question": "...", "answer": "..." or null, "contexts": ["...", {"text", "id", "url", "title", "source"}], "confidence": .8}.
    Raises UsageError for a file that can't be read or a line of another form.
    """
    place = shown_input(path)
    try:
        data = read_all(path)
    except OSError as error:
        raise UsageError(f"can't read the answers in {place} ({error.strerror}); name a JSONL file") from None
    answers: dict[str, Given] = {}
    for number, row in json_lines(data):
        try:
            question, given = _given(row)
        except (ValueError, Unusable) as error:
            form = '{"question": "...", "answer": "...", "contexts": ["..."]}'
            raise UsageError(f"{place}, line {number} is no answer ({error}); each line is {form}") from None
        if question in answers:
            raise UsageError(f"{place}, line {number} answers a question for the second time; take one out")
        answers[question] = given
    if not answers:
        raise UsageError(f"{place} holds no answer; give JSONL with a question, an answer and contexts on each line")
    return GivenAnswers(answers, Path(place).name, hashlib.sha256(data).hexdigest())


def as_answer(question: str, given: Given, articles: Mapping[str, Article]) -> Answer:
    """Return a system's answer as one of ours, its verdicts open: a judge gives them. A refusal has no sentences.

    `articles` holds, by id, the article that each context is part of.
    """
    parts = [_part(context, articles[context.id]) for context in given.contexts]
    hits = tuple(Hit(chunk, articles[chunk.article_id], 1 / n, n, {}) for n, chunk in enumerate(parts, 1))
    text = (given.text or "").strip()
    short = len(text.split()) <= _SHORT and not MARKER.search(text)
    refused = not text or (short and _REFUSALS.search(text) is not None)
    sure = given.confidence if given.confidence is not None else 0.0 if refused else 1.0
    if refused:
        return Answer(question, "not_in_corpus", text, (), (), hits, sure)
    citations = tuple(Citation(n, c.article_id, c.start, c.end, c.text) for n, c in enumerate(parts, 1))
    told = _sentences(text, len(citations))
    used = {n for sentence in told for n in sentence.citations}
    return Answer(question, "answered", text, told, tuple(c for c in citations if c.n in used), hits, sure)


def _whole(contexts: Iterable[Article]) -> dict[str, Article]:
    """Return, by id, one article of all that was read under it, each text once."""
    texts: dict[str, dict[str, None]] = {}
    first: dict[str, Article] = {}
    for context in contexts:
        first.setdefault(context.id, context)
        texts.setdefault(context.id, {})[context.text] = None
    return {name: replace(article, text="\n\n".join(texts[name])) for name, article in first.items()}


def _part(context: Article, whole: Article) -> Chunk:
    start = whole.text.index(context.text)
    return Chunk(f"{whole.id}-{start}", whole.id, start, start + len(context.text), context.text)


def _sentences(text: str, contexts: int) -> tuple[Sentence, ...]:
    """Return the sentences with the numbers they cite: markers, or all contexts where the answer has no marker at all."""
    everything = () if MARKER.search(text) else range(1, contexts + 1)
    return tuple(
        Sentence(
            claim, tuple(n for n in numbers or everything if 1 <= n <= contexts), 0.0, "unjudged", "nobody judged it"
        )
        for claim, numbers, _ in marked_sentences(text)
    )


def _given(row: Any) -> tuple[str, Given]:
    """Return the question, as it is looked up, and its answer. Raises ValueError or Unusable."""
    if isinstance(row, Unusable):
        raise row
    if not isinstance(row, dict) or not isinstance(row.get("question"), str):
        raise ValueError("it has no question")
    answer, contexts, sure = row.get("answer"), row.get("contexts") or [], row.get("confidence")
    if not isinstance(answer, str | None):
        raise ValueError("'answer' must be a text, or null for a refusal")
    if not isinstance(contexts, list) or not all(isinstance(each, str | dict) for each in contexts):
        raise ValueError("'contexts' must be a list of texts or objects")
    if sure is not None and not (isinstance(sure, int | float) and 0 <= sure <= 1):
        raise ValueError("'confidence' must be a number from 0 to 1")
    read = tuple(_context({"text": each} if isinstance(each, str) else each) for each in contexts)
    return _key(row["question"]), Given(answer, read, sure)


def _context(record: Mapping[str, Any]) -> Article:
    """Return a context as an article. Raises ValueError where it has no text."""
    text = record.get("text")
    if not isinstance(text, str) or not text.strip():
        raise ValueError("a context has no 'text'")
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    url = record.get("url")
    return Article(
        id=str(record.get("id") or digest[:16]),
        url=str(url) if url else None,
        title=str(record.get("title") or ""),
        source=str(record.get("source") or record.get("outlet") or ""),
        text=text,
        content_hash=digest,
    )


def _key(question: str) -> str:
    return " ".join(question.split())
