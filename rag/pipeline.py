"""The whole pipeline on one page: question → hits → draft → citations → checked answer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

from rag.answering.assess import Assessor
from rag.answering.check import Checking, checked
from rag.answering.extract import Extractive
from rag.answering.stand_in import NOT_BORNE_OUT, failed
from rag.answering.times import another_time
from rag.answering.weights import AnswerWeights
from rag.archive.catalog import Catalog
from rag.archive.index import Archive
from rag.config import Config
from rag.errors import LLMError
from rag.question.followup import Rewrite
from rag.reading.evidence import chance_right
from rag.reading.reader import load_checker, load_reader
from rag.reading.verify import Checked, check
from rag.search.rerank import ReadingReranker, Reranker
from rag.search.retrieve import articles_allowed, search
from rag.search.weights import SearchWeights
from rag.text.embed import load_embedder
from rag.text.words import looks_english
from rag.types import (
    Answer,
    Article,
    Draft,
    DraftSentence,
    Embedder,
    Entails,
    Event,
    Filters,
    Found,
    Generator,
    Hit,
    Judges,
    Note,
    Plan,
    Rewrites,
    Streams,
    Support,
)


class Pipeline:
    """An archive opened for asking. Safe to use from several threads."""

    def __init__(
        self,
        archive: Archive,
        embedder: Embedder,
        generator: Generator,
        *,
        reranker: Reranker | None = None,
        reader: Entails | None = None,
        rewrite: Rewrite | None = None,
        stand_in: Generator | None = None,
        second: Judges | None = None,
        reading: bool = True,
        k: int = 10,
        searching: SearchWeights = SearchWeights(),
        answering: AnswerWeights = AnswerWeights(),
    ) -> None:
        """`stand_in` drafts where `generator`'s LLM fails, and where nothing of what it wrote is borne out.

        `second` judges what an LLM wrote; without `reading` its verdict alone counts, but for values told otherwise.
        """
        self.archive = archive
        self._embedder = embedder
        self._generator = generator
        self._reranker = reranker
        self._reader = reader
        self.rewrite = rewrite  # what a `Conversation` rewrites questions with
        self._stand_in = stand_in
        self._second = second
        self._reading = reading
        self._k = k
        self._searching = searching
        self._answering = answering

    @classmethod
    def open(
        cls,
        config: Config,
        *,
        searching: SearchWeights = SearchWeights(),
        answering: AnswerWeights = AnswerWeights(),
    ) -> Pipeline:
        """Open the archive and load the models that `config` names, side by side: each takes a good part of a second."""
        archive = Archive.open(config)
        with ThreadPoolExecutor(2) as pool:
            opening, reading = pool.submit(archive.indexes), pool.submit(load_reader, config)
            embedder = load_embedder(replace(config, embedder=archive.embedder))
            opening.result()
            reader = reading.result()

        def rarity(words: Sequence[str]) -> Mapping[str, float]:
            with archive.reading() as indexes:
                return indexes.lexical.rarity(words)

        assessor = Assessor(embedder, rarity, archive.catalog.spans, answering, reader)
        generator: Generator = Extractive(assessor)
        rewrite: Rewrite | None = None
        stand_in: Generator | None = None
        second: Judges | None = None
        if config.llm != "none":
            from rag.answering.llm import LLMGenerator, load_llm
            from rag.answering.prompt import read_template
            from rag.answering.rewrite import rewriting
            from rag.answering.second import second_call

            llm = load_llm(config.llm, config)
            template = read_template(config.prompt) if config.prompt else None
            stand_in, generator = generator, LLMGenerator(llm, assessor, answering, template)
            second = second_call(config, llm)
            rewrite = rewriting(llm)
        reranker: Reranker | None = ReadingReranker(reader, searching) if reader else None
        if config.reranker != "none":
            from rag.search.rerank import CrossEncoderReranker

            reranker = CrossEncoderReranker(config.reranker, searching)
        return cls(
            archive,
            embedder,
            generator,
            reranker=reranker,
            reader=reader or load_checker(config),
            rewrite=rewrite,
            stand_in=stand_in,
            second=second,
            reading=config.check in ("reader", "both"),
            k=config.k,
            searching=searching,
            answering=answering,
        )

    def close(self) -> None:
        """Let go of the archive."""
        self.archive.close()

    def article(self, article_id: str) -> Article | None:
        """Return the article as the archive holds it, None where there is none."""
        return self.archive.catalog.article(article_id)

    def verify(self, claim: str, source: str) -> tuple[Support, tuple[Checked, ...]]:
        """Return how well `source` bears out `claim`, as a whole and sentence by sentence."""
        return check(claim, source, self._reader)

    def search(
        self, question: str, *, filters: Filters | None = None, k: int | None = None, asked: date | None = None
    ) -> list[Hit]:
        """Return at most `k` hits, best first. Raises UsageError for a question or filter that can't be used."""
        return list(self.find(question, filters=filters, k=k, asked=asked).hits)

    def find(
        self, question: str, *, filters: Filters | None = None, k: int | None = None, asked: date | None = None
    ) -> Found:
        """Return the hits of `search` with the plan they follow and the time of each stage. Raises UsageError."""
        return self._find(question, self._reranker, filters, self._k if k is None else k, asked)

    def _find(
        self, question: str, reranker: Reranker | None, filters: Filters | None, k: int, asked: date | None
    ) -> Found:
        depth = max(k, reranker.depth) if reranker else k
        found = search(
            self.archive, self._embedder, question, filters=filters, k=depth, asked=asked, weights=self._searching
        )
        if reranker is None:
            return found
        start = time.perf_counter()
        hits = reranker.rerank(found.plan, found.hits, k)
        return replace(
            found, hits=tuple(hits), timings={**found.timings, "rerank": (time.perf_counter() - start) * 1e3}
        )

    def ask(self, question: str, *, filters: Filters | None = None, asked: date | None = None) -> Answer:
        """Return a checked answer, or a refusal that names the nearest articles.

        `asked` is the day of asking (default today). Raises UsageError for a question or filter that can't be used.
        """
        *_, last = self._events(question, filters, asked, streaming=False)
        assert last.answer is not None  # the last event is the answer
        return last.answer

    def ask_stream(
        self, question: str, *, filters: Filters | None = None, asked: date | None = None
    ) -> Iterator[Event]:
        """Yield what `ask` does while it does it: the hits, each sentence once it has passed its check, and the Answer.

        Raises UsageError, before the first event, for a question or filter that can't be used.
        """
        return self._events(question, filters, asked, streaming=True)

    def _events(
        self, question: str, filters: Filters | None, asked: date | None, *, streaming: bool
    ) -> Iterator[Event]:
        start = time.perf_counter()
        # What is read for an answer counts there, sentence by sentence: in the order of the hits too it would count twice.
        reranker = None if isinstance(self._reranker, ReadingReranker) else self._reranker
        result = self._find(question, reranker, filters, self._k, asked)
        plan, hits, found = result.plan, result.hits, time.perf_counter()
        yield Event("found", hits=hits)
        checking, answer, why = self._checking(question, hits), None, None
        verifying, draft = 0.0, None
        try:
            for each in self._drafted(plan, hits, streaming):
                if isinstance(each, Draft):
                    draft = each
                    break
                begun = time.perf_counter()
                event = checking.take(each)
                verifying += time.perf_counter() - begun
                if event:
                    yield event
            assert draft is not None  # it is the last that a generator tells
            begun = time.perf_counter()
            if [each for each, _ in checking.taken] != list(draft.sentences[: len(checking.taken)]):
                checking = self._checking(question, hits)  # what was told was taken back
            for each in draft.sentences[len(checking.taken) :]:
                if event := checking.take(each):
                    yield event
            for each in self._again(plan, hits, checking.failed):
                if event := checking.take_again(each):
                    yield event
            answer = checking.answer(draft)
            verifying += time.perf_counter() - begun
            if answer.refusal == "not_proven" and self._stand_in:
                why = NOT_BORNE_OUT
        except LLMError as error:
            if self._stand_in is None:
                raise
            why = failed(error)
        if why:
            answer = self._standing_in(why, plan, hits, answer)
        assert answer is not None  # of the draft, or in its place
        done = time.perf_counter()
        timings = dict(result.timings) | {
            "search": (found - start) * 1e3,
            "generate": (done - found - verifying) * 1e3,
            "verify": verifying * 1e3,
            "total": (done - start) * 1e3,
        }
        notes = answer.notes + _asides(plan, answer, filters, self._answering)
        if answer.refusal == "not_found" and hits:
            answer = replace(answer, text=_searched(self.archive.catalog, filters))
        sure = chance_right(answer.confidence, bool(plan.parts), self._answering.evidence)
        tokens = draft.tokens if draft else None
        answer = replace(answer, notes=notes, timings=timings, plan=plan, confidence=sure, tokens=tokens)
        yield Event("answer", answer=answer)

    def _checking(self, question: str, hits: Sequence[Hit]) -> Checking:
        return Checking(question, hits, self._answering, self._reader, self._second, self._reading)

    def _again(self, plan: Plan, hits: Sequence[Hit], sentences: Sequence[str]) -> tuple[DraftSentence, ...]:
        """Return what is written in place of sentences that failed their check; nothing where the LLM fails meanwhile."""
        if not sentences or not isinstance(self._generator, Rewrites):
            return ()
        try:
            return self._generator.again(plan, hits, sentences[: self._answering.asked_again])
        except LLMError:
            return ()

    def _standing_in(self, why: Note, plan: Plan, hits: Sequence[Hit], unproven: Answer | None) -> Answer:
        """Return the archive's own words in place of an LLM's; where they don't answer, its unproven answer, if it gave one."""
        assert self._stand_in is not None
        draft = _without(plan, self._stand_in.generate(plan, hits), self._answering)
        instead = checked(plan.question, draft, hits, self._answering, self._reader)
        if unproven is None:
            return replace(instead, notes=(why, *instead.notes))
        if instead.status != "answered":
            return unproven
        return replace(instead, notes=(why, *instead.notes), dropped=unproven.dropped)

    def _drafted(self, plan: Plan, hits: Sequence[Hit], streaming: bool) -> Iterator[DraftSentence | Draft]:
        """Yield what the generator tells; its sentences one by one where that can be, and nothing need be taken from them."""
        if not streaming or plan.absent or plan.unknown or not isinstance(self._generator, Streams):
            yield _without(plan, self._generator.generate(plan, hits), self._answering)
        else:
            yield from self._generator.stream(plan, hits)


