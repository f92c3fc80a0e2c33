"""The bench measures a corpus and questions, or says in one line what it can't use."""

import json
import sys
from pathlib import Path

import pytest

from rag.errors import UsageError
from scripts import bench

KNOWN = [{"id": str(n), "question": f"Question {n}?"} for n in range(1_000)]


def questions(folder: Path, count: int) -> Path:
    file = folder / "q.jsonl"
    file.write_text("\n".join(map(json.dumps, KNOWN[:count])), encoding="utf-8")
    return file


def test_every_figure_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_EMBEDDER", "stub")
    corpus = tmp_path / "news.jsonl"
    corpus.write_text(json.dumps({"title": "Ferry", "source": "Harbor News", "body": "The ferry sank."}), "utf-8")
    table = dict(bench.bench(corpus, questions(tmp_path, 2)))
    assert table["articles, passages"] == "1, 1"
    assert {name.partition(",")[0] for name in table} >= {"ingest", "ingest again", "cold ask", "search", "ask"}
    assert all(any(letter.isdigit() for letter in value) for value in table.values())
    assert "n=2" in " ".join(table)


@pytest.mark.parametrize(("count", "measured"), [(1, 1), (299, 299), (300, 300), (301, 300), (1_000, 300)])
def test_at_most_300_questions_are_asked_spread_over_the_file(tmp_path: Path, count: int, measured: int) -> None:
    asked = bench._questions(questions(tmp_path, count))
    assert len(asked) == measured == len(set(asked))


@pytest.mark.parametrize(
    "text",
    [None, "no json", "[1]", '{"id": "a"}', "", "\n \n"],
    ids=["missing", "text", "list", "no key", "empty", "blank"],
)
def test_questions_that_cannot_be_used_are_an_error(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "q.jsonl"
    if text is not None:
        file.write_text(text)
    with pytest.raises(UsageError):
        bench.bench(tmp_path, file)


def test_a_corpus_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="dateline: "):
        bench.bench(tmp_path / "nowhere", questions(tmp_path, 1))


@pytest.mark.parametrize("arguments", [[], ["a"], ["nowhere", "nothing.jsonl"]], ids=["none", "one", "missing files"])
def test_an_error_is_one_line(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", *arguments])
    with pytest.raises(SystemExit) as leave:
        bench.main()
    assert str(leave.value.code).startswith(("usage: ", "dateline: "))
    assert "\n" not in str(leave.value.code)
