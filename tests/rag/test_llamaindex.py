"""Dateline inside a llama-index pipeline: nodes whose text stands where their metadata says."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from llama_index.core.schema import MetadataMode, NodeWithScore

from rag.config import Config
from rag.errors import UsageError
from rag.llamaindex import DatelineRetriever
from rag.pipeline import Pipeline
from rag.types import Filters

ASKED = date(2024, 12, 1)


@pytest.fixture(scope="module")
def pipeline(stories_folder: Path) -> Iterator[Pipeline]:
    opened = Pipeline.open(Config(data=stories_folder, embedder="stub"))
    yield opened
    opened.close()


@pytest.mark.parametrize("question", ["Why did Mayor Finch resign?", "Orrismouth", "battery plant", "🚢"])
def test_a_node_says_where_in_which_article_it_stands(pipeline: Pipeline, question: str) -> None:
    nodes = DatelineRetriever(pipeline, asked=ASKED).retrieve(question)
    assert nodes
    for each in nodes:
        assert isinstance(each, NodeWithScore)
        article = pipeline.article(each.metadata["article_id"])
        assert article is not None
        assert article.text[each.node.start_char_idx : each.node.end_char_idx] == each.text
        assert (each.metadata["title"], each.metadata["source"]) == (article.title, article.source)
        assert each.metadata["article_url"] == article.url
        assert set(each.metadata["found_by"]) <= {"lexical", "dense"}


def test_nodes_are_the_hits_in_their_order(pipeline: Pipeline) -> None:
    hits = pipeline.search("Orrismouth", k=4, asked=ASKED)
    nodes = DatelineRetriever(pipeline, k=4, asked=ASKED).retrieve("Orrismouth")
    assert [(node.node_id, node.score) for node in nodes] == [(hit.chunk.id, hit.score) for hit in hits]
    assert len(nodes) == 4


def test_filters_hold(pipeline: Pipeline) -> None:
    filters = Filters(outlets=("The Beacon",), date_from=date(2024, 5, 1))
    nodes = DatelineRetriever(pipeline, filters=filters).retrieve("Orrismouth mayor")
    assert {node.metadata["article_id"] for node in nodes} == {"mayor-quits"}


def test_an_undated_article_has_no_date(pipeline: Pipeline) -> None:
    nodes = DatelineRetriever(pipeline).retrieve("lighthouse granite")
    days = {node.metadata["article_id"]: node.metadata["published_at"] for node in nodes}
    assert days["undated"] is None
    assert all(day.startswith("2024-") for name, day in days.items() if name != "undated")


def test_embedders_and_models_read_the_headline_not_the_addresses(pipeline: Pipeline) -> None:
    [node] = DatelineRetriever(pipeline, k=1).retrieve("Mayor Finch resigned")
    for mode in (MetadataMode.EMBED, MetadataMode.LLM):
        told = node.get_content(mode)
        assert "Mayor Finch resigns" in told and "The Beacon" in told
        assert "news.example" not in told and "found_by" not in told


def test_an_empty_question_is_an_error(pipeline: Pipeline) -> None:
    with pytest.raises(UsageError):
        DatelineRetriever(pipeline).retrieve("  ")
