"""An answer → a Case: what of it is right, cited, supported, by the question's gold and the archive's own text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from eval import ranking
from eval.context import torn
from eval.datasets import Question
from rag.types import Answer, Article, Citation, Hit, Status, canonical_url

MAX_WORDS = 100  # a longer answer is no answer: quoting everything would hold every key fact
RANKED_TO = 10  # hits of whose articles a ranking is made
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Case:
    """One question and all that was measured of its answer. None: there was no gold to measure it by, or no answer.

    ranked: whether the question has gold for retrieval.   hits_rank: place of the first right hit, from 1.
    ask_ms: wall time of the whole answer.   search_ms: the part spent searching, where the pipeline says.
    sentences, supported, unjudged: sentences given; those found supported; those that could not be judged.
    quotes, exact_quotes: citations given; those whose quote stands in the archive's text at its offsets.
    all_articles: the question needs all its gold articles.
    gold_cited: share of the gold articles with an exact quote; a refusal cites none.
    citation_precision: share of the cited articles that are gold and quoted exactly; None for a refusal.
    key_fact_quoted: a key fact stands as whole words in an exact quote (of a gold article, if any) of a short answer;
        where the quotes are longer than an answer may be, in its text too.
    recall, average_precision, ndcg: of the gold articles, among those of the first RANKED_TO hits.
    exact_match, token_f1, contained: the answer's sentences against the answers expected (SQuAD); a refusal has none of them.
    key_facts_said: share of the key facts that the answer's sentences say.
    citation_need: share of the citations that their sentence needs, by the judge (ALCE); None where nobody judged.
    torn: exact quotes that their article may mean otherwise (`context.torn`).
    prompt_tokens, reply_tokens: what an LLM was sent and gave; 0 without one, None where it doesn't say.
    price: of these tokens, in dollars; None where nobody gave the prices.
    """

    id: str
    question: str
    type: str | None
    answerable: bool | None
    status: Status | Literal["crashed"]
    error: str | None = None
    ranked: bool = False
    hits_rank: int | None = None
    ask_ms: float | None = None
    search_ms: float | None = None
    sentences: int = 0
    supported: int = 0
    unjudged: int = 0
    quotes: int = 0
    exact_quotes: int = 0
    all_articles: bool = False
    gold_cited: float | None = None
    citation_precision: float | None = None
    key_fact_quoted: bool | None = None
    confidence: float | None = None
    words: int | None = None
    answer: str = ""
    recall: float | None = None
    average_precision: float | None = None
    ndcg: float | None = None
    exact_match: bool | None = None
    token_f1: float | None = None
    contained: bool | None = None
    key_facts_said: float | None = None
    citation_need: float | None = None
    torn: int = 0
    prompt_tokens: int | None = None
    reply_tokens: int | None = None
    price: float | None = None


def crashed(question: Question, error: str, *, judged: bool = False) -> Case:
    """Return the case of a question that gave an error instead of an answer: it fails in all that the others are measured in."""
    wanted = question.answerable is not False
    return Case(
        id=question.id,
        question=question.question,
        type=question.type,
        answerable=question.answerable,
        status="crashed",
        error=error,
        ranked=_is_ranked(question),
        all_articles=question.all_articles,
        gold_cited=0.0 if wanted and question.articles else None,
        citation_precision=0.0 if wanted and question.articles else None,
        key_fact_quoted=False if wanted and question.key_facts else None,
        **_ranking(question, ()),
        **_wording(question, ""),
        citation_need=0.0 if judged else None,
    )


def measured(
    question: Question,
    answer: Answer,
    ask_ms: float,
    cited: Mapping[str, Article | None],
    need: float | None,
    torn: Mapping[int, str],
    prices: tuple[float, float] | None,
) -> Case:
    """Return the case of an answer.

    `cited` holds the archive's articles by id; `need` and `torn` are what was found of its citations; `prices` are dollars
    for a million tokens sent, and replied.

    Raises ValueError for a confidence outside [0, 1].
    """
    if not 0 <= answer.confidence <= 1:
        raise ValueError(f"the answer's confidence is {answer.confidence}; it must lie in [0, 1]")
    wanted = question.answerable is not False
    answered = answer.status == "answered"
    exact = [(c, source) for c in answer.citations if (source := cited[c.article_id]) and stands_in(source, c)]
    gold, precision = _gold_cited(question, [source for _, source in exact], len(cited)) if answered else (0.0, None)
    words = len(answer.text.split())
    search_ms = answer.timings.get("search")
    sent, replied = answer.tokens or (None, None)
    # Who quotes whole passages quotes every key fact: then the answer must say it too.
    said = sum(len(c.quote.split()) for c, _ in exact) <= MAX_WORDS or _says_key_fact(question, answer.text)
    short = answered and words <= MAX_WORDS and said
    quoted = short and any(_bears_key_fact(question, source, c.quote) for c, source in exact)
    return Case(
        id=question.id,
        question=question.question,
        type=question.type,
        answerable=question.answerable,
        status=answer.status,
        ranked=_is_ranked(question),
        hits_rank=_first_right(question, answer.hits) if _is_ranked(question) else None,
        ask_ms=ask_ms,
        search_ms=search_ms if search_ms is not None and math.isfinite(search_ms) else None,
        sentences=len(answer.sentences),
        supported=sum(sentence.verdict == "supported" for sentence in answer.sentences),
        unjudged=sum(sentence.verdict == "unjudged" for sentence in answer.sentences),
        quotes=len(answer.citations),
        exact_quotes=len(exact),
        all_articles=question.all_articles,
        gold_cited=gold if wanted and question.articles else None,
        citation_precision=precision if wanted and question.articles else None,
        key_fact_quoted=quoted if wanted and question.key_facts else None,
        confidence=answer.confidence,
        words=words if answered else None,
        answer=answer.text,
        **_ranking(question, answer.hits),
        **_wording(question, " ".join(each.text for each in answer.sentences) if answered else ""),
        citation_need=need if answered else None,
        torn=len(torn),
        prompt_tokens=sent,
        reply_tokens=replied,
        price=_price(sent, replied, prices),
    )


def tears(answer: Answer, cited: Mapping[str, Article | None]) -> dict[int, str]:
    """Return, by number, why a citation's exact quote may mean something else in its article."""
    found = {}
    for citation in answer.citations:
        source = cited[citation.article_id]
        if source and stands_in(source, citation) and (why := torn(source.text, citation.start, citation.end)):
            found[citation.n] = why
    return found


