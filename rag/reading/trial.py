"""A model's name → what it is, whether it does its work on two tiny texts, and how fast: `dateline models check`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rag.errors import UsageError
from rag.reading.grounding import GroundingModel
from rag.reading.hub import HubReader
from rag.reading.reader import ANSWERING, BUILT_IN, CHECKING, Reader
from rag.search.rerank import CrossEncoderReranker
from rag.text.embed import DEFAULT, FastEmbedder, SentenceTransformerEmbedder, cosines
from rag.text.models import ModelKind, kind_of, located
from rag.types import Embedder, Reads

_QUESTION = "Who repaired the bridge over the Alder?"
_ANSWERS = "The bridge over the Alder was repaired by Ines Holt in May."
_BESIDE = "The bridge over the Alder is painted green every ten years."
_CLAIM = "The bridge was repaired in May."
_TIMED = 5  # runs
BUILT_IN_NAMES = (BUILT_IN, DEFAULT)


@dataclass(frozen=True, slots=True)
class Trial:
    """What was seen of a model. works: whether it told the right text from the other one."""

    kind: ModelKind
    works: bool
    seen: str
    load_s: float
    text_ms: float


def tried(name: str, cache: Path, kind: ModelKind | None = None) -> Trial:
    """Load the model `name`, or one that comes along, and run it. `kind`: what to take it as; None where its files say.

    cache: where converted models are kept.
    Raises ModelError where it can't be loaded, UsageError where nobody says what it is.
    """
    start = time.perf_counter()
    if name == BUILT_IN:
        kind, run = "reader", _reads(Reader(ANSWERING, cache, checking=CHECKING))
    elif name == DEFAULT:
        kind, run = "embedder", _embeds(FastEmbedder(cache))
    else:
        folder = located(name.partition("#")[0])
        kind = kind or ("judge" if "#" in name else kind_of(folder))
        if kind == "unknown":
            raise UsageError(f"the files of {name} don't say what it is; add --as reader, judge, reranker or embedder")
        run = _RUNS[kind](name)
    loaded = time.perf_counter() - start
    works, seen, texts = run()
    start = time.perf_counter()
    for _ in range(_TIMED):
        run()
    return Trial(kind, works, seen, loaded, (time.perf_counter() - start) / _TIMED / texts * 1e3)


Run = Callable[[], tuple[bool, str, int]]  # whether it works, what was seen, how many texts were read


def _reads(reader: Reads) -> Run:
    def run() -> tuple[bool, str, int]:
        whole = [[(0, len(text))] for text in (_ANSWERS, _BESIDE)]
        one, other = reader.answers(_QUESTION, [_ANSWERS, _BESIDE], whole)
        span = one.spans[0]
        found = _ANSWERS[slice(*span)] if span else ""
        seen = f"finds “{found}” ({one.answerable:.3f}); where there is no answer, it finds one with {other.answerable:.3f}"
        return "Ines Holt" in found and one.answerable > 0.5 > other.answerable, seen, 2

    return run


def _judges(judge: GroundingModel) -> Run:
    def run() -> tuple[bool, str, int]:
        one, other = judge.probabilities([(_CLAIM, _ANSWERS), (_CLAIM, _BESIDE)])
        seen = f"gives {one:.3f} to a claim that its source bears out, {other:.3f} beside another source"
        return one > 0.5 > other, seen, 2

    return run


def _ranks(reranker: CrossEncoderReranker) -> Run:
    def run() -> tuple[bool, str, int]:
        one, other = reranker.scores(_QUESTION, [_ANSWERS, _BESIDE])
        return one > other, f"gives {one:.3f} to the passage that answers, {other:.3f} to one beside the point", 2

    return run


def _embeds(embedder: Embedder) -> Run:
    def run() -> tuple[bool, str, int]:
        vectors = embedder.embed([_QUESTION, _ANSWERS, _BESIDE])
        one, other = cosines(vectors[1:], vectors[0])
        return one > other, f"puts what answers at a cosine of {one:.3f}, what doesn't at {other:.3f}", 3

    return run


_RUNS: Mapping[ModelKind, Callable[[str], Run]] = {
    "reader": lambda name: _reads(HubReader(name)),
    "judge": lambda name: _judges(GroundingModel(name)),
    "reranker": lambda name: _ranks(CrossEncoderReranker(name)),
    "embedder": lambda name: _embeds(SentenceTransformerEmbedder(name)),
}
