"""The command line: reads flags, wires corpus, rag and eval together, prints. No pipeline logic lives here."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from eval.commands import evaluation
from rag import __version__
from rag.config import Config, load
from rag.console import console, print_json, progress, report_skipped, run_batch, summary_json, summary_text
from rag.errors import DatelineError, UsageError
from rag.options import AsOf, Data, Embedder, From, Jobs, Json, K, Llm, Out, Outlet, Questions, Reranker, To
from rag.schema import storage_errors
from rag.types import Filters

if TYPE_CHECKING:
    from rag.ingest import Summary

app = typer.Typer(
    name="dateline",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Answers from a news archive: every sentence cited verbatim and checked against its source.",
)
app.add_typer(evaluation, name="eval")


@app.command(epilog="Examples: `dateline ingest news/` · `dateline ingest articles.jsonl.gz more.zip --data archive`")
def ingest(
    what: Annotated[
        list[Path],
        typer.Argument(metavar="WHAT...", help="Files or folders: Markdown, text, HTML, JSON, JSONL, CSV, .gz, .zip"),
    ],
    data: Data = None,
    embedder: Embedder = None,
    as_json: Json = False,
) -> None:
    """Read articles into the archive. Doing it again adds only what is new or changed."""
    config = load({"data": data, "embedder": embedder})
    summary = ingest_paths(config, what)
    if as_json:
        print_json(summary_json(summary))
    else:
        report_skipped(summary.skipped)
        print(summary_text(summary, config))
    if summary.interrupted:
        raise typer.Exit(130)
    if not summary.articles:
        raise UsageError("nothing was read: no record could be used; the reasons stand above")


def ingest_paths(config: Config, what: Sequence[Path]) -> Summary:
    """Ingest files and folders, with a progress bar where standard error is a terminal."""
    import corpus
    from rag.ingest import ingest as run

    items = corpus.articles(what)
    with progress("Ingesting") as advance:
        return run(
            config,
            items,
            on_progress=lambda s: advance(
                s.done, f"{s.articles:,} articles, {s.passages / max(s.seconds, 1e-9):,.0f} passages/s"
            ),
        )


@app.command(epilog='Examples: `dateline ask "Who leads the fund?"` · `dateline ask --questions Q.jsonl --out A.jsonl`')
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
    llm: Llm = None,
    data: Data = None,
    embedder: Embedder = None,
) -> None:
    """Answer a question from the archive, each sentence cited and checked."""
    from rag.answer import Pipeline
    from rag.records import answer_json
    from rag.render import terminal

    _one_of(question, questions, out)
    config = load({"data": data, "embedder": embedder, "reranker": reranker, "k": k, "llm": llm})
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


@app.command(
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
    from rag.answer import Pipeline
    from rag.records import hit_json, plan_json
    from rag.render import terminal_hits, terminal_plan

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


@app.command(epilog="Example: `dateline verify --pairs pairs.jsonl --out verdicts.jsonl`")
def verify(
    pairs: Annotated[Path, typer.Option("--pairs", metavar="FILE", help='JSON lines with "id", "source" and "claim"')],
    out: Out = None,
) -> None:
    """Check claims against their sources."""
    from rag.verify import check

    def work(row: Mapping[str, Any]) -> Mapping[str, Any]:
        whole, checked = check(row["claim"], row["source"])
        told = [
            {
                "text": c.text,
                "score": round(c.support.score, 4),
                "verdict": c.support.verdict,
                "reason": c.support.reason,
            }
            for c in checked
        ]
        return {"id": row["id"], "score": round(whole.score, 4), "verdict": whole.verdict, "sentences": told}

    run_batch(pairs, out, work, "Checking", needs=("source", "claim"))


@app.command(epilog="Example: `dateline status --json`")
def status(data: Data = None, as_json: Json = False) -> None:
    """Say what the archive holds."""
    from rag.catalog import Catalog

    config = load({"data": data})
    catalog = Catalog.open(config.data / "catalog.sqlite3", write=False)
    counts = catalog.counts()
    told: dict[str, Any] = {
        "data": str(config.data),
        "articles": counts.articles,
        "passages": counts.passages,
        "outlets": counts.outlets,
        "newest": counts.newest.isoformat() if counts.newest else None,
        "oldest": counts.oldest.isoformat() if counts.oldest else None,
        "undated": counts.undated,
        "generation": counts.generation,
        "embedder": catalog.embedder,
    }
    if as_json:
        print_json(told)
    else:
        for name, value in told.items():
            print(f"{name:<11}{value if value is not None else '-'}")


def main() -> NoReturn:
    """Run the command line; an error is one line on standard error and an exit code."""
    try:
        with storage_errors("the archive"):  # those met while reading
            code = app(standalone_mode=False)  # typer turns Ctrl-C into the code 130
        if code == 130:
            raise KeyboardInterrupt
        sys.exit(code or 0)
    except DatelineError as error:
        _fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail("interrupted; what is written stays, run the same command again to go on", 130)
    except BrokenPipeError:  # `dateline ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            raise
        _fail(f"{error.strerror}: {error.filename or 'the disk'}; free some space or choose another folder", 2)
    except Exception as error:  # typer's own usage errors know how to show themselves
        if not hasattr(error, "format_message"):
            raise
        _fail(error.format_message(), 2)


def _fail(message: str, code: int) -> NoReturn:
    if message:  # none where typer has shown the help
        print(f"dateline: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(code)


# -- reading flags -----------------------------------------------------------------------------------------------


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


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


if __name__ == "__main__":
    main()
