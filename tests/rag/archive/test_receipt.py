"""What `dateline status` tells of an archive."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from rag.archive.index import Archive
from rag.archive.ingest import ingest
from rag.archive.receipt import receipt, shown
from rag.config import Config
from rag.errors import ArchiveError
from rag.types import Article


@dataclass
class Read:
    article: Article
    unreadable_date: str | None = None
    done: float = 1.0


def test_copies_of_an_article_count_once_with_it(
    config: Config, store: Callable[..., list[str]], article: Callable[..., Article]
) -> None:
    store(
        config,
        article("a1"),
        article("a2", "Another."),
        *(article(f"c{n}", f"Copy {n}.", origin_id="a1") for n in "123"),
    )
    store(config, *(article(f"w{n}", f"Wire {n}.", origin_id="not here") for n in "12"))
    told = receipt(config)
    assert (told["articles"], told["independent"], told["copies"]) == (7, 3, 4)


def test_the_last_ingest_is_told(config: Config, article: Callable[..., Article]) -> None:
    ingest(config, [Read(article("a1"))])
    ingest(config, [Read(article("a1")), Read(article("a2", "Another."))])
    told = receipt(config)
    last = told["last_ingest"]
    assert (last["added"], last["unchanged"], last["changed"], last["skipped"]) == (1, 1, 0, 0)
    assert last["finished"] >= last["started"]
    assert json.loads(json.dumps(told)) == told
    assert dict(shown(told))["last ingest"] == f"{last['finished']} (1 added, 0 changed, 1 unchanged, 0 skipped)"


def test_an_ingest_that_was_killed_is_told_as_not_finished(archive: Archive, config: Config) -> None:
    Archive.open(config, write=True).catalog.start_run()
    told = receipt(config)
    assert told["last_ingest"]["finished"] is None
    assert "not finished" in dict(shown(told))["last ingest"]


def test_each_part_takes_room(archive: Archive, config: Config) -> None:
    told = receipt(config)
    (config.data / "lexical" / "more").write_bytes(b"x" * 500_000)
    more = receipt(config)
    grown = {name: more["storage"][name] - told["storage"][name] for name in told["storage"]}
    assert grown == {"catalog": 0, "lexical": 500_000, "vectors": 0}
    assert dict(shown(more))["storage"].startswith("catalog ")


def test_no_archive_no_receipt(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="holds no archive yet"):
        receipt(Config(data=tmp_path / "none"))
