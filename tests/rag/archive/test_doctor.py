"""Every fault that the doctor knows is planted here and found; what the catalog can mend is mended."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections import namedtuple
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag.archive import deep, doctor
from rag.archive.deep import looked
from rag.archive.doctor import Check, examine, mendable, rebuild, repair
from rag.archive.index import Archive
from rag.archive.lock import writer_lock
from rag.config import Config
from rag.errors import ArchiveError, LockedError
from rag.types import Article

Store = Callable[..., list[str]]
MakeArticle = Callable[..., Article]


@pytest.fixture
def sound(config: Config, stories_folder: Path) -> Config:
    """Return the Config of an archive that is sound."""
    shutil.copytree(stories_folder, config.data)
    return config


@pytest.fixture
def unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the indexes unread, which takes two processes more."""
    monkeypatch.setattr(doctor, "looked", lambda *_: {"faults": [], "passages": 0})


def faults(checks: list[Check]) -> dict[str, str]:
    return {check.name: check.told for check in checks if check.state == "fault"}


def sql(config: Config, *statements: str) -> None:
    db = sqlite3.connect(config.data / "catalog.sqlite3", isolation_level=None)
    db.execute("PRAGMA foreign_keys = OFF")
    for statement in statements:
        db.execute(statement)
    db.close()


def test_a_sound_archive_has_no_fault(sound: Config) -> None:
    before = {file: file.read_bytes() for file in (sound.data / "lexical").iterdir()}
    checks = examine(sound)
    assert {check.state for check in checks} == {"ok"}, checks
    assert {"lock", "permissions", "disk", "schema", "catalog", "references", "passages", "model", "lexical", "vectors",
            "generation"} == {check.name for check in checks}  # fmt: skip
    assert before == {file: file.read_bytes() for file in (sound.data / "lexical").iterdir()}
    assert not mendable(checks)


# What is done to the catalog, which check tells, and words of what it tells.
IN_THE_CATALOG = {
    "an outlet gone": ("DELETE FROM outlets WHERE name = 'The Beacon'", "references", "articles without an outlet"),
    "an article gone": ("DELETE FROM articles WHERE id = 'storm'", "references", "passages without an article"),
    "a passage gone": ("DELETE FROM chunks WHERE key = 2", "references", "2 sentences without a passage"),
    "the past of nothing": (
        "INSERT INTO versions VALUES ('nobody', 1, 'h', '', 'x', '2024-01-01')", "references", "1 earlier texts without",
    ),
    "a past that is newer": (
        "INSERT INTO versions VALUES ('storm', 5, 'h', '', 'x', '2024-01-01')", "references", "1 articles that are older",
    ),
    "removed and there": ("INSERT INTO removed VALUES (1, 3)", "references", "1 passages that are noted as removed"),
    "of the future": ("UPDATE chunks SET generation = 99 WHERE key = 1", "references", "newer than the catalog's generation"),
    "no generation": ("UPDATE meta SET value = 'soon' WHERE key = 'generation'", "references", "marks of the catalog"),
    "no identity": ("DELETE FROM meta WHERE key = 'identity'", "references", "1 marks of the catalog"),
    "past the end": ('UPDATE chunks SET "end" = 9999 WHERE key = 1', "passages", "to 9999 of"),
    "turned round": ('UPDATE chunks SET "end" = start WHERE key = 1', "passages", "a passage from 0 to 0"),
    "cut short": ('UPDATE chunks SET "end" = "end" - 9 WHERE key = 1', "passages", "the id of another text"),
    "a text that grew": ("UPDATE articles SET text = text || ' More.' WHERE id = 'storm'", "passages", "storm: no passage holds"),
    "no passages": (
        "DELETE FROM sentences WHERE chunk IN (SELECT c.key FROM chunks c JOIN articles a ON a.key = article WHERE a.id = 'storm')",
        "DELETE FROM chunks WHERE article = (SELECT key FROM articles WHERE id = 'storm')",
        "passages", "storm: no passage holds the characters from 0 on",
    ),
    "a vector cut": ("UPDATE chunks SET vector = substr(vector, 1, 10) WHERE key = 2", "passages", "a vector that is none"),
    "a vector of noughts": ("UPDATE sentences SET vector = zeroblob(128) WHERE chunk = 2", "passages", "a vector that is none"),
    "a vector of NaN": (
        f"UPDATE chunks SET vector = x'{'007e' * 64}' WHERE key = 2", "passages", "a vector that is none",
    ),
    "a sentence elsewhere": ('UPDATE sentences SET "end" = 5000 WHERE chunk = 2', "passages", "a sentence outside"),
    "an index of SQLite's": (
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET sql = 'CREATE INDEX articles_day ON articles (updated_at)' WHERE name = 'articles_day'",
        "catalog", "articles_day",
    ),
}  # fmt: skip


