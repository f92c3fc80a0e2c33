"""Hits in a cross-encoder's order, with a tiny one made here."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rag.config import Config
from rag.errors import ModelError
from rag.pipeline import Pipeline
from rag.search.rerank import CrossEncoderReranker, ReadingReranker
from rag.types import Article, Chunk, Hit, Part, Plan, Reads

MakeArticle = Callable[..., Article]


@pytest.fixture
def hits(article: MakeArticle) -> list[Hit]:
    texts = [
        "The ferry sank.",
        "The mayor resigned on Monday.",
        "A storm came.",
        "Nobody was hurt in the storm at all.",
    ]
    return [
        Hit(Chunk(f"c{n}", f"a{n}", 0, len(text), text), article(f"a{n}", text), 1 / n, n, {"lexical": n})
        for n, text in enumerate(texts, 1)
    ]


class Scripted:
    """A model that says what it is told to."""

    def __init__(self, *said: float) -> None:
        self.said = said

    def predict(self, pairs: list[tuple[str, str]], **_: object) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        assert len(pairs) == len(self.said)
        return np.array(self.said)


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ((0.9, 0.1, 0.1, 0.1), [0, 1, 2, 3]),
        ((0.1, 0.1, 0.9, 0.1), [0, 2, 1, 3]),
        ((-4.0, -4.0, -4.0, 4.0), [0, 1, 3, 2]),
        ((0.2, 0.2, 0.2, 0.2), [0, 1, 2, 3]),
        ((0.1, 0.9, 0.1, 0.1), [1, 0, 2, 3]),
    ],
    ids=["agrees", "third is best", "last is best, in logits", "says nothing", "second is best"],
)
def test_the_model_has_a_say_and_not_the_last_word(
    cross_encoder: Callable[..., str], hits: list[Hit], said: tuple[float, ...], order: list[int]
) -> None:
    reranker = CrossEncoderReranker(cross_encoder("score"))
    reranker._model = Scripted(*said)
    found = reranker.rerank(Plan("Who resigned?"), hits, 4)
    assert [hit.chunk.id for hit in found] == [hits[n].chunk.id for n in order]
    assert [hit.rank for hit in found] == [1, 2, 3, 4]
    assert all(0 <= hit.score <= 1.5 for hit in found)


def test_the_models_scores_are_in_the_order(cross_encoder: Callable[..., str], hits: list[Hit]) -> None:
    from sentence_transformers import CrossEncoder

    folder = cross_encoder("score")
    pairs = [("Who resigned?", f"{hit.article.title}\n{hit.chunk.text}") for hit in hits]
    said = CrossEncoder(folder).predict(pairs)
    place = np.array([1, 0.75, 0.5, 0.25])
    expected = place + 0.5 * (said - said.min()) / (said.max() - said.min())
    found = CrossEncoderReranker(folder).rerank(Plan("Who resigned?"), hits, 3)
    assert [hit.score for hit in found] == pytest.approx(sorted(expected, reverse=True)[:3], abs=1e-4)
    assert all(replace(hit, rank=0, score=0.0) in [replace(each, rank=0, score=0.0) for each in hits] for hit in found)


def test_a_passage_that_answers_moves_up(hits: list[Hit], sure_of: Callable[[str], Reads]) -> None:
    found = ReadingReranker(sure_of("storm")).rerank(Plan("What came?"), hits, 3)
    assert [hit.chunk.id for hit in found] == ["c3", "c4", "c1"]
    assert [hit.rank for hit in found] == [1, 2, 3]


def test_the_order_stays_where_no_passage_answers_whole(hits: list[Hit], sure_of: Callable[[str], Reads]) -> None:
    plan = Plan("What did the Lamp and the Packet write?", (Part("the Lamp", ()), Part("the Packet", ())))
    assert ReadingReranker(sure_of("storm")).rerank(plan, hits, 3) == hits[:3]
    assert ReadingReranker(sure_of("storm")).rerank(Plan("What came?"), [], 3) == []


def test_nothing_found_is_nothing_reranked(cross_encoder: Callable[..., str]) -> None:
    assert CrossEncoderReranker(cross_encoder("score")).rerank(Plan("Who resigned?"), [], 3) == []


def test_a_model_of_several_scores_is_refused(cross_encoder: Callable[..., str]) -> None:
    with pytest.raises(ModelError, match=r"gives 3 scores a pair; name one that gives 1$"):
        CrossEncoderReranker(cross_encoder("a", "b", "c"))


def test_no_such_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"^there is no folder .* to load the reranker from; check the path"):
        CrossEncoderReranker(str(tmp_path / "nothing"))
    with pytest.raises(ModelError, match=r"^the reranker no/model is not on this machine; run `dateline models fetch"):
        CrossEncoderReranker("model:no/model")


def test_the_pipeline_reads_more_and_shows_k(stories_folder: Path, cross_encoder: Callable[..., str]) -> None:
    pipeline = Pipeline.open(
        Config(data=stories_folder, embedder="stub", reranker=f"model:{cross_encoder('score')}", k=2)
    )
    found = pipeline.find("Why did Mayor Finch resign?")
    assert [hit.rank for hit in found.hits] == [1, 2]
    assert found.timings["rerank"] > 0
    assert found.hits[0].score >= found.hits[1].score
    pipeline.close()
