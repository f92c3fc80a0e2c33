"""`dateline ask`, `search` and `verify`: one question or claim, or a batch of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.console import console, print_json, run_batch, write_one
from cli.options import (
    AsOf,
    Check,
    Data,
    Embedder,
    From,
    Jobs,
    Json,
    Judge,
    K,
    Llm,
    MaxCost,
    Out,
    Outlet,
    Prices,
    Prompt,
    Questions,
    Reader,
    Record,
    Reranker,
    SkipBad,
    To,
)
from rag.batch import STANDARD, day_of_asking, read_all, shown_input
from rag.config import load
from rag.errors import UsageError
from rag.text.decode import lacks
from rag.types import Filters

commands = typer.Typer()


@commands.command(
    epilog='Examples: `dateline ask "Who leads the fund?"` · `dateline ask --questions Q.jsonl --out A.jsonl`'
)
def ask(
    question: Annotated[str | None, typer.Argument(metavar="QUESTION")] = None,
    questions: Questions = None,
    out: Out = None,
    skip_bad: SkipBad = False,
    jobs: Jobs = 1,
    as_json: Json = False,
    date_from: From = None,
    date_to: To = None,
    as_of: AsOf = None,
    outlet: Outlet = None,
    k: K = None,
    reranker: Reranker = None,
    reader: Reader = None,
    judge: Judge = None,
    llm: Llm = None,
    no_keep: Annotated[
        bool, typer.Option("--no-keep", help="Don't keep the answer in the archive; batches never are")
    ] = False,
    prices: Prices = None,
    max_cost: MaxCost = None,
    record: Record = None,
    check: Check = None,
    prompt: Prompt = None,
    data: Data = None,
    embedder: Embedder = None,
) -> None:
    """Answer a question from the archive, each sentence cited and checked."""
    from cli.terminal import terminal
    from rag.answering.stand_in import raise_if_lasting
    from rag.keep import keep
    from rag.pipeline import Pipeline
    from rag.records import answer_json

    _one_of(question, questions, out)
    models = {"embedder": embedder, "reranker": reranker, "reader": reader, "judge": judge, "llm": llm}
    spending = {"prices": prices, "max_cost": max_cost, "record": record}
    config = load({"data": data, "k": k, "check": check, "prompt": prompt, **models, **spending})
    filters, anchor = filters_of(date_from, date_to, as_of, outlet)
    pipeline = Pipeline.open(config)
    if questions is None:
        answer = pipeline.ask(question or "", filters=filters, asked=anchor)
        if out:
            write_one({"id": "1", **answer_json(answer)}, out)
        elif as_json:
            print_json(answer_json(answer))
        else:
            console().print(terminal(answer))
        if config.keep_answers and not no_keep:  # once it is told
            keep(config.data, answer, anchor, filters)
        return

    def work(row: Mapping[str, Any]) -> Mapping[str, Any]:
        answer = raise_if_lasting(pipeline.ask(row["question"], filters=filters, asked=anchor or _asked(row)))
        return {**row, **answer_json(answer), "id": row["id"]}

    run_batch(questions, out, work, "Asking", jobs=jobs, skip_bad=skip_bad)


@commands.command(
    epilog='Examples: `dateline search "bridge closure" --from 2025-03-01` · `dateline search --questions Q.jsonl --out H.jsonl`'
)
def search(
    question: Annotated[str | None, typer.Argument(metavar="QUESTION")] = None,
    questions: Questions = None,
    out: Out = None,
    skip_bad: SkipBad = False,
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
    filters, anchor = filters_of(date_from, date_to, as_of, outlet)
    pipeline = Pipeline.open(config)
    pipeline.search("warm up")  # so that the first question's latency is a question's, not the program's

    def work(row: Mapping[str, Any]) -> Mapping[str, Any]:
        start = time.perf_counter()
        found = pipeline.find(row["question"], filters=filters, asked=anchor or _asked(row))
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
        run_batch(questions, out, work, "Searching", jobs=jobs, skip_bad=skip_bad)
    elif out or as_json:
        write_one(work({"id": "1", "question": question}), out or STANDARD)
    else:
        found = pipeline.find(question or "", filters=filters, asked=anchor)
        if explain:
            console().print(terminal_plan(found))
        console().print(terminal_hits(found.hits))


@commands.command(
    epilog="Examples: `dateline verify --claim 'It opened in June.' --source @report.txt` · "
    "`dateline verify --pairs pairs.jsonl --out verdicts.jsonl`"
)
def verify(
    claim: Annotated[str | None, typer.Option("--claim", metavar="TEXT", help="One claim, with its --source")] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="TEXT", help="What must bear it out; @FILE reads it from a file")
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(
            "--pairs", metavar="FILE", help='A batch: JSON lines with "id", "source" and "claim"; - is standard input'
        ),
    ] = None,
    replies: Annotated[
        Path | None,
        typer.Option(
            "--replies",
            metavar="FILE",
            help='A batch of replies of any LLM: JSON lines with "id", "question", "passages" and "reply"',
        ),
    ] = None,
    out: Out = None,
    skip_bad: SkipBad = False,
    as_json: Json = False,
    reader: Reader = None,
    judge: Judge = None,
    llm: Llm = None,
    check: Check = None,
) -> None:
    """Check claims against their sources, or the replies of an LLM against the passages that it saw."""
    from cli.terminal import terminal_verdict
    from rag.answering.replies import checked_reply
    from rag.answering.second import second_call
    from rag.reading import verify as claims
    from rag.reading.reader import load_checker
    from rag.records import verdict_json

    config = load({"reader": reader, "judge": judge, "llm": llm, "check": check})
    reads = load_checker(config)
    if replies is not None:
        if (claim, source, pairs) != (None, None, None):
            raise UsageError("give --replies alone, or --pairs, or one --claim with its --source; see --help")

        def replied(row: Mapping[str, Any]) -> Mapping[str, Any]:
            return checked_reply(row, reads, second=second, reading=config.check in ("reader", "both"))

        second = second_call(config)
        run_batch(replies, out, replied, "Checking", needs=("question", "reply"), skip_bad=skip_bad)
        return

    def work(row: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"id": row["id"], **verdict_json(*claims.check(row["claim"], row["source"], reads))}

    if pairs is not None and claim is None and source is None:
        run_batch(pairs, out, work, "Checking", needs=("source", "claim"), skip_bad=skip_bad)
        return
    if pairs is not None or claim is None or source is None:
        raise UsageError("give one --claim with its --source, or a file of them with --pairs; see --help")
    _new(out)
    pair = {"id": "1", "claim": claim, "source": _text_of(source)}
    if why := lacks(pair, ("claim", "source")):
        raise UsageError(f"what is to be checked {why}; give both as UTF-8 text")
    told = work(pair)
    if out or as_json:
        write_one(told, out or STANDARD)
    else:
        console().print(terminal_verdict(told))


def _one_of(question: str | None, questions: Path | None, out: Path | None) -> None:
    if (question is None) == (questions is None):
        raise UsageError("give one question in quotation marks, or a file of them with --questions; see --help")
    if questions is None:
        _new(out)


def _new(out: Path | None) -> None:
    """Raise UsageError, before the work and not after it, where one result would take the place of something."""
    if out is not None and out != STANDARD and out.exists():
        raise UsageError(f"{out} is there already; name another --out, or remove it")


def filters_of(
    date_from: str | None, date_to: str | None, as_of: str | None, outlets: Sequence[str] | None
) -> tuple[Filters, date | None]:
    """Return the filters and the day of asking; --as-of is both."""
    low, high, anchor = _day(date_from, "--from"), _day(date_to, "--to"), _day(as_of, "--as-of")
    return Filters(low, high, tuple(outlets or ())).until(anchor), anchor


def _day(text: str | None, flag: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{flag} {text!r} is no day; write it as 2025-01-31") from None


def _asked(row: Mapping[str, Any]) -> date | None:
    """Return the day that a question line gives. Raises UsageError, by which the line is skipped, where it is no day."""
    try:
        return day_of_asking(row.get("date"))
    except ValueError as reason:
        raise UsageError(str(reason)) from None


def _text_of(given: str) -> str:
    """Return a text as it was given, or what the file holds that "@FILE" names. Raises UsageError."""
    if not given.startswith("@"):
        return given
    path = Path(given[1:])
    try:
        return read_all(path).decode("utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"can't read the source in {shown_input(path)} ({error.strerror}); check the path behind the @"
        ) from None
    except UnicodeDecodeError:
        raise UsageError(f"{shown_input(path)} is not UTF-8 text; save it as UTF-8") from None
