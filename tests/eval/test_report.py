from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from eval.datasets import Question, Questions
from eval.report import summary_table, write
from eval.run import Run, evaluate
from rag import __version__
from rag.errors import StorageError
from rag.types import Skipped

NAMES = ["cases.jsonl", "report.json", "report.md"]


@pytest.fixture
def run(stub, make_answer) -> Run:
    questions = Questions(
        (
            Question("a", "When did it sink?", True, "when", articles=("ferry",), key_facts=("Monday",)),
            Question("b", "What of \ud800 it?", False, "what|if"),
            Question("c", "Why?", True, "why"),
        ),
        (Skipped("q.jsonl", 9, "not JSON <b>"),),
        "q.jsonl",
        "f00d",
    )
    answers = {
        "When did it sink?": make_answer(("ferry", "on Monday"), hits=("ferry",), verdicts=("supported", "unjudged")),
        "What of \ud800 it?": make_answer(status="not_in_corpus", verdicts=(), confidence=0.1),
        "Why?": OSError("a|b\nc"),
    }
    return evaluate(questions, stub(answers))


def test_the_json_report(run: Run, tmp_path: Path) -> None:
    config = {"llm": "none", "k": 10, "data": tmp_path, "chroma_url": "http://me:secret@host:8000"}
    write(run, tmp_path / "new" / "out", config=config)
    assert sorted(p.name for p in (tmp_path / "new" / "out").iterdir()) == NAMES
    report = json.loads((tmp_path / "new" / "out" / "report.json").read_text(encoding="utf-8"))
    manifest = report["manifest"]
    assert manifest["dateline"] == __version__
    assert manifest["questions"] == {"file": "q.jsonl", "sha256": "f00d", "used": 3}
    assert manifest["config"] == {"llm": "none", "k": "10", "data": str(tmp_path), "chroma_url": "http://host:8000"}
    assert manifest["hits_at"] == [1, 4, 10]
    assert manifest["started"].endswith("+00:00")
    summary = report["summary"]
    assert (summary["n"], summary["crashed"], summary["unjudged"]) == (3, 1, 1)
    assert summary["figures"]["hits@1"]["value"] == 1
    assert summary["figures"]["answered_when_answerable"]["n"] == 2
    assert summary["figures"]["gold_articles_cited"] is None
    assert list(report["by_type"]) == ["what|if", "when", "why"]
    assert report["skipped"] == [{"place": "q.jsonl", "line": 9, "reason": "not JSON <b>"}]


def test_one_line_a_case_keeps_even_broken_text(run: Run, tmp_path: Path) -> None:
    write(run, tmp_path)
    lines = (tmp_path / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    assert [(case["id"], case["status"]) for case in cases] == [
        ("a", "answered"),
        ("b", "not_in_corpus"),
        ("c", "crashed"),
    ]
    assert cases[1]["question"] == "What of \ud800 it?"
    assert cases[2]["error"] == "OSError: a|b c"


def test_the_markdown_report(run: Run, tmp_path: Path) -> None:
    write(run, tmp_path, config={"llm": "none"})
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "3 questions, 1 crashed, 1 with a sentence unjudged, 1 lines skipped." in text
    assert "| Right passage among the first 1 (hits@1) | 100.0 % | 20.7 to 100.0 | 1 |" in text
    assert "| c | OSError: a\\|b c |" in text
    assert "| 9 | not JSON &lt;b> |" in text
    assert "| llm | none |" in text
    for block in text.split("\n\n"):
        widths = {row.replace("\\|", "").count("|") for row in block.splitlines() if row.startswith("|")}
        assert len(widths) <= 1, block


def test_a_second_report_replaces_the_first(run: Run, tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text("old")
    (tmp_path / "mine.txt").write_text("kept")
    write(run, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*NAMES, "mine.txt"])
    assert "Evaluation" in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_out_that_is_a_file_is_a_storage_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(StorageError, match=r"can't write the report to .*; make room or give another --out"):
        write(run, tmp_path / "out")


def test_a_full_disk_leaves_the_old_report_whole(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        (tmp_path / name).write_text("old")
    real = Path.write_text

    def full(self: Path, *args, **kwargs) -> int:
        if self.name == "report.json":
            raise OSError(28, "No space left on device")
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(StorageError, match=r"\(No space left on device\)") as caught:
        write(run, tmp_path)
    assert "\n" not in str(caught.value)
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == dict.fromkeys(NAMES, "old")


def test_the_table_for_a_terminal_is_aligned(run: Run) -> None:
    first, *rows = summary_table(run).splitlines()
    assert first == "3 questions, 1 crashed, 1 with a sentence unjudged, 1 lines skipped."
    assert len({len(row) for row in rows}) == 1
    assert any(row.startswith("Quotes exact in the archive's text") and "50.0 %" in row for row in rows)
    assert not any("all are needed" in row for row in rows)  # no question asks for it


def test_a_run_without_questions_has_a_report(stub, tmp_path: Path) -> None:
    run = evaluate(Questions(()), stub({}))
    write(run, tmp_path)
    assert summary_table(run).startswith("0 questions")


def test_importing_eval_is_cheap_and_names_what_it_has() -> None:
    code = "import sys, eval; assert 'numpy' not in sys.modules; [getattr(eval, n) for n in eval.__all__]; eval.no_such"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "module 'eval' has no attribute 'no_such'" in done.stderr
