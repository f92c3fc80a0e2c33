from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from eval.datasets import Question, Questions
from eval.folder import run_in_folder
from eval.metrics import metrics_of
from eval.report import read_folder, rewrite, summary_table
from eval.run import Run, evaluate
from rag import __version__
from rag.errors import StorageError, UsageError
from rag.types import Skipped, Support

NAMES = ["cases.csv", "cases.jsonl", "manifest.json", "report.html", "report.json", "report.md"]
REPORTS = [name for name in NAMES if name not in ("cases.jsonl", "manifest.json")]


class Undecided:
    """A judge of nothing."""

    def judge(self, claim: str, source: str) -> Support:
        return Support(0.0, "unjudged", "nobody knows")


Work = tuple[Questions, Any]  # what is asked, and who is asked


def write(work: Work, out: Path, *, config: Mapping[str, object] | None = None) -> None:
    judge = ("none", Undecided())
    run_in_folder(*work, out, archive=lambda: {"generation": 1}, config=config or {}, judge=judge)


@pytest.fixture
def run(work: Work) -> Run:
    return evaluate(*work)


@pytest.fixture
def work(stub, make_answer) -> Work:
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
    return questions, stub(answers)


def test_the_json_report(work: Work, tmp_path: Path) -> None:
    config = {"llm": "none", "k": 10, "data": tmp_path, "chroma_url": "http://me:secret@host:8000"}
    write(work, tmp_path / "new" / "out", config=config)
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


def test_one_line_a_case_keeps_even_broken_text(work: Work, tmp_path: Path) -> None:
    write(work, tmp_path)
    lines = (tmp_path / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    assert [(case["id"], case["status"]) for case in cases] == [
        ("a", "answered"),
        ("b", "not_in_corpus"),
        ("c", "crashed"),
    ]
    assert cases[1]["question"] == "What of \ud800 it?"
    assert cases[2]["error"] == "OSError: a|b c"


def test_the_markdown_report(work: Work, tmp_path: Path) -> None:
    write(work, tmp_path, config={"llm": "none"})
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "3 questions, 1 crashed, 1 with a sentence unjudged, 1 lines skipped." in text
    assert "| Right passage among the first 1 (hits@1) | 100.0 % | 20.7 to 100.0 | 1 |" in text
    assert "| c | OSError: a\\|b c |" in text
    assert "| 9 | not JSON &lt;b> |" in text
    assert "| config · llm | none |" in text
    assert "near 1 by construction" in text
    for block in text.split("\n\n"):
        widths = {row.replace("\\|", "").count("|") for row in block.splitlines() if row.startswith("|")}
        assert len(widths) <= 1, block


def test_a_second_report_replaces_the_first(work: Work, tmp_path: Path) -> None:
    (tmp_path / "report.md").write_text("old")
    (tmp_path / "mine.txt").write_text("kept")
    write(work, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*NAMES, "mine.txt"])
    assert "Evaluation" in (tmp_path / "report.md").read_text(encoding="utf-8")


