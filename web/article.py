"""One whole article → HTML, every quote of an answer marked where it stands. Pure: nothing is fetched here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise

from rag.types import Article, Citation, Earlier
from web.markup import (
    address_of_quote,
    age,
    as_it_stands,
    data,
    day_html,
    in_words,
    many,
    one_line,
    opens_html,
    outlet_html,
    outside_link,
    title_html,
    web_address,
)

_VERSIONS = 5  # earlier texts that are shown
_BREAK = re.compile(r"[ \t]*\n\s*")


def article_html(
    article: Article,
    citations: Sequence[Citation] = (),
    spans: Mapping[int, tuple[int, int]] = {},
    *,
    copies: Sequence[Article] = (),
    remarks: Sequence[str] = (),
    earlier: Sequence[Earlier] = (),
    today: date | None = None,
) -> str:
    """Return the article as HTML: headline, who and when, `remarks` on what became of it, copies, earlier texts, the whole text.

    `spans` are the words that answer, within each citation's quote.
    """
    about = [outlet_html(article), one_line(article.author or ""), day_html(article)]
    about += [age(article, today or date.today()), one_line(article.category or "")]
    about += [many(len(article.text.split()), "word")]
    told = "".join(f'<p class="dl-note">{one_line(remark)}</p>' for remark in remarks)
    if address := web_address(article.url):
        told += f'<p class="dl-original">{outside_link(address, "The original")}</p>'
    return (
        f'<article class="dl-full"{data({"article": article.id})}><header><h2 tabindex="-1">{title_html(article)}</h2>'
        f'<p class="dl-by">{" · ".join(filter(None, about))}</p>{told}{_copies(copies)}{_earlier(earlier)}</header>'
        f'<div class="dl-text">{_text(article, citations, spans)}</div></article>'
    )


def _copies(copies: Sequence[Article]) -> str:
    if not copies:
        return ""
    items = "".join(f"<li>{opens_html(each)} {outlet_html(each)} · {day_html(each)}</li>" for each in copies)
    also = many(len(copies), "copy", "copies")
    return f"<details><summary>{also} of this story</summary><ul>{items}</ul></details>"


def _earlier(earlier: Sequence[Earlier]) -> str:
    """Return the earlier texts, which come the oldest first, folded, the newest first."""
    if not earlier:
        return ""
    texts = "".join(
        f"<details><summary>Version {each.version}, until {in_words(datetime.fromisoformat(each.replaced_at).date())}</summary>"
        f"<p>{one_line(each.title)}</p>{''.join(f'<p>{one_line(p)}</p>' for p in _BREAK.split(each.text) if p.strip())}</details>"
        for each in earlier[: -_VERSIONS - 1 : -1]
    )
    return f"<details><summary>{many(len(earlier), 'earlier version')}</summary>{texts}</details>"


def _text(article: Article, citations: Sequence[Citation], spans: Mapping[int, tuple[int, int]]) -> str:
    """Return the text as paragraphs. Quotes may overlap and go on over the end of a paragraph."""
    text, begun = article.text, set[int]()
    paragraphs: list[str] = []
    at = 0
    for end, after in [*((found.start(), found.end()) for found in _BREAK.finditer(text)), (len(text), len(text))]:
        if text[at:end].strip():
            paragraphs.append(f"<p>{_paragraph(article, at, end, citations, spans, begun)}</p>")
        at = after
    return "".join(paragraphs)


def _paragraph(
    article: Article,
    start: int,
    end: int,
    citations: Sequence[Citation],
    spans: Mapping[int, tuple[int, int]],
    begun: set[int],
) -> str:
    """Return `article.text[start:end]`, cut wherever a quote or the words that answer begin or end."""
    here = [c for c in citations if c.start < end and start < c.end]
    answers = [(c.start + spans[c.n][0], c.start + spans[c.n][1]) for c in here if c.n in spans]
    places = [place for c in here for place in (c.start, c.end)] + [place for span in answers for place in span]
    cuts = sorted({start, end, *(place for place in places if start < place < end)})
    parts = []
    for low, high in pairwise(cuts):
        piece = as_it_stands(article.text[low:high])
        quoting = [c for c in here if c.start <= low < c.end]
        for c in quoting:
            if c.n not in begun:
                begun.add(c.n)
                parts.append(_number(article, c))
        if any(first <= low < last for first, last in answers):
            piece = f"<strong>{piece}</strong>"
        numbers = " ".join(str(c.n) for c in quoting)
        parts.append(f"<mark{data({'n': numbers})}>{piece}</mark>" if quoting else piece)
    return "".join(parts)


def _number(article: Article, citation: Citation) -> str:
    """Return the mark before a quote; it knows where the quote stands in the original."""
    original = address_of_quote(article.url, citation.quote)
    more = data({"original": original} if original else {})
    return f'<span class="dl-n" id="dl-here-{citation.n}"{more}>{citation.n}</span>'
