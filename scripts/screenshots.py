"""Take the README's pictures: the page on the starter archive, in headless Chromium. `make screenshots`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parent.parent
PORT = 7899
QUESTION = "Why is xAI absent from Stargate?"
UNKNOWN = "Who won the women's marathon in Tokyo?"
# name, width, height, scheme, and what is shown: an answer, one with its article open, a refusal, the archive, an evaluation
SHOTS = (
    ("page.png", 1280, 800, "light", "quote"),
    ("page-dark.png", 1280, 800, "dark", "answer"),
    ("page-phone.png", 390, 844, "light", "answer"),
    ("refusal.png", 1280, 800, "light", "refusal"),
    ("archive.png", 1280, 800, "light", "archive"),
    ("evaluation.png", 1280, 800, "light", "evaluation"),
)


def main() -> None:
    """Serve a fresh archive, ask, and write docs/*.png."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--admin", "--no-browser", "--port", str(PORT), "--data", "archive", "--log", "log"]
        command = [sys.executable, "-m", "cli", "serve", *options]
        server = subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)})
        try:
            _wait()
            _evaluate(Path(folder))
            with sync_playwright() as browsers:
                browser = browsers.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
                for name, width, height, scheme, shown in SHOTS:
                    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                    page.goto(f"http://127.0.0.1:{PORT}/?__theme={scheme}")
                    _show(page, shown)
                    page.mouse.move(2, 2)
                    page.screenshot(path=str(ROOT / "docs" / name), full_page=name == "page-phone.png")
                    page.close()
                browser.close()
        finally:
            server.terminate()
            server.wait()


def _evaluate(folder: Path) -> None:
    """Leave a run of the starter archive's questions where the page looks for runs."""
    where = ["--data", "archive", "--out", "archive/runs/starter"]
    command = [sys.executable, "-m", "cli", "eval", "run", str(ROOT / "seeds" / "questions.jsonl"), *where]
    subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)


def _show(page: Page, shown: str) -> None:
    """Bring the page to the state that is to be shown."""
    if shown in ("archive", "evaluation"):
        page.click(f"#dl-tabs [data-tab={shown}]")
        page.wait_for_selector(".dl-list li")
        if shown == "evaluation":
            page.click("button.dl-run")
            page.frame_locator("#dl-runs-report iframe").locator("#table").wait_for()
        return
    page.fill("#question textarea, #question input", UNKNOWN if shown == "refusal" else QUESTION)
    page.click("#ask")
    page.wait_for_selector("#told .dl-answer[data-key]")
    if shown == "quote":
        page.click(".dl-told .dl-n")
        page.wait_for_selector("#dl-page mark.dl-here")


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
