"""Runs in folders: cut off and gone on with, refused where something else is there, reports at the end."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from eval import fingerprint
from eval.datasets import Question, Questions
from eval.folder import run_in_folder
from eval.judge import LexicalJudge
from eval.report import summary_table
from eval.run import Run
from rag.errors import StorageError, UsageError

QUESTIONS = Questions(
    tuple(Question(f"q{n}", f"What {n}?", True, articles=("ferry",), key_facts=("Monday",)) for n in range(6)),
    name="q.jsonl",
    sha256="f00d",
)


@pytest.fixture
def go(stub: Callable[..., Any], make_answer: Callable[..., Any], tmp_path: Path) -> Callable[..., Run]:
    """Return a function that runs the questions in tmp_path/out; `stop` crashes the program at that question."""

    def run(
        *,
        stop: int | None = None,
        questions: Questions = QUESTIONS,
        archive: Mapping[str, Any] | None = None,
        config: Mapping[str, object] | None = None,
        judge: str = "lexical",
        jobs: int = 1,
        out: Path | None = None,
    ) -> Run:
        answers: dict[str, Any] = {
            each.question: make_answer(("ferry", "on Monday"), hits=("ferry",), text="on Monday", confidence=n / 10)
            for n, each in enumerate(questions.items)
        }
        if stop is not None:
            answers[questions.items[stop].question] = KeyboardInterrupt()
        pipeline = stub(answers)
        run.asked = pipeline.asked
        return run_in_folder(
            questions,
            pipeline,
            out or tmp_path / "out",
            archive=lambda: archive or {"generation": 3, "content": "abc"},
            config=config or {"k": 10, "llm": "http://me:secret@host"},
            judge=(judge, LexicalJudge()),
            jobs=jobs,
        )

    return run


def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "cases.jsonl").read_text().splitlines()]


def without_times(folder: Path) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if not k.endswith("_ms")} for row in rows(folder)]


def test_a_run_leaves_manifest_cases_with_traces_and_reports(go: Callable[..., Run], tmp_path: Path) -> None:
    run = go()
    names = ["cases.csv", "cases.jsonl", "manifest.json", "report.html", "report.json", "report.md"]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == names
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["complete"] and manifest["format"] == 3 and manifest["judge"] == "lexical"
    assert manifest["archive"] == {
        "start": {"generation": 3, "content": "abc"},
        "end": {"generation": 3, "content": "abc"},
    }
    assert manifest["config"]["llm"] == "http://host"
    assert manifest["questions"] == {"file": "q.jsonl", "sha256": "f00d", "used": 6}
    assert manifest["libraries"]["numpy"] and manifest["seed"] == 0 and manifest["asked"]
    (first, *_) = rows(tmp_path / "out")
    assert first["key_fact_quoted"] is True
    trace = first["trace"]
    assert trace["gold"]["key_facts"] == ["Monday"]
    (citation,) = trace["answer"]["citations"]
    assert (citation["before"], citation["quote"], citation["after"][:8]) == (
        "The ferry sank ",
        "on Monday",
        ". Nobody",
    )
    assert trace["hits"][0]["rank"] == 1
    assert [case.id for case in run.cases] == [f"q{n}" for n in range(6)]


@pytest.mark.parametrize("stop", [0, 1, 5])
def test_a_run_cut_off_goes_on_and_gives_the_same(go: Callable[..., Run], tmp_path: Path, stop: int) -> None:
    whole = go(out=tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        go(stop=stop)
    assert not (tmp_path / "out" / "report.md").exists()
    part = tmp_path / "out" / "cases.jsonl.part"
    with part.open("a") as file:
        file.write('{"id": "q5", "ques')  # killed in the middle of a line
    run = go()
    assert (len(go.asked), run.kept) == (6 - stop, stop)
    assert not part.exists()
    assert without_times(tmp_path / "out") == without_times(tmp_path / "whole")
    assert [case.id for case in run.cases] == [case.id for case in whole.cases]


def test_a_finished_run_asks_nothing_again_and_says_so(go: Callable[..., Run], tmp_path: Path) -> None:
    assert "kept" not in summary_table(go())
    before = (tmp_path / "out" / "cases.jsonl").read_bytes()
    again = go()
    assert go.asked == []
    assert summary_table(again).splitlines()[0] == f"0 asked, 6 kept, since {again.started:%Y-%m-%d %H:%M} UTC"
    assert (tmp_path / "out" / "cases.jsonl").read_bytes() == before


@pytest.mark.parametrize("jobs", [2, 5])
def test_several_at_a_time_give_the_same(go: Callable[..., Run], tmp_path: Path, jobs: int) -> None:
    go(out=tmp_path / "one")
    go(out=tmp_path / "more", jobs=jobs)
    assert without_times(tmp_path / "more") == without_times(tmp_path / "one")


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"archive": {"generation": 4, "content": "abd"}}, "of another state of the archive"),
        ({"config": {"k": 5}}, "with other settings"),
        ({"judge": "model:x"}, "with another judge"),
        ({"questions": Questions(QUESTIONS.items[:2], name="q.jsonl", sha256="beef")}, "of other questions"),
    ],
)
def test_a_run_of_something_else_is_refused(
    go: Callable[..., Run], tmp_path: Path, other: dict[str, Any], told: str
) -> None:
    with pytest.raises(KeyboardInterrupt):
        go(stop=2)
    with pytest.raises(UsageError, match=rf"holds a run {told}; name another folder with --out, or remove that one$"):
        go(**other)


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize(("what", "told"), [("code", "of other code"), ("libraries", "with other libraries")])
def test_a_run_of_other_code_is_refused(
    go: Callable[..., Run], monkeypatch: pytest.MonkeyPatch, what: str, told: str, finished: bool
) -> None:
    if finished:
        go()
    else:
        with pytest.raises(KeyboardInterrupt):
            go(stop=2)
    other = {"code": "c0de", "libraries": {"tantivy": "0.0"}}[what]
    monkeypatch.setattr(fingerprint, what, lambda: other)
    with pytest.raises(UsageError, match=rf"holds a run {told}; name another folder with --out, or remove that one$"):
        go()
    assert go.asked == []


def test_a_run_with_a_model_whose_files_changed_is_refused(go: Callable[..., Run], tmp_path: Path) -> None:
    model = tmp_path / "reader"
    model.mkdir()
    (model / "weights").write_bytes(b"one")
    config = {"reranker": str(model), "k": 10}
    go(config=config)
    go(config=config)
    assert go.asked == []
    (model / "weights").write_bytes(b"two")
    with pytest.raises(UsageError, match="holds a run with another model under the same name"):
        go(config=config)


@pytest.mark.parametrize("content", ["", "[]", '{"format": 99}'])
def test_a_folder_of_another_version_is_refused(go: Callable[..., Run], tmp_path: Path, content: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.json").write_text(content)
    with pytest.raises(UsageError, match=r"holds a run of another version of Dateline"):
        go()


def test_an_archive_that_changes_during_the_run_is_said(
    stub: Callable[..., Any], make_answer: Callable[..., Any], tmp_path: Path
) -> None:
    states = iter([{"generation": 1}, {"generation": 2}])
    run_in_folder(
        Questions(QUESTIONS.items[:1], name="q.jsonl"),
        stub({"What 0?": make_answer(("ferry", "on Monday"))}),
        tmp_path / "out",
        archive=lambda: next(states),
        config={},
        judge=("lexical", LexicalJudge()),
    )
    assert "archive changed" in (tmp_path / "out" / "report.md").read_text().lower()


def test_gold_that_the_archive_lacks_is_said_everywhere(
    stub: Callable[..., Any], make_answer: Callable[..., Any], articles: Mapping[str, Any], tmp_path: Path
) -> None:
    gold = ("http://a.example/ferry/", "https://a.example/gone", "<b>lost</b>")
    run = run_in_folder(
        Questions((Question("q|1", "Why?", True, articles=gold),), name="q.jsonl"),
        stub({"Why?": make_answer(("ferry", "on Monday"))}),
        tmp_path,
        archive=lambda: {"generation": 1},
        config={},
        judge=("lexical", LexicalJudge()),
        articles=lambda: articles.values(),
    )
    assert run.absent == {"q|1": ("https://a.example/gone", "<b>lost</b>")}
    told = "2 gold articles of 1 questions are not in the archive."
    assert told in summary_table(run)
    page, text = ((tmp_path / f"report.{kind}").read_text() for kind in ("html", "md"))
    assert told in page and told in text
    assert "&lt;b&gt;lost" in page and "<b>lost" not in page
    assert "| q\\|1 | https://a.example/gone, &lt;b>lost&lt;/b> |" in text


def test_a_folder_that_can_not_be_made(go: Callable[..., Run], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"^can't write to .*; make room or give another --out$"):
        go(out=tmp_path / "file" / "out")
