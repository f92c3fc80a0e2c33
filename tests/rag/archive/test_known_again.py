"""An article without an address that changed is the same article; two that stand beside each other stay two."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

import corpus
from rag.archive.index import Archive
from rag.archive.ingest import IngestReport, ingest
from rag.config import Config
from rag.pipeline import Pipeline
from rag.types import Skipped

Write = Callable[..., Path]
HEAD = "---\ntitle: Bridge closes\nsource: Valley Post\ndate: 2023-08-14\n---\n"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes a file in a folder of the test's own."""

    def to(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return to


def read(config: Config, *paths: Path) -> IngestReport:
    return ingest(config, corpus.articles(paths))


def counts(summary: IngestReport) -> tuple[int, int, int]:
    return summary.added, summary.changed, summary.unchanged


def texts(config: Config) -> dict[str, str]:
    archive = Archive.open(config)
    found = {article.id: article.text.strip() for article in archive.catalog.articles()}
    assert archive.indexes().lexical.count() == archive.indexes().vectors.count() == archive.catalog.passage_count()
    archive.close()
    return found


def versions(config: Config) -> list[str]:
    archive = Archive.open(config)
    rows = archive.catalog._db.execute("SELECT text FROM versions ORDER BY article_id, version").fetchall()
    archive.close()
    return [text.strip() for (text,) in rows]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(HEAD + "It is shut for ten weeks.", HEAD + "It is shut for two weeks.", id="the text"),
        pytest.param("It is shut for ten weeks.", "The bridge opens again.", id="nothing stated"),
        pytest.param(HEAD + "It is shut.", HEAD.replace("closes", "shut").replace("14", "15") + "It is not.", id="all"),
    ],
)
def test_a_file_that_was_edited_is_the_same_article(config: Config, write: Write, before: str, after: str) -> None:
    path = write("news/bridge.md", before)
    assert counts(read(config, path)) == (1, 0, 0)
    (name,) = texts(config)
    write("news/bridge.md", after)
    assert counts(read(config, path.parent)) == (0, 1, 0)
    assert texts(config) == {name: after.rpartition("---\n")[2]}
    assert versions(config) == [before.rpartition("---\n")[2]]
    assert counts(read(config, path)) == (0, 0, 1)
    assert counts(read(config, write("elsewhere/copy.md", after))) == (0, 0, 1), "a copy is nothing new"


def test_the_corrected_text_is_what_answers(config: Config, write: Write) -> None:
    read(config, write("bridge.txt", "The bridge at Ossel is shut for ten weeks."))
    pipeline = Pipeline.open(config)
    question = "For how many weeks is the bridge at Ossel shut?"
    assert "ten weeks" in pipeline.ask(question).text
    read(config, write("bridge.txt", "The bridge at Ossel is shut for two weeks."))
    answer = pipeline.ask(question).text
    assert "two weeks" in answer and "ten weeks" not in answer
    pipeline.close()


def test_title_outlet_and_day_make_the_same_article_in_another_place(config: Config, write: Write) -> None:
    read(config, write("one/bridge.md", HEAD + "It is shut for ten weeks."))
    assert counts(read(config, write("two/again.md", HEAD + "It is shut for two weeks."))) == (0, 1, 0)
    assert list(texts(config).values()) == ["It is shut for two weeks."]
    line = (
        '{"title": "Bridge closes", "source": "Valley Post", "date": "2023-08-14T18:00:00Z", "text": "Shut for a day."}'
    )
    assert counts(read(config, write("dump.jsonl", line + "\n"))) == (0, 1, 0), "a record's day counts, not its hour"
    assert list(texts(config).values()) == ["Shut for a day."]


@pytest.mark.parametrize(
    "head",
    [
        HEAD.replace("title: Bridge closes\n", ""),
        HEAD.replace("source: Valley Post\n", ""),
        HEAD.replace("date: 2023-08-14\n", ""),
    ],
    ids=["no title", "no outlet", "no day"],
)
def test_where_one_of_them_is_not_stated_they_are_two(config: Config, write: Write, head: str) -> None:
    first = "The bridge is shut.\n"  # the same made title
    read(config, write("one.md", head + first + "For ten weeks."))
    assert counts(read(config, write("two.md", head + first + "For two weeks."))) == (1, 0, 0)
    assert len(texts(config)) == 2


