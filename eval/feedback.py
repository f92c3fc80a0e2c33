"""What readers said of answers → questions with their gold, for a person to accept or strike out.

The lines are those of `feedback.jsonl` in the archive's folder: {"verdict", "comment", "correct", "filters", "answer", ...}.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from eval.datasets import Question as Case
from eval.datasets import Questions, json_lines, read_bytes
from rag.batch import shown_input
from rag.errors import UsageError
from rag.text.decode import Unusable
from rag.types import Skipped

VERDICTS = ("right", "wrong", "wrong_source")


def cases(path: Path) -> Questions:
    """Return a case for each question that readers judged; the newest judgement of one counts. Raises UsageError.

    right: the articles cited are the gold ones, and what was quoted of them the facts; a refusal that was right can't be
    answered.   wrong, wrong_source: the gold is what the reader gave as correct, if anything. These are drafts.
    """
    raw, data = read_bytes(path)
    found: dict[str, Case] = {}
    skipped: list[Skipped] = []
    for line, record in json_lines(data):
        try:
            if isinstance(record, Unusable):
                raise record
            case = _case(record)
        except Unusable as reason:
            skipped.append(Skipped(shown_input(path), line, str(reason)))
        else:
            found.pop(case.id, None)
            found[case.id] = case
    if not found:
        why = f": {skipped[0]}" if skipped else ""
        raise UsageError(f"{shown_input(path)} holds no feedback{why}; name the archive's feedback.jsonl")
    return Questions(tuple(found.values()), tuple(skipped), path.name, hashlib.sha256(raw).hexdigest())


def _case(record: Any) -> Case:
    """Return the case of a line. Raises Unusable."""
    answer = record.get("answer") if isinstance(record, dict) else None
    if not isinstance(answer, dict) or not isinstance(answer.get("question"), str) or not answer["question"].strip():
        raise Unusable("it is no feedback: there is no answer with its question")
    verdict, filters = record.get("verdict"), record.get("filters") or {}
    if verdict not in VERDICTS:
        raise Unusable(f"the verdict {verdict!r} is none of {', '.join(VERDICTS)}")
    if any(filters.values()) if isinstance(filters, dict) else True:
        raise Unusable("it was asked with filters, which a case can't have")
    question = answer["question"]
    known_as = "feedback-" + hashlib.sha256(json.dumps(question).encode()).hexdigest()[:12]
    answered = answer.get("status") == "answered"
    if verdict == "right":
        citations = [each for each in answer.get("citations", ()) if isinstance(each, dict)]
        return Case(
            known_as,
            question,
            answerable=answered,
            articles=tuple(dict.fromkeys(str(each["article_id"]) for each in citations if "article_id" in each)),
            facts=tuple(dict.fromkeys(str(each["quote"]) for each in citations if "quote" in each)),
        )
    correct = record.get("correct")
    given = (correct.strip(),) if isinstance(correct, str) and correct.strip() else ()
    answerable = True if given or not answered or verdict == "wrong_source" else None
    return Case(known_as, question, answerable=answerable, answers=given, key_facts=given, draft=True)
