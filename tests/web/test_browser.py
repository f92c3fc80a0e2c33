"""The page in a real browser, on the starter archive: ask, check, read, go back, take away; and it asks no other host."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from web.page import STARTER

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[2]
WHY = "Why is xAI absent from Stargate?"
REFUSED = "Who won the World Cup?"
# Text that would run if it were taken for markup, a template or an address.
EVIL = "<script>window.ran=1</script><img src=x onerror=window.ran=1>${window.ran=1}{{window.ran=1}}"
LONG = "The council met again and nothing was decided about the culvert. " * 1_999


@dataclass(frozen=True)
class Served:
    """The page's address and the process that serves it."""

    address: str
    process: subprocess.Popen[str]


@contextmanager
def serving(*command: str | Path) -> Iterator[Served]:
    """Yield the page as this command serves it, at a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [sys.executable, *map(str, command), "--no-browser", "--port", str(port)]
    server = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1).close()
                break
            except OSError:
                time.sleep(0.25)
        yield Served(f"http://127.0.0.1:{port}/", server)
    finally:
        server.send_signal(signal.SIGCONT)
        server.terminate()
        server.communicate()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("page")
    articles = [
        {"url": f"https://news.example/{EVIL}", "title": f"Zorbl {EVIL}", "source": f"Outlet {EVIL}", "published_at": "2025-02-03",
         "body": f"The zorbl was found under the town hall because a drain had burst {EVIL} on Monday. Nobody was hurt."},
        {"url": "https://news.example/long", "title": "The culvert", "source": "The Long Read", "published_at": "2025-02-04",
         "body": f"{LONG}\n\nThe culvert engineer Ada Quenby resigned over the culvert budget.\n\n{LONG}"},
    ]  # fmt: skip
    (folder / "odd.jsonl").write_text("".join(json.dumps(each) + "\n" for each in articles))
    data = folder / "data"
    starter = map(str, STARTER)
    command = [sys.executable, "-m", "cli", "ingest", *starter, str(folder / "odd.jsonl"), "--data", str(data)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with serving("app.py", "--data", data) as page:
        yield page


@contextmanager
def opened(
    served: Served, *, width: int = 1280, height: int = 800, dark: bool = False, touch: bool = False, says: str = ""
) -> Iterator[Any]:
    """Yield a page in Chromium. At its end: it said no error but `says`, asked no other host, ran nothing from an article."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "install Debian's chromium: apt-get install chromium"
    asked: list[str] = []
    said: list[str] = []
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", has_touch=touch,
            permissions=["clipboard-read", "clipboard-write"],
        )  # fmt: skip
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(served.address)
        page.wait_for_function("() => window.dateline")
        yield page
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
        assert page.evaluate("window.ran") is None, "something from an article ran"
        browser.close()
    left = (
        "AbortError: signal is aborted",
        "Connection errored out",
    )  # Gradio's, of a page left with a request in hand
    assert not [each for each in said if not any(own in each for own in (*left, says) if own)]
    outside = [url for url in asked if not url.startswith((served.address, "data:", "blob:"))]
    assert not outside, f"the page asked other hosts: {outside}"


def arrived(page: Any, question: str) -> None:
    """Wait until the answer to the question is on the page, and nothing else."""
    page.wait_for_function(
        "q => document.querySelector('#told .dl-answer[data-ask]')?.dataset.question === q"
        " && !document.querySelector('#paper.dl-busy, #paper.dl-writing')",
        arg=question,
    )


def ask(page: Any, question: str) -> None:
    page.fill("#question textarea, #question input", question)
    page.click("#ask")
    arrived(page, question)


def fetched(page: Any, *scripts: str) -> int:
    """Return how many of these scripts the page has fetched."""
    names: list[str] = page.evaluate("performance.getEntriesByType('resource').map(each => each.name)")
    return sum(name.endswith(scripts) for name in names)


ANSWER = "#told .dl-answer[data-ask]"
NUMBER = ".dl-told .dl-n"


@pytest.mark.parametrize("size", [(1280, 800), (390, 844), (360, 640), (2560, 1440)], ids=str)
def test_ask_and_see_the_proof(served: Served, size: tuple[int, int]) -> None:
    with opened(served, width=size[0], height=size[1]) as page:
        ask(page, WHY)
        quotes = page.locator(".dl-card mark").all_inner_texts()
        for fold in page.locator(".dl-told summary").all():  # what other articles add is folded; the keyboard opens it
            fold.focus()
            page.keyboard.press("Enter")
        answer = page.inner_text(ANSWER)
        assert any("xAI" in quote for quote in quotes)
        assert all(" ".join(quote.split()) in " ".join(answer.split()) for quote in quotes)
        assert answer.index("No reason is given.") < answer.index("“")


