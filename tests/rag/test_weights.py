"""Numbers that can be tuned stand in frozen values, each is used, and what is passed in is what counts."""

import re
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from pathlib import Path

import pytest

from rag.answering.weights import AnswerWeights
from rag.config import Config
from rag.pipeline import Pipeline
from rag.search.weights import SearchWeights

RAG = Path(__file__).resolve().parents[2] / "rag"
STAGES = (SearchWeights(), AnswerWeights())
FINCH = "Why did Mayor Finch resign?"


def numbers(weights: object) -> Iterator[tuple[object, str]]:
    """Yield the names of all numbers, those of the values within included, each with what holds it."""
    assert is_dataclass(weights)
    for field in fields(weights):
        held = getattr(weights, field.name)
        if is_dataclass(held):
            yield from numbers(held)
        else:
            yield weights, field.name


EVERY = [found for stage in STAGES for found in numbers(stage)]


@pytest.mark.parametrize(("holder", "name"), EVERY, ids=[f"{type(holder).__name__}.{name}" for holder, name in EVERY])
def test_each_is_a_number_that_is_used_and_cannot_be_patched(holder: object, name: str) -> None:
    assert isinstance(getattr(holder, name), int | float)
    used = re.compile(rf"(?:\bby|weights|question|words|rank|polarity|evidence|_searching|_answering)\.{name}\b")
    assert any(used.search(file.read_text(encoding="utf-8")) for file in RAG.rglob("*.py"))
    with pytest.raises(FrozenInstanceError):
        setattr(holder, name, 0)


def test_a_pipeline_searches_and_answers_by_what_it_is_given(stories_folder: Path) -> None:
    config = Config(data=stories_folder, embedder="stub", reader="none")
    answering = AnswerWeights()
    never = replace(answering, evidence=replace(answering.evidence, answers_from=1.1), nearest=1)
    given = Pipeline.open(config, answering=never)
    refused = given.ask(FINCH)
    given.close()
    usual = Pipeline.open(config)
    answered, found = usual.ask(FINCH), usual.find(FINCH)
    usual.close()
    assert answered.status == "answered" and refused.status == "not_in_corpus"
    assert [len(note.data["articles"]) for note in refused.notes if note.kind == "nearest"] == [1]
    plain = Pipeline.open(config, searching=replace(SearchWeights(), lead=0, recency=0, fresh=0))
    lower = plain.find(FINCH)
    plain.close()
    assert max(hit.score for hit in lower.hits) < max(hit.score for hit in found.hits)
