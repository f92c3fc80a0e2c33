"""Hits in a cross-encoder's order, with a tiny one made here."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag.answer import Pipeline
from rag.config import Config
from rag.convert import model_folder
from rag.errors import ModelError
from rag.rerank import CrossEncoderReranker
from rag.types import Article, Chunk, Hit

MakeArticle = Callable[..., Article]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], str]:
    """Return a function that makes a cross-encoder with random weights and so many scores; it returns its folder."""

    def make(scores: int) -> str:
        import torch
        from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

        torch.manual_seed(1)
        size: dict[str, Any] = {
            "hidden_size": 16,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "intermediate_size": 16,
        }
        model = BertForSequenceClassification(BertConfig(vocab_size=30_522, num_labels=scores, **size))
        folder = tmp_path_factory.mktemp("cross-encoder")
        model.save_pretrained(folder)
        AutoTokenizer.from_pretrained(str(model_folder())).save_pretrained(folder)
        return str(folder)

    return make


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


def test_the_order_is_the_models(tiny: Callable[[int], str], hits: list[Hit]) -> None:
    from sentence_transformers import CrossEncoder

    folder = tiny(1)
    pairs = [("Who resigned?", f"{hit.article.title}\n{hit.chunk.text}") for hit in hits]
    scores = CrossEncoder(folder).predict(pairs).tolist()
    best = sorted(range(4), key=lambda n: -scores[n])
    found = CrossEncoderReranker(folder).rerank("Who resigned?", hits, 3)
    assert [hit.chunk.id for hit in found] == [hits[n].chunk.id for n in best[:3]]
    assert [hit.rank for hit in found] == [1, 2, 3]
    assert [hit.score for hit in found] == pytest.approx([scores[n] for n in best[:3]], abs=1e-5)
    assert all(replace(hit, rank=0, score=0.0) in [replace(each, rank=0, score=0.0) for each in hits] for hit in found)


def test_nothing_found_is_nothing_reranked(tiny: Callable[[int], str]) -> None:
    assert CrossEncoderReranker(tiny(1)).rerank("Who resigned?", [], 3) == []


def test_a_model_of_several_scores_is_refused(tiny: Callable[[int], str]) -> None:
    with pytest.raises(ModelError, match=r"gives 3 scores a pair; name one that gives 1$"):
        CrossEncoderReranker(tiny(3))


def test_no_such_model(tmp_path: Path) -> None:
    with pytest.raises(
        ModelError, match=r"^can't load the reranker .*; give a sentence-transformers CrossEncoder's name"
    ):
        CrossEncoderReranker(str(tmp_path / "nothing"))


def test_the_pipeline_reads_more_and_shows_k(stories_folder: Path, tiny: Callable[[int], str]) -> None:
    pipeline = Pipeline.open(Config(data=stories_folder, embedder="stub", reranker=tiny(1), k=2))
    found = pipeline.find("Why did Mayor Finch resign?")
    assert [hit.rank for hit in found.hits] == [1, 2]
    assert found.timings["rerank"] > 0
    assert found.hits[0].score >= found.hits[1].score
    pipeline.close()
