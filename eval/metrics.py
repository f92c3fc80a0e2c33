"""The one table of metrics: what each is called, how a case scores, which way is better, how scores become a figure.

Summary, comparison, gates, tables, charts, the page and the CSV read it, and know nothing about a metric besides.

A crashed case fails: it is no hit, no answer and no refusal; it owes one supported sentence and one exact quote, as an
answer without any does; its confidence counts as wrong as can be. Only latency, length and cost, and the share of quotes that
are torn, are those of the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from eval import stats
from eval.measure import MAX_WORDS, RANKED_TO, Case
from eval.run import Run
from eval.stats import MEAN, SHARE, Estimate, Pool

Unit = Literal["share", "score", "words", "count", "ms", "money"]
Group = Literal["Correctness", "Retrieval", "Abstention", "Faithfulness", "Cost"]
Place = Literal["card", "type", "chart"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. Its key means one number, wherever it stands.

    score: what a case has of it, None where the case has none.   pool: makes a figure of the scores.
    beside: what the pool reads besides: how much the score weighs, or what it should have told.
    better: which way is; None where neither is.   alias: another key for it, in a gate.
    shown: where besides the whole tables: on a card of the page, in the table by type, in the chart by type.
    """

    key: str
    label: str
    unit: Unit
    group: Group
    better: Literal["higher", "lower"] | None
    score: Callable[[Case], float | None]
    pool: Pool = MEAN
    beside: Callable[[Case], float] = lambda case: 1.0
    alias: str = ""
    shown: tuple[Place, ...] = ()

    @property
    def is_of_a_case(self) -> bool:
        """Whether the figure is a mean of what the cases score, so that one case's score can be told by its key."""
        return self.pool.value is MEAN.value

    def figure(self, cases: Iterable[Case]) -> Estimate | None:
        """Return the figure of `cases`, None where none of them can show it."""
        having = [(score, self.beside(case)) for case in cases if (score := self.score(case)) is not None]
        return stats.estimate((score for score, _ in having), (beside for _, beside in having), self.pool)


@dataclass(frozen=True, slots=True)
class Summary:
    """n cases; how many crashed; how many gave a sentence that could not be judged; and the figures by Metric.key."""

    n: int
    crashed: int
    unjudged: int
    figures: Mapping[str, Estimate | None]


def metrics_of(ks: Iterable[int]) -> tuple[Metric, ...]:
    """Return the metrics of a run in the order they are read in; hits are counted at each of `ks`."""
    return tuple(metric for each in _TABLE for metric in (map(each, sorted(ks)) if callable(each) else (each,)))


def summarise(cases: Sequence[Case], ks: Sequence[int]) -> Summary:
    """Return the figures of `cases`; one that none of them can show is None."""
    return _summarise(tuple(cases), tuple(ks))


@lru_cache(maxsize=64)  # every report of a run shows the same figures, and their intervals take a second
def _summarise(cases: tuple[Case, ...], ks: tuple[int, ...]) -> Summary:
    return Summary(
        n=len(cases),
        crashed=sum(case.status == "crashed" for case in cases),
        unjudged=sum(case.unjudged > 0 for case in cases),
        figures={metric.key: metric.figure(cases) for metric in metrics_of(ks)},
    )


def by_type(run: Run) -> dict[str, list[Case]]:
    """Return the cases of each question type, by name; empty where the questions have fewer than two."""
    groups: dict[str, list[Case]] = {}
    for case in run.cases:
        groups.setdefault(case.type or "(none)", []).append(case)
    return {name: groups[name] for name in sorted(groups)} if len(groups) > 1 else {}


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


def confidence(case: Case) -> float | None:
    """Return the confidence of an answer that can be told right from wrong; a crash was wholly sure. None for the rest."""
    if case.status == "not_in_corpus" or is_right(case) is None:
        return None
    return 1.0 if case.confidence is None else case.confidence


# -- what a case scores ------------------------------------------------------------------------------------------------


def _field(name: str) -> Callable[[Case], float | None]:
    """Return what reads a field of the case, a yes as 1."""
    return lambda case: None if (value := getattr(case, name)) is None else float(value)