@pytest.mark.usefixtures("unseen")
@pytest.mark.parametrize("planted", IN_THE_CATALOG.values(), ids=IN_THE_CATALOG.keys())
def test_a_fault_in_the_catalog_is_found_and_mended(sound: Config, planted: tuple[str, ...]) -> None:
    *statements, name, told = planted
    sql(sound, *statements)
    found = faults(examine(sound))
    assert told in found[name]
    assert mendable(examine(sound))
    assert repair(sound)
    assert faults(examine(sound)) == {}
    archive = Archive.open(sound)
    assert archive.indexes().lexical.count() == archive.catalog.passage_count() > 5
    assert archive.catalog.generation > 8
    archive.close()


@pytest.mark.usefixtures("unseen")
@pytest.mark.parametrize("what", ["a page of it", "all of it", "its head"])
def test_a_damaged_catalog_is_found_and_left_alone(sound: Config, what: str) -> None:
    file = sound.data / "catalog.sqlite3"
    bytes_ = bytearray(file.read_bytes())
    start, end = {"a page of it": (4096 * 3, 4096 * 4), "all of it": (100, len(bytes_)), "its head": (0, 100)}[what]
    bytes_[start:end] = b"\xa5" * (end - start)
    file.write_bytes(bytes_)
    checks = examine(sound)
    assert "catalog" in faults(checks)
    assert not mendable(checks)
    assert any("restore a backup" in check.remedy for check in checks)


def vectors_sql(config: Config, statement: str) -> None:
    db = sqlite3.connect(config.data / "vectors" / "chroma.sqlite3")
    changed = db.execute(statement).rowcount
    db.commit()
    db.close()
    assert changed, "planted"


def edit(file: Path, change: Callable[[bytearray], object]) -> None:
    """Change a file's bytes and keep its size and time."""
    told = file.stat()
    bytes_ = bytearray(file.read_bytes())
    change(bytes_)
    file.write_bytes(bytes_)
    os.utime(file, ns=(told.st_atime_ns, told.st_mtime_ns))


def flip(at: int) -> Callable[[bytearray], object]:
    def change(bytes_: bytearray) -> None:
        bytes_[at] ^= 0x40

    return change


def only(config: Config, pattern: str) -> Path:
    return next(iter(sorted(config.data.glob(pattern))))


def without_a_passage(config: Config) -> None:
    from rag.archive.lexical import LexicalIndex

    index = LexicalIndex(config.data / "lexical")
    archive = Archive.open(config)
    index.update([1], [], archive.catalog.generation, archive.catalog.lineage)
    archive.close()
    index.close()
    doctor_sums(config, "lexical")


def with_a_passage_more(config: Config) -> None:
    from rag.archive.lexical import LexicalIndex

    archive = Archive.open(config)
    (page,) = archive.catalog.added_since(-1)
    index = LexicalIndex(config.data / "lexical")
    index.update([], [[replace(page[0], key=999)]], archive.catalog.generation, archive.catalog.lineage)
    archive.close()
    index.close()
    doctor_sums(config, "lexical")


def with_other_words(config: Config) -> None:
    from rag.archive.lexical import LexicalIndex

    archive = Archive.open(config)
    (page,) = archive.catalog.added_since(-1)
    index = LexicalIndex(config.data / "lexical")
    changed = [replace(page[0], text="Nothing of it."), replace(page[1], day=5)]
    index.update([], [changed], archive.catalog.generation, archive.catalog.lineage)
    archive.close()
    index.close()
    doctor_sums(config, "lexical")


