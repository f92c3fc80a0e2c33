"""Answers, plans and hits as JSON holds them: the lines of a batch, what `--json` prints, the traces of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rag.reading.verify import Checked
from rag.text.plain import plain, plain_parted
from rag.types import (
    Answer,
    Article,
    Chunk,
    Citation,
    Dropped,
    Filters,
    Hit,
    Note,
    Period,
    Plan,
    Sentence,
    Support,
)


def cited_articles(answer: Answer) -> dict[str, Article]:
    """Return the articles of the answer's hits by id; every citation's article is among them."""
    return {hit.article.id: hit.article for hit in answer.hits}


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return the answer as one batch line holds it."""
    articles = cited_articles(answer)
    return {
        "question": answer.question,
        "status": answer.status,
        "answer": answer.text,
        "confidence": round(answer.confidence, 4),
        "sentences": [sentence_json(sentence) for sentence in answer.sentences],
        "citations": [citation_json(c, articles[c.article_id]) for c in answer.citations],
        "notes": [
            {"kind": note.kind, "text": note.text, "citations": list(note.citations), "data": dict(note.data)}
            for note in answer.notes
        ],
        "timings": {stage: round(ms, 1) for stage, ms in answer.timings.items()},
    } | ({"dropped": [dropped_json(each) for each in answer.dropped]} if answer.dropped else {})


def answer_of(told: Mapping[str, Any], articles: Sequence[Article]) -> Answer:
    """Return the answer that `answer_json` gave, with `articles` as its hits, each whole. Raises KeyError or TypeError."""
    sentences = [
        Sentence(
            s["text"],
            tuple(s["citations"]),
            s["support"],
            s["verdict"],
            "",
            _span(s.get("answer_span")),
            bool(s.get("close")),
            s.get("lead", ""),
            bool(s.get("further")),
        )
        for s in told["sentences"]
    ]
    hits = [
        Hit(Chunk(article.id, article.id, 0, len(article.text), article.text), article, 0.0, rank, {})
        for rank, article in enumerate(articles, 1)
    ]
    return Answer(
        told["question"],
        told["status"],
        told["answer"],
        tuple(sentences),
        tuple(Citation(c["n"], c["article_id"], c["start"], c["end"], c["quote"]) for c in told["citations"]),
        tuple(hits),
        told["confidence"],
        tuple(Note(n["kind"], n["text"], tuple(n["citations"]), n["data"]) for n in told["notes"]),
        dict(told["timings"]),
        dropped=tuple(Dropped(d["text"], d["score"], d["reason"]) for d in told.get("dropped", ())),
    )


def _span(told: Sequence[int] | None) -> tuple[int, int] | None:
    return (told[0], told[1]) if told else None


def filters_json(filters: Filters, as_of: date | None = None) -> dict[str, Any]:
    """Return what a search was restricted to, as JSON holds it; `as_of` is the day of asking that somebody chose."""
    days = (("from", filters.date_from), ("to", filters.date_to), ("as_of", as_of))
    return {**{name: day.isoformat() if day else None for name, day in days}, "outlets": list(filters.outlets)}


def filters_of(told: Mapping[str, Any]) -> tuple[Filters, date | None]:
    """Return the filters and the as-of day that `filters_json` gave."""
    first, last, as_of = (
        date.fromisoformat(day) if (day := told.get(name)) else None for name in ("from", "to", "as_of")
    )
    return Filters(first, last, tuple(told.get("outlets") or ())), as_of


def sentence_json(sentence: Sentence) -> dict[str, Any]:
    """Return a sentence of an answer, as JSON holds it."""
    return {
        "text": sentence.text,
        "citations": list(sentence.citations),
        "support": round(sentence.support, 4),
        "verdict": sentence.verdict,
        "answer_span": list(sentence.answer_span) if sentence.answer_span else None,
        "close": sentence.close,
        "lead": sentence.lead,
        "further": sentence.further,
    }


def dropped_json(each: Dropped) -> dict[str, Any]:
    """Return a sentence that is not shown, as JSON holds it."""
    return {"text": each.text, "score": round(each.support, 4), "reason": each.reason}


