"""Asks every question once and measures each answer against the question's gold and the archive's own text.

The questions fix the denominator: one that crashes is a Case like any other, and fails in every metric it is asked for.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal, Protocol

from eval.datasets import Question, Questions
from eval.judge import Judge, judged
from eval.trace import Trace, gold, trace
from rag.errors import UsageError
from rag.types import Answer, Article, Citation, Hit, Skipped, Status

MAX_WORDS = 100  # a longer answer is no answer: quoting everything would hold every key fact
_WORD = re.compile(r"[^\W_]+")
_LONGEST_ERROR = 300  # characters


class Pipeline(Protocol):
    """What is evaluated."""

    def ask(self, question: str, *, asked: date | None = None) -> Answer:
        """Return the answer as of the day `asked`; its `hits`, best first, are what the ranking metrics score."""
        ...

    def article(self, article_id: str) -> Article | None:
        """Return the article as the archive holds it, so that quotes are checked against the text and not believed."""
        ...


@dataclass(frozen=True, slots=True)
class Case:
    """One question and all that was measured of its answer. None: there was no gold to measure it by, or no answer.

    ranked: whether the question has gold for retrieval.   hits_rank: place of the first right hit, from 1.
    ask_ms: wall time of the whole answer.   search_ms: the part spent searching, where the pipeline says.
    sentences, supported, unjudged: sentences given; those found supported; those that could not be judged.
    quotes, exact_quotes: citations given; those whose quote stands in the archive's text at its offsets.
    all_articles: the question needs all its gold articles.
    gold_cited: share of the gold articles with an exact quote; a refusal cites none.
    citation_precision: share of the cited articles that are gold and quoted exactly; None for a refusal.
    key_fact_quoted: a key fact stands as whole words in an exact quote (of a gold article, if any) of a short answer.
    """

    id: str
    question: str
    type: str | None
    answerable: bool | None
    status: Status | Literal["crashed"]
    error: str | None = None
    ranked: bool = False
    hits_rank: int | None = None
    ask_ms: float | None = None
    search_ms: float | None = None
    sentences: int = 0
    supported: int = 0
    unjudged: int = 0
    quotes: int = 0
    exact_quotes: int = 0
    all_articles: bool = False
    gold_cited: float | None = None
    citation_precision: float | None = None
    key_fact_quoted: bool | None = None
    confidence: float | None = None
    words: int | None = None
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that one evaluation gave. `questions` and `sha256` name the file; `ks` are the cuts of hits@k."""

    cases: tuple[Case, ...]
    ks: tuple[int, ...]
    questions: str
    sha256: str
    skipped: tuple[Skipped, ...]
    started: datetime
    seconds: float


