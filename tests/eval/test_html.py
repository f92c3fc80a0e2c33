from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval import html
from eval.html import HIT_LETTERS, pieces
from eval.measure import Case
from eval.run import Run
from rag.types import Skipped

EVIL = "</script><script>alert(1)</script><!--<img src=x onerror=alert(1)>&amp;\u2028"
MANIFEST = {"dateline": "1.2.3", "complete": True, "config": {"llm": "none", "outlets": ["a", "b"]}, "seed": None}
ANSWERED = Case("a", "When?", "when", True, "answered", ranked=True, hits_rank=1, gold_cited=1.0, key_fact_quoted=True)
CRASHED = Case("b", "Why?", "why", True, "crashed", error="OSError: no", gold_cited=0.0, key_fact_quoted=False)


class Page(HTMLParser):
    """What a browser would find: every element, and the text of each script by its id."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: dict[str, str] = {}
        self.text = ""
        self._script: str | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self._script = dict(attrs).get("id") or ""
            self.scripts[self._script] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._script = None

    def handle_data(self, data: str) -> None:
        if self._script is None:
            self.text += data
        else:
            self.scripts[self._script] += data

    def json(self, name: str) -> Any:
        return json.loads(self.scripts[name], parse_constant=pytest.fail)


def a_page(
    *cases: Case,
    traces: Iterable[Mapping[str, Any] | None] = (),
    manifest: Mapping[str, Any] = MANIFEST,
    **changed: Any,
) -> Page:
    values: dict[str, Any] = {"skipped": (Skipped("q", 9, "not JSON"),), "questions": "q.jsonl"} | changed
    run = Run(cases, (1, 10), sha256="f00d", started=datetime(2026, 1, 2, 3, 4, tzinfo=UTC), seconds=1.0, **values)
    return Page("".join(pieces(run, manifest, traces)))


def trace(text: str = "The text.", **hit: Any) -> dict[str, Any]:
    source = {
        "article_id": "x",
        "article_url": "https://n.example/1",
        "title": text,
        "source": "Gazette",
        "published_at": None,
    }
    return {
        "plan": None,
        "hits": [
            {"rank": 1, "score": 0.5, **source, "start": 0, "end": 9, "text": text, "found_by": {"lexical": 1}} | hit
        ],
        "answer": {
            "status": "answered",
            "text": text,
            "confidence": 0.5,
            "sentences": [{"text": text, "citations": [1], "support": 1.0, "verdict": "supported", "reason": text}],
            "citations": [{"n": 1, **source, "start": 3, "end": 9, "quote": text, "before": text, "after": text}],
            "notes": [{"kind": "nearest", "text": text}],
        },
        "timings": {"total": 3.0},
    }


def test_the_figures_stand_in_the_page_without_a_script() -> None:
    page = a_page(ANSWERED, CRASHED)
    cards = [given["data-metric"] for tag, given in page.elements if "data-metric" in given]
    assert cards[:2] == ["key_fact_quoted", "right_article_cited"]
    for said in (
        "50.0 %",
        "9.5 to 90.5",
        "n = 2",
        "near 1 by construction",
        "Dateline 1.2.3",
        "2 January 2026, 03:04 UTC",
    ):
        assert said in page.text, said
    assert "1 crashed" in page.text and "0 with a sentence unjudged" in page.text and "1 lines skipped" in page.text
    assert "not JSON" in page.text
    assert "config · outlets" in page.text and "a, b" in page.text and "unknown" in page.text
    assert not any("warning" in str(given.get("class")) for tag, given in page.elements if given.get("role") == "note")


def test_no_gold_is_said_and_nothing_breaks_without_cases() -> None:
    assert "whether an answer is right is not measured" in a_page().text
    assert a_page().json("rows") == []
    assert "whether an answer is right is not measured" in a_page(Case("a", "?", None, None, "answered")).text


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ({"complete": False}, "This run is not complete"),
        ({"archive": {"start": {"generation": 1}, "end": {"generation": 2}}}, "The archive changed"),
    ],
)
def test_what_makes_the_figures_less_is_said(manifest: dict[str, Any], said: str) -> None:
    assert said in a_page(ANSWERED, manifest=manifest).text


def test_the_policy_names_the_only_script_and_no_host() -> None:
    page = a_page(ANSWERED, traces=[trace()])
    policy = next(
        given["content"] for tag, given in page.elements if given.get("http-equiv") == "Content-Security-Policy"
    )
    digest = base64.b64encode(hashlib.sha256(page.scripts[""].encode()).digest()).decode()
    assert policy is not None
    assert f"script-src 'sha256-{digest}'" in policy and "default-src 'none'" in policy
    assert "http" not in policy and "unsafe-eval" not in policy
    kinds = [given.get("type") for tag, given in page.elements if tag == "script"]
    assert kinds == ["application/json"] * 3 + [None]
    outside = [(tag, given) for tag, given in page.elements if given.keys() & {"src", "srcset", "data", "action"}]
    assert not outside
    assert [given["href"] for tag, given in page.elements if tag == "link"] == ["data:,"]
    assert not any(name.startswith("on") for _, given in page.elements for name in given)


def test_the_script_writes_text_only() -> None:
    script = html.files("eval").joinpath("report.js").read_text(encoding="utf-8")
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|fetch\(|import\(", script
    )


def test_text_from_outside_stays_data() -> None:
    case = Case(EVIL, EVIL, EVIL, True, "crashed", error=EVIL, answer=EVIL, key_fact_quoted=False)
    manifest = {"dateline": EVIL, EVIL: EVIL, "config": {"llm": EVIL}}
    other = Case("b", "Why?", "why", True, "answered", ask_ms=3.0)
    page = a_page(
        case, other, traces=[trace(EVIL), None], manifest=manifest, questions=EVIL, skipped=(Skipped("q", 1, EVIL),)
    )
    assert sum(tag == "script" for tag, _ in page.elements) == 4
    assert not any(tag == "img" for tag, _ in page.elements)
    assert page.json("rows")[0]["question"] == EVIL
    assert page.json("articles")[0]["title"] == EVIL
    assert page.json("trace-0")["answer"]["citations"][0]["quote"] == EVIL


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=50)
@given(JSON)
def test_any_json_can_stand_in_a_block(value: Any) -> None:
    page = Page(html._block("x", value))
    assert [tag for tag, _ in page.elements] == ["script"]
    plain = json.loads(json.dumps(value), parse_constant=lambda _: None)
    assert page.json("x") == plain


def test_an_article_is_said_once_and_a_hit_is_cut() -> None:
    long = "word " * 200
    page = a_page(ANSWERED, CRASHED, ANSWERED, traces=[trace(text=long), None, trace(text=long, score=float("nan"))])
    assert page.json("articles") == [
        {"title": long, "source": "Gazette", "published_at": None, "article_url": "https://n.example/1"}
    ]
    first, last = page.json("trace-0"), page.json("trace-2")
    assert "trace-1" not in page.scripts
    assert len(first["hits"][0]["text"]) <= HIT_LETTERS + 2
    assert first["hits"][0]["article"] == first["answer"]["citations"][0]["article"] == 0
    assert first["answer"]["citations"][0]["before"] == long
    assert last["hits"][0]["score"] is None


def test_a_trace_that_lacks_its_parts_is_kept() -> None:
    page = a_page(ANSWERED, traces=[{"plan": None, "answer": None, "gold": {"facts": ["F"]}}])
    assert page.json("trace-0") == {"plan": None, "gold": {"facts": ["F"]}, "hits": [], "answer": {"citations": []}}


def test_a_row_has_what_was_measured_and_no_more() -> None:
    ok, crashed = a_page(ANSWERED, CRASHED).json("rows")
    assert (ok["key_fact_quoted"], crashed["key_fact_quoted"], crashed["error"]) == (True, False, "OSError: no")
    assert "error" not in ok and "confidence" not in crashed
