"""Drafted sentence and hits → whether they bear it out, and the places that do.

A quotation of the archive is compared with the place it was taken from. What an LLM wrote is checked against the words it
cites, then against the passages that these stand in, then against all passages that it was shown: where others bear it out,
they are cited instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.answering.cite import narrow
from rag.answering.weights import AnswerWeights
from rag.question.when import day_in_words
from rag.reading.verify import support
from rag.types import Article, DraftSentence, Entails, Hit, Span, Support


@dataclass(frozen=True, slots=True)
class Proof:
    """What checking a sentence gave, and the places that it is shown with; `recited` where the reply cited others or none."""

    support: Support
    spans: tuple[Span, ...]
    recited: bool = False

    @property
    def holds(self) -> bool:
        """Tell whether the sentence may be shown."""
        return bool(self.spans) and self.support.verdict == "supported"


def prove(
    each: DraftSentence, hits: Sequence[Hit], reader: Entails | None = None, by: AnswerWeights = AnswerWeights()
) -> Proof:
    """Return the proof of a drafted sentence, the best there is where none holds."""
    articles = {hit.article.id: hit.article for hit in hits}
    quotes = [(articles[span.article_id], articles[span.article_id].text[span.start : span.end]) for span in each.spans]
    first = Proof(support(each.text, _source(quotes), reader), each.spans)
    if each.said is None or first.holds:
        return first
    cited = [hit for hit in hits if any(_within(span, hit) for span in each.spans)]
    tried = [first, *(_beside(each.text, [hit], reader, by) for hit in cited)]
    if len(cited) > 1:
        tried.append(_beside(each.text, cited, reader, by))
    best = max(tried, key=lambda proof: proof.support.score)
    if best.holds:
        return best
    others = [_beside(each.text, [hit], reader, by) for hit in hits if hit not in cited]
    better = max(others, key=lambda proof: proof.support.score, default=best)
    if better.holds:
        return Proof(better.support, better.spans, recited=True)
    return max(best, better, key=lambda proof: proof.support.score)


def _beside(text: str, hits: Sequence[Hit], reader: Entails | None, by: AnswerWeights) -> Proof:
    source = _source([(hit.article, f"{hit.article.title}\n{hit.chunk.text}") for hit in hits])
    return Proof(support(text, source, reader), tuple(dict.fromkeys(narrow(text, hit, by) for hit in hits)))


def _source(quotes: Sequence[tuple[Article, str]]) -> str:
    # The outlet and the day belong to the source: "Fortune reported in May ..." is borne out by them.
    return "\n".join(f"{article.source} {day_in_words(article.published_at)}\n{quote}" for article, quote in quotes)


def _within(span: Span, hit: Hit) -> bool:
    return span.article_id == hit.article.id and hit.chunk.start <= span.start and span.end <= hit.chunk.end
