"""Drafted sentence and hits → whether they bear it out, and the places that do.

A quotation of the archive is compared with the place it was taken from. What an LLM wrote is checked against the words it
cites, then against the passages that these stand in, then against all passages that it was shown: where others bear it out,
they are cited instead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.absent import absence
from rag.answering.cite import narrow
from rag.answering.frame import Framed, framed
from rag.answering.orders import without_orders
from rag.answering.weights import AnswerWeights
from rag.question.when import day_in_words
from rag.reading.passages import beside
from rag.reading.verify import odds_of, share_of, support, verdict_of
from rag.text.words import stems
from rag.types import Article, DraftSentence, Entails, Hit, Span, Support

_WORD = re.compile(r"[^\W\d_]{2,}")
_LATIN, _LIKE_LATIN = re.compile("[A-Za-z]"), re.compile("[\u0370-\u03ff\u0400-\u052f]")  # Greek, Cyrillic


@dataclass(frozen=True, slots=True)
class Proof:
    """What checking a sentence gave, and the places that it is shown with; `recited` where the reply cited others or none."""

    support: Support
    spans: tuple[Span, ...]
    recited: bool = False
    absent: bool = False  # it says that something is not told: no place bears that out

    @property
    def holds(self) -> bool:
        """Tell whether the sentence may be shown."""
        return bool(self.spans) and self.support.verdict == "supported"


def prove(
    each: DraftSentence,
    hits: Sequence[Hit],
    reader: Entails | None = None,
    by: AnswerWeights = AnswerWeights(),
    question: str = "",
) -> Proof:
    """Return the proof of a drafted sentence, the best there is where none holds."""
    articles = {hit.article.id: hit.article for hit in hits}
    quotes = [(articles[span.article_id], articles[span.article_id].text[span.start : span.end]) for span in each.spans]
    if each.said is None:
        return Proof(support(each.text, _source(quotes), reader), each.spans)
    hits = [hit for hit in without_orders(hits) if hit.chunk.text.strip()]
    if none := absence(each.text, question, hits, reader, by):
        return Proof(none.support, each.spans or (none.span,), absent=True)
    if spoof := _two_alphabets(each.text):
        return Proof(Support(0.0, "unsupported", f"{spoof} is written in the letters of two alphabets"), each.spans)
    said = framed(each.text, hits)
    cited = [hit for hit in hits if any(_within(span, hit) for span in each.spans)]
    if cited and not said.hits:
        wrong = f"none of the passages is what the sentence says it is: “{said.frame}”"
        return Proof(Support(0.0, "unsupported", wrong), each.spans)
    fitting = [hit for hit in cited if hit in said.hits]
    best = _read(said, fitting, reader, by) if fitting else None
    if (
        best and each.quoted
    ):  # the words that the LLM itself gave are what is cited, and tell more than the whole around them
        best = Proof(_with_quote(best.support, said.core, quotes, reader, by), each.spans)
    if best and best.holds:
        return best
    others = [hit for hit in said.hits if hit not in fitting]
    tried = [_read(said, [hit], reader, by) for hit in likeliest(said.core, others, by.recited_from)]
    better = max(tried, key=lambda proof: proof.support.score, default=None)
    if better and best:  # among many passages one is soon found that seems to tell it
        better = Proof(_less(better.support, by.recited), better.spans)
    if better and better.holds:
        return Proof(better.support, better.spans, recited=True)
    return max((proof for proof in (best, better) if proof), key=lambda proof: proof.support.score, default=_NOTHING)


def _two_alphabets(text: str) -> str | None:
    """Return a word that mixes Latin letters with others that look like them."""
    return next((word for word in _WORD.findall(text) if _LATIN.search(word) and _LIKE_LATIN.search(word)), None)


def _with_quote(
    found: Support, core: str, quotes: Sequence[tuple[Article, str]], reader: Entails | None, by: AnswerWeights
) -> Support:
    """Return the support of a sentence by its passages, moved by what its quotes alone bear out of it."""
    if reader is None or found.score == 1:
        return found
    alone = beside(core, [(_heading(quotes[0][0]), " ".join(quote for _, quote in quotes))], reader, by.passages)
    score = share_of((1 - by.quote) * odds_of(found.score) + by.quote * odds_of(alone.score))
    return Support(score, verdict_of(score), alone.reason if alone.score < found.score else found.reason)


def _less(found: Support, odds: float) -> Support:
    score = share_of(odds_of(found.score) - odds)
    return Support(score, verdict_of(score), found.reason)


_NOTHING = Proof(Support(0.0, "unsupported", "there is no passage to check it against"), ())


def _read(said: Framed, hits: Sequence[Hit], reader: Entails | None, by: AnswerWeights) -> Proof:
    passages = [(_heading(hit.article), hit.chunk.text) for hit in hits]
    if reader is None:
        found = support(said.core, "\n".join(f"{heading}\n{text}" for heading, text in passages))
    else:
        found = beside(said.core, passages, reader, by.passages)
    return Proof(found, tuple(dict.fromkeys(narrow(said.core, hit, by) for hit in hits)))


def likeliest(text: str, hits: Sequence[Hit], many: int) -> list[Hit]:
    """Return the passages that share most words with the text, at most so many."""
    said = set(stems(text))
    return sorted(hits, key=lambda hit: -len(said & set(stems(f"{hit.article.title} {hit.chunk.text}"))))[:many]


def _heading(article: Article) -> str:
    return f"{article.title}\n{article.source} {day_in_words(article.published_at)}"


def _source(quotes: Sequence[tuple[Article, str]]) -> str:
    # The outlet and the day belong to the source: "Fortune reported in May ..." is borne out by them.
    return "\n".join(f"{article.source} {day_in_words(article.published_at)}\n{quote}" for article, quote in quotes)


def _within(span: Span, hit: Hit) -> bool:
    return span.article_id == hit.article.id and hit.chunk.start <= span.start and span.end <= hit.chunk.end
