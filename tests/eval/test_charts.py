from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.charts import MOST_TYPES, charts, reliability, risk_curve
from eval.measure import Case
from eval.metrics import is_right
from eval.run import Run

SVG = "{http://www.w3.org/2000/svg}"


def case(name: str = "a", *, kind: str | None = None, **changed: object) -> Case:
    fields: dict[str, object] = {"key_fact_quoted": True, "confidence": 0.5, "ask_ms": 10.0}
    return replace(Case(name, "Why?", kind, True, "answered"), **(fields | changed))


def a_run(*cases: Case) -> Run:
    return Run(cases, (1, 4, 10), "q.jsonl", "f00d", (), datetime(2026, 1, 2, tzinfo=UTC), 1.0)


WHOLE = a_run(
    *(
        case(f"{n}", kind=f"type {n % 3}", confidence=n / 40, ask_ms=5.0 + n, key_fact_quoted=n % 4 > 0)
        for n in range(40)
    ),
    case("no", kind="none", answerable=False, status="not_in_corpus", key_fact_quoted=None),
    case("boom", kind="none", status="crashed", confidence=None, ask_ms=None, key_fact_quoted=False),
)


@pytest.mark.parametrize(
    ("changed", "right"),
    [
        ({}, True),
        ({"key_fact_quoted": False, "gold_cited": 1.0}, False),
        ({"key_fact_quoted": None, "gold_cited": 0.5}, True),
        ({"key_fact_quoted": None, "gold_cited": 0.0}, False),
        ({"key_fact_quoted": None}, None),
        ({"status": "crashed"}, False),
        ({"status": "crashed", "key_fact_quoted": None}, None),
        ({"answerable": False, "key_fact_quoted": None}, False),
        ({"answerable": False, "key_fact_quoted": None, "status": "not_in_corpus"}, True),
        ({"status": "not_in_corpus", "key_fact_quoted": False}, False),
    ],
    ids=lambda given: str(given) if isinstance(given, dict) else None,
)
def test_what_is_right(changed: dict[str, object], right: bool | None) -> None:
    assert is_right(case(**changed)) is right


def test_the_risk_curve_by_hand() -> None:
    cases = [
        case(confidence=0.9),
        case(confidence=0.8, key_fact_quoted=False),
        case(confidence=0.8),
        case(confidence=0.1, status="not_in_corpus", key_fact_quoted=False),
        case(key_fact_quoted=None),  # nobody can tell: not in it
    ]
    assert risk_curve(cases) == ([0.25, 0.75], [0, 1 / 3])


def test_a_crash_is_the_first_answer_and_wrong() -> None:
    coverage, risk = risk_curve([case(confidence=0.9), case(status="crashed", confidence=None)])
    assert (coverage, risk) == ([0.5, 1.0], [1.0, 0.5])


def test_reliability_by_hand() -> None:
    cases = [case(confidence=0.62), case(confidence=0.68, key_fact_quoted=False), case(confidence=1.0)]
    (middle, low), (top, high) = reliability(cases)
    assert (middle, low.value, low.n) == (pytest.approx(0.65), 0.5, 2)
    assert (top, high.value, high.n) == (1.0, 1.0, 1)


CASES = st.builds(
    case,
    status=st.sampled_from(["answered", "not_in_corpus", "crashed"]),
    confidence=st.one_of(st.none(), st.floats(0, 1)),
    key_fact_quoted=st.sampled_from([True, False, None]),
    answerable=st.sampled_from([True, False, None]),
)


@given(st.lists(CASES, max_size=30))
def test_the_curve_ends_at_all_that_was_answered(cases: list[Case]) -> None:
    coverage, risk = risk_curve(cases)
    known = [each for each in cases if is_right(each) is not None]
    answered = [each for each in known if each.status != "not_in_corpus"]
    assert coverage == sorted(set(coverage))
    assert all(0 <= share <= 1 for share in risk)
    if answered:
        assert coverage[-1] == len(answered) / len(known)
        assert math.isclose(risk[-1], sum(not is_right(each) for each in answered) / len(answered))
    assert sum(figure.n for _, figure in reliability(cases)) == len(answered)


def test_all_four_are_drawn_in_the_page_s_colours() -> None:
    drawn = charts(WHOLE)
    assert [chart.key for chart in drawn] == ["coverage-risk", "calibration", "latency", "by-type"]
    seen: set[str] = set()
    for chart in drawn:
        tree = ElementTree.fromstring(chart.svg)
        ids = {node.attrib["id"] for node in tree.iter() if "id" in node.attrib}
        assert ids and not ids & seen, "an id stands twice in the page"
        seen |= ids
        for place in re.findall(r'(?:url\(|href=")#([^)"]+)', chart.svg):
            assert place in ids
        colours = set(re.findall(r"(?:fill|stroke): ?(#\w+|var[^;\"]+)", chart.svg))
        assert colours <= {f"var(--{name})" for name in ("ink", "soft", "rule", "accent", "second", "third")}, chart.key
        assert "font-family" not in chart.svg and "<style" not in chart.svg
        assert any(node.text for node in tree.iter(f"{SVG}text"))


def test_the_same_cases_give_the_same_bytes() -> None:
    assert charts(WHOLE) == charts(WHOLE)


def test_what_cannot_be_shown_is_left_out() -> None:
    assert charts(a_run()) == []
    crashed = case(status="crashed", confidence=None, ask_ms=None, key_fact_quoted=None)
    assert charts(a_run(crashed)) == []
    assert [chart.key for chart in charts(a_run(case()))] == ["calibration", "latency"]


@settings(max_examples=5)
@given(st.lists(st.text(min_size=1, max_size=60), min_size=2, max_size=4, unique=True))
def test_a_type_may_be_called_anything(names: list[str]) -> None:
    *_, chart = charts(a_run(*(case(str(n), kind=name) for n, name in enumerate([*names, "$x^{$ <b>\ud800\x00 日本"]))))
    ElementTree.fromstring(chart.svg)


def test_of_many_types_the_largest_are_drawn() -> None:
    cases = [case(f"{n}{m}", kind=f"type {n:02}") for n in range(MOST_TYPES + 3) for m in range(n + 1)]
    *_, chart = charts(a_run(*cases))
    assert f"The {MOST_TYPES} largest of {MOST_TYPES + 3} types." in chart.caption
    assert "type 12, n = 13" in chart.svg and "type 02" not in chart.svg
