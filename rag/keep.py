"""Answers kept as they are given, so that those on what is corrected or removed later can be found again.

Whoever asks waits for none of it, and gets the answer also where it can't be kept: from an archive that is read-only.
"""

from __future__ import annotations

import logging
import queue
import threading
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol

from rag.errors import ArchiveError
from rag.records import answer_json, cited_articles
from rag.types import Answer, Filters

_MOST = 1_000  # answers that wait to be kept; more are let go


def keep(folder: Path, answer: Answer, day: date | None = None) -> bool:
    """Keep an answer in the archive in `folder`, and tell whether that could be done; a refusal cites nothing and is kept too.

    day: that on which it was asked, today where nobody says.
    """
    from rag.archive.kept import KeptAnswers

    articles = cited_articles(answer)
    cited = [articles[each] for each in dict.fromkeys(c.article_id for c in answer.citations)]
    try:
        kept = KeptAnswers.open(folder, write=True)
        try:
            kept.keep(
                answer.question,
                answer_json(answer),
                day or datetime.now(UTC).date(),
                [(article.id, article.version, article.title) for article in cited],
            )
        finally:
            kept.close()
    except ArchiveError:  # read-only, full, or busy for long: the answer was given all the same
        return False
    return True


class Answerer(Protocol):
    """What answers: a pipeline, or a queue before it."""

    def ask(self, question: str, *, filters: Filters | None = None, asked: date | None = None) -> Answer: ...


class Keeping:
    """A pipeline whose answers are kept, in a thread beside it."""

    def __init__(self, pipeline: Answerer, folder: Path) -> None:
        self._pipeline = pipeline
        self._folder = folder
        self._waiting: queue.Queue[tuple[Answer, date | None] | None] = queue.Queue(_MOST)
        self._thread = threading.Thread(target=self._work, name="kept answers", daemon=True)
        self._thread.start()

    def __getattr__(self, name: str) -> Any:
        """All else is the pipeline's own."""
        return getattr(self._pipeline, name)

    def ask(self, question: str, *, filters: Filters | None = None, asked: date | None = None) -> Answer:
        """Return the pipeline's answer, which is kept a little later."""
        answer = self._pipeline.ask(question, filters=filters, asked=asked)
        try:
            self._waiting.put_nowait((answer, asked))
        except queue.Full:
            logging.getLogger("dateline").warning("too many answers wait to be kept; this one is not kept")
        return answer

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