def test_the_first_screen_holds_question_and_answer(served: Served) -> None:
    with opened(served, height=720) as page:
        ask(page, WHY)
        for what in ("#question", ".dl-direct", NUMBER, "#from", "#as-of", "#outlets"):
            box = page.locator(what).first.bounding_box()
            assert box and box["y"] + box["height"] < 720, f"{what} is below the first screen"
            assert box["x"] + box["width"] <= 1280, f"{what} is beside the first screen"


def test_a_number_shows_a_card_and_opens_the_whole_article(served: Served) -> None:
    with opened(served) as page:
        ask(page, WHY)
        page.hover(NUMBER)
        card = page.locator("#dl-peek")
        card.wait_for(state="visible")
        assert "Dateline starter archive · 24 January 2025 · " in card.inner_text()
        assert card.locator("mark").inner_text() == page.locator("#dl-source-1 mark").inner_text() != ""
        page.click(NUMBER)
        page.wait_for_selector("#dl-page .dl-full")
        assert "Readers will find guesses elsewhere" in page.inner_text("#dl-page"), "the article is there to its end"
        mark = page.locator("#dl-page mark.dl-here").first.bounding_box()
        panel = page.locator("#dl-page").bounding_box()
        assert panel["y"] <= mark["y"] < panel["y"] + panel["height"], "it is open at the quote"
        assert page.inner_text("#dl-where").startswith("Citation 1 of ")
        page.keyboard.press("j")
        page.wait_for_function("() => document.querySelector('#dl-where').textContent.startsWith('Citation 2 of ')")
        page.keyboard.press("k")
        page.keyboard.press("Escape")
        assert page.locator("#dl-reader").is_hidden() and page.locator("#cards").is_visible()


def test_a_phone_taps_for_the_card_then_for_the_article(served: Served) -> None:
    with opened(served, width=390, height=844, touch=True) as page:
        ask(page, WHY)
        page.tap(NUMBER)
        page.locator("#dl-peek").wait_for(state="visible")
        assert page.locator("#dl-reader").is_hidden()
        page.tap(NUMBER)
        page.wait_for_selector("#dl-page .dl-full")
        reader = page.locator("#dl-reader").bounding_box()
        assert (reader["width"], reader["height"]) == (390, 844)
        page.tap("#dl-close")
        assert page.locator("#dl-reader").is_hidden()


def test_the_keyboard_is_enough(served: Served) -> None:
    with opened(served) as page:
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        page.keyboard.type(WHY)
        page.keyboard.press("Enter")
        arrived(page, WHY)
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        page.locator("#dl-peek").wait_for(state="visible")
        page.keyboard.press("Enter")
        page.wait_for_selector("#dl-page .dl-full")
        page.keyboard.press("Escape")
        assert page.evaluate("document.activeElement.className") == "dl-n", "the place is kept"
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        assert page.locator("#dl-help").is_visible()


def test_a_question_has_an_address_and_back_works(served: Served) -> None:
    with opened(served) as page:
        ask(page, WHY)
        assert page.url == f"{served.address}?q=Why+is+xAI+absent+from+Stargate%3F"
        ask(page, REFUSED)
        page.go_back()
        arrived(page, WHY)
        assert page.input_value("#question textarea") == WHY
        page.go_back()
        page.locator(".dl-welcome").wait_for(state="visible")
        assert page.locator(ANSWER).is_hidden()
        page.goto(f"{served.address}?q=Who+closed+the+bridge%3F&from=2025-01-01&outlet=The+Orrismouth+Packet")
        arrived(page, "Who closed the bridge?")
        assert page.input_value("#from input") == "2025-01-01"
        chips = [" ".join(each.split()) for each in page.locator("button.dl-filter").all_inner_texts()]
        assert chips == ["from 1 January 2025 × : remove", "only The Orrismouth Packet × : remove"]
        page.click("button.dl-filter >> nth=0")
        page.wait_for_function("() => document.querySelectorAll('button.dl-filter').length === 1")
        assert page.url.endswith("?q=Who+closed+the+bridge%3F&outlet=The+Orrismouth+Packet")


