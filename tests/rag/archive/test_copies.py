"""Near-copies, credit lines, and the forms of one page's address."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from rag.archive.copies import (
    COPIED,
    Signatures,
    credited,
    first_of,
    is_agency,
    known,
    page_address,
    runs,
    shared,
    updates,
)
from rag.types import Article

MakeArticle = Callable[..., Article]
DAY = datetime(2024, 3, 1, 12, tzinfo=UTC)


def text(seed: int, words: int = 200) -> str:
    pick = random.Random(seed)
    return " ".join(f"word{pick.randrange(3_000)}" for _ in range(words))


@pytest.mark.parametrize(
    "other",
    [
        "http://www.news.example/a/ferry",
        "https://news.example/a/ferry/",
        "https://m.news.example/a/ferry",
        "https://mobile.news.example/a/ferry?utm_source=rss",
        "https://amp.news.example/a/ferry#top",
        "https://www.news.example/a/ferry/amp/",
        "https://www.news.example/a/ferry.amp",
        "https://www.news.example/amp/a/ferry",
        "https://www.news.example/a/ferry?amp=1",
        "https://www.news.example/a/ferry?outputType=amp",
        "https://www.news.example/a/ferry?fbclid=x",
        "https://www.google.com/amp/s/www.news.example/a/ferry/amp",
        "https://www-news-example.cdn.ampproject.org/c/s/www.news.example/a/ferry",
        "https://www-news-example.cdn.ampproject.org/v/s/amp.news.example/a/ferry",
    ],
)
def test_forms_of_one_page_meet(other: str) -> None:
    assert page_address(other) == page_address("https://www.news.example/a/ferry") == "news.example/a/ferry"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://news.example/a", "https://news.example/b"),
        ("https://news.example/a?id=1", "https://news.example/a?id=2"),
        ("https://sport.news.example/a", "https://news.example/a"),
        ("https://news.example/a/camp", "https://news.example/a"),
        ("https://news.example/example", "https://news.example/ex"),
        ("https://m.example/a", "https://amp.example/a"),
        ("https://www.google.com/amp/what", "https://what/"),
    ],
)
def test_other_pages_do_not(one: str, other: str) -> None:
    assert page_address(one) != page_address(other)


@pytest.mark.parametrize("url", [None, "", "javascript:alert(1)", "https://[half", "mailto:a@b.example", "file:///etc"])
def test_what_is_no_web_address_has_none(url: str | None) -> None:
    assert page_address(url) is None


def test_an_edited_text_a_cut_one_and_a_merged_one_are_copies() -> None:
    words = text(1).split()
    edited = [word if n % 16 else "edited" for n, word in enumerate(words)]
    for other in (
        edited,
        words[:90],
        ["A", "new", "lead", *text(2, 30).split(), *words[30:]],
        [*text(3).split(), *words],
    ):
        assert shared(runs(" ".join(words)), runs(" ".join(other))) >= COPIED


def test_a_quotation_or_a_short_form_makes_no_copy() -> None:
    one, other = text(1), text(2)
    assert shared(runs(one), runs(f"{other} {' '.join(one.split()[:30])}")) < COPIED
    assert shared(runs("The library will be closed on Monday."), runs("The library will be closed on Monday.")) == 0.0
    assert shared(set(), set()) == 0.0


def test_signatures_find_what_may_be_a_copy(article: MakeArticle) -> None:
    signatures = Signatures((n, known(article(f"a{n}", text(n))).signature) for n in range(200))
    for n in range(200):
        cut = " ".join(text(n).split()[:90])
        found = signatures.like(known(article("cut", cut)).signature)
        assert n in found and len(found) < 5
    assert signatures.like(known(article("short", "Too short.")).signature) == []


def test_a_signature_is_the_same_in_every_process(article: MakeArticle) -> None:
    assert known(article("a", text(7))) == known(article("b", text(7), url="https://news.example/a"))
    with pytest.raises(ValueError):
        Signatures([(1, b"of another library")])


@pytest.mark.parametrize(
    ("told", "agency"),
    [
        ("LONDON (Reuters) - The ferry sank.", "Reuters"),
        ("ORRISMOUTH, 3 March (LPA) – The ferry sank.", "LPA"),
        ("(Littoral Press) — The ferry sank.", "Littoral Press"),
        ("AP - The ferry sank.", "AP"),
        ("The ferry sank. (AFP)", "AFP"),
        ("The ferry sank.\n\n— Reuters\n", "Reuters"),
        ("The ferry sank, the AP reported (and Reuters).", None),
        ("The Gannet (a ferry) sank.", None),
        ("", None),
    ],
)
def test_credit_lines(told: str, agency: str | None) -> None:
    assert credited(told) == agency


def test_an_agency_is_known_by_its_name_or_its_initials() -> None:
    assert is_agency("Reuters", "Reuters") and is_agency("The Associated Press", "AP")
    assert is_agency("Associated Press", "associated press")
    assert not is_agency("Apple Daily", "AP") and not is_agency("", "AP")


def test_the_origin_is_the_agency_credited_else_the_earlier(article: MakeArticle) -> None:
    wire = article("wire", "LONDON (AP) - It sank.", source="The Associated Press", published_at=DAY)
    early = article("early", "LONDON (AP) - It sank.", source="Harbor News", published_at=DAY - timedelta(hours=1))
    undated = article("undated", "It sank.", published_at=None)
    assert first_of(early, wire) is first_of(wire, early) is wire
    late = article("late", "It sank.", published_at=DAY + timedelta(hours=1))
    assert first_of(late, early) is first_of(early, late) is early
    assert first_of(undated, late) is first_of(late, undated) is late


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"published_at": DAY - timedelta(hours=1)}, False),
        ({"published_at": DAY}, False),
        ({"published_at": DAY, "updated_at": DAY + timedelta(hours=2)}, True),
        ({"published_at": DAY + timedelta(days=2)}, False),
        ({"published_at": None}, False),
        ({"source": "The Beacon"}, False),
        ({"title": "Another title"}, False),
        ({"text": text(9)}, False),
        ({"text": " ".join(text(1).split()[:100])}, False),
    ],
)
def test_an_update_is_of_the_same_outlet_title_and_day_and_keeps_the_text(
    article: MakeArticle, change: dict[str, object], expected: bool
) -> None:
    old = article("old", text(1), published_at=DAY)
    new = {"text": f"{text(1)} Two more were saved.", "published_at": DAY + timedelta(hours=3)} | change
    assert updates(article("new", **new), old) is expected
