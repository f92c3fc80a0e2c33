"""Question and sentences → scores: which sentence answers.

A score adds the cosine of question and sentence, the share of the question's meaning that the sentence covers (weighted by
how rare each word is), and whether it holds what the question asks for: a reason, a number, a date, a place, a name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import log

from rag.question.kinds import asks, holds
from rag.text.embed import cosines
from rag.text.words import rareness, stems
from rag.types import Embedder, Reads

Rarity = Callable[[Sequence[str]], Mapping[str, float]]

_VERBLESS = re.compile(r"^[^a-z]*$")
_FOOTNOTE = re.compile(r"\s*(?:\[(?:\d{1,3}|[a-z]|note \d+)\]|[¹²³⁰⁴-⁹]+|[*†‡§]+)+(?=[.!]?[\"'”’]?$)")
_ROW = re.compile(r"[^\W\d_][^|\t]*[|\t](?=.*\d)")  # a name and a figure in cells
_BOILERPLATE = re.compile(
    r"^(?:here(?:['’]s| is| are) (?:what|how|why|when|where|everything|a look|the latest)|read more|more on|related|"
    r"share (?:this|on)|sign up|subscribe|click|follow (?:us|\w+ (?:for|on))|"
    r"watch|photo|image|getty|advert|see also|editor['’]s note|ai-assisted|"
    r"published by|listen|download|copyright|©|table of contents|updated?:|credit|source:)|"
    r"\b(?:newsletter|all rights reserved|getty images|affiliate (?:links?|commission)|cookies?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class RankWeights:
    """Scores, where 1 is a cosine of 1, and what a scrap is. Fitted by hand on sentence selection (TREC QA, training half)."""

    coverage: float = 0.5  # score of a sentence that covers all of the question's meaning
    answer_type: float = 0.2  # score of one that holds something of the kind that is asked for
    scrap: float = 0.5  # score that a caption, a question, a heading or the like loses
    fewest: int = 5  # words that a statement has at least
    heading: int = 20  # words; a shorter line without a full stop is a heading, a caption or a link to another story
    beside_reading: float = 3.0  # log odds for each 1 of the other scores, beside a reader's
    capitals: float = 0.8  # share of words with a capital letter: more is a headline, or a list of names


def rank_sentences(
    question: str,
    sentences: Sequence[str],
    *,
    embedder: Embedder,
    rarity: Rarity | None = None,
    reader: Reads | None = None,
    by: RankWeights = RankWeights(),
) -> list[float]:
    """Return a score for each sentence, higher answers better, on one scale for all questions: roughly in [-0.5, 1.9].

    `rarity` gives the inverse document frequency of stems in the archive; without it, the sentences themselves do.
    With a reader, which reads each sentence among the others and alone, its log odds are added: roughly in [-30, 35].
    """
    if not sentences:
        return []
    vectors = embedder.embed([question, *sentences])
    nearness = cosines(vectors[1:], vectors[0])
    words = [set(stems(sentence)) for sentence in sentences]
    wanted = list(dict.fromkeys(stems(question)))
    weights = rarity(wanted) if rarity else _rarity(wanted, words)
    scores = score_sentences(question, sentences, words, nearness, weights, by)
    if reader is None:
        return scores
    return [
        odds + by.beside_reading * score for odds, score in zip(_read(question, sentences, reader), scores, strict=True)
    ]


def _read(question: str, sentences: Sequence[str], reader: Reads) -> list[float]:
    """Return the mean of the log odds that a sentence answers, read as part of one passage and read alone."""
    ends = list(accumulate(len(sentence) + 1 for sentence in sentences))
    bounds = [(end - 1 - len(sentence), end - 1) for end, sentence in zip(ends, sentences, strict=True)]
    (together,) = reader.answers(question, [" ".join(sentences)], [bounds])
    alone = reader.answers(question, sentences, [[(0, len(sentence))] for sentence in sentences])
    return [
        (log_odds(among) + log_odds(each.answerable)) / 2 for among, each in zip(together.sentences, alone, strict=True)
    ]


def log_odds(probability: float) -> float:
    """Return log(p / (1 - p)), at most 28 either way."""
    least = 1e-12
    return log(max(probability, least) / max(1 - probability, least))


def score_sentences(
    question: str,
    sentences: Sequence[str],
    words: Sequence[set[str]],
    nearness: Sequence[float],
    weights: Mapping[str, float],
    by: RankWeights = RankWeights(),
) -> list[float]:
    """Return the scores of sentences whose stems, cosines to the question and question weights are known."""
    kind = asks(question)
    return [
        cosine
        + by.coverage * covered(weights, held)
        + by.answer_type * holds(kind, sentence, question)
        - by.scrap * is_scrap(sentence, by)
        for cosine, held, sentence in zip(nearness, words, sentences, strict=True)
    ]


def covered(weights: Mapping[str, float], held: set[str]) -> float:
    """Return the weighted share in [0, 1] of the wanted stems that are held; 0 where none is wanted."""
    total = sum(weights.values())
    return sum(weight for word, weight in weights.items() if word in held) / total if total else 0.0


@lru_cache(maxsize=4_096)  # ranking asks of each sentence what making candidates asked
def is_scrap(sentence: str, by: RankWeights = RankWeights()) -> bool:
    """Tell captions, calls to subscribe, questions and headings from statements; a table's row with a figure is one.

    A footnote's mark behind the full stop, or before it, is no part of the sentence.
    """
    if _ROW.search(sentence):
        return False
    sentence = _FOOTNOTE.sub("", sentence)
    words = sentence.split()
    return (
        len(words) < by.fewest
        or sentence.rstrip("\"'”’) ").endswith(("?", ":"))
        or (len(words) < by.heading and not sentence.rstrip("\"'”’)] ").endswith((".", "!", "…", ",", ";")))
        or bool(_BOILERPLATE.search(sentence))
        or bool(_VERBLESS.match(sentence))
        or sum(word[:1].isupper() for word in words) > by.capitals * len(words)
    )


def _rarity(wanted: Sequence[str], texts: Sequence[set[str]]) -> dict[str, float]:
    return {word: rareness(sum(word in text for text in texts), len(texts)) for word in wanted}
