"""Cases → the figures of a report, each with its 95 % interval and the n it rests on.

A crashed case fails: it is no hit, no answer and no refusal; it owes one supported sentence and one exact quote, as an
answer without any does; its confidence counts as wrong as can be. Only latency, length and cost, and the share of quotes that
are torn, are those of the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from eval import metrics, ranking
from eval.answer_metrics import unsupported_per_100
from eval.measure import MAX_WORDS, RANKED_TO, Case
from eval.metrics import Estimate
from eval.run import Run

Unit = Literal["share", "score", "words", "count", "ms", "money"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One row of the tables: its key in report.json, what a reader sees, and its unit."""

    key: str
    label: str
    unit: Unit = "share"


@dataclass(frozen=True, slots=True)
class Summary:
    """n cases; how many crashed; how many gave a sentence that could not be judged; and the figures by Metric.key."""

    n: int
    crashed: int
    unjudged: int
    figures: Mapping[str, Estimate | None]


def metrics_of(ks: Iterable[int]) -> tuple[Metric, ...]:
    """Return the metrics of a run in the order they are read in."""
    return (
        *(Metric(f"hits@{k}", f"Right passage among the first {k} (hits@{k})") for k in ks),
        Metric("mrr@10", "Mean reciprocal rank (MRR@10)", "score"),
        Metric(f"recall@{RANKED_TO}", f"Gold articles among the first {RANKED_TO} hits (recall)"),
        Metric(f"map@{RANKED_TO}", f"Mean average precision of articles (MAP@{RANKED_TO})", "score"),
        Metric(f"ndcg@{RANKED_TO}", f"Discounted gain of articles (nDCG@{RANKED_TO})", "score"),
        Metric("answered", "Answered"),
        Metric("answered_when_answerable", "Answered when answerable"),
        Metric("refused_when_unanswerable", "Refused when not answerable"),
        Metric("auc_confidence", "Confidence tells answerable from not (AUC)", "score"),
        Metric("calibration_error", "Confidence and share right lie apart by (ECE)", "score"),
        Metric("risk_area", "Share wrong, over all coverages (area under risk)", "score"),
        Metric("right_article_cited", "A gold article cited"),
        Metric("gold_articles_cited", "Gold articles cited, where all are needed", "score"),
        Metric("citation_precision", "Cited articles that are gold", "score"),
        Metric("key_fact_quoted", f"Key fact inside a quote, at most {MAX_WORDS} words"),
        Metric("key_facts_said", "Key facts that the answer says, mean share"),
        Metric("contained", "Expected answer contained"),
        Metric("token_f1", "Words shared with the expected answer (SQuAD F1)", "score"),
        Metric("exact_match", "Exactly the expected answer (SQuAD EM)"),
        Metric("torn_quotes", "Quotes perhaps torn from their context"),
        Metric("supported_sentences", "Sentences supported by what they cite, of those judged (ALCE recall)"),
        Metric("citation_need", "Citations that their sentence needs (ALCE precision)"),
        Metric("unsupported_per_100", "Unsupported sentences in 100 answers", "count"),
        Metric("unjudged_sentences", "Sentences that could not be judged"),
        Metric("exact_quotes", "Quotes exact in the archive's text"),
        Metric("answer_words", "Words in an answer, mean", "words"),
        Metric("over_100_words", f"Answers of more than {MAX_WORDS} words"),
        Metric("search_ms_p50", "Search, median", "ms"),
        Metric("search_ms_p95", "Search, 95th percentile", "ms"),
        Metric("ask_ms_p50", "Answer, median", "ms"),
        Metric("ask_ms_p95", "Answer, 95th percentile", "ms"),
        Metric("prompt_tokens", "Tokens an LLM was sent, a question", "count"),
        Metric("reply_tokens", "Tokens an LLM replied, a question", "count"),
        Metric("cost_per_1000", "Price of 1,000 questions", "money"),
    )


def summarise(cases: Sequence[Case], ks: Sequence[int]) -> Summary:
    """Return the figures of `cases`; one that none of them can show is None."""
    return _summarise(tuple(cases), tuple(ks))


