"""Opening the catalog's file: made once, never made by looking, and every refusal says what to do."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag.archive.catalog import Catalog
from rag.archive.rows import Embedded
from rag.archive.schema import SCHEMA_VERSION, storage_errors
from rag.errors import ArchiveError, NewerArchiveError, StorageError
from rag.text.embed import StubEmbedder
from rag.types import Article, Chunk

MakeArticle = Callable[..., Article]


def put(catalog: Catalog, article: Article) -> None:
    chunk = Chunk(f"{article.id}-{article.content_hash}", article.id, 0, len(article.text), article.text)
    catalog.put(article, [Embedded(chunk, [(0, chunk.end)], StubEmbedder().embed([chunk.text]))])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where a catalog was made."""
    Catalog.open(tmp_path / "catalog.sqlite3", write=True).close()
    return tmp_path / "catalog.sqlite3"


def test_a_file_that_lacks_an_index_gets_it_from_the_next_writer(path: Path) -> None:
    def indexes() -> set[str]:
        db = sqlite3.connect(path)
        names = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'index'")}
        db.close()
        return names

    whole = indexes()
    db = sqlite3.connect(path)
    db.execute("DROP INDEX articles_outlet")
    db.close()
    Catalog.open(path, write=False).close()
    assert indexes() == whole - {"articles_outlet"}
    Catalog.open(path, write=True).close()
    assert indexes() == whole


def test_an_archive_of_schema_1_is_read_as_it_is_and_brought_up_by_a_writer(path: Path, article: MakeArticle) -> None:
    old = Catalog.open(path, write=True)
    put(old, article("a1"))
    old.close()
    db = sqlite3.connect(path)
    db.executescript(
        "DROP TABLE sentences; DROP INDEX articles_path; ALTER TABLE articles DROP COLUMN path; PRAGMA user_version = 1;"
    )
    db.close()
    for write, version in ((False, 1), (True, SCHEMA_VERSION), (True, SCHEMA_VERSION)):
        catalog = Catalog.open(path, write=write)
        assert catalog.sentences([1])[0] == [] and catalog.spans("a1", 0, 99) == {}
        assert list(catalog.passages([1])) == [1]
        catalog.close()
        db = sqlite3.connect(path)
        assert db.execute("PRAGMA user_version").fetchone() == (version,)
        db.close()
    catalog = Catalog.open(path, write=True)
    put(catalog, article("a2"))
    assert catalog.sentences([1, 2])[0] == [2]
    catalog.close()


@pytest.mark.parametrize("write", [False, True], ids=["reading", "writing"])
def test_a_newer_archive_is_left_alone(path: Path, write: bool) -> None:
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    with pytest.raises(
        NewerArchiveError, match=r"made by a newer Dateline \(schema 99, this one reads up to \d+\); update"
    ):
        Catalog.open(path, write=write)


@pytest.mark.parametrize("exists", [False, True], ids=["no folder", "an empty folder"])
def test_no_archive_to_read(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "data"
    if exists:
        folder.mkdir()
    with pytest.raises(ArchiveError, match=r"data holds no archive yet; run `dateline ingest FOLDER` first$"):
        Catalog.open(folder / "catalog.sqlite3", write=False)
    assert folder.exists() == exists, "looking makes nothing"


def test_an_empty_file_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite3").touch()
    with pytest.raises(ArchiveError, match="holds no archive yet"):
        Catalog.open(tmp_path / "catalog.sqlite3", write=False)


@pytest.mark.parametrize("write", [False, True], ids=["reading", "writing"])
def test_a_file_that_is_something_else(tmp_path: Path, write: bool) -> None:
    (tmp_path / "catalog.sqlite3").write_text("Dear diary, " * 1_000)
    with pytest.raises(StorageError, match=r"catalog\.sqlite3: file is not a database; restore the file from a copy"):
        Catalog.open(tmp_path / "catalog.sqlite3", write=write)


def test_a_folder_that_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=r"can't write .* \(Not a directory\); choose another folder with --data"):
        Catalog.open(tmp_path / "file" / "data" / "catalog.sqlite3", write=True)


