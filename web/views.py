"""Answer → escaped HTML: the answer with its numbers, and a card for each article. Pure: nothing is searched or judged here.

Whatever comes from an article is hostile until shown otherwise: control characters go, markup is escaped, only http(s) links.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape

from rag.records import Said, answer_spans, citations_by_article, cited_articles, figures, said
from rag.text.plain import parted, plain, without_control
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
    notes = "".join(_note(note, numbers) for note in answer.notes if note.kind != "nearest")
    return (
        f'<section class="dl-answer{refused}"><h2>{_html(answer.question)}</h2>{only}<div class="dl-told">{_told(answer)}</div>'
        f'{notes}<p class="dl-foot">{figures(answer)}</p></section>'
    )


def sources_html(answer: Answer) -> str:
    """Return a card for each article cited, every quote marked where it stands; for a refusal, the nearest articles."""
    cards = [_card(article, citations, answer_spans(answer)) for article, citations in citations_by_article(answer)]
    head = "Source" if len(cards) == 1 else "Sources"
    if not cards:
        articles = cited_articles(answer)
        near = [each["id"] for note in answer.notes if note.kind == "nearest" for each in note.data.get("articles", ())]
        cards = [_card(articles[article_id], [], {}) for article_id in near if article_id in articles]
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


def _told(answer: Answer) -> str:
    """Return the answer's text as HTML, a paragraph wherever another source is named ("Fortune, 3 May 2024:").

    What other articles add to the first one's quotes is folded, but never a side of a disagreement or a part of the question.
    """
    pieces = said(answer)
    if pieces is None:
        return f"<p>{_linked(answer)}</p>"
    told, rest = pieces
    fold = _folds_from(answer, told)
    folded = told[fold:]
    seen: set[int] = set()
    html = _paragraphs(told[:fold], seen, "" if folded else rest)
    if folded:
        count = f"{len(folded)} more quote{'' if len(folded) == 1 else 's'}"
        html += f"<details><summary>{count}</summary>{_paragraphs(folded, seen, rest)}</details>"
    return html


def _folds_from(answer: Answer, told: Sequence[Said]) -> int:
    """Return how many sentences stand open: the first article's quotes, or all where more is needed to understand the answer."""
    parts = len(answer.plan.parts) if answer.plan else 0
    if parts > 1 or any(note.kind == "conflict" for note in answer.notes) or not all(each.quoted for each in told):
        return len(told)
    article = {citation.n: citation.article_id for citation in answer.citations}
    first = {article.get(n) for each in told[:1] for n in each.sentence.citations}
    return next(
        (at for at, each in enumerate(told) if {article.get(n) for n in each.sentence.citations} - first), len(told)
    )


def _paragraphs(told: Sequence[Said], seen: set[int], rest: str) -> str:
    """Return the sentences as paragraphs; `seen` are the numbers that a source's card leads back to already."""
    paragraphs: list[str] = []
    for each in told:
        numbers = each.sentence.citations
        links = "".join(_number(n, "source", "" if n in seen else f"dl-sentence-{n}") for n in numbers)
        seen.update(numbers)
        before, within, after = (part.translate(_TEMPLATE) for part in map(escape, each.words))
        says = f"{before}<strong>{within}</strong>{after}" if within else before + after
        shown = f"“{says}”" if each.quoted else says
        lead = f'<span class="dl-lead">{_html(each.lead)}</span> ' if each.lead else ""
        if lead or not paragraphs:
            paragraphs.append("")
        paragraphs[-1] += f"{lead}{shown}&nbsp;{links} "
    paragraphs = paragraphs or [""]
    paragraphs[-1] += _html(rest)
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


def _linked(answer: Answer) -> str:
    """Return the text as one paragraph whose numbers are links, for an answer not put together from its sentences."""
    numbers = {citation.n for citation in answer.citations}
    return _MARKER.sub(
        lambda found: _number(int(found[1]), "source") if int(found[1]) in numbers else found[0], _html(answer.text)
    )


def _card(article: Article, citations: Sequence[Citation], spans: Mapping[int, tuple[int, int]]) -> str:
    title, link = _html(article.title) or "Untitled", _web(article.url)
    if link:
        href = escape(link).translate(_TEMPLATE)
        title = f'<a href="{href}" target="_blank" rel="noopener noreferrer nofollow">{title}</a>'
    day = "undated"
    if when := article.published_at:
        day = f'<time datetime="{when.isoformat()}">{when.day} {when:%B %Y}</time>'
    by = f"{_html(article.source) or 'unknown outlet'} · {day}"
    quotes = "".join(f"<blockquote>{_passage(article.text, group, spans)}</blockquote>" for group in _groups(citations))
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


def _passage(text: str, citations: Sequence[Citation], spans: Mapping[int, tuple[int, int]]) -> str:
    """Return the quotes, marked, numbered, their `spans` bold, within the text around them, cut at sentences or words."""
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
            f'{_raw(text[at : c.start])}<span id="dl-source-{c.n}">{number}<mark>{_quote(c.quote, spans.get(c.n))}</mark></span>'
        )
        at = c.end
    return "".join([*parts, _raw(after)])


def _quote(quote: str, span: tuple[int, int] | None) -> str:
    """Return the quote escaped, the words that answer in bold."""
    if span is None:
        return _raw(quote)
    before, within, after = (part.translate(_TEMPLATE) for part in map(escape, parted(quote, span)))
    return f"{before}<strong>{within}</strong>{after}"


def _raw(text: str) -> str:
    """Return `text` escaped, its white space kept: the words of a quote stay as they stand in the article."""
    return escape(without_control(text)).translate(_TEMPLATE)


def _web(url: str | None) -> str | None:
    """Return the address if it is one of the web, None for javascript:, data: and whatever else."""
    address = plain(url or "")
    return address if address.lower().startswith(("http://", "https://")) else None
