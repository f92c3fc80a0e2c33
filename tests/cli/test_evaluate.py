"""`dateline eval ...` as it is typed."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from rag.errors import DatelineError

Go = Callable[..., Any]


@pytest.fixture
def go(stories_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Go:
    """Return a function that runs the command on the archive of the eight stories."""
    monkeypatch.setenv("DATELINE_DATA", str(stories_folder))
    monkeypatch.setenv("DATELINE_EMBEDDER", "stub")
    return lambda *arguments: CliRunner().invoke(app, ["eval", *map(str, arguments)])


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    file = tmp_path / "q.jsonl"
    gold: dict[str, Any] = {"id": "a", "question": "Why did Mayor Finch resign?", "answerable": True}
    rows = [
        gold | {"articles": ["mayor-quits"], "key_facts": ["budget"]},
        gold
        | {"id": "b", "question": "How high is the lighthouse?", "articles": ["undated"], "key_facts": ["38 metres"]},
        {"id": "c", "question": "Who won the chess cup in Tashkent?", "answerable": False},
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def test_another_systems_answers(go: Go, questions: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.jsonl"
    rows = [
        {
            "question": "Why did Mayor Finch resign?",
            "answer": "Over the budget [1].",
            "contexts": ["The budget fell. He left."],
        },
        {"question": "Who won the chess cup in Tashkent?", "answer": None},
    ]
    theirs.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = go("run", questions, "--answers", theirs, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "3 questions, 1 crashed" in done.output
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["config"] == {"answers": "theirs.jsonl"}
    theirs.write_text(json.dumps(rows[0]))
    again = go("run", questions, "--answers", theirs, "--out", tmp_path / "out")
    assert isinstance(again.exception, DatelineError) and "holds a run of another state" in str(again.exception)


@pytest.mark.parametrize("prices", ["", "2", "2,x", "1,2,3", "-1,2", "nan,1"])
def test_prices_that_are_none(go: Go, questions: Path, tmp_path: Path, prices: str) -> None:
    done = go("run", questions, "--prices", prices, "--out", tmp_path / "out")
    assert isinstance(done.exception, DatelineError) and "it takes two prices" in str(done.exception)
    assert not (tmp_path / "out").exists()


def test_what_an_llm_costs(go: Go, questions: Path, tmp_path: Path) -> None:
    script = tmp_path / "replies.jsonl"
    script.write_text('{"question": "*", "reply": "NOT IN CORPUS"}\n')
    done = go("run", questions, "--llm", f"scripted:{script}", "--prices", "1000,0", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    figures = json.loads((tmp_path / "out" / "report.json").read_text())["summary"]["figures"]
    assert figures["reply_tokens"]["value"] == 3
    assert figures["cost_per_1000"]["value"] == pytest.approx(figures["prompt_tokens"]["value"])
    assert "Price of 1,000 questions" in done.output


def test_nothing_is_measured_past_the_hits_there_are(go: Go, questions: Path, tmp_path: Path) -> None:
    done = go("run", questions, "--k", "4", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    figures = json.loads((tmp_path / "out" / "report.json").read_text())["summary"]["figures"]
    assert "hits@4" in figures and "hits@10" not in figures
    gated = go("run", questions, "--k", "4", "--gate", "hits@10>=0.5", "--out", tmp_path / "other")
    assert isinstance(gated.exception, DatelineError) and "there is no figure 'hits@10'" in str(gated.exception)


def test_import(go: Go, tmp_path: Path) -> None:
    source, out = tmp_path / "MultiHopRAG.json", tmp_path / "q.jsonl"
    source.write_text(json.dumps([{"query": "Who sank?", "answer": "The Gannet", "question_type": "inference_query",
                                   "evidence_list": [{"fact": "It sank.", "url": "https://a.example/1"}]}]))  # fmt: skip
    done = go("import", "multihoprag", source, "--out", out)
    assert done.exit_code == 0 and "1 questions written to" in done.output, done.output
    assert json.loads(out.read_text())["articles"] == ["https://a.example/1"]
    again = go("import", "multihoprag", source, "--out", out)
    assert isinstance(again.exception, DatelineError) and "is there already" in str(again.exception)
    unknown = go("import", "trivia", source, "--out", tmp_path / "other.jsonl")
    assert isinstance(unknown.exception, DatelineError) and "there are multihoprag" in str(unknown.exception)


def piped(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_standard_input_and_output(
    stories_folder: Path, questions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def run(*arguments: object) -> str:
        app(["eval", *map(str, arguments)], standalone_mode=False)
        out: str = capsys.readouterr().out
        return out

    monkeypatch.setenv("DATELINE_DATA", str(stories_folder))
    piped(monkeypatch, questions.read_text())
    assert "3 questions, 0 crashed" in run("run", "-", "--out", tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["questions"]["file"] == "standard input"
    paragraph = {"context": "It sank.", "qas": [{"id": "x", "question": "What sank?", "answers": []}]}
    piped(monkeypatch, json.dumps({"data": [{"paragraphs": [paragraph]}]}))
    [line] = run("import", "squad", "-", "--out", "-").splitlines()
    assert json.loads(line)["question"] == "What sank?"
    reply = json.dumps({"question": "Who resigned on Monday?", "key_fact": "Tobias Finch"})
    (tmp_path / "replies.jsonl").write_text(json.dumps({"question": "*", "reply": reply}) + "\n")
    llm = f"scripted:{tmp_path / 'replies.jsonl'}"
    drafts = run("make-questions", "--n", "2", "--llm", llm, "--out", "-").splitlines()
    assert drafts and all(json.loads(each)["draft"] for each in drafts)
    piped(monkeypatch, '{"claim": "It sank.", "source": "It sank.", "label": 1}\n')
    assert "1 pairs" in run("judge-check", "-")


@pytest.mark.parametrize(
    "arguments",
    [("run", "-", "--out", "{}"), ("import", "squad", "-", "--out", "{}/new"), ("judge-check", "-")],
    ids=lambda arguments: arguments[0],
)
def test_what_is_wrong_with_standard_input_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    piped(monkeypatch, "no json\n")
    with pytest.raises(DatelineError, match="standard input"):
        app(["eval", *(each.format(tmp_path) for each in arguments)], standalone_mode=False)


def test_a_report_on_standard_output_is_refused(go: Go, questions: Path) -> None:
    done = go("run", questions, "--out", "-")
    assert isinstance(done.exception, DatelineError) and "the report is a folder" in str(done.exception)


def test_drafts_can_be_asked(go: Go, tmp_path: Path) -> None:
    out = tmp_path / "drafts.jsonl"
    script = tmp_path / "replies.jsonl"
    reply = json.dumps({"question": "Who resigned on Monday?", "key_fact": "Tobias Finch"})
    script.write_text(json.dumps({"question": "*", "reply": reply}) + "\n")
    done = go("make-questions", "--n", "2", "--llm", f"scripted:{script}", "--out", out)
    assert done.exit_code == 0, done.output
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert rows and all(row["draft"] for row in rows)
    assert "Read them before you trust them" in done.output
    assert go("run", out, "--out", tmp_path / "run").exit_code == 0
    again = go("make-questions", "--out", out)
    assert isinstance(again.exception, DatelineError) and "is there already" in str(again.exception)


def test_columns_that_nobody_reads_are_named(go: Go, tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    file.write_text('{"question": "Who sank?", "anwser": "x"}\n')
    assert "not used: the columns anwser" in go("run", file, "--out", tmp_path / "out").output


def test_run_report_and_compare(go: Go, questions: Path, tmp_path: Path) -> None:
    done = go("run", questions, "--out", tmp_path / "one", "--jobs", "2")
    assert done.exit_code == 0, done.output
    assert "3 questions, 0 crashed" in done.output and "report.html" in done.output
    (tmp_path / "one" / "report.md").unlink()
    assert go("report", tmp_path / "one").exit_code == 0
    assert (tmp_path / "one" / "report.md").exists()
    assert go("run", questions, "--out", tmp_path / "two").exit_code == 0
    compared = go("compare", tmp_path / "one", tmp_path / "two")
    assert (
        "3 questions in both runs" in compared.output and "Flipped: 0 to the worse, 0 to the better" in compared.output
    )
    assert json.loads(go("compare", tmp_path / "one", tmp_path / "one", "--json").output)["flips"] == []


def test_gates_decide_the_exit_code(go: Go, questions: Path, tmp_path: Path) -> None:
    held = go("run", questions, "--out", tmp_path / "out", "--gate", "faithfulness>=0.98", "--gate", "exact_quotes>=1")
    assert held.exit_code == 0, held.output
    failed = go("run", questions, "--out", tmp_path / "out", "--gate", "faithfulness>=0.98", "--gate", "hits@1>1")
    assert failed.exit_code == 1
    assert "failed: gate hits@1>1: hits@1 is " in failed.output
    assert "asked" not in held.output and failed.output.startswith("0 asked, 3 kept, since 20")


def test_gold_that_is_no_article_is_told(go: Go, tmp_path: Path) -> None:
    file = tmp_path / "q.jsonl"
    gold = ["mayor-quits", "https://nowhere.example/a"]
    file.write_text(json.dumps({"question": "Why did Mayor Finch resign?", "articles": gold}) + "\n")
    done = go("run", file, "--out", tmp_path / "out")
    assert "1 gold articles of 1 questions are not in the archive." in done.output
    assert "https://nowhere.example/a" in (tmp_path / "out" / "report.md").read_text()


def test_a_gate_that_is_none_asks_nothing(go: Go, questions: Path, tmp_path: Path) -> None:
    done = go("run", questions, "--out", tmp_path / "out", "--gate", "truth>1")
    assert isinstance(done.exception, DatelineError) and "no figure 'truth'" in str(done.exception)
    assert not (tmp_path / "out").exists()


def test_judge_check(go: Go, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.jsonl"
    rows = [("The ferry sank.", "The ferry sank on Monday.", 1), ("The mayor won.", "It rained in Hexley.", 0)]
    pairs.write_text("".join(json.dumps({"claim": c, "source": s, "label": y}) + "\n" for c, s, y in rows))
    assert "2 pairs, 0 unjudged" in go("judge-check", pairs).output
    assert json.loads(go("judge-check", pairs, "--json").output)["auc"]["value"] == 1


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on_and_gives_the_same(stories_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "many.jsonl"
    with file.open("w") as lines:
        for n in range(400):
            question = f"What did Mayor Finch say about matter {n}?"
            lines.write(json.dumps({"id": f"q{n}", "question": question, "answerable": True}) + "\n")
    settings = {"DATELINE_DATA": str(stories_folder), "DATELINE_EMBEDDER": "stub"}

    def start(out: Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "cli.main", "eval", "run", str(file), "--out", str(out)]
        return subprocess.Popen(
            command, env={**os.environ, **settings}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    assert start(tmp_path / "whole").wait() == 0
    killed = start(tmp_path / "killed")
    part = tmp_path / "killed" / "cases.jsonl.part"
    give_up = time.monotonic() + 60
    while not (part.exists() and part.read_bytes().count(b"\n") > 20) and time.monotonic() < give_up:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not (tmp_path / "killed" / "report.md").exists()
    assert start(tmp_path / "killed").wait() == 0

    def kept(out: Path) -> list[dict[str, Any]]:
        rows = [json.loads(line) for line in (out / "cases.jsonl").read_text().splitlines()]
        for row in rows:
            row["trace"].pop("timings")
        return [{k: v for k, v in row.items() if not k.endswith("_ms")} for row in rows]

    assert kept(tmp_path / "killed") == kept(tmp_path / "whole")
