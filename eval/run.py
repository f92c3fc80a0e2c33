"""Asks every question once and measures each answer against the question's gold and the archive's own text.

The questions fix the denominator: one that crashes is a Case like any other, and fails in every metric it is asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Protocol

from eval.datasets import Question, Questions
from eval.judge import Judge, Remembering, citation_need, judged
from eval.measure import Case, crashed, measured, tears
from eval.trace import Trace, gold, trace
from rag.answering.stand_in import raise_if_lasting
from rag.batch import in_order
from rag.errors import LLMError, UsageError
from rag.types import Answer, Article, Skipped

_LONGEST_ERROR = 300  # characters


class Asker(Protocol):
    """What is evaluated."""

    def ask(self, question: str, *, asked: date | None = None) -> Answer:
        """Return the answer as of the day `asked`; its `hits`, best first, are what the ranking metrics score."""
        ...

    def article(self, article_id: str) -> Article | None:
        """Return the article as the archive holds it, so that quotes are checked against the text and not believed."""
        ...


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that one evaluation gave. `questions` and `sha256` name the file; `ks` are the cuts of hits@k.

    kept: how many of the cases are of an earlier call, begun at `started`.
    absent: by the question's id, the gold articles that the archive doesn't have.
    """

    cases: tuple[Case, ...]
    ks: tuple[int, ...]
    questions: str
    sha256: str
    skipped: tuple[Skipped, ...]
    started: datetime
    seconds: float
    kept: int = 0
    absent: Mapping[str, Sequence[str]] = field(default_factory=dict)


def evaluate(
    questions: Questions,
    pipeline: Asker,
    *,
    ks: Sequence[int] = (1, 4, 10),
    judge: Judge | None = None,
    jobs: int = 1,
    asked: date | None = None,
    prices: tuple[float, float] | None = None,
    have: Mapping[str, Case] | None = None,
    keep: Callable[[Case, Trace], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Run:
    """Ask each question once, `jobs` at a time, and return the measured cases in the questions' order.

    judge: who says whether a sentence is supported by its quotes; None believes the pipeline's own verdicts.
    asked: the day of asking of questions that give none; None is today.
    prices: dollars for a million tokens sent to an LLM, and replied; None where nobody knows.
    have: cases of an earlier run, by id, which are not asked again.   keep: is given each new case with its trace.
    progress: is told (done, of how many).   The pipeline must keep at least max(`ks`) hits in its answers, or the deeper
    cuts are too low. Ctrl-C ends it. Raises UsageError where a cut or `jobs` is not 1 or more, LLMError where the LLM can't
    go on at all.
    """
    if not ks or min(ks) < 1:
        raise UsageError(f"hits can't be counted at {tuple(ks)}; give whole numbers from 1")
    started, clock = datetime.now(UTC), time.perf_counter()
    cases = dict(have or {})
    missing = [question for question in questions.items if question.id not in cases]

    def work(question: Question) -> tuple[Case, Trace]:
        return _ask(question, pipeline, judge, asked, prices)

    for done, (case, kept) in enumerate(in_order(missing, work, jobs), 1 + len(questions.items) - len(missing)):
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
        kept=len(questions.items) - len(missing),
    )


def _ask(
    question: Question,
    pipeline: Asker,
    judge: Judge | None,
    asked: date | None,
    prices: tuple[float, float] | None,
) -> tuple[Case, Trace]:
    start = time.perf_counter()
    try:
        answer = raise_if_lasting(pipeline.ask(question.question, asked=question.date or asked))
        ask_ms = (time.perf_counter() - start) * 1000
        cited = {n: pipeline.article(n) for n in dict.fromkeys(citation.article_id for citation in answer.citations)}
        need = None
        if judge:
            once = Remembering(judge)
            answer, need = judged(answer, once, cited), citation_need(answer, once, cited)
        torn = tears(answer, cited)
        return measured(question, answer, ask_ms, cited, need, torn, prices), trace(question, answer, cited, torn)
    except LLMError as error:
        if error.lasting:  # every other question would meet it too
            raise
        return _crashed(question, error, judge)
    except Exception as error:  # whatever goes wrong is this case's result; the next question is asked all the same
        return _crashed(question, error, judge)


def _crashed(question: Question, error: Exception, judge: Judge | None) -> tuple[Case, Trace]:
    told = f"{type(error).__name__}: {' '.join(str(error).split())}"[:_LONGEST_ERROR]
    return crashed(question, told, judged=judge is not None), {"gold": gold(question)}
