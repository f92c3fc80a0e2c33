"""What the reader sees: nothing an article says is markup, an escape sequence or a script; the formats are as designed."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

import pytest
from rich.console import Console

from cli.terminal import terminal, terminal_hits
from rag.text.plain import plain
from rag.types import Answer, Article, Chunk, Citation, Hit, Note, Sentence
from web.article import article_html
from web.chips import Chip
from web.sources import sources_html
from web.views import answer_html, error_html

TEXT = (
    "The harbour bridge was shut on Sunday. It opened in 1931. Nobody was hurt. "
    + "The council met. " * 60
    + "The repair will cost two million. Work starts in May."
)
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "${alert(1)}",
    "{{constructor.constructor('alert(1)')()}}",
    "`${1}`",
    "\"' onmouseover='alert(1)",
    "</mark></blockquote><h1>big</h1>",
    "&lt;b&gt; &amp; &#60;",
    "\x1b[31mred\x1b[0m",
    "\x1b]8;;https://evil.example\x07click\x1b]8;;\x07",
    "\x9b31m\x07\x08\x00",
    "[bold red]loud[/] [link=https://evil.example]x[/link]",
    "\u202eesrever\u2066",
    "[click](javascript:alert(1)) ![x](https://evil.example/p.png) **bold** # head",
]
IDS = [
    "script", "img", "dollar", "braces", "backtick", "attribute", "closing", "entities", "ansi", "osc", "c1", "rich", "bidi",
    "markdown",
]  # fmt: skip


def article(name: str = "a1", text: str = TEXT, **changed: Any) -> Article:
    values: dict[str, Any] = {
        "url": f"https://news.example/{name}",
        "title": "Bridge shut",
        "source": "The Harbour Lamp",
        "published_at": datetime(2025, 3, 2, 9, tzinfo=UTC),
    }
    return Article(id=name, text=text, content_hash="h", **(values | changed))


def answered(*proof: tuple[Article, str], lead: str = "The Harbour Lamp, 2 March 2025:", **changed: Any) -> Answer:
    """Return the answer that quotes each text from its article, as `rag.pipeline` words it."""
    articles = {each.id: each for each, _ in proof}
    citations = tuple(
        Citation(n, each.id, each.text.index(quote), each.text.index(quote) + len(quote), quote)
        for n, (each, quote) in enumerate(proof, 1)
    )
    told = " ".join(f"{lead if c.n == 1 else ''} “{' '.join(c.quote.split())}” [{c.n}]".strip() for c in citations)
    values: dict[str, Any] = {
        "question": "When?",
        "status": "answered",
        "text": told,
        "sentences": tuple(
            Sentence(c.quote, (c.n,), 0.98765, "supported", "", lead=lead if c.n == 1 else "") for c in citations
        ),
        "citations": citations,
        "hits": tuple(
            Hit(Chunk(f"c{n}", each.id, 0, 38, each.text[:38]), each, 0.123456, n, {"lexical": n, "dense": 2})
            for n, each in enumerate(articles.values(), 1)
        ),
        "confidence": 0.624,
        "timings": {"search": 12.3456, "total": 70.04},
    }
    return Answer(**(values | changed))


def refused(*near: Article) -> Answer:
    note = Note("nearest", "The nearest articles are these.", data={"articles": [{"id": each.id} for each in near]})
    hits = tuple(Hit(Chunk("c", each.id, 0, 3, each.text[:3]), each, 1.0, n, {}) for n, each in enumerate(near, 1))
    return Answer("Who?", "not_in_corpus", "The archive does not hold an answer.", (), (), hits, 0.3, (note,))


def shown(what: Any, *, width: int = 100, color: bool = False) -> str:
    out = io.StringIO()
    console = Console(
        file=out, width=width, highlight=False, force_terminal=color, color_system="standard" if color else None
    )
    console.print(what)
    return out.getvalue()


class Elements(HTMLParser):
    """The elements and the text that a browser would see."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.marked: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open.append(tag)
        if tag == "mark":
            self.marked.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "mark" in self._open:
            self.marked[-1] += data