def _ranking(question: Question, hits: Iterable[Hit]) -> dict[str, Any]:
    """Return what of the gold articles is found, and how early; nothing where there are none."""
    if question.answerable is False or not question.articles:
        return {}
    gold = _gold(question)
    articles = [hit.article for hit in hits][:RANKED_TO]
    ranked = list(dict.fromkeys(next(iter(_names(article) & gold), article.id) for article in articles))
    return {
        "recall": ranking.recall_at_k(ranked, gold, RANKED_TO),
        "average_precision": ranking.average_precision(ranked, gold, RANKED_TO),
        "ndcg": ranking.ndcg(ranked, dict.fromkeys(gold, 1.0), RANKED_TO),
    }


def _wording(question: Question, said: str) -> dict[str, Any]:
    """Return how the answer's text compares with what was expected; nothing where nothing was."""
    found: dict[str, Any] = {}
    if question.answerable is not False and question.answers:
        found["exact_match"] = ranking.exact_match(said, question.answers)
        found["token_f1"] = ranking.token_f1(said, question.answers)
        found["contained"] = ranking.contains(said, question.answers)
    if question.answerable is not False and question.key_facts:
        found["key_facts_said"] = ranking.coverage(said, question.key_facts)
    return found


def _price(sent: int | None, replied: int | None, prices: tuple[float, float] | None) -> float | None:
    if sent is None or replied is None:
        return None
    if prices is None:
        return None if sent + replied else 0.0
    return (sent * prices[0] + replied * prices[1]) / 1e6


def _is_ranked(question: Question) -> bool:
    return question.answerable is not False and bool(question.facts or question.articles)


def _first_right(question: Question, hits: Iterable[Hit]) -> int | None:
    """Return the place of the first right hit, from 1.

    Right is a hit that holds a gold fact (from whichever article, as MultiHop-RAG counts), else one of a gold article
    that holds a key fact (as RealTime QA is counted), else any of a gold article: the sharpest gold there is.
    """
    facts = [_squeeze(fact) for fact in question.facts]
    for rank, hit in enumerate(hits, 1):
        if facts:
            text = _squeeze(hit.chunk.text)
            right = any(fact in text for fact in facts)
        elif question.key_facts:
            right = _bears_key_fact(question, hit.article, hit.chunk.text)
        else:
            right = _is_gold(question, hit.article)
        if right:
            return rank
    return None


def _gold_cited(question: Question, exact: Iterable[Article], cited: int) -> tuple[float, float]:
    """Return which share of the gold articles is quoted exactly, and which share of the `cited` articles that makes."""
    sources = {source.id: source for source in exact}.values()
    gold = _gold(question)
    found = {name for source in sources for name in _names(source)} & gold
    right = sum(_is_gold(question, source) for source in sources)
    return len(found) / max(1, len(gold)), right / max(1, cited)


def _is_gold(question: Question, article: Article) -> bool:
    return not _names(article).isdisjoint(_gold(question))


def _gold(question: Question) -> set[str]:
    return {_canonical(name) for name in question.articles}


def _names(article: Article) -> set[str]:
    """Return what gold may call the article: its id, or its address in canonical form."""
    return {_canonical(article.id), *([_canonical(article.url)] if article.url else [])}


@lru_cache(maxsize=10_000)
def _canonical(name: str) -> str:
    """Return an address in the form under which its spellings meet; an id stays as it is."""
    try:
        return canonical_url(name)
    except ValueError:
        return name


def absent_gold(questions: Iterable[Question], articles: Iterable[Article]) -> dict[str, list[str]]:
    """Return, by the question's id, the gold that none of the articles is: no answer from them can be right by it."""
    known = {name for article in articles for name in _names(article)}
    missing = {
        question.id: [name for name in question.articles if _canonical(name) not in known]
        for question in questions
        if question.answerable is not False
    }
    return {question: names for question, names in missing.items() if names}


def _bears_key_fact(question: Question, article: Article, text: str) -> bool:
    if question.articles and not _is_gold(question, article):
        return False
    return _says_key_fact(question, text)


def _says_key_fact(question: Question, text: str) -> bool:
    held = _as_words(text)
    return any(_as_words(fact) in held for fact in question.key_facts if _WORD.search(fact))


def stands_in(article: Article, citation: Citation) -> bool:
    """Tell whether the citation's quote is the article's text at its offsets."""
    # An empty quote stands everywhere, and a negative offset would count from the end.
    quote, start = citation.quote, citation.start
    return quote != "" and start >= 0 and article.text[start : citation.end] == quote


def _squeeze(text: str) -> str:
    return text.replace(" ", "").replace("\n", "")


def _as_words(text: str) -> str:
    return f" {' '.join(_WORD.findall(text.casefold()))} "
