"""The table has a row for each idea, and leaves the weights of the search as they are."""

import json
from pathlib import Path

import pytest

from scripts import ablation


def test_each_idea_is_taken_away_once(
    stories_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATELINE_EMBEDDER", "stub")
    gold = {
        "question": "Why did the ferry sink?",
        "answerable": True,
        "key_facts": ["a loose bow door"],
        "articles": ["ferry-sinks"],
    }
    file = tmp_path / "questions.jsonl"
    file.write_text(json.dumps({"id": "q1", **gold}), encoding="utf-8")
    ablation.main(["Stories", str(stories_folder), str(file)])
    rows = [line.split("|")[1:-1] for line in capsys.readouterr().out.splitlines() if line.startswith("|")][2:]
    assert [row[0].strip() for row in rows] == ["everything", *ablation.CHANGED]
    assert all(0 <= float(figure) <= 1 for row in rows for figure in row[1:4])
    assert ablation.ALL not in ablation.CHANGED.values()
