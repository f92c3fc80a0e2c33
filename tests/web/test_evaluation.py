"""Evaluations as the page has them: what a folder holds, damaged runs, two compared, and one begun, stopped and gone on with."""

from __future__ import annotations

import json
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag.errors import NotFound, UsageError
from rag.pipeline import Pipeline
from web.queue import Line
from web.runs import Runs

ITEMS = [
    {"id": "q1", "question": "Who sank the ferry?", "answerable": False},
    {"id": "q2", "question": "What sank on Monday?", "answerable": True, "key_facts": ["ferry"]},
    {"id": "q3", "question": "Was anybody hurt?", "answerable": True, "key_facts": ["Nobody was hurt"]},
]


def lines(*items: Any) -> str:
    return "".join(json.dumps(item) + "\n" for item in items)


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eval.html.charts", lambda run: [])  # they take seconds, and have tests of their own


@pytest.fixture
def asked(config: Any, article: Any, store: Any) -> Any:
    """Yield an open pipeline over one article, and the Config that it was opened with."""
    store(config, article("ferry", "The ferry sank on Monday. Nobody was hurt."))
    plain = replace(config, reader="none", keep_answers=False)
    with closing(Pipeline.open(plain)) as pipeline:
        yield pipeline, plain


@pytest.fixture
def runs(asked: Any, tmp_path: Path) -> Any:
    line = Line(1, 4)
    found = Runs(tmp_path / "runs", *asked, line)
    yield found
    found.close()
    line.close()


def ended(runs: Runs, state: str = "done") -> Any:
    end = time.monotonic() + 60
    while (now := runs.now()) and now.state == "working" and time.monotonic() < end:
        time.sleep(0.01)
    assert now and now.state == state, now
    return now


def test_runs_are_begun_listed_and_compared(runs: Runs) -> None:
    assert runs.past() == [] and runs.now() is None and runs.questions() == []
    name = runs.add("my questions.jsonl", lines(*ITEMS))
    assert name == "my-questions.jsonl" and runs.questions() == [name]
    assert runs.add("my questions.jsonl", lines(*ITEMS)) == name, "the same file is there already"
    assert runs.add("../my questions.jsonl", lines(ITEMS[0])) != name and len(runs.questions()) == 2
    first = runs.start(name).name
    now = ended(runs)
    assert (now.done, now.total, now.error) == (3, 3, None)
    (past,) = runs.past()
    assert (past.name, past.questions, past.cases, past.told, past.readable) == (first, name, 3, "", True)
    assert any(figure.value.endswith("%") for figure in past.figures)
    assert "<main" in runs.report(first).read_text()
    compared = runs.compare(first, first)
    assert compared.n == 3 and {each.verdict for each in compared.differences} == {"same"} and not compared.flips


