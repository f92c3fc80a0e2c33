"""`dateline remove`: articles out of the archive, for good."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from cli.console import print_json
from cli.options import Data, Json
from rag.config import load
from rag.errors import UsageError

commands = typer.Typer()


@commands.command(
    epilog="Examples: `dateline remove https://news.example/a17` · `dateline remove --outlet 'Harbor News'` · "
    "`dateline remove --before 2020-01-01`"
)
def remove(
    what: Annotated[list[str] | None, typer.Argument(metavar="ID|URL...", help="Articles, by id or address")] = None,
    outlet: Annotated[str | None, typer.Option("--outlet", metavar="NAME", help="All articles of this outlet")] = None,
    before: Annotated[
        datetime | None,
        typer.Option("--before", formats=["%Y-%m-%d"], metavar="DAY", help="All published before this day, YYYY-MM-DD"),
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Take articles out of the archive, with their earlier versions. It can't be undone, and nothing is asked."""
    from rag.archive.removal import remove as take_out
    from rag.archive.rows import Selection

    if [bool(what), outlet is not None, before is not None].count(True) != 1:
        raise UsageError("say what to remove: ids or addresses, or --outlet NAME, or --before DAY; one of the three")
    config = load({"data": data})
    selection = Selection(tuple(what or ()), outlet, before.date() if before else None)
    removed = take_out(config, selection)
    if as_json:
        print_json({"removed": removed})
    else:
        print(f"{removed:,} article{'' if removed == 1 else 's'} removed from {config.data}.")
