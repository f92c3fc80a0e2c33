"""`dateline serve`: the web page and the API over the archive; `dateline password` makes the lines of a file of logins."""

from __future__ import annotations

import sys
from getpass import getpass
from pathlib import Path
from typing import Annotated

import typer

from cli.console import interruptible
from cli.options import AllowPrivate, Data, Embedder, Llm, MaxCost, Prices, Reader, Record
from rag.config import load
from rag.errors import UsageError

commands = typer.Typer()
Port = Annotated[int | None, typer.Option("--port", metavar="N", help="Where it listens [default: 7860]")]
Host = Annotated[
    str,
    typer.Option("--host", metavar="ADDRESS", help="The address it listens at; 0.0.0.0 is all of this machine's"),
]
Auth = Annotated[
    Path | None, typer.Option("--auth", metavar="FILE", help="Who may log in: lines made by `dateline password NAME`")
]
Token = Annotated[
    list[str] | None,
    typer.Option("--token", metavar="TOKEN", help="A key for programs, or @FILE with one a line; may be repeated"),
]
Editor = Annotated[
    list[str] | None,
    typer.Option("--editor", metavar="NAME", help="Who of --auth may change the archive; may be repeated"),
]
Insecure = Annotated[bool, typer.Option("--insecure", help="Let other machines come without a login")]
AllowHost = Annotated[
    list[str] | None,
    typer.Option("--allow-host", metavar="NAME", help="One more name it is reached by; may be repeated"),
]
Proxy = Annotated[
    str | None,
    typer.Option("--proxy", metavar="ADDRESS", help="Believe this proxy what it says of clients' addresses"),
]
Rate = Annotated[
    int | None,
    typer.Option(
        "--rate", metavar="N", min=0, help="Requests a minute of one client, 0 for any [default: 120, loopback 0]"
    ),
]
Queue = Annotated[int, typer.Option("--queue", metavar="N", min=0, max=10_000, help="Questions that wait at most")]
Log = Annotated[
    str | None,
    typer.Option("--log", metavar="FILE", help="A line for each request; - is standard error [default: no terminal]"),
]
RunsIn = Annotated[
    Path | None,
    typer.Option("--runs", metavar="DIR", help="The folder of evaluations [default: runs, in the archive's folder]"),
]
LogQuestions = Annotated[bool, typer.Option("--log-questions", help="Put what is asked into the log too")]


@commands.command(
    epilog="Examples: `dateline serve --data archive --port 8080` · "
    "`dateline serve --host 0.0.0.0 --auth logins.txt --token @keys.txt`"
)
def serve(
    data: Data = None,
    embedder: Embedder = None,
    reader: Reader = None,
    llm: Llm = None,
    prices: Prices = None,
    max_cost: MaxCost = None,
    record: Record = None,
    host: Host = "127.0.0.1",
    port: Port = None,
    auth: Auth = None,
    token: Token = None,
    admin: Annotated[bool, typer.Option("--admin", help="Whoever may come in may change the archive")] = False,
    editor: Editor = None,
    allow_private: AllowPrivate = None,
    insecure: Insecure = False,
    allow_host: AllowHost = None,
    proxy: Proxy = None,
    rate: Rate = None,
    queue: Queue = 64,
    runs: RunsIn = None,
    log: Log = None,
    log_questions: LogQuestions = False,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Don't open a browser")] = False,
) -> None:
    """Open the web page and the API, on this machine only; an empty archive gets the starter articles first."""
    from web.serve import CLOSED, Serving
    from web.serve import serve as run

    spending = {"prices": prices, "max_cost": max_cost, "record": record}
    config = load({"data": data, "embedder": embedder, "reader": reader, "llm": llm, "port": port} | spending)
    serving = Serving(
        host=host,
        auth=auth,
        tokens=tuple(token or ()),
        admin=admin,
        editors=tuple(editor or ()),
        allow_private=tuple(allow_private or ()),
        insecure=insecure,
        allow_hosts=tuple(allow_host or ()),
        proxy=proxy,
        rate=rate,
        queue=queue,
        runs=runs,
        log=log,
        log_questions=log_questions,
    )
    with interruptible(lambda: CLOSED):
        run(config, browser=not no_browser, serving=serving)


@commands.command(epilog="Example: `dateline password ann >> logins.txt`")
def password(name: Annotated[str, typer.Argument(metavar="NAME", help="Who is to log in")]) -> None:
    """Ask for a password and print the line that lets NAME log in with it, for `dateline serve --auth FILE`."""
    from web.login import password_line

    with interruptible(lambda: "no line was made"):
        print(password_line(name, _secret()))


def _secret() -> str:
    """Return a password, typed twice on a terminal and not shown, or the first line of what is sent. Raises UsageError."""
    if sys.stdin is None or not sys.stdin.isatty():
        secret = sys.stdin.readline().rstrip("\r\n") if sys.stdin else ""
    else:
        try:
            secret = getpass("Password: ")
            if getpass("Once more: ") != secret:
                raise UsageError("the two passwords differ; try again")
        except EOFError:
            secret = ""
    if not secret:
        raise UsageError("no password was given; type one, or send it on standard input")
    return secret
