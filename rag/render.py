"""Answer → terminal text, JSON, Markdown, escaped HTML cards. Pure: nothing is searched or judged here."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from rag.types import Answer, Article, Citation, Hit

if TYPE_CHECKING:
    from rich.console import Group

# Escape sequences and control characters, which an article could use to repaint the reader's terminal.
_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b.|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """Return `text` on one line, without control characters."""
    return " ".join(_CONTROL.sub("", text).split())


def terminal(answer: Answer) -> Group:
    """Return the answer with its numbered sources and its notes under it, for a Rich console."""
    from rich.console import Group
    from rich.text import Text

    parts: list[Any] = [Text(plain(answer.text))]
    articles = cited_articles(answer)
    if answer.citations:
        parts.append(Text())
    numbers: dict[str, str] = {}
    for citation in answer.citations:
        numbers[citation.article_id] = numbers.get(citation.article_id, "") + f"[{citation.n}]"
    for article_id, numbered in numbers.items():
        article = articles[article_id]
        line = Text(f"{numbered} ", style="bold")
        line.append(plain(article.title))
        line.append(f" — {byline(article)}", style="dim")
        parts.append(line)
        if article.url:
            parts.append(Text(f"    {plain(article.url)}", style="dim"))
    for note in answer.notes:
        parts += [Text(), Text(f"Note: {plain(note.text)}", style="italic")]
    parts += [
        Text(),
        Text(f"confidence {answer.confidence:.0%} · {answer.timings.get('total', 0):.0f} ms", style="dim"),
    ]
    return Group(*parts)


def terminal_hits(hits: list[Hit]) -> Group:
    """Return found passages for a Rich console: rank, headline, who found it at which rank, the text."""
    from rich.console import Group
    from rich.text import Text

    if not hits:
        return Group(Text("Nothing found."))
    parts: list[Any] = []
    for hit in hits:
        found = ", ".join(f"{name} {rank}" for name, rank in hit.found_by.items())
        head = Text(f"{hit.rank}. ", style="bold")
        head.append(plain(hit.article.title))
        head.append(f" — {byline(hit.article)}", style="dim")
        parts += [
            head,
            Text(f"   score {hit.score:.3f} · {found}", style="dim"),
            Text(f"   {plain(hit.chunk.text)}"),
            Text(),
        ]
    return Group(*parts[:-1])


def byline(article: Article) -> str:
    """Return "Outlet, 2024-05-03", naming what is missing."""
    day = article.published_at.date().isoformat() if article.published_at else "undated"
    return f"{plain(article.source) or 'unknown outlet'}, {day}"


def cited_articles(answer: Answer) -> dict[str, Article]:
    """Return the articles of the answer's hits by id; every citation's article is among them."""
    return {hit.article.id: hit.article for hit in answer.hits}


def answer_json(answer: Answer) -> dict[str, Any]:
    """Return the answer as one batch line holds it."""
    articles = cited_articles(answer)
    return {
        "question": answer.question,
        "status": answer.status,
        "answer": answer.text,
        "confidence": round(answer.confidence, 4),
        "sentences": [
            {
                "text": sentence.text,
                "citations": list(sentence.citations),
                "support": round(sentence.support, 4),
                "verdict": sentence.verdict,
            }
            for sentence in answer.sentences
        ],
        "citations": [_citation_json(citation, articles[citation.article_id]) for citation in answer.citations],
        "notes": [
            {"kind": note.kind, "text": note.text, "citations": list(note.citations), "data": dict(note.data)}
            for note in answer.notes
        ],
        "timings": {stage: round(ms, 1) for stage, ms in answer.timings.items()},
    }


def _citation_json(citation: Citation, article: Article) -> dict[str, Any]:
    return {
        "n": citation.n,
        **_article_json(article),
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
    }


def hit_json(hit: Hit) -> dict[str, Any]:
    """Return a hit as one batch line holds it."""
    return {
        "rank": hit.rank,
        "score": round(hit.score, 4),
        **_article_json(hit.article),
        "start": hit.chunk.start,
        "end": hit.chunk.end,
        "text": hit.chunk.text,
        "found_by": dict(hit.found_by),
        "twins": list(hit.twins),
    }


def _article_json(article: Article) -> dict[str, Any]:
    return {
        "article_id": article.id,
        "article_url": article.url,
        "title": article.title,
        "source": article.source,
        "published_at": article.published_at.isoformat() if article.published_at else None,
    }


# -- HTML --------------------------------------------------------------------------------------------------------

_MARKER = re.compile(r"\[(\d{1,3})\]")
_CONTEXT = 220  # characters of the article shown around a quote


def answer_html(answer: Answer) -> str:
    """Return the answer and its notes as escaped HTML; the numbers link to the cards of `sources_html`."""
    told = escape(plain(answer.text))
    numbers = {citation.n for citation in answer.citations}

    def link(match: re.Match[str]) -> str:
        n = int(match[1])
        return f'<a class="dl-n" href="#dl-source-{n}">{n}</a>' if n in numbers else match[0]

    notes = "".join(f'<p class="dl-note">{escape(plain(note.text))}</p>' for note in answer.notes)
    refused = "" if answer.status == "answered" else " dl-refused"
    foot = f"confidence {answer.confidence:.0%} · {answer.timings.get('total', 0):.0f} ms"
    return f'<div class="dl-answer{refused}"><p>{_MARKER.sub(link, told)}</p>{notes}<p class="dl-foot">{foot}</p></div>'


def sources_html(answer: Answer) -> str:
    """Return a card for each article cited: headline, outlet, date, link, and every quote marked where it stands."""
    articles = cited_articles(answer)
    by_article: dict[str, list[Citation]] = {}
    for citation in answer.citations:
        by_article.setdefault(citation.article_id, []).append(citation)
    cards = [_card(articles[article_id], citations) for article_id, citations in by_article.items()]
    return f'<div class="dl-sources">{"".join(cards)}</div>' if cards else ""


def _card(article: Article, citations: list[Citation]) -> str:
    title = escape(plain(article.title))
    if article.url and article.url.lower().startswith(("http://", "https://")):
        href = escape(article.url, quote=True)
        title = f'<a href="{href}" target="_blank" rel="noopener noreferrer nofollow">{title}</a>'
    quotes = "".join(
        f'<blockquote id="dl-source-{c.n}"><span class="dl-n">{c.n}</span>{_marked(article.text, c)}</blockquote>'
        for c in citations
    )
    return f'<article class="dl-card"><h3>{title}</h3><p class="dl-by">{escape(byline(article))}</p>{quotes}</article>'


def _marked(text: str, citation: Citation) -> str:
    """Return the quote, marked, within the text around it, cut at words."""
    low, high = max(0, citation.start - _CONTEXT), min(len(text), citation.end + _CONTEXT)
    before, after = text[low : citation.start], text[citation.end : high]
    if low:
        before = "… " + before.partition(" ")[2]
    if high < len(text):
        after = after.rpartition(" ")[0] + " …"
    # Line breaks become blanks; the words of the quote stay as they stand in the article.
    parts = (_CONTROL.sub("", part.replace("\n", " ")) for part in (before, citation.quote, after))
    lead, quote, rest = (escape(part) for part in parts)
    return f"{lead}<mark>{quote}</mark>{rest}"
