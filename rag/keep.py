"""Answers kept as they are given, so that those on what is corrected or removed later can be found again.

Whoever asks waits for none of it, and gets the answer also where it can't be kept: from an archive that is read-only.
"""

from __future__ import annotations

import logging
import queue
import secrets
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rag.errors import ArchiveError
from rag.records import answer_json, cited_articles, filters_json, filters_of
from rag.types import Answer, Event, Filters

if TYPE_CHECKING:
    from rag.archive.kept import KeptAnswer

_MOST = 1_000  # answers that wait to be kept; more are let go
_PATIENCE = 5.0  # seconds that whoever follows a link waits for its answer to be kept


def keep(folder: Path, answer: Answer, day: date | None = None, filters: Filters | None = None) -> bool:
    """Keep an answer in the archive in `folder`, and tell whether that could be done; a refusal cites nothing and is kept too.

    day: that on which it was asked, today where nobody says.   filters: what the search was restricted to.
    It is kept under its `link`, or one made for it.
    """
    from rag.archive.kept import KeptAnswers

    articles = cited_articles(answer)
    cited = [articles[each] for each in dict.fromkeys(c.article_id for c in answer.citations)]
    try:
        kept = KeptAnswers.open(folder, write=True)
        try:
            kept.keep(
                answer.question,
                {**answer_json(answer), "filters": filters_json(filters or Filters(), day)},
                day or datetime.now(UTC).date(),
                [(article.id, article.version, article.title) for article in cited],
                answer.link or new_link(),
            )
        finally:
            kept.close()
    except ArchiveError:  # read-only, full, or busy for long: the answer was given all the same
        return False
    return True


def filters_then(found: KeptAnswer) -> tuple[Filters, date | None]:
    """Return the filters and the as-of day of an answer that is kept; none where they went with it."""
    return filters_of((found.answer or {}).get("filters") or {})


def new_link() -> str:
    """Return an id that can't be guessed."""
    return secrets.token_urlsafe(16)


class Answerer(Protocol):
    """What answers: a pipeline, or a queue before it."""

    def ask(self, question: str, *, filters: Filters | None = None, asked: date | None = None) -> Answer: ...
    def ask_stream(
        self, question: str, *, filters: Filters | None = None, asked: date | None = None
    ) -> Iterator[Event]: ...


class Keeping:
    """A pipeline whose answers are kept, each under its `link`, in a thread beside it."""

    def __init__(self, pipeline: Answerer, folder: Path) -> None:
        self._pipeline = pipeline
        self._folder = folder
        self._waiting: queue.Queue[tuple[Answer, date | None, Filters | None] | None] = queue.Queue(_MOST)
        self._links: set[str] = set()  # of the answers that wait
        self._kept = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="kept answers", daemon=True)
        self._thread.start()

    def __getattr__(self, name: str) -> Any:
        """All else is the pipeline's own."""
        return getattr(self._pipeline, name)

    def ask(self, question: str, *, filters: Filters | None = None, asked: date | None = None) -> Answer:
        """Return the pipeline's answer, which is kept a little later."""
        return self._later(self._pipeline.ask(question, filters=filters, asked=asked), asked, filters)

    def ask_stream(
        self, question: str, *, filters: Filters | None = None, asked: date | None = None
    ) -> Iterator[Event]:
        """Yield what the pipeline tells while it answers; the answer at the end is kept a little later."""
        for event in self._pipeline.ask_stream(question, filters=filters, asked=asked):
            if event.answer is not None:
                event = replace(event, answer=self._later(event.answer, asked, filters))
            yield event

    def wait(self, link: str) -> None:
        """Wait until the answer of a link is kept, where it is still to be; some seconds at most."""
        with self._kept:
            self._kept.wait_for(lambda: link not in self._links, _PATIENCE)

    def _later(self, answer: Answer, asked: date | None, filters: Filters | None) -> Answer:
        """Return the answer with the link under which it will be kept; without one where it won't."""
        link = new_link()
        linked = replace(answer, link=link)
        with self._kept:
            self._links.add(link)
        try:
            self._waiting.put_nowait((linked, asked, filters))
        except queue.Full:
            logging.getLogger("dateline").warning("too many answers wait to be kept; this one is not kept")
            self._done(link)
            return answer
        return linked

    def _done(self, link: str | None) -> None:
        with self._kept:
            self._links.discard(link or "")
            self._kept.notify_all()

    def close(self) -> None:
        """Wait until what was asked is kept; the pipeline stays open."""
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (item := self._waiting.get()) is not None:
            try:
                keep(self._folder, *item)
            except Exception:  # whoever asked has the answer; the next one is to be kept all the same
                logging.getLogger("dateline").exception("an answer could not be kept")
            finally:
                self._done(item[0].link)
