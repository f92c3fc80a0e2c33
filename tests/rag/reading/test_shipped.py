"""What a program calls reads with the reader that the settings name, unless another is given."""

from collections.abc import Callable, Sequence

import pytest

from rag.reading import rank, shipped, verify
from rag.text.embed import StubEmbedder
from rag.types import Reads

TOLD = ["The pier closed on Monday.", "A diver found rust."]


class Believes:
    """A reader that believes everything, or nothing."""

    def __init__(self, chance: float) -> None:
        self.chance = chance

    def supports(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        return [self.chance] * len(pairs)


def test_another_reader_is_taken_where_one_is_given(sure_of: Callable[[str], Reads]) -> None:
    claim, source = "Rust was come upon by a diver.", "A diver found rust."
    assert shipped.support(claim, source, reader=Believes(0.99)).verdict == "supported"
    assert shipped.support(claim, source, reader=Believes(0.01)).verdict == "unsupported"
    assert shipped.support(claim, source, reader=None) == verify.check(claim, source)[0]
    scores = shipped.rank_sentences("Who?", TOLD, embedder=StubEmbedder(), reader=sure_of("diver"))
    assert scores[1] > scores[0]
    alone = shipped.rank_sentences("Who?", TOLD, embedder=StubEmbedder(), reader=None)
    assert alone == rank.rank_sentences("Who?", TOLD, embedder=StubEmbedder())


def test_the_settings_name_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    shipped._reader.cache_clear()
    monkeypatch.setenv("DATELINE_READER", "none")
    assert shipped.support("A diver dived.", "A diver swam.") == verify.check("A diver dived.", "A diver swam.")[0]
    shipped._reader.cache_clear()


def test_by_default_the_shipped_one_reads() -> None:
    shipped._reader.cache_clear()
    scores = shipped.rank_sentences("Who found rust?", TOLD, embedder=StubEmbedder())
    assert scores[1] > scores[0] + 2
    assert shipped.support("A diver found rust.", "A diver did not find rust.").verdict == "unsupported"
