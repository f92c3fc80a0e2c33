"""`dateline remove`: what is taken out is nowhere any more, and what is not there is said."""

import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.main import main
from rag.archive.index import Archive
from rag.config import Config

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:(click|typer|rich).*")
Store = Callable[..., list[str]]
Remove = Callable[..., tuple[int, str, str]]


@pytest.fixture
def remove(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], config: Config, stories_folder: Path
) -> Remove:
    """Return a function that runs `dateline remove` on a copy of the eight stories."""
    shutil.copytree(stories_folder, config.data)

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dateline", "remove", *map(str, arguments), "--data", str(config.data)])
        with pytest.raises(SystemExit) as leave:
            main()
        out, err = capsys.readouterr()
        return int(leave.value.code or 0), out, err

    return run


def left(config: Config) -> set[str]:
    """Return the ids that are left, after checking that the indexes and the tables hold them and nothing else."""
    archive = Archive.open(config)
    indexes, catalog = archive.indexes(), archive.catalog
    keys = {entry.key for page in catalog.added_since(-1) for entry in page}
    near = indexes.vectors.search(next(iter(catalog.added_since(-1)))[0].vector.astype("float32"), 50) if keys else []
    assert {key for key, _ in near} == keys and indexes.lexical.count() == len(keys)
    orphans = catalog._db.execute(
        "SELECT (SELECT count(*) FROM sentences WHERE chunk NOT IN (SELECT key FROM chunks)), "
        "(SELECT count(*) FROM versions WHERE article_id NOT IN (SELECT id FROM articles)), (SELECT count(*) FROM removed)"
    ).fetchone()
    assert orphans == (0, 0, 0)
    found = {article.id for article in catalog.articles()}
    archive.close()
    return found


ALL = {
    *("ferry-sinks", "ferry-inquiry", "mayor-quits", "mayor-profile", "battery-plant", "battery-delay", "storm"),
    "undated",
}


@pytest.mark.parametrize(
    ("said", "gone"),
    [
        (["storm"], {"storm"}),
        (["storm", "undated", "storm"], {"storm", "undated"}),
        (["http://NEWS.example/ferry-sinks/?utm_source=x"], {"ferry-sinks"}),
        (["--outlet", "Quartz Wire - Business"], {"battery-plant", "battery-delay"}),
        (["--before", "2024-04-09"], {"ferry-sinks"}),
        (["--before", "2024-04-10"], {"ferry-sinks", "ferry-inquiry"}),
        (["--before", "1999-01-01"], set()),
    ],
)
def test_articles_are_removed(remove: Remove, config: Config, said: list[str], gone: set[str]) -> None:
    code, out, err = remove(*said)
    many = f"{len(gone)} article{'' if len(gone) == 1 else 's'}"
    assert (code, out, err) == (0, f"{many} removed from {config.data}.\n", "")
    assert left(config) == ALL - gone


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (["nobody"], "holds no article with the id or address 'nobody'; nothing was removed"),
        (["storm", "https://news.example/none"], "address 'https://news.example/none'; nothing was removed"),
        (["--outlet", "The Nobody"], "holds no article of the outlet 'The Nobody'; nothing was removed"),
    ],
)
def test_what_is_not_there_is_said_and_nothing_removed(
    remove: Remove, config: Config, said: list[str], told: str
) -> None:
    code, out, err = remove(*said)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert told in err
    assert left(config) == ALL


@pytest.mark.parametrize("said", [[], ["storm", "--outlet", "The Beacon"], ["--before", "soon"]])
def test_a_request_that_says_nothing_clear_is_refused(remove: Remove, config: Config, said: list[str]) -> None:
    code, out, _ = remove(*said)
    assert (code, out) == (2, "")
    assert left(config) == ALL


def test_an_outlet_without_articles_is_gone_and_its_key_is_not_used_again(
    remove: Remove, config: Config, store: Store, article: Callable[..., object]
) -> None:
    def outlets() -> dict[str, int]:
        archive = Archive.open(config)
        found = dict(archive.catalog.outlets())
        assert archive.catalog.counts().outlets == len(found)
        archive.close()
        return found

    before = outlets()
    remove("--outlet", "Quartz Wire - Business")
    assert outlets() == {name: key for name, key in before.items() if name != "Quartz Wire - Business"}
    store(config, article("new", "A zeppelin landed.", source="Sky Herald"))
    assert outlets()["Sky Herald"] not in before.values()


def test_no_word_of_what_was_removed_stays_in_the_catalog(
    remove: Remove, config: Config, store: Store, article: Callable[..., object]
) -> None:
    store(config, article("leak", "The Xylographer confessed. " * 500))
    store(config, article("leak", "The Xylographer denied it. " * 500))
    remove("leak")
    assert left(config) == ALL
    for file in config.data.glob("catalog.sqlite3*"):
        assert b"Xylographer" not in file.read_bytes(), file
    assert sqlite3.connect(config.data / "catalog.sqlite3").execute("PRAGMA integrity_check").fetchone() == ("ok",)
