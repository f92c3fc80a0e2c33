"""Garbled index files are noticed when the archive is opened, and what a native library throws ends as repair or a message."""

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from rag.archive import index as module
from rag.archive import sums
from rag.archive.index import Archive
from rag.archive.lexical import LexicalIndex
from rag.archive.lock import writer_lock
from rag.archive.rows import Embedded
from rag.archive.vectors import VectorIndex
from rag.config import Config
from rag.errors import StorageError
from rag.text.embed import StubEmbedder
from rag.types import Article, Chunk

MakeArticle = Callable[..., Article]
Store = Callable[..., list[str]]


class Panic(BaseException):
    """What pyo3 raises where Rust panics: no Exception."""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with enough passages for Chroma to write its graph."""
    config = Config(data=tmp_path_factory.mktemp("large") / "data", embedder="stub")
    with writer_lock(config.data, doing="ingest"):
        archive = Archive.open(config, write=True)
        vectors = np.random.default_rng(3).normal(size=(1_200, 64)).astype("f4")
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        chunks = [Chunk(f"c{n}", "big", n * 9, n * 9 + 8, "") for n in range(1_200)]
        passages = [Embedded(c, [(c.start, c.end)], v[None]) for c, v in zip(chunks, vectors, strict=True)]
        archive.catalog.put(Article("big", None, "", "", "Wet hay. " * 1_200, "h"), passages)
        archive.sync()
        archive.close()
    return config.data


def garble(file: Path) -> None:
    """Turn over some bytes in the middle: the size stays."""
    data = bytearray(file.read_bytes())
    at = len(data) // 2
    data[at : at + 64] = bytes(255 - byte for byte in data[at : at + 64])
    file.write_bytes(data)


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that gets the name of each index that is written."""
    names: list[str] = []
    for kind in (LexicalIndex, VectorIndex):

        def counted(self, *arguments, _real=kind.update, _kind=kind):
            names.append(_kind.__name__)
            _real(self, *arguments)

        monkeypatch.setattr(kind, "update", counted)
    return names


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        *[(f"lexical/*.{end}", "LexicalIndex") for end in ("idx", "term", "pos", "fast", "fieldnorm", "store")],
        *[(f"vectors/*/{name}", "VectorIndex") for name in ("data_level0.bin", "header.bin", "index_metadata.pickle")],
    ],
)
def test_a_garbled_file_is_noticed_and_only_its_index_rebuilt(
    large: Path, tmp_path: Path, built: list[str], pattern: str, kind: str
) -> None:
    shutil.copytree(large, tmp_path / "data")
    files = list((tmp_path / "data").glob(pattern))
    assert files
    for file in files:
        garble(file)
    archive = Archive.open(Config(data=tmp_path / "data", embedder="stub"))
    indexes = archive.indexes()
    assert built == [kind]
    assert len(indexes.lexical.search("hay", 2_000)) == 1_200
    for page in archive.catalog.added_since(-1):
        for entry in page[::100]:
            ((key, cosine),) = indexes.vectors.search(entry.vector.astype("float32"), 1)
            assert key == entry.key and cosine > 0.99
    archive.close()


