"""`dateline eval ...`: run, report, compare, judge-check. Reads flags and prints; the work is done by the other modules."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from rag.config import load
from rag.console import print_json, progress, report_skipped
from rag.options import Data, Embedder, Json, K, Llm, Reranker

evaluation = typer.Typer(no_args_is_help=True, help="Measure answers.")
JudgeName = Annotated[
    str, typer.Option("--judge", metavar="NAME", help="Who checks support: lexical, model:NAME or llm:NAME")
]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="What `dateline eval run --out DIR` wrote")]


@evaluation.command(
    "run",
    epilog="Examples: `dateline eval run seeds/questions.jsonl --out out/` · "
    "`dateline eval run q.jsonl --out out/ --gate 'faithfulness>=0.98' --gate 'hits@4>=0.85'`",
)
def run(
    questions: Annotated[
        Path, typer.Argument(metavar="QUESTIONS", help="JSON lines or CSV, with gold where there is any")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where the report goes; a run cut off goes on there")
    ],
    judge: JudgeName = "lexical",
    gate: Annotated[
        list[str] | None,
        typer.Option("--gate", metavar="GATE", help="'METRIC>=VALUE', else exit with 1; may be repeated"),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", metavar="N", help="Questions asked at a time")] = 1,
    k: K = None,
    reranker: Reranker = None,
    llm: Llm = None,
    data: Data = None,
    embedder: Embedder = None,
) -> None:
    """Answer every question and report how well, with 95 % intervals."""
    from eval.datasets import read_questions
    from eval.folder import run_in_folder
    from eval.gate import read_gate
    from eval.judge import load_judge
    from eval.report import summary_table
    from eval.summary import summarise
    from rag.answer import Pipeline

    ks = (1, 4, 10)
    gates = [read_gate(text, ks) for text in gate or ()]
    config = load({"data": data, "embedder": embedder, "reranker": reranker, "k": k, "llm": llm})
    read = read_questions(questions)
    report_skipped(read.skipped)
    judging = load_judge(judge)
    with closing(Pipeline.open(config)) as pipeline, progress("Evaluating") as advance:
        catalog = pipeline.archive.catalog
        result = run_in_folder(
            read,
            pipeline,
            out,
            archive=lambda: {"generation": catalog.generation, "content": catalog.digest()},
            config={name: str(getattr(config, name)) for name in ("embedder", "reranker", "llm", "k")},
            judge=(judge, judging),
            ks=ks,
            jobs=jobs,
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
    as_json: Json = False,
) -> None:
    """Say how far a judge agrees with people."""
    from eval.judge import agreement, load_judge, read_pairs

    read = read_pairs(pairs)
    found: Any = agreement(read, load_judge(judge))
    if as_json:
        print_json(asdict(found))
    else:
        print(found.table())