def test_a_full_disk_leaves_the_old_report_whole(work: Work, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(work, tmp_path)
    for name in REPORTS:
        (tmp_path / name).write_text("old")
    real = Path.open

    def full(self: Path, *args, **kwargs) -> Any:
        if self.name == "report.json":
            raise OSError(28, "No space left on device")
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(StorageError, match=r"can't write the report to .* \(No space left on device\); make") as caught:
        rewrite(tmp_path)
    monkeypatch.undo()
    assert "\n" not in str(caught.value)
    assert {name: (tmp_path / name).read_text() for name in REPORTS} == dict.fromkeys(REPORTS, "old")
    assert sorted(p.name for p in tmp_path.iterdir()) == NAMES


def test_the_table_for_a_terminal_is_aligned(run: Run) -> None:
    first, *rows = summary_table(run).splitlines()
    assert first == "3 questions, 1 crashed, 1 with a sentence unjudged, 1 lines skipped."
    assert len({len(row) for row in rows}) == 1
    assert any(row.startswith("Quotes exact in the archive's text") and "50.0 %" in row for row in rows)
    assert not any("all are needed" in row for row in rows)  # no question asks for it


def test_a_run_without_questions_has_a_report(stub, tmp_path: Path) -> None:
    nothing = Questions(()), stub({})
    write(nothing, tmp_path)
    assert summary_table(evaluate(*nothing)).startswith("0 questions")


def test_importing_eval_is_cheap_and_names_what_it_has() -> None:
    code = "import sys, eval; assert 'numpy' not in sys.modules; [getattr(eval, n) for n in eval.__all__]; eval.no_such"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "module 'eval' has no attribute 'no_such'" in done.stderr


def test_a_row_a_case_that_no_spreadsheet_runs(stub, make_answer, tmp_path: Path) -> None:
    asked = ["=1+1", "+1", "-1", "@x", "\tx", 'Who, "said"\nit?']
    questions = Questions(tuple(Question(f"={n}", text) for n, text in enumerate(asked)))
    write((questions, stub(dict.fromkeys(asked, make_answer(text="- no")))), tmp_path)
    with (tmp_path / "cases.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["question"] for row in rows] == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", asked[-1]]
    assert {row["answer"] for row in rows} == {"'- no"}
    assert [row["id"] for row in rows] == [f"'={n}" for n in range(len(asked))]
    assert rows[0]["confidence"] == "0.5"


def test_reports_are_written_again_from_the_folder_alone(work: Work, tmp_path: Path) -> None:
    write(work, tmp_path, config={"llm": "none"})
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for name in REPORTS:
        (tmp_path / name).unlink()
    rewrite(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    run, _ = read_folder(tmp_path)
    assert [case.id for case in run.cases] == ["a", "b", "c"]
    assert run.skipped == work[0].skipped


def test_the_csv_has_a_column_for_each_metric_of_a_case(work: Work, tmp_path: Path) -> None:
    write(work, tmp_path)
    with (tmp_path / "cases.csv").open(encoding="utf-8", newline="") as file:
        first, *others = csv.DictReader(file)
    keys = [metric.key for metric in metrics_of((1, 4, 10)) if metric.is_of_a_case]
    assert list(first)[-len(keys) :] == keys
    assert len(set(first)) == len(first)
    run, _ = read_folder(tmp_path)
    for metric in (metric for metric in metrics_of(run.ks) if metric.is_of_a_case):
        scores = [metric.score(case) for case in run.cases]
        assert [row[metric.key] for row in (first, *others)] == ["" if s is None else str(s) for s in scores], (
            metric.key
        )


def test_a_folder_with_a_manifest_and_traces(work: Work, tmp_path: Path) -> None:
    write(work, tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "cases.jsonl").read_text(encoding="utf-8").splitlines()]
    rows[0]["trace"] = {"hits": [], "answer": {"notes": [{"kind": "reason", "text": "A note <b>."}]}, "timings": {}}
    rows[0]["later"] = "a field of a later Dateline"
    (tmp_path / "cases.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    manifest = {
        "dateline": "9.9",
        "started": "2026-01-02T03:04:05",
        "seconds": 2,
        "questions": "mine.csv",
        "complete": False,
        "archive": {"start": {"generation": 1}, "end": {"generation": 2}},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    rewrite(tmp_path)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "A note \\u003cb>." in page
    assert "2 January 2026, 03:04 UTC" in page and "<h1>mine.csv</h1>" in page
    for name in ("report.md", "report.html"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert "not complete" in text and "archive changed" in text, name


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("manifest.json", None, "holds no manifest.json; give a folder"),
        ("manifest.json", "{", r"can't use .*manifest.json"),
        ("manifest.json", "[]", r"can't use .*manifest.json \(no JSON object\)"),
        ("manifest.json", "{}", r"manifest in .* can't be used \(KeyError\('started'\)\)"),
        ("manifest.json", '{"started": 3, "seconds": 1}', "can't be used"),
        ("manifest.json", '{"started": "2026-01-01", "seconds": 1, "skipped": [1]}', "can't be used"),
        ("cases.jsonl", None, r"can't read .*cases.jsonl \(No such file"),
        ("cases.jsonl", '{"id": "a"', r"cases.jsonl, line 1: .*run the evaluation again"),
        ("cases.jsonl", "[]\n", r"cases.jsonl, line 1: not a JSON object"),
        ("cases.jsonl", '{"id": "a"}\n', r"cases.jsonl, line 1: .*missing"),
    ],
)
def test_a_folder_that_cannot_be_used(file: str, text: str | None, said: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"started": "2026-01-01", "seconds": 1}')
    (tmp_path / "cases.jsonl").write_text("")
    (tmp_path / file).unlink() if text is None else (tmp_path / file).write_text(text)
    with pytest.raises(UsageError, match=said) as caught:
        rewrite(tmp_path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "report.html").exists()


def test_a_password_in_an_address_stays_out_of_every_file(work: Work, tmp_path: Path) -> None:
    write(work, tmp_path, config={"chroma_url": "http://me:secret@host:8000"})
    for path in tmp_path.iterdir():
        assert "secret" not in path.read_text(encoding="utf-8"), path.name


def test_importing_the_reports_leaves_matplotlib_alone() -> None:
    code = "import sys, eval.report, eval.html; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
