"""Dateline as a llama-index retriever: its passages as TextNodes, for anyone's llama-index pipeline.

retriever = DatelineRetriever(Pipeline.open(load()))
nodes = retriever.retrieve("Who leads the fund?")
"""

from __future__ import annotations

from datetime import date
from typing import Any

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode

from rag.pipeline import Pipeline
from rag.types import Filters, Hit


class DatelineRetriever(BaseRetriever):
    """Retrieves from an opened archive. Each node's metadata says where in which article its text stands."""

    def __init__(
        self,
        pipeline: Pipeline,
        *,
        k: int = 10,
        filters: Filters | None = None,
        asked: date | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._pipeline = pipeline
        self._k = k
        self._filters = filters
        self._asked = asked

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._pipeline.search(query_bundle.query_str, filters=self._filters, k=self._k, asked=self._asked)
        return [NodeWithScore(node=node(hit), score=hit.score) for hit in hits]


def node(hit: Hit) -> TextNode:
    """Return a hit as a TextNode; the outlet, title and date go to embedders and LLMs, the rest is for citing."""
    article, chunk = hit.article, hit.chunk
    return TextNode(
        id_=chunk.id,
        text=chunk.text,
        start_char_idx=chunk.start,
        end_char_idx=chunk.end,
        metadata={
            "title": article.title,
            "source": article.source,
            "published_at": article.published_at.isoformat() if article.published_at else None,
            "article_id": article.id,
            "article_url": article.url,
            "found_by": dict(hit.found_by),
        },
        excluded_embed_metadata_keys=["article_id", "article_url", "found_by"],
        excluded_llm_metadata_keys=["article_id", "article_url", "found_by"],
    )
