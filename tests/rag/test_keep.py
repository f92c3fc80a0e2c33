"""Answers that are kept: what is found of them again, and that nobody waits for it."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pytest

from rag.archive.kept import KeptAnswers
from rag.archive.registry import PageNews, Registry
from rag.archive.rows import Selection
from rag.config import Config
from rag.errors import StorageError
from rag.keep import Keeping, keep
from rag.pipeline import Pipeline
from rag.records import answer_json, answer_of, filters_of
from rag.types import Article, Filters

Store = Callable[..., list[str]]
MakeArticle = Callable[..., Article]
QUESTION = "Why did Mayor Finch resign?"


@pytest.fixture
def pipeline(config: Config, stories_folder: Path) -> Any:
    shutil.copytree(stories_folder, config.data)
    with closing(sqlite3.connect(config.data / "catalog.sqlite3")) as catalog, catalog:
        catalog.execute("DELETE FROM answers")  # other tests ask that archive too
    opened = Pipeline.open(Config(data=config.data, embedder="stub", reader="none"))
    yield opened
    opened.close()


def kept(config: Config, **how: bool) -> list[Any]:
    answers = KeptAnswers.open(config.data, write=False)
    found = answers.answers(**how)
    assert answers.flagged() == len(answers.answers(flagged=True))
    answers.close()
    return found


def test_an_answer_is_kept_with_the_versions_that_it_cites(config: Config, pipeline: Pipeline) -> None:
    answer = pipeline.ask(QUESTION)
    assert answer.citations
    assert keep(config.data, answer, date(2024, 6, 1))
    (found,) = kept(config)
    hits = [hit.article for hit in answer.hits]
    assert answer_of(found.answer, hits).sentences == tuple(replace(each, reason="") for each in answer.sentences)
    assert answer_json(answer_of(found.answer, hits)) == answer_json(answer)
    assert (found.question, found.day, found.flagged) == (QUESTION, date(2024, 6, 1), False)
    assert found.answer["answer"] == answer.text
    assert {(each.article_id, each.version) for each in found.articles} == {(c.article_id, 1) for c in answer.citations}
    assert kept(config, flagged=True) == []


def test_an_answer_is_flagged_when_what_it_cites_is_not_as_it_was(
    config: Config, pipeline: Pipeline, store: Store, article: MakeArticle
) -> None:
    answer = pipeline.ask(QUESTION)
    cited = answer.citations[0].article_id
    keep(config.data, answer)

    def since() -> tuple[str | None, str | None]:
        (found,) = kept(config, flagged=True)
        return next((each.since, each.notice) for each in found.articles if each.article_id == cited)

    store(config, article(cited, "Mayor Tobias Finch resigned on Tuesday."))
    assert since() == ("changed", None)
    told = "Correction: he resigned on Monday."
    store(config, article(cited, f"Mayor Tobias Finch resigned. {told}"))
    assert since() == ("corrected", told)
    store(config, article(cited, f"Mayor Tobias Finch resigned at noon. {told}"))
    assert since() == ("corrected", told), "a correction is not forgotten for a later change"
    registry = Registry.open(config.data, write=True)
    source = registry.add("https://news.example/feed", every=900)
    looks: tuple[Literal["read", "missing"], ...] = ("read", "missing", "missing")
    for how in looks:
        registry.note(source, [PageNews("https://news.example/m", how, articles=(cited,))], _now())
    registry.close()
    assert since()[0] == "gone"


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime(2026, 1, 1, tzinfo=UTC)


def test_an_answer_given_after_a_correction_is_not_flagged(
    config: Config, pipeline: Pipeline, store: Store, article: MakeArticle
) -> None:
    cited = pipeline.ask(QUESTION).citations[0].article_id
    text = "Mayor Tobias Finch resigned because he was ill."
    store(config, article(cited, f"{text} Correction: not because of his budget.", title="Mayor Finch resigns"))
    answer = pipeline.ask(QUESTION)
    assert cited in {each.article_id for each in answer.citations}
    keep(config.data, answer)
    assert kept(config, flagged=True) == [] and kept(config)[0].articles[0].version in (1, 2)


def test_what_was_removed_is_quoted_by_no_answer_any_more(config: Config, pipeline: Pipeline) -> None:
    answer = pipeline.ask(QUESTION)
    keep(config.data, answer)
    from rag.archive.index import Archive
    from rag.archive.lock import writer_lock

    with writer_lock(config.data, doing="remove"):
        archive = Archive.open(Config(data=config.data, embedder="stub"), write=True)
        archive.remove(Selection(tuple({each.article_id for each in answer.citations})))
        archive.close()
    (found,) = kept(config, flagged=True)
    assert found.question == QUESTION and found.answer is None
    with closing(KeptAnswers.open(config.data, write=False)) as answers:
        assert answers.get(found.link) == found, "its link says what became of it"
    assert {each.since for each in found.articles} == {"removed"}
    for file in config.data.glob("catalog.sqlite3*"):
        assert answer.citations[0].quote.encode() not in file.read_bytes()


def test_a_refusal_is_kept_and_never_flagged(config: Config, pipeline: Pipeline) -> None:
    keep(config.data, pipeline.ask("Who won the World Cup?"))
    assert [each.flagged for each in kept(config)] == [False]


def test_an_answer_that_can_not_be_kept_is_no_trouble(
    config: Config, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answer = pipeline.ask(QUESTION)
    assert not keep(tmp_path / "nowhere", answer)
    assert not (tmp_path / "nowhere").exists(), "an answer makes no archive"

    def refuse(*_: object, **__: object) -> None:
        raise StorageError("attempt to write a readonly database")

    monkeypatch.setattr("rag.archive.kept.connect", refuse)
    assert not keep(config.data, answer)
    keeping = Keeping(pipeline, config.data)
    assert keeping.ask(QUESTION).text == answer.text
    keeping.close()


def test_a_writer_at_work_keeps_no_asker_waiting(config: Config, pipeline: Pipeline) -> None:
    writer = sqlite3.connect(config.data / "catalog.sqlite3", isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    keeping = Keeping(pipeline, config.data)
    for _ in range(2):
        keeping.ask(QUESTION)
    writer.execute("COMMIT")  # both are answered by now
    keeping.close()
    writer.close()
    assert len(kept(config)) == 2


def test_what_a_page_keeps_is_the_pipelines_own_otherwise(config: Config, pipeline: Pipeline) -> None:
    keeping = Keeping(pipeline, config.data)
    assert keeping.archive is pipeline.archive
    first = keeping.ask(QUESTION, asked=date(2024, 7, 1), filters=Filters(outlets=("Harbor News",)))
    assert first.question == QUESTION and first.link
    keeping.wait(first.link)
    with closing(KeptAnswers.open(config.data, write=False)) as answers:
        found = answers.get(first.link)
        assert answers.get("guessed") is None
    assert found and found.answer and filters_of(found.answer["filters"]) == (
        Filters(outlets=("Harbor News",)), date(2024, 7, 1),
    )  # fmt: skip
    *_, last = keeping.ask_stream(QUESTION, asked=date(2024, 7, 2))
    keeping.close()
    assert last.answer and last.answer.question == QUESTION
    days = [date(2024, 7, 2), date(2024, 7, 1)]
    assert [(each.question, each.day) for each in kept(config)] == [(QUESTION, day) for day in days]
