"""The options that several commands of the command line share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[Path | None, typer.Option("--data", metavar="DIR", help="Where the archive lives [default: ./data]")]
Embedder = Annotated[
    str | None,
    typer.Option(
        "--embedder", metavar="NAME", help="Built-in, or a sentence-transformers model [default: the archive's own]"
    ),
]
Reranker = Annotated[
    str | None, typer.Option("--reranker", metavar="NAME", help="none, or a sentence-transformers CrossEncoder")
]
Reader = Annotated[
    str | None, typer.Option("--reader", metavar="NAME", help="built-in, none, or a file of packed weights")
]
Llm = Annotated[
    str | None,
    typer.Option(
        "--llm", metavar="NAME", help="none (quotes only), openai:MODEL, ollama:MODEL, ...; docs/llm.md has all"
    ),
]
Prices = Annotated[
    str | None, typer.Option("--prices", metavar="IN,OUT", help="The LLM's, for a million tokens sent, and replied")
]
MaxCost = Annotated[
    float | None, typer.Option("--max-cost", metavar="MONEY", help="What the LLM may cost in this run, by --prices")
]
Record = Annotated[
    Path | None,
    typer.Option("--record", metavar="FILE", help="Append the LLM's prompts and replies, for scripted:FILE"),
]
Check = Annotated[
    str | None,
    typer.Option("--check", metavar="HOW", help="What an LLM wrote: reader, llm (a second call), both, or model:NAME"),
]
Prompt = Annotated[
    Path | None,
    typer.Option("--prompt", metavar="FILE", help="A template in place of Dateline's own request to an LLM"),
]
K = Annotated[int | None, typer.Option("--k", metavar="N", help="Passages to find, 1 to 100 [default: 10]")]
From = Annotated[str | None, typer.Option("--from", metavar="DAY", help="Published on or after, YYYY-MM-DD")]
To = Annotated[str | None, typer.Option("--to", metavar="DAY", help="Published on or before, YYYY-MM-DD")]
AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="DAY", help="Answer as on that day, from what was out by then")
]
Outlet = Annotated[list[str] | None, typer.Option("--outlet", metavar="NAME", help="Only this outlet; may be repeated")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, nothing else")]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Where the results go, as JSON lines; - is standard output")
]
Questions = Annotated[
    Path | None,
    typer.Option(
        "--questions", metavar="FILE", help='A batch: JSON lines with "id" and "question"; - is standard input'
    ),
]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Exit with 0 even where lines of a batch were skipped")]
Jobs = Annotated[int, typer.Option("--jobs", metavar="N", help="Questions worked on at a time")]
