"""`dateline eval ...`: run, report, compare, judge-check, import, make-questions.

Reads flags and prints; the work is done by the other modules.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from cli.console import interruptible, print_json, progress, report_skipped
from cli.options import Data, Embedder, Jobs, Json, K, Llm, MaxCost, Prices, Reader, Record, Reranker
from rag.batch import STANDARD, shown_output, whole_lines
from rag.config import load
from rag.errors import LLMError, UsageError

if TYPE_CHECKING:
    from eval.datasets import Questions
    from eval.run import Asker
    from rag.config import Config
    from rag.types import Article

    State = Callable[[], dict[str, Any]]
    All = Callable[[], Iterator[Article]] | None

evaluation = typer.Typer(no_args_is_help=True, help="Measure answers.")
JudgeName = Annotated[
    str, typer.Option("--judge", metavar="NAME", help="Who checks support: lexical, model:NAME or llm:NAME")
]
NewQuestions = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="Where the questions go: a new file, or - for standard output")
]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="What `dateline eval run --out DIR` wrote")]


@evaluation.command(
    "run",
    epilog="Examples: `dateline eval run seeds/questions.jsonl --out out/` · "
    "`dateline eval run q.jsonl --out out/ --gate 'faithfulness>=0.98' --gate 'hits@4>=0.85'`",
)
def run(
    questions: Annotated[
        Path,
        typer.Argument(
            metavar="QUESTIONS", help="JSON lines or CSV, with gold where there is any; - is standard input"
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where the report goes; a run cut off goes on there")
    ],
    judge: JudgeName = "lexical",
    gate: Annotated[
        list[str] | None,
        typer.Option("--gate", metavar="GATE", help="'METRIC>=VALUE', else exit with 1; may be repeated"),
    ] = None,
    jobs: Jobs = 1,
    answers: Annotated[
        Path | None,
        typer.Option("--answers", metavar="FILE", help="Another system's answers, measured in place of ours"),
    ] = None,
    prices: Prices = None,
    max_cost: MaxCost = None,
    record: Record = None,
    k: K = None,
    reranker: Reranker = None,
    reader: Reader = None,
    llm: Llm = None,
    data: Data = None,
    embedder: Embedder = None,
) -> None:
    """Answer every question and report how well, with 95 % intervals."""
    from eval import ours
    from eval.datasets import read_questions
    from eval.folder import run_in_folder
    from eval.gate import read_gate
    from eval.judge import load_judge
    from eval.metrics import summarise
    from eval.report import summary_table
    from rag.reading.reader import load_checker

    if out == STANDARD:
        raise UsageError("the report is a folder of files, which standard output can't take; name one with --out")
    config = load(
        {"data": data, "embedder": embedder, "reranker": reranker, "reader": reader, "k": k, "llm": llm}
        | {"prices": prices, "max_cost": max_cost, "record": record}
    )
    ks = ours.cuts(config)
    gates = [read_gate(text, ks) for text in gate or ()]
    read = _read(read_questions(questions))
    judging = load_judge(judge, load_checker(config), replace(config, record=None))
    files = out / "cases.jsonl", out / "cases.jsonl.part"
    stood = sum(map(whole_lines, files))

    def interrupted() -> str:  # Ctrl-C may come between a line and its count, so the files are counted
        count = min(sum(map(whole_lines, files)), len(read.items))
        if count == stood:
            return f"no question more was answered, what {out} holds stays; run the same command again"
        kept = f"{count:,} of {len(read.items):,} questions {'is' if count == 1 else 'are'} answered and kept in {out}"
        return f"{kept}; run the same command again to go on"

    with (
        _stopped(interrupted),
        interruptible(interrupted),
        _opened(config, answers) as (pipeline, archive, settings, articles),
        progress("Evaluating") as advance,
    ):
        result = run_in_folder(
            read,
            pipeline,
            out,
            archive=archive,
            config=settings,
            judge=(judge, judging),
            ks=ks,
            jobs=jobs,
            prices=config.prices,
            articles=articles,
            progress=lambda done, total: advance(done / total, f"{done:,} of {total:,} questions"),
        )
    print(summary_table(result))
    print(f"\nThe report stands in {out}: report.html, report.md, report.json, cases.csv and cases.jsonl.")
    figures = summarise(result.cases, result.ks).figures
    failed = [reason for each in gates if (reason := each.reason_to_fail(figures))]
    for reason in failed:
        print(f"failed: {reason}")
    if failed:
        raise typer.Exit(1)


@evaluation.command("report", epilog="Example: `dateline eval report out/`")
def report(folder: Folder) -> None:
    """Write the reports of a finished run again, from its manifest and cases."""
    from eval.report import rewrite

    with interruptible(lambda: f"the reports in {folder} are as they were"):
        rewrite(folder)
    print(f"The report stands in {folder}: report.html, report.md, report.json and cases.csv.")


@evaluation.command("compare", epilog="Example: `dateline eval compare out/before out/after`")
def compare(
    before: Annotated[Path, typer.Argument(metavar="A", help="A finished run's folder")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Another one, of the same questions")],
    as_json: Json = False,
) -> None:
    """Say what got better and what got worse from one run to another, and whether chance explains it."""
    from eval.compare import compare as compared
    from eval.compare import table
    from eval.report import read_folder

    found = compared(read_folder(before)[0], read_folder(after)[0])
    if as_json:
        print_json(asdict(found))
    else:
        print(table(found))


@evaluation.command("judge-check", epilog="Example: `dateline eval judge-check pairs.jsonl --judge lexical`")
def judge_check(
    pairs: Annotated[
        Path,
        typer.Argument(
            metavar="PAIRS", help='JSON lines with "claim", "source" and "label", 1 where people found support'
        ),
    ],
    judge: JudgeName = "lexical",
    reader: Reader = None,
    as_json: Json = False,
) -> None:
    """Say how far a judge agrees with people."""
    from eval.judge import agreement, load_judge, read_pairs
    from rag.reading.reader import load_checker

    read = read_pairs(pairs)
    found: Any = agreement(read, load_judge(judge, load_checker(load({"reader": reader}))))
    if as_json:
        print_json(asdict(found))
    else:
        print(found.table())


@evaluation.command("import", epilog="Example: `dateline eval import squad dev-v2.0.json --out squad.jsonl`")
def import_(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="multihoprag, realtimeqa, beir or squad")],
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The file or folder as it is published")],
    out: NewQuestions,
) -> None:
    """Turn a public question set into questions of ours."""
    from eval.datasets import write_questions
    from eval.importers import import_questions

    read = _read(import_questions(kind, path))
    write_questions(read, out)
    print(
        f"{len(read.items):,} questions written to {shown_output(out)}, {len(read.skipped):,} lines skipped.",
        file=_beside(out),
    )


@evaluation.command("make-questions", epilog="Example: `dateline eval make-questions --n 100 --out drafts.jsonl`")
def make_questions(
    out: NewQuestions,
    n: Annotated[int, typer.Option("--n", metavar="N", help="Questions wanted; there may be fewer")] = 100,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Another seed, other questions")] = 0,
    llm: Llm = None,
    data: Data = None,
) -> None:
    """Draft questions from the archive's articles, with their gold, for a person to accept or strike out."""
    from eval.datasets import write_questions
    from eval.make_questions import draft_questions
    from rag.answering.llm import load_llm
    from rag.archive.catalog import Catalog

    config = load({"data": data, "llm": llm})
    if out != STANDARD and out.exists():  # said before the work, not after it
        raise UsageError(f"{out} is there already; name another --out, or remove it")
    model = load_llm(config.llm, config) if config.llm != "none" else None
    with closing(Catalog.open(config.data / "catalog.sqlite3", write=False)) as catalog:
        drafts = draft_questions(
            catalog.articles(), n, seed=seed, generate=(lambda prompt: str(model.complete(prompt))) if model else None
        )
    report_skipped(drafts.skipped)
    write_questions(drafts, out)
    refused = sum(question.answerable is False for question in drafts.items)
    print(
        f"{len(drafts.items):,} drafts written to {shown_output(out)}, {refused:,} of them not answerable. "
        'Read them before you trust them:\na draft can have a second right answer. Take "draft": true out of those you accept.',
        file=_beside(out),
    )


