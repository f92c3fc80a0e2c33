"""Pages so heavy that the extractor would stall: read plainly, and told apart from those that it reads."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from corpus.extract import Extracted, extract
from corpus.formats import RawDocument

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


def test_a_page_of_common_weight_goes_through_the_extractor() -> None:
    links = "<a href='/x'>pear</a> of the hill, " * 300
    page = f"{HEAD}<body>{TEXT}<p>{links}</p><div class='sidebar'>Subscribe to us</div></body></html>"
    found = extract(RawDocument("a", None, "html", page))
    assert isinstance(found, Extracted)
    assert "orchard" in found.article.text
    assert "Subscribe" not in found.article.text