def evaluate(
    questions: Questions,
    pipeline: Pipeline,
    *,
    ks: Sequence[int] = (1, 4, 10),
    judge: Judge | None = None,
    jobs: int = 1,
    asked: date | None = None,
    have: Mapping[str, Case] | None = None,
    keep: Callable[[Case, Trace], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Run:
    """Ask each question once, `jobs` at a time, and return the measured cases in the questions' order.

    judge: who says whether a sentence is supported by its quotes; None believes the pipeline's own verdicts.
    asked: the day of asking of questions that give none; None is today.
    have: cases of an earlier run, by id, which are not asked again.   keep: is given each new case with its trace.
    progress: is told (done, of how many).   The pipeline must keep at least max(`ks`) hits in its answers, or the deeper
    cuts are too low. Ctrl-C ends it. Raises UsageError where a cut or `jobs` is not 1 or more.
    """
    if not ks or min(ks) < 1:
        raise UsageError(f"hits can't be counted at {tuple(ks)}; give whole numbers from 1")
    if jobs < 1:
        raise UsageError(f"--jobs {jobs} does nothing; give 1 or more")
    started, clock = datetime.now(UTC), time.perf_counter()
    cases = dict(have or {})
    missing = [question for question in questions.items if question.id not in cases]

    def work(question: Question) -> tuple[Case, Trace]:
        return _ask(question, pipeline, judge, asked)

    for done, (case, kept) in enumerate(_all(missing, work, jobs), 1 + len(questions.items) - len(missing)):
        cases[case.id] = case
        if keep:
            keep(case, kept)
        if progress:
            progress(done, len(questions.items))
    return Run(
        cases=tuple(cases[question.id] for question in questions.items),
        ks=tuple(sorted(set(ks))),
        questions=questions.name,
        sha256=questions.sha256,
        skipped=questions.skipped,
        started=started,
        seconds=time.perf_counter() - clock,
    )


def _all(
    questions: Sequence[Question], work: Callable[[Question], tuple[Case, Trace]], jobs: int
) -> Iterator[tuple[Case, Trace]]:
    if jobs == 1:
        yield from map(work, questions)
        return
    pool = ThreadPoolExecutor(jobs)
    try:
        yield from pool.map(work, questions)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _ask(question: Question, pipeline: Pipeline, judge: Judge | None, asked: date | None) -> tuple[Case, Trace]:
    start = time.perf_counter()
    try:
        answer = pipeline.ask(question.question, asked=question.date or asked)
        ask_ms = (time.perf_counter() - start) * 1000
        answer = judged(answer, judge) if judge else answer
        cited = {n: pipeline.article(n) for n in dict.fromkeys(citation.article_id for citation in answer.citations)}
        return _measured(question, answer, ask_ms, cited), trace(question, answer, cited)
    except Exception as error:  # whatever goes wrong is this case's result; the next question is asked all the same
        told = f"{type(error).__name__}: {' '.join(str(error).split())}"[:_LONGEST_ERROR]
        return _crashed(question, told), {"gold": gold(question)}


def _crashed(question: Question, error: str) -> Case:
    wanted = question.answerable is not False
    return Case(
        id=question.id,
        question=question.question,
        type=question.type,
        answerable=question.answerable,
        status="crashed",
        error=error,
        ranked=_is_ranked(question),
        all_articles=question.all_articles,
        gold_cited=0.0 if wanted and question.articles else None,
        citation_precision=0.0 if wanted and question.articles else None,
        key_fact_quoted=False if wanted and question.key_facts else None,
    )


def _measured(question: Question, answer: Answer, ask_ms: float, cited: Mapping[str, Article | None]) -> Case:
    if not 0 <= answer.confidence <= 1:
        raise ValueError(f"the answer's confidence is {answer.confidence}; it must lie in [0, 1]")
    wanted = question.answerable is not False
    answered = answer.status == "answered"
    exact = [(c, source) for c in answer.citations if (source := cited[c.article_id]) and _stands_in(source, c)]
    gold, precision = _gold_cited(question, [source for _, source in exact], len(cited)) if answered else (0.0, None)
    words = len(answer.text.split())
    search_ms = answer.timings.get("search")
    quoted = answered and words <= MAX_WORDS and any(_bears_key_fact(question, source, c.quote) for c, source in exact)
    return Case(
        id=question.id,
        question=question.question,
        type=question.type,
        answerable=question.answerable,
        status=answer.status,
        ranked=_is_ranked(question),
        hits_rank=_first_right(question, answer.hits) if _is_ranked(question) else None,
        ask_ms=ask_ms,
        search_ms=search_ms if search_ms is not None and math.isfinite(search_ms) else None,
        sentences=len(answer.sentences),
        supported=sum(sentence.verdict == "supported" for sentence in answer.sentences),
        unjudged=sum(sentence.verdict == "unjudged" for sentence in answer.sentences),
        quotes=len(answer.citations),
        exact_quotes=len(exact),
        all_articles=question.all_articles,
        gold_cited=gold if wanted and question.articles else None,
        citation_precision=precision if wanted and question.articles else None,
        key_fact_quoted=quoted if wanted and question.key_facts else None,
        confidence=answer.confidence,
        words=words if answered else None,
        answer=answer.text,
    )


def _is_ranked(question: Question) -> bool:
    return question.answerable is not False and bool(question.facts or question.articles)


def _first_right(question: Question, hits: Iterable[Hit]) -> int | None:
    """Return the place of the first right hit, from 1.

    Right is a hit that holds a gold fact (from whichever article, as MultiHop-RAG counts), else one of a gold article
    that holds a key fact (as RealTime QA is counted), else any of a gold article: the sharpest gold there is.
    """
    facts = [_squeeze(fact) for fact in question.facts]
    for rank, hit in enumerate(hits, 1):
        if facts:
            text = _squeeze(hit.chunk.text)
            right = any(fact in text for fact in facts)
        elif question.key_facts:
            right = _bears_key_fact(question, hit.article, hit.chunk.text)
        else:
            right = _is_gold(question, hit.article)
        if right:
            return rank
    return None


def _gold_cited(question: Question, exact: Iterable[Article], cited: int) -> tuple[float, float]:
    """Return which share of the gold articles is quoted exactly, and which share of the `cited` articles that makes."""
    sources = {source.id: source for source in exact}.values()
    found = {key for source in sources for key in (source.id, source.url)} & set(question.articles)
    right = sum(_is_gold(question, source) for source in sources)
    return len(found) / max(1, len(question.articles)), right / max(1, cited)


def _is_gold(question: Question, article: Article) -> bool:
    return article.id in question.articles or article.url in question.articles


def _bears_key_fact(question: Question, article: Article, text: str) -> bool:
    if question.articles and not _is_gold(question, article):
        return False
    held = _as_words(text)
    return any(_as_words(fact) in held for fact in question.key_facts if _WORD.search(fact))


def _stands_in(article: Article, citation: Citation) -> bool:
    # An empty quote stands everywhere, and a negative offset would count from the end.
    quote, start = citation.quote, citation.start
    return quote != "" and start >= 0 and article.text[start : citation.end] == quote


def _squeeze(text: str) -> str:
    return text.replace(" ", "").replace("\n", "")


def _as_words(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.casefold()))} "