def test_an_unknown_outlet_is_refused_in_its_name(served: Served) -> None:
    with opened(served) as page:
        page.goto(f"{served.address}?q=Who%3F&outlet=The+Nowhere+News")
        arrived(page, "Who?")
        assert "The archive has no outlet 'The Nowhere News'" in page.inner_text(ANSWER)
        assert page.locator("#cards .dl-card").count() == 0


def test_what_was_read_in_a_question_becomes_a_filter(served: Served) -> None:
    with opened(served) as page:
        ask(page, "Who marched in March 2025 according to The Orrismouth Packet?")
        page.click("button.dl-chip:has-text('names The Orrismouth Packet')")
        page.wait_for_selector("button.dl-filter:has-text('only The Orrismouth Packet')")
        page.click("button.dl-chip:has-text('time: March 2025')")
        page.wait_for_selector("button.dl-filter:has-text('from 1 March 2025')")
        assert page.input_value("#to input") == "2025-03-31"


def test_a_refusal_says_what_was_searched_and_opens_the_nearest(served: Served) -> None:
    with opened(served) as page:
        ask(page, REFUSED)
        told = page.inner_text(ANSWER)
        assert "I found no answer in the 54 articles of the archive." in told and "What you can do:" in told
        page.click(".dl-card h3 a")
        page.wait_for_selector("#dl-page .dl-full")


def test_no_old_answer_stands_under_a_question_that_waits_and_a_frozen_server_is_told(served: Served) -> None:
    with opened(served) as page:
        ask(page, WHY)
        served.process.send_signal(signal.SIGSTOP)
        try:
            page.fill("#question textarea", REFUSED)
            page.click("#ask")
            began = time.monotonic()
            assert page.locator(ANSWER).is_hidden() and page.locator("#cards").is_hidden()
            assert page.inner_text("#dl-wait h2") == REFUSED
            page.wait_for_function(
                "() => document.querySelector('#dl-wait p').textContent.includes('does not respond')"
            )
            assert time.monotonic() - began < 2.2
        finally:
            served.process.send_signal(signal.SIGCONT)
        arrived(page, REFUSED)
        assert page.locator("#dl-wait").is_hidden()


def test_a_search_is_stopped_and_its_answer_does_not_come_after_all(served: Served) -> None:
    with opened(served, says="status of 422") as page:  # Gradio can't cancel what it had not begun
        served.process.send_signal(signal.SIGSTOP)
        try:
            page.fill("#question textarea", WHY)
            page.click("#ask")
            page.click("#stop")
            assert page.inner_text("#dl-wait p") == "Stopped."
        finally:
            served.process.send_signal(signal.SIGCONT)
        time.sleep(2)
        assert page.locator(ANSWER).is_hidden() and page.locator("#ask").is_visible()
        ask(page, REFUSED)


def test_a_question_asked_while_another_is_in_hand_is_answered(served: Served) -> None:
    with opened(served, says="status of 422") as page:  # as above
        served.process.send_signal(signal.SIGSTOP)
        try:
            for question in (WHY, "When was the Lantern Bridge closed?", REFUSED):
                page.fill("#question textarea", question)
                page.press("#question textarea", "Enter")
        finally:
            served.process.send_signal(signal.SIGCONT)
        arrived(page, REFUSED)
        assert page.url.endswith("?q=Who+won+the+World+Cup%3F") and page.input_value("#question textarea") == REFUSED
        for _ in range(6):  # the answer is on the page a moment before its event is over
            ask(page, WHY)
            page.go_back()
            arrived(page, REFUSED)


def test_nothing_from_an_article_runs(served: Served) -> None:
    with opened(served) as page:
        ask(page, "Why was the zorbl found under the town hall?")
        page.hover(NUMBER)
        page.click(NUMBER)
        page.wait_for_selector("#dl-page .dl-full")
        assert "${window.ran=1}{{window.ran=1}}" in page.inner_text("#dl-page .dl-text")
        page.keyboard.press("Escape")
        page.goto(served.address)
        page.wait_for_function("() => window.dateline")
        ask(page, f"Who wrote {EVIL} on the wall?")
        page.goto(f"{served.address}?q=%3Cimg%20src%3Dx%20onerror%3D%22window.ran%3D1%22%3E&outlet=%3Cscript%3E")
        page.wait_for_selector(f"{ANSWER} [role=alert]")


