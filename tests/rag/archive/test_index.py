"""The three stores in step: whatever happens between two writes, the next one mends it without embedding again."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from rag.archive import index
from rag.archive.index import Archive, Indexes, Stored
from rag.archive.lexical import ANALYZER
from rag.archive.lock import writer_lock
from rag.archive.vectors import NotKept, VectorIndex
from rag.config import Config
from rag.errors import ArchiveError, EmbedderMismatch, LockedError, StorageError
from rag.text.embed import DEFAULT, StubEmbedder
from rag.types import Article, Embedder

MakeArticle = Callable[..., Article]
Store = Callable[..., list[str]]
PLUG = "pulled the plug"


class Counting(StubEmbedder):
    """The fake embedder, which counts the texts it was given."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed(self, texts: Sequence[str]):
        self.texts += texts
        return super().embed(texts)


def no_embedder() -> Embedder:
    raise AssertionError("nothing had to be embedded")


@pytest.fixture
def writer(config: Config) -> Iterator[Archive]:
    """Yield an archive open for writing, with the lock held."""
    with writer_lock(config.data, doing="ingest"):
        opened = Archive.open(config, write=True)
        yield opened
        opened.close()


def found(archive: Archive, words: str) -> tuple[set[str], set[str]]:
    """Return the ids of the articles that each index finds by `words`, through the catalog."""
    indexes = archive.indexes()
    lexical = [key for key, _ in indexes.lexical.search(words, 10)]
    dense = [
        key for key, similarity in indexes.vectors.search(StubEmbedder().embed([words])[0], 10) if similarity > 0.05
    ]
    names = {key: article.id for key, (_, article) in archive.catalog.passages([*lexical, *dense]).items()}
    return {names[key] for key in lexical if key in names}, {names[key] for key in dense if key in names}


def check_in_step(archive: Archive) -> None:
    """Check that both indexes hold exactly the catalog's passages."""
    indexes = archive.indexes()
    passages = archive.catalog.passage_count()
    assert indexes.generation == archive.catalog.generation
    assert (indexes.lexical.count(), indexes.vectors.count()) == (passages, passages)
    for page in archive.catalog.added_since(-1):
        for entry in page:
            nearest = indexes.vectors.search(entry.vector.astype("float32"), 1)
            assert nearest and nearest[0][1] > 0.99


# -- adding ----------------------------------------------------------------------------------------------------------


def test_what_is_added_is_found_in_all_three(archive: Archive, stories: Sequence[Article]) -> None:
    assert archive.catalog.counts().articles == len(stories)
    check_in_step(archive)
    lexical, dense = found(archive, "lighthouse granite")
    assert lexical == {"undated"}
    assert "undated" in dense


def test_adding_again_changes_nothing_and_embeds_nothing(
    writer: Archive, config: Config, stories: Sequence[Article]
) -> None:
    first = list(writer.add(stories, StubEmbedder))
    writer.sync()
    assert [stored.what for stored in first] == ["added"] * len(stories)
    assert all(stored.passages == 1 for stored in first)
    generation, files = writer.catalog.generation, sorted((config.data / "lexical").iterdir())
    assert list(writer.add(stories, no_embedder)) == [Stored(story, "unchanged", 0) for story in stories]
    writer.sync()
    assert writer.catalog.generation == generation
    assert sorted((config.data / "lexical").iterdir()) == files
    check_in_step(writer)


def test_each_sentence_is_embedded_once(writer: Archive, article: MakeArticle) -> None:
    embedder = Counting()
    long = article("long", " ".join(f"Sentence {n} says that the river rose once more." for n in range(900)))
    stored = list(writer.add([article("a1"), long, article("a2", "The mayor quit.", source="")], lambda: embedder))
    assert [each.what for each in stored] == ["added"] * 3
    assert sum(each.passages for each in stored) == writer.catalog.passage_count()
    assert stored[1].passages > 30
    assert embedder.texts[1:-1] == [f"Sentence {n} says that the river rose once more." for n in range(900)]
    assert (embedder.texts[0], embedder.texts[-1]) == (article("a1").text, "The mayor quit.")


def test_what_is_stored_is_told_in_groups_as_it_happens(writer: Archive, article: MakeArticle) -> None:
    read: list[str] = []

    def articles() -> Iterator[Article]:
        for n in range(600):
            read.append(f"a{n}")
            yield article(f"a{n}", f"Text number {n}.")

    told = writer.add(articles(), StubEmbedder)
    assert next(told).article.id == "a0"
    assert len(read) < 600, "the first group is in before all is read"
    assert writer.catalog.article("a0") is not None
    assert [each.article.id for each in told] == [f"a{n}" for n in range(1, 600)]