def test_a_file_that_can_not_be_opened(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite3").mkdir()
    with pytest.raises(StorageError, match="unable to open database file; make the folder writable"):
        Catalog.open(tmp_path / "catalog.sqlite3", write=True)


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let SQLite believe that the disk holds 200 KB."""
    connect = sqlite3.connect

    def limited(*args: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*args, **options)
        connection.execute("PRAGMA max_page_count = 50")
        return connection

    monkeypatch.setattr(sqlite3, "connect", limited)


@pytest.mark.usefixtures("small_disk")
def test_a_full_disk_keeps_what_is_in(tmp_path: Path, article: MakeArticle) -> None:
    catalog = Catalog.open(tmp_path / "catalog.sqlite3", write=True)
    put(catalog, article("a1"))
    generation = catalog.generation
    for name in ("a1", "a2"):
        with pytest.raises(
            StorageError, match=r"is full; free some space, then run the same command again; what is in"
        ):
            put(catalog, article(name, "The ferry sank. " * 20_000))
    assert catalog.article("a1") == article("a1")
    assert catalog.article("a2") is None
    assert catalog.generation == generation
    put(catalog, article("a2"))
    assert catalog.counts().articles == 2
    catalog.close()


def test_a_writer_that_waits_for_another_in_vain(
    path: Path, article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **options: connect(*a, **(options | {"timeout": 0})))
    other = Catalog.open(path, write=True)
    with connect(path, isolation_level=None) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="database is locked; another process is writing; try again"):
            put(other, article("a1"))
        holder.execute("ROLLBACK")
    holder.close()
    put(other, article("a1"))
    other.close()


def test_an_archive_of_schema_2_is_read_as_it_is_and_brought_up_by_a_writer(path: Path, article: MakeArticle) -> None:
    old = Catalog.open(path, write=True)
    put(old, article("a1"))
    old.close()
    db = sqlite3.connect(path)
    db.executescript("DROP INDEX articles_path; ALTER TABLE articles DROP COLUMN path; PRAGMA user_version = 2;")
    db.close()
    reader = Catalog.open(path, write=False)
    assert reader.article("a1") == article("a1")
    reader.close()
    catalog = Catalog.open(path, write=True)
    catalog.moved("a1", "/news/a1.md")
    put(catalog, article("a2"))
    assert catalog.sentences([1, 2])[0] == [1, 2]
    catalog.close()


def test_the_cause_of_an_error_that_is_not_known_is_kept_in_a_log(path: Path) -> None:
    catalog = Catalog.open(path, write=True)
    catalog._db.execute("DROP TABLE removed")
    with pytest.raises(
        StorageError, match=r"no such table: removed; report this with .*errors\.log, or restore"
    ) as told:
        catalog.forget_removed(1, "")
    assert "\n" not in str(told.value)
    log = path.parent / "errors.log"
    assert "DELETE FROM removed" in log.read_text() and "OperationalError: no such table" in log.read_text()
    log.write_text("x" * 1_000_001)
    with pytest.raises(StorageError):
        catalog.forget_removed(1, "")
    assert 0 < log.stat().st_size < 10_000, "a log that has grown long begins anew"
    log.unlink()
    log.mkdir()
    with pytest.raises(StorageError, match="no such table: removed; report this, or restore the file from a copy"):
        catalog.forget_removed(1, "")
    catalog.close()


def test_damage_that_is_known_fills_no_log(tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite3").write_text("Dear diary, " * 1_000)
    with pytest.raises(StorageError):
        Catalog.open(tmp_path / "catalog.sqlite3", write=False)
    assert not (tmp_path / "errors.log").exists()


def test_an_error_that_names_no_file_is_kept_in_the_archive_that_is_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATELINE_DATA", str(tmp_path))
    with (
        pytest.raises(StorageError, match=r"the archive: no such column: x; report this"),
        storage_errors("the archive"),
    ):
        sqlite3.connect(":memory:").execute("SELECT x")
    assert "no such column" in (tmp_path / "errors.log").read_text()