def verdict_json(whole: Support, checked: Sequence[Checked]) -> dict[str, Any]:
    """Return what checking a claim gave, as a whole and sentence by sentence."""
    told = [
        {"text": c.text, "score": round(c.support.score, 4), "verdict": c.support.verdict, "reason": c.support.reason}
        for c in checked
    ]
    return {"score": round(whole.score, 4), "verdict": whole.verdict, "reason": whole.reason, "sentences": told}


def citation_json(citation: Citation, article: Article) -> dict[str, Any]:
    """Return a citation with its article, as JSON holds them."""
    place = {"start": citation.start, "end": citation.end, "quote": citation.quote}
    return {"n": citation.n, **article_json(article), **place}


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON holds it: the parts, and the periods of the whole question."""
    parts = [{"text": p.text, "outlets": list(p.outlets), "periods": _periods_json(p.periods)} for p in plan.parts]
    return {
        "parts": parts,
        "periods": _periods_json(plan.periods),
        "absent_outlets": list(plan.absent),
        "unknown_names": list(plan.unknown),
        "quoted": list(plan.quoted),
    }


def _periods_json(periods: Sequence[Period]) -> list[list[str]]:
    return [[period.first.isoformat(), period.last.isoformat(), period.relation] for period in periods]


def hit_json(hit: Hit) -> dict[str, Any]:
    """Return a hit as one batch line holds it."""
    return {
        "rank": hit.rank,
        "score": round(hit.score, 4),
        **article_json(hit.article),
        "start": hit.chunk.start,
        "end": hit.chunk.end,
        "text": hit.chunk.text,
        "found_by": dict(hit.found_by),
        "twins": list(hit.twins),
    }


def article_json(article: Article) -> dict[str, Any]:
    """Return what a line of JSON says of an article."""
    return {
        "article_id": article.id,
        "article_url": article.url,
        "title": article.title,
        "source": article.source,
        "published_at": article.published_at.isoformat() if article.published_at else None,
    }


def byline(article: Article) -> str:
    """Return "Outlet, 2024-05-03", naming what is missing."""
    day = article.published_at.date().isoformat() if article.published_at else "undated"
    return f"{plain(article.source) or 'unknown outlet'}, {day}"


def citations_by_article(answer: Answer) -> list[tuple[Article, list[Citation]]]:
    """Return each cited article with its citations, in the order in which the answer first cites them."""
    grouped: dict[str, list[Citation]] = {}
    for citation in answer.citations:
        grouped.setdefault(citation.article_id, []).append(citation)
    articles = cited_articles(answer)
    return [(articles[article_id], citations) for article_id, citations in grouped.items()]


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence as it is shown, on one line: who says it ("" where it goes on), and the words in three parts.

    words: what stands before, in and after the words that answer; quoted: whether they stand in quotation marks.
    """

    lead: str
    words: tuple[str, str, str]
    quoted: bool
    sentence: Sentence


def said(answer: Answer) -> list[Said]:
    """Return the sentences of the answer as they are shown."""
    quotes = {citation.n: citation.quote for citation in answer.citations}
    return [
        Said(
            plain(sentence.lead),
            plain_parted(sentence.text, sentence.answer_span or (0, 0)),
            any(quotes.get(n) == sentence.text for n in sentence.citations),
            sentence,
        )
        for sentence in answer.sentences
    ]


def answer_spans(answer: Answer) -> dict[int, tuple[int, int]]:
    """Return where in its quote the words that answer stand, by the citation's number, for quotes that are a sentence whole."""
    quotes = {citation.n: citation.quote for citation in answer.citations}
    return {
        n: sentence.answer_span
        for sentence in answer.sentences
        for n in sentence.citations
        if sentence.answer_span and quotes.get(n) == sentence.text
    }


def figures(answer: Answer) -> str:
    """Return the confidence, with what it means, and the time.

    A refusal has no percentage: it would read as confidence in the refusal.
    """
    share = f"confidence {answer.confidence * 100:.0f} % (about so many of the answers this sure were right on test questions)"
    shown = [share] if answer.status == "answered" else []
    return " · ".join([*shown, f"{answer.timings.get('total', 0):.0f} ms"])
