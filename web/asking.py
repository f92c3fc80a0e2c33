"""One asking: what the page sends → the answer and its sources as HTML, and what the page needs to know of them."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from rag.archive.rows import Counts
from rag.errors import DatelineError, UsageError
from rag.records import answer_spans
from rag.types import Answer, Article, Filters
from web.article import article_html
from web.chips import chips, filter_chips
from web.export import markdown, rich, taken
from web.last import GivenAnswer, LastAnswers
from web.markup import data
from web.sources import sources_html
from web.views import answer_html, error_html

T = TypeVar("T")
BROKEN = "Something went wrong inside Dateline; the terminal that runs this page says what."


class Holdings(Protocol):
    """What the page tells of what an archive holds."""

    def outlets(self) -> Mapping[str, int]: ...
    def counts(self) -> Counts: ...


class Holding(Protocol):
    """An archive, as far as the page looks into it."""

    @property
    def catalog(self) -> Holdings: ...


class Answering(Protocol):
    """What the page needs of a pipeline."""

    @property
    def archive(self) -> Holding: ...
    def ask(self, question: str, *, filters: Filters | None = None, asked: date | None = None) -> Answer: ...
    def article(self, article_id: str) -> Article | None: ...


@dataclass(frozen=True, slots=True)
class PageQuestion:
    """What was asked, as the page's fields hold it: days as they were typed, the outlets chosen.

    number: by which the page knows again what it asked; an answer to anything else is not shown.
    """

    question: str
    first: str = ""
    last: str = ""
    outlets: tuple[str, ...] = ()
    number: str = ""

    def filters(self) -> Filters:
        """Return the filters. Raises UsageError for what is no day."""
        return Filters(_day(self.first, "From"), _day(self.last, "To"), self.outlets)

    def address(self) -> str:
        """Return the part of an address that asks this again."""
        named = [("q", self.question), ("from", self.first), ("to", self.last)]
        return "?" + urlencode(
            [(name, value) for name, value in named if value] + [("outlet", each) for each in self.outlets]
        )


def asked(sent: Mapping[str, Any], first: str | None, last: str | None, outlets: Sequence[str] | None) -> PageQuestion:
    """Return what is asked: the fields of the page, changed by what its script sent.

    `sent` comes from a browser, so from anyone. "only" stands for the fields altogether (an address, an earlier question);
    "set" changes single ones (a chip that was pressed).
    """
    fields = PageQuestion(
        _text(sent.get("q")), (first or "").strip(), (last or "").strip(), tuple(outlets or ()), _text(sent.get("id"))
    )
    only, change = sent.get("only"), sent.get("set")
    if isinstance(only, Mapping):
        named = only.get("outlets")
        chosen = tuple(map(_text, named[:50])) if isinstance(named, list) else ()
        return PageQuestion(fields.question, _text(only.get("from")), _text(only.get("to")), chosen, fields.number)
    if isinstance(change, Mapping):
        chosen = tuple(each for each in fields.outlets if each != change.get("without"))
        if extra := _text(change.get("outlet")):
            chosen = (*chosen, extra)
        first, last = _text(change.get("from", fields.first)), _text(change.get("to", fields.last))
        return PageQuestion(fields.question, first, last, tuple(dict.fromkeys(chosen)), fields.number)
    return fields


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def respond(pipeline: Answering, kept: LastAnswers, what: PageQuestion) -> tuple[str, str]:
    """Return the answer and its source cards as HTML; what goes wrong is said plainly, and no old answer stays."""
    known = data({"ask": what.number, "question": what.question, "href": what.address()})

    def told(html: str) -> str:
        return html.replace("<section", f"<section{known}", 1)

    def answered() -> tuple[str, str]:
        filters = what.filters()
        answer = pipeline.ask(what.question, filters=filters)
        key = kept.keep(GivenAnswer(answer, filters))
        searched = None if filters else pipeline.archive.catalog.counts().articles
        html = answer_html(answer, chips=chips(answer.plan, filters), searched=searched, key=key)
        return told(html), sources_html(answer)

    def failed(message: str) -> tuple[str, str]:
        return told(error_html(message, what.question, filter_chips(what.first, what.last, what.outlets))), ""

    return guarded(answered, failed)


def guarded(do: Callable[[], T], otherwise: Callable[[str], T]) -> T:
    """Return what `do` returns, or `otherwise` of one line that says what went wrong."""
    try:
        return do()
    except DatelineError as error:
        told = str(error)
        return otherwise(f"{told[:1].upper()}{told[1:]}.")
    except (KeyboardInterrupt, SystemExit):
        raise
    except (
        BaseException
    ):  # a bug, or a native library's panic: the reader gets a sentence, whoever runs the page the traceback
        logging.getLogger("dateline").exception("the page could not answer")
        return otherwise(BROKEN)


def open_article(pipeline: Answering, kept: LastAnswers, sent: Mapping[str, Any]) -> str:
    """Return a whole article as HTML, with the quotes of the answer marked that it is opened from.

    The text is the one that was quoted, even if the archive holds a newer version by now, and then that is said.
    """

    def opened() -> str:
        key, article_id = _text(sent.get("key")), sent.get("id")
        if not isinstance(article_id, str):
            raise UsageError("no article is named; open one from the page")
        given = kept.get(key)
        current = pipeline.article(article_id)
        quoted = given and next((hit.article for hit in given.answer.hits if hit.article.id == article_id), None)
        article = quoted or current
        if article is None:
            raise UsageError("the archive no longer holds this article; ask again to see what it holds")
        return _with_quotes(pipeline, given.answer if given else None, article, current)

    return guarded(opened, error_html)


def take(kept: LastAnswers, sent: Mapping[str, Any]) -> dict[str, str]:
    """Return an answer in the form that is wanted: for the clipboard "text" and "html", for a file "name", "kind" and "base64".

    What can't be done is told under "error".
    """

    def taking() -> dict[str, str]:
        given = kept.get(_text(sent.get("key")))
        if given is None:
            raise UsageError("Dateline no longer holds this answer; ask again, then take it away")
        form = _text(sent.get("form"))
        if form == "copy":
            return {"text": markdown(given.answer, date.today()), "html": rich(given.answer, date.today())}
        file = taken(given.answer, form, date.today())
        return {"name": file.name, "kind": file.kind, "base64": b64encode(file.content).decode()}

    return guarded(taking, lambda message: {"error": message})


def _with_quotes(pipeline: Answering, answer: Answer | None, article: Article, current: Article | None) -> str:
    citations = [c for c in answer.citations if c.article_id == article.id] if answer else []
    twins = {twin for hit in answer.hits if hit.article.id == article.id for twin in hit.twins} if answer else set()
    copies = [copy for twin in sorted(twins) if (copy := pipeline.article(twin))]
    remarks = []
    if current is None:
        remarks.append("The archive no longer holds this article; this is the text that was quoted.")
    elif current.content_hash != article.content_hash:
        remarks.append(f"The article has changed since (version {current.version}); this is the text that was quoted.")
    if article.corrected or (current and current.corrected):
        remarks.append("The outlet has corrected this article.")
    if current and current.gone:
        remarks.append("The outlet no longer shows this article.")
    spans = answer_spans(answer) if answer else {}
    return article_html(article, citations, spans, copies=copies, remarks=remarks)


def _day(text: str, name: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"{name}: {text!r} is no day; write it as 2025-01-31") from None
