"""The quoted form: each sentence with the words that bear it out, found again in the passages or not at all."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.quotes import find_quote, quoted_sentences
from rag.types import Article, Chunk, Hit

MakeArticle = Callable[..., Article]
FERRY = "The ferry “Gannet” sank off Orrismouth\non Friday — in a gale. All 41 people were rescued by fishing boats."
MAYOR = "Mayor Finch resigned on Monday because the council rejected his budget."


@pytest.fixture(scope="module")
def hits(article: MakeArticle) -> list[Hit]:
    made = [article("ferry", FERRY), article("mayor", "Before. " + MAYOR)]
    whole = [(0, FERRY), (8, MAYOR)]
    return [
        Hit(Chunk(a.id, a.id, start, start + len(text), text), a, 1.0, n, {})
        for n, (a, (start, text)) in enumerate(zip(made, whole, strict=True), 1)
    ]


def told(hits: list[Hit], reply: str) -> list[tuple[str, list[str]]]:
    texts = {hit.article.id: hit.article.text for hit in hits}
    found = quoted_sentences(reply, hits)
    assert found is not None
    return [(each.text, [texts[s.article_id][s.start : s.end] for s in each.spans]) for each in found]


@pytest.mark.parametrize(
    "reply",
    [
        'The mayor left.\n[2] "Mayor Finch resigned on Monday"',
        "The mayor left.\n[2]: “mayor finch  resigned on Monday.”",
        "The mayor left.\n- [2] 'Mayor Finch resigned on Monday'",
        'The mayor left. [2] "Mayor Finch resigned on Monday"',
        'The mayor left [2].\n[1] "Mayor Finch resigned on Monday"',
        'The mayor left.\n\n> [9] "Mayor Finch resigned on Monday"\n',
        'The mayor left.\n[2] "Mayor Finch resigned on Mon\u00adday"',
    ],
    ids=["line", "colon, curly, case", "list, single", "behind", "wrong number", "unknown number", "unseen"],
)
def test_a_quote_is_found_where_it_stands(hits: list[Hit], reply: str) -> None:
    assert told(hits, reply) == [("The mayor left.", ["Mayor Finch resigned on Monday"])]


def test_quotes_belong_to_what_stands_before_them(hits: list[Hit]) -> None:
    reply = (
        'The ferry sank. All were saved.\n[1] "sank off Orrismouth on Friday"\n[1] "All 41 people were rescued"\n'
        'The mayor left.\n[2] "resigned on Monday"\nNobody knows why.'
    )
    ferry = ["sank off Orrismouth\non Friday", "All 41 people were rescued"]
    assert told(hits, reply) == [
        ("The ferry sank.", ferry),
        ("All were saved.", ferry),
        ("The mayor left.", ["resigned on Monday"]),
        ("Nobody knows why.", []),
    ]


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ('The ferry "Gannet" sank', ["The ferry “Gannet” sank"]),
        ("on Friday - in a gale", ["on Friday — in a gale"]),
        ("The ferry ... in a gale", ["The ferry", "in a gale"]),
        ("The ferry […] 41 people", ["The ferry", "41 people"]),
        ("in a gale ... The ferry", []),
        ("The ferry sank", []),
        ("1 people were", []),
        ("ferry", []),
        ("...", []),
        ("", []),
    ],
)
def test_only_what_stands_there_is_a_quote(hits: list[Hit], quote: str, found: list[str]) -> None:
    spans = find_quote(quote, hits, 1)
    assert [FERRY[span.start : span.end] for span in spans] == found


def test_a_quote_that_stands_nowhere_leaves_its_sentence_bare(hits: list[Hit]) -> None:
    assert told(hits, 'The mayor left [2].\n[2] "Finch fled to Spain at night"') == [("The mayor left.", [])]


@pytest.mark.parametrize(
    "reply",
    [
        "The mayor left [2].",
        'He called it "a disgrace" [2].',
        '"He left," she said [1].',
        "",
        "[2]",
        'It is "so". [1] No.',
    ],
)
def test_a_reply_without_quotes_is_of_another_form(hits: list[Hit], reply: str) -> None:
    assert quoted_sentences(reply, hits) is None


@given(st.text(max_size=120), st.integers(-3, 12))
def test_any_quote_stands_where_it_is_found(quote: str, n: int) -> None:
    text = f"Before. {quote} After."
    article = Article("a", None, "", "", text, "h")
    for span in find_quote(quote, [Hit(Chunk("a", "a", 0, len(text), text), article, 1.0, 1, {})], n):
        assert 0 <= span.start < span.end <= len(text)


@pytest.mark.parametrize("piece", ['[1] "', '"', "[1]", ". [1] ", '[1] "a" ', "...", "“"])
def test_a_long_reply_of_opened_quotes_is_read_soon(hits: list[Hit], piece: str) -> None:
    quoted_sentences(piece * 5_000, hits)
