"""Answer → something to take away: rich text and Markdown for a clipboard, a Markdown, HTML or Word file, a fact-check sheet.

Text of articles is hostile here too: in HTML and Word it is escaped, in Markdown its markup is, and in a sheet no cell
begins a formula.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from xml.sax.saxutils import escape as xml

from rag.errors import UsageError
from rag.records import byline, cited_articles, said
from rag.text.plain import plain
from rag.types import Answer, Article, Citation
from web.markup import address_of_quote, in_words, web_address

_MARKUP = re.compile(r"([\\`*_\[\]<>#|~!&$]|^(?:[-+=]|\d+[.)]))")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_NOT_XML = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_STYLE = (
    "body{font:1.05rem/1.6 Georgia,serif;max-width:42rem;margin:2rem auto;padding:0 1rem;color:#1d1b18;background:#fbfaf6}"
    "h1{font-size:1.5rem}blockquote{margin:.2rem 0 .2rem 1rem;color:#5d5850}li{margin-bottom:.8rem}.by{font:.85rem system-ui}"
)
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_WORD_KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml"


@dataclass(frozen=True, slots=True)
class TakenFile:
    """A file to take away: its name, what kind it is, what is in it."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class _Proof:
    """A citation with its article."""

    citation: Citation
    article: Article

    @property
    def link(self) -> str | None:
        return address_of_quote(self.article.url, self.citation.quote)


def _proofs(answer: Answer) -> list[_Proof]:
    articles = cited_articles(answer)
    return [_Proof(citation, articles[citation.article_id]) for citation in answer.citations]


def _lines(answer: Answer) -> list[str]:
    """Return what the answer says, a line for each statement, with its numbers."""
    lines = []
    for each in said(answer):
        words = "".join(each.words)
        numbers = "".join(f"[{n}]" for n in each.sentence.citations)
        lines.append(" ".join(filter(None, (each.lead, f"“{words}”" if each.quoted else words, numbers))))
    return lines or [plain(answer.text)]


def _notes(answer: Answer) -> list[str]:
    return [plain(note.text) for note in answer.notes]


def _asked(today: date) -> str:
    return f"Dateline, {in_words(today)}. Every quote stands word for word in its article."


def markdown(answer: Answer, today: date) -> str:
    """Return question, answer, notes and sources as Markdown."""
    parts = [f"## {_safe(answer.question)}", *map(_safe, _lines(answer))]
    parts += [f"*{_safe(note)}*" for note in _notes(answer)]
    sources = []
    for proof in _proofs(answer):
        title = _safe(proof.article.title) or "Untitled"
        if proof.link:
            title = f"[{title}](<{proof.link.replace('<', '%3C').replace('>', '%3E')}>)"
        sources.append(f"{proof.citation.n}. “{_safe(proof.citation.quote)}” — {title}, {_safe(byline(proof.article))}")
    parts += ["\n".join(sources)] if sources else []
    return "\n\n".join([*parts, _asked(today)]) + "\n"


def _safe(text: str) -> str:
    """Return `text` on one line, nothing in it Markdown; the numbers of citations stay as they are."""
    escaped = _MARKUP.sub(r"\\\1", plain(text))
    return re.sub(r"\\\[(\d{1,3})\\\]", r"[\1]", escaped)


def rich(answer: Answer, today: date) -> str:
    """Return question, answer, notes and sources as HTML to paste into a document."""
    parts = [f"<h1>{escape(plain(answer.question))}</h1>", *(f"<p>{escape(line)}</p>" for line in _lines(answer))]
    parts += [f"<p><em>{escape(note)}</em></p>" for note in _notes(answer)]
    items = []
    for proof in _proofs(answer):
        title = escape(plain(proof.article.title) or "Untitled")
        named = f'<a href="{escape(proof.link)}">{title}</a>' if proof.link else title
        items.append(
            f'<li value="{proof.citation.n}"><blockquote>“{escape(plain(proof.citation.quote))}”</blockquote>'
            f'<span class="by">{named}, {escape(byline(proof.article))}</span></li>'
        )
    parts += [f"<ol>{''.join(items)}</ol>"] if items else []
    return "".join([*parts, f'<p class="by">{_asked(today)}</p>'])


