"""`dateline serve`: the web page over the archive."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.console import interruptible
from cli.options import Data, Embedder, Llm, Reader
from rag.config import load

commands = typer.Typer()


@commands.command(epilog="Example: `dateline serve --data archive --port 8080`")
def serve(
    data: Data = None,
    embedder: Embedder = None,
    reader: Reader = None,
    llm: Llm = None,
    port: Annotated[int | None, typer.Option("--port", metavar="N", help="Where it listens [default: 7860]")] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Don't open a browser")] = False,
) -> None:
    """Open the web page, on this machine only; an empty archive gets the starter articles first."""
    from web.serve import CLOSED
    from web.serve import serve as run

    config = load({"data": data, "embedder": embedder, "reader": reader, "llm": llm, "port": port})
    with interruptible(lambda: CLOSED):
        run(config, browser=not no_browser)
