"""Statements that no reason is given: so, not so, or something else."""

from collections.abc import Callable, Sequence

import pytest

from rag.answering.absent import absence
from rag.types import Article, Chunk, Hit, Reading

MakeArticle = Callable[..., Article]
WHY = "Why did the mill at Orrismouth close?"
FACT = "The mill at Orrismouth closed on Monday. It had stood for ninety years."
REASON = "The mill at Orrismouth closed because its owner ran out of money."


def hits(article: MakeArticle, text: str) -> list[Hit]:
    each = article("mill", text, title="Mill closes")
    return [Hit(Chunk("c", each.id, 0, len(text), text), each, 1.0, 1, {})]


@pytest.mark.parametrize(
    "text",
    [
        "No reason is given.",
        "No reason is given for the closure of the mill.",
        "The passages do not give a reason for the mill closing.",
        "The articles give no reason.",
        "The passages do not say why the mill closed.",
        "However, no explanation was offered.",
    ],
)
def test_it_holds_where_no_passage_states_one(article: MakeArticle, text: str) -> None:
    found = absence(text, WHY, hits(article, FACT))
    assert found and found.support.verdict == "supported"
    assert FACT[found.span.start : found.span.end] == "The mill at Orrismouth closed on Monday."
    refuted = absence(text, WHY, hits(article, REASON))
    assert refuted and refuted.support.verdict == "unsupported" and "ran out of money" in refuted.support.reason


@pytest.mark.parametrize(
    "text",
    [
        "A reason is given.",
        "No reason is given beyond a fire.",
        "No reason is given, though the owner promised one.",
        "The passages give only part of the reason.",
        "No reason is given for the sinking of the ferry Gannet.",
        "The mill closed for no reason.",
        "",
    ],
)
def test_what_says_more_or_else_is_another_claim(article: MakeArticle, text: str) -> None:
    assert absence(text, WHY, hits(article, FACT)) is None


def test_only_a_why_question_asks_for_a_reason(article: MakeArticle) -> None:
    assert absence("No reason is given.", "When did the mill close?", hits(article, FACT)) is None
    assert absence("No reason is given.", WHY, []) is None


class Reader:
    """Finds that every sentence answers with one probability."""

    def __init__(self, chance: float) -> None:
        self.chance = chance

    def answers(
        self, question: str, passages: Sequence[str], bounds: Sequence[Sequence[tuple[int, int]]] | None = None
    ) -> list[Reading]:
        return [Reading((self.chance,) * 9, (None,) * 9, self.chance) for _ in passages]


@pytest.mark.parametrize(("chance", "verdict"), [(0.9, "unsupported"), (0.1, "supported")])
def test_a_reader_tells_whether_the_reason_is_one_for_this(article: MakeArticle, chance: float, verdict: str) -> None:
    found = absence("No reason is given.", WHY, hits(article, REASON), Reader(chance))
    assert found and found.support.verdict == verdict
