"""What once went wrong: damaged and half-written indexes, readers beside writers, odd names and settings."""

import shutil
import subprocess
import sys
from datetime import date

import numpy as np
import pytest
import tantivy

from rag.archive import lexical
from rag.archive.index import Archive
from rag.archive.lexical import LexicalIndex
from rag.archive.lock import writer_lock
from rag.archive.rows import Embedded, Entry
from rag.config import load
from rag.errors import ConfigError, UsageError
from rag.question.plan import make_plan, outlets_by_key
from rag.search.retrieve import search
from rag.text.embed import StubEmbedder
from rag.types import Chunk


def entry(key, text):
    return Entry(key, text, "", "", 100, 1, np.zeros(4, dtype=np.float16))


def test_1a_lexical_updating_twice_changes_nothing(tmp_path):
    index = LexicalIndex(tmp_path)
    for _ in range(2):
        index.update([], [[entry(1, "The ferry sank."), entry(2, "A tram.")]], 1)
    assert index.count() == 2


def test_1b_lexical_removal(tmp_path):
    index = LexicalIndex(tmp_path)
    index.update([], [[entry(1, "The ferry sank."), entry(2, "A tram.")]], 1)
    index.update([1], [], 2)
    assert (index.count(), index.search("ferry", 10)) == (1, [])


def test_2_lexical_meta_gone(config, stories_folder):
    shutil.copytree(stories_folder, config.data)
    (config.data / "lexical" / "meta.json").unlink()
    archive = Archive.open(config)
    assert archive.indexes().lexical.search("lighthouse", 10)


@pytest.mark.parametrize("name", ["lexical/*.pos"])
def test_2b_lexical_pos_gone(config, stories_folder, name):
    shutil.copytree(stories_folder, config.data)
    for file in config.data.glob(name):
        file.unlink()
    archive = Archive.open(config)
    assert archive.indexes().lexical.search("lighthouse", 10)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    from rag.config import Config
    from rag.types import Article

    config = Config(data=tmp_path_factory.mktemp("large") / "data", embedder="stub")
    with writer_lock(config.data, doing="x"):
        archive = Archive.open(config, write=True)
        text = "The ferry sank. " * 1_500
        vectors = np.random.default_rng(0).normal(size=(1_500, 64)).astype("f4")
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        chunks = [Chunk(f"c{i}", "big", i * 16, i * 16 + 15, "") for i in range(1_500)]
        passages = [Embedded(c, [(c.start, c.end)], v[None]) for c, v in zip(chunks, vectors, strict=True)]
        archive.catalog.put(Article("big", None, "", "", text, "h"), passages)
        archive.sync()
        archive.close()
    return config


SEARCH = """
import sys
from pathlib import Path
from rag.config import Config
from rag.text.embed import StubEmbedder
from rag.archive.index import Archive
found = Archive.open(Config(data=Path(sys.argv[1]), embedder="stub")).indexes().vectors.search(StubEmbedder().embed(["x"])[0], 5)
print(len(found))
"""


@pytest.mark.parametrize(
    "name", ["index_metadata.pickle", "header.bin", "data_level0.bin", "link_lists.bin", "length.bin"]
)
@pytest.mark.parametrize("how", ["gone", "cut"])
def test_3_a_damaged_hnsw_file_is_mended(large, tmp_path, name, how):
    shutil.copytree(large.data, tmp_path / "data")
    (file,) = (tmp_path / "data" / "vectors").rglob(name)
    if how == "gone":
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    done = subprocess.run([sys.executable, "-c", SEARCH, str(tmp_path / "data")], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "5\n"), done.stderr[-300:]


def test_4_indexes_in_use_stay_open_when_a_new_generation_is_published(archive, config, store, article):
    with archive.reading() as in_use:
        store(config, article("new", "A zeppelin landed."))
        archive.indexes()  # another thread begins a search
        assert in_use.lexical.search("ferry", 3)
        assert in_use.vectors.search(StubEmbedder().embed(["ferry"])[0], 3)


def test_5_a_reader_that_begins_while_a_writer_updates_the_vectors(archive, config):
    archive.close()
    with writer_lock(config.data, doing="ingest"):
        (config.data / "vectors" / "writing").touch()  # what VectorIndex.update does first
        newcomer = Archive.open(config)
        assert newcomer.indexes().lexical.search("lighthouse", 10)


@pytest.mark.parametrize(
    "question", ["The fortune of the company", "The verge of collapse", "Was it no fortune.In 2020 it was"]
)
def test_6_a_common_word_is_no_outlet(question):
    assert make_plan(question, outlets_by_key(["Fortune", "The Verge"]), date(2024, 1, 1)).parts == ()


def test_an_index_of_an_earlier_version_without_positions_is_rebuilt(config, archive, monkeypatch):
    count, generation = archive.catalog.passage_count(), archive.catalog.generation
    shutil.rmtree(config.data / "lexical")
    with monkeypatch.context() as earlier:
        earlier.setattr(lexical, "_schema", _without_positions)
        index = LexicalIndex(config.data / "lexical")
        index.update([], archive.catalog.added_since(-1), generation)
        index.close()
    again = Archive.open(config).indexes().lexical
    assert again.count() == count
    assert again.search("the lighthouse at Orrismouth", 10)


def _without_positions():
    builder = tantivy.SchemaBuilder()
    for name in ("key", "outlet"):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    builder.add_integer_field("day", indexed=True, fast=True)
    builder.add_text_field("words", tokenizer_name=lexical.ANALYZER, index_option="freq")
    return builder.build()


@pytest.mark.parametrize("key", ["data", "cache"])
def test_7_the_home_of_nobody(tmp_path, key):
    with pytest.raises(ConfigError):
        load({key: "~nosuchuser/x"}, folder=tmp_path)


def test_8_half_a_surrogate_pair_in_a_question(archive):
    with pytest.raises(UsageError):
        search(archive, StubEmbedder(), "what \ud83d broke")


def test_9_converted_replaces_a_folder_without_a_graph(tmp_path, monkeypatch):
    from rag.text import convert

    model = tmp_path / "model"
    model.mkdir()
    (model / "tokenizer.json").write_text("{}")
    monkeypatch.setattr(convert, "check_weights", lambda *_: None)
    monkeypatch.setattr(convert, "_written_apart", lambda *_: False)
    monkeypatch.setitem(convert._WRITERS, "onnx", lambda s, t: t.write_text("graph") and None)
    folder = convert.converted(tmp_path / "c", use="onnx", weights=model)
    (folder / "model.onnx").unlink()
    assert (convert.converted(tmp_path / "c", use="onnx", weights=model) / "model.onnx").is_file()
