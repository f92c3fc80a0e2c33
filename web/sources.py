"""The articles beside an answer → escaped HTML: a card for each that is cited, then what else was found.

Pure: nothing is searched or fetched here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from rag.records import answer_spans, citations_by_article, cited_articles
from rag.types import Answer, Article, Citation
from web.markup import (
    age,
    as_it_stands,
    data,
    day_html,
    in_words,
    many,
    opens_html,
    outlet_html,
    outside_link,
    strong,
    title_html,
    web_address,
)

_SENTENCE_END = re.compile(r"[.!?…][\"'”’)\]]*\s+|\n\s*")
_CONTEXT = 220  # characters of the article shown before and after a quote, at most
_ON_A_LINE = 3  # days apart at least, for articles to be shown on a line of time


def sources_html(answer: Answer, *, today: date | None = None) -> str:
    """Return a card for each article cited, every quote marked where it stands, and the others that were found.

    For a refusal: the nearest articles.
    """
    day = today or date.today()
    articles, spans = cited_articles(answer), answer_spans(answer)
    copies = _copies(answer)
    cited = citations_by_article(answer)
    cards = [_card(article, citations, spans, copies.get(article.id, 0), day) for article, citations in cited]
    head = "Source" if len(cards) == 1 else "Sources"
    left = [article for article in articles.values() if article.id not in {each.id for each, _ in cited}]
    if not cards:
        near = [each["id"] for note in answer.notes if note.kind == "nearest" for each in note.data.get("articles", ())]
        cards = [_card(articles[each], [], {}, copies.get(each, 0), day) for each in near if each in articles]
        head = "The nearest articles, which do not answer it"
        left = [article for article in left if article.id not in near]
    if not cards:
        return ""
    return (
        f'<section class="dl-sources" aria-label="Sources"><h2>{head}</h2>{_line(answer)}{"".join(cards)}'
        f"{_also_found(left)}</section>"
    )


def _copies(answer: Answer) -> dict[str, int]:
    """Return how many other articles print a passage of each article that was found."""
    twins: dict[str, set[str]] = {}
    for hit in answer.hits:
        twins.setdefault(hit.article.id, set()).update(hit.twins)
    return {article: len(others) for article, others in twins.items()}


def _also_found(articles: Sequence[Article]) -> str:
    if not articles:
        return ""
    items = "".join(
        f'<p class="dl-also">{opens_html(article)}<span class="dl-by">{outlet_html(article)} · {day_html(article)}</span></p>'
        for article in articles
    )
    return f"<details><summary>{many(len(articles), 'article')} found and not cited</summary>{items}</details>"


def _card(
    article: Article, citations: Sequence[Citation], spans: Mapping[int, tuple[int, int]], copies: int, today: date
) -> str:
    about = [outlet_html(article), day_html(article), age(article, today)]
    about += [f"+{many(copies, 'copy', 'copies')}"] if copies else []
    quotes = "".join(f"<blockquote>{_passage(article.text, group, spans)}</blockquote>" for group in _groups(citations))
    address = web_address(article.url)
    original = f" · {outside_link(address, 'original')}" if address else ""
    return (
        f'<article class="dl-card"><h3>{opens_html(article)}</h3>'
        f'<p class="dl-by">{" · ".join(filter(None, about))}{original}</p>{quotes}</article>'
    )


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
    parts, at = [as_it_stands(before)], first
    for c in citations:
        number = f'<a class="dl-n" href="#dl-sentence-{c.n}" title="to its sentence">{c.n}</a>'
        quote = f"<mark>{strong(c.quote, spans.get(c.n))}</mark>"
        parts.append(f'{as_it_stands(text[at : c.start])}<span id="dl-source-{c.n}">{number}{quote}</span>')
        at = c.end
    return "".join([*parts, as_it_stands(after)])


def _line(answer: Answer) -> str:
    """Return the articles on a line of time, where they run over days; each dot opens one."""
    cited = {citation.article_id for citation in answer.citations}
    dated = {a.id: (a.published_at, a) for a in cited_articles(answer).values() if a.published_at and a.id in cited}
    ordered = sorted(dated.values(), key=lambda each: each[0])
    if len(ordered) < 2 or (ordered[-1][0] - ordered[0][0]).days < _ON_A_LINE:
        return ""
    first, last = ordered[0][0], ordered[-1][0]
    dots = "".join(
        f'<a href="#dl-reader" class="dl-dot" style="left:{(when - first) / (last - first) * 100:.1f}%"'
        f"{data({'open': article.id})}"
        f' title="{in_words(when.date())} · {outlet_html(article)} · {title_html(article)}">'
        f'<span class="dl-unseen">{in_words(when.date())}: {title_html(article)}</span></a>'
        for when, article in ordered
    )
    days = f"<span>{in_words(first.date())}</span><span>{in_words(last.date())}</span>"
    return f'<div class="dl-time"><div class="dl-dots">{dots}</div><div class="dl-days">{days}</div></div>'
