"""Measures Answers: how often the right passage is found, the right article quoted, and nothing said without support.

datasets (questions and their gold) → run (each question asked once, each answer measured) → metrics (means with 95 % intervals)
→ report (JSON, Markdown, one line a case). It knows the pipeline by a Protocol only and checks quotes against the archive's text.

    from eval import evaluate, read_questions

    run = evaluate(read_questions(Path("questions.jsonl")), pipeline)
    assert summarise(run.cases, run.ks).figures["exact_quotes"].value == 1
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from eval.datasets import read_questions
    from eval.run import evaluate

__all__ = ["evaluate", "read_questions"]


def __getattr__(name: str) -> Any:
    """Import on first use, so that `dateline ask` doesn't pay for the harness."""
    if name == "evaluate":
        from eval.run import evaluate

        return evaluate
    if name == "read_questions":
        from eval.datasets import read_questions

        return read_questions
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
