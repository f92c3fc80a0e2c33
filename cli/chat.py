"""`dateline chat`: questions one after another, each understood after the ones before."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from cli.ask import filters_of
from cli.console import console, interruptible
from cli.options import (
    AsOf,
    Data,
    Embedder,
    From,
    K,
    Llm,
    MaxCost,
    Outlet,
    Prices,
    Reader,
    Record,
    Reranker,
    To,
)
from rag.config import load
from rag.errors import DatelineError

if TYPE_CHECKING:
    from rag.conversation import Conversation
    from rag.question.followup import Turn

commands = typer.Typer()
_PROMPT = "> "
_HELP = """Ask a question; the next may point back at it ("Who replaced her?", "And in 2024?", "Why?").
/ask QUESTION   ask it as it stands, in the place of the last, which was misunderstood
/new            forget the questions so far
/help           show this
/quit           leave (so does Ctrl-D)"""


@commands.command(epilog="Example: `dateline chat --outlet 'The Harbour Lamp'`")
def chat(
    date_from: From = None,
    date_to: To = None,
    as_of: AsOf = None,
    outlet: Outlet = None,
    k: K = None,
    reranker: Reranker = None,
    reader: Reader = None,
    llm: Llm = None,
    prices: Prices = None,
    max_cost: MaxCost = None,
    record: Record = None,
    data: Data = None,
    embedder: Embedder = None,
) -> None:
    """Ask one question after another; each may point back at the ones before. /help in it says more."""
    from cli.terminal import terminal
    from rag.conversation import Conversation
    from rag.pipeline import Pipeline

    config = load(
        {"data": data, "embedder": embedder, "reranker": reranker, "reader": reader, "k": k, "llm": llm}
        | {"prices": prices, "max_cost": max_cost, "record": record}
    )
    filters, anchor = filters_of(date_from, date_to, as_of, outlet)
    with interruptible(lambda: "the conversation is over"), closing(Pipeline.open(config)) as pipeline:
        talk = Conversation(pipeline)
        if sys.stdin.isatty():
            print("Ask; /help says what else there is, /quit leaves.", file=sys.stderr)

        def asked(ask: Callable[..., Turn], question: str) -> None:
            answer = ask(question, filters=filters, asked=anchor).answer
            first = tuple(note for note in answer.notes if note.kind == "understood")
            for note in first:  # before the answer: whoever is not understood need not read on
                print(note.text)
            console().print(terminal(replace(answer, notes=tuple(n for n in answer.notes if n not in first))))
            print(flush=True)

        for line in _lines():
            if line in ("/quit", "/exit"):
                return
            _take(line, talk, asked)


def _take(line: str, talk: Conversation, asked: Callable[[Callable[..., Turn], str], None]) -> None:
    """Do what a line says; an error is told, and the next line may be right."""
    command, _, rest = line.partition(" ")
    try:
        if command == "/new":
            talk.turns = ()
        elif command == "/ask" and rest.strip():
            asked(talk.correct, rest.strip())
        elif line.startswith("/"):
            print(_HELP)
        else:
            asked(talk.ask, line)
    except DatelineError as error:
        print(f"dateline: {error}", file=sys.stderr)


def _lines() -> Iterator[str]:
    """Yield what is typed, or piped in, until it ends; Ctrl-C drops a line that is begun, and leaves where none is."""
    typed = sys.stdin.isatty()
    if typed:
        with suppress(ImportError):  # not on every system
            import readline  # noqa: F401  # input() has a history then
    while True:
        try:
            line = input(_PROMPT if typed else "")
        except EOFError:
            if typed:
                print()
            return
        except UnicodeDecodeError:
            print("dateline: that line is no UTF-8 text; write it as UTF-8", file=sys.stderr)
            continue
        if line.strip():
            yield line.strip()
