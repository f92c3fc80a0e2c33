"""Answer → terminal text, Markdown, escaped HTML cards. Pure: nothing is searched or judged here.

Whatever comes from an article is hostile until shown otherwise: control characters go, markup is escaped, only http(s) links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from rag.records import cited_articles
from rag.types import Answer, Article, Citation, Found, Hit, Note, Period

if TYPE_CHECKING:
    from rich.console import Group

# What an article could use to repaint the reader's terminal or turn a line around: escape sequences, control
# characters that are no white space, bidirectional overrides; and half characters, which can't be printed at all.
_CONTROL = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[^\[\]]|"
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def plain(text: str) -> str:
    """Return `text` on one line, without control characters."""
    return " ".join(_CONTROL.sub("", text).split())


def byline(article: Article) -> str:
    """Return "Outlet, 2024-05-03", naming what is missing."""
    day = article.published_at.date().isoformat() if article.published_at else "undated"
    return f"{plain(article.source) or 'unknown outlet'}, {day}"


def _by_article(answer: Answer) -> list[tuple[Article, list[Citation]]]:
    """Return each cited article with its citations, in the order in which the answer first cites them."""
    grouped: dict[str, list[Citation]] = {}
    for citation in answer.citations:
        grouped.setdefault(citation.article_id, []).append(citation)
    articles = cited_articles(answer)
    return [(articles[article_id], citations) for article_id, citations in grouped.items()]


def _figures(answer: Answer) -> str:
    """Return "confidence 62 % · 71 ms". A refusal has no percentage: it would read as confidence in the refusal."""
    shown = [f"confidence {answer.confidence * 100:.0f} %"] if answer.status == "answered" else []
    return " · ".join([*shown, f"{answer.timings.get('total', 0):.0f} ms"])


# -- the terminal ------------------------------------------------------------------------------------------------


def terminal(answer: Answer) -> Group:
    """Return the answer, then its numbered sources with their quotes, its notes and figures, for a Rich console."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    parts: list[Any] = [Text(plain(answer.text))]
    for article, citations in _by_article(answer):
        parts += [Text(), _headline("".join(f"[{c.n}]" for c in citations), article)]
        if article.url:
            parts.append(Padding(Text(plain(article.url), style="dim"), (0, 0, 0, 4)))
        for citation in citations:
            number = f"[{citation.n}] " if len(citations) > 1 else ""
            parts.append(Padding(Text(f"{number}“{plain(citation.quote)}”"), (0, 0, 0, 4)))
    for note in answer.notes:
        parts += [Text(), Text(f"Note: {plain(note.text)}", style="italic")]
    return Group(*parts, Text(), Text(_figures(answer), style="dim"))


def terminal_hits(hits: Sequence[Hit]) -> Group:
    """Return found passages for a Rich console: rank, headline, who found it at which rank, the text."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    if not hits:
        return Group(Text("Nothing found."))
    parts: list[Any] = []
    for hit in hits:
        found = ", ".join(f"{name} {rank}" for name, rank in hit.found_by.items())
        parts += [
            _headline(f"{hit.rank}.", hit.article),
            Padding(Text(f"score {hit.score:.3f} · {found}", style="dim"), (0, 0, 0, 3)),
            Padding(Text(plain(hit.chunk.text)), (0, 0, 0, 3)),
            Text(),
        ]
    return Group(*parts[:-1])


def _headline(number: str, article: Article) -> Any:
    from rich.text import Text  # Text takes no markup, so that [bold] in a headline stays what it is

    return Text.assemble((f"{number} ", "bold"), plain(article.title), (f" — {byline(article)}", "dim"))


def terminal_plan(found: Found) -> Group:
    """Return how a search went about it, for a Rich console: parts, outlets, periods, and the time of each stage."""
    from rich.console import Group
    from rich.text import Text

    lines: list[Any] = []
    for number, part in enumerate(found.plan.parts, 1):
        lines.append(Text.assemble((f"part {number}  ", "bold"), plain(part.text)))
        lines.append(
            Text(f"        in {plain(', '.join(part.outlets)) or 'any outlet'}{_days(part.periods)}", style="dim")
        )
    whole = "and all of it in any outlet" if lines else "asked as a whole"
    lines.append(Text.assemble(("plan    ", "bold"), f"{whole}{_days(() if lines else found.plan.periods)}"))
    if found.plan.absent:
        lines.append(Text(f"        the archive has nothing from {plain(' or '.join(found.plan.absent))}"))
    if found.plan.unknown:
        lines.append(Text(f"        no article mentions {plain(' or '.join(found.plan.unknown))}"))
    if found.plan.quoted:
        lines.append(Text(f"        words together: {plain(', '.join(found.plan.quoted))}", style="dim"))
    stages = " · ".join(f"{name} {ms:.1f} ms" for name, ms in found.timings.items())
    return Group(*lines, Text.assemble(("time    ", "bold"), stages), Text())


def _days(periods: Sequence[Period]) -> str:
    told = [f"{p.first}" if p.first == p.last else f"{p.first} to {p.last}" for p in periods]
    return f", near {' and '.join(told)}" if told else ""


# -- Markdown ----------------------------------------------------------------------------------------------------

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~^$:=@])")


def markdown(answer: Answer) -> str:
    """Return the answer, its sources and notes as Markdown in which nothing from an article is markup or HTML."""
    blocks = [_md(answer.text)]
    for article, citations in _by_article(answer):
        title, link = f"**{_md(article.title)}**", _web(article.url)
        if link:
            address = re.sub(r"[<>\\\s()\[\]*`|!]", lambda found: f"%{ord(found[0]):02X}", link)
            title = f"[{title}](<{escape(address, quote=False)}>)"
        quotes = [f"> {_md(f'[{c.n}]')} “{_md(c.quote)}”" for c in citations]
        blocks += [f"{title} — {_md(byline(article))}", "\n>\n".join(quotes)]
    blocks += [f"*Note:* {_md(note.text)}" for note in answer.notes]
    return "\n\n".join([*blocks, _figures(answer)]) + "\n"


def _md(text: str) -> str:
    return escape(_MARKDOWN.sub(r"\\\1", plain(text)), quote=False)


def _web(url: str | None) -> str | None:
    """Return the address if it is one of the web, None for javascript:, data: and whatever else."""
    address = plain(url or "")
    return address if address.lower().startswith(("http://", "https://")) else None


# -- HTML --------------------------------------------------------------------------------------------------------

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
        f'{notes}<p class="dl-foot">{_figures(answer)}</p></section>'
    )


def sources_html(answer: Answer) -> str:
    """Return a card for each article cited, every quote marked where it stands; for a refusal, the nearest articles."""
    cards = [_card(article, citations) for article, citations in _by_article(answer)]
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
    return escape(_CONTROL.sub("", text)).translate(_TEMPLATE)