def test_two_that_are_read_together_are_two_and_stay_so(config: Config, write: Write) -> None:
    write("news/a.md", HEAD + "In brief: a cat was found.")
    folder = write("news/b.md", HEAD + "In brief: a dog was lost.").parent
    assert counts(read(config, folder)) == (2, 0, 0)
    assert counts(read(config, folder)) == (0, 0, 2)
    write("news/b.md", HEAD + "In brief: a dog came home.")
    assert counts(read(config, folder)) == (0, 1, 1)
    line = '{"title": "Bridge closes", "source": "Valley Post", "date": "2023-08-14", "text": "A third."}\n'
    assert counts(read(config, write("c.jsonl", line))) == (1, 0, 0), "which of the two it is, nobody can say"
    assert sorted(texts(config).values()) == ["A third.", "In brief: a cat was found.", "In brief: a dog came home."]


def test_one_that_came_to_stand_beside_the_one_it_was_taken_for(config: Config, write: Write) -> None:
    folder = write("news/b.md", HEAD + "In brief: a cat was found.").parent
    read(config, folder)
    write("news/a.md", HEAD + "In brief: a dog was lost.")  # read first, and taken for a new text of the other
    read(config, folder)
    assert sorted(texts(config).values()) == ["In brief: a cat was found.", "In brief: a dog was lost."]
    before = texts(config)
    assert counts(read(config, folder)) == (0, 0, 2)
    assert texts(config) == before


def test_a_file_that_was_moved_is_known_in_its_new_place(config: Config, write: Write) -> None:
    old = write("old.txt", "The mill is for sale.")
    read(config, old)
    new = write("new.txt", "The mill is for sale.")
    old.unlink()
    assert counts(read(config, new)) == (0, 0, 1)
    write("new.txt", "The mill is sold.")
    assert counts(read(config, new)) == (0, 1, 0)
    assert list(texts(config).values()) == ["The mill is sold."]


def test_an_address_or_an_id_decides_alone(config: Config, write: Write) -> None:
    def page(url: str, text: str) -> str:
        return HEAD.replace("title:", f"url: {url}\ntitle:") + text

    read(config, write("bridge.md", page("https://valley.example/1", "It is shut.")))
    assert counts(read(config, write("bridge.md", page("https://valley.example/2", "It is open.")))) == (1, 0, 0)
    given = HEAD.replace("title:", "id: bridge-3\ntitle:")
    assert counts(read(config, write("bridge.md", given + "It is gone."))) == (1, 0, 0)
    assert counts(read(config, write("bridge.md", HEAD + "It is back."))) == (1, 0, 0)
    assert len(texts(config)) == 4


def test_a_file_with_many_articles_is_no_article(config: Config, write: Write) -> None:
    path = write("many.jsonl", '{"text": "The mill is for sale."}\n')
    read(config, path)
    write("many.jsonl", '{"text": "The lock is mended."}\n')
    assert counts(read(config, path)) == (1, 0, 0)
    assert len(texts(config)) == 2


def test_what_is_read_says_by_what_it_is_known(write: Write, tmp_path: Path) -> None:
    def known(path: Path) -> object:
        (item,) = corpus.articles([path])
        assert not isinstance(item, Skipped)
        return item.article.known_by and (item.article.known_by.path, item.article.known_by.titled)

    path = write("a.md", "# A heading\n\nText.")
    link = tmp_path / "link.md"
    link.symlink_to(path)
    assert known(path) == known(link) == (str(path.resolve()), True)
    assert known(write("b.txt", "Text.")) == (str((tmp_path / "b.txt").resolve()), False)
    assert known(write("c.json", '{"title": "T", "text": "Text."}')) == (None, True)
    assert known(write("d.json", '{"url": "https://a.example/d", "text": "Text."}')) is None
    assert known(write("e.json", '{"id": "e", "text": "Text."}')) is None


def test_a_moment_shortly_before_midnight_counts_by_its_day_in_utc(config: Config, write: Write) -> None:
    late = HEAD.replace("2023-08-14", "2023-08-14T23:30:00-02:00")
    read(config, write("a.md", late + "It is shut."))
    again = HEAD.replace("2023-08-14", "2023-08-15")
    assert counts(read(config, write("b.md", again + "It is open."))) == (0, 1, 0)
    archive = Archive.open(config)
    assert archive.catalog.counts().newest == datetime(2023, 8, 15, tzinfo=UTC)
    archive.close()
