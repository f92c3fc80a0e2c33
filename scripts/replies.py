"""Measure the check of what an LLM writes, on recorded replies: what is kept and dropped, what it costs, how soon it is shown.

    python scripts/replies.py replies.jsonl --questions questions.jsonl

A line of REPLIES is one of `dateline verify --replies` ("id", "question", "passages", "reply"), and may have "sentences", each
with "text", "supported" (a person's verdict) and a "twin": {"text", "fault"}, the same sentence with a fault. A line of QUESTIONS,
found by its id, may have "answer" or "answers" (how many replies hold it, and how many shown answers still do), or "kind",
"article_url" and "quotes" of a why-question. --pace is the speed of the LLM that is played, in words a second.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata

from eval.ranking import contains
from rag.answering.check import Checking
from rag.answering.llm import LLMGenerator
from rag.answering.replies import checking_of, passages_of
from rag.batch import read_rows
from rag.config import Config
from rag.errors import UsageError
from rag.reading.reader import load_checker
from rag.types import Answer, Assessment, Draft, Entails, Hit, Plan, Skipped

KINDS = {"fact_without_reason": "no_reason_given"}  # of a why-question → the note that tells it
_PIECE = re.compile(r"\S+\s*")


class Paced(CustomLLM):
    """An LLM that writes `reply` at `pace` words a second."""

    reply: str
    pace: float
    began: float = 0.0

    @property
    def metadata(self) -> LLMMetadata:
        """Whatever fits."""
        return LLMMetadata(model_name="paced", context_window=1_000_000)

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Return the reply at once."""
        return CompletionResponse(text=self.reply)

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        """Yield it word by word, each when its time has come."""
        self.began = time.perf_counter()
        for number, piece in enumerate(_PIECE.finditer(self.reply), 1):
            time.sleep(max(0.0, self.began + number / self.pace - time.perf_counter()))
            yield CompletionResponse(text=self.reply[: piece.end()], delta=piece[0])

    def written_at(self, end: int) -> float:
        """Return when the reply was written up to a place."""
        return self.began + len(_PIECE.findall(self.reply[:end])) / self.pace


class Sure:
    """Evidence that is always there."""

    def assess(self, plan: Plan, hits: Sequence[Hit]) -> Assessment:
        """Return that it is."""
        return Assessment(1.0)


def of_sentences(rows: Sequence[Mapping[str, Any]], reader: Entails | None) -> dict[str, Any]:
    """Return how many true sentences are kept and how many twins are shown, each checked by itself."""
    kept: list[bool] = []
    shown: dict[str, list[bool]] = {}
    for row in rows:
        for told in row.get("sentences", ()):
            if told["supported"]:
                kept.append(_all_kept({**row, "reply": told.get("raw", told["text"])}, reader))
            if twin := told.get("twin"):
                passed = _all_kept({**row, "reply": twin.get("raw", twin["text"])}, reader)
                shown.setdefault(twin["fault"], []).append(passed)
    every = [passed for each in shown.values() for passed in each]
    faults = {fault: f"{sum(each)}/{len(each)}" for fault, each in sorted(shown.items())}
    return {
        "true_kept": _share(kept),
        "true": len(kept),
        "twins_shown": _share(every),
        "twins": len(every),
        "by_fault": faults,
    }


def _all_kept(row: Mapping[str, Any], reader: Entails | None) -> bool:
    checking, _ = checking_of(row, reader)
    return bool(checking.taken) and all(proof.holds for _, proof in checking.taken)


