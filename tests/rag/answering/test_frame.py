"""Sentences without the words that say where they were read, and the passages that these leave."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from rag.answering.frame import framed
from rag.types import Article, Chunk, Hit

MakeArticle = Callable[..., Article]


@pytest.fixture(scope="module")
def hits(article: MakeArticle) -> list[Hit]:
    rows = [("The Marl Post", 3), ("The Marl Post", 9), ("Hill News - Daily", 9)]
    found = []
    for n, (source, day) in enumerate(rows, 1):
        each = article(f"a{n}", "The mill closed.", source=source, published_at=datetime(2024, 5, day, tzinfo=UTC))
        found.append(Hit(Chunk(each.id, each.id, 0, 16, each.text), each, 1.0, n, {}))
    return found


@pytest.mark.parametrize(
    ("text", "core", "left"),
    [
        ("The mill closed.", "The mill closed.", [1, 2, 3]),
        ("The Marl Post reports that the mill closed.", "The mill closed.", [1, 2]),
        ("The Post also said only that the mill closed.", "The mill closed.", [1, 2]),
        ("Hill News reported on May 9 that the mill closed.", "The mill closed.", [3]),
        ("According to The Marl Post, the mill closed.", "The mill closed.", [1, 2]),
        ("The mill closed, according to a report in Hill News.", "The mill closed.", [3]),
        ("The mill closed, it said.", "The mill closed.", [1, 2, 3]),
        ("The May 3 report said the mill closed.", "The mill closed.", [1]),
        ("On May 4 the Marl Post said the mill closed.", "The mill closed.", []),
        ("The Marl Post wrote before the vote that the mill closed.", "The mill closed before the vote.", [1, 2]),
        ("Ada Fenn told Hill News that the mill closed.", "Ada Fenn said that the mill closed.", [1, 2, 3]),
        ("Ada Fenn said that the mill closed.", "Ada Fenn said that the mill closed.", [1, 2, 3]),
        ("It closed.", "It closed.", [1, 2, 3]),
        ("", "", [1, 2, 3]),
    ],
)
def test_what_is_said_is_told_from_where_it_was_read(hits: list[Hit], text: str, core: str, left: list[int]) -> None:
    found = framed(text, hits)
    assert (found.core, [hit.rank for hit in found.hits]) == (core, left)


def test_without_passages_nothing_is_known_of_outlets() -> None:
    assert framed("The Marl Post reports that the mill closed.", []).hits == ()
