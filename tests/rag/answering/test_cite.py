"""Citations: every quote stands where it says, whatever the text, whatever the LLM wrote."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.cite import cite, cited_sentences, narrow
from rag.errors import CitationError
from rag.types import Article, Chunk, Hit, Span

MakeArticle = Callable[..., Article]

FERRY = "The ferry Gannet sank off Orrismouth. All 41 people were rescued. The coastguard blamed a loose bow door."
BUDGET = "Mayor Finch resigned on Monday. The council rejected his budget."
STORM = "A storm tore the roof off the market hall. Nobody was hurt."


def whole(article: Article, start: int = 0, end: int | None = None) -> Hit:
    """Return a hit whose passage is text[start:end]."""
    end = len(article.text) if end is None else end
    chunk = Chunk(f"{article.id}-{start}", article.id, start, end, article.text[start:end])
    return Hit(chunk, article, 1.0, 1, {"lexical": 1})


@pytest.fixture(scope="module")
def hits(article: MakeArticle) -> list[Hit]:
    return [whole(article(name, text)) for name, text in (("ferry", FERRY), ("mayor", BUDGET), ("storm", STORM))]


def quotes(reply: str, hits: list[Hit]) -> list[tuple[str, list[str]]]:
    """Return (statement, what its spans quote) of each sentence of a reply."""
    texts = {hit.article.id: hit.article.text for hit in hits}
    return [
        (each.text, [texts[span.article_id][span.start : span.end] for span in each.spans])
        for each in cited_sentences(reply, hits)
    ]


# -- cite ------------------------------------------------------------------------------------------------------------


@given(data=st.data(), text=st.text(min_size=1, max_size=200), other=st.text(min_size=1, max_size=50))
def test_every_citation_is_verbatim_and_numbered_from_one(
    article: MakeArticle, data: st.DataObject, text: str, other: str
) -> None:
    articles = {"a": article("a", text), "b": article("b", other)}

    def a_span(name: str) -> st.SearchStrategy[Span]:
        last = len(articles[name].text)
        return st.integers(0, last - 1).flatmap(
            lambda start: st.integers(start + 1, last).map(lambda end: Span(name, start, end))
        )

    spans = data.draw(st.lists(st.one_of(a_span("a"), a_span("b")), max_size=8))
    cited = cite(spans, articles)
    assert list(cited) == list(dict.fromkeys(spans))
    assert [c.n for c in cited.values()] == list(range(1, len(cited) + 1))
    for span, c in cited.items():
        assert (c.article_id, c.start, c.end) == (span.article_id, span.start, span.end)
        assert articles[c.article_id].text[c.start : c.end] == c.quote


@pytest.mark.parametrize(
    "span",
    [
        pytest.param(Span("nobody", 0, 1), id="unknown article"),
        pytest.param(Span("a", 0, 6), id="past the end"),
        pytest.param(Span("a", 5, 6), id="begins at the end"),
        pytest.param(Span("a", -1, 3), id="negative start"),
        pytest.param(Span("a", -3, -1), id="counted from the end"),
        pytest.param(Span("a", 2, 2), id="empty"),
        pytest.param(Span("a", 3, 2), id="backwards"),
    ],
)
def test_a_span_that_no_article_has_is_an_error(article: MakeArticle, span: Span) -> None:
    with pytest.raises(CitationError, match=r"has no characters"):
        cite([Span("a", 0, 1), span], {"a": article("a", "Five!")})


@given(st.text(max_size=20), st.integers(-30, 30), st.integers(-30, 30))
def test_any_span_is_cited_verbatim_or_refused(article: MakeArticle, text: str, start: int, end: int) -> None:
    a = article("a", text)
    span = Span("a", start, end)
    if 0 <= start < end <= len(text):
        assert cite([span], {"a": a})[span].quote == text[start:end]
    else:
        with pytest.raises(CitationError):
            cite([span], {"a": a})


def test_nothing_to_cite_is_no_citation() -> None:
    assert cite([], {}) == {}


# -- markers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marker", "cited"),
    [
        ("[1]", ["ferry"]),
        ("[2]", ["mayor"]),
        ("[1, 3]", ["ferry", "storm"]),
        ("[1,3]", ["ferry", "storm"]),
        ("[1; 3]", ["ferry", "storm"]),
        ("[1-3]", ["ferry", "mayor", "storm"]),
        ("[1–3]", ["ferry", "mayor", "storm"]),
        ("[3][1]", ["storm", "ferry"]),
        ("[1] [2]", ["ferry", "mayor"]),
        ("[1][1]", ["ferry"]),
        ("[9]", []),
        ("[0]", []),
        ("[1, 9]", ["ferry"]),
        ("[2-999999999]", ["mayor", "storm"]),
        ("[3-1]", []),
        ("", []),
        ("[one]", []),
        ("(1)", ["ferry"]),
        ("(9)", []),
    ],
)
def test_markers_point_at_hits_counted_from_one(hits: list[Hit], marker: str, cited: list[str]) -> None:
    [sentence] = cited_sentences(f"The ferry sank and the mayor resigned in the storm {marker}.", hits)
    assert [span.article_id for span in sentence.spans] == cited


def test_known_markers_are_taken_out_of_the_statement(hits: list[Hit]) -> None:
    [sentence] = cited_sentences("The mayor resigned [2], said the council [9].", hits)
    assert sentence.text == "The mayor resigned, said the council."


@pytest.mark.parametrize("marker", ["[1]", " [1]", " [1].", "\n[1]"])
def test_a_marker_after_the_full_stop_belongs_to_the_sentence_before_it(hits: list[Hit], marker: str) -> None:
    told = quotes(f"All 41 people were rescued.{marker}", hits)
    assert told == [("All 41 people were rescued.", ["All 41 people were rescued."])]


def test_each_sentence_has_its_own_markers(hits: list[Hit]) -> None:
    assert quotes("The council rejected his budget [2]. Nobody was hurt [3]. I made this up.", hits) == [
        ("The council rejected his budget.", ["The council rejected his budget."]),
        ("Nobody was hurt.", ["Nobody was hurt."]),
        ("I made this up.", []),
    ]


@pytest.mark.parametrize("reply", ["", "   \n", "[1]", "[9]", "[1] [2]."])
def test_a_reply_that_states_nothing_has_no_sentence(hits: list[Hit], reply: str) -> None:
    assert cited_sentences(reply, hits) == ()


def test_without_hits_no_marker_is_known() -> None:
    [sentence] = cited_sentences("The ferry sank [1].", [])
    assert sentence.spans == ()


@given(
    reply=st.text(alphabet=st.one_of(st.characters(), st.sampled_from("[]0123456789,-–; .")), max_size=200),
)
def test_any_reply_can_be_cited(hits: list[Hit], reply: str) -> None:
    articles = {hit.article.id: hit.article for hit in hits}
    for sentence in cited_sentences(reply, hits):
        for span, citation in cite(sentence.spans, articles).items():
            assert citation.quote == articles[span.article_id].text[span.start : span.end]


# -- narrow ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "quote"),
    [
        ("Forty-one people were rescued", "All 41 people were rescued."),
        ("A loose bow door is to blame, the coastguard says", "The coastguard blamed a loose bow door."),
        ("The Gannet sank near Orrismouth", "The ferry Gannet sank off Orrismouth."),
        (
            "All 41 people on board the Gannet were rescued when the ferry sank off Orrismouth",
            "The ferry Gannet sank off Orrismouth. All 41 people were rescued.",
        ),
    ],
    ids=["middle", "last", "first", "two neighbours"],
)
def test_narrow_finds_the_sentence_that_says_it(article: MakeArticle, statement: str, quote: str) -> None:
    a = article("a", FERRY)
    span = narrow(statement, whole(a))
    assert a.text[span.start : span.end] == quote


@given(text=st.text(min_size=1, max_size=200).filter(str.strip), statement=st.text(max_size=60), data=st.data())
def test_narrow_stays_inside_the_passage(article: MakeArticle, text: str, statement: str, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, 20))
    a = article("a", "x" * begin + text + "y" * data.draw(st.integers(0, 20)))
    span = narrow(statement, whole(a, begin, begin + len(text)))
    assert span.article_id == "a"
    assert begin <= span.start < span.end <= begin + len(text)