def doctor_sums(config: Config, name: str) -> None:
    """Note the sums anew, so that only a look at the passages can tell."""
    from rag.archive import sums

    sums.note(config.data / name)


# What is done to an index, which, and words of what is told.
IN_AN_INDEX: dict[str, tuple[Callable[[Config], object], str, str]] = {
    "words gone": (lambda c: shutil.rmtree(c.data / "lexical"), "lexical", "missing"),
    "vectors gone": (lambda c: shutil.rmtree(c.data / "vectors"), "vectors", "missing"),
    "words garbled, size and time kept": (lambda c: edit(only(c, "lexical/*.term"), flip(20)), "lexical", "not what was written"),
    "positions garbled, size and time kept": (lambda c: edit(only(c, "lexical/*.pos"), flip(5)), "lexical", "not what was"),
    "a segment gone": (lambda c: only(c, "lexical/*.idx").unlink(), "lexical", "not what was written"),
    "meta.json garbled": (
        lambda c: edit(c.data / "lexical" / "meta.json", lambda b: b.__setitem__(b.index(b"segment_id") + 14, 33)),
        "lexical", "can't be read",
    ),
    "meta.json tells of fewer": (lambda c: without_a_passage(c), "lexical", "1 passages of the catalog are missing"),
    "a passage too many": (lambda c: with_a_passage_more(c), "lexical", "1 passages are in that the catalog lacks"),
    "other words, another day": (lambda c: with_other_words(c), "lexical", "1 passages have another outlet, day or vector"),
    "words that lead nowhere": (lambda c: with_other_words(c), "lexical", "1 passages are not found by a search"),
    "the sums garbled": (lambda c: (c.data / "lexical" / "sums.json").write_text("{"), "lexical", "sums.json"),
    "words behind": (lambda c: (c.data / "lexical" / "generation").write_text("1"), "lexical", "generation 1, the catalog"),
    "vectors interrupted": (lambda c: (c.data / "vectors" / "writing").touch(), "vectors", "a writer was killed at it"),
    "chroma.sqlite3 garbled": (
        lambda c: edit(c.data / "vectors" / "chroma.sqlite3", lambda b: b.__setitem__(slice(4096, 8192), b"\0" * 4096)),
        "vectors", "chroma.sqlite3",
    ),
    "chroma.sqlite3 emptied": (lambda c: (c.data / "vectors" / "chroma.sqlite3").write_bytes(b""), "vectors", "generation -1"),
    "another day": (
        lambda c: vectors_sql(c, "UPDATE embedding_metadata SET int_value = 7 WHERE key = 'day' AND id = 1"),
        "vectors", "1 passages have another outlet, day or vector",
    ),
    "another vector": (
        lambda c: vectors_sql(c, "UPDATE embeddings_queue SET vector = zeroblob(length(vector)) WHERE seq_id = 1"),
        "vectors", "1 passages",
    ),
    "a passage gone from the vectors": (
        lambda c: vectors_sql(c, "DELETE FROM embeddings WHERE id = 1"), "vectors", "1 passages of the catalog are missing",
    ),
}  # fmt: skip


@pytest.mark.parametrize("planted", IN_AN_INDEX.values(), ids=IN_AN_INDEX.keys())
def test_a_fault_in_an_index_is_found(sound: Config, planted: tuple[Callable[[Config], object], str, str]) -> None:
    plant, name, told = planted
    plant(sound)
    found = looked(sound.data, name)
    assert told in "; ".join(found["faults"])


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, store: Store, article: MakeArticle) -> Config:
    """Return an archive of so many passages that Chroma writes its graph."""
    config = Config(data=tmp_path_factory.mktemp("many") / "data", embedder="stub")
    store(config, *(article(f"a{n}", f"Report {n} of ward {n * 7} tells of r{n} and q{n % 13}.") for n in range(1_200)))
    return config