OURS = {
    "section",
    "h2",
    "h3",
    "p",
    "div",
    "span",
    "a",
    "article",
    "blockquote",
    "mark",
    "time",
    "strong",
    "details",
    "summary",
    "header",
    "button",
    "ul",
    "ol",
    "li",
}
ATTRIBUTES = {
    "class", "id", "href", "title", "target", "rel", "datetime", "role", "type", "tabindex", "aria-label", "aria-hidden",
    "data-key", "data-n", "data-open", "data-article", "data-original", "data-set-outlet", "data-take",
}  # fmt: skip


# -- hostile articles --------------------------------------------------------------------------------------------


@pytest.fixture(params=HOSTILE, ids=IDS)
def hostile(request: pytest.FixtureRequest) -> Answer:
    evil: str = request.param
    quote = f"It said {evil} twice."
    bad = article(
        text=f"Before {evil}. {quote} After {evil}.", title=evil, source=evil, url=f"https://x.example/{evil}"
    )
    note = Note("no_reason_given", evil, (1,))
    return answered((bad, quote), lead=f"{evil}:", question=evil, notes=(note,))


def test_html_holds_only_our_own_elements(hostile: Answer) -> None:
    chips = [Chip(hostile.question, "remove", {"outlet": hostile.question}, filters=True)]
    (bad,) = (hit.article for hit in hostile.hits)
    for html in (
        answer_html(hostile, chips=chips, searched=3, key=hostile.question),
        sources_html(hostile),
        article_html(bad, hostile.citations, copies=[bad], remarks=[hostile.question]),
    ):
        seen = Elements(html)
        assert {tag for tag, _ in seen.tags} <= OURS
        assert {name for _, attributes in seen.tags for name in attributes} <= ATTRIBUTES
        links = [attributes["href"] or "" for tag, attributes in seen.tags if tag == "a"]
        ours = ("#dl-source-", "#dl-sentence-", "#dl-reader", "https://x.example/")
        assert all(link == "#" or link.startswith(ours) for link in links)
        assert not re.search(r"[${}`\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", html)


def test_the_quote_survives_escaping(hostile: Answer) -> None:
    for html in (sources_html(hostile), article_html(hostile.hits[0].article, hostile.citations)):
        (marked,) = Elements(html).marked
        assert plain(marked) == plain(hostile.citations[0].quote)


def test_the_terminal_gets_neither_escapes_nor_markup(hostile: Answer) -> None:
    quote = plain(hostile.citations[0].quote)
    for told in (
        shown(terminal(hostile), width=400),
        shown(terminal_hits(list(hostile.hits)), width=400),
    ):
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", told)
    assert quote in shown(terminal(hostile), width=400)
    colored = shown(terminal(hostile), color=True)
    assert set(re.findall(r"\x1b\[([\d;]*)m", colored)) <= {"0", "1", "2", "3"}, "our own bold, dim and italic only"
    assert "\x1b]" not in colored


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "file:///etc/passwd",
        "",
        None,
    ],
)
def test_only_the_web_is_linked(url: str | None) -> None:
    answer = answered((article(url=url), "It opened in 1931."))
    assert [a["href"] for tag, a in Elements(sources_html(answer)).tags if tag == "a"] == [
        "#dl-reader",
        "#dl-sentence-1",
    ]


def test_a_link_opens_elsewhere_and_tells_nothing() -> None:
    html = sources_html(answered((article(url='https://n.example/?a=1&b="><i>'), "It opened in 1931.")))
    (link,) = (a for tag, a in Elements(html).tags if tag == "a" and "target" in a)
    assert link == {"href": 'https://n.example/?a=1&b="><i>', "target": "_blank", "rel": "noopener noreferrer nofollow"}


