"""An answer as it was given: from its link to the page, with what has become since of the articles that it cites."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rag.archive.kept import CitedThen, KeptAnswer
from rag.errors import UsageError
from rag.keep import filters_then
from rag.records import answer_of
from rag.text.plain import plain
from rag.types import Answer, Article
from web.asking import Answering, PageQuestion, guarded, known
from web.chips import filter_chips
from web.last import GivenAnswer, LastAnswers
from web.markup import data, escaped, in_words, one_line
from web.sources import sources_html
from web.views import answer_html, error_html, heading

Find = Callable[[str], KeptAnswer]


def address_of(link: str) -> str:
    """Return the part of an address that shows the answer of a link."""
    return f"?answer={link}"


def link_to(kept: LastAnswers, find: Find | None, key: str) -> dict[str, str]:
    """Return the address of an answer on the page under "text"; what stands against it under "error"."""

    def found() -> dict[str, str]:
        given = kept.get(key)
        if given is None or given.answer.link is None or find is None:
            raise UsageError("this answer is not kept, so it has no link of its own; the address above asks it again")
        find(given.answer.link)
        return {"text": address_of(given.answer.link)}

    return guarded(found, lambda message: {"error": message})


def show_given(
    pipeline: Answering, kept: LastAnswers, find: Find | None, link: str, number: str
) -> tuple[PageQuestion, str, str]:
    """Return the answer of a link: what was asked, the answer and its sources as HTML. `number`: by which the page knows it."""
    what = PageQuestion("", number=number)

    def shown() -> tuple[PageQuestion, str, str]:
        if find is None:
            raise UsageError("no answers are kept here; ask the question again")
        found = find(link)
        asked = replace(_asked(found), number=number)
        answer = given_answer(found, pipeline)
        if answer is None:
            html, sources = _without(found, asked), ""
        else:
            answer = replace(answer, link=found.link)
            key = kept.keep(GivenAnswer(answer, asked.filters()))
            chosen = asked.chosen()
            chips = filter_chips(chosen.date_from, chosen.date_to, chosen.outlets, asked.day())
            html = answer_html(answer, chips=chips, key=key, given=_given(found, asked))
            sources = sources_html(answer)
        return asked, known(html, asked, found.question, address_of(link), again=asked.address(found.question)), sources

    return guarded(shown, lambda told: (what, known(error_html(told), what, "", address_of(link), again="?"), ""))


def given_answer(found: KeptAnswer, pipeline: Answering) -> Answer | None:
    """Return the answer over the texts that it quotes; None where the archive no longer has them word for word."""
    if found.answer is None:
        return None
    try:
        articles = {each.article_id: _then(each, pipeline) for each in found.articles}
        cited = dict.fromkeys(c["article_id"] for c in found.answer["citations"])
        notes = [note for note in found.answer["notes"] if note["kind"] == "nearest"]
        near = [each["id"] for note in notes for each in note["data"].get("articles", ())]
        others = [pipeline.article(each) for each in near if each not in cited]
        answer = answer_of(found.answer, [a for a in [*map(articles.get, cited), *others] if a])
    except (KeyError, TypeError, AttributeError):
        return None
    verbatim = all(
        (article := articles.get(c.article_id)) and article.text[c.start : c.end] == c.quote for c in answer.citations
    )
    return answer if verbatim else None


def _then(cited: CitedThen, pipeline: Answering) -> Article | None:
    """Return the article in the version that was cited, None where the archive no longer has it."""
    current = pipeline.article(cited.article_id)
    if current is None or current.version == cited.version:
        return current
    for each in pipeline.archive.catalog.earlier(cited.article_id):
        if each.version == cited.version:
            return replace(
                current, title=each.title, text=each.text, version=each.version, content_hash=each.content_hash
            )
    return None


def _asked(found: KeptAnswer) -> PageQuestion:
    filters, as_of = filters_then(found)
    last = filters.date_to if filters.date_to != as_of else None  # an as-of day ends the search too
    first, to, when = (day.isoformat() if day else "" for day in (filters.date_from, last, as_of))
    return PageQuestion(found.question, first, to, filters.outlets, as_of=when)


def _given(found: KeptAnswer, asked: PageQuestion) -> str:
    """Return when the answer was given, and which of its articles are not as they were, as HTML."""
    changed = [each for each in found.articles if each.since]
    told = ""
    if changed:
        told = f"<p>Not as it was then:</p><ul>{''.join(map(_since, changed))}</ul>"
    elif found.articles:
        told = "<p>The articles that it cites are as they were.</p>"
    return (
        f'<div class="dl-note dl-given"><p>The answer as it was given on {_day(found)}. {_again(asked)}</p>{told}</div>'
    )


def _since(each: CitedThen) -> str:
    notice = f": {one_line(each.notice)}" if each.notice else ""
    title = one_line(each.title) or "Untitled"
    named = title if each.since == "removed" else f'<a href="#dl-reader"{data({"open": each.article_id})}>{title}</a>'
    return f"<li>{named} was {each.told} since{notice}</li>"


def _without(found: KeptAnswer, asked: PageQuestion) -> str:
    """Return what is left to say where an article that the answer quotes is not in the archive any more."""
    removed = [f"“{plain(each.title)}”" for each in found.articles if each.since == "removed"]
    why = f"{', '.join(removed) or 'An article that it quotes'} was removed from the archive since, and the answer with it."
    return (
        f'<section class="dl-answer">{heading(found.question)}<div class="dl-note dl-given" role="alert">'
        f"<p>This was answered on {_day(found)}. {one_line(why)} {_again(asked)}</p></div></section>"
    )


def _day(found: KeptAnswer) -> str:
    return f'<time datetime="{found.at.isoformat()}">{in_words(found.at.date())}</time>'


def _again(asked: PageQuestion) -> str:
    return f'<a href="{escaped(asked.address(asked.question))}">Ask it again now</a>'
