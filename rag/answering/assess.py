"""Plan and hits → is there an answer, how sure, and in which sentences: what every generator asks first.

The best candidates come first by `score_sentences` and the rank of their passage; each further one must be about the question,
bring something new, and fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import exp, log1p
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.answering.attribute import attribution
from rag.answering.candidates import Candidate, candidates_of, overlap, statements
from rag.answering.conflict import Difference, difference, of_another, subjects
from rag.answering.reasons import guess_in, is_surmise, says_no_reason, states_reason
from rag.answering.times import too_old
from rag.answering.weights import AnswerWeights
from rag.question.kinds import TELLABLE, asks, lacks
from rag.reading.evidence import evidence, with_reading
from rag.reading.rank import Rarity, covered, log_odds, score_sentences
from rag.text.embed import cosines
from rag.text.split import sentences
from rag.text.words import nameless, names, stems
from rag.types import Article, Assessment, Embedder, Hit, Part, Plan, Reads, Span

if TYPE_CHECKING:
    from rag.types import Vectors

_Stored = Mapping[tuple[int, int], "np.ndarray[Any, Any]"]  # the vectors of an article's sentences, by their offsets

# Stems that ask for nothing in particular: "What happened to Rudd?", "Tell me about Rudd" are about Rudd alone.
_OPEN = frozenset(
    stems("happen happened happening know known tell told describe news latest new summary summarise summarize")
)
_ADJACENT = 3  # characters between a sentence's end and the next one's start


@dataclass(frozen=True, slots=True)
class Choice:
    """An assessment with what it was made from: the candidates, those chosen, and those of them that must come first."""

    assessment: Assessment
    candidates: tuple[Candidate, ...] = ()
    chosen: tuple[Candidate, ...] = ()
    first: tuple[Candidate, ...] = ()


class Assessor:
    """Reads hits with the embedder and, where there is one, the reader."""

    def __init__(
        self,
        embedder: Embedder,
        rarity: Rarity,
        stored: Callable[[str, int, int], _Stored] = lambda *_: {},
        weights: AnswerWeights = AnswerWeights(),
        reader: Reads | None = None,
    ) -> None:
        """`stored` gives the vectors that the archive holds of an article's sentences between two offsets."""
        self._reader = reader
        self._embedder = embedder
        self._rarity = rarity
        self._stored = stored
        self.weights = weights

    def assess(self, plan: Plan, hits: Sequence[Hit]) -> Assessment:
        """Return how sure it is that the hits hold an answer, and the places that would tell it, with their scores."""
        return self.read(plan, hits).assessment

    def read(self, plan: Plan, hits: Sequence[Hit]) -> Choice:
        """Return the assessment with the sentences that it rests on; none are chosen where the hits hold no answer."""
        by, question = self.weights, plan.question
        kind, wanted = asks(question), set(stems(question))
        why = kind == "why"
        weights = self._rarity(sorted(wanted))
        sides = plan.parts if len(plan.parts) > 1 else ()
        candidates = candidates_of(hits, by)
        if not plan.parts:
            candidates = _of_what_is_asked(plan, candidates)
        headings = list({hit.article.id: f"{hit.article.title} ({hit.article.source})" for hit in hits}.values())
        made = self._embedder.embed([question, *(side.text for side in sides), *headings])
        asked, above = made[: 1 + len(sides)], cosines(made[1 + len(sides) :], made[0])
        told = self._vectors(candidates)
        nearness = cosines(told, asked[0])
        scores = score_sentences(
            question,
            [each.text for each in candidates],
            [each.stems for each in candidates],
            nearness,
            weights,
            by.rank,
        )
        for candidate, near, score in zip(candidates, nearness, scores, strict=True):
            candidate.near = near
            candidate.score = score + by.around * covered(weights, candidate.stems | candidate.around)
            candidate.score -= by.surmised * is_surmise(candidate.text)
            candidate.score += by.passage * (1 - (candidate.hit.rank - 1) / max(1, len(hits)))
            candidate.score += by.fresh * _freshness(candidate.hit.article, plan.asked, by.fresh_half_life)
            if why and (says_no_reason(candidate.text) or gives_reason(wanted, candidate, by)):
                candidate.score += by.reason
        if not plan.parts:  # what is asked of several outlets or events, no passage answers whole
            self._add_reading(question, hits, candidates)
        confidence = evidence(hits, weights, max(above, default=0.0), max(nearness, default=0.0), by.evidence)
        if self._reader and candidates and not plan.parts:
            read = with_reading(confidence, max(each.answers for each in candidates), by.evidence)
            confidence = read if confidence >= by.evidence.answers_from else min(read, confidence)
        if confidence < by.evidence.answers_from:
            return Choice(Assessment(confidence))
        if not candidates:
            return Choice(Assessment(confidence * by.lacking))
        if not plan.parts and set(stems(nameless(question))) - _OPEN:
            candidates = self._read_without_names(question, candidates)
        to_sides = [cosines(told, side) for side in asked[1:]]
        first = _one_a_side(candidates, sides, to_sides, weights, by)
        chosen = choose(question, candidates, by, enough=self.enough(plan), first=first)
        if kind in TELLABLE and all(each.near < by.bears or lacks(kind, each.text) for each in chosen):
            return Choice(Assessment(confidence * by.lacking))
        if all(each.nameless < by.nameless for each in chosen):  # about the same people, and something else
            return Choice(Assessment(confidence * by.lacking))
        spans = tuple(Span(each.hit.article.id, each.start, each.end) for each in chosen)
        assessment = Assessment(confidence, spans, tuple(each.score for each in chosen))
        return Choice(assessment, tuple(candidates), tuple(chosen), tuple(first))

    def enough(self, plan: Plan) -> float:
        """Return the share of the best score that a further sentence has: less where reading parts the scores more."""
        return self.weights.read_enough if self._reader and not plan.parts else self.weights.enough

    def _add_reading(self, question: str, hits: Sequence[Hit], candidates: Sequence[Candidate]) -> None:
        """Add what the reader makes of each candidate in its passage: whether it answers, and in which words."""
        if self._reader is None or not candidates:
            return
        found: dict[tuple[str, int], tuple[float, tuple[int, int] | None]] = {}
        readings = self._reader.answers(question, [hit.chunk.text for hit in hits])
        for hit, reading in zip(hits, readings, strict=True):
            bounds, begin = sentences(hit.chunk.text), hit.chunk.start
            for (_, end), answers, span in zip(bounds, reading.sentences, reading.spans, strict=True):
                place = hit.article.id, begin + end
                if place not in found or answers > found[place][0]:
                    found[place] = answers, (begin + span[0], begin + span[1]) if span else None
        for each in candidates:
            each.answers, each.answer = found.get((each.hit.article.id, each.end), (0.0, None))
        best = sorted(candidates, key=lambda each: -each.score - read_score(each.answers, self.weights))
        best = best[: self.weights.read_alone]
        alone = self._reader.answers(question, [each.text for each in best], [[(0, len(each.text))] for each in best])
        for each, reading in zip(best, alone, strict=True):
            each.answers = mean_odds(each.answers, reading.answerable)
        for each in candidates:
            each.score += read_score(each.answers, self.weights)
        if asks(question) not in ("why", "when"):
            _add_agreement(question, best, candidates, self.weights)

    def _read_without_names(self, question: str, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Return the best candidates, scored once more by how near they are to the question when neither names anybody."""
        best = sorted(candidates, key=lambda each: -each.score)[: self.weights.read_again]
        known = names(question).union(*(names(each.text) for each in candidates))
        vectors = self._embedder.embed([nameless(question, known), *(nameless(each.text, known) for each in best)])
        for each, near in zip(best, cosines(vectors[1:], vectors[0]), strict=True):
            each.nameless = near
            each.score += self.weights.without_names * near
        return best

    def _vectors(self, candidates: Sequence[Candidate]) -> Vectors:
        """Return a vector for each: the mean of what the archive holds of its sentences, else one made now."""
        held = {}
        for article in {each.hit.article.id for each in candidates}:
            its = [each for each in candidates if each.hit.article.id == article]
            held[article] = self._stored(article, min(each.start for each in its), max(each.end for each in its))
        vectors = [_joined(each, held[each.hit.article.id]) for each in candidates]
        missing = [each.text for each, vector in zip(candidates, vectors, strict=True) if vector is None]
        made = iter(self._embedder.embed(missing))
        whole = [next(made) if vector is None else vector for vector in vectors]
        return np.array(whole, dtype=np.float32).reshape(len(candidates), self._embedder.dim)

    def context(self, fact: Candidate) -> list[Candidate]:
        """Return what else the article says of those the fact names: all there is to tell where no reason is stated."""
        named = names(fact.text)
        article = fact.hit.article
        near = [
            each
            for each in statements(fact.hit, article.text, 0, self.weights)
            if not overlap(each, fact)
            and abs(each.start - fact.start) < self.weights.nearby
            and (abs(each.start - fact.end) < _ADJACENT or named & names(each.text))
        ]
        vectors = self._vectors([fact, *near])
        for each, cosine in zip(near, cosines(vectors[1:], vectors[0]), strict=True):
            own = names(each.text)
            shared = len(own & named) / len(own) if own else 0.0
            each.score = fact.score * (
                cosine
                + self.weights.shared_names * shared
                + self.weights.next_to * (abs(each.start - fact.end) < _ADJACENT)
            )
        return near


def read_score(answers: float, by: AnswerWeights) -> float:
    """Return what the reader's probability adds to a score: linear in its log odds, so that among poor ones the best stands out."""
    above = min(max(log_odds(answers), by.read_from), by.read_sure) - by.read_from
    return by.read * above / (by.read_sure - by.read_from)


def _add_agreement(
    question: str, best: Sequence[Candidate], candidates: Sequence[Candidate], by: AnswerWeights
) -> None:
    """Add to the best candidates what other articles that give the same answer make of it: one that many give is more often right.

    After Dumais et al., "Web question answering: is more always better?" (SIGIR 2002). Words of the question are no answer.
    """
    asked = set(stems(question))
    answers = {id(each): set(stems(_answer_words(each))) - asked for each in candidates}
    likely = sorted((each for each in candidates if answers[id(each)]), key=lambda each: -each.answers)
    for each in best:
        mine, agreed = answers[id(each)], dict[str, float]()
        for other in likely:
            theirs = answers[id(other)]
            if other.hit.article.id != each.hit.article.id and mine & theirs:
                agreed.setdefault(other.hit.article.id, other.answers * len(mine & theirs) / len(mine | theirs))
        each.score += by.agreed * each.answers * log1p(min(sum(agreed.values()), by.agreed_most))


def _answer_words(each: Candidate) -> str:
    return each.hit.article.text[slice(*each.answer)] if each.answer else ""


def mean_odds(one: float, other: float) -> float:
    """Return the probability whose log odds are the mean of two probabilities' log odds."""
    return 1 / (1 + exp(-(log_odds(one) + log_odds(other)) / 2))


def _joined(candidate: Candidate, stored: _Stored) -> np.ndarray[Any, Any] | None:
    """Return the mean of its sentences' vectors, at unit length; None where one isn't stored."""
    if not all(span in stored for span in candidate.spans):
        return None
    total = np.sum([stored[span] for span in candidate.spans], axis=0)
    return np.asarray(total / (np.linalg.norm(total) or 1.0))


def _one_a_side(
    candidates: Sequence[Candidate],
    sides: Sequence[Part],
    to_sides: Sequence[Sequence[float]],
    weights: Mapping[str, float],
    by: AnswerWeights,
) -> list[Candidate]:
    """Return what answers each side best, from an article of its own where its outlet has several.

    `to_sides` are, for each side, the cosines of the candidates to its clause.
    """
    chosen: list[Candidate] = []
    for side, to_side in zip(sides, to_sides, strict=True):
        taken = {each.hit.article.id for each in chosen}
        of_clause = _of_clause(weights, side)
        scored = [
            (
                each.hit.article.id not in taken,
                each.score + by.side * (near + by.rank.coverage * covered(of_clause, each.stems)),
                -at,
            )
            for at, (each, near) in enumerate(zip(candidates, to_side, strict=True))
            if _may_tell(each, side)
        ]
        if scored and (best := candidates[-max(scored)[2]]) not in chosen:
            chosen.append(best)
    return chosen


def _may_tell(candidate: Candidate, side: Part) -> bool:
    """Tell whether the candidate's outlet is the side's; any outlet tells of an event."""
    return not side.outlets or candidate.hit.article.source in side.outlets


def _of_clause(weights: Mapping[str, float], side: Part) -> dict[str, float]:
    held = set(stems(side.text))
    return {word: weight for word, weight in weights.items() if word in held}


def _of_what_is_asked(plan: Plan, candidates: list[Candidate]) -> list[Candidate]:
    """Return the candidates without those of another time, district, flight or model than the question is about."""
    if plan.wanted:
        candidates = [each for each in candidates if not too_old(plan.wanted, _day(each.hit.article), each.text)]
    asked = subjects(plan.question, of_question=True)
    if not asked:
        return candidates
    around = {each.hit.chunk.id: f"{each.hit.article.title}. {each.hit.chunk.text}" for each in candidates}
    return [each for each in candidates if not of_another(asked, each.text, around[each.hit.chunk.id])]


def differ(question: str, one: Candidate, other: Candidate, by: AnswerWeights) -> Difference | None:
    """Return what two alike sentences of different articles differ in; None where they aren't such."""
    if one.hit.article.id == other.hit.article.id:
        return None
    return difference(one.text, other.text, question, (one.hit.article.title, other.hit.article.title), by)


def choose(
    question: str,
    candidates: Sequence[Candidate],
    by: AnswerWeights,
    *,
    enough: float | None = None,
    first: Sequence[Candidate] = (),
) -> list[Candidate]:
    """Pick greedily: relevant, new, within the word limit; `first` come before all others, whatever they score."""
    order = [*first, *sorted(candidates, key=lambda each: -each.score)]
    least = (by.enough if enough is None else enough) * max((each.score for each in candidates), default=0.0)
    chosen: list[Candidate] = []
    said: set[str] = set()
    words = 0
    for candidate in order:
        lead = attribution(candidate.hit.article, guess_in(candidate.text))
        length = len(candidate.text.split()) + len(lead.split()) + 1  # and its number
        if chosen and (
            (candidate.score < least and candidate not in first)
            or words + length > by.words
            or (
                len(candidate.stems & said) > by.repeats * len(candidate.stems)
                and not any(differ(question, other, candidate, by) for other in chosen)
            )
            or any(overlap(candidate, other) for other in chosen)
        ):
            continue
        chosen.append(candidate)
        said |= candidate.stems
        words += length
        if len(chosen) == by.sentences:
            break
    return chosen


def _freshness(article: Article, asked: date | None, half_life: float) -> float:
    """Return 1 for an article of the day of asking, less the farther it is from it, 0 where either day is unknown."""
    day = _day(article)
    if asked is None or day is None:
        return 0.0
    return float(0.5 ** (abs((asked - day).days) / half_life))


def _day(article: Article) -> date | None:
    return article.published_at.date() if article.published_at else None


def gives_reason(wanted: set[str], each: Candidate, by: AnswerWeights) -> bool:
    """Tell whether the sentence gives a reason for what `wanted`, the question's stems, is about."""
    return states_reason(each.text, wanted, each.stems | each.around, by)
