"""Answer → escaped HTML: the question, the answer in one line, its evidence with numbers, and what to know besides.

Pure: nothing is searched or judged here. Whatever comes from an article is hostile until shown otherwise (`web/markup.py`).
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.records import Said, cited_articles, figures, said
from rag.text.plain import plain
from rag.types import Answer, Article, Note
from web.chips import Chip, chips_html
from web.markup import data, day_html, escaped, in_words, many, one_line, opens_html, outlet_html

_HEADING = 140  # characters of a question shown as the heading
_DIRECT = 120  # characters of an answer in one line
_TAKE = (
    '<div class="dl-take"><button type="button" class="dl-plain" data-take="copy">Copy with sources</button>'
    '{given}<button type="button" class="dl-plain" data-take="link">Link to the question</button>'
    '<span class="dl-by">Save as</span>'
    + "".join(
        f'<button type="button" class="dl-plain" data-take="{form}">{name}</button>'
        for form, name in (("markdown", "Markdown"), ("html", "HTML"), ("word", "Word"), ("sheet", "Fact-check sheet"))
    )
    + '<p role="status" class="dl-by"></p></div>'
)
_GIVEN = '<button type="button" class="dl-plain" data-take="given">Link to this answer</button>'
_JUDGE = (
    '<div class="dl-take dl-judge"><span class="dl-by">Is it right?</span>'
    + "".join(
        f'<button type="button" class="dl-plain" data-verdict="{verdict}" aria-pressed="false">{name}</button>'
        for verdict, name in (("right", "Right"), ("wrong", "Wrong"), ("wrong_source", "Wrong source"))
    )
    + '<input type="text" maxlength="500" aria-label="Comment on the answer" placeholder="Comment, before you press">'
    '<p role="status" class="dl-by"></p></div>'
)
_STRONG, _GOOD = 0.68, 0.55  # confidence from which the evidence is called so


def answer_html(
    answer: Answer,
    *,
    chips: Sequence[Chip] = (),
    searched: int | None = None,
    key: str = "",
    judged: bool = False,
    given: str = "",
) -> str:
    """Return question, answer and notes as escaped HTML; the numbers link to the cards of `sources_html`.

    `chips`: how the question was read and restricted.   `searched`: how many articles were looked through.
    `key`: under which the page asks for more of this answer.   `judged`: readers may say whether it is right.
    `given`: HTML that says when it was given, for an answer of another day; how it was found is not known any more then.
    """
    numbers = {citation.n for citation in answer.citations}
    refused = "" if answer.status == "answered" else " dl-refused"
    told = [note for note in answer.notes if note.kind != "nearest" and not _said_above(note, answer)]
    notes = "".join(_note(note, numbers, answer) for note in told)
    take = _TAKE.replace("{given}", _GIVEN if answer.link else "") if key else ""
    return (
        f'<section class="dl-answer{refused}"{data({"key": key} if key else {})}>{heading(answer.question)}{given}'
        f'{chips_html(chips)}{_direct(answer)}<div class="dl-told">{_told(answer)}</div>{notes}{_widen(answer, chips)}'
        f'{"" if given else _how(answer, searched)}<p class="dl-foot">{_sureness(answer)}{figures(answer)}</p>'
        f"{take}{_JUDGE if judged else ''}</section>"
    )


def partial_html(question: str, told: Sequence[str]) -> str:
    """Return what there is of an answer that is being written; each sentence has passed its check."""
    paragraphs = "".join(f"<p>{one_line(each)}</p>" for each in told)
    return f'<section class="dl-answer">{heading(question)}<div class="dl-told">{paragraphs}</div></section>'


def heading(question: str) -> str:
    """Return the question as a heading, a long one shortened at a word."""
    shown = plain(question)
    if len(shown) <= _HEADING:
        return f"<h2>{escaped(shown)}</h2>"
    short = shown[:_HEADING].rsplit(" ", 1)[0]
    return f'<h2 title="{escaped(shown)}">{escaped(short)} …</h2>'


def error_html(message: str, question: str = "", chips: Sequence[Chip] = ()) -> str:
    """Return a plain message in the answer's place, under the question and the filters that it may be about."""
    asked = f"{heading(question)}{chips_html(chips)}" if question.strip() else ""
    return f'<section class="dl-answer">{asked}<p class="dl-note" role="alert">{one_line(message)}</p></section>'


