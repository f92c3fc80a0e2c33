"""The evaluation's page in a real browser: it opens at once, filters, sorts, shows a case, and asks no host for anything."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eval.report import rewrite

pytestmark = pytest.mark.slow
SIZES = [pytest.param(1280, 900, id="desk"), pytest.param(390, 844, id="phone")]
FIRST_PAINT_MS, MOST_BYTES = 1500, 15_000_000
EVIL = "</script><img src=x onerror=alert(1)><script>alert(1)</script>"
TEXT = "The ferry Gannet sank off Orrismouth on Friday with 41 people on board. All were rescued by fishing boats. "


def a_case(n: int) -> dict[str, Any]:
    """Return case `n` with a trace as large as a real one; every tenth is refused, every fiftieth has crashed."""
    status = "crashed" if n % 50 == 7 else "not_in_corpus" if n % 10 == 9 else "answered"
    row: dict[str, Any] = {
        "id": f"q/{n}#é",
        "question": f"When did ferry {n} sink{' ' + EVIL if n == 3 else ''}?",
        "type": f"type {n % 4}",
        "answerable": n % 10 != 9,
        "status": status,
        "trace": None,
    }
    if status == "crashed":
        return row | {"error": "OSError: the disk is gone", "key_fact_quoted": False}
    quote = f"Ferry {n} sank on Friday."
    answered = status == "answered"
    source = {"article_url": f"https://news.example/{n % 300}", "title": f"Ferry {n % 300} sinks", "source": "Gazette"}
    source |= {"article_id": f"a{n % 300}", "published_at": "2024-03-01T12:00:00+00:00"}
    hits = [
        {
            "rank": rank,
            "score": 1 / rank,
            **source,
            "start": 0,
            "end": 900,
            "text": TEXT * 9,
            "found_by": {"lexical": rank},
        }
        for rank in range(1, 11)
    ]
    cited = {
        "n": 1,
        **source,
        "start": 400,
        "end": 425,
        "quote": quote,
        "before": (TEXT * 3)[:300],
        "after": (TEXT * 3)[:300],
    }
    sentence = {
        "text": quote,
        "citations": [1],
        "support": 1.0,
        "verdict": "supported",
        "reason": "stands verbatim <b>",
    }
    if n == 3:
        cited |= {"title": EVIL, "article_url": "javascript:alert(1)", "before": EVIL}
    answer = {
        "sentences": [sentence] * answered,
        "citations": [cited] * answered,
        "notes": [{"kind": "nearest", "text": EVIL}],
    }
    row |= {"ranked": answered, "hits_rank": 1 + n % 5 if answered and n % 3 else None, "confidence": (n % 97) / 97}
    row |= {
        "sentences": int(answered),
        "supported": int(answered),
        "quotes": int(answered),
        "exact_quotes": int(answered),
    }
    row |= {
        "key_fact_quoted": n % 4 > 0 if answered else None,
        "ask_ms": 20.0 + n % 90,
        "words": 7 if answered else None,
    }
    plan = {
        "question": row["question"],
        "parts": [{"text": "its part", "outlets": ["The Lamp"], "periods": []}],
        "absent": [],
    }
    row["answer"] = f"Gazette: “{quote}” [1]" if answered else "The archive does not hold an answer."
    if n != 11:  # a folder of an earlier version has no traces
        row["trace"] = {"plan": plan, "hits": hits, "answer": answer, "timings": {"search": 4.5, "total": 20.0}}
    return row


def a_report(folder: Path, cases: int) -> Path:
    manifest = {"dateline": "0.1", "started": "2026-01-02T03:04:05", "seconds": 9, "questions": {"file": "q.jsonl"}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "cases.jsonl").write_text("".join(json.dumps(a_case(n)) + "\n" for n in range(cases)))
    rewrite(folder)
    return folder / "report.html"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return a_report(tmp_path_factory.mktemp("thousand"), 1000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "install Debian's chromium: apt-get install chromium"
    with sync_playwright() as browsers:
        opened = browsers.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """Yield a page that has said nothing on its console and asked for nothing but files when the test ends."""
    page, said, asked = browser.new_page(), [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    page.close()
    assert not said
    assert not [url for url in asked if not url.startswith(("file:", "data:"))]


def brightness(colour: str) -> int:
    return sum(map(int, re.findall(r"\d+", colour)))


def found(page: Any) -> str:
    return str(page.inner_text("#found"))


def opened(page: Any, path: Path, hash: str = "") -> None:
    page.goto(f"{path.as_uri()}{hash}")
    page.wait_for_selector("#table tbody tr", state="attached")


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_thousand_cases_open_at_once(page: Any, report: Path, width: int, height: int, scheme: str) -> None:
    assert report.stat().st_size <= MOST_BYTES
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=scheme)
    opened(page, report)
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert painted < FIRST_PAINT_MS
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
    assert page.locator("#table tbody tr").count() == 50
    assert page.locator(".charts svg").count() == 4
    ink, paper = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    )
    assert (brightness(ink) < brightness(paper)) is (scheme == "light")
    drawn = page.evaluate("getComputedStyle(document.querySelector('.charts svg text')).fill")
    assert drawn not in (paper, "rgb(0, 0, 0)")
    page.goto(f"{report.as_uri()}#case=q%2F3%23%C3%A9")
    page.wait_for_selector("#case mark")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "a case's page scrolls sideways"


def test_filter_sort_and_turn(page: Any, report: Path) -> None:
    opened(page, report)
    assert found(page) == "1,000 cases"
    page.fill("#text", "FERRY q/12#")
    assert found(page) == "1 of 1,000 cases"
    page.click("#clear")
    page.select_option("#show", "crashed")
    assert found(page) == "20 of 1,000 cases"
    assert "OSError" in page.inner_text("#table tbody tr >> nth=0")
    page.select_option("#type", "type 3")
    assert found(page) == "10 of 1,000 cases"
    page.click("#clear")
    page.select_option("#passage", "missed")
    page.select_option("#fact", "not found")
    missed = int(found(page).split()[0])
    assert 0 < missed < 300
    page.click("#clear")
    page.click("#table thead button >> text=Time")
    times = page.locator("#table tbody td[data-label=Time]").all_inner_texts()
    assert times[0] == "20 ms" and times == sorted(times)
    page.click("#table thead button >> text=Time")
    assert page.inner_text("#table tbody td[data-label=Time] >> nth=0") == "109 ms"
    page.click("#after")
    assert page.inner_text("#at") == "51 to 100 of 1,000"
    page.click("[data-show=crashed]")
    assert found(page) == "20 of 1,000 cases"


def test_a_case_has_its_page(page: Any, report: Path) -> None:
    opened(page, report)
    page.click("#table tbody a >> nth=3")
    page.wait_for_selector("#case mark")
    told = page.inner_text("#case")
    assert "Ferry 3 sank on Friday." in page.inner_text("#case mark")
    for said in (
        EVIL,
        "stands verbatim <b>",
        "supported",
        "Gazette",
        "score 1.000",
        "lexical 1",
        "4.5 ms",
        "q/3#é",
        "its part",
        "The Lamp",
    ):
        assert said in told, said
    assert page.locator("#case img, #case script").count() == 0
    assert page.locator("#case a[href^=javascript]").count() == 0
    page.click("#case .told button.n")
    assert page.locator("#cited-1.lit").count() == 1
    page.click("#case a[rel=next]")
    page.wait_for_selector("#case h1:has-text('ferry 4')")
    page.go_back()
    page.go_back()
    page.wait_for_selector("#table tbody tr")
    assert page.locator("#case").is_hidden()


@pytest.mark.parametrize(
    ("hash", "said"),
    [
        ("#case=q%2F7%23%C3%A9", "It crashed. OSError: the disk is gone"),
        ("#case=q%2F11%23%C3%A9", "No trace of this case was kept."),
        ("#case=q%2F9%23%C3%A9", "The archive does not hold an answer."),
        ("#case=nobody", "There is no case “nobody” in this report."),
        ("#case=%E0%A4%A", "There is no case"),
    ],
    ids=["crashed", "untraced", "refused", "unknown", "broken"],
)
def test_an_address_of_a_case(page: Any, report: Path, hash: str, said: str) -> None:
    opened(page, report, hash)
    assert said in page.inner_text("#case")
    page.click("#case a[href='#cases']")
    page.wait_for_selector("#table tbody tr")


def test_five_thousand_cases_stay_usable(page: Any, tmp_path: Path) -> None:
    opened(page, a_report(tmp_path, 5000))
    assert page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") < FIRST_PAINT_MS
    milliseconds = page.evaluate(
        """() => { const box = document.getElementById('text'); const start = performance.now();
        box.value = 'ferry 49'; box.dispatchEvent(new Event('input')); return performance.now() - start; }"""
    )
    assert milliseconds < 300
    page.click("#table tbody a >> nth=0")
    page.wait_for_selector("#case h1", timeout=2000)
