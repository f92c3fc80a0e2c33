"""The nouns: frozen, slotted, and honest about what is unknown."""

import dataclasses
from collections.abc import Callable
from datetime import date

import pytest

from rag import types
from rag.text.embed import StubEmbedder
from rag.types import Article, Chunk, Filters, Skipped

NOUNS = [noun for noun in vars(types).values() if dataclasses.is_dataclass(noun) and isinstance(noun, type)]


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: noun.__name__)
def test_a_noun_is_frozen_and_slotted(noun: type) -> None:
    assert noun.__dataclass_params__.frozen
    assert "__slots__" in vars(noun)


def test_a_frozen_value_refuses_change() -> None:
    chunk = Chunk("c1", "a1", 0, 4, "Text")
    with pytest.raises(dataclasses.FrozenInstanceError):
        chunk.text = "Other"


def test_what_nobody_says_is_unknown_not_now() -> None:
    article = Article(id="a", url=None, title="", source="", text="", content_hash="h")
    assert article.published_at is None is article.updated_at
    assert (article.version, article.gone, article.corrected) == (1, False, False)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        pytest.param(Filters(), False, id="nothing"),
        pytest.param(Filters(date_from=date(2024, 1, 1)), True, id="from"),
        pytest.param(Filters(date_to=date(2024, 1, 1)), True, id="to"),
        pytest.param(Filters(outlets=("The Beacon",)), True, id="outlet"),
    ],
)
def test_filters_are_true_when_they_restrict(filters: Filters, expected: bool) -> None:
    assert bool(filters) is expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(7, "news.jsonl, line 7: is not JSON", id="a line"),
        pytest.param(None, "news.jsonl: is not JSON", id="a whole file"),
    ],
)
def test_what_was_skipped_says_where_and_why(line: int | None, expected: str) -> None:
    assert str(Skipped("news.jsonl", line, "is not JSON")) == expected


def test_the_fake_embedder_is_an_embedder() -> None:
    embed: Callable[[], types.Embedder] = StubEmbedder
    embedder = embed()
    assert embedder.embed(["one"]).shape == (1, embedder.dim)
    assert embedder.count_tokens(["one two"]) == [2]