def test_a_run_is_stopped_and_gone_on_with(runs: Runs, asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Pipeline.ask

    def stopping(self: Pipeline, question: str, **how: Any) -> Any:
        if question == ITEMS[1]["question"]:
            runs.stop()
        return whole(self, question, **how)

    monkeypatch.setattr(Pipeline, "ask", stopping)
    name = runs.start(runs.add("q.jsonl", lines(*ITEMS))).name
    ended(runs, "stopped")
    (past,) = runs.past()
    assert past.unfinished and "2 of 3 questions are answered" in past.told and not past.readable
    with pytest.raises(NotFound, match="has no report"):
        runs.report(name)
    monkeypatch.setattr(Pipeline, "ask", whole)
    assert runs.go_on(name).name == name
    ended(runs)
    assert [(each.name, each.unfinished) for each in runs.past()] == [(name, False)]


def test_what_is_damaged_old_or_of_another_kind_is_told_in_a_line(runs: Runs) -> None:
    runs.folder.mkdir()
    whole = {"dateline": "0.1.0", "started": "2025-01-02T03:04:05+00:00", "seconds": 1, "complete": True, "format": 1}
    for name, manifest in (
        ("a-torn", '{"format": '), ("b-list", "[]"), ("c-old", json.dumps(whole)), ("d-bare", json.dumps(whole | {"format": 3})),
        ("e-odd", json.dumps({"questions": 3, "complete": False, "started": 7, "format": None})),
    ):  # fmt: skip
        (runs.folder / name).mkdir()
        (runs.folder / name / "manifest.json").write_text(manifest)
    (runs.folder / "c-old" / "report.html").write_text("<p>old</p>")
    (runs.folder / "d-bare" / "report.html").write_text("<p>bare</p>")
    (runs.folder / "d-bare" / "report.json").write_text('{"summary": {"figures": {"key_fact_quoted": 3}}}')
    (runs.folder / "f-lost").mkdir()
    (runs.folder / "f-lost" / "cases.jsonl").write_text("")
    (runs.folder / "nothing of ours").mkdir()
    told = {run.name: run.told for run in runs.past()}
    assert set(told) == {"a-torn", "b-list", "c-old", "d-bare", "e-odd", "f-lost"}
    assert told["a-torn"].startswith("can't use a-torn/manifest.json") and "no JSON object" in told["b-list"]
    assert told["c-old"] == "of Dateline 0.1.0, as it was written then"
    assert told["e-odd"] == "not finished: 0 questions are answered" and "holds no manifest.json" in told["f-lost"]
    assert not any(str(runs.folder) in each or "\n" in each for each in told.values())
    with pytest.raises(UsageError, match="run the evaluation again"):
        runs.compare("a-torn", "b-list")
    with pytest.raises(UsageError, match="are not here any more"):
        runs.go_on("e-odd")
    for name in ("../runs/c-old", "..", "", "g"):
        with pytest.raises(NotFound, match="there is no run"):
            runs.report(name)


def test_bad_questions_are_refused_and_leave_nothing(runs: Runs) -> None:
    for name, text in (("q.exe", lines(*ITEMS)), ("q.jsonl", "no question\n"), (".jsonl", lines(*ITEMS))):
        with pytest.raises(UsageError):
            runs.add(name, text)
    assert list(runs.folder.glob("*") if runs.folder.exists() else ()) == []
    with pytest.raises(NotFound, match="no file of questions"):
        runs.start("../secret.jsonl")


def test_the_api_shows_runs_to_all_and_begins_them_for_who_may(served: Any, server: Any, asked: Any) -> None:
    pipeline, config = asked
    with served(admin=True, pipeline=pipeline, data=config.data) as desk:
        begun = desk.post("/api/v1/evaluation/start", {"questions": "q.jsonl", "text": lines(*ITEMS)})
        assert begun.status_code == 202, begun.text
        name = ended(desk.service.runs).name
        assert desk.get("/api/v1/evaluation/now").json()["state"] == "done"
        assert desk.post("/api/v1/evaluation/start", {"questions": "gone.jsonl"}).status_code == 404
        told = desk.get("/api/v1/evaluation").json()
        assert told["may_start"] and told["questions"] == ["q.jsonl"] and told["runs"][0]["name"] == name
        report = desk.get(f"/api/v1/evaluation/runs/{name}/report")
        assert "sandbox allow-scripts" in report.headers["content-security-policy"] and "<main" in report.text
        compared = desk.get("/api/v1/evaluation/compare", params={"before": name, "after": name}).json()
        assert compared["n"] == 3 and compared["changes"][0]["verdict"] == "same"
        assert desk.get("/api/v1/evaluation/runs/..%2f..%2fetc/report").status_code == 404
    assert server.get("/api/v1/evaluation").json() == {"runs": [], "questions": [], "may_start": False, "now": None}
    for path in ("start", "stop"):
        refused = server.post(f"/api/v1/evaluation/{path}", {"questions": "q.jsonl"})
        assert refused.status_code == 403 and "--admin" in refused.json()["error"]["message"]