def test_a_changed_article_replaces_its_old_passages_everywhere(
    config: Config, store: Store, article: MakeArticle
) -> None:
    assert store(config, article("a1", "A zeppelin landed."), article("a2", "A tram derailed.")) == ["added", "added"]
    again = store(config, article("a1", "A submarine surfaced."), article("a2", "A tram derailed."))
    assert sorted(again) == ["changed", "unchanged"]
    archive = Archive.open(config)
    check_in_step(archive)
    assert archive.catalog.passage_count() == 2
    assert archive.catalog.article("a1") == article("a1", "A submarine surfaced.", version=2)
    assert found(archive, "zeppelin landed")[0] == set()
    assert [key for key, _ in archive.indexes().lexical.search("zeppelin", 10)] == []
    assert found(archive, "submarine surfaced")[0] == {"a1"}
    assert "a1" in found(archive, "submarine surfaced")[1]
    archive.close()


def test_vectors_are_indexed_anew_when_half_of_them_were_replaced(
    config: Config, store: Store, article: MakeArticle
) -> None:
    def remaining() -> int:
        """Return how many passages more the vector index bears to lose."""
        archive = Archive.open(config)
        vectors = archive.indexes().vectors
        check_in_step(archive)
        most = max(n for n in range(len(texts)) if vectors.bears(n))
        archive.close()
        return most

    texts = ["A zeppelin landed.", "A tram derailed.", "Rain fell.", "The mayor quit.", "Bread rose.", "A ferry sank."]
    store(config, *[article(f"a{n}", text) for n, text in enumerate(texts)])
    assert remaining() == 3
    store(config, article("a0", "A zeppelin left."), article("a1", "A tram was mended."))
    assert remaining() == 1, "two places are taken by passages that are no more"
    store(config, article("a0", "A zeppelin burned."), article("a1", "A tram was late."))
    assert remaining() == 3, "built anew, with nothing in it that is no more"


def test_an_article_changed_and_changed_back(config: Config, store: Store, article: MakeArticle) -> None:
    one, other = article("a1", "A zeppelin landed."), article("a1", "A submarine surfaced.")
    assert [store(config, each) for each in (one, other, one)] == [["added"], ["changed"], ["changed"]]
    archive = Archive.open(config)
    assert archive.catalog.article("a1") == replace(one, version=3)
    assert found(archive, "zeppelin")[0] == {"a1"}
    check_in_step(archive)
    archive.close()


def test_one_id_twice_in_one_group(config: Config, store: Store, article: MakeArticle) -> None:
    one, other = article("a1", "A zeppelin landed."), article("a1", "A submarine surfaced.")
    assert store(config, one, one, other, other, article("a2", "A tram.")) == [
        "added",
        "unchanged",
        "changed",
        "unchanged",
        "added",
    ]
    archive = Archive.open(config)
    assert archive.catalog.article("a1") == replace(other, version=2)
    assert archive.catalog.passage_count() == 2
    check_in_step(archive)
    archive.close()


def test_an_article_without_words_is_kept_without_passages(config: Config, store: Store, article: MakeArticle) -> None:
    blank = article("blank", " \n ")
    assert store(config, blank) == ["added"]
    assert store(config, blank) == ["unchanged"]
    archive = Archive.open(config)
    assert (archive.catalog.counts().articles, archive.catalog.counts().passages) == (1, 0)
    check_in_step(archive)
    archive.close()


def test_an_article_that_loses_all_its_words(config: Config, store: Store, article: MakeArticle) -> None:
    store(config, article("a1", "A zeppelin landed."))
    assert store(config, article("a1", "")) == ["changed"]
    archive = Archive.open(config)
    assert found(archive, "zeppelin") == (set(), set())
    check_in_step(archive)
    archive.close()


def test_an_embedder_that_fails_leaves_what_was_in(config: Config, store: Store, article: MakeArticle) -> None:
    class Broken(StubEmbedder):
        def embed(self, texts: Sequence[str]):
            raise RuntimeError(PLUG)

    store(config, article("a1", "A zeppelin landed."))
    with writer_lock(config.data, doing="ingest"):
        writer = Archive.open(config, write=True)
        with pytest.raises(RuntimeError, match=PLUG):
            list(writer.add([article("a1", "New."), article("a2", "Other.")], Broken))
        writer.sync()
        writer.close()
    archive = Archive.open(config)
    assert archive.catalog.counts().articles == 1
    assert found(archive, "zeppelin")[0] == {"a1"}
    archive.close()