def test_a_long_question_is_shortened_in_its_heading(served: Served) -> None:
    with opened(served, width=390) as page:
        long = f"Why {'oh ' * 200}why is xAI absent from Stargate?"
        ask(page, long)
        assert len(page.inner_text(f"{ANSWER} h2")) < 150
        assert page.get_attribute(f"{ANSWER} h2", "title") == long


def test_earlier_questions_are_kept_and_forgotten(served: Served) -> None:
    with opened(served) as page:
        assert page.locator("#dl-earlier").is_hidden()
        ask(page, WHY)
        ask(page, REFUSED)
        page.reload()
        arrived(page, REFUSED)
        page.click("#dl-earlier summary")
        assert page.locator("#dl-earlier li").all_inner_texts() == [REFUSED, WHY]
        page.click(f"#dl-earlier a:has-text('{WHY}')")
        arrived(page, WHY)
        page.click("#dl-forget")
        assert page.locator("#dl-earlier").is_hidden()


def test_a_question_that_points_back_is_understood_and_the_conversation_is_listed(served: Served) -> None:
    with opened(served) as page:
        ask(page, "When was the Lantern Bridge closed?")
        page.fill("#question textarea", "Why?")
        page.click("#ask")
        page.wait_for_selector("button.dl-chip:has-text('you asked “Why?”')")
        first, second = page.locator("#dl-turns li").all_inner_texts()[0], page.inner_text(f"{ANSWER} h2")
        assert first == "When was the Lantern Bridge closed?"
        assert second == "Why was the Lantern Bridge closed?"
        page.click("button.dl-chip:has-text('ask as typed')")
        arrived(page, "Why?")
        assert page.locator("#dl-turns li").count() == 1
        page.click("#dl-anew")
        assert page.locator("#dl-turns").is_hidden() and page.locator(".dl-welcome").is_visible()


def test_two_readers_see_their_own_answers(served: Served) -> None:
    with opened(served) as page, page.context.new_page() as other:
        other.goto(served.address)
        other.wait_for_function("() => window.dateline")
        page.fill("#question textarea", WHY)
        other.fill("#question textarea", REFUSED)
        page.click("#ask")
        other.click("#ask")
        arrived(page, WHY)
        arrived(other, REFUSED)


def test_an_answer_is_taken_away(served: Served) -> None:
    with opened(served) as page:
        ask(page, WHY)
        page.click("[data-take=copy]")
        page.wait_for_function(
            "() => document.querySelector('.dl-take [role=status]').textContent.startsWith('Copied')"
        )
        assert page.evaluate("navigator.clipboard.readText()").startswith(
            f"## {WHY}\n\nDateline starter archive, 24 January"
        )
        for form, start in (
            ("sheet", b"\xef\xbb\xbfclaim,quote"),
            ("word", b"PK"),
            ("html", b"<!doctype"),
            ("markdown", b"## "),
        ):
            with page.expect_download() as download:
                page.click(f"[data-take={form}]")
            assert Path(download.value.path()).read_bytes().startswith(start)
            assert re.match(r"why-is-xai-absent-from-stargate\.\w+$", download.value.suggested_filename)


def test_an_as_of_day_is_shown_edited_and_taken_away(served: Served) -> None:
    with opened(served) as page:
        page.goto(f"{served.address}?q=Who+closed+the+bridge%3F&as_of=2025-04-30")
        arrived(page, "Who closed the bridge?")
        assert page.input_value("#as-of input") == "2025-04-30"
        assert "as of 30 April 2025" in page.inner_text("button.dl-filter")
        page.fill("#as-of input", "2025-05-31")
        page.click("#ask")
        page.wait_for_selector("button.dl-filter:has-text('as of 31 May 2025')")
        assert page.url.endswith("&as_of=2025-05-31")
        page.click("button.dl-filter")
        page.wait_for_function(
            "() => !document.querySelector('button.dl-filter') && !location.search.includes('as_of')"
        )
        assert page.input_value("#as-of input") == ""


