"""Replies of LLMs: whatever dialect they mark sources in, they mean one thing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.cite import marked_sentences
from rag.answering.reply import answer_of, as_markers, is_refusal

TOLD = "The mill burned down"


@pytest.mark.parametrize(
    "reply",
    [
        "The mill burned down [2, 3].",
        "The mill burned down [2][3].",
        "The mill burned down. [2, 3]",
        "The mill burned down.[2][3]",
        "The mill burned down [2-3].",
        "The mill burned down [2 and 3].",
        "The mill burned down [[2]][[3]].",
        "The mill burned down [^2] [^3].",
        "The mill burned down [^2^][^3^].",
        "The mill burned down [ID:2][ID: 3].",
        "The mill burned down [ID:2, ID:3].",
        "The mill burned down [source 2; source 3].",
        "The mill burned down [Passages 2, 3].",
        "The mill burned down 【2】【3】.",
        "The mill burned down【2†source】【3†L4-L9】.",
        "The mill burned down［2，3］.",
        "The mill burned down [2](https://mill.example/a)[3](https://mill.example/b).",
        "The mill burned down (2, 3).",
        "The mill burned down (2)(3).",
        "The mill burned down (source 2, source 3).",
        "The mill burned down [^2][^3].\n\n[^2]: The Packet\n[^3]: Hill News",
    ],
)
def test_every_dialect_is_read(reply: str) -> None:
    assert [told[:2] for told in marked_sentences(as_markers(reply, 5))] == [(f"{TOLD}.", (2, 3))]


@pytest.mark.parametrize(
    ("reply", "read"),
    [
        ("He left. [1] She stayed. [2]", [("He left.", (1,)), ("She stayed.", (2,))]),
        ("“He left.” [1] She stayed [2].", [("“He left.”", (1,)), ("She stayed.", (2,))]),
        ("Mara Quill (41) left [1].", [("Mara Quill (41) left.", (1,))]),
        ("It happened in the spring (2019).", [("It happened in the spring (2019).", ())]),
        ("Ada (3) and Bo (5) won [1].", [("Ada (3) and Bo (5) won.", (1,))]),
        ("They won (7).", [("They won (7).", ())]),
        ("The list [sic] grew [1].", [("The list [sic] grew.", (1,))]),
        ("He wrote “[we] won in [2019]” [1].", [("He wrote “[we] won in [2019]”.", (1,))]),
    ],
    ids=["behind", "behind a quote", "age", "year", "places", "unknown number", "sic", "year in brackets"],
)
def test_what_is_no_marker_stays(reply: str, read: list[tuple[str, tuple[int, ...]]]) -> None:
    assert [told[:2] for told in marked_sentences(as_markers(reply, 5))] == read


@pytest.mark.parametrize(
    "reply",
    [
        "The mill burned down [1].",
        "<think>Is it so?\nIt is.</think>\nThe mill burned down [1].",
        "<Thinking>NOT IN CORPUS?</Thinking>The mill burned down [1].",
        "Is it so? It is.\n</think>\n\nThe mill burned down [1].",
        "```\nThe mill burned down [1].\n```",
        "```markdown\nThe mill burned down [1].\n```\n",
        "<answer>The mill burned down [1].</answer>",
        "- The mill burned down [1].",
        "1. **The mill burned down** [1].",
        "The mill burned down [1].\n<think>Shall I say more",
    ],
)
def test_the_form_around_an_answer_is_taken_off(reply: str) -> None:
    assert answer_of(reply) == "The mill burned down [1]."


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        ("NOT IN CORPUS", True),
        ("“Not in corpus.”", True),
        ("NOT  IN\nCORPUS!", True),
        ("NOT IN CORPUS, but passage 1 tells it [1].", False),
        ("The mill is not in corpus.", False),
        ("", False),
    ],
)
def test_only_the_whole_reply_refuses(answer: str, refused: bool) -> None:
    assert is_refusal(answer, "NOT IN CORPUS") is refused


@given(st.text(max_size=300), st.integers(0, 12))
def test_any_reply_can_be_read(reply: str, known: int) -> None:
    for text, numbers, _ in marked_sentences(as_markers(answer_of(reply), known)):
        assert text and len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("piece", ["<think>", "[", "[1", "[ID:", "```", "**", "(1", "†", "1, ", "【1†"])
def test_a_long_reply_of_opened_marks_is_read_soon(piece: str) -> None:
    as_markers(answer_of(piece * 20_000), 5)
