"""An export ingests back to the same archive; a backup is one state of it, whole or not there."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import corpus
from rag.archive import export
from rag.archive.export import backup, records
from rag.archive.index import Archive
from rag.archive.ingest import ingest
from rag.config import Config
from rag.errors import UsageError
from rag.types import Article, Earlier, KnownBy, Past

MakeArticle = Callable[..., Article]
Store = Callable[..., list[str]]


def lines(config: Config) -> list[str]:
    archive = Archive.open(config)
    try:
        return [json.dumps(record) for record in records(archive.catalog)]
    finally:
        archive.close()


def taken_in(into: Config, exported: list[str], folder: Path) -> list[str]:
    """Return the lines of an archive that was made of exported lines."""
    file = folder / "exported.jsonl"
    file.write_text("\n".join(exported), encoding="utf-8")
    report = ingest(into, corpus.articles([file]))
    assert not report.skipped.count, report.skipped.first
    return lines(into)


@pytest.fixture
def rich(article: MakeArticle) -> list[Article]:
    """Return articles with all that an article can have, and two that have next to nothing."""
    return [
        article("a1", "The <b>ferry</b> &amp; the quay.\n\n\n  Kept  as it\tis. \u2028 “Yes” 🚢", author="Ada Reed"),
        article("a2", "A text of its own.", url=None, title="", source="", published_at=None),
        article("a3", "Gone now.", gone=True, corrected=True, origin_id="a1", language="en", category="shipping",
                updated_at=datetime(2024, 3, 2, 1, 2, 3, tzinfo=UTC)),
        article("a4", "A whole file.", url=None, known_by=KnownBy("/news/a file.md", titled=True)),
    ]  # fmt: skip


def test_an_export_ingests_back_to_an_identical_archive(
    config: Config, tmp_path: Path, store: Store, rich: list[Article]
) -> None:
    store(config, *rich)
    for n in range(3):
        store(config, replace(rich[0], text=f"Another text {n}.", title=f"Title {n}", content_hash=f"h{n}"))
    exported = lines(config)
    other = replace(config, data=tmp_path / "other")
    assert taken_in(other, exported, tmp_path) == exported
    mine, theirs = Archive.open(config), Archive.open(other)
    for one, two in zip(mine.catalog.with_past(), theirs.catalog.with_past(), strict=True):
        assert (one, one.past) == (two, two.past)
    assert mine.catalog.digest() == theirs.catalog.digest()
    assert [len(a.past.earlier) for a in theirs.catalog.with_past() if a.past] == [0, 0, 0, 3]
    of_both = [sorted(chunk.id for chunk, _ in each.catalog.passages(range(100)).values()) for each in (mine, theirs)]
    assert of_both[0] == of_both[1] and of_both[0]
    mine.close()
    theirs.close()
    assert taken_in(other, exported, tmp_path) == exported, "once more changes nothing"


def test_a_long_past_takes_several_lines(
    config: Config, tmp_path: Path, store: Store, article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_MOST", 100)
    for n in range(5):
        store(config, article("a1", f"Text {n} " * 10, title=f"Title {n}"))
    exported = lines(config)
    assert len(exported) == 4
    assert taken_in(replace(config, data=tmp_path / "other"), exported, tmp_path) == exported


def test_an_older_export_does_not_undo_what_came_since(
    config: Config, tmp_path: Path, store: Store, article: MakeArticle
) -> None:
    store(config, article("a1", "First."))
    old = lines(config)
    store(config, article("a1", "Second."))
    new = lines(config)
    assert taken_in(config, old, tmp_path) == new


def test_a_newer_export_brings_the_texts_between(
    config: Config, tmp_path: Path, store: Store, article: MakeArticle
) -> None:
    other = replace(config, data=tmp_path / "other")
    store(config, article("a1", "First."))
    store(other, article("a1", "First."))
    for text in ("Second.", "Third."):
        store(config, article("a1", text))
    (kept,) = (json.loads(line) for line in taken_in(other, lines(config), tmp_path))
    assert (kept["text"], kept["dateline"]["version"]) == ("Third.", 3)
    assert [each["text"] for each in kept["dateline"]["earlier"]] == ["First.", "Second."]


def test_a_backup_is_an_archive_of_its_own(
    archive: Archive, config: Config, tmp_path: Path, store: Store, article: MakeArticle
) -> None:
    assert backup(config, tmp_path / "deep" / "copy") == 8
    store(config, article("new", "A zeppelin landed."))
    copy = Archive.open(replace(config, data=tmp_path / "deep" / "copy"))
    assert (copy.catalog.article_count(), archive.catalog.article_count()) == (8, 9)
    assert copy._try_open(copy._published()), "its indexes are in step already"
    assert copy.indexes().lexical.search("lighthouse", 3)
    copy.close()
    assert [each.name for each in (tmp_path / "deep").iterdir()] == ["copy"]
    store(replace(config, data=tmp_path / "deep" / "copy"), article("other", "It can be written to."))


def test_a_backup_takes_the_place_of_an_empty_folder_and_of_no_other(
    archive: Archive, config: Config, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    backup(config, tmp_path / "empty")
    with pytest.raises(UsageError, match="not an empty folder"):
        backup(config, tmp_path / "empty")
    with pytest.raises(UsageError, match="not an empty folder"):
        backup(config, config.data)
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="not an empty folder"):
        backup(config, tmp_path / "file")
    (tmp_path / "to.unfinished").mkdir()
    with pytest.raises(UsageError, match="in the way"):
        backup(config, tmp_path / "to")


def test_a_backup_beside_a_writer_is_one_state(
    config: Config, tmp_path: Path, store: Store, article: MakeArticle
) -> None:
    store(config, article("a0", "Number 0."))
    done = threading.Event()

    def write() -> None:
        for n in range(1, 30):
            store(config, article(f"a{n}", f"Number {n}."), sync=False)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    counts = []
    while not done.is_set():
        counts.append(backup(config, tmp_path / f"copy{len(counts)}"))
    writer.join()
    for n, count in enumerate(counts):
        copy = Archive.open(replace(config, data=tmp_path / f"copy{n}"))
        assert sorted(each.id for each in copy.catalog.articles()) == sorted(f"a{i}" for i in range(count))
        assert copy.indexes().lexical.count() == copy.catalog.passage_count() == count
        copy.close()
    assert counts == sorted(counts)


KILLED = """
import os, signal, sys
from pathlib import Path
import rag.archive.export as export
from rag.config import Config
real = getattr(*eval(sys.argv[3]))
def killing(*args, **options):
    real(*args, **options)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(*eval(sys.argv[3]), killing)