def test_half_characters_can_be_printed() -> None:
    odd = article(text="It opened \ud800in 1931.", title="\udfffA")
    answer = answered((odd, odd.text))
    for told in (
        sources_html(answer),
        answer_html(answer),
        shown(terminal(answer)),
    ):
        told.encode()


def test_line_ends_separate_words() -> None:
    assert plain("a\r\nb\x85c\u2028d\te\x0bf\x00g") == "a b c d e fg"


# -- the page ----------------------------------------------------------------------------------------------------


def test_every_number_leads_to_its_quote_and_back() -> None:
    answer = answered(
        (article(), "It opened in 1931."), (article("a2"), "Nobody was hurt."), (article(), "Work starts in May.")
    )
    told, proof = Elements(answer_html(answer)), Elements(sources_html(answer))
    to_proof = [a["href"] for tag, a in told.tags if tag == "a" and "data-open" not in a]
    assert to_proof == ["#dl-source-1", "#dl-source-2", "#dl-source-3"]
    ids = {a["id"] for tag, a in proof.tags if "id" in a}
    assert {f"#{each}" for each in ids} == set(to_proof)
    back = [a["href"] for tag, a in proof.tags if tag == "a" and (a["href"] or "").startswith("#dl-sentence-")]
    assert {f"#{a['id']}" for _, a in told.tags if "id" in a} == set(back)


def test_quotes_of_one_article_share_a_card() -> None:
    answer = answered(
        (article(), "It opened in 1931."), (article("a2"), "Nobody was hurt."), (article(), "Work starts in May.")
    )
    seen = Elements(sources_html(answer))
    assert [tag for tag, _ in seen.tags].count("article") == 2
    assert [tag for tag, _ in seen.tags].count("blockquote") == 3, "what lies far apart is quoted apart"
    assert seen.marked == ["It opened in 1931.", "Work starts in May.", "Nobody was hurt."]


def test_near_quotes_stand_in_one_passage() -> None:
    answer = answered((article(), "Nobody was hurt."), (article(), "It opened in 1931."))
    html = sources_html(answer)
    assert html.count("<blockquote>") == 1
    assert Elements(html).marked == ["It opened in 1931.", "Nobody was hurt."], "in the order of the article"


def test_overlapping_quotes_are_both_whole() -> None:
    quotes = ["It opened in 1931. Nobody was hurt.", "Nobody was hurt. The council met."]
    assert Elements(sources_html(answered(*((article(), quote) for quote in quotes)))).marked == quotes


def test_a_passage_is_cut_at_sentences() -> None:
    (passage,) = re.findall(r"<blockquote>(.*?)</blockquote>", sources_html(answered((article(), "Nobody was hurt."))))
    text = Elements(passage).text
    assert text.startswith("The harbour bridge was shut on Sunday. It opened") and text.endswith("The council met. …")


def test_a_text_without_blanks_is_still_cut() -> None:
    quote = "Shut."
    long = article(text="x" * 400 + quote + "y" * 400)
    assert Elements(sources_html(answered((long, quote)))).text.endswith("… 1Shut. …")


def test_the_parts_of_an_answer() -> None:
    notes = (Note("no_reason_given", "No reason."), Note("language", "Not English."))
    answer = answered((article(), "It opened in 1931."), notes=notes)
    html = answer_html(
        answer, chips=[Chip("only The Harbour Lamp", "remove", {"without": "The Harbour Lamp"}, filters=True)]
    )
    assert "<h2>When?</h2>" in html and 'data-set-without="The Harbour Lamp"' in html
    assert (
        '<span class="dl-lead">The Harbour Lamp, 2 March 2025:</span> <span class="dl-s" data-n="1">“It opened in 1931.”</span>'
        in html
    )
    assert "No reason is given. <span>No reason.</span>" in html and '<p class="dl-note">Not English.</p>' in html
    assert "confidence 62 % (about so many of the answers this sure were right on test questions) · 70 ms" in html
    assert '<time datetime="2025-03-02T09:00:00+00:00">2 March 2025</time>' in sources_html(answer)


