"""`dateline answers`: what `ask` keeps, and what it doesn't."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rag.config import Config
from rag.types import Article

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:(click|typer|rich).*")
Command = Callable[..., Any]
QUESTION = "Why did Mayor Finch resign?"


@pytest.fixture
def asked(command: Command, config: Config, stories_folder: Path) -> Command:
    """Return the command line over the eight stories, of which one question was asked."""
    shutil.copytree(stories_folder, config.data)
    assert command("ask", QUESTION, "--as-of", "2024-06-01").code == 0
    return command


def questions(command: Command, *how: str) -> list[str]:
    return [each["question"] for each in command("answers", "--json", *how).json["answers"]]


def test_what_was_asked_is_listed_and_flagged_after_a_correction(
    asked: Command, config: Config, store: Callable[..., list[str]], article: Callable[..., Article]
) -> None:
    (told,) = asked("answers", "--json").json["answers"]
    assert (told["question"], told["day"], told["flagged"]) == (QUESTION, "2024-06-01", False)
    assert told["answer"]["status"] == "answered"
    assert "No answer is flagged" in asked("answers", "--flagged").out
    store(config, article("mayor-quits", "Mayor Tobias Finch fell ill. Correction: it was not his budget."))
    assert questions(asked, "--flagged") == [QUESTION]
    shown = asked("answers", "--flagged").out
    assert shown.splitlines()[0] == f"2024-06-01 {QUESTION}"
    assert "corrected (Correction: it was not his budget.)" in shown


def test_what_is_not_to_be_kept_is_not(asked: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked("ask", "Who is Ines Holt?", "--no-keep")
    monkeypatch.setenv("DATELINE_KEEP_ANSWERS", "false")
    asked("ask", "Who is Ines Holt?")
    monkeypatch.delenv("DATELINE_KEEP_ANSWERS")
    (tmp_path / "q.jsonl").write_text(json.dumps({"id": "1", "question": "Who is Ines Holt?"}) + "\n")
    assert asked("ask", "--questions", "q.jsonl", "--out", "a.jsonl").code == 0
    assert questions(asked) == [QUESTION]
    asked("ask", "Who is Ines Holt?", "--json")
    assert questions(asked) == ["Who is Ines Holt?", QUESTION]
    assert asked("answers", "--forget").out == "2 answers forgotten.\n"
    assert "No answer was kept" in asked("answers").out


def test_a_setting_that_is_neither_yes_nor_no(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATELINE_KEEP_ANSWERS", "perhaps")
    done = command("answers")
    assert done.code == 2 and "it takes true or false" in done.err


def test_an_archive_that_is_not_there(command: Command) -> None:
    done = command("answers")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1) and "holds no archive yet" in done.err
