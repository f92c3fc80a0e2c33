"""`dateline export`, `backup`, `doctor` and `rebuild`: what keeps an archive safe."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import console, interruptible, print_json
from cli.options import Data, Json
from rag import batch
from rag.config import load
from rag.errors import StorageError, UsageError
from rag.text.plain import plain

if TYPE_CHECKING:
    from rag.archive.doctor import Check

commands = typer.Typer()
_UNFINISHED = ".unfinished"  # ends the name of a file that is being written


@commands.command(
    epilog="Examples: `dateline export --out archive.jsonl` · `dateline export | gzip > archive.jsonl.gz`"
)
def export(
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="A new file; - is standard output")
    ] = batch.STANDARD,
    data: Data = None,
) -> None:
    """Write every article with its versions as JSON lines; `dateline ingest` makes an identical archive of them."""
    from rag.archive.catalog import Catalog
    from rag.archive.export import records

    config = load({"data": data})
    with closing(Catalog.open(config.data / "catalog.sqlite3", write=False)) as catalog:
        if out == batch.STANDARD:
            for record in records(catalog):
                sys.stdout.write(batch.json_line(record, sys.stdout))
            return
        if out.exists():
            raise UsageError(f"{out} is there already; name another --out, or remove it")
        aside = out.with_name(out.name + _UNFINISHED)
        try:
            with interruptible(lambda: f"{out} was not written"), aside.open("w", encoding="utf-8") as file:
                for record in records(catalog):
                    file.write(batch.json_line(record, file))
            aside.replace(out)
        except OSError as error:
            raise StorageError(f"can't write {out} ({error.strerror}); make room or name another --out") from None
        finally:
            aside.unlink(missing_ok=True)
        print(f"{catalog.article_count():,} articles written to {out}.", file=sys.stderr)


@commands.command(
    epilog="Example: `dateline backup /mnt/copies/monday`, later `dateline ask ... --data /mnt/copies/monday`"
)
def backup(
    to: Annotated[Path, typer.Argument(metavar="DIR", help="Where the copy goes: a new folder, or an empty one")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Copy the whole archive into a folder, while others read or write it. The copy is an archive: name it with --data."""
    from rag.archive.export import backup as copy

    config = load({"data": data})
    with interruptible(lambda: f"{to} was not made"):
        articles = copy(config, to)
    if as_json:
        print_json({"articles": articles, "folder": str(to)})
    else:
        print(f"{articles:,} articles copied from {config.data} to {to}.")


@commands.command(epilog="Examples: `dateline doctor` · `dateline doctor --repair`")
def doctor(
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended from the catalog")] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Look whether the archive is sound, in every passage; nobody can write to it meanwhile. Exits with 1 where it isn't."""
    from rag.archive import doctor as archive_doctor

    config = load({"data": data})
    checks = archive_doctor.examine(config)
    mended: list[str] = []
    if repair and archive_doctor.mendable(checks):
        mended = archive_doctor.repair(config)
        checks = archive_doctor.examine(config)
    sound = not any(check.state == "fault" for check in checks)
    if as_json:
        print_json({"sound": sound, "checks": list(map(asdict, checks)), "repaired": mended})
    else:
        for line in mended:
            print(f"repaired: {plain(line)}")
        console().print(_table(checks))
    if not sound:
        raise typer.Exit(1)


def _table(checks: Sequence[Check]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table("checked", "state", "found", box=None, pad_edge=False)
    for check in checks:
        remedy = f"; to do: {check.remedy}" if check.remedy else ""
        table.add_row(check.name, check.state, Text(plain(check.told + remedy)))
    return table


@commands.command(epilog="Example: `dateline rebuild --data archive`")
def rebuild(data: Data = None, as_json: Json = False) -> None:
    """Build both indexes anew from the catalog and swap them in. Nothing is embedded, and questions go on being answered."""
    from rag.archive import doctor as archive_doctor

    config = load({"data": data})
    with interruptible(lambda: "the indexes are as they were, or mended by the next command"):
        passages = archive_doctor.rebuild(config)
    if as_json:
        print_json({"passages": passages})
    else:
        print(f"The indexes of {config.data} were built anew: {passages:,} passages.")