def page(answer: Answer, today: date) -> str:
    """Return an HTML file that needs nothing else and runs nothing."""
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" '
        f'content="{policy}"><title>{escape(plain(answer.question))}</title><style>{_STYLE}</style></head>'
        f"<body>{rich(answer, today)}</body></html>\n"
    )


def sheet(answer: Answer) -> str:
    """Return a line for each claim and each quote that bears it out, as CSV: what a fact-checker goes through."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\r\n").writerow
    write(("claim", "quote", "outlet", "day", "link", "verdict"))
    proofs = {proof.citation.n: proof for proof in _proofs(answer)}
    for sentence in answer.sentences:
        for n in sentence.citations:
            article = proofs[n].article
            day = article.published_at.date().isoformat() if article.published_at else ""
            link = web_address(article.url) or ""
            row = (sentence.text, proofs[n].citation.quote, article.source, day, link, sentence.verdict)
            write(_cell(each) for each in row)
    return out.getvalue()


def _cell(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula."""
    shown = plain(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def word(answer: Answer, today: date) -> bytes:
    """Return a Word file: the same as `rich`, as WordprocessingML in its zip."""
    links: list[str] = []
    body = [_paragraph(_run(answer.question, bold=True, size=32)), *(_paragraph(_run(each)) for each in _lines(answer))]
    body += [_paragraph(_run(note, italic=True)) for note in _notes(answer)]
    for proof in _proofs(answer):
        title = _run(plain(proof.article.title) or "Untitled")
        if proof.link:
            links.append(proof.link)
            title = f'<w:hyperlink r:id="l{len(links)}">{title}</w:hyperlink>'
        quote = _run(f"[{proof.citation.n}] “{plain(proof.citation.quote)}” — ")
        body.append(_paragraph(f"{quote}{title}{_run(f', {byline(proof.article)}')}"))
    body.append(_paragraph(_run(_asked(today), size=18)))
    targets = "".join(
        f'<Relationship Id="l{n}" Type="{_OFFICE}/hyperlink" Target="{_xml(link)}" TargetMode="External"/>'
        for n, link in enumerate(links, 1)
    )
    files = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
        f'package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="{_WORD_KIND}.document.main+xml"/>'
        "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="d" Type="{_OFFICE}/officeDocument" '
        'Target="word/document.xml"/></Relationships>',
        "word/document.xml": f'<w:document xmlns:w="{_WORD}" xmlns:r="{_OFFICE}"><w:body>{"".join(body)}</w:body></w:document>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_RELATIONS}">{targets}</Relationships>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in files.items():
            pack.writestr(name, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{content}')
    return out.getvalue()


def _xml(text: str) -> str:
    return xml(_NOT_XML.sub("", text), {'"': "&quot;"})


def _run(text: str, *, bold: bool = False, italic: bool = False, size: int = 0) -> str:
    how = ("<w:b/>" if bold else "") + ("<w:i/>" if italic else "") + (f'<w:sz w:val="{size}"/>' if size else "")
    return f'<w:r><w:rPr>{how}</w:rPr><w:t xml:space="preserve">{_xml(text)}</w:t></w:r>'


def _paragraph(runs: str) -> str:
    return f'<w:p><w:pPr><w:spacing w:after="160"/></w:pPr>{runs}</w:p>'


_FORMS: Mapping[str, tuple[str, str, Callable[[Answer, date], str | bytes]]] = {
    "markdown": ("md", "text/markdown;charset=utf-8", markdown),
    "html": ("html", "text/html;charset=utf-8", page),
    "word": ("docx", f"{_WORD_KIND}.document", word),
    "sheet": ("csv", "text/csv;charset=utf-8", lambda answer, _: "\ufeff" + sheet(answer)),
}


def taken(answer: Answer, form: str, today: date) -> TakenFile:
    """Return the answer as a file of that form. Raises UsageError for a form that there isn't."""
    if form not in _FORMS:
        raise UsageError(f"there is no form {form!r}; take one of {', '.join(_FORMS)}")
    ending, kind, write = _FORMS[form]
    content = write(answer, today)
    name = re.sub(r"[^a-z0-9]+", "-", plain(answer.question).lower()).strip("-")[:50].rstrip("-") or "answer"
    return TakenFile(f"{name}.{ending}", kind, content.encode() if isinstance(content, str) else content)
