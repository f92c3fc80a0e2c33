"""An answer as it was given, by its link: what is shown of it, and what has become of what it cites."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from rag.archive.index import Archive
from rag.archive.kept import CitedThen, KeptAnswer
from rag.archive.lock import writer_lock
from rag.archive.rows import Selection
from rag.errors import NotFound
from rag.pipeline import Pipeline
from rag.records import answer_json, filters_json
from rag.types import Article, Filters
from tests.web.test_page import QUOTE, TEXT, Stub, answer
from web.asking import PageQuestion
from web.given import link_to, show_given
from web.last import GivenAnswer, LastAnswers
from web.service import Service

AT = datetime(2025, 3, 4, 9, tzinfo=UTC)
LINK = "by-nobody-guessed"


def kept(since: Any = None, notice: str | None = None, *, version: int = 1, **changed: Any) -> KeptAnswer:
    told = answer_json(answer()) | {
        "filters": filters_json(Filters(date(2025, 1, 2), date(2025, 2, 1)), date(2025, 2, 1))
    }
    cited = (CitedThen("a1", version, "Bridge <b>shut</b>", since, notice),)
    return replace(KeptAnswer(1, AT, date(2025, 2, 1), "When?", told, cited, LINK), **changed)


def shown(found: KeptAnswer, *articles: Article, given: LastAnswers | None = None) -> tuple[Any, str, str]:
    def find(link: str) -> KeptAnswer:
        if link != LINK:
            raise NotFound("no answer is kept under this link")
        return found

    held = articles or (answer().hits[0].article,)
    return show_given(Stub(answer(), *held), given or LastAnswers(), find, LINK, "n1")


def test_an_answer_is_shown_as_it_was_given() -> None:
    what, told, proof = shown(kept())
    assert (what.question, what.first, what.last, what.as_of) == ("When?", "2025-01-02", "", "2025-02-01")
    assert "as it was given on" in told and "4 March 2025" in told and "are as they were" in told
    assert (
        'data-href="?answer=by-nobody-guessed"' in told and 'data-ask="n1"' in told and "as of 1 February 2025" in told
    )
    assert 'href="?q=When%3F&amp;from=2025-01-02&amp;as_of=2025-02-01">Ask it again now' in told
    assert f"<mark>{QUOTE}</mark>" in proof and 'data-take="given"' in told and "Searched" not in told


def test_what_has_become_of_its_articles_is_said_and_the_quote_stays() -> None:
    now = Article("a1", None, "T", "S", "Another text.", "h2", version=2)
    # The stub's archive has version 1 with another text: what was quoted is not there word for word any more.
    assert "was answered on" in shown(kept("changed"), now)[1] and QUOTE not in shown(kept("changed"), now)[1]
    same = replace(now, text=TEXT)
    _, told, proof = shown(kept("corrected", "The year was <1930>.", version=2), same)
    assert "was corrected since: The year was &lt;1930&gt;." in told and QUOTE in proof
    assert 'data-open="a1">Bridge &lt;b&gt;shut&lt;/b&gt;</a>' in told


def test_what_was_removed_is_not_shown_and_the_question_can_be_asked_again() -> None:
    _, told, proof = shown(kept("removed", answer=None))
    assert "was removed from the archive since, and the answer with it" in told and proof == ""
    assert 'href="?q=When%3F">Ask it again now' in told and QUOTE not in told and 'role="alert"' in told


def test_a_stale_link_and_a_damaged_answer_are_told() -> None:
    def find(link: str) -> KeptAnswer:
        raise NotFound("no answer is kept under this link; ask again")

    for where, why in ((find, "No answer is kept under this link"), (None, "No answers are kept here")):
        _, told, proof = show_given(Stub(answer()), LastAnswers(), where, "?", "n1")
        assert why in told and 'data-ask="n1"' in told and proof == ""
    assert "was answered on" in shown(kept(answer={"citations": 3}))[1]


def test_only_what_is_kept_has_a_link() -> None:
    given = LastAnswers()
    bare, linked = (given.keep(GivenAnswer(answer(link=link), Filters())) for link in (None, LINK))
    assert "is not kept" in link_to(given, lambda _: kept(), bare)["error"]
    assert link_to(given, lambda _: kept(), linked) == {"text": f"?answer={LINK}"}
    assert "is not kept" in link_to(given, None, linked)["error"]


def test_over_a_real_archive_the_text_that_was_quoted_is_found_again(
    config: Any, stories_folder: Path, article: Any, store: Any
) -> None:
    shutil.copytree(stories_folder, config.data)
    with (
        closing(Pipeline.open(replace(config, reader="none"))) as pipeline,
        closing(Service(pipeline, config)) as service,
    ):

        def now(link: str | None) -> tuple[PageQuestion, str, str]:
            assert link
            return show_given(service.queued, LastAnswers(), service.given, link, "n1")

        refused = service.queued.ask("Who won the World Cup?")
        assert refused.status == "not_in_corpus" and refused.hits
        _, told, proof = now(refused.link)
        assert "as it was given on" in told and "dl-refused" in told and "The nearest articles" in proof

        given = service.queued.ask("Why did Mayor Finch resign?", asked=date(2026, 1, 2))
        cited, quote = given.citations[0].article_id, given.citations[0].quote
        what, told, proof = now(given.link)
        assert what.as_of == "2026-01-02" and "are as they were" in told and f"<mark>{quote[:9]}" in proof
        store(config, article(cited, "Mayor Finch resigned. Correction: he was not ill.", title="Mayor Finch resigns"))
        _, told, proof = now(given.link)
        assert f"<mark>{quote[:9]}" in proof and "was corrected since" in told and "Correction: he was not ill" in told
        with writer_lock(config.data, doing="remove"), closing(Archive.open(config, write=True)) as writer:
            writer.remove(Selection(names=(cited,)))
        _, told, proof = now(given.link)
        assert "was removed from the archive since" in told and quote not in told + proof
        with pytest.raises(NotFound, match="no answer is kept under this link"):
            service.given("cut-off")
