"""`dateline chat`, and what the command line does with an LLM that costs money."""

import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.main import main

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:(click|typer|rich).*")
Run = Callable[..., tuple[int, str, str]]
MAYOR = "Why did Mayor Tobias Finch resign?"


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, stories_folder: Path
) -> Run:
    """Return a function that runs the command line over the stories, with lines for standard input."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(stories_folder, tmp_path / "data")
    monkeypatch.setenv("DATELINE_EMBEDDER", "stub")
    monkeypatch.setenv("DATELINE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")

    def go(*arguments: object, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["dateline", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed.encode()), encoding="utf-8"))
        with pytest.raises(SystemExit) as leave:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return int(leave.value.code or 0), out, err

    return go


def test_each_line_is_understood_after_the_ones_before(run: Run) -> None:
    code, out, err = run("chat", typed=f"{MAYOR}\n\nWho replaced him?\n")
    assert (code, err) == (0, "")
    assert out.index("rejected his budget") < out.index("Understood as: “Who replaced Mayor Tobias Finch?”")
    assert "> " not in out


def test_a_correction_is_asked_as_it_stands(run: Run) -> None:
    _, out, _ = run("chat", typed=f"{MAYOR}\n/ask Who is he?\n/new\nWho replaced him?\n")
    assert "Understood as" not in out


def test_what_stands_behind_quit_is_not_asked(run: Run) -> None:
    code, out, err = run("chat", typed=f"/quit\n{MAYOR}\n")
    assert (code, out, err) == (0, "", "")


@pytest.mark.parametrize("line", ["/help", "/ask", "/what", "/ask "])
def test_help_comes_for_whatever_is_no_command(run: Run, line: str) -> None:
    _, out, _ = run("chat", typed=f"{line}\n")
    assert "/quit" in out and "/ask QUESTION" in out


def test_an_error_is_told_and_the_next_line_is_asked(run: Run) -> None:
    code, out, err = run("chat", typed="x" * 5_000 + f"\n{MAYOR}\n")
    assert code == 0 and err.startswith("dateline: the question has 5,000 characters") and "rejected his budget" in out


def test_ctrl_c_leaves_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", interrupted)
    assert run("chat") == (130, "", "dateline: interrupted; the conversation is over\n")


def test_an_outlet_nobody_knows_is_told(run: Run) -> None:
    code, out, err = run("chat", "--outlet", "The Unknown", typed=f"{MAYOR}\n")
    assert "the archive has no outlet 'The Unknown'" in err and (code, out) == (0, "")


# -- money -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def batch(tmp_path: Path) -> tuple[Path, Path]:
    """Return a file of ten questions, and a script that answers each."""
    questions, script = tmp_path / "q.jsonl", tmp_path / "script.jsonl"
    rows = [{"id": str(n), "question": f"How many witnesses will Judge Mara Quill hear, part {n}?"} for n in range(10)]
    questions.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    script.write_text('{"question": "*", "reply": "Judge Mara Quill will hear 60 witnesses [1]."}\n', encoding="utf-8")
    return questions, script


def _ids(out: Path) -> list[str]:
    return [json.loads(line)["id"] for line in out.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_budget_that_is_used_up_leaves_the_rest_which_can_be_gone_on_with(
    run: Run, batch: tuple[Path, Path], tmp_path: Path, jobs: int
) -> None:
    questions, script = batch
    out = tmp_path / "a.jsonl"
    common: list[Any] = ["ask", "--questions", questions, "--out", out, "--llm", f"scripted:{script}", "--jobs", jobs]
    code, said, err = run(*common, "--prices", "1000,0", "--max-cost", "2.5")
    done = _ids(out)
    assert code == 2 and said == "" and 0 < len(done) < 10 and done == [str(n) for n in range(len(done))]
    assert "--max-cost 2.5 is used up" in err and "lines are left, and the same command goes on with them" in err
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert not any(note["kind"] == "stand_in" for line in lines for note in line["notes"])
    code, _, err = run(*common)
    assert code == 0 and _ids(out) == [str(n) for n in range(10)] and f"{len(done)} stood there already" in err


def test_an_evaluation_stops_there_too_and_goes_on(run: Run, batch: tuple[Path, Path], tmp_path: Path) -> None:
    questions, script = batch
    out = tmp_path / "out"
    common: list[Any] = ["eval", "run", questions, "--out", out, "--llm", f"scripted:{script}", "--prices", "1000,0"]
    code, said, err = run(*common, "--max-cost", "2.5")
    assert (
        code == 2 and said == "" and "--max-cost 2.5 is used up" in err and "run the same command again to go on" in err
    )
    kept = (out / "cases.jsonl.part").read_text(encoding="utf-8").count("\n")
    assert 0 < kept < 10
    code, said, _ = run(*common)
    assert code == 0 and "The report stands in" in said
    assert (out / "cases.jsonl").read_text(encoding="utf-8").count("\n") == 10


def test_what_was_recorded_is_replayed_to_the_same_answers(run: Run, batch: tuple[Path, Path], tmp_path: Path) -> None:
    questions, script = batch
    recorded = tmp_path / "recorded.jsonl"
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    common = ["ask", "--questions", questions]
    assert run(*common, "--out", first, "--llm", f"scripted:{script}", "--record", recorded)[0] == 0
    assert run(*common, "--out", second, "--llm", f"scripted:{recorded}")[0] == 0

    def told(out: Path) -> list[Any]:
        rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
        return [{key: value for key, value in row.items() if key != "timings"} for row in rows]

    assert told(first) == told(second) and len(told(first)) == 10


def test_a_script_without_the_prompt_gives_answers_that_stand_in(run: Run, tmp_path: Path) -> None:
    script = tmp_path / "recorded.jsonl"
    script.write_text('{"prompt_sha256": "00", "reply": "x"}\n', encoding="utf-8")
    code, out, _ = run("ask", MAYOR, "--llm", f"scripted:{script}")
    assert code == 0 and "the archive's own words stand in" in out and "rejected his budget" in out