def _yes(value: bool | None) -> float | None:
    return None if value is None else float(value)


def _shares(name: str, of: Callable[[Case], int]) -> Callable[[Case], float | None]:
    """Return what gives the share of a count in what the case has or owes; None where that is nothing."""
    return lambda case: getattr(case, name) / owed if (owed := of(case)) > 0 else None


def _sentences(case: Case) -> int:
    return _owed(case, case.sentences)


def _judged(case: Case) -> int:
    return _sentences(case) - case.unjudged


def _quotes(case: Case) -> int:
    return _owed(case, case.quotes)


def _exact(case: Case) -> int:
    return case.exact_quotes


def _owed(case: Case, given: int) -> int:
    """Return the denominator: whoever does not refuse owes at least one."""
    return given if case.status == "not_in_corpus" else max(1, given)


def _unsupported(case: Case) -> float | None:
    """Return the unsupported sentences of 100 answers like this one."""
    return None if case.status == "not_in_corpus" else 100.0 * (_judged(case) - case.supported)


def _told(case: Case) -> float | None:
    """Return the confidence where it is known whether there is an answer; a crash was as wrong as can be."""
    if case.answerable is None:
        return None
    return float(not case.answerable) if case.confidence is None else case.confidence


def _hits(k: int) -> Metric:
    def score(case: Case) -> float | None:
        return float(case.hits_rank is not None and case.hits_rank <= k) if case.ranked else None

    return Metric(
        f"hits@{k}", f"Right passage among the first {k} (hits@{k})", "share", "Retrieval", "higher", score, SHARE,
        shown=("card", "type", "chart"),
    )  # fmt: skip


def _reciprocal_rank(case: Case) -> float | None:
    """Return 1 / rank of the first right hit (Voorhees, "The TREC-8 Question Answering Track Report", 1999), 0 past the tenth."""
    if not case.ranked:
        return None
    return 1 / case.hits_rank if case.hits_rank is not None and case.hits_rank <= 10 else 0.0


