"""Only what an export writes is read as one."""

import json
from pathlib import Path
from typing import Any

import pytest

import corpus
from corpus.extract import Extracted, extract
from corpus.raw import RawDocument
from rag.types import Earlier, Skipped

LINE: dict[str, Any] = {
    "id": "a1", "url": None, "title": "T", "source": "", "author": None, "published_at": "2024-03-01T12:00:00+00:00",
    "updated_at": None, "category": None, "language": None, "text": "A <b>text</b>.",
    "dateline": {
        "format": 1, "content_hash": "h", "version": 2, "origin_id": None, "gone": False, "corrected": True, "path": None,
        "earlier": [{"version": 1, "content_hash": "g", "title": "", "text": "Old.", "replaced_at": "2024-03-02T00:00:00+00:00"}],
    },
}  # fmt: skip


def read(folder: Path, line: dict[str, Any]) -> Any:
    (folder / "a.jsonl").write_text(json.dumps(line), encoding="utf-8")
    (item,) = corpus.articles([folder / "a.jsonl"])
    return item


def test_a_line_is_taken_as_it_is(tmp_path: Path) -> None:
    found = read(tmp_path, LINE).article
    assert (found.id, found.text, found.content_hash, found.version) == ("a1", "A <b>text</b>.", "h", 2)
    assert (found.corrected, found.gone, found.source) == (True, False, "")
    assert found.past.earlier == (Earlier(1, "g", "", "Old.", "2024-03-02T00:00:00+00:00"),)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"id": ""}, "id"),
        ({"id": 7}, "id"),
        ({"id": "x" * 201}, "id"),
        ({"text": ""}, "text"),
        ({"text": "x" * 1_000_001}, "text"),
        ({"text": "half of one \ud83d"}, "text"),
        ({"title": None}, "title"),
        ({"published_at": "yesterday"}, "published_at"),
        ({"published_at": "2024-03-01T12:00:00"}, "published_at"),
        ({"updated_at": 5}, "updated_at"),
        ({"dateline": {"format": 2}}, "update it"),
        ({"dateline": {"format": 1}}, "version"),
    ],
)
def test_what_no_export_writes_is_skipped(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    item = read(tmp_path, LINE | change)
    assert isinstance(item, Skipped) and told in item.reason


@pytest.mark.parametrize(
    "change",
    [
        {"version": 0}, {"version": True}, {"version": "2"}, {"version": 1 << 40}, {"version": 1}, {"gone": 1},
        {"content_hash": ""}, {"path": 3}, {"earlier": {}}, {"earlier": [3]}, {"earlier": [{"version": 1}]},
        {"earlier": [LINE["dateline"]["earlier"][0] | {"replaced_at": "soon"}]},
    ],
)  # fmt: skip
def test_a_past_that_no_export_writes_is_skipped(tmp_path: Path, change: dict[str, Any]) -> None:
    item = read(tmp_path, LINE | {"dateline": LINE["dateline"] | change})
    assert isinstance(item, Skipped) and "as `dateline export` writes it" in item.reason


def test_a_field_of_that_name_makes_no_export(tmp_path: Path) -> None:
    item = read(tmp_path, {"id": "a1", "text": "A text.", "dateline": "LONDON"})
    assert item.article.past is None


def test_what_the_network_gives_is_no_export() -> None:
    found = extract(RawDocument("https://news.example/feed.json", None, "record", fields=LINE))
    assert isinstance(found, Extracted)
    assert (found.article.version, found.article.corrected, found.article.past) == (1, False, None)
