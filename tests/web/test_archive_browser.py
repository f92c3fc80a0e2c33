"""The archive tab in a real browser: see what the archive holds, read, add good and hostile things, follow, remove."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag.archive.lock import writer_lock
from tests.web.test_browser import EVIL, Served, ask, fetched, opened, serving, shuts_nobody_out

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
TAB = "#dl-tabs [data-tab=archive]"
TASK = ".dl-tasks > li:first-child"  # the newest


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("archive") / "data"


@pytest.fixture(scope="module")
def desk(data: Path) -> Iterator[Served]:
    """Yield a page on the starter archive whose visitors may change it."""
    options = ("--admin", "--allow-private", "localhost", "--log", data.parent / "log", "--data", data)
    with serving("-m", "cli", "serve", *options) as page:
        yield page


def show(page: Any) -> None:
    page.click(TAB)
    page.wait_for_selector(".dl-list li")


def ended(page: Any, what: str) -> str:
    """Return what is told of the newest work, once it has ended."""
    told = page.wait_for_function(
        "what => { const li = document.querySelector('.dl-tasks > li');"
        " return li && li.innerText.includes(what) && !li.querySelector('progress') && li.innerText; }",
        arg=what,
    )
    return str(told.json_value())


def send(page: Any, *files: tuple[str, bytes]) -> str:
    page.set_input_files(
        "#dl-stock-files", [{"name": name, "mimeType": "text/plain", "buffer": body} for name, body in files]
    )
    page.click("button:has-text('Add files')")
    return ended(page, files[0][0])


def add(page: Any, address: str, every: str = "") -> None:
    page.fill("#dl-stock-address", address)
    page.select_option("#dl-stock-adding select", every)
    page.click("#dl-stock-adding button:text-is('Add')")


def test_a_reader_sees_what_the_archive_holds_and_changes_nothing(tmp_path: Path) -> None:
    with serving("app.py", "--data", tmp_path / "data") as served, opened(served) as page:
        assert fetched(page, "archive.js", "tabs.js") == 0, "what is in the tab comes when it is opened"
        show(page)
        assert page.url == f"{served.address}?tab=archive" and page.title() == "Archive – Dateline"
        assert "52 articles" in " ".join(page.inner_text(".dl-figures").split())
        facts = page.inner_text(".dl-facts")
        assert "29 February 2024 – 23 September 2025" in facts and "52 added" in facts and "MB (catalog" in facts
        assert page.locator("#question").is_hidden() and page.locator("#dl-stock input, .dl-list input").count() == 0
        assert "--admin" in page.inner_text("#dl-stock-adding") and str(tmp_path) not in page.inner_text("body")
        assert page.inner_text(".dl-pages").startswith("1 to 20 of 52")
        page.click("text=Older →")
        page.wait_for_selector(".dl-pages:has-text('21 to 40 of 52')")
        page.go_back()
        page.locator("#question").wait_for(state="visible")
        page.go_forward()
        page.locator("#dl-stock-words").wait_for(state="visible")


def test_articles_are_searched_read_and_left_again_by_keyboard(desk: Served) -> None:
    with opened(desk, says="status of 400") as page:
        ask(page, "Who won the World Cup?")
        show(page)
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        page.keyboard.type("bolts that failed the test")
        page.keyboard.press("Enter")
        page.wait_for_selector(".dl-passage")
        first = page.locator(".dl-list a").first
        first.focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("#dl-page .dl-full")
        assert page.inner_text("#dl-page h2") == first.inner_text()
        assert page.inner_text("#dl-where") == "Article" and page.locator("#dl-reader [data-step]").first.is_hidden()
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.textContent") == first.inner_text(), "the place is kept"
        page.fill("#dl-stock-outlet", "The Nowhere News")
        page.keyboard.press("Enter")
        page.wait_for_selector("#dl-stock-said [role=alert]")
        assert "no outlet 'The Nowhere News'" in page.inner_text("#dl-stock-said")
        answer = page.locator("#told .dl-answer[data-ask]")
        before = answer.get_attribute("data-ask")
        page.go_back()
        answer.wait_for(state="visible")
        page.go_forward()
        answer.wait_for(state="hidden")
        page.click("#dl-tabs [data-tab='']")
        assert answer.is_visible() and answer.get_attribute("data-ask") == before, "it was not asked again"
        assert page.title() == "Who won the World Cup? – Dateline"


def test_files_come_in_and_nothing_in_them_runs(desk: Served) -> None:
    article = {"url": f"https://news.example/{EVIL}", "title": f"Weir {EVIL}", "source": f"Lamp {EVIL}",
               "published_at": "2025-12-01", "body": f"The weir held {EVIL} on Monday, the council said."}  # fmt: skip
    with opened(desk) as page:
        show(page)
        body = json.dumps(article).encode()
        assert "1 added" in send(page, (f"{EVIL}weir.json".replace("/", ""), body))
        assert "1 unchanged" in send(page, ("again.json", body))
        page.wait_for_selector(".dl-list li:has-text('Weir')")
        page.wait_for_function("() => document.querySelector('.dl-line').textContent.includes('53 articles')")
        page.click(".dl-list a:has-text('Weir')")
        page.wait_for_selector("#dl-page .dl-full")
        assert "${window.ran=1}{{window.ran=1}}" in page.inner_text("#dl-page .dl-text")
        page.keyboard.press("Escape")
        told = send(page, ("picture.txt", bytes(range(256)) * 99), ("run.exe", b"MZ"))
        assert "2 skipped" in told and "picture.txt: binary" in told and "run.exe: unknown ending" in told
        assert "Nothing to read in tool.exe" in send(page, ("tool.exe", b"MZ"))
        page.reload()
        page.wait_for_selector(TASK)
        assert "Nothing to read in tool.exe" in page.inner_text(TASK), "what was done is still told"


def test_what_can_not_be_added_is_told_in_a_line(desk: Served, data: Path, tmp_path: Path) -> None:
    with opened(desk, says="status of 400") as page:
        show(page)
        huge = tmp_path / "huge.txt"
        with huge.open("wb") as file:
            file.truncate(60_000_000)
        page.set_input_files("#dl-stock-files", huge)
        page.click("button:has-text('Add files')")
        page.wait_for_selector("#dl-stock-refused [role=alert]")
        assert page.inner_text("#dl-stock-refused") == "60 MB is too much; at most 50 MB at a time."
        add(page, "http://192.168.0.1/feed.xml")
        assert (
            "it is a private address" in ended(page, "192.168.0.1") and page.locator("#dl-stock-refused p").count() == 0
        )
        add(page, "http://127.0.0.1/feed.xml", "3600")
        assert "not followed" in ended(page, "127.0.0.1")
        add(page, "ftp://news.example/feed.xml")
        page.wait_for_selector("#dl-stock-refused [role=alert]")
        assert "no web address that can be read" in page.inner_text("#dl-stock-refused")
        with writer_lock(data, doing="ingest"):
            assert "is being written by `dateline ingest`" in send(page, ("late.md", b"# Late\n\nIt came late."))


def test_a_feed_is_followed_paused_read_again_and_forgotten(desk: Served, internet: Any) -> None:
    root = f"http://localhost:{internet.port}"
    item = (
        f"<title>Quay &lt;b&gt; {{x}}</title><link>{root}/quay</link><pubDate>Mon, 01 Dec 2025 09:00:00 GMT</pubDate>"
    )
    feed = f"<rss version='2.0'><channel><title>Quay News</title><item>{item}</item></channel></rss>"
    text = "The quay was repaired on Monday because the tide had broken its wall, the harbour office said. " * 8
    internet.put("/feed.xml", feed, kind="text/xml")
    internet.put("/quay", f"<html><body><article><h1>The quay</h1><p>{text}</p></article></body></html>")
    address = f"{root}/feed.xml"
    with opened(desk) as page:
        show(page)
        add(page, address, "3600")
        assert "1 added" in ended(page, "/feed.xml")
        card = page.locator(f".dl-card:has-text('{address}')")
        assert "in order · RSS · every hour" in card.inner_text()
        card.locator("button:has-text('Pause')").focus()
        page.keyboard.press("Enter")
        card.locator("button:has-text('Resume')").wait_for()
        assert page.evaluate("document.activeElement.textContent") == "Resume" and "paused" in card.inner_text()
        page.keyboard.press("Enter")
        card.locator("button:has-text('Pause')").wait_for()
        internet.put("/feed.xml", "no feed at all", status=500)
        card.locator("button:has-text('Read now')").click()
        page.wait_for_selector(f".dl-card:has-text('{address}') .dl-note")
        assert "could not be read" in card.inner_text() and "500" in card.inner_text()
        card.locator("button:has-text('Forget')").click()
        page.click("dialog button:has-text('Forget it')")
        card.wait_for(state="detached")


def test_articles_are_removed_after_one_more_question(desk: Served) -> None:
    with opened(desk) as page:
        show(page)
        assert "1 added" in send(
            page, ("shed.md", b"---\ntitle: The shed burned\ndate: 2026-01-02\n---\nThe shed burned down.")
        )
        page.wait_for_selector(".dl-list li:has-text('The shed burned')")
        page.check(".dl-list input[aria-label='Mark “The shed burned”']")
        page.focus("button:has-text('Remove …')")
        page.keyboard.press("Enter")
        assert "The shed burned" in page.inner_text("dialog.dl-sure")
        page.keyboard.press("Escape")
        assert page.locator("dialog.dl-sure").count() == 0 and page.locator(".dl-marked").is_visible()
        page.click("button:has-text('Remove …')")
        page.click("dialog button:text-is('Remove')")
        assert "1 removed" in ended(page, "1 article")
        page.locator(".dl-list li:has-text('The shed burned')").wait_for(state="detached")
        assert page.locator(".dl-marked").count() == 0


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (360, True), (360, False)])
def test_no_state_of_the_archive_shuts_anyone_out(desk: Served, width: int, dark: bool) -> None:
    with opened(desk, width=width, dark=dark) as page:
        show(page)
        shuts_nobody_out(page, "the tab")
        send(page, ("picture.txt", bytes(range(256))), ("note.md", b"# Note\n\nA note."))
        page.fill("#dl-stock-words", "bridge")
        page.keyboard.press("Enter")
        page.wait_for_selector(".dl-passage")
        page.check(".dl-list li:first-child input")
        shuts_nobody_out(page, "found, marked and told")
        page.click("button:has-text('Remove …')")
        shuts_nobody_out(page, "one more question")
        page.keyboard.press("Escape")
        page.click(".dl-list a >> nth=0")
        page.wait_for_selector("#dl-page .dl-full")
        shuts_nobody_out(page, "an article")
