"""Gates on a run's figures."""

from __future__ import annotations

import pytest

from eval.gate import read_gate
from eval.stats import Estimate
from rag.errors import UsageError

KS = (1, 4, 10)


@pytest.mark.parametrize(
    ("text", "value", "holds"),
    [
        ("hits@4>=0.85", 0.85, True),
        ("hits@4>=0.85", 0.8499, False),
        ("hits@4 > 0.85", 0.85, False),
        ("faithfulness>=0.98", 0.99, True),
        ("ask_ms_p95<=100", 100.0, True),
        ("ask_ms_p95<100", 100.0, False),
    ],
)
def test_a_gate_holds_or_fails(text: str, value: float, holds: bool) -> None:
    gate = read_gate(text, KS)
    reason = gate.reason_to_fail({gate.key: Estimate(value, 0, 1, 20)})
    assert (reason is None) is holds
    if reason:
        assert reason == f"gate {text}: {gate.key} is {value:.4f} (n = 20)"


@pytest.mark.parametrize("figures", [{}, {"hits@4": None}])
def test_a_figure_that_is_not_there_fails(figures: dict[str, Estimate | None]) -> None:
    reason = read_gate("hits@4>=0.1", KS).reason_to_fail(figures)
    assert reason == "gate hits@4>=0.1: the questions give no figure for hits@4"


@pytest.mark.parametrize("text", ["hits@4", "hits@4=0.8", "hits@4>=good", ">=0.8", "", "hits@4>=0.8 or so"])
def test_what_is_no_gate(text: str) -> None:
    with pytest.raises(UsageError, match=r"is no gate; write it as 'hits@4>=0.85'$"):
        read_gate(text, KS)


def test_an_unknown_figure_gets_the_known_ones() -> None:
    with pytest.raises(
        UsageError,
        match=r"there is no figure 'truth'; there are right, .*, hits@1, hits@4, .*, faithfulness, supported_sentences",
    ):
        read_gate("truth>=1", KS)
    with pytest.raises(UsageError, match=r"no figure 'hits@3'"):
        read_gate("hits@3>=0.1", KS)
