"""One asking: what the page sends → the answer and its sources as HTML, and what the page needs to know of them."""

from __future__ import annotations

import logging
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from rag.archive.rows import Counts
from rag.conversation import Conversation
from rag.errors import DatelineError, UsageError
from rag.question.followup import Turn
from rag.records import answer_spans
from rag.types import Answer, Article, Earlier, Event, Filters
from web.article import article_html
from web.chips import Chip, chips, filter_chips
from web.export import markdown, rich, taken
from web.last import GivenAnswer, LastAnswers
from web.markup import data
from web.sources import sources_html
from web.views import answer_html, error_html, partial_html

T = TypeVar("T")
VERDICTS = ("right", "wrong", "wrong_source")
_COMMENT = 500  # characters of a comment that are kept
_TURNS = 8  # answers of a conversation that are looked back at
_MOST_NAMED = 50  # outlets or answers that a browser may name
_PIECE = 0.3  # seconds between two looks at an answer that is being written
BROKEN = "Something went wrong inside Dateline; the terminal that runs this page says what."


class Holdings(Protocol):
    """What the page tells of what an archive holds."""

    def outlets(self) -> Mapping[str, int]: ...
    def counts(self) -> Counts: ...
    def earlier(self, article_id: str) -> Sequence[Earlier]: ...


class Holding(Protocol):
    """An archive, as far as the page looks into it."""

    @property
    def catalog(self) -> Holdings: ...


class Answering(Protocol):
    """What the page needs of a pipeline."""

    @property
    def archive(self) -> Holding: ...
    def ask(self, question: str, *, filters: Filters | None = None, asked: date | None = None) -> Answer: ...
    def ask_stream(
        self, question: str, *, filters: Filters | None = None, asked: date | None = None
    ) -> Iterator[Event]: ...
    def article(self, article_id: str) -> Article | None: ...


class Judging(Protocol):
    """Where it is kept what readers say of answers."""

    def remember(self, answer_id: str, answer: Answer, filters: Filters, as_of: date | None = None) -> None: ...
    def add(self, answer_id: str, verdict: str, comment: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class PageQuestion:
    """What was asked, as the page's fields hold it: days as they were typed, the outlets chosen.

    number: by which the page knows again what it asked; an answer to anything else is not shown.
    before: the keys of the answers before it in one conversation.   typed: it is asked as it was typed, whatever came before.
    as_of: the day as on which it is asked; nothing that came out later is searched.
    """

    question: str
    first: str = ""
    last: str = ""
    outlets: tuple[str, ...] = ()
    number: str = ""
    before: tuple[str, ...] = ()
    typed: bool = False
    as_of: str = ""

    def chosen(self) -> Filters:
        """Return the filters as they were chosen. Raises UsageError for what is no day."""
        return Filters(_day(self.first, "From"), _day(self.last, "To"), self.outlets)

    def filters(self) -> Filters:
        """Return what is searched: as chosen, and nothing later than the as-of day. Raises UsageError for what is no day."""
        return self.chosen().until(self.day())

    def day(self) -> date | None:
        """Return the day as on which it is asked. Raises UsageError for what is no day."""
        return _day(self.as_of, "As of")

    def address(self, question: str) -> str:
        """Return the part of an address that asks `question` with these filters."""
        named = [("q", question), ("from", self.first), ("to", self.last), ("as_of", self.as_of)]
        return "?" + urlencode(
            [(name, value) for name, value in named if value] + [("outlet", each) for each in self.outlets]
        )


def asked(
    sent: Mapping[str, Any],
    first: str | None,
    last: str | None,
    outlets: Sequence[str] | None,
    as_of: str | None = None,
) -> PageQuestion:
    """Return what is asked: the fields of the page, changed by what its script sent.

    `sent` comes from a browser, so from anyone. "only" stands for the fields altogether (an address, an earlier question);
    "set" changes single ones (a chip that was pressed).
    """
    fields = PageQuestion(
        _text(sent.get("q")),
        (first or "").strip(),
        (last or "").strip(),
        tuple(outlets or ()),
        _text(sent.get("id")),
        _texts(sent.get("before"))[-_TURNS:],
        sent.get("typed") is True,
        (as_of or "").strip(),
    )
    only, change = sent.get("only"), sent.get("set")
    if isinstance(only, Mapping):
        first, last, as_of = (_text(only.get(name)) for name in ("from", "to", "as_of"))
        return replace(fields, first=first, last=last, as_of=as_of, outlets=_texts(only.get("outlets")))
    if isinstance(change, Mapping):
        chosen = tuple(each for each in fields.outlets if each != change.get("without"))
        if extra := _text(change.get("outlet")):
            chosen = (*chosen, extra)
        now = (("from", fields.first), ("to", fields.last), ("as_of", fields.as_of))
        first, last, as_of = (_text(change.get(name, day)) for name, day in now)
        return replace(fields, first=first, last=last, as_of=as_of, outlets=tuple(dict.fromkeys(chosen)))
    return fields


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(_text, value[:_MOST_NAMED])) if isinstance(value, list) else ()


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def respond(
    pipeline: Answering, kept: LastAnswers, what: PageQuestion, judging: Judging | None = None
) -> Iterator[tuple[str, str]]:
    """Yield the answer and its source cards as HTML; before them, where it is long in coming, what has passed its check.

    What goes wrong is said plainly, and no old answer stays.
    """
    question, labels = what.question, list[Chip]()
    try:
        filters = what.filters()
        question, labels = _understood(pipeline, kept, what)
        told, since = list[str](), time.monotonic()
        for event in pipeline.ask_stream(question, filters=filters, asked=what.day()):
            if event.answer is not None:
                yield _answered(pipeline, kept, what, event.answer, labels, judging)
            elif event.kind == "sentence":
                told.append(event.text)
                if time.monotonic() - since > _PIECE:  # what comes at once is shown at once
                    since = time.monotonic()
                    yield known(partial_html(question, told), what, question, partial="yes"), ""
    except GeneratorExit:
        raise
    except BaseException as error:
        shown = [*labels, *filter_chips(what.first, what.last, what.outlets, what.as_of)]
        yield known(error_html(_plainly(error), question, shown), what, question), ""


