"""What each idea of the search is worth: all of it, then without one idea at a time, as the table in docs/retrieval.md.

    python scripts/ablation.py "MultiHop-RAG" DATA QUESTIONS.jsonl ["RealTime QA" DATA QUESTIONS.jsonl ...]

A difference is given with its 95 % interval by paired bootstrap over the questions.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

import eval as harness
from eval.datasets import Questions
from rag.archive.index import Archive
from rag.config import load
from rag.search.retrieve import search
from rag.search.weights import SearchWeights
from rag.text.embed import load_embedder
from rag.types import Answer, Article, Embedder

ALL = SearchWeights()
CHANGED: Mapping[str, SearchWeights] = {
    "− outlets the question names": replace(ALL, question=replace(ALL.question, outlets=0)),
    "− a clause for each outlet": replace(ALL, clause=0),
    "− periods": replace(ALL, period=0),
    "− word pairs": replace(ALL, words=replace(ALL.words, pairs=0)),
    "− phrases in quotation marks": replace(ALL, words=replace(ALL.words, phrases=0)),
    "− the lead": replace(ALL, lead=0),
    "− news of the week": replace(ALL, fresh=0),
    "− any recency": replace(ALL, fresh=0, recency=0),
    "− what stands around a passage": replace(ALL, shown=1),
    "− dense search": replace(ALL, dense=0),
    "dense search at .3 instead of .15": replace(ALL, dense=0.3),
    "− the nearest sentence": replace(ALL, sentence=0),
    "at most 3 passages an article instead of 5": replace(ALL, per_article=3),
}
RESAMPLES = 2_000


class SearchOnly:
    """Searches and answers nothing."""

    def __init__(self, archive: Archive, embedder: Embedder, weights: SearchWeights) -> None:
        self._archive = archive
        self._embedder = embedder
        self._weights = weights

    def ask(self, question: str, *, asked: date | None = None) -> Answer:
        """Return a refusal that holds the hits."""
        found = search(self._archive, self._embedder, question, asked=asked, weights=self._weights)
        return Answer(question, "not_in_corpus", "", (), (), found.hits, 0.0)

    def article(self, article_id: str) -> Article | None:
        """Return the article."""
        return self._archive.catalog.article(article_id)


def measure(questions: Questions, searches: SearchOnly) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return float64[questions, 3]: hits@4, hits@10 and reciprocal rank of each question with gold."""
    ranks = [case.hits_rank for case in harness.evaluate(questions, searches).cases if case.ranked]
    return np.array(
        [(r is not None and r <= 4, r is not None and r <= 10, 1 / r if r else 0) for r in ranks], dtype=float
    )


def main(arguments: list[str]) -> None:
    """Print a table for each set."""
    for at in range(0, len(arguments), 3):
        title, data, file = arguments[at : at + 3]
        questions = harness.read_questions(Path(file))
        config = load({"data": data})
        archive, embedder = Archive.open(config), load_embedder(config)
        whole = measure(questions, SearchOnly(archive, embedder, ALL))
        draw = np.random.default_rng(0).integers(len(whole), size=(RESAMPLES, len(whole)))
        print(f"\n{title}, {len(whole):,} questions\n")
        print("| | Hits@4 | Hits@10 | MRR@10 | MRR@10, difference (95 %) |\n|---|---|---|---|---|")
        print(row("everything", whole), flush=True)
        for name, weights in CHANGED.items():
            part = measure(questions, SearchOnly(archive, embedder, weights))
            off = (part - whole)[:, 2]
            low, high = np.percentile(off[draw].mean(axis=1), (2.5, 97.5))
            print(row(name, part, f"{off.mean():+.3f} ({low:+.3f} to {high:+.3f})"), flush=True)
        archive.close()


def row(name: str, ranks: np.ndarray[tuple[int, int], np.dtype[np.float64]], difference: str = "") -> str:
    """Return a line of the table."""
    return f"| {name} | {' | '.join(f'{mean:.3f}' for mean in ranks.mean(axis=0))} | {difference} |"


if __name__ == "__main__":
    main(sys.argv[1:])
