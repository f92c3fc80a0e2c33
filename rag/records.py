"""Answers, plans and hits as JSON holds them: the lines of a batch, what `--json` prints, the traces of an evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rag.text.plain import plain
from rag.types import Answer, Article, Citation, Hit, Period, Plan


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
        "sentences": [
            {
                "text": sentence.text,
                "citations": list(sentence.citations),
                "support": round(sentence.support, 4),
                "verdict": sentence.verdict,
            }
            for sentence in answer.sentences
        ],
        "citations": [
            {"n": c.n, **article_json(articles[c.article_id]), "start": c.start, "end": c.end, "quote": c.quote}
            for c in answer.citations
        ],
        "notes": [
            {"kind": note.kind, "text": note.text, "citations": list(note.citations), "data": dict(note.data)}
            for note in answer.notes
        ],
        "timings": {stage: round(ms, 1) for stage, ms in answer.timings.items()},
    }


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


def figures(answer: Answer) -> str:
    """Return "confidence 62 % · 71 ms". A refusal has no percentage: it would read as confidence in the refusal."""
    shown = [f"confidence {answer.confidence * 100:.0f} %"] if answer.status == "answered" else []
    return " · ".join([*shown, f"{answer.timings.get('total', 0):.0f} ms"])
