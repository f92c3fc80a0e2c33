"""Ingest: the same again changes nothing, everything is counted, and an interruption leaves a whole archive."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.archive.index import Archive
from rag.archive.ingest import IngestReport, ingest
from rag.archive.lock import writer_lock
from rag.config import Config
from rag.errors import ArchiveError, EmbedderMismatch, LockedError
from rag.noted import Noted
from rag.pipeline import Pipeline
from rag.types import Article, Skipped

MakeArticle = Callable[..., Article]


@dataclass(frozen=True)
class Item:
    """An article as `corpus` hands it over."""

    article: Article
    unreadable_date: str | None = None
    done: float = 0.5


def items(articles: Iterable[Article | Skipped]) -> list[Item | Skipped]:
    return [each if isinstance(each, Skipped) else Item(each) for each in articles]


def counts(summary: IngestReport) -> tuple[int, int, int]:
    return summary.added, summary.changed, summary.unchanged


def held(config: Config) -> dict[str, str]:
    """Return id → text of what a search finds, after checking that the indexes agree with the catalog."""
    archive = Archive.open(config)
    try:
        indexes = archive.indexes()
        assert indexes.generation == archive.catalog.generation
        assert indexes.lexical.count() == indexes.vectors.count() == archive.catalog.passage_count()
        found = {}
        for page in archive.catalog.added_since(-1):
            for _, article in archive.catalog.passages([entry.key for entry in page]).values():
                found[article.id] = article.text
        return found
    finally:
        archive.close()


def test_articles_are_in_and_can_be_asked_for(config: Config, stories: tuple[Article, ...]) -> None:
    summary = ingest(config, items(stories))
    assert counts(summary) == (8, 0, 0)
    assert summary.articles == 8 and summary.passages >= 8 and not summary.interrupted
    assert held(config) == {story.id: story.text for story in stories}
    pipeline = Pipeline.open(config)
    assert "rejected his budget" in pipeline.ask("Why did Mayor Finch resign?").text
    pipeline.close()


def test_the_same_again_changes_nothing(config: Config, stories: tuple[Article, ...]) -> None:
    ingest(config, items(stories))
    archive = Archive.open(config)
    before = archive.catalog.generation
    again = ingest(config, items(stories))
    assert (counts(again), again.passages, again.articles) == ((0, 0, 8), 0, 8)
    assert archive.catalog.generation == before
    archive.close()


def test_a_changed_article_takes_the_place_of_the_old_one(config: Config, article: MakeArticle) -> None:
    ingest(config, items([article("a", "The ferry sank."), article("b", "Rain fell.")]))
    summary = ingest(config, items([article("a", "The ferry was raised."), article("b", "Rain fell.")]))
    assert counts(summary) == (0, 1, 1)
    assert held(config) == {"a": "The ferry was raised.", "b": "Rain fell."}
    pipeline = Pipeline.open(config)
    changed = pipeline.article("a")
    pipeline.close()
    assert changed is not None and changed.version == 2


def test_one_id_twice_in_one_ingest_ends_with_the_last(config: Config, article: MakeArticle) -> None:
    summary = ingest(config, items([article("a", "First."), article("a", "Second."), article("a", "Second.")]))
    assert counts(summary) == (1, 0, 0)
    assert summary.replaced.first == ["https://news.example/a"], "nothing is lost in silence"
    assert held(config) == {"a": "Second."}


def test_the_same_text_twice_is_one_article(config: Config, article: MakeArticle) -> None:
    summary = ingest(config, items([article("a", "First.", published_at=None)] * 2))
    assert (counts(summary), summary.articles, summary.undated, summary.replaced.count) == ((1, 0, 0), 1, 1, 0)


def test_what_is_skipped_undated_or_unreadable_is_counted(config: Config, article: MakeArticle) -> None:
    bad = [Skipped("x.jsonl", 3, "is not JSON"), Skipped("y.html", None, "has no text")]
    undated = article("b", "Rain fell.", published_at=None)
    given = [bad[0], Item(article("a")), bad[1], Item(undated), Item(replace(undated, id="c"), "the 3rd")]
    summary = ingest(config, given)
    assert (summary.skipped.first, summary.undated, summary.unreadable_dates) == (bad, 2, 1)
    assert counts(summary) == (3, 0, 0)


@pytest.mark.parametrize("given", [[], [Skipped("x", 1, "is not JSON")]], ids=["nothing", "only skipped"])
def test_an_ingest_without_articles_leaves_an_empty_archive(config: Config, given: list[Skipped]) -> None:
    summary = ingest(config, given)
    assert (summary.articles, summary.skipped.count) == (0, len(given))
    assert held(config) == {}


def test_progress_is_told(config: Config, stories: tuple[Article, ...]) -> None:
    seen: list[tuple[int, float]] = []
    given = [Item(story, done=n / 8) for n, story in enumerate(stories, 1)]
    ingest(config, given, on_progress=lambda summary: seen.append((summary.articles, summary.done)))
    assert [articles for articles, _ in seen] == list(range(1, 9))
    assert seen[-1] == (8, 1.0)


def test_ctrl_c_leaves_an_archive_that_can_be_searched_and_the_next_ingest_completes_it(
    config: Config, article: MakeArticle
) -> None:
    articles = [article(f"a{n}", f"Story {n}. " + " ".join(f"word{n}x{i}." for i in range(150))) for n in range(700)]

    def cut() -> Iterator[Item]:
        for n, each in enumerate(articles):
            if n == 400:
                raise KeyboardInterrupt
            yield Item(each)

    summary = ingest(config, cut())
    assert summary.interrupted
    assert 0 < summary.added <= 400
    found = held(config)
    assert len(found) == summary.added
    assert found.items() <= {each.id: each.text for each in articles}.items()
    pipeline = Pipeline.open(config)
    assert pipeline.search("word0x1")[0].article.id == "a0"
    pipeline.close()
    again = ingest(config, items(articles))
    assert not again.interrupted
    assert counts(again) == (700 - summary.added, 0, summary.added)
    assert held(config) == {each.id: each.text for each in articles}


def test_ctrl_c_before_anything_leaves_an_empty_archive(config: Config) -> None:
    def cut() -> Iterator[Item]:
        raise KeyboardInterrupt
        yield

    summary = ingest(config, cut())
    assert (summary.interrupted, summary.articles) == (True, 0)
    assert held(config) == {}


def test_an_error_while_reading_lets_go_of_the_archive(config: Config, article: MakeArticle) -> None:
    def broken() -> Iterator[Item]:
        yield Item(article("a", "The ferry sank."))
        raise RuntimeError("the disk caught fire")

    with pytest.raises(RuntimeError, match="caught fire"):
        ingest(config, broken())
    assert ingest(config, items([article("a", "The ferry sank.")])).articles == 1
    assert held(config) == {"a": "The ferry sank."}


def test_two_writers_are_one_too_many(config: Config) -> None:
    with writer_lock(config.data, doing="ingest"), pytest.raises(LockedError):
        ingest(config, [])


def test_another_embedder_is_refused(config: Config, article: MakeArticle) -> None:
    ingest(config, items([article("a")]))
    with pytest.raises(EmbedderMismatch) as error:
        ingest(replace(config, embedder="all-MiniLM-L6-v2"), items([article("b", "Rain.")]))
    assert isinstance(error.value, ArchiveError)
    assert list(held(config)) == ["a"]


@settings(max_examples=12)
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from("abc"), st.text(min_size=1, max_size=20).filter(str.strip)), max_size=4),
        max_size=3,
    )
)
def test_any_ingests_end_with_the_last_text_of_each_id(
    tmp_path_factory: pytest.TempPathFactory, article: MakeArticle, rounds: list[list[tuple[str, str]]]
) -> None:
    config = Config(data=tmp_path_factory.mktemp("any") / "data", embedder="stub")
    wanted: dict[str, str] = {}
    for texts in rounds:
        summary = ingest(config, items([article(name, text) for name, text in texts]))
        assert summary.articles == len(dict(texts))
        assert summary.replaced.count <= len(texts) - summary.articles
        wanted |= dict(texts)
    if rounds:
        assert held(config) == wanted


def test_however_much_is_skipped_or_replaced_the_first_are_kept_and_all_counted(
    config: Config, article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Noted, "MOST", 3)
    bad = [Skipped("x.jsonl", n, "is not JSON") for n in range(1, 51)]
    texts = [article("a", f"Text {n}.") for n in range(6)]
    report = ingest(config, items([*bad, *texts]))
    assert (report.skipped.first, report.skipped.last, report.skipped.count) == (bad[:3], bad[-1], 50)
    assert (len(report.replaced.first), report.replaced.count) == (3, 5)
    archive = Archive.open(config)
    assert archive.catalog._db.execute("SELECT skipped FROM runs").fetchone() == (50,)
    archive.close()


def test_a_date_that_cannot_be_read_is_counted_once_for_each_article(config: Config, article: MakeArticle) -> None:
    undated = [article(f"a{n}", f"Text {n}.", published_at=None) for n in range(3)]
    given = [Item(each, "the 3rd") for each in [*undated, *undated]]
    report = ingest(config, [*given, Item(article("b", "Dated otherwise.", published_at=None))])
    assert (report.articles, report.undated, report.unreadable_dates) == (4, 4, 3)