# -- mending ---------------------------------------------------------------------------------------------------------


def test_a_kill_between_catalog_and_indexes_is_mended_on_reading(
    config: Config, store: Store, stories: Sequence[Article]
) -> None:
    store(config, *stories[:5])
    store(config, *stories[5:], sync=False)
    archive = Archive.open(config)
    check_in_step(archive)
    assert found(archive, "lighthouse")[0] == {"undated"}
    archive.close()


def test_a_kill_before_anything_was_indexed_is_mended_on_reading(
    config: Config, store: Store, stories: Sequence[Article]
) -> None:
    store(config, *stories, sync=False)
    archive = Archive.open(config)
    check_in_step(archive)
    archive.close()


def test_a_kill_between_catalog_and_indexes_is_mended_on_writing(
    config: Config, store: Store, stories: Sequence[Article], article: MakeArticle
) -> None:
    store(config, article("ferry-sinks", "An older text."))
    store(config, *stories[:5], sync=False)
    assert store(config, *stories) == ["unchanged"] * 5 + ["added"] * 3
    archive = Archive.open(config)
    check_in_step(archive)
    assert found(archive, "older text")[0] == set()
    archive.close()


@pytest.mark.parametrize(
    "lost", [["lexical"], ["vectors"], ["generation"], ["lexical", "vectors", "generation"]], ids="+".join
)
@pytest.mark.parametrize("mended_by", ["reading", "writing"])
def test_what_is_deleted_is_rebuilt_without_embedding(
    config: Config, stories_folder: Path, stories: Sequence[Article], lost: list[str], mended_by: str
) -> None:
    shutil.copytree(stories_folder, config.data)
    for name in lost:
        path = config.data / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if mended_by == "writing":
        with writer_lock(config.data, doing="sync"):
            writer = Archive.open(config, write=True)
            assert {stored.what for stored in writer.add(stories, no_embedder)} == {"unchanged"}
            writer.sync()
            writer.close()
    archive = Archive.open(config)
    check_in_step(archive)
    assert found(archive, "lighthouse")[0] == {"undated"}
    archive.close()


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda data: data[: len(data) // 2],
    "scribbled over": lambda data: b"\xa5" * max(16, len(data)),
    "emptied": lambda data: b"",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
@pytest.mark.parametrize(
    "pattern", ["lexical/meta.json", "lexical/*.term", "lexical/*.idx", "lexical/generation", "vectors/chroma.sqlite3"]
)
def test_what_is_damaged_is_rebuilt(
    config: Config, stories_folder: Path, pattern: str, damage: Callable[[bytes], bytes]
) -> None:
    shutil.copytree(stories_folder, config.data)
    files = list(config.data.glob(pattern))
    assert files
    for file in files:
        file.write_bytes(damage(file.read_bytes()))
    archive = Archive.open(config)
    assert found(archive, "lighthouse")[0] == {"undated"}
    check_in_step(archive)
    archive.close()


@pytest.mark.parametrize(
    "pattern", ["lexical/*.term", "lexical/*.store", "lexical/generation", "vectors/chroma.sqlite3"]
)
def test_a_file_that_is_gone_is_rebuilt(config: Config, stories_folder: Path, pattern: str) -> None:
    shutil.copytree(stories_folder, config.data)
    for file in config.data.glob(pattern):
        file.unlink()
    archive = Archive.open(config)
    assert found(archive, "lighthouse")[0] == {"undated"}
    check_in_step(archive)
    archive.close()


def test_an_index_of_an_earlier_form_of_words_is_rebuilt(config: Config, stories_folder: Path) -> None:
    shutil.copytree(stories_folder, config.data)
    meta = config.data / "lexical" / "meta.json"
    meta.write_text(meta.read_text().replace(ANALYZER, "news"))
    archive = Archive.open(config)
    check_in_step(archive)
    assert ANALYZER in meta.read_text()
    assert found(archive, "lighthouse")[0] == {"undated"}
    archive.close()


def test_damage_is_mended_in_the_process_that_had_it_open(archive: Archive, config: Config) -> None:
    assert found(archive, "lighthouse")[0] == {"undated"}
    archive.close()
    (config.data / "vectors" / "chroma.sqlite3").write_bytes(b"\xa5" * 4096)
    again = Archive.open(config)
    check_in_step(again)
    again.close()


def test_a_vector_index_whose_writer_was_killed_is_rebuilt(archive: Archive, config: Config) -> None:
    archive.close()
    index = VectorIndex(config.data / "vectors")

    def killed() -> Iterator[list[object]]:
        raise RuntimeError(PLUG)
        yield []

    with pytest.raises(RuntimeError, match=PLUG):
        index.update([1, 2, 3], killed(), 99)
    index.close()
    again = Archive.open(config)
    check_in_step(again)
    again.close()


def test_an_index_from_the_future_is_rebuilt(archive: Archive, config: Config) -> None:
    """A catalog that was restored from a copy is older than the indexes beside it."""
    archive.close()
    (config.data / "lexical" / "generation").write_text("999")
    (config.data / "generation").unlink()
    again = Archive.open(config)
    check_in_step(again)
    stands_at = f"{again.catalog.generation} {again.catalog.lineage}"
    assert (config.data / "lexical" / "generation").read_text() == stands_at
    again.close()


def test_what_a_rebuild_left_lying_about_does_not_matter(config: Config, stories_folder: Path) -> None:
    shutil.copytree(stories_folder, config.data)
    for name in ("lexical", "vectors"):
        for ending in ("new", "old"):
            (config.data / f"{name}.{ending}").mkdir()
            (config.data / f"{name}.{ending}" / "junk").write_text("left by a killed rebuild")
        shutil.rmtree(config.data / name)
    archive = Archive.open(config)
    check_in_step(archive)
    assert not {path.suffix for path in config.data.iterdir()} & {".new", ".old"}
    archive.close()


def test_a_disk_that_fills_while_the_indexes_are_written(
    writer: Archive, config: Config, stories: Sequence[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    list(writer.add(stories, StubEmbedder))
    (config.data / "generation").mkdir()  # stands in the way of the last file written
    with pytest.raises(StorageError, match=r"can't write .* \(Is a directory\); free some space, then run"):
        writer.sync()
    (config.data / "generation").rmdir()
    writer.sync()
    check_in_step(writer)


@pytest.mark.parametrize("said", ["IoError { StorageFull }", "Error purging logs", "database or disk is full"])
def test_a_disk_that_fills_under_an_index(
    writer: Archive, stories: Sequence[Article], monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    list(writer.add(stories, StubEmbedder))

    def full(*_: object) -> None:
        raise RuntimeError(said)

    with monkeypatch.context() as patch:
        patch.setattr(VectorIndex, "update", full)
        with pytest.raises(StorageError, match=r"can't write the indexes in .*; free some space"):
            writer.sync()
    writer.sync()
    check_in_step(writer)


# -- readers and writers ---------------------------------------------------------------------------------------------


def test_a_second_writer_is_told_who_is_at_work(writer: Archive, config: Config, store: Store) -> None:
    with pytest.raises(LockedError, match=rf"is being written by `dateline ingest` \(process {os.getpid()} on"):
        store(config)


def test_a_reader_goes_on_while_a_writer_is_at_work(archive: Archive, config: Config, article: MakeArticle) -> None:
    before = archive.indexes().generation
    with writer_lock(config.data, doing="ingest"):
        writer = Archive.open(config, write=True)
        list(writer.add([article("new", "A zeppelin landed.")], StubEmbedder))
        assert archive.catalog.generation > before
        assert archive.indexes().generation == before, "nothing is published yet"
        assert found(archive, "lighthouse")[0] == {"undated"}
        newcomer = Archive.open(config)
        assert newcomer.indexes().generation == before
        assert found(newcomer, "zeppelin")[0] == set()
        newcomer.close()
        writer.sync()
        writer.close()
    assert found(archive, "zeppelin")[0] == {"new"}


def test_a_reader_notices_what_another_has_published(
    archive: Archive, config: Config, store: Store, article: MakeArticle
) -> None:
    assert found(archive, "zeppelin")[0] == set()
    opened = archive.indexes()
    assert archive.indexes() is opened, "and opens nothing again without need"
    store(config, article("new", "A zeppelin landed."), article("storm", "The storm was invented."))
    assert found(archive, "zeppelin")[0] == {"new"}
    assert found(archive, "invented")[0] == {"storm"}
    assert found(archive, "roof market hall")[0] == set()
    check_in_step(archive)


def test_a_reader_notices_what_another_process_has_published(archive: Archive, config: Config) -> None:
    assert found(archive, "zeppelin")[0] == set()
    script = """
import sys
from pathlib import Path
from rag.config import Config
from rag.text.embed import DEFAULT, StubEmbedder
from rag.archive.index import Archive
from rag.archive.lock import writer_lock
from rag.types import Article
config = Config(data=Path(sys.argv[1]), embedder="stub")
with writer_lock(config.data, doing="ingest"):
    archive = Archive.open(config, write=True)
    print([s.what for s in archive.add([Article("new", None, "", "", "A zeppelin landed.", "h")], StubEmbedder)])
    archive.sync()
"""
    done = subprocess.run([sys.executable, "-c", script, str(config.data)], capture_output=True, text=True)
    assert done.stdout == "['added']\n", done.stderr
    lexical, dense = found(archive, "zeppelin landed")
    assert lexical == {"new"}
    assert "new" in dense
    check_in_step(archive)


def test_vectors_compared_one_by_one_stay_at_hand_until_something_is_published(
    archive: Archive, config: Config, store: Store, article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    outlets = [archive.catalog.outlets()["Harbor News"]]
    first = archive.indexes().few(archive.catalog, (None, None), outlets, 100)
    assert first is not None and len(first[0]) == len(first[1]) > 0
    assert archive.indexes().few(archive.catalog, (None, None), outlets, 100) is first
    assert archive.indexes().few(archive.catalog, (None, None), outlets, 0) is None
    store(config, article("new", "A zeppelin landed.", source="Harbor News"))
    after = archive.indexes().few(archive.catalog, (None, None), outlets, 100)
    assert after is not None and len(after[0]) == len(first[0]) + 1
    monkeypatch.setattr(index, "_AT_HAND", 1)
    archive.indexes().few(archive.catalog, (None, None), None, 100)
    assert archive.indexes().few(archive.catalog, (None, None), outlets, 100) is not after, "room was made"


def test_threads_may_read_at_once(archive: Archive) -> None:
    words = ["lighthouse", "ferry", "battery plant", "mayor resigned", "storm roof"]
    alone = [found(archive, each) for each in words]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda each: found(archive, each), words * 10)) == alone * 10


# -- opening ---------------------------------------------------------------------------------------------------------


def test_an_archive_without_articles_can_be_searched(config: Config, store: Store) -> None:
    assert store(config) == []
    archive = Archive.open(config)
    assert found(archive, "anything") == (set(), set())
    archive.close()


def test_no_archive(config: Config) -> None:
    with pytest.raises(ArchiveError, match=r"data holds no archive yet; run `dateline ingest FOLDER` first"):
        Archive.open(config)
    assert not config.data.exists()


@pytest.mark.parametrize("write", [False, True], ids=["reading", "writing"])
def test_another_embedder(archive: Archive, config: Config, write: bool) -> None:
    with pytest.raises(EmbedderMismatch, match="was made with the embedder 'stub', not 'other'; use --embedder 'stub'"):
        Archive.open(replace(config, embedder="other"), write=write)


def test_an_archive_knows_its_embedder_where_nobody_names_one(archive: Archive, config: Config) -> None:
    for write in (False, True):
        again = Archive.open(replace(config, embedder=None), write=write)
        assert (again.embedder, again.catalog.embedder) == ("stub", "stub")
        again.close()


def test_an_embedder_that_made_nothing_binds_nobody(config: Config) -> None:
    Archive.open(replace(config, embedder="mistyped"), write=True).close()
    for write in (False, True):
        again = Archive.open(replace(config, embedder=None), write=write)
        assert again.embedder == DEFAULT
        again.close()


def test_an_archive_moves_with_its_folder(archive: Archive, config: Config, tmp_path: Path) -> None:
    archive.close()
    config.data.rename(tmp_path / "moved")
    again = Archive.open(replace(config, data=tmp_path / "moved"))
    check_in_step(again)
    again.close()


def test_a_search_goes_on_in_the_new_index_where_a_writer_exchanges_it(
    archive: Archive, stories: Sequence[Article]
) -> None:
    seen: list[Indexes] = []

    def work(indexes: Indexes) -> int:
        seen.append(indexes)
        if len(seen) == 1:
            raise NotKept("exchanged")
        return indexes.vectors.count()

    def never(_: Indexes) -> None:
        raise NotKept("exchanged")

    assert archive.read(work) == len(stories) and seen[0] is not seen[1]
    with pytest.raises(StorageError, match="exchanged"):
        archive.read(never)
