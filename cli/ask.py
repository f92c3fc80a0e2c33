"""`dateline ask`, `search` and `verify`: one question or claim, or a batch of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.console import console, print_json, run_batch
from cli.options import AsOf, Data, Embedder, From, Jobs, Json, K, Llm, Out, Outlet, Questions, Reader, Reranker, To
from rag.config import load
from rag.errors import UsageError
from rag.types import Filters

commands = typer.Typer()


@commands.command(
    epilog='Examples: `dateline ask "Who leads the fund?"` · `dateline ask --questions Q.jsonl --out A.jsonl`'
)
def ask(
    question: Annotated[str | None, typer.Argument(metavar="QUESTION")] = None,
    questions: Questions = None,
    out: Out = None,
    jobs: Jobs = 1,
    as_json: Json = False,
    date_from: From = None,
    date_to: To = None,
    as_of: AsOf = None,
    outlet: Outlet = None,
    k: K = None,
    reranker: Reranker = None,
    reader: Reader = None,
    llm: Llm = None,
    data: Data = None,
    embedder: Embedder = None,
) -> None:
    """Answer a question from the archive, each sentence cited and checked."""
    from cli.terminal import terminal
    from rag.pipeline import Pipeline
    from rag.records import answer_json

    _one_of(question, questions, out)
    config = load({"data": data, "embedder": embedder, "reranker": reranker, "reader": reader, "k": k, "llm": llm})
    filters, anchor = _filters(date_from, date_to, as_of, outlet)
    pipeline = Pipeline.open(config)
    if questions is None:
        answer = pipeline.ask(question or "", filters=filters, asked=anchor)
        if as_json:
            print_json(answer_json(answer))
        else:
            console().print(terminal(answer))
        return

    def work(row: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = pipeline.ask(row["question"], filters=filters, asked=anchor or _day_of_asking(row))
        return {**row, **answer_json(answer), "id": row["id"]}

    run_batch(questions, out, work, "Asking", jobs=jobs)


@commands.command(
    epilog='Examples: `dateline search "bridge closure" --from 2025-03-01` · `dateline search --questions Q.jsonl --out H.jsonl`'
)
def search(
    question: Annotated[str | None, typer.Argument(metavar="QUESTION")] = None,
    questions: Questions = None,
    out: Out = None,
    jobs: Jobs = 1,
    as_json: Json = False,
    date_from: From = None,
    date_to: To = None,
    as_of: AsOf = None,
    outlet: Outlet = None,
    k: K = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say how the question was read and what took how long")
    ] = False,
    reranker: Reranker = None,
    data: Data = None,
    embedder: Embedder = None,
) -> None:
    """Find the passages that a question is about, and say which retriever found each."""
    from cli.terminal import terminal_hits, terminal_plan
    from rag.pipeline import Pipeline
    from rag.records import hit_json, plan_json

    _one_of(question, questions, out)
    config = load({"data": data, "embedder": embedder, "reranker": reranker, "k": k})
    filters, anchor = _filters(date_from, date_to, as_of, outlet)
    pipeline = Pipeline.open(config)
    pipeline.search("warm up")  # so that the first question's latency is a question's, not the program's

    def work(row: Mapping[str, Any]) -> Mapping[str, Any]:
        start = time.perf_counter()
        found = pipeline.find(row["question"], filters=filters, asked=anchor or _day_of_asking(row))
        took = (time.perf_counter() - start) * 1e3
        told = {
            "question": row["question"],
            "latency_ms": round(took, 2),
            "hits": [hit_json(hit) for hit in found.hits],
        }
        if explain:
            told |= {
                "plan": plan_json(found.plan),
                "timings": {name: round(ms, 2) for name, ms in found.timings.items()},
            }
        return {**row, **told}

    if questions is not None:
        run_batch(questions, out, work, "Searching", jobs=jobs)
    elif as_json:
        print_json(work({"id": "1", "question": question}))
    else:
        found = pipeline.find(question or "", filters=filters, asked=anchor)
        if explain:
            console().print(terminal_plan(found))
        console().print(terminal_hits(found.hits))


@commands.command(epilog="Example: `dateline verify --pairs pairs.jsonl --out verdicts.jsonl`")
def verify(
    pairs: Annotated[Path, typer.Option("--pairs", metavar="FILE", help='JSON lines with "id", "source" and "claim"')],
    out: Out = None,
    reader: Reader = None,
) -> None:
    """Check claims against their sources."""
    from rag.reading.reader import load_reader
    from rag.reading.verify import check

    reads = load_reader(load({"reader": reader}))

    def work(row: Mapping[str, Any]) -> Mapping[str, Any]:
        whole, checked = check(row["claim"], row["source"], reads)
        told = [
            {
                "text": c.text,
                "score": round(c.support.score, 4),
                "verdict": c.support.verdict,
                "reason": c.support.reason,
            }
            for c in checked
        ]
        return {
            "id": row["id"],
            "score": round(whole.score, 4),
            "verdict": whole.verdict,
            "reason": whole.reason,
            "sentences": told,
        }

    run_batch(pairs, out, work, "Checking", needs=("source", "claim"))


def _one_of(question: str | None, questions: Path | None, out: Path | None) -> None:
    if (question is None) == (questions is None):
        raise UsageError("give one question in quotation marks, or a file of them with --questions; see --help")
    if questions is None and out is not None:
        raise UsageError("--out goes with --questions; one question's answer is printed")


def _filters(
    date_from: str | None, date_to: str | None, as_of: str | None, outlets: Sequence[str] | None
) -> tuple[Filters, date | None]:
    """Return the filters and the day of asking; --as-of is both."""
    low, high, anchor = _day(date_from, "--from"), _day(date_to, "--to"), _day(as_of, "--as-of")
    if anchor:
        high = min(high, anchor) if high else anchor
    return Filters(low, high, tuple(outlets or ())), anchor


def _day(text: str | None, flag: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{flag} {text!r} is no day; write it as 2025-01-31") from None


def _day_of_asking(row: Mapping[str, Any]) -> date | None:
    """Return the day that a question line gives; one that can't be read anchors nothing."""
    try:
        return date.fromisoformat(str(row["date"]).replace("/", "-")[:10])
    except (KeyError, ValueError):
        return None
