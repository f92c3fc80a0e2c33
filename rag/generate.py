"""Hits → draft answer, without an LLM: the one to four sentences that together answer the question.

Candidates are the sentences of the hits. The best come first by `rank_sentences` and the rank of their passage; each further
one must be about the question, bring something new, and fit. A sentence that leans on the one before ("He ...", "But
...") is quoted with it. What is quoted is attributed; what an outlet only surmises is marked as its interpretation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rag.plan import asks
from rag.rank import REASON, Rarity, covered, is_scrap, rank_sentences
from rag.split import sentences
from rag.types import Article, Draft, DraftSentence, Embedder, Hit, Note, Span
from rag.words import names, stems

MAX_SENTENCES = 4
MAX_WORDS = 95  # of the whole answer, attributions included; a reader gets at most 100
CONSIDERED = 24  # sentences that are embedded: the ones that share most with the question
ANSWERS_FROM = 0.5  # evidence below this is no answer
_ENOUGH = 0.55  # a further sentence scores at least this share of the best
_REPEATS = 0.6  # share of its words that are said already
_PASSAGE = 0.3  # what the rank of its passage adds to a sentence, best to worst
_LEANS = re.compile(
    r"^[\"“'‘(]*(?:he|she|it|they|his|her|its|their|this|that|these|those|such|but|and|however|so|yet|then|also|still|"
    r"the (?:company|firm|group|pair|two|move|decision|deal|agency|latter|former))\b",
    re.IGNORECASE,
)
_SURMISE = re.compile(
    r"\b(?:seem(?:s|ed|ingly)?|appear(?:s|ed)? to|apparently|perhaps|presumably|reading between the lines|rumou?r(?:s|ed)?|"
    r"speculat\w+|it (?:doesn['’]t|does not) take much|(?:could|may|might) (?:be|have|signal|mean|explain)|"
    r"suggest(?:s|ing)?|arguably|likely)\b",
    re.IGNORECASE,
)
_SAYS = re.compile(
    r"\b(?:said|says|told|wrote|writes|according to|announced|claimed|claims|argued|argues|added|tweeted|posted)\b", re.I
)


@dataclass(slots=True)
class _Candidate:
    """A sentence of a hit, or two that stand together."""

    hit: Hit
    start: int
    end: int
    text: str
    stems: set[str]
    score: float = 0.0


class Extractive:
    """The default generator: quotes, no model but the embedder."""

    def __init__(self, embedder: Embedder, rarity: Rarity) -> None:
        self._embedder = embedder
        self._rarity = rarity

    def generate(self, question: str, hits: Sequence[Hit]) -> Draft:
        """Return the draft; without sentences where the hits hold no answer."""
        weights = self._rarity(list(dict.fromkeys(stems(question))))
        candidates = _candidates(hits)
        candidates.sort(key=lambda each: -covered(weights, each.stems))
        candidates = candidates[:CONSIDERED]
        scores = rank_sentences(
            question, [each.text for each in candidates], embedder=self._embedder, rarity=self._rarity
        )
        for candidate, score in zip(candidates, scores, strict=True):
            candidate.score = score + _PASSAGE * (1 - (candidate.hit.rank - 1) / max(1, len(hits)))
        confidence = evidence(question, hits, weights, candidates)
        if confidence < ANSWERS_FROM:
            return Draft((), confidence)
        chosen = _choose(question, candidates)
        return Draft(_attributed(chosen), confidence, _reason_notes(question, chosen))


def _candidates(hits: Sequence[Hit]) -> list[_Candidate]:
    found: dict[tuple[str, int], _Candidate] = {}
    for hit in hits:
        spans = sentences(hit.chunk.text)
        for at, (start, end) in enumerate(spans):
            text = hit.chunk.text[start:end]
            if is_scrap(text) or (hit.article.id, hit.chunk.start + start) in found:
                continue
            first = start
            if at and _LEANS.match(text) and not is_scrap(hit.chunk.text[slice(*spans[at - 1])]):
                first = spans[at - 1][0]
            whole = hit.chunk.text[first:end]
            if len(whole.split()) > MAX_WORDS // 2:
                first, whole = start, text
            if len(whole.split()) <= MAX_WORDS - 8:
                found[hit.article.id, hit.chunk.start + start] = _Candidate(
                    hit, hit.chunk.start + first, hit.chunk.start + end, whole, set(stems(whole))
                )
    return list(found.values())


def evidence(
    question: str, hits: Sequence[Hit], weights: dict[str, float], candidates: Sequence[_Candidate]
) -> float:
    """Return how much of an answer the hits hold, in [0, 1].

    It joins what the best passage covers of the question's meaning, of its names, and how near it is in meaning.
    """
    if not hits or not weights:
        return 0.0
    held = [set(stems(f"{hit.article.title} {hit.article.source} {hit.chunk.text}")) for hit in hits]
    best = max(covered(weights, words) for words in held)
    together = covered(weights, set().union(*held[:4]))
    named = names(question)
    named_held = max((len(named & words) / len(named) for words in held), default=0.0) if named else best
    near = max((hit.similarity or 0.0 for hit in hits), default=0.0)
    return max(0.0, min(1.0, 0.3 * best + 0.2 * together + 0.2 * named_held + 0.3 * min(1.0, near / 0.8)))


def _choose(question: str, candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """Pick greedily: relevant, new, within the word limit."""
    order = sorted(candidates, key=lambda each: -each.score)
    chosen: list[_Candidate] = []
    said: set[str] = set()
    words = 0
    for candidate in order:
        length = len(candidate.text.split()) + 5  # its attribution
        if chosen and (
            candidate.score < _ENOUGH * chosen[0].score
            or words + length > MAX_WORDS
            or len(candidate.stems & said) > _REPEATS * len(candidate.stems)
            or any(_overlap(candidate, other) for other in chosen)
        ):
            continue
        chosen.append(candidate)
        said |= candidate.stems
        words += length
        if len(chosen) == MAX_SENTENCES:
            break
    return chosen


def _overlap(one: _Candidate, other: _Candidate) -> bool:
    return one.hit.article.id == other.hit.article.id and one.start < other.end and other.start < one.end


def _attributed(chosen: Sequence[_Candidate]) -> tuple[DraftSentence, ...]:
    """Order by article, best first, and within an article as it reads; attribute where the speaker changes."""
    articles = list(dict.fromkeys(each.hit.article.id for each in chosen))
    ordered = sorted(chosen, key=lambda each: (articles.index(each.hit.article.id), each.start))
    out: list[DraftSentence] = []
    before = ""
    for each in ordered:
        lead = attribution(each.hit.article, surmise=_is_surmise(each.text))
        span = Span(each.hit.article.id, each.start, each.end)
        out.append(DraftSentence(each.text, (span,), "" if lead == before else lead))
        before = lead
    return tuple(out)


def attribution(article: Article, *, surmise: bool = False) -> str:
    """Return "Outlet, 3 May 2024:", naming what is known; a surmise is marked as the outlet's interpretation."""
    when = day_in_words(article.published_at)
    who = article.source or ("The article" if when else "An undated article")
    if surmise:
        return f"{who} interprets:"
    return f"{who}, {when}:" if when else f"{who}:"


def day_in_words(moment: datetime | None) -> str:
    """Return "3 May 2024", "" where there is no date."""
    return f"{moment.day} {moment:%B %Y}" if moment else ""


def _is_surmise(text: str) -> bool:
    return bool(_SURMISE.search(text)) and not _SAYS.search(text) and "“" not in text and '"' not in text


def _reason_notes(question: str, chosen: Sequence[_Candidate]) -> tuple[Note, ...]:
    """Say of a why-question whether the sources state a reason."""
    if asks(question) != "why" or not chosen:
        return ()
    wanted = set(stems(question))
    for n, each in enumerate(chosen, 1):
        cue = REASON.search(each.text)
        if cue and not _is_surmise(each.text) and len(wanted & each.stems) >= max(1, len(wanted) // 3):
            return (Note("reason_stated", "The sources state a reason.", (n,)),)
    return (Note("no_reason_given", "The sources state the fact but give no reason for it."),)
