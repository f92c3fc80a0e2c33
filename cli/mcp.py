"""`dateline mcp`: the archive as the tools of a language model, by the Model Context Protocol."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from cli.console import interruptible
from cli.options import Data, Embedder, Llm, Reader
from cli.serve import AllowHost, Host, Insecure, Log, LogQuestions, Port, Proxy, Queue, Rate, Token
from rag.config import load
from rag.errors import UsageError

commands = typer.Typer()


@commands.command(
    epilog="Examples: `dateline mcp --data archive` · `dateline mcp --http --port 8080 --token @keys.txt`"
)
def mcp(
    data: Data = None,
    embedder: Embedder = None,
    reader: Reader = None,
    llm: Llm = None,
    http: Annotated[
        bool, typer.Option("--http", help="Serve it at /mcp by streamable HTTP, not on standard input and output")
    ] = False,
    host: Host = "127.0.0.1",
    port: Port = None,
    token: Token = None,
    insecure: Insecure = False,
    allow_host: AllowHost = None,
    proxy: Proxy = None,
    rate: Rate = None,
    queue: Queue = 64,
    log: Log = None,
    log_questions: LogQuestions = False,
) -> None:
    """Offer `ask`, `search`, `read` and `verify` to a language model's client, by MCP."""
    try:
        import mcp.server.mcpserver  # noqa: F401  (whether it is there)
    except ImportError:
        raise UsageError("the package mcp is missing; install it with pip install 'dateline[mcp]'") from None
    from rag.pipeline import Pipeline
    from web.serve import Serving, serve

    config = load({"data": data, "embedder": embedder, "reader": reader, "llm": llm, "port": port})
    with interruptible(lambda: "the archive stays as it is"):
        if http:
            serving = Serving(
                host=host,
                tokens=tuple(token or ()),
                insecure=insecure,
                allow_hosts=tuple(allow_host or ()),
                proxy=proxy,
                rate=rate,
                queue=queue,
                log=log,
                log_questions=log_questions,
            )
            serve(config, browser=False, serving=serving, page=False)
            return
        from web.mcp import make_mcp
        from web.service import Service

        with (
            closing(Pipeline.open(config)) as pipeline,
            closing(Service(pipeline, config, waiting=queue, log_questions=log_questions)) as service,
        ):
            make_mcp(service)[0].run("stdio")
