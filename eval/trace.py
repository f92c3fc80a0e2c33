"""A case's whole trace, as cases.jsonl keeps it and the report shows it: plan, hits, answer, verdicts, timings, gold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from eval.datasets import Question
from rag.records import article_json, hit_json, plan_json
from rag.types import Answer, Article, Citation

Trace = Mapping[str, Any]
AROUND = 300  # characters of the article kept on each side of a quote


def trace(question: Question, answer: Answer, cited: Mapping[str, Article | None], torn: Mapping[int, str]) -> Trace:
    """Return what there is to know of one answer, as JSON takes it.

    `cited` holds the cited articles by id, `torn` by a citation's number why its article may mean it otherwise.
    """
    return {
        "plan": plan_json(answer.plan) if answer.plan else None,
        "hits": [hit_json(hit) for hit in answer.hits],
        "answer": {
            "status": answer.status,
            "text": answer.text,
            "confidence": answer.confidence,
            "sentences": [asdict(sentence) for sentence in answer.sentences],
            "citations": [
                _cited(citation, cited[citation.article_id], torn.get(citation.n)) for citation in answer.citations
            ],
            "notes": [{"kind": note.kind, "text": note.text} for note in answer.notes],
        },
        "timings": dict(answer.timings),
        "gold": gold(question),
    }


def _cited(citation: Citation, article: Article | None, torn: str | None) -> dict[str, Any]:
    text = article.text if article else ""
    return {
        **asdict(citation),
        **(article_json(article) if article else {}),
        "before": text[max(0, citation.start - AROUND) : max(0, citation.start)],
        "after": text[citation.end : citation.end + AROUND],
        **({"torn": torn} if torn else {}),
    }


def gold(question: Question) -> dict[str, list[str]]:
    """Return what the question's answer is measured by."""
    return {
        "answers": list(question.answers),
        "key_facts": list(question.key_facts),
        "facts": list(question.facts),
        "articles": list(question.articles),
    }
