"""Take the README's pictures: the page on the starter archive, in headless Chromium. `make screenshots`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
PORT = 7899
# name, width, height, scheme, and what is shown: an answer, one with the article open at its quote, the archive
SHOTS = (
    ("page.png", 1280, 800, "light", "quote"),
    ("page-dark.png", 1280, 800, "dark", "answer"),
    ("page-phone.png", 390, 844, "light", "answer"),
    ("archive.png", 1280, 800, "light", "archive"),
)


def main() -> None:
    """Serve a fresh archive, ask, and write docs/*.png."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--admin", "--no-browser", "--port", str(PORT), "--data", "archive", "--log", "log"]
        command = [sys.executable, "-m", "cli", "serve", *options]
        server = subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)})
        try:
            _wait()
            with sync_playwright() as browsers:
                browser = browsers.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
                for name, width, height, scheme, shown in SHOTS:
                    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                    page.goto(f"http://127.0.0.1:{PORT}/?__theme={scheme}")
                    if shown == "archive":
                        page.click("#dl-tabs [data-tab=archive]")
                        page.wait_for_selector(".dl-list li")
                    else:
                        page.fill("#question textarea, #question input", "Why is xAI absent from Stargate?")
                        page.click("#ask")
                        page.wait_for_selector("#told .dl-answer[data-key]")
                    if shown == "quote":
                        page.click(".dl-told .dl-n")
                        page.wait_for_selector("#dl-page mark.dl-here")
                    page.mouse.move(2, 2)
                    page.screenshot(path=str(ROOT / "docs" / name), full_page=name == "page-phone.png")
                    page.close()
                browser.close()
        finally:
            server.terminate()
            server.wait()


def _wait() -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/", timeout=1).close()
            return
        except OSError:
            time.sleep(0.5)
    sys.exit("the page did not come up")


if __name__ == "__main__":
    main()
