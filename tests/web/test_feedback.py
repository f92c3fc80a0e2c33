"""Feedback is stored with the question, the evidence and the configuration, and becomes cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.datasets import read_questions, write_questions
from eval.feedback import cases
from rag.config import Config
from rag.errors import NotFound, StorageError, UsageError
from rag.types import Answer, Filters
from web.feedback import FILE, Feedback

RIGHT, NOBODY = "Who was named chairman of Stargate?", "Who won the chess title in Reykjavik?"


def test_what_readers_say_becomes_cases(server: Any, starter: Config, tmp_path: Path) -> None:
    file = starter.data / FILE
    file.unlink(missing_ok=True)
    for question, said in [
        (RIGHT, {"verdict": "wrong", "correct": "Masayoshi Son", "comment": "another\nline"}),
        (NOBODY, {"verdict": "right"}),
        (RIGHT, {"verdict": "right"}),
    ]:
        answer = server.post("/api/v1/ask", {"question": question}).json()
        assert server.post("/api/v1/feedback", {"id": answer["id"], **said}).json() == {"stored": True}
    first = json.loads(file.read_text(encoding="utf-8").splitlines()[0])
    assert first["answer"]["question"] == RIGHT and first["answer"]["citations"][0]["quote"]
    assert first["configuration"]["embedder"] == "all-MiniLM-L6-v2" and first["comment"] == "another\nline"
    out = tmp_path / "cases.jsonl"
    write_questions(cases(file), out)
    nobody, right = read_questions(out).items
    assert (nobody.question, nobody.answerable, nobody.draft) == (NOBODY, False, False)
    assert (right.question, right.answerable, right.draft) == (RIGHT, True, False)
    assert "stargate-announced-at-the-white-house" in right.articles and right.facts


def test_an_as_of_day_is_stored_as_one(server: Any, starter: Config) -> None:
    answer = server.post("/api/v1/ask", {"question": RIGHT, "as_of": "2025-03-01"}).json()
    server.post("/api/v1/feedback", {"id": answer["id"], "verdict": "right"})
    last = json.loads((starter.data / FILE).read_text(encoding="utf-8").splitlines()[-1])
    assert last["filters"] == {"from": None, "to": "2025-03-01", "as_of": "2025-03-01", "outlets": []}


def line(**changed: Any) -> str:
    answer = {"question": "Who?", "status": "answered", "citations": [{"article_id": "a", "quote": "It was Finch."}]}
    return json.dumps({"verdict": "right", "correct": "", "filters": {}, "answer": answer} | changed) + "\n"


def test_a_wrong_answer_is_a_draft_with_what_the_reader_gave(tmp_path: Path) -> None:
    file = tmp_path / "f.jsonl"
    refused = {"question": "Where?", "status": "not_in_corpus", "citations": []}
    file.write_text(
        line(verdict="wrong", correct=" Holt ") + line(verdict="wrong", answer=refused) + line(verdict="fine") + "{\n"
        + line(filters={"from": "2024-01-01"}) + "[]\n"
    )  # fmt: skip
    found = cases(file)
    who, where = found.items
    assert (who.answers, who.answerable, who.draft, who.articles) == (("Holt",), True, True, ())
    assert (where.answers, where.answerable, where.draft) == ((), True, True)
    assert [skipped.line for skipped in found.skipped] == [3, 4, 5, 6]


def test_a_file_without_feedback_is_told(tmp_path: Path) -> None:
    (tmp_path / "f.jsonl").write_text("{}\n")
    with pytest.raises(UsageError, match="holds no feedback"):
        cases(tmp_path / "f.jsonl")
    with pytest.raises(UsageError, match="can't read"):
        cases(tmp_path / "none.jsonl")


def test_only_the_newest_answers_are_remembered(config: Config) -> None:
    config.data.mkdir()
    feedback = Feedback(config, "stub")
    answer = Answer("Who?", "not_in_corpus", "Nobody says.", (), (), (), 0.1)
    for n in range(1_001):
        feedback.remember(str(n), answer, Filters())
    with pytest.raises(NotFound, match="ask again"):
        feedback.add("0", "right")
    feedback.add("1", "right")
    assert len((config.data / FILE).read_text().splitlines()) == 1


def test_a_disk_that_refuses_is_told(config: Config) -> None:
    feedback = Feedback(config, "stub")  # its folder is not there
    feedback.remember("1", Answer("Who?", "not_in_corpus", "", (), (), (), 0.1), Filters())
    with pytest.raises(StorageError, match=r"can't write .*feedback.jsonl"):
        feedback.add("1", "right")
