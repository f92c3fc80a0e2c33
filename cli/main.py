"""The program `dateline`: its commands put together, its errors shown. No pipeline logic lives here."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import Annotated, Any, NoReturn

import typer

import cli.answers
import cli.ask
import cli.evaluate
import cli.failed
import cli.ingest
import cli.mcp
import cli.models
import cli.remove
import cli.serve
import cli.source
import cli.sync
import cli.upkeep
from cli.console import print_json, steady_streams
from cli.options import Data, Json
from rag import __version__
from rag.archive.schema import storage_errors
from rag.config import load
from rag.errors import DatelineError

app = typer.Typer(
    name="dateline",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Answers from a news archive: every sentence cited verbatim and checked against its source.",
)
app.add_typer(cli.ingest.commands)
app.add_typer(cli.source.commands, name="source")
app.add_typer(cli.sync.commands)
app.add_typer(cli.failed.commands)
app.add_typer(cli.remove.commands)
app.add_typer(cli.ask.commands)
app.add_typer(cli.answers.commands)
app.add_typer(cli.evaluate.evaluation, name="eval")
app.add_typer(cli.models.models, name="models")
app.add_typer(cli.serve.commands)
app.add_typer(cli.upkeep.commands)
app.add_typer(cli.mcp.commands)


def _version(asked: bool) -> None:
    if asked:
        print(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version", is_eager=True, callback=_version)
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command(epilog="Example: `dateline status --json`")
def status(data: Data = None, as_json: Json = False) -> None:
    """Say what the archive holds, how fresh it is, and what room it takes."""
    from rag.archive.receipt import receipt, shown

    told: dict[str, Any] = receipt(load({"data": data}))
    if as_json:
        print_json(told)
    else:
        for name, value in shown(told):
            print(f"{name:<12}{value}")


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


def main() -> NoReturn:
    """Run the command line; an error is one line on standard error and an exit code."""
    steady_streams()
    try:
        code = _run()
        sys.stdout.flush()
    except BrokenPipeError:  # `dateline ... | head`: whoever reads has seen enough
        code = 0
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:  # met by the flush
        code = _failed(_said(error), 2)
    sys.exit(code)


def _run() -> int:
    try:
        with storage_errors("the archive"):  # those met while reading
            code = app(standalone_mode=False)  # typer turns Ctrl-C into the code 130
        return _failed("interrupted; nothing was written", 130) if code == 130 else code or 0
    except DatelineError as error:
        return _failed(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _failed("interrupted; nothing was written", 130)
    except SystemExit as leave:  # typer and Rich leave with 1 where a pipe was closed
        if not isinstance(leave.__context__, BrokenPipeError):
            raise
        raise leave.__context__ from None
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            raise
        return _failed(_said(error), 2)
    except Exception as error:  # typer's own usage errors know how to show themselves
        if not hasattr(error, "format_message"):
            raise
        return _failed(error.format_message(), 2)


def _said(error: OSError) -> str:
    return f"{error.strerror}: {error.filename or 'the disk'}; free some space or choose another folder"


def _failed(message: str, code: int) -> int:
    if message:  # none where typer has shown the help
        with suppress(OSError):  # nobody is there to be told
            print(f"dateline: {' '.join(message.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
