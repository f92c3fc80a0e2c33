"""Measures Answers: how often the right passage is found, the right article quoted, and nothing said without support.

datasets (questions and their gold) → run (each asked once, each answer measured) → metrics (the figures) →
report (JSON, Markdown, one line a case). It knows the pipeline by a Protocol only, and checks every quote against the
archive's text.

    from eval import evaluate, read_questions, summarise

    run = evaluate(read_questions(Path("questions.jsonl")), pipeline)
    assert summarise(run.cases, run.ks).figures["exact_quotes"].value == 1
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eval.datasets import read_questions
    from eval.metrics import summarise
    from eval.report import summary_table
    from eval.run import evaluate

__all__ = ["evaluate", "read_questions", "summarise", "summary_table"]

_HOMES = {
    "evaluate": "eval.run",
    "read_questions": "eval.datasets",
    "summarise": "eval.metrics",
    "summary_table": "eval.report",
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that asking a question doesn't pay for the harness."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