def test_a_new_source_begins_a_paragraph() -> None:
    answer = answered((article(), "It opened in 1931."), (article(), "Nobody was hurt."))
    assert answer_html(answer).count("<p>") == 1
    apart = (answer.sentences[0], replace(answer.sentences[1], lead="The Packet interprets:"))
    html = answer_html(replace(answer, sentences=apart))
    assert html.count("<p>") == 2 and '<span class="dl-lead">The Packet interprets:</span>' in html


def test_a_number_inside_a_quotation_is_the_articles_own() -> None:
    own = article(text="See note [1] there. It opened.")
    assert answer_html(answered((own, "See note [1] there."))).count("#dl-source-1") == 1


def test_what_is_missing_is_named() -> None:
    html = sources_html(answered((article(title="", source="", published_at=None), "It opened in 1931.")))
    assert "Untitled" in html and "unknown outlet · undated" in html


def test_a_refusal_is_plain_and_shows_the_nearest() -> None:
    answer = refused(article(title="Bridge"), article("a2", title="Ferry"))
    html = answer_html(answer)
    assert "dl-refused" in html and "The archive does not hold an answer." in html and "confidence" not in html
    proof = sources_html(answer)
    assert "do not answer it" in proof and proof.index("Bridge") < proof.index("Ferry") and "<mark>" not in proof
    assert sources_html(refused()) == ""


def test_an_error_is_escaped() -> None:
    assert "no outlet &#x27;&lt;b&gt;&#x27;" in error_html("no outlet '<b>'")


# -- the terminal ---------------------------------------------------------------------------------------


def test_the_terminal_shows_answer_sources_notes_and_figures() -> None:
    proof = (
        (article(), "It opened in 1931."),
        (article("a2", url=None), "Nobody was hurt."),
        (article(), "Work starts in May."),
    )
    told = shown(terminal(answered(*proof, notes=(Note("no_reason_given", "No reason is given."),))))
    lines = [line.rstrip() for line in told.splitlines()]
    assert lines[0].startswith("The Harbour Lamp, 2 March 2025: “It opened in 1931.” [1]")
    at = lines.index("[1][3] Bridge shut — The Harbour Lamp, 2025-03-02")
    assert lines[at + 1 : at + 4] == [
        "    https://news.example/a1",
        "    [1] “It opened in 1931.”",
        "    [3] “Work starts in May.”",
    ]
    at = lines.index("[2] Bridge shut — The Harbour Lamp, 2025-03-02")
    assert lines[at + 1] == "    “Nobody was hurt.”"
    assert lines[-3:] == [
        "Note: No reason is given.",
        "",
        "confidence 62 % (about so many of the answers this sure were right on test questions) · 70 ms",
    ]


def test_the_terminal_wraps() -> None:
    assert all(len(line) <= 40 for line in shown(terminal(answered((article(), TEXT[:200]))), width=40).splitlines())


def test_the_terminal_shows_a_refusal_with_its_nearest() -> None:
    told = shown(terminal(refused(article())))
    assert told.startswith("The archive does not hold an answer.") and "Note: The nearest articles" in told
    assert "confidence" not in told


def test_found_passages() -> None:
    told = shown(terminal_hits(list(answered((article(), "It opened in 1931.")).hits)))
    assert "1. Bridge shut — The Harbour Lamp, 2025-03-02" in told and "score 0.123 · lexical 1, dense 2" in told
    assert shown(terminal_hits([])) == "Nothing found.\n"


@pytest.mark.parametrize("write", [answer_html, sources_html])
def test_a_view_changes_nothing(write: Callable[[Answer], Any]) -> None:
    answer = answered((article(), "It opened in 1931."))
    assert write(answer) == write(answer) and answer == answered((article(), "It opened in 1931."))
