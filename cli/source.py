"""`dateline source`: where articles come from again and again."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.console import console, print_json
from cli.options import Data, Json
from rag.config import load
from rag.errors import UsageError
from rag.types import RegisteredSource

DEFAULT_EVERY = "1h"
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_EVERY = re.compile(r"(\d{1,9})\s*([smhd])", re.IGNORECASE)

commands = typer.Typer(
    no_args_is_help=True, help="The sources that `dateline sync` reads: register, list, pause, remove."
)
Which = Annotated[str, typer.Argument(metavar="SOURCE", help="Its number or its address, as `source list` shows them")]


def seconds(every: str, *, shortest: int = 1) -> int:
    """Return the seconds that a time such as 90s, 15m, 6h or 1d stands for. Raises UsageError."""
    from rag.archive.registry import LONGEST

    match = _EVERY.fullmatch(every.strip())
    told = int(match[1]) * _UNITS[match[2].lower()] if match else 0
    if not shortest <= told <= LONGEST:
        raise UsageError(f"--every {every!r} is not a time from {shortest} s to a year; write it as 90s, 15m, 6h or 1d")
    return told


@commands.command(
    epilog="Examples: `dateline source add https://news.example/feed.xml --every 15m` · `dateline source add inbox/`"
)
def add(
    what: Annotated[
        list[str],
        typer.Argument(metavar="URL|FOLDER...", help="A feed, sitemap, page or reading list; a folder or file"),
    ],
    every: Annotated[str, typer.Option("--every", metavar="TIME", help="How often: 15m, 6h, 1d")] = DEFAULT_EVERY,
    outlet: Annotated[
        str | None, typer.Option("--outlet", metavar="NAME", help="The outlet of articles that name none")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Register sources; nothing is read before `dateline sync`."""
    from rag.archive.registry import SHORTEST, Registry

    config = load({"data": data})
    often = seconds(every, shortest=SHORTEST)
    addresses = [address_of(each) for each in what]
    with closing(Registry.open(config.data, write=True)) as registry:
        added = [registry.add(each, every=often, outlet=(outlet and outlet.strip()) or None) for each in addresses]
    if as_json:
        print_json({"added": [source_json(source) for source in added]})
    else:
        for source in added:
            print(f"source {source.key}: {source.address}, every {_often(source.every)}; `dateline sync` reads it.")


@commands.command("list")
def list_sources(data: Data = None, as_json: Json = False) -> None:
    """List the sources, how each did, and when it is due."""
    from rag.archive.registry import Registry

    config = load({"data": data})
    with closing(Registry.open(config.data, write=False)) as registry:
        sources = registry.sources()
    if as_json:
        print_json({"sources": [source_json(source) for source in sources]})
    elif not sources:
        print(f"{config.data} has no sources; `dateline source add URL` registers one.")
    else:
        console().print(_table(sources))


@commands.command()
def remove(source: Which, data: Data = None, as_json: Json = False) -> None:
    """Forget a source. Its articles stay."""
    from rag.archive.registry import Registry

    with closing(Registry.open(load({"data": data}).data, write=True)) as registry:
        found = registry.named(source)
        registry.remove(found)
    _tell(found, "is forgotten; its articles stay", as_json)


@commands.command()
def pause(source: Which, data: Data = None, as_json: Json = False) -> None:
    """Leave a source alone until it is resumed."""
    _pause(source, True, data, as_json)


@commands.command()
def resume(source: Which, data: Data = None, as_json: Json = False) -> None:
    """Read a paused source again; it is due at once."""
    _pause(source, False, data, as_json)


def _pause(name: str, paused: bool, data: Path | None, as_json: bool) -> None:
    from rag.archive.registry import Registry

    with closing(Registry.open(load({"data": data}).data, write=True)) as registry:
        registry.pause(registry.named(name), paused)
        found = registry.named(name)
    _tell(found, "is paused" if paused else "is due", as_json)


def _tell(source: RegisteredSource, what: str, as_json: bool) -> None:
    if as_json:
        print_json(source_json(source))
    else:
        print(f"source {source.key} ({source.address}) {what}.")


def address_of(what: str) -> str:
    """Return the address of a source as it is kept: of a folder or file the full path. Raises UsageError."""
    from corpus.bring import web_address

    if web_address(what):
        return what
    path = Path(what).expanduser()
    try:
        if not path.exists():
            raise UsageError(f"{what} is neither a web address nor a folder or file that is there; check it")
        return str(path.resolve())
    except (OSError, ValueError):
        raise UsageError(f"{what!a} is no path that can be read; check it") from None


def source_json(source: RegisteredSource) -> dict[str, Any]:
    """Return the source as JSON holds it."""
    told = {name: value for name, value in asdict(source).items() if name not in ("etag", "modified")}
    return {
        name: value.isoformat(timespec="seconds") if isinstance(value, datetime) else value
        for name, value in told.items()
    }


def _table(sources: list[RegisteredSource]) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE)
    for name in ("", "source", "kind", "every", "last success", "next due", "state"):
        table.add_column(name, overflow="fold")
    for each in sources:
        failing = (
            f"{each.failures} failures: {each.last_error}" if each.failures else "ok" if each.last_success else "new"
        )
        due = "-" if each.paused else _when(each.next_due) or "now"
        cells = (
            *(str(each.key), each.address, each.kind or "-", _often(each.every), _when(each.last_success) or "never"),
            *(due, "paused" if each.paused else failing),
        )
        table.add_row(*map(Text, cells))  # Text: brackets in an address are no markup
    return table


def _when(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M") if moment else ""


def _often(every: int) -> str:
    unit = next(name for name in ("d", "h", "m", "s") if every % _UNITS[name] == 0)
    return f"{every // _UNITS[unit]}{unit}"
