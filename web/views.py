"""Answer → escaped HTML: the answer with its numbers, and a card for each article. Pure: nothing is searched or judged here.

Whatever comes from an article is hostile until shown otherwise: control characters go, markup is escaped, only http(s) links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from rag.records import citations_by_article, cited_articles, figures
from rag.text.plain import plain, without_control
from rag.types import Answer, Article, Citation, Note

_MARKER = re.compile(r"\[(\d{1,3})\]")
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*\s+|\n\s*")
_CONTEXT = 220  # characters of the article shown before and after a quote, at most
# The page is put together by a template; these characters could start a placeholder in one.
_TEMPLATE = str.maketrans({"$": "&#36;", "{": "&#123;", "}": "&#125;", "`": "&#96;"})


def answer_html(answer: Answer, *, within: str = "") -> str:
    """Return question, answer and notes as escaped HTML; the numbers link to the cards of `sources_html`.

    `within` says what the search was restricted to. The nearest articles of a refusal are cards, not a note.
    """
    numbers = {citation.n for citation in answer.citations}
    refused = "" if answer.status == "answered" else " dl-refused"
    only = f'<p class="dl-only">{_html(within)}</p>' if within else ""
    told = "".join(f"<p>{paragraph}</p>" for paragraph in _paragraphs(answer))
    notes = "".join(_note(note, numbers) for note in answer.notes if note.kind != "nearest")
    return (
        f'<section class="dl-answer{refused}"><h2>{_html(answer.question)}</h2>{only}<div class="dl-told">{told}</div>'
        f'{notes}<p class="dl-foot">{figures(answer)}</p></section>'
    )


def sources_html(answer: Answer) -> str:
    """Return a card for each article cited, every quote marked where it stands; for a refusal, the nearest articles."""
    cards = [_card(article, citations) for article, citations in citations_by_article(answer)]
    head = "Source" if len(cards) == 1 else "Sources"
    if not cards:
        articles = cited_articles(answer)
        near = [each["id"] for note in answer.notes if note.kind == "nearest" for each in note.data.get("articles", ())]
        cards = [_card(articles[article_id], []) for article_id in near if article_id in articles]
        head = "The nearest articles, which do not answer it"
    return f'<section class="dl-sources"><h2>{head}</h2>{"".join(cards)}</section>' if cards else ""


def error_html(message: str) -> str:
    """Return a plain message in the answer's place."""
    return f'<section class="dl-answer"><p class="dl-note" role="alert">{_html(message)}</p></section>'


def _html(text: str) -> str:
    return escape(plain(text)).translate(_TEMPLATE)


def _note(note: Note, numbers: set[int]) -> str:
    links = "".join(_number(n, "source") for n in note.citations if n in numbers)
    return f'<p class="dl-note">{_html(note.text)}{links}</p>'


def _number(n: int, leads_to: str, own: str = "") -> str:
    mark = f' id="{own}"' if own else ""
    return f'<a class="dl-n"{mark} href="#dl-{leads_to}-{n}" title="to its {leads_to}">{n}</a>'


def _paragraphs(answer: Answer) -> Iterator[str]:
    """Yield the answer's text as HTML, a paragraph wherever another source is named ("Fortune, 3 May 2024:")."""
    paragraph, at, seen = "", 0, set[int]()
    for sentence in answer.sentences:
        words = " ".join(sentence.text.split())
        markers = "".join(f"[{n}]" for n in sentence.citations)
        # Only the numbers that stand after a sentence are links: a "[1]" inside a quotation is the article's own.
        shown = next((s for s in (f"“{words}”", words) if answer.text.find(f"{s} {markers}", at) >= 0), None)
        if shown is None:
            yield _linked(answer)
            return
        start = answer.text.index(f"{shown} {markers}", at)
        lead = answer.text[at:start].strip()
        if lead and paragraph:
            yield paragraph
            paragraph = ""
        links = "".join(_number(n, "source", "" if n in seen else f"dl-sentence-{n}") for n in sentence.citations)
        seen.update(sentence.citations)
        paragraph += (f'<span class="dl-lead">{_html(lead)}</span> ' if lead else "") + f"{_html(shown)}&nbsp;{links} "
        at = start + len(shown) + 1 + len(markers)
    yield paragraph + _html(answer.text[at:])


def _linked(answer: Answer) -> str:
    """Return the text as one paragraph whose numbers are links, for an answer not put together from its sentences."""
    numbers = {citation.n for citation in answer.citations}
    return _MARKER.sub(
        lambda found: _number(int(found[1]), "source") if int(found[1]) in numbers else found[0], _html(answer.text)
    )


def _card(article: Article, citations: Sequence[Citation]) -> str:
    title, link = _html(article.title) or "Untitled", _web(article.url)
    if link:
        href = escape(link).translate(_TEMPLATE)
        title = f'<a href="{href}" target="_blank" rel="noopener noreferrer nofollow">{title}</a>'
    day = "undated"
    if when := article.published_at:
        day = f'<time datetime="{when.isoformat()}">{when.day} {when:%B %Y}</time>'
    by = f"{_html(article.source) or 'unknown outlet'} · {day}"
    quotes = "".join(f"<blockquote>{_passage(article.text, group)}</blockquote>" for group in _groups(citations))
    return f'<article class="dl-card"><h3>{title}</h3><p class="dl-by">{by}</p>{quotes}</article>'


def _groups(citations: Sequence[Citation]) -> list[list[Citation]]:
    """Return the citations in the order of the article, those together whose surroundings meet but that don't overlap."""
    groups: list[list[Citation]] = []
    for citation in sorted(citations, key=lambda c: (c.start, c.end)):
        if groups and 0 <= citation.start - groups[-1][-1].end <= 2 * _CONTEXT:
            groups[-1].append(citation)
        else:
            groups.append([citation])
    return groups


def _passage(text: str, citations: Sequence[Citation]) -> str:
    """Return the quotes, marked and numbered, within the text around them, which is cut at sentences or words."""
    first, last = citations[0].start, citations[-1].end
    before = text[max(0, first - _CONTEXT) : first]
    if first > _CONTEXT:
        cut = _SENTENCE_END.search(before)
        before = "… " + (before[cut.end() :] if cut else before.partition(" ")[2])
    after = text[last : last + _CONTEXT]
    if last + _CONTEXT < len(text):
        cuts = list(_SENTENCE_END.finditer(after))
        after = (after[: cuts[-1].end()].rstrip() if cuts else after.rpartition(" ")[0]) + " …"
    parts, at = [_raw(before)], first
    for c in citations:
        number = _number(c.n, "sentence")
        parts.append(
            f'{_raw(text[at : c.start])}<span id="dl-source-{c.n}">{number}<mark>{_raw(c.quote)}</mark></span>'
        )
        at = c.end
    return "".join([*parts, _raw(after)])


def _raw(text: str) -> str:
    """Return `text` escaped, its white space kept: the words of a quote stay as they stand in the article."""
    return escape(without_control(text)).translate(_TEMPLATE)


def _web(url: str | None) -> str | None:
    """Return the address if it is one of the web, None for javascript:, data: and whatever else."""
    address = plain(url or "")
    return address if address.lower().startswith(("http://", "https://")) else None