def of_answers(pairs: Sequence[tuple[Mapping[str, Any], Answer]], questions: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many replies, and how many shown answers, hold the answer that the question has."""
    raw, shown = [], []
    for row, answer in pairs:
        question = questions.get(row["id"], {})
        answers = question.get("answers") or ([question["answer"]] if question.get("answer") else [])
        if answers:
            raw.append(contains(row["reply"], answers))
            shown.append(contains(answer.text, answers))
    return {"asked": len(raw), "answer_in_reply": _share(raw), "answer_in_shown": _share(shown)}


def of_reasons(pairs: Sequence[tuple[Mapping[str, Any], Answer]], questions: Mapping[str, Any]) -> dict[str, Any]:
    """Return how many why-questions are told of their kind, with a quote that tells it."""
    right = []
    for row, answer in pairs:
        question = questions.get(row["id"], {})
        if "kind" not in question:
            continue
        articles = {hit.article.id: hit.article.url for hit in answer.hits}
        kind = KINDS.get(question["kind"], question["kind"])
        told = {note.kind for note in answer.notes} if answer.status == "answered" else {"not_in_corpus"}
        quoted = not question["quotes"] or any(
            articles[citation.article_id] == question["article_url"]
            and (citation.quote in quote or quote in citation.quote or _plain(citation.quote)[:40] in _plain(quote))
            for citation in answer.citations
            for quote in question["quotes"]
        )
        right.append(kind in told and quoted)
    return {"asked": len(right), "kind_and_quote_right": _share(right)}


def of_time(rows: Sequence[Mapping[str, Any]], reader: Entails | None, pace: float) -> dict[str, Any]:
    """Return what the check of a sentence takes, and how long after its last word it is shown, in milliseconds.

    The work of the processor, of all cores together, tells more than the clock where other programs run beside.
    """
    checks, works, waits = [], [], []
    for row in rows:
        hits = passages_of(row)
        llm = Paced(reply=row["reply"], pace=pace)
        checking = Checking(row["question"], hits, reader=reader)
        for each in LLMGenerator(llm, Sure()).stream(Plan(row["question"]), hits):
            drafted = each.sentences[len(checking.taken) :] if isinstance(each, Draft) else (each,)
            for sentence in drafted:
                begun, worked = time.perf_counter(), time.process_time()
                event = checking.take(sentence)
                now = time.perf_counter()
                checks.append((now - begun) * 1e3)
                works.append((time.process_time() - worked) * 1e3)
                at = row["reply"].find(sentence.said or sentence.text)
                if event and at >= 0:
                    waits.append((now - llm.written_at(at + len(sentence.said or sentence.text))) * 1e3)
    return {
        "sentences": len(checks),
        "check_ms": _spread(checks),
        "check_cpu_ms": _spread(works),
        "shown_after_ms": _spread(waits),
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    ordered = sorted(values)
    return {"mean": round(sum(values) / len(values), 1)} | {
        f"p{share}": round(ordered[min(len(ordered) - 1, len(ordered) * share // 100)], 1) for share in (50, 95)
    }


def _share(told: Sequence[bool]) -> float | None:
    return round(sum(told) / len(told), 4) if told else None


def _plain(text: str) -> str:
    return f" {' '.join(re.findall(r'[a-z0-9]+', text.lower()))} "


def _rows(path: Path, *needs: str) -> Iterator[Mapping[str, Any]]:
    """Yield the lines of a file. Raises UsageError for one that can't be used: figures without it would be others."""
    for row in read_rows(path, needs=needs):
        if isinstance(row, Skipped):
            raise UsageError(str(row))
        yield row.values


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures as one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", 1)[0])
    parser.add_argument("replies", type=Path)
    parser.add_argument("--questions", type=Path, nargs="*", default=[])
    parser.add_argument("--reader", default="built-in", help="built-in, or none: words and rules alone")
    parser.add_argument("--pace", type=float, default=30.0)
    given = parser.parse_args(arguments)
    reader = load_checker(Config(reader=given.reader))
    rows = list(_rows(given.replies, "question", "reply"))
    questions = {each["id"]: each for path in given.questions for each in _rows(path)}
    pairs = [(row, checking_of(row, reader)[1]) for row in rows]
    refused = [answer.refusal == "not_found" for row, answer in pairs if "NOT IN CORPUS" in row["reply"]]
    figures = {
        "replies": len(rows),
        "refusals_kept": _share(refused),
        "each_sentence": of_sentences(rows, reader),
        "answers": of_answers(pairs, questions),
        "reasons": of_reasons(pairs, questions),
        "time": of_time(rows, reader, given.pace),
    }
    print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
