"""An open archive as it is served: questions, searches, checks and articles, by one line, for every door of the server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rag import __version__
from rag.archive.kept import KeptAnswer, KeptAnswers
from rag.archive.schema import storage_errors
from rag.config import Config
from rag.errors import NotFound
from rag.keep import Answerer, Keeping, filters_then
from rag.records import answer_json, hit_json, verdict_json
from rag.text.convert import cores
from rag.types import Answer, Event
from web.feedback import Feedback
from web.forms import AnswerOut, Asked, CitedThenOut, GivenOut, StatusOut, WholeArticle
from web.intake import Intake
from web.meters import Meters
from web.queue import Line, Queued
from web.runs import Runs

if TYPE_CHECKING:
    from rag.pipeline import Pipeline

T = TypeVar("T")
WAITING = 64  # questions that wait at most, unless told otherwise


class Service:
    """What every door asks: the page, the API, the chat and the MCP server. Answers are kept, unless `config` says otherwise.

    runs: the folder of evaluations, by default one in the archive's.   questions: a file of them that is there besides.
    allow_private: hosts of one's own network that articles may be read from.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        config: Config,
        *,
        waiting: int = WAITING,
        log_questions: bool = False,
        allow_private: Sequence[str] = (),
        runs: Path | None = None,
        questions: Path | None = None,
    ) -> None:
        self._pipeline = pipeline
        self.config = config
        self.intake = Intake(config, allow_private)
        self._log_questions = log_questions
        self.line = Line(cores(), waiting)
        self.runs = Runs(runs or config.data / "runs", pipeline, config, self.line, questions)
        self._keeping = Keeping(pipeline, config.data) if config.keep_answers else None
        self._answering: Answerer = self._keeping or pipeline
        self.queued = Queued(pipeline, self._answering, self.line, self._told)
        self.feedback = Feedback(config, pipeline.archive.embedder)
        self.meters = Meters()
        self.meters.watch("dateline_waiting", "Questions in hand or waiting", lambda: self.line.inside)
        self.meters.watch("dateline_wait_seconds", "Seconds that a new question is likely to wait", self.line.wait)
        catalog = pipeline.archive.catalog
        self.meters.watch("dateline_articles", "Articles in the archive", lambda: catalog.counts().articles)
        self.meters.watch("dateline_generation", "The number of the archive's last write", lambda: catalog.generation)

    def _storing(self, work: Callable[[], T]) -> Callable[[], T]:
        def guarded() -> T:
            with storage_errors(self._pipeline.archive.catalog.path):
                return work()

        return guarded

    def _told(self, door: str, answer: Answer, asked: str) -> None:
        self.meters.answers.labels(answer.status, door).inc()
        if self._log_questions:
            logging.getLogger("dateline.questions").info("asked", extra={"told": {"door": door, "question": asked}})

    async def ask(self, asked: Asked, answer_id: str, door: str) -> Answer:
        """Return the answer, remembered by its id. Raises Busy and whatever Pipeline.ask raises."""
        filters = asked.filters()
        answer = await self.line.run(
            self._storing(lambda: self._answering.ask(asked.question, filters=filters, asked=asked.as_of))
        )
        return self._given(answer, asked, answer_id, door)

    def follow(self, asked: Asked, answer_id: str, door: str) -> AsyncIterator[Event]:
        """Yield the steps of an answer as they come. Raises Busy at once, and later whatever Pipeline.ask_stream raises."""
        filters = asked.filters()

        def events() -> Iterator[Event]:
            with storage_errors(self._pipeline.archive.catalog.path):
                for event in self._answering.ask_stream(asked.question, filters=filters, asked=asked.as_of):
                    if event.answer is not None:
                        self._given(event.answer, asked, answer_id, door)
                    yield event

        return self.line.follow(events)

    def _given(self, answer: Answer, asked: Asked, answer_id: str, door: str) -> Answer:
        self.feedback.remember(answer_id, answer, asked.filters(), asked.as_of)
        self._told(door, answer, asked.question)
        return answer

    async def search(self, asked: Asked, k: int) -> dict[str, Any]:
        """Return the passages found, best first, as JSON holds them."""
        found = await self.line.run(
            self._storing(lambda: self._pipeline.find(asked.question, filters=asked.filters(), k=k, asked=asked.as_of))
        )
        timings = {stage: round(ms, 1) for stage, ms in found.timings.items()}
        return {"question": asked.question, "hits": [hit_json(hit) for hit in found.hits], "timings": timings}

    async def verify(self, claim: str, source: str) -> dict[str, Any]:
        """Return how well the source bears the claim out, as JSON holds it."""
        return verdict_json(*await self.line.run(lambda: self._pipeline.verify(claim, source)))

    async def article(self, article_id: str) -> WholeArticle:
        """Return the article with its earlier texts. Raises NotFound."""
        return await asyncio.to_thread(self._storing(lambda: self._article(article_id)))

    def _article(self, article_id: str) -> WholeArticle:
        article = self._pipeline.article(article_id)
        if article is None:
            raise NotFound(
                f"the archive holds no article with the id {article_id[:200]!r}; it may have been removed, search for it"
            )
        return WholeArticle.of(article, self._pipeline.archive.catalog.earlier(article_id))

    def given(self, link: str) -> KeptAnswer:
        """Return the answer that is kept under a link. Raises NotFound."""
        if self._keeping:
            self._keeping.wait(link)
        with closing(KeptAnswers.open(self.config.data, write=False)) as kept, storage_errors(self.config.data):
            found = kept.get(link)
        if found is None:
            raise NotFound(
                "no answer is kept under this link: check that it is whole; where the answer was forgotten since, "
                "ask the question again"
            )
        return found

    async def status(self) -> StatusOut:
        """Return what the archive holds and what answers from it."""
        return await asyncio.to_thread(self._storing(self._status))

    def _status(self) -> StatusOut:
        catalog = self._pipeline.archive.catalog
        counts, last = catalog.counts(), catalog.last_run()
        return StatusOut(
            version=__version__,
            articles=counts.articles,
            passages=counts.passages,
            outlets=counts.outlets,
            newest=counts.newest,
            oldest=counts.oldest,
            undated=counts.undated,
            generation=counts.generation,
            independent=catalog.independent(),
            last_ingest=last["finished"] if last else None,
            embedder=self._pipeline.archive.embedder,
            reader=self.config.reader,
            llm=self.config.llm.partition(":")[0],
            waiting=self.line.inside,
            wait_s=round(self.line.wait(), 2),
        )

    def close(self) -> None:
        """Answer what is in hand, drop what waits, and wait until what was answered is kept and work on the archive ended."""
        self.runs.stop()
        self.line.close()
        self.runs.close()
        self.intake.close()
        if self._keeping:
            self._keeping.close()


def answer_out(answer: Answer, answer_id: str) -> AnswerOut:
    """Return the answer with its id, as it is sent."""
    return AnswerOut.model_validate({"id": answer_id, "link": answer.link, **answer_json(answer)})


def given_out(found: KeptAnswer) -> GivenOut:
    """Return an answer as it was given, as it is sent."""
    filters, as_of = filters_then(found)
    told = found.answer and AnswerOut.model_validate({"id": found.link, "link": found.link, **found.answer})
    return GivenOut(
        link=found.link or "",
        question=found.question,
        given_at=found.at,
        date_from=filters.date_from,
        date_to=filters.date_to,
        as_of=as_of,
        outlets=list(filters.outlets),
        flagged=found.flagged,
        articles=[CitedThenOut(**asdict(each)) for each in found.articles],
        answer=told or None,
    )