def test_a_copy_is_read_once_and_then_known_by_its_times(
    large: Path, tmp_path: Path, built: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(large, tmp_path / "data", copy_function=shutil.copy)
    read: list[Path] = []
    real = sums._sum
    monkeypatch.setattr(sums, "_sum", lambda file: read.append(file) or real(file))
    for expected in (True, False, False):
        read.clear()
        archive = Archive.open(Config(data=tmp_path / "data", embedder="stub"))
        archive.indexes()
        archive.close()
        assert bool(read) == expected
    assert built == []


def test_what_writers_change_is_noted_anew(
    large: Path, tmp_path: Path, built: list[str], store: Store, article: MakeArticle
) -> None:
    shutil.copytree(large, tmp_path / "data")
    config = Config(data=tmp_path / "data", embedder="stub")
    for n in range(3):
        store(config, article(f"new{n}", f"A zeppelin landed {n} times."))
    assert built == ["LexicalIndex", "VectorIndex"] * 3, "brought up, not rebuilt"
    archive = Archive.open(config)
    assert len(archive.indexes().lexical.search("zeppelin", 10)) == 3
    archive.close()
    assert len(built) == 6
    assert sums.noted(config.data / "lexical") and sums.noted(config.data / "vectors")


@pytest.mark.parametrize("said", ["", "[]", "{", '{"a": 1}', '{"a": ["x", 2, 3]}'])
def test_notes_that_are_garbled_themselves(large: Path, tmp_path: Path, said: str) -> None:
    shutil.copytree(large / "lexical", tmp_path / "lexical")
    (tmp_path / "lexical" / "sums.json").write_text(said)
    assert not sums.intact(tmp_path / "lexical")
    sums.forget(tmp_path / "lexical")
    assert sums.intact(tmp_path / "lexical"), "an archive made before has no notes"


@pytest.mark.parametrize("method", ["__init__", "probe", "count"])
@pytest.mark.parametrize("kind", [LexicalIndex, VectorIndex])
def test_a_panic_over_what_is_there_becomes_a_rebuild(
    archive: Archive, config: Config, monkeypatch: pytest.MonkeyPatch, kind: type, method: str
) -> None:
    archive.close()
    real = getattr(kind, method)
    left = [1]

    def panics(self, *arguments):
        if left and left.pop():
            raise Panic("called `Option::unwrap()` on a `None` value")
        return real(self, *arguments)

    with writer_lock(config.data, doing="sync"):
        writer = Archive.open(config, write=True)
        monkeypatch.setattr(kind, method, panics)
        writer.sync()
        writer.close()
    assert not left
    again = Archive.open(config)
    assert again.indexes().lexical.count() == again.indexes().vectors.count() == again.catalog.passage_count()
    again.close()


def test_a_panic_that_comes_again_while_building_is_a_plain_message(
    config: Config, store: Store, article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def panics(*_):
        raise Panic("index out of bounds\nstack")

    monkeypatch.setattr(LexicalIndex, "update", panics)
    with pytest.raises(StorageError, match=r"\(index out of bounds\); remove lexical/ and vectors/ there, then run"):
        store(config, article("a"))


def test_a_panic_while_searching_is_a_plain_message_and_the_next_opens_anew(archive: Archive) -> None:
    before = archive.indexes()
    with pytest.raises(StorageError, match=r"can't be read \(Panic\); remove lexical/"), archive.reading():
        raise Panic
    with archive.reading() as indexes:
        assert indexes is not before and indexes.lexical.search("ferry", 3)


@pytest.mark.parametrize("leaving", [KeyboardInterrupt, SystemExit])
def test_ctrl_c_passes(
    archive: Archive, config: Config, monkeypatch: pytest.MonkeyPatch, leaving: type[BaseException]
) -> None:
    def leaves(*_):
        raise leaving

    with pytest.raises(leaving), archive.reading():
        raise leaving
    archive.close()
    for method in ("__init__", "probe", "update"):
        with monkeypatch.context() as patch:
            patch.setattr(LexicalIndex, method, leaves)
            if method == "update":
                shutil.rmtree(config.data / "lexical")
            reader = Archive.open(config)
            with pytest.raises(leaving):
                reader.indexes()
            reader.close()


# -- readers that never pause ----------------------------------------------------------------------------------------


def test_the_next_question_sees_a_new_generation_while_others_read_on(
    archive: Archive, config: Config, store: Store, article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[int] = []
    real = module.Indexes.close
    monkeypatch.setattr(module.Indexes, "close", lambda self: closed.append(self.generation) or real(self))
    with archive.reading() as old:
        with archive.reading() as twin:
            assert twin is old
            for n in range(3):
                store(config, article(f"new{n}", f"A zeppelin landed at field {n}."))
                with archive.reading() as new:
                    assert len(new.lexical.search("zeppelin", 10)) == n + 1
                    near = new.vectors.search(StubEmbedder().embed([f"A zeppelin landed at field {n}."])[0], 1)
                    assert near[0][1] > 0.99
                assert old.lexical.search("ferry", 3) and old.vectors.search(StubEmbedder().embed(["ferry"])[0], 3)
        assert old.generation not in closed, "one reader is left"
        assert len(closed) == 2, "each that nobody reads is closed when the next is opened"
    assert closed[-1] == old.generation and len(closed) == 3


def test_indexes_that_were_rebuilt_are_seen_while_the_old_are_read(archive: Archive, config: Config) -> None:
    with archive.reading() as old:
        (config.data / "generation").unlink()
        shutil.rmtree(config.data / "vectors")
        shutil.rmtree(config.data / "lexical")
        with archive.reading() as new:
            assert new is not old
            assert len(new.vectors.search(StubEmbedder().embed(["ferry"])[0], 50)) == archive.catalog.passage_count()
        assert old.lexical.search("ferry", 3)


def test_readers_without_a_pause_and_a_writer(
    archive: Archive, config: Config, store: Store, article: MakeArticle
) -> None:
    stop = time.monotonic() + 60
    seen: list[int] = []

    def ask(_: int) -> None:
        while not seen and time.monotonic() < stop:
            with archive.reading() as indexes:
                assert indexes.lexical.search("ferry", 3)
                if found := indexes.lexical.search("zeppelin", 3):
                    seen.append(len(found))

    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(ask, n) for n in range(3)]
        store(config, article("new", "A zeppelin landed."))
        for each in asking:
            each.result()
    assert seen