def _searched(catalog: Catalog, filters: Filters | None) -> str:
    """Return what a search without an answer can say of itself: how many articles it looked through."""
    count = articles_allowed(catalog, filters or Filters())
    many = "1 article" if count == 1 else f"{count:,} articles"
    if filters:
        return f"I found no answer in the {many} that {'passes' if count == 1 else 'pass'} the filter."
    return f"I found no answer in the {many} of the archive."


def _without(plan: Plan, draft: Draft, by: AnswerWeights) -> Draft:
    """Return the draft as it is worth where the question names outlets or others that the archive doesn't have."""
    if not plan.absent and not plan.unknown:
        return draft
    confidence = draft.confidence * (1 - by.absent if plan.unknown else 1)
    if plan.absent:
        confidence *= 1 - by.absent * len(plan.absent) / (len(plan.absent) + len(plan.parts))
    kept = draft.sentences if confidence >= by.evidence.answers_from else ()
    return replace(draft, confidence=confidence, sentences=kept)


def _asides(plan: Plan, answer: Answer, filters: Filters | None, by: AnswerWeights) -> tuple[Note, ...]:
    """Return what the reader must know of the question and the filters."""
    notes = []
    if plan.absent:
        notes.append(Note("sources", f"The archive holds nothing from {' or '.join(plan.absent)}."))
    if note := _copies(answer):
        notes.append(note)
    if plan.unknown and answer.hits:
        notes.append(Note("unknown", f"No article in the archive mentions {' or '.join(plan.unknown)}."))
    if note := another_time(plan, answer, by):
        notes.append(note)
    if filters and not answer.hits:
        notes.append(Note("filtered", "No article passes the filters; widen the days or the outlets."))
    foreign = [h.article for h in answer.hits if h.article.language and not h.article.language.lower().startswith("en")]
    if not looks_english(plan.question) or (
        answer.citations and any(a.id == answer.citations[0].article_id for a in foreign)
    ):
        notes.append(Note("language", "Dateline is made for English; in other languages it does as well as it can."))
    return tuple(notes)


def _copies(answer: Answer) -> Note | None:
    """Return the note that tells how many articles say what is cited, and from how many sources of their own."""
    cited = {citation.article_id for citation in answer.citations}
    origins: dict[str, set[str]] = {}
    for hit in answer.hits:
        if hit.article.id in cited:
            origins.setdefault(hit.article.origin, set()).update((hit.article.id, *hit.twins))
    articles = len(set().union(*origins.values()))
    if articles <= len(origins):
        return None
    sources = f"{len(origins)} independent source{'' if len(origins) == 1 else 's'}"
    return Note(
        "sources",
        f"{articles} articles tell this, from {sources}: the others are copies.",
        citations=tuple(citation.n for citation in answer.citations),
        data={"articles": articles, "independent": len(origins)},
    )
