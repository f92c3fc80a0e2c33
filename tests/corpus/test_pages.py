# ruff: noqa: E501  (pages made to stall, a line each)
"""Pages so heavy that the extractor would stall: read plainly, and told apart from those that it reads."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from corpus.extract import Extracted, extract
from corpus.raw import RawDocument

HEAD = """<html lang="en"><head><title>Orchard | Post</title><meta property="og:title" content="Orchard">
<meta property="article:published_time" content="2022-05-06T07:08:09Z"></head>"""
TEXT = "<p>" + "The orchard on the hill was sold to the village school, whose pupils will pick the pears. " * 3 + "</p>"


@pytest.mark.parametrize(
    "piece",
    [
        "<a href='/x'>pear</a> ",
        "<b>pear</b> ",
        "<td>pear</td>",
        "<div><i>pear</i></div>",
    ],
)
def test_a_heavy_page_is_read_plainly(piece: str) -> None:
    page = f"{HEAD}<body><nav>Menu</nav><article>{TEXT}<div>{piece * (1_000_000 // len(piece))}</div></article></body></html>"
    found = extract(RawDocument("a", None, "html", page))
    assert isinstance(found, Extracted)
    article = found.article
    assert article.text.startswith("The orchard on the hill")
    assert "Menu" not in article.text
    assert article.text.count("pear") > 20_000
    assert (article.title, article.language) == ("Orchard", "en")
    assert article.published_at == datetime(2022, 5, 6, 7, 8, 9, tzinfo=UTC)


DEEP = "<html><head><title>Pier</title></head><body>"


@pytest.mark.parametrize(
    "page",
    [
        DEEP + "<div>" * 12_000 + TEXT,
        DEEP + "".join(f"<div id=a{n}><time datetime=2024-01-01>x</time>" for n in range(4000)) + TEXT,
        DEEP + "".join(f"<div class='date info'>5 March 2024 {n}</div>" for n in range(14_000)) + TEXT,
        "<html><head><title>" + "Pier | " * 50_000 + "</title></head><body>" + TEXT,
        "<html><head><title>" + "a - " * 20_000 + "</title><meta property='og:title' content='" + "b " * 100_000 + "'></head>" + TEXT,
        DEEP + "<div class='" + "date " * 200_000 + "'>" + TEXT,
        DEEP + "".join("<p>Updated <time>" + "5 March 2024 " * 20 + "</time></p>" for _ in range(5000)) + TEXT,
        "<html><head><script type='application/ld+json'>[" + '{"@type":"NewsArticle","headline":"a"},' * 20_000 + "{}]</script></head>" + TEXT,
        DEEP + "<p>" + "subscribe to read this " * 30_000 + "</p>" + TEXT,
        DEEP + "<p>" + " " * 1_000_000 + "x</p>" + TEXT,
    ],
    ids=range(10),
)  # fmt: skip
def test_pages_made_to_stall_do_not(page: str) -> None:
    begun = time.process_time()
    extract(RawDocument("https://a.example/1", None, "html", page, {"url": "https://a.example/1"}))
    assert time.process_time() - begun < 10  # each is done in 0.1 to 3 s


def test_a_page_of_common_weight_goes_through_the_extractor() -> None:
    links = "<a href='/x'>pear</a> of the hill, " * 300
    page = f"{HEAD}<body>{TEXT}<p>{links}</p><div class='sidebar'>Subscribe to us</div></body></html>"
    found = extract(RawDocument("a", None, "html", page))
    assert isinstance(found, Extracted)
    assert "orchard" in found.article.text
    assert "Subscribe" not in found.article.text