export.backup(Config(data=Path(sys.argv[1]), embedder="stub"), Path(sys.argv[2]))
"""


@pytest.mark.parametrize(
    "after",
    ["export.Catalog, 'copy_to'", "export.Archive, 'sync'", "export, '_written_through'", "export, '_sync_folder'"],
)
def test_a_killed_backup_leaves_none_that_looks_whole(
    archive: Archive, config: Config, tmp_path: Path, after: str
) -> None:
    to = tmp_path / "copies" / "monday"
    command = [sys.executable, "-c", KILLED, str(config.data), str(to), after]
    assert (
        subprocess.run(command, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}).returncode
        == -signal.SIGKILL
    )
    if "_sync_folder" in after:  # it was whole by then
        assert Archive.open(replace(config, data=to)).indexes().lexical.count() == 8
        return
    assert not to.exists()
    assert backup(config, to) == 8
    assert [each.name for each in to.parent.iterdir()] == ["monday"]


def test_what_an_article_brings_of_its_past_is_not_newer_than_itself(
    config: Config, store: Store, article: MakeArticle
) -> None:
    earlier = tuple(Earlier(n, f"h{n}", "", f"Text {n}.", "2024-01-01T00:00:00+00:00") for n in (1, 2, 3))
    store(config, replace(article("a1"), version=3, past=Past(None, earlier)))
    archive = Archive.open(config)
    (kept,) = archive.catalog.with_past()
    archive.close()
    assert kept.past and [each.version for each in kept.past.earlier] == [1, 2]