@evaluation.command("from-feedback", epilog="Example: `dateline eval from-feedback --out cases.jsonl`")
def from_feedback(
    out: NewQuestions,
    file: Annotated[
        Path | None,
        typer.Option("--file", metavar="FILE", help="What readers said [default: feedback.jsonl of the archive]"),
    ] = None,
    data: Data = None,
) -> None:
    """Make cases of what readers said of answers: the right ones as they are, the wrong ones as drafts."""
    from eval.datasets import write_questions
    from eval.feedback import cases

    found = _read(cases(file or load({"data": data}).data / "feedback.jsonl"))
    write_questions(found, out)
    drafts = sum(question.draft for question in found.items)
    print(
        f"{len(found.items):,} cases written to {shown_output(out)}, {drafts:,} of them drafts: "
        'add what is right, then take "draft": true out.',
        file=_beside(out),
    )


@contextmanager
def _stopped(told: Callable[[], str]) -> Iterator[None]:
    """Say, where the LLM can't go on, what is kept, and how to go on."""
    try:
        yield
    except LLMError as error:
        raise LLMError(f"{error}; {told()}", lasting=True) from None


@contextmanager
def _opened(config: Config, answers: Path | None) -> Iterator[tuple[Asker, State, dict[str, object], All]]:
    """Yield what is asked, what tells the state of its articles, its settings, and what gives the articles, if any does."""
    if answers:
        from eval.adapters import read_answers

        given = read_answers(answers)
        yield given, lambda: {"generation": 0, "content": given.sha256}, {"answers": given.name}, None
        return
    from eval import ours
    from rag.pipeline import Pipeline

    with closing(Pipeline.open(config)) as pipeline:
        yield pipeline, ours.state(pipeline), ours.settings(pipeline, config), pipeline.archive.catalog.articles


def _beside(out: Path) -> TextIO:
    """Return where to say how it went: standard output, unless the questions go there."""
    return sys.stderr if out == STANDARD else sys.stdout


def _read(questions: Questions) -> Questions:
    """Say what of a file of questions is not used."""
    report_skipped(questions.skipped)
    if questions.ignored:
        print(f"not used: the columns {', '.join(questions.ignored)}", file=sys.stderr)
    return questions
