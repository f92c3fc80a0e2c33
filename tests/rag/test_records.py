"""The lines of JSON are as designed."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime

from rag.records import answer_json, hit_json, plan_json
from rag.types import Answer, Article, Chunk, Citation, Hit, Note, Part, Period, Plan, Sentence

MakeArticle = Callable[..., Article]
TEXT = "The harbour bridge was shut. It opened in 1931."
QUOTE = "It opened in 1931."


def hit(source: Article) -> Hit:
    return Hit(Chunk("c1", source.id, 0, 28, TEXT[:28]), source, 0.123456, 1, {"lexical": 1, "dense": 2}, twins=("a2",))


def test_an_answer_as_a_batch_line(article: MakeArticle) -> None:
    source = article("a1", TEXT, url="https://news.example/a1", published_at=datetime(2025, 3, 2, 9, tzinfo=UTC))
    answer = Answer(
        question="When?",
        status="answered",
        text=f"It did: “{QUOTE}” [1]",
        sentences=(Sentence(QUOTE, (1,), 0.98765, "supported", "why", (13, 17), lead="It did:"),),
        citations=(Citation(1, "a1", 29, 47, QUOTE),),
        hits=(hit(source),),
        confidence=0.62444,
        notes=(Note("no_reason_given", "None.", (1,), {"a": 1}),),
        timings={"search": 12.3456, "total": 70.04},
    )
    assert json.loads(json.dumps(answer_json(answer))) == {
        "question": "When?",
        "status": "answered",
        "answer": answer.text,
        "confidence": 0.6244,
        "sentences": [
            {
                "text": QUOTE,
                "citations": [1],
                "support": 0.9877,
                "verdict": "supported",
                "answer_span": [13, 17],
                "close": False,
                "lead": "It did:",
                "further": False,
            }
        ],
        "citations": [
            {
                "n": 1,
                "article_id": "a1",
                "article_url": "https://news.example/a1",
                "title": source.title,
                "source": source.source,
                "published_at": "2025-03-02T09:00:00+00:00",
                "start": 29,
                "end": 47,
                "quote": QUOTE,
            }
        ],
        "notes": [{"kind": "no_reason_given", "text": "None.", "citations": [1], "data": {"a": 1}}],
        "timings": {"search": 12.3, "total": 70.0},
    }


def test_a_hit_as_a_batch_line(article: MakeArticle) -> None:
    source = article("a1", TEXT, url=None, published_at=None)
    assert json.loads(json.dumps(hit_json(hit(source)))) == {
        "rank": 1,
        "score": 0.1235,
        "article_id": "a1",
        "article_url": None,
        "title": source.title,
        "source": source.source,
        "published_at": None,
        "start": 0,
        "end": 28,
        "text": TEXT[:28],
        "found_by": {"lexical": 1, "dense": 2},
        "twins": ["a2"],
    }


def test_a_plan() -> None:
    may = Period(date(2025, 5, 1), date(2025, 5, 31))
    plan = Plan("?", (Part("who", ("The Lamp",), (may,)),), (may,), ("The Sun",), ("a new dawn",), ("Jo Lind",))
    assert plan_json(plan) == {
        "parts": [{"text": "who", "outlets": ["The Lamp"], "periods": [["2025-05-01", "2025-05-31", "in"]]}],
        "periods": [["2025-05-01", "2025-05-31", "in"]],
        "absent_outlets": ["The Sun"],
        "unknown_names": ["Jo Lind"],
        "quoted": ["a new dawn"],
    }
