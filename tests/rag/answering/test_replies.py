"""Recorded replies: what would be shown of them, sentence by sentence, as the reply has it."""

from typing import Any

import pytest

from rag.answering.prompt import REFUSAL
from rag.answering.replies import checked_reply, passages_of
from rag.errors import UsageError

FERRY = {
    "n": 1,
    "url": "https://news.example/ferry",
    "title": "Ferry sinks",
    "source": "Harbor News",
    "published_at": "2024-03-01T12:00:00+00:00",
    "text": "The ferry Gannet sank off Orrismouth on Friday. All 41 people were rescued by fishing boats.",
}
MAYOR = {"title": "Mayor resigns", "source": "The Beacon", "text": "Mayor Finch resigned on Monday."}


def row(reply: str, *passages: Any) -> dict[str, Any]:
    return {"id": "7", "question": "What happened?", "passages": list(passages) or [FERRY, MAYOR], "reply": reply}


def test_every_sentence_is_told_as_the_reply_has_it() -> None:
    told = checked_reply(row("The ferry Gannet sank on Friday [1]. All 97 people drowned.【1】"))
    assert (told["id"], told["status"]) == ("7", "answered")
    assert told["answer"] == "The ferry Gannet sank on Friday. [1]"
    assert [(each["text"], each["kept"]) for each in told["sentences"]] == [
        ("The ferry Gannet sank on Friday [1].", True),
        ("All 97 people drowned.【1】", False),
    ]
    kept, dropped = told["sentences"]
    assert kept["score"] >= 0.5 > dropped["score"] and "97" in dropped["reason"]


def test_a_refusal_is_respected() -> None:
    told = checked_reply(row(REFUSAL))
    assert (told["status"], told["sentences"]) == ("not_in_corpus", [])


def test_what_another_passage_bears_out_is_told_so() -> None:
    [sentence] = checked_reply(row("Mayor Finch resigned on Monday [1]."))["sentences"]
    assert sentence["kept"] and sentence["recited"]


@pytest.mark.parametrize(
    ("passages", "why"),
    [
        (None, "has no 'passages'"),
        ([], "has no 'passages'"),
        ("text", "has no 'passages'"),
        (["text"], "passage 1 has no 'text'"),
        ([MAYOR, {"text": " "}], "passage 2 has no 'text'"),
        ([{**MAYOR, "title": 3}], "passage 1 has a 'title' that is no text"),
        ([{**MAYOR, "text": "It sank \ud800."}], "passage 1 has half a character in 'text'"),
        ([{**MAYOR, "source": "\udc00"}], "passage 1 has half a character in 'source'"),
        ([{**MAYOR, "published_at": "yesterday"}], "passage 1 has 'published_at' 'yesterday'"),
        ([{**MAYOR, "published_at": 5}], "passage 1 has 'published_at' 5"),
    ],
)
def test_passages_that_cannot_be_read_are_named(passages: Any, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        checked_reply({"id": "1", "question": "?", "reply": "It sank [1].", "passages": passages})


def test_a_passage_without_a_day_or_outlet_will_do() -> None:
    [hit] = passages_of(row("", {"text": "It sank.", "published_at": None}))
    assert (hit.article.published_at, hit.article.source, hit.chunk.text) == (None, "", "It sank.")
