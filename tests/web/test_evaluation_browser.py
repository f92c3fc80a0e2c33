"""The evaluation tab in a real browser: past runs, a report and a case of it, two compared, one begun, stopped, gone on with."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.test_browser import EVIL, ROOT, Served, fetched, opened, serving, shuts_nobody_out
from web.page import STARTER

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
QUESTIONS = [
    {"id": "why", "question": "Why did the council shut the Lantern Bridge?", "answerable": True, "type": "why"},
    {"id": "cup", "question": "Who won the chess tournament on the moon?", "answerable": False, "type": "none"},
    {"id": f"evil-{EVIL}", "question": f"Who wrote {EVIL} on the wall?", "answerable": False, "type": EVIL},
]
FORM = "#dl-runs-at-begin"
STATUS = "() => document.querySelector('.dl-far')?.textContent.startsWith('{}')"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Yield a page on the starter archive with two runs and a damaged one, whose visitors may begin others."""
    folder = tmp_path_factory.mktemp("evaluation")
    data, runs = folder / "data", folder / "runs"
    questions = folder / "questions.jsonl"
    questions.write_text("".join(json.dumps(each) + "\n" for each in QUESTIONS))

    def dateline(*arguments: str | Path) -> None:
        command = [sys.executable, "-m", "cli", *map(str, arguments), "--data", str(data)]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)

    dateline("ingest", *STARTER)
    for name in ("first", "second"):
        dateline("eval", "run", questions, "--out", runs / name, "--reader", "none")
    (runs / f"torn {EVIL[:8]}").mkdir()
    (runs / f"torn {EVIL[:8]}" / "manifest.json").write_text("{")
    with serving("-m", "cli", "serve", "--admin", "--runs", runs, "--data", data) as page:
        yield page


def show(page: Any) -> None:
    page.click("#dl-tabs [data-tab=evaluation]")
    page.wait_for_selector("#dl-runs-past li")


def report_of(page: Any) -> Any:
    page.wait_for_selector("#dl-runs iframe")
    return page.frame_locator("#dl-runs iframe")


def test_a_reader_sees_no_run_and_begins_none(tmp_path: Path) -> None:
    with serving("app.py", "--data", tmp_path / "data") as served, opened(served) as page:
        assert fetched(page, "evaluation.js", "tabs.js") == 0, "what is in the tab comes when it is opened"
        show(page)
        assert page.url == f"{served.address}?tab=evaluation" and page.title() == "Evaluation – Dateline"
        assert "There is none yet" in page.inner_text("#dl-runs-past") and page.locator(FORM).is_hidden()
        page.go_back()
        page.locator(".dl-welcome").wait_for(state="visible")


@pytest.mark.parametrize("width", [1280, 360])
def test_a_report_opens_at_a_case_and_its_address_is_kept(desk: Served, width: int) -> None:
    with opened(desk, width=width) as page:
        show(page)
        told = page.inner_text("#dl-runs-past")
        assert "questions: questions.jsonl" in told and "Can't use torn" in told and "run the evaluation again" in told
        page.focus("button.dl-run:text-is('first')")
        page.keyboard.press("Enter")
        report = report_of(page)
        report.locator("#table tbody tr").first.wait_for()
        assert "3 questions" in report.locator("header").inner_text() and report.locator("figure svg").count()
        report.locator("#table tbody a >> nth=0").click()
        report.locator("#case h1").wait_for()
        assert page.url.endswith("?tab=evaluation&run=first")
        page.reload()
        report_of(page).locator("#table").wait_for()
        page.click("#dl-runs-report button:text-is('Close')")
        assert page.locator("#dl-runs iframe").count() == 0 and page.url.endswith("?tab=evaluation")
        assert page.evaluate("document.activeElement.textContent") == "first", "the place is kept"


def compare(page: Any, before: str, after: str) -> None:
    page.select_option("#dl-runs-before", before)
    page.select_option("#dl-runs-after", after)
    page.click("#dl-runs-at-compare .dl-push")
    page.wait_for_selector("#dl-runs-compared > *")


def test_two_runs_are_compared(desk: Served) -> None:
    with opened(desk) as page:
        show(page)
        compare(page, "first", "second")
        assert "3 questions in both" in page.inner_text("#dl-runs-compared")
        assert page.locator("#dl-runs-compared .dl-table").count()


def test_a_run_is_begun_stopped_and_gone_on_with(desk: Served, tmp_path: Path) -> None:
    many = tmp_path / "many.jsonl"
    many.write_text(
        "".join(json.dumps({"id": str(n), "question": f"Who closed bridge {n}?"}) + "\n" for n in range(60))
    )
    with opened(desk, says="status of 4") as page:
        show(page)
        page.select_option("#dl-runs-questions", "")
        page.click("#dl-runs-begin")
        assert "Choose a file of questions first" in page.inner_text("#dl-runs-refused")
        for name, body, why in (
            ("q.exe", b"{}", "is no file of questions"),
            ("q.jsonl", b"what?", "no question"),
            ("q.csv", b"x" * 900_001, "can be sent from here"),
        ):
            page.set_input_files("#dl-runs-file", [{"name": name, "mimeType": "text/plain", "buffer": body}])
            page.click("#dl-runs-begin")
            page.wait_for_function("why => document.querySelector('#dl-runs-refused').innerText.includes(why)", arg=why)
        page.set_input_files("#dl-runs-file", many)
        page.click("#dl-runs-begin")
        page.wait_for_function("() => document.querySelector('#dl-runs-now progress')?.value >= 1")
        page.click("#dl-runs-now button:text-is('Stop')")
        page.wait_for_function(STATUS.format("Stopped"))
        page.wait_for_selector("#dl-runs-past li:has-text('Not finished')")
        page.click("button:text-is('Go on with it')")
        page.wait_for_function(STATUS.format("Done: 60 questions"), timeout=120_000)
        page.wait_for_selector("button.dl-run:has-text('-many')")


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (360, True), (360, False)])
def test_no_state_of_the_evaluations_shuts_anyone_out(desk: Served, width: int, dark: bool) -> None:
    with opened(desk, width=width, dark=dark) as page:
        show(page)
        shuts_nobody_out(page, "the tab")
        compare(page, "first", "second")
        for fold in page.locator("#dl-runs-compared summary").all():
            fold.click()
        shuts_nobody_out(page, "compared")
        page.click("button.dl-run >> nth=0")
        report_of(page).locator("#table").wait_for()
        shuts_nobody_out(page, "a report")