_TABLE: tuple[Metric | Callable[[int], Metric], ...] = (
    Metric("right", "Right, a refusal of what can't be answered too", "share", "Correctness", "higher",
           lambda case: _yes(is_right(case)), SHARE, shown=("chart",)),
    Metric("key_fact_quoted", f"Key fact inside a quote, at most {MAX_WORDS} words", "share", "Correctness", "higher",
           _field("key_fact_quoted"), SHARE, shown=("card", "type")),
    Metric("right_article_cited", "A gold article cited", "share", "Correctness", "higher",
           lambda case: None if case.gold_cited is None else float(case.gold_cited > 0), SHARE, shown=("card", "type")),
    Metric("gold_articles_cited", "Gold articles cited, where all are needed", "score", "Correctness", "higher",
           lambda case: case.gold_cited if case.all_articles else None, shown=("card",)),
    Metric("citation_precision", "Cited articles that are gold", "score", "Correctness", "higher",
           _field("citation_precision"), shown=("card",)),
    Metric("key_facts_said", "Key facts that the answer says, mean share", "share", "Correctness", "higher",
           _field("key_facts_said")),
    Metric("contained", "Expected answer contained", "share", "Correctness", "higher", _field("contained"), SHARE,
           shown=("card",)),
    Metric("token_f1", "Words shared with the expected answer (SQuAD F1)", "score", "Correctness", "higher",
           _field("token_f1")),
    Metric("exact_match", "Exactly the expected answer (SQuAD EM)", "share", "Correctness", "higher",
           _field("exact_match"), SHARE),
    Metric("torn_quotes", "Quotes perhaps torn from their context", "share", "Correctness", "lower",
           _shares("torn", _exact), stats.COUNTED, _exact, shown=("card",)),
    _hits,
    Metric("mrr@10", "Mean reciprocal rank (MRR@10)", "score", "Retrieval", "higher", _reciprocal_rank,
           shown=("card",)),
    Metric(f"recall@{RANKED_TO}", f"Gold articles among the first {RANKED_TO} hits (recall)", "share", "Retrieval", "higher",
           _field("recall"), shown=("card",)),
    Metric(f"map@{RANKED_TO}", f"Mean average precision of articles (MAP@{RANKED_TO})", "score", "Retrieval", "higher",
           _field("average_precision")),
    Metric(f"ndcg@{RANKED_TO}", f"Discounted gain of articles (nDCG@{RANKED_TO})", "score", "Retrieval", "higher",
           _field("ndcg"), shown=("card",)),
    Metric("answered", "Answered", "share", "Abstention", None,
           lambda case: float(case.status == "answered"), SHARE, shown=("type", "chart")),
    Metric("answered_when_answerable", "Answered when answerable", "share", "Abstention", "higher",
           lambda case: float(case.status == "answered") if case.answerable else None, SHARE, shown=("card",)),
    Metric("refused_when_unanswerable", "Refused when not answerable", "share", "Abstention", "higher",
           lambda case: float(case.status == "not_in_corpus") if case.answerable is False else None, SHARE,
           shown=("card",)),
    Metric("auc_confidence", "Confidence tells answerable from not (AUC)", "score", "Abstention", "higher", _told,
           stats.AUC, lambda case: float(case.answerable is True), shown=("card",)),
    Metric("calibration_error", "Confidence and share right lie apart by (ECE)", "score", "Abstention", "lower",
           confidence, stats.CALIBRATION_ERROR, lambda case: float(is_right(case) is True), shown=("card",)),
    Metric("risk_area", "Share wrong, over all coverages (area under risk)", "score", "Abstention", "lower",
           confidence, stats.AREA_UNDER_RISK, lambda case: float(is_right(case) is True)),
    Metric("supported_sentences", "Sentences supported by what they cite, of those judged (ALCE recall)", "share",
           "Faithfulness", "higher", _shares("supported", _judged), stats.COUNTED, _judged, alias="faithfulness",
           shown=("card", "type")),
    Metric("citation_need", "Citations that their sentence needs (ALCE precision)", "share", "Faithfulness", "higher",
           _field("citation_need"), shown=("card",)),
    Metric("exact_quotes", "Quotes exact in the archive's text", "share", "Faithfulness", "higher",
           _shares("exact_quotes", _quotes), stats.COUNTED, _quotes, shown=("card",)),
    Metric("unsupported_per_100", "Unsupported sentences in 100 answers", "count", "Faithfulness", "lower",
           _unsupported, shown=("card",)),
    Metric("unjudged_sentences", "Sentences that could not be judged", "share", "Faithfulness", "lower",
           _shares("unjudged", _sentences), stats.COUNTED, _sentences, shown=("card",)),
    Metric("answer_words", "Words in an answer, mean", "words", "Cost", None, _field("words"), shown=("card",)),
    Metric("over_100_words", f"Answers of more than {MAX_WORDS} words", "share", "Cost", "lower",
           lambda case: None if case.words is None else float(case.words > MAX_WORDS), SHARE),
    Metric("search_ms_p50", "Search, median", "ms", "Cost", "lower", _field("search_ms"), stats.percentile(50)),
    Metric("search_ms_p95", "Search, 95th percentile", "ms", "Cost", "lower", _field("search_ms"), stats.percentile(95)),
    Metric("ask_ms_p50", "Answer, median", "ms", "Cost", "lower", _field("ask_ms"), stats.percentile(50),
           shown=("card",)),
    Metric("ask_ms_p95", "Answer, 95th percentile", "ms", "Cost", "lower", _field("ask_ms"), stats.percentile(95),
           shown=("card",)),
    Metric("prompt_tokens", "Tokens an LLM was sent, a question", "count", "Cost", "lower", _field("prompt_tokens")),
    Metric("reply_tokens", "Tokens an LLM replied, a question", "count", "Cost", "lower", _field("reply_tokens")),
    Metric("cost_per_1000", "Price of 1,000 questions", "money", "Cost", "lower",
           lambda case: None if case.price is None else 1_000 * case.price, shown=("card",)),
)  # fmt: skip
