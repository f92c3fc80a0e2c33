"""Judges, and how they agree with people."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eval.judge import (
    Agreement,
    LexicalJudge,
    LLMJudge,
    ModelJudge,
    Pair,
    Remembering,
    agreement,
    citation_need,
    judged,
    load_judge,
    read_pairs,
)
from rag.answering.backends.script import scripted
from rag.errors import ConfigError, ModelError, UsageError
from rag.types import Article, Support

PERMUTED = (("entailment", "neutral", "no"), ("no", "Entailment", "neutral"), ("no", "neutral", "entailment"))
SOURCE = "The ferry sank on Monday off Orrismouth. Nobody was hurt."


def test_the_lexical_judge() -> None:
    judge = load_judge("lexical")
    assert judge.judge("The ferry sank on Monday.", SOURCE).verdict == "supported"
    assert judge.judge("The mayor of Hexley resigned in 1990.", SOURCE).verdict == "unsupported"
    assert judge.judge("", SOURCE).verdict == "unjudged"


@pytest.mark.parametrize("labels", [("contradiction", "entailment", "neutral"), ("ENTAILMENT", "no"), ("LABEL_0",)])
def test_a_model_judges(cross_encoder: Callable[..., str], labels: tuple[str, ...]) -> None:
    judge = load_judge(f"model:{cross_encoder(*labels)}")
    support = judge.judge("The ferry sank.", SOURCE)
    assert 0 < support.score < 1
    assert support.verdict == ("supported" if support.score >= 0.5 else "unsupported")
    assert judge.judge("The ferry sank.", SOURCE) == support


def test_a_model_without_entailment_or_with_a_wrong_name(cross_encoder: Callable[..., str], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"its labels are good, bad: name one, as in model:"):
        ModelJudge(cross_encoder("good", "bad"))
    with pytest.raises(ModelError, match=r"^there is no folder .* to load the judge from"):
        load_judge(f"model:{tmp_path / 'nothing'}")


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("supported", "supported"),
        (" Supported.\n", "supported"),
        ("**unsupported**", "unsupported"),
        ("Not supported.", "unsupported"),
        ("yes", "unjudged"),
        ("supported, because the ferry sank", "unjudged"),
        ("I can't say whether it is supported or unsupported.", "unjudged"),
        ("≠ supported", "unjudged"),
        ("supported supported", "unjudged"),
        ("", "unjudged"),
    ],
)
def test_an_llm_is_read_strictly(reply: str, verdict: str) -> None:
    assert LLMJudge(scripted({"*": reply})).judge("The ferry sank.", SOURCE).verdict == verdict


def test_an_llm_that_fails_leaves_the_claim_unjudged() -> None:
    class Down:
        def complete(self, prompt: str) -> str:
            raise ConnectionError("nobody there")

    support = LLMJudge(Down()).judge("The ferry sank.", SOURCE)
    assert (support.score, support.verdict) == (0.0, "unjudged")
    assert "nobody there" in support.reason


def test_an_entailment_head_is_read_at_its_own_place(cross_encoder: Callable[..., str]) -> None:
    scores = [ModelJudge(cross_encoder(*labels)).judge("It sank.", SOURCE).score for labels in PERMUTED]
    assert sum(scores) == pytest.approx(1, abs=1e-5)  # the same weights: each place's probability is read once


def test_an_llm_judge_by_name(tmp_path: Path) -> None:
    script = tmp_path / "replies.jsonl"
    script.write_text('{"question": "*", "reply": "supported"}\n')
    assert load_judge(f"llm:scripted:{script}").judge("x", SOURCE).score == 1
    with pytest.raises(ConfigError):
        load_judge("llm:nobody")


@pytest.mark.parametrize("name", ["", "model:", "llm:", "oracle", "Lexical"])
def test_a_judge_nobody_knows(name: str) -> None:
    with pytest.raises(UsageError, match=r"is not known; it takes lexical, model:NAME or llm:NAME$"):
        load_judge(name)


def test_a_judge_sees_the_quotes_that_a_sentence_cites(
    make_answer: Callable[..., Any], articles: dict[str, Article]
) -> None:
    heard: list[tuple[str, str]] = []

    class Listening:
        def judge(self, claim: str, source: str) -> Support:
            heard.append((claim, source))
            return Support(0.1, "unsupported", "no")

    given = make_answer(("ferry", "on Monday"), ("bridge", "It cost"), text="It sank.")
    answer = judged(given, Listening(), articles)
    assert [(s.verdict, s.support, s.reason) for s in answer.sentences] == [("unsupported", 0.1, "no")]
    ((claim, source),) = heard
    assert claim == "It sank."
    assert source.startswith("Gazette") and source.endswith("on Monday") and "It cost" not in source


@pytest.mark.parametrize("change", [{"quote": "on Sunday"}, {"start": 3}, {"article_id": "gone"}])
def test_a_quote_that_the_archive_does_not_have_supports_nothing(
    make_answer: Callable[..., Any], articles: dict[str, Article], change: dict[str, Any]
) -> None:
    given = make_answer(("ferry", "on Monday"), text="on Monday")
    given = replace(given, citations=(replace(given.citations[0], **change),))
    (sentence,) = judged(given, LexicalJudge(), {**articles, "gone": None}).sentences
    assert sentence.verdict == "unsupported"


def test_citations_that_a_sentence_does_not_need(make_answer: Callable[..., Any], articles: dict[str, Article]) -> None:
    given = make_answer(("ferry", "The ferry sank on Monday."), ("bridge", "It cost"), text="The ferry sank on Monday.")
    both = replace(given, sentences=(replace(given.sentences[0], citations=(1, 2)),))
    assert citation_need(given, LexicalJudge(), articles) == 1
    assert citation_need(both, LexicalJudge(), articles) == 0.5
    assert citation_need(replace(given, sentences=(), citations=()), LexicalJudge(), articles) is None


def test_a_remembering_judge_asks_once() -> None:
    asked = []

    class Counting:
        def judge(self, claim: str, source: str) -> Support:
            asked.append((claim, source))
            return Support(1.0, "supported", "")

    once = Remembering(Counting())
    assert [once.judge("a", "x"), once.judge("a", "x"), once.judge("a", "y")][0].score == 1
    assert asked == [("a", "x"), ("a", "y")]


# -- agreement -------------------------------------------------------------------------------------------------------


class Told:
    """Judges by a table of claims."""

    def __init__(self, scores: dict[str, float]) -> None:
        self.scores = scores

    def judge(self, claim: str, source: str) -> Support:
        score = self.scores[claim]
        return Support(max(0.0, score), "unjudged" if score < 0 else "supported" if score >= 0.5 else "unsupported", "")


def test_agreement_by_hand() -> None:
    judge = Told({"a": 0.9, "b": 0.8, "c": 0.2, "d": 0.6, "e": 0.1, "f": -1.0})
    labels = {"a": True, "b": True, "c": True, "d": False, "e": False, "f": True}
    found = agreement([Pair(claim, "s", label) for claim, label in labels.items()], judge)
    assert (found.n, found.unjudged) == (6, 1)
    assert found.auc and found.auc.value == pytest.approx(5 / 8)  # of 8 pairs of a right and a wrong claim, 5 in order
    assert found.balanced_accuracy and found.balanced_accuracy.value == pytest.approx((2 / 4 + 1 / 2) / 2)
    assert found.kappa and found.kappa.value == pytest.approx(0.0)
    for figure in (found.auc, found.balanced_accuracy, found.kappa):
        assert figure.low <= figure.value <= figure.high
    assert "6 pairs, 1 unjudged" in found.table() and "0.625" in found.table()


def test_perfect_agreement_and_labels_of_one_kind() -> None:
    perfect = agreement([Pair("a", "s", True), Pair("b", "s", False)] * 5, Told({"a": 0.9, "b": 0.1}))
    assert perfect.kappa and perfect.kappa.value == 1
    assert perfect.balanced_accuracy and perfect.balanced_accuracy.value == 1
    one = agreement([Pair("a", "s", True)] * 3, Told({"a": 0.9}))
    assert one == Agreement(3, 0, None, None, None)
    assert one.table().count("-") >= 3


def test_pairs_are_read(tmp_path: Path) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_text(
        json.dumps({"id": 1, "claim": "a", "source": "b", "label": 1}) + "\n\n" + '{"claim":"c","source":"d","label":0}'
    )
    assert read_pairs(file) == [Pair("a", "b", True), Pair("c", "d", False)]


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "[]",
        "{}",
        "[" * 100_000,
        '{"claim": "a", "source": "b", "label": 2}',
        '{"claim": 1, "source": "b", "label": 1}',
    ],
)
def test_what_is_no_pair_is_said_with_its_line(tmp_path: Path, line: str) -> None:
    file = tmp_path / "pairs.jsonl"
    file.write_text('{"claim": "a", "source": "b", "label": 1}\n' + line)
    with pytest.raises(UsageError, match=r"pairs.jsonl, line 2 is no pair ") as caught:
        read_pairs(file)
    assert "\n" not in str(caught.value)


def test_pairs_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^can't read "):
        read_pairs(tmp_path / "nothing.jsonl")
    (tmp_path / "empty.jsonl").write_text("\n")
    with pytest.raises(UsageError, match=r"is empty; it takes"):
        read_pairs(tmp_path / "empty.jsonl")


def test_the_lexical_judge_is_the_default() -> None:
    assert isinstance(load_judge("lexical"), LexicalJudge)
