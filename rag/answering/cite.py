"""Draft → sentences whose citations exist, verbatim, numbered from 1 in the order in which they are shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rag.answering.reply import MARKER, as_markers
from rag.answering.weights import AnswerWeights
from rag.errors import CitationError
from rag.reading.rank import covered
from rag.text.split import sentences
from rag.text.words import stems
from rag.types import Article, Citation, DraftSentence, Hit, Span

_MARKER_ONLY = re.compile(r"^[\s.,;]*$")


def cited_sentences(reply: str, hits: Sequence[Hit], by: AnswerWeights = AnswerWeights()) -> tuple[DraftSentence, ...]:
    """Return the sentences of an LLM's plain reply with the spans that their markers point at, in any usual dialect.

    Markers count from 1 over `hits`; unknown ones are dropped. A span is narrowed to the sentences of the passage that say
    what the statement says. A sentence without a known marker has no span.
    """
    return tuple(
        DraftSentence(
            text,
            tuple(dict.fromkeys(narrow(text, hits[n - 1], by) for n in numbers if 1 <= n <= len(hits))),
            said=said,
        )
        for text, numbers, said in marked_sentences(as_markers(reply, len(hits)))
    )


def marked_sentences(reply: str) -> list[tuple[str, tuple[int, ...], str]]:
    """Return the sentences of a reply without their markers, the numbers that these hold, once and in order, and with them."""
    out: list[tuple[str, tuple[int, ...], str]] = []
    for start, end in sentences(reply):
        raw = reply[start:end]
        numbers = [n for marker in MARKER.findall(raw) for n in _numbers(marker)]
        text = MARKER.sub("", raw).strip()
        if not _MARKER_ONLY.match(text):
            out.append((text, tuple(dict.fromkeys(numbers)), raw))
        elif out:  # "... said so. [1]" leaves the marker a sentence of its own: it is the last one's
            last, before, told = out.pop()
            out.append((last, tuple(dict.fromkeys((*before, *numbers))), f"{told} {raw}"))
    return out


def _numbers(marker: str) -> list[int]:
    found = [int(n) for n in re.findall(r"\d+", marker)]
    return found if len(found) != 2 or not re.search("[–-]", marker) else list(range(found[0], min(found[1], 99) + 1))


def narrow(statement: str, hit: Hit, by: AnswerWeights = AnswerWeights()) -> Span:
    """Return the sentence of the passage that holds most of the statement, or neighbours where they are needed."""
    spans = sentences(hit.chunk.text)
    wanted = dict.fromkeys(stems(statement), 1.0)
    held = [set(stems(hit.chunk.text[a:b])) for a, b in spans]
    best, score = (0, len(spans)), -1.0
    for size in range(1, by.narrow_to + 1):
        for at in range(len(spans) - size + 1):
            share = covered(wanted, set().union(*held[at : at + size])) - by.narrow_more * (size - 1)
            if share > score:
                best, score = (at, at + size), share
    start, end = spans[best[0]][0], spans[best[1] - 1][1]
    return Span(hit.article.id, hit.chunk.start + start, hit.chunk.start + end)


def cite(spans: Sequence[Span], articles: Mapping[str, Article]) -> dict[Span, Citation]:
    """Return a citation for each span, numbered from 1 in order; the same span is cited once.

    Raises CitationError for a span that no article has.
    """
    out: dict[Span, Citation] = {}
    for span in dict.fromkeys(spans):
        article = articles.get(span.article_id)
        if article is None or not 0 <= span.start < span.end <= len(article.text):
            raise CitationError(
                f"article {span.article_id} has no characters {span.start} to {span.end}; report this bug"
            )
        out[span] = Citation(len(out) + 1, span.article_id, span.start, span.end, article.text[span.start : span.end])
    return out