def test_a_link_shows_the_answer_as_it_was_given(served: Served) -> None:
    with opened(served) as page:
        page.goto(f"{served.address}?q={WHY.replace(' ', '+')}&as_of=2025-06-01")
        arrived(page, WHY)
        said = page.inner_text(f"{ANSWER} .dl-told")
        page.click("[data-take=given]")
        page.wait_for_function(
            "() => document.querySelector('.dl-take [role=status]').textContent.includes('as it was')"
        )
        link = page.evaluate("navigator.clipboard.readText()")
        assert re.fullmatch(re.escape(served.address) + r"\?answer=[\w-]{22}", link)
        page.goto(link)
        arrived(page, WHY)
        assert page.url == link and page.inner_text(f"{ANSWER} .dl-told") == said
        assert "as it was given on" in page.inner_text(".dl-given") and "as of 1 June 2025" in page.inner_text(ANSWER)
        page.click(NUMBER)
        page.wait_for_selector("#dl-page .dl-full mark")
        page.keyboard.press("Escape")
        page.click(".dl-given a")
        page.wait_for_function("() => location.search.endsWith('&as_of=2025-06-01')")
        assert page.locator(".dl-given").count() == 0
        page.go_back()
        page.wait_for_selector(".dl-given")
        page.goto(f"{served.address}?answer=cut-off")
        page.wait_for_selector(f"{ANSWER} [role=alert]")
        assert "No answer is kept under this link" in page.inner_text(ANSWER)


def test_a_reader_says_that_an_answer_is_wrong(served: Served) -> None:
    with opened(served) as page:
        ask(page, WHY)
        page.fill(".dl-judge input", "Not what I meant.")
        page.click("[data-verdict=wrong]")
        page.wait_for_function(
            "() => document.querySelector('.dl-judge [role=status]').textContent.startsWith('Noted')"
        )
        assert page.get_attribute("[data-verdict=wrong]", "aria-pressed") == "true"


def shuts_nobody_out(page: Any, state: str) -> None:
    """Assert that axe-core finds no serious fault in the state that the page is in."""
    import axe_playwright_python

    page.evaluate((Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    grave = [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")]
    assert not grave, f"{state}: {grave}"


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (360, True), (360, False)])
def test_no_state_of_the_page_shuts_anyone_out(served: Served, width: int, dark: bool) -> None:
    def check(state: str) -> None:
        shuts_nobody_out(page, state)

    with opened(served, width=width, dark=dark) as page:
        check("welcome")
        ask(page, "Why was the Easter deadline for the bridge missed?")
        check("answer")
        page.hover(NUMBER)
        check("card")
        page.click(NUMBER)
        page.wait_for_selector("#dl-page .dl-full")
        check("article")
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        check("keys")
        page.keyboard.press("Escape")
        ask(page, REFUSED)
        check("refusal")
        page.goto(f"{served.address}?q=Who%3F&from=2025-01-01&outlet=The+Nowhere+News")
        arrived(page, "Who?")
        check("error")
        page.goto(f"{served.address}?q={WHY.replace(' ', '+')}&as_of=2025-06-01")
        arrived(page, WHY)
        page.click("[data-take=given]")
        page.wait_for_function(
            "() => document.querySelector('.dl-take [role=status]').textContent.includes('as it was')"
        )
        page.goto(page.evaluate("navigator.clipboard.readText()"))
        page.wait_for_selector(".dl-given")
        check("as it was given")


def test_the_page_is_light_and_quick(served: Served) -> None:
    """Loads in at most 60 requests and 1.5 MB; a card within 50 ms, an article of 20,000 words at its quote within 300 ms."""
    with opened(served) as page:
        sizes = page.evaluate(
            "performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation')).map(e => e.transferSize)"
        )
        ask(page, "Who resigned over the culvert budget?")
        card = page.evaluate(
            "() => { const n = document.querySelector('.dl-told .dl-n'); const t = performance.now();"
            " n.dispatchEvent(new PointerEvent('pointerover', {bubbles: true, pointerType: 'mouse'}));"
            " document.querySelector('#dl-peek').getBoundingClientRect(); return performance.now() - t; }"
        )
        article = page.evaluate(
            "() => new Promise((done) => { const t = performance.now(); document.querySelector('.dl-told .dl-n').click();"
            " const look = () => document.querySelector('#dl-page mark.dl-here')"
            " ? requestAnimationFrame(() => done(performance.now() - t)) : setTimeout(look, 1); look(); })"
        )
        words = len(page.inner_text("#dl-page").split())
        print(
            f"{len(sizes)} requests, {sum(sizes):,} bytes; card {card:.0f} ms; article of {words:,} words {article:.0f} ms"
        )
        assert len(sizes) <= 60 and sum(sizes) <= 1_500_000
        assert words > 20_000
        slow = 4 if (os.getloadavg()[0] > (os.cpu_count() or 1)) else 1  # a busy machine says nothing of the page
        assert card <= 50 * slow and article <= 300 * slow
