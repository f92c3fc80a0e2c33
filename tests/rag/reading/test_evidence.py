"""How much of an answer the hits hold."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.evidence import evidence
from rag.types import Article, Chunk, Hit

MakeArticle = Callable[..., Article]


def whole(article: Article, similarity: float | None = None) -> Hit:
    chunk = Chunk(f"{article.id}-c", article.id, 0, len(article.text), article.text)
    return Hit(chunk, article, 1.0, 1, {"lexical": 1}, similarity)


@pytest.mark.parametrize(
    ("similarity", "weights", "heading", "sentence", "expected"),
    [
        (1.0, {"ferri": 1.0}, 1.0, 1.0, 1.0),
        (None, {"ferri": 1.0}, 0.0, 0.0, 0.3),
        (0.9, {}, 0.9, 0.9, 0.0),
        (-1.0, {"chess": 1.0}, -1.0, -1.0, 0.0),
        (0.8, {"chess": 1.0}, 0.0, 0.0, 0.2),
        (None, {"chess": 1.0}, 0.8, 0.0, 0.3),
        (None, {"chess": 1.0}, 0.0, 0.4, 0.1),
    ],
    ids=["all", "words only", "no meaning asked for", "opposite", "passage only", "headline only", "half a sentence"],
)
def test_evidence_joins_words_and_nearness(
    article: MakeArticle,
    similarity: float | None,
    weights: dict[str, float],
    heading: float,
    sentence: float,
    expected: float,
) -> None:
    found = evidence([whole(article(), similarity=similarity)], weights, heading, sentence)
    assert found == pytest.approx(expected)


@given(
    st.none() | st.floats(-1, 1),
    st.dictionaries(st.sampled_from(["ferri", "mayor", "chess"]), st.floats(0, 12)),
    st.floats(-1, 1),
    st.floats(-1, 1),
)
def test_evidence_is_a_share(
    article: MakeArticle, similarity: float | None, weights: dict[str, float], heading: float, sentence: float
) -> None:
    assert 0 <= evidence([whole(article(), similarity)], weights, heading, sentence) <= 1
    assert evidence([], weights, heading, sentence) <= 1
