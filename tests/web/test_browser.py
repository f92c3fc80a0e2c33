"""The page in a real browser: it answers, shows the proof, and asks no other host for anything."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = tmp_path_factory.mktemp("page") / "data"
    command = [sys.executable, "app.py", "--no-browser", "--port", str(port), "--data", str(data)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1).close()
                break
            except OSError:
                time.sleep(0.25)
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.communicate()


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)], ids=["desk", "phone"])
def test_ask_and_see_the_proof(address: str, width: int, height: int) -> None:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "install Debian's chromium: apt-get install chromium"
    asked: list[str] = []
    said: list[str] = []
    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": height})
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.goto(address)
        page.fill("#question textarea, #question input", "Why is xAI absent from Stargate?")
        page.click("#ask")
        page.wait_for_selector("#told .dl-answer[data-key]")
        quotes = page.locator(".dl-card mark").all_inner_texts()
        for fold in page.locator(".dl-told summary").all():  # what other articles add is folded; the keyboard opens it
            fold.focus()
            page.keyboard.press("Enter")
        answer = page.inner_text("#told .dl-answer[data-key]")
        wide = page.evaluate("document.documentElement.scrollWidth")
        browser.close()
    assert any("xAI" in quote for quote in quotes)
    assert all(" ".join(quote.split()) in " ".join(answer.split()) for quote in quotes)
    assert wide <= width, "the page scrolls sideways"
    assert not said
    outside = [url for url in asked if not url.startswith((address, "data:", "blob:"))]
    assert not outside, f"the page asked other hosts: {outside}"