def _direct_words(answer: Answer) -> tuple[str, tuple[int, ...]] | None:
    """Return the words that the reading model found in the first sentence that holds any, and its numbers.

    None where there are several answers, or the words are a sentence or longer.
    """
    if any(note.kind == "conflict" for note in answer.notes) or (answer.plan and len(answer.plan.parts) > 1):
        return None
    for sentence in answer.sentences:
        if sentence.answer_span:
            words = plain(sentence.text[slice(*sentence.answer_span)])
            fits = 0 < len(words) <= _DIRECT and words != plain(sentence.text)
            return (words[0].upper() + words[1:], sentence.citations) if fits else None
    return None


def _direct(answer: Answer) -> str:
    """Return the answer in one line: that no reason is given, or the words that the reading model found; else nothing."""
    notes = {note.kind: note for note in answer.notes}
    if answer.status != "answered":
        return ""
    if note := notes.get("no_reason_given"):
        return f'<p class="dl-direct">No reason is given. <span>{one_line(note.text)}</span></p>'
    if found := _direct_words(answer):
        words, numbers = found
        label = "<small>The reason given:</small>" if "reason_stated" in notes else ""
        return f'<p class="dl-direct">{label}{escaped(words)}&nbsp;{"".join(map(_number, numbers))}</p>'
    return ""


def _said_above(note: Note, answer: Answer) -> bool:
    """Tell whether the answer in one line says already what a note says."""
    if answer.status != "answered":
        return False
    return note.kind == "no_reason_given" or (note.kind == "reason_stated" and _direct_words(answer) is not None)


def _note(note: Note, numbers: set[int], answer: Answer) -> str:
    if note.kind == "conflict" and (table := _conflict(note, answer)):
        return table
    links = "".join(_number(n) for n in note.citations if n in numbers)
    return f'<p class="dl-note">{one_line(note.text)}{links}</p>'


def _conflict(note: Note, answer: Answer) -> str:
    """Return what the articles say against each other, as a table; nothing where the note does not name them."""
    articles = cited_articles(answer)
    rivals = [articles[each] for each in note.data.get("articles", ()) if each in articles]
    told = note.text.partition(": ")[2].rstrip(".").split("; ")
    if len(rivals) < 2 or len(told) != len(rivals):
        return ""
    rows = "".join(
        f'<tr><th scope="row">{one_line(says.rpartition(" (")[0] or says)}</th><td>{outlet_html(article)}</td>'
        f"<td>{day_html(article)}</td><td>{_numbers_of(article, answer)}</td></tr>"
        for says, article in zip(told, rivals, strict=True)
    )
    head = "<tr>" + "".join(f'<th scope="col">{name}</th>' for name in ("Says", "Outlet", "Day", "Quote")) + "</tr>"
    lead = one_line(note.text.partition(":")[0])
    return f'<div class="dl-note"><p>{lead}.</p><table class="dl-table"><thead>{head}</thead><tbody>{rows}</tbody></table></div>'


def _numbers_of(article: Article, answer: Answer) -> str:
    return "".join(_number(c.n) for c in answer.citations if c.article_id == article.id)


def _number(n: int, own: str = "") -> str:
    mark = f' id="{own}"' if own else ""
    return f'<a class="dl-n"{mark} href="#dl-source-{n}" aria-label="source {n}">{n}</a>'


