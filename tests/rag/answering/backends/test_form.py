"""The quoted form as JSON: asked of every kind of server, read back as lines, and done without where a server refuses it."""

import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.backends.form import SCHEMA, as_lines
from rag.answering.llm import LLMGenerator
from rag.answering.prompt import REFUSAL
from rag.errors import LLMError
from rag.types import Article, Assessment, Chunk, Draft, Hit, Plan

KINDS = ("openai", "anthropic", "ollama", "openai-like")
TEXT = "The ferry Gannet sank on Friday off Hexley. Its captain had asked for a tow."
REPLY = json.dumps({
    "sentences": [
        {"sentence": "The Gannet sank.", "quotes": [{"passage": 1, "words": "The ferry Gannet sank on Friday"}]},
        {"sentence": "A tow was asked for.", "quotes": [{"passage": 1, "words": "Its captain had asked for a tow"}]},
    ]
})  # fmt: skip
LINES = '''The Gannet sank.
[1] "The ferry Gannet sank on Friday"
A tow was asked for.
[1] "Its captain had asked for a tow"'''
PLAIN = 'The Gannet sank.\n[1] "The ferry Gannet sank on Friday"'
Make = Callable[..., Any]


class Sure:
    """Evidence that is always there."""

    def assess(self, plan: Plan, hits: Sequence[Hit]) -> Assessment:
        return Assessment(0.8)


@pytest.fixture
def hits(article: Callable[..., Article]) -> list[Hit]:
    ferry = article("ferry", TEXT, title="Ferry sinks", source="The Beacon")
    return [Hit(Chunk("c", ferry.id, 0, len(TEXT), TEXT), ferry, 1.0, 1, {})]


def asked_for(body: dict[str, Any]) -> Any:
    """Return the schema that a request asks for, whichever kind of server it is for."""
    if tools := body.get("tools"):
        return tools[0]["input_schema"]
    return body.get("format") or body.get("response_format", {}).get("json_schema", {}).get("schema")


@pytest.mark.parametrize("kind", KINDS)
def test_each_sentence_comes_with_its_quote(llm: Make, fake: Any, hits: list[Hit], kind: str) -> None:
    fake.reply = REPLY
    draft = LLMGenerator(llm(kind), Sure()).generate(Plan("What sank?"), hits)
    assert [each.text for each in draft.sentences] == ["The Gannet sank.", "A tow was asked for."]
    assert [[TEXT[span.start : span.end] for span in each.spans] for each in draft.sentences] == [
        ["The ferry Gannet sank on Friday"],
        ["Its captain had asked for a tow"],
    ]
    assert draft.tokens == (120, 9) and asked_for(fake.asked[0]) == SCHEMA


@pytest.mark.parametrize("kind", KINDS)
def test_a_sentence_is_told_while_the_server_is_at_the_next(llm: Make, fake: Any, hits: list[Hit], kind: str) -> None:
    fake.reply, fake.pause = REPLY, 0.02
    told = [(time.monotonic(), each) for each in LLMGenerator(llm(kind), Sure()).stream(Plan("What sank?"), hits)]
    (first, one), (_, two), (last, draft) = told
    assert isinstance(draft, Draft) and draft.sentences == (one, two)
    assert last - first > 0.1  # some fifteen pieces lay between
    assert asked_for(fake.asked[0]) == SCHEMA


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_refuses_the_schema_is_asked_without(llm: Make, fake: Any, hits: list[Hit], kind: str) -> None:
    fake.does, fake.reply = ["no form"], PLAIN
    generator = LLMGenerator(llm(kind), Sure())
    for _ in range(2):
        [sentence] = generator.generate(Plan("What sank?"), hits).sentences
        assert sentence.quoted and sentence.text == "The Gannet sank."
    assert [asked_for(body) is not None for body in fake.asked] == [True, False, False]


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_that_is_refused_is_asked_without(llm: Make, fake: Any, hits: list[Hit], kind: str) -> None:
    fake.does, fake.reply = ["no form"], PLAIN
    *_, draft = LLMGenerator(llm(kind), Sure()).stream(Plan("What sank?"), hits)
    assert isinstance(draft, Draft) and [each.text for each in draft.sentences] == ["The Gannet sank."]
    assert [asked_for(body) is not None for body in fake.asked] == [True, False]


def test_a_prompt_that_is_too_long_is_no_refusal_of_the_schema(llm: Make, fake: Any, hits: list[Hit]) -> None:
    fake.does = ["400"]
    asking = llm()
    with pytest.raises(LLMError, match="the prompt is too long"):
        LLMGenerator(asking, Sure()).generate(Plan("What sank?"), hits)
    assert len(fake.asked) == 1 and asking.form


def test_a_template_of_ones_own_has_its_own_form(llm: Make, fake: Any, hits: list[Hit]) -> None:
    fake.reply = PLAIN
    LLMGenerator(llm(), Sure(), template="{passages} {question}").generate(Plan("What sank?"), hits)
    assert asked_for(fake.asked[0]) is None


def test_what_is_not_asked_for_an_answer_has_no_schema(llm: Make, fake: Any) -> None:
    llm().complete("Is it borne out?")
    assert asked_for(fake.asked[0]) is None


@pytest.mark.parametrize(
    ("reply", "lines"),
    [
        (REPLY, LINES),
        (f"<think>[1]</think>\n```json\n{REPLY}\n```", LINES),
        (REPLY[:-20], PLAIN),
        (REPLY[:30], ""),
        ('{"sentences": []}', REFUSAL),
        ('{"sentences": [', ""),
        ('{"sentences": [{"sentence": 3}, {"quotes": []}, "x", null]}', ""),
        ('{"sentences": [{"sentence": "A.\\nB.", "quotes": [{"passage": true, "words": "x"}, 7]}]}', "A. B."),
        ('{"sentences": [{"sentence": "A.", "quotes": {"passage": 1}}]}', "A."),
        ('{"sentences": ' + "[" * 100_000, ""),
        (PLAIN, PLAIN),
        ('He wrote {"sentences": [] and left.', 'He wrote {"sentences": [] and left.'),
    ],
)  # fmt: skip
def test_json_as_lines(reply: str, lines: str) -> None:
    assert as_lines(reply) == lines


@given(st.integers(0, len(REPLY)))
def test_what_was_told_of_an_unfinished_reply_stays(cut: int) -> None:
    assert cut < 16 or LINES.startswith(as_lines(REPLY[:cut]))
