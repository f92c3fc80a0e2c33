"""Question and hits → how much of an answer they hold: the archive answers, or refuses, by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp

from rag.reading.rank import covered, log_odds
from rag.text.words import stems
from rag.types import Hit


@dataclass(frozen=True, slots=True)
class EvidenceWeights:
    """How sure an answer is. The first four are shares of the evidence, 1 together. Fitted by hand on the development halves."""

    covered: float = 0.3  # of the question's meaning that the best passage covers
    passage: float = 0.2  # of the nearness of the best passage
    heading: float = 0.3  # of the best headline's
    sentence: float = 0.2  # of the best sentence's
    very_near: float = 0.8  # cosine that counts as full nearness
    # What is found, read: log odds that there is an answer, fitted on the starter archive's questions and RealTime QA's
    # with articles left out; at answers_from nothing is gained or lost by a sentence that answers as probably as not.
    found: float = 3.0  # log odds for each 1 of the evidence
    read: float = 0.236  # log odds for each 1 of the log odds that the best sentence answers
    doubt: float = 1.73  # log odds taken away
    answers_from: float = 0.51  # less is no answer; MultiHop-RAG: answered .947, refused .946, at .5 .963 and .940
    # Of answers as sure as x that there is one, how many quote what was asked for: log odds, fitted on answered questions of
    # the starter archive, RealTime QA and MultiHop-RAG, each set counting alike.
    right: float = 0.6  # for each 1 of the log odds of x
    right_shift: float = -0.49
    right_of_parts: float = (
        3.33  # added where outlets or events are asked about by name: an article of theirs is quoted
    )


def evidence(
    hits: Sequence[Hit],
    weights: Mapping[str, float],
    nearest_heading: float,
    nearest_sentence: float,
    by: EvidenceWeights = EvidenceWeights(),
) -> float:
    """Return how much of an answer the hits hold, in [0, 1].

    It joins what the best passage covers of the question's meaning with how near, as cosines, the best passage, the best
    headline and the best sentence are to it. `weights` are the question's stems by rarity.
    """
    if not weights:
        return 0.0
    best = max((covered(weights, _words_of(hit)) for hit in hits), default=0.0)
    nearest = max((hit.similarity or 0.0 for hit in hits), default=0.0)
    passage, heading, sentence = (
        min(1.0, near / by.very_near) for near in (nearest, nearest_heading, nearest_sentence)
    )
    joined = by.covered * best + by.passage * passage + by.heading * heading + by.sentence * sentence
    return max(0.0, min(1.0, joined))


def with_reading(found: float, best: float, by: EvidenceWeights = EvidenceWeights()) -> float:
    """Return the probability that there is an answer: of the evidence, and the reader's probability of the best sentence."""
    return 1 / (1 + exp(by.doubt - by.found * found - by.read * log_odds(best)))


def chance_right(answerable: float, parts: bool, by: EvidenceWeights = EvidenceWeights()) -> float:
    """Return the probability in [0, 1] that an answer quotes what was asked for, `answerable` being that there is one.

    Below `answers_from`, where nothing is answered, it falls to 0 in proportion: what is refused is never surer than an answer.
    """
    answered = max(answerable, by.answers_from)
    odds = (
        by.right * log_odds(answered) + by.right_shift + by.right_of_parts * (parts and answerable >= by.answers_from)
    )
    return min(1.0, answerable / by.answers_from) / (1 + exp(-odds))


def _words_of(hit: Hit) -> set[str]:
    return set(stems(f"{hit.article.title} {hit.article.source} {hit.chunk.text}"))
