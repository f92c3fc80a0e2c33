"""Hits in a cross-encoder's order, with a tiny one made here."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rag.answer import Pipeline
from rag.config import Config
from rag.errors import ModelError
from rag.rerank import CrossEncoderReranker
from rag.types import Article, Chunk, Hit

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


def test_the_order_is_the_models(cross_encoder: Callable[..., str], hits: list[Hit]) -> None:
    from sentence_transformers import CrossEncoder

    folder = cross_encoder("score")
    pairs = [("Who resigned?", f"{hit.article.title}\n{hit.chunk.text}") for hit in hits]
    scores = CrossEncoder(folder).predict(pairs).tolist()
    best = sorted(range(4), key=lambda n: -scores[n])
    found = CrossEncoderReranker(folder).rerank("Who resigned?", hits, 3)
    assert [hit.chunk.id for hit in found] == [hits[n].chunk.id for n in best[:3]]
    assert [hit.rank for hit in found] == [1, 2, 3]
    assert [hit.score for hit in found] == pytest.approx([scores[n] for n in best[:3]], abs=1e-5)
    assert all(replace(hit, rank=0, score=0.0) in [replace(each, rank=0, score=0.0) for each in hits] for hit in found)


def test_nothing_found_is_nothing_reranked(cross_encoder: Callable[..., str]) -> None:
    assert CrossEncoderReranker(cross_encoder("score")).rerank("Who resigned?", [], 3) == []


def test_a_model_of_several_scores_is_refused(cross_encoder: Callable[..., str]) -> None:
    with pytest.raises(ModelError, match=r"gives 3 scores a pair; name one that gives 1$"):
        CrossEncoderReranker(cross_encoder("a", "b", "c"))


def test_no_such_model(tmp_path: Path) -> None:
    with pytest.raises(
        ModelError, match=r"^can't load the reranker .*; give a sentence-transformers CrossEncoder's name"
    ):
        CrossEncoderReranker(str(tmp_path / "nothing"))


def test_the_pipeline_reads_more_and_shows_k(stories_folder: Path, cross_encoder: Callable[..., str]) -> None:
    pipeline = Pipeline.open(Config(data=stories_folder, embedder="stub", reranker=cross_encoder("score"), k=2))
    found = pipeline.find("Why did Mayor Finch resign?")
    assert [hit.rank for hit in found.hits] == [1, 2]
    assert found.timings["rerank"] > 0
    assert found.hits[0].score >= found.hits[1].score
    pipeline.close()
