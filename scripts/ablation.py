"""What each idea of the search is worth: all of it, then without one idea at a time, as the table in docs/retrieval.md.

    python scripts/ablation.py "MultiHop-RAG" DATA QUESTIONS.jsonl ["RealTime QA" DATA QUESTIONS.jsonl ...]

A difference is given with its 95 % interval by paired bootstrap over the questions.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

import eval as harness
import rag.archive.lexical
import rag.search.fuse
import rag.search.retrieve
from eval.datasets import Questions
from rag.config import load
from rag.pipeline import Pipeline
from rag.types import Answer, Article

WITHOUT: Mapping[str, Mapping[str, float]] = {
    "everything": {},
    "− outlets the question names": {"parts": 0},
    "− a clause for each outlet": {"CLAUSE_WEIGHT": 0},
    "− periods": {"PERIOD": 0},
    "− word pairs": {"PAIRS": 1e-6},
    "− phrases in quotation marks": {"PHRASES": 1e-6},
    "− the lead": {"LEAD": 0},
    "− news of the week": {"FRESH": 0},
    "− any recency": {"FRESH": 0, "RECENCY": 0},
    "− what stands around a passage": {"SHOWN": 1},
    "− dense search": {"DENSE_WEIGHT": 0},
    "dense search at .3 instead of .15": {"DENSE_WEIGHT": 0.3},
    "− the nearest sentence": {"SENTENCE_WEIGHT": 0},
    "at most 3 passages an article instead of 5": {"PER_ARTICLE": 3},
}
RESAMPLES = 2_000


class SearchOnly:
    """A pipeline that searches and answers nothing."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    def ask(self, question: str, *, asked: date | None = None) -> Answer:
        """Return a refusal that holds the hits."""
        hits = tuple(self._pipeline.search(question, asked=asked))
        return Answer(question, "not_in_corpus", "", (), (), hits, 0.0)

    def article(self, article_id: str) -> Article | None:
        """Return the article."""
        return self._pipeline.article(article_id)


@contextmanager
def changed(settings: Mapping[str, float]) -> Iterator[None]:
    """Set the constants of the search for a while."""
    old = {name: getattr(_home(name), name) for name in settings if name != "parts"}
    plan = rag.search.retrieve.make_plan
    for name, value in settings.items():
        if name == "parts":
            rag.search.retrieve.make_plan = lambda question, outlets, asked: replace(
                plan(question, {}, asked), absent=()
            )
        else:
            setattr(_home(name), name, value)
    try:
        yield
    finally:
        for name, value in old.items():
            setattr(_home(name), name, value)
        rag.search.retrieve.make_plan = plan


def _home(name: str) -> object:
    return next(
        module for module in (rag.archive.lexical, rag.search.retrieve, rag.search.fuse) if hasattr(module, name)
    )


def measure(pipeline: Pipeline, questions: Questions) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return float64[questions, 3]: hits@4, hits@10 and reciprocal rank of each question with gold."""
    ranks = [case.hits_rank for case in harness.evaluate(questions, SearchOnly(pipeline)).cases if case.ranked]
    return np.array(
        [(r is not None and r <= 4, r is not None and r <= 10, 1 / r if r else 0) for r in ranks], dtype=float
    )


def main(arguments: list[str]) -> None:
    """Print a table for each set."""
    for at in range(0, len(arguments), 3):
        title, data, file = arguments[at : at + 3]
        questions = harness.read_questions(Path(file))
        pipeline = Pipeline.open(load({"data": data}))
        whole = measure(pipeline, questions)
        draw = np.random.default_rng(0).integers(len(whole), size=(RESAMPLES, len(whole)))
        print(f"\n{title}, {len(whole):,} questions\n")
        print("| | Hits@4 | Hits@10 | MRR@10 | MRR@10, difference (95 %) |\n|---|---|---|---|---|")
        for name, settings in WITHOUT.items():
            with changed(settings):
                part = measure(pipeline, questions) if settings else whole
            off = (part - whole)[:, 2]
            low, high = np.percentile(off[draw].mean(axis=1), (2.5, 97.5))
            told = f"{off.mean():+.3f} ({low:+.3f} to {high:+.3f})" if settings else ""
            print(
                f"| {name} | {part[:, 0].mean():.3f} | {part[:, 1].mean():.3f} | {part[:, 2].mean():.3f} | {told} |",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
