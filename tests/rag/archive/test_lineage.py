"""An index belongs to one catalog and its history: beside another, it is made anew."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.archive.index import Archive
from rag.archive.vectors import VectorIndex
from rag.config import Config
from rag.types import Article

MakeArticle = Callable[..., Article]
Store = Callable[..., list[str]]


def reachable(config: Config) -> tuple[set[str], set[str], set[str]]:
    """Return the ids of the articles in the catalog, and of those that words and vectors find."""
    archive = Archive.open(config)
    indexes, catalog = archive.indexes(), archive.catalog
    names = {key: article.id for page in catalog.added_since(-1) for key, article in _owners(catalog, page)}
    words = {key for key, _ in indexes.lexical.search("report", 100)}
    near = {
        key
        for page in catalog.added_since(-1)
        for entry in page
        for key, cosine in indexes.vectors.search(entry.vector.astype("float32"), 1)
        if cosine > 0.99
    }
    archive.close()
    return set(names.values()), {names.get(key, "?") for key in words}, {names.get(key, "?") for key in near}


def _owners(catalog, page):
    return [(key, article) for key, (_, article) in catalog.passages([entry.key for entry in page]).items()]


def report(article: MakeArticle, name: str) -> Article:
    return article(name, f"A report about {name * 3}.")


@pytest.mark.parametrize("later", [1, 3, 6], ids=["fewer writes", "as many writes", "more writes"])
def test_an_older_copy_of_the_catalog_under_newer_indexes(
    config: Config, store: Store, article: MakeArticle, later: int
) -> None:
    store(config, report(article, "a"), report(article, "b"))
    shutil.copy(config.data / "catalog.sqlite3", config.data.parent / "copy")
    store(config, *[report(article, f"lost{n}") for n in range(3)])
    for file in config.data.glob("catalog.sqlite3*"):
        file.unlink()
    shutil.copy(config.data.parent / "copy", config.data / "catalog.sqlite3")
    store(config, *[report(article, f"new{n}") for n in range(later)])
    wanted = {"a", "b", *(f"new{n}" for n in range(later))}
    assert reachable(config) == (wanted, wanted, wanted)


def test_a_reader_that_has_the_indexes_open_sees_that_the_catalog_went_another_way(
    config: Config, store: Store, article: MakeArticle
) -> None:
    store(config, report(article, "a"))
    shutil.copy(config.data / "catalog.sqlite3", config.data.parent / "copy")
    store(config, report(article, "lost"))
    reader = Archive.open(config)
    before = reader.indexes()
    shutil.copy(config.data.parent / "copy", config.data.parent / "again")
    other = Config(data=config.data.parent / "other", embedder="stub")
    other.data.mkdir()
    (config.data.parent / "again").rename(other.data / "catalog.sqlite3")
    store(other, report(article, "new"))
    reader.close()
    shutil.rmtree(config.data / "lexical")
    shutil.copytree(other.data / "lexical", config.data / "lexical")
    assert before.generation == int((other.data / "generation").read_text().split()[0]), "the number says nothing"
    assert reachable(config) == ({"a", "lost"}, {"a", "lost"}, {"a", "lost"})


def test_an_archive_made_before_is_read_as_it_is_and_rebuilt_once(
    config: Config, store: Store, article: MakeArticle, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(config, report(article, "a"))
    db = sqlite3.connect(config.data / "catalog.sqlite3")
    db.executescript(
        "DROP INDEX articles_path; ALTER TABLE articles DROP COLUMN path; PRAGMA user_version = 2; "
        "DELETE FROM meta WHERE key NOT IN ('generation', 'embedder');"
    )
    db.close()
    for name in ("generation", "lexical/generation"):
        file = config.data / name
        file.write_text(file.read_text().split()[0])
    index = VectorIndex(config.data / "vectors")
    index._collection.modify(metadata={"generation": index.generation, "taken_out": 0})
    index.close()
    built: list[int] = []
    update = VectorIndex.update

    def counted(self, removed, pages, generation, lineage=""):
        built.append(generation)
        update(self, removed, pages, generation, lineage)

    monkeypatch.setattr(VectorIndex, "update", counted)
    assert reachable(config) == ({"a"}, {"a"}, {"a"})
    assert built == [], "a reader takes it as it is"
    store(config, report(article, "b"))
    store(config, report(article, "b"))
    assert reachable(config) == ({"a", "b"}, {"a", "b"}, {"a", "b"})
    assert len(built) == 1


def test_every_write_draws_a_lineage_of_its_own(
    config: Config, store: Store, article: MakeArticle, tmp_path: Path
) -> None:
    def lineage(data: Path) -> tuple[int, str]:
        archive = Archive.open(Config(data=data, embedder="stub"))
        found = archive.catalog.generation, archive.catalog.lineage
        archive.close()
        return found

    store(config, report(article, "a"))
    shutil.copytree(config.data, tmp_path / "twin")
    first = lineage(config.data)
    assert lineage(tmp_path / "twin") == first
    for data in (config.data, tmp_path / "twin"):
        store(Config(data=data, embedder="stub"), report(article, "b"))
    one, other = lineage(config.data), lineage(tmp_path / "twin")
    assert one[0] == other[0] and one[1] != other[1]
    assert one[1].split(".")[0] == other[1].split(".")[0] == first[1].split(".")[0]