def _told(answer: Answer) -> str:
    """Return what the answer says as HTML, a paragraph wherever another source is named ("Fortune, 3 May 2024:").

    More evidence for an answer that stands without it is folded.
    """
    told = said(answer)
    if not told:
        return f"<p>{one_line(answer.text)}</p>"
    folded = [each for each in told if each.sentence.further]
    seen: set[int] = set()
    html = _paragraphs([each for each in told if not each.sentence.further], seen)
    if folded:
        article = {citation.n: citation.article_id for citation in answer.citations}
        sources = {article.get(n) for each in folded for n in each.sentence.citations}
        count = f"{many(len(folded), 'more quote')} from {many(len(sources), 'source')}"
        html += f"<details><summary>{count}</summary>{_paragraphs(folded, seen)}</details>"
    return html


def _paragraphs(told: Sequence[Said], seen: set[int]) -> str:
    """Return the sentences as paragraphs; `seen` are the numbers that a source's card leads back to already."""
    paragraphs: list[str] = []
    for each in told:
        numbers = each.sentence.citations
        links = "".join(_number(n, "" if n in seen else f"dl-sentence-{n}") for n in numbers)
        seen.update(numbers)
        before, within, after = map(escaped, each.words)
        says = f"{before}<strong>{within}</strong>{after}" if within else before + after
        shown = f"“{says}”" if each.quoted else says
        lead = f'<span class="dl-lead">{one_line(each.lead)}</span> ' if each.lead else ""
        if lead or not paragraphs:
            paragraphs.append("")
        evidence = data({"n": " ".join(map(str, numbers))})
        paragraphs[-1] += f'{lead}<span class="dl-s"{evidence}>{shown}</span>&nbsp;{links} '
    return "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)


def _widen(answer: Answer, chips: Sequence[Chip]) -> str:
    """Return, for a refusal, what the asker can do about it."""
    if answer.status == "answered":
        return ""
    set_by_asker = [chip for chip in chips if chip.filters]
    steps = ["<li>Read the nearest articles; one may tell it in other words.</li>"] if answer.hits else []
    steps += ["<li>Take a filter away: press its label above.</li>"] if set_by_asker else []
    steps += [
        "<li>Ask with the names and words that a report would use.</li>",
        '<li>Add articles that may hold it: in the <a href="?tab=archive" data-tab="archive">archive</a>, or by '
        "<code>dateline ingest FOLDER</code>, or an address or feed in its place.</li>",
    ]
    return f'<div class="dl-note dl-widen"><p>What you can do:</p><ul>{"".join(steps)}</ul></div>'


def _how(answer: Answer, searched: int | None) -> str:
    """Return what was searched and read for this answer, folded: its first line says it, the rest gives the times."""
    if not answer.hits:
        return ""
    articles = cited_articles(answer)
    outlets = {article.source for article in articles.values() if article.source}
    days = sorted(article.published_at.date() for article in articles.values() if article.published_at)
    told = [f"Searched {many(searched, 'article')}"] if searched is not None else []
    told += [f"read {many(len(answer.hits), 'passage')} from {many(len(outlets), 'outlet')}"]
    told += (
        [f"{in_words(days[0])} to {in_words(days[-1])}" if days[0] != days[-1] else in_words(days[0])] if days else []
    )
    steps = "".join(
        f"<li>{name}: {answer.timings[stage]:.0f} ms</li>"
        for stage, name in (("search", "search"), ("generate", "reading and writing"), ("verify", "checking"))
        if stage in answer.timings
    )
    found = "".join(f"<li>{opens_html(each)}</li>" for each in articles.values())
    line = ", ".join(told)
    return f'<details class="dl-how"><summary>{line[0].upper()}{line[1:]}</summary><ul>{steps}</ul><ol>{found}</ol></details>'


def _sureness(answer: Answer) -> str:
    """Return the confidence in a word."""
    if answer.status != "answered":
        return ""
    how = "Strong" if answer.confidence >= _STRONG else "Good" if answer.confidence >= _GOOD else "Thin"
    articles = cited_articles(answer)
    outlets = {articles[citation.article_id].source for citation in answer.citations}
    return f"<strong>{how} evidence</strong> · {many(len(outlets), 'outlet')} quoted · "