@pytest.mark.parametrize("name", ["data_level0.bin", "header.bin", "link_lists.bin", "index_metadata.pickle"])
def test_a_garbled_graph_with_its_size_and_time_kept_is_found_and_mended(
    many: Config, tmp_path: Path, name: str
) -> None:
    config = replace(many, data=tmp_path / "data")
    shutil.copytree(many.data, config.data)
    assert looked(config.data, "vectors") == {"faults": [], "passages": 1_200}
    (file,) = config.data.glob(f"vectors/*/{name}")
    edit(file, flip(file.stat().st_size // 2))
    assert looked(config.data, "vectors")["faults"] == [
        f"{file.relative_to(config.data / 'vectors')} is not what was written"
    ]
    rebuild(config)
    assert looked(config.data, "vectors")["faults"] == []


def test_a_process_that_dies_over_an_index_is_a_finding(sound: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    real = subprocess.run

    def dying(command: list[str], **options: Any) -> Any:
        return real([sys.executable, "-c", "import os; os.kill(os.getpid(), 11)"], **options)

    monkeypatch.setattr(deep.subprocess, "run", dying)
    assert "died" in looked(sound.data, "vectors")["faults"][0]


def test_the_indexes_are_mended(sound: Config) -> None:
    edit(only(sound, "lexical/*.term"), flip(20))
    (sound.data / "vectors" / "writing").touch()
    (sound.data / "lexical.old").mkdir()
    (sound.data / "generation").write_text("3")
    checks = examine(sound)
    assert set(faults(checks)) == {"lexical", "vectors", "generation"}
    assert next(each for each in checks if each.name == "leftovers").state == "warning"
    repair(sound)
    assert {check.state for check in examine(sound)} == {"ok"}


@pytest.mark.usefixtures("unseen")
def test_a_full_disk_is_a_fault(sound: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(100, 99, 1 << 20))
    assert "1 MiB free" in faults(examine(sound))["disk"]


@pytest.mark.usefixtures("unseen")
def test_a_file_that_cannot_be_written_is_a_fault(sound: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.access  # a superuser may write anything, so who asks is told otherwise
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "chroma.sqlite3" and real(path, mode))
    assert "chroma.sqlite3" in faults(examine(sound))["permissions"]


@pytest.mark.usefixtures("unseen")
def test_a_model_that_makes_other_vectors_is_a_fault(sound: Config) -> None:
    sql(sound, "UPDATE sentences SET vector = (SELECT vector FROM sentences WHERE chunk = 5 LIMIT 1)")
    assert "gives other vectors than are stored" in faults(examine(sound))["model"]


@pytest.mark.usefixtures("unseen")
def test_weights_that_are_not_the_published_ones_are_a_fault(
    sound: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql(sound, "UPDATE meta SET value = 'all-MiniLM-L6-v2' WHERE key = 'embedder'")
    (tmp_path / "model.safetensors").write_bytes(b"another model")
    monkeypatch.setattr(doctor, "model_folder", lambda: tmp_path)
    assert "checksum differs" in faults(examine(replace(sound, embedder=None)))["model"]


@pytest.fixture
def held(sound: Config) -> Iterator[None]:
    with writer_lock(sound.data, doing="ingest"):
        yield


@pytest.mark.usefixtures("held")
def test_a_writer_at_work_is_told_and_not_disturbed(sound: Config) -> None:
    checks = {check.name: check for check in examine(sound)}
    assert "dateline ingest" in checks["lock"].told
    assert (checks["lock"].state, checks["indexes"].state) == ("warning", "warning")
    assert "lexical" not in checks
    for act in (repair, rebuild):
        with pytest.raises(LockedError):
            act(sound)


@pytest.mark.usefixtures("unseen")
def test_an_older_schema_is_told(sound: Config) -> None:
    sql(sound, "PRAGMA user_version = 2")
    assert next(each for each in examine(sound) if each.name == "schema").state == "warning"


def test_a_rebuild_is_seen_by_who_reads(sound: Config) -> None:
    reader = Archive.open(sound)
    old = reader.indexes()
    assert rebuild(sound) == 8
    assert reader.indexes() is not old
    assert reader.indexes().lexical.search("lighthouse", 3)
    reader.close()


@pytest.mark.parametrize("act", [examine, rebuild])
def test_where_there_is_no_archive_none_is_made(tmp_path: Path, act: Callable[[Config], object]) -> None:
    with pytest.raises(ArchiveError, match="holds no archive yet"):
        act(Config(data=tmp_path / "none"))
    assert list(tmp_path.iterdir()) == []