@lru_cache(maxsize=4)  # every report of a run shows the same figures, and their intervals take a second
def _summarise(cases: tuple[Case, ...], ks: tuple[int, ...]) -> Summary:
    ranked = [case for case in cases if case.ranked]
    yes = [case for case in cases if case.answerable is True]
    no = [case for case in cases if case.answerable is False]
    gold = [case for case in cases if case.gold_cited is not None]
    words = [case.words for case in cases if case.words is not None]
    search = [case.search_ms for case in cases if case.search_ms is not None]
    ask = [case.ask_ms for case in cases if case.ask_ms is not None]
    sentences = sum(_owed(case, case.sentences) for case in cases)
    unjudged = sum(case.unjudged for case in cases)
    sure = confidences(cases)
    figures: dict[str, Estimate | None] = {
        **{f"hits@{k}": metrics.share(metrics.hits_at_k(case.hits_rank, k) for case in ranked) for k in ks},
        "mrr@10": metrics.mean(metrics.reciprocal_rank(case.hits_rank, 10) for case in ranked),
        f"recall@{RANKED_TO}": _mean(cases, "recall"),
        f"map@{RANKED_TO}": _mean(cases, "average_precision"),
        f"ndcg@{RANKED_TO}": _mean(cases, "ndcg"),
        "answered": metrics.share(case.status == "answered" for case in cases),
        "answered_when_answerable": metrics.share(case.status == "answered" for case in yes),
        "refused_when_unanswerable": metrics.share(case.status == "not_in_corpus" for case in no),
        "auc_confidence": metrics.auc(
            [0.0 if case.confidence is None else case.confidence for case in yes],
            [1.0 if case.confidence is None else case.confidence for case in no],
        ),
        "calibration_error": metrics.paired(*sure, ranking.calibration_error),
        "risk_area": metrics.paired(*sure, ranking.area_under_risk),
        "right_article_cited": metrics.share(bool(case.gold_cited) for case in gold),
        "gold_articles_cited": metrics.mean(case.gold_cited or 0.0 for case in gold if case.all_articles),
        "citation_precision": _mean(cases, "citation_precision"),
        "key_fact_quoted": _share(cases, "key_fact_quoted"),
        "key_facts_said": _mean(cases, "key_facts_said"),
        "contained": _share(cases, "contained"),
        "token_f1": _mean(cases, "token_f1"),
        "exact_match": _share(cases, "exact_match"),
        "torn_quotes": metrics.proportion(sum(case.torn for case in cases), sum(case.exact_quotes for case in cases)),
        "supported_sentences": metrics.proportion(sum(case.supported for case in cases), sentences - unjudged),
        "citation_need": _mean(cases, "citation_need"),
        "unsupported_per_100": unsupported_per_100(
            _owed(case, case.sentences) - case.supported - case.unjudged
            for case in cases
            if case.status != "not_in_corpus"
        ),
        "unjudged_sentences": metrics.proportion(unjudged, sentences),
        "exact_quotes": metrics.proportion(
            sum(case.exact_quotes for case in cases), sum(_owed(case, case.quotes) for case in cases)
        ),
        "answer_words": metrics.mean(words),
        "over_100_words": metrics.share(count > MAX_WORDS for count in words),
        "search_ms_p50": metrics.percentile(search, 50),
        "search_ms_p95": metrics.percentile(search, 95),
        "ask_ms_p50": metrics.percentile(ask, 50),
        "ask_ms_p95": metrics.percentile(ask, 95),
        "prompt_tokens": _mean(cases, "prompt_tokens"),
        "reply_tokens": _mean(cases, "reply_tokens"),
        "cost_per_1000": metrics.mean(1000 * case.price for case in cases if case.price is not None),
    }
    crashed = sum(case.status == "crashed" for case in cases)
    return Summary(len(cases), crashed, sum(case.unjudged > 0 for case in cases), figures)


def by_type(run: Run) -> dict[str, Summary]:
    """Return a Summary for each question type, by name; empty where the questions have fewer than two."""
    groups: dict[str, list[Case]] = {}
    for case in run.cases:
        groups.setdefault(case.type or "(none)", []).append(case)
    return {name: summarise(groups[name], run.ks) for name in sorted(groups)} if len(groups) > 1 else {}


def is_right(case: Case) -> bool | None:
    """Whether the case is right, by the sharpest gold its question has; None where there is none to tell by.

    A crash is wrong, an answer to a question that has none too; otherwise the key fact decides, else a gold article.
    """
    known = case.answerable is False or case.key_fact_quoted is not None or case.gold_cited is not None
    if not known or case.status == "crashed":
        return False if known else None
    if case.answerable is False:
        return case.status != "answered"
    return case.key_fact_quoted if case.key_fact_quoted is not None else bool(case.gold_cited)


def confidences(cases: Sequence[Case]) -> tuple[list[float], list[bool]]:
    """Return the confidence of each answer that can be told right from wrong, and whether it is; a crash was wholly sure."""
    known = [
        (case, right) for case in cases if case.status != "not_in_corpus" and (right := is_right(case)) is not None
    ]
    return [1.0 if case.confidence is None else case.confidence for case, _ in known], [right for _, right in known]


def _mean(cases: Iterable[Case], name: str) -> Estimate | None:
    return metrics.mean(value for case in cases if (value := getattr(case, name)) is not None)


def _share(cases: Iterable[Case], name: str) -> Estimate | None:
    return metrics.share(value for case in cases if (value := getattr(case, name)) is not None)


def _owed(case: Case, given: int) -> int:
    """Return the denominator: whoever does not refuse owes at least one."""
    return given if case.status == "not_in_corpus" else max(1, given)