def known(html: str, what: PageQuestion, question: str, href: str = "", **more: str) -> str:
    """Return the section with what the page's script needs to know of it; `href` is where it stands, or it is asked again."""
    told = {"ask": what.number, "question": question, "href": href or what.address(question), **more}
    return html.replace("<section", f"<section{data(told)}", 1)


def _understood(pipeline: Answering, kept: LastAnswers, what: PageQuestion) -> tuple[str, list[Chip]]:
    """Return the question as it stands alone after the turns before it, and labels that say so where it was not typed so."""
    given = [found for key in what.before if (found := kept.get(key))]
    if what.typed or not given:
        return what.question, []
    turns = [Turn(each.answer.question, each.answer) for each in given]
    understood = Conversation(pipeline, turns).understand(what.question)
    labels = (
        [Chip(f"you asked “{understood.typed}”", "ask as typed", {"typed": understood.typed})]
        if understood.changed
        else []
    )
    labels += [Chip(f"not clear: “{word}”") for word in dict.fromkeys(understood.unclear)]
    return understood.question, labels


def _answered(
    pipeline: Answering,
    kept: LastAnswers,
    what: PageQuestion,
    answer: Answer,
    labels: Sequence[Chip],
    judging: Judging | None,
) -> tuple[str, str]:
    filters = what.filters()
    key = kept.keep(GivenAnswer(answer, filters))
    if judging:
        judging.remember(key, answer, filters, what.day())
    searched = None if filters else pipeline.archive.catalog.counts().articles
    told = [*labels, *chips(answer.plan, what.chosen(), what.day())]
    html = answer_html(answer, chips=told, searched=searched, key=key, judged=judging is not None)
    return known(html, what, answer.question), sources_html(answer)


def judge(judging: Judging | None, sent: Mapping[str, Any]) -> dict[str, str]:
    """Store what a reader says of an answer; what can't be done is told under "error"."""

    def judged() -> dict[str, str]:
        verdict = _text(sent.get("verdict"))
        if judging is None or verdict not in VERDICTS:
            raise UsageError(f"there is no verdict {verdict!r}; say one of {', '.join(VERDICTS)}")
        judging.add(_text(sent.get("key")), verdict, _text(sent.get("comment"))[:_COMMENT])
        return {"verdict": verdict}

    return guarded(judged, lambda message: {"error": message})


def _plainly(error: BaseException) -> str:
    """Return one line that says what went wrong; whoever ends the program is not held up."""
    if isinstance(error, DatelineError):
        told = str(error)
        return f"{told[:1].upper()}{told[1:]}."
    if isinstance(error, KeyboardInterrupt | SystemExit):
        raise error
    # A bug, or a native library's panic: the reader gets a sentence, whoever runs the page the traceback.
    logging.getLogger("dateline").error("the page could not answer", exc_info=error)
    return BROKEN


def guarded(do: Callable[[], T], otherwise: Callable[[str], T]) -> T:
    """Return what `do` returns, or `otherwise` of one line that says what went wrong."""
    try:
        return do()
    except BaseException as error:
        return otherwise(_plainly(error))


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
    earlier = pipeline.archive.catalog.earlier(article.id)
    return article_html(article, citations, spans, copies=copies, remarks=remarks, earlier=earlier)


def _day(text: str, name: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"{name}: {text!r} is no day; write it as 2025-01-31") from None
