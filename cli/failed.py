"""`dateline failed`: what could not be read, why, and once more."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import print_json
from cli.options import AllowPrivate, Data, Embedder, Json
from rag.config import Config, load
from rag.errors import UsageError
from rag.types import KnownPage, Skipped, is_address

if TYPE_CHECKING:
    from rag.archive.registry import DeadLetter

_SHOWN = 100  # that are printed; --json has all

commands = typer.Typer()


@commands.command(epilog="Examples: `dateline failed` · `dateline failed --retry` · `dateline failed --forget`")
def failed(
    retry: Annotated[bool, typer.Option("--retry", help="Try again to read all of it")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Forget all of it, unread")] = False,
    allow_private: AllowPrivate = None,
    data: Data = None,
    embedder: Embedder = None,
    as_json: Json = False,
) -> None:
    """List what could not be read, with the reasons; what is read later goes from the list by itself."""
    from rag.archive.registry import Registry

    if retry and forget:
        raise UsageError("--retry or --forget, not both")
    config = load({"data": data, "embedder": embedder})
    with closing(Registry.open(config.data, write=retry or forget)) as registry:
        before = registry.dead_letters()
        if forget:
            registry.forget_failed({letter.place for letter in before})
    if retry:
        _retry(config, before, allow_private or ())
    with closing(Registry.open(config.data, write=False)) as registry:
        left = registry.dead_letters()
    if as_json:
        print_json({"before": len(before), "failed": [_letter_json(letter) for letter in left]})
        return
    for letter in left[:_SHOWN]:
        print(f"{letter.at:%Y-%m-%d %H:%M} {Skipped(letter.place, letter.line, letter.reason)}")
    if len(left) > _SHOWN:
        print(f"... and {len(left) - _SHOWN:,} more; --json has them all")
    if retry or forget:
        print(f"{len(before):,} before, {len(left):,} now.")
    elif not left:
        print(f"There is nothing that could not be read. Archive: {config.data}")


def _retry(config: Config, letters: Sequence[DeadLetter], allow_private: Sequence[str]) -> None:
    """Read what could not be read once more: files by themselves, pages of sources as `dateline sync` does."""
    from cli.ingest import WebBounds, ingest_paths
    from rag.archive.unread import keep_unread

    there: list[str | Path] = []
    for file in dict.fromkeys(_file(letter.place) for letter in letters if letter.source is None):
        if is_address(file):
            there.append(file)
        elif Path(file).exists():
            there.append(Path(file))
        else:
            print(f"not there any more: {file}; `dateline failed --forget` forgets it", file=sys.stderr)
    if there:
        try:
            summary = ingest_paths(config, there, [], WebBounds(tuple(allow_private)))
        except UsageError as error:  # none of them holds anything to read
            print(f"dateline: {error}", file=sys.stderr)
        else:
            keep_unread(config, there, summary.skipped.first, whole=not summary.interrupted)
    wanted = {(letter.source, _file(letter.place)) for letter in letters if letter.source is not None}
    _retry_pages(config, wanted, allow_private)


def _retry_pages(config: Config, wanted: set[tuple[int, str]], allow_private: Sequence[str]) -> None:
    from corpus.bring import places
    from corpus.sync import AsKnown, Due, Looked, read_sources
    from rag.archive.current import Current
    from rag.archive.registry import Registry

    with closing(Registry.open(config.data, write=True)) as registry:
        lists, single = [], []
        for source in registry.sources():
            places_of_it = sorted(place for key, place in wanted if key == source.key)
            # A server that says "as before" says nothing of what could not be read then.
            if source.address in places_of_it and is_address(source.address):  # an item of the list itself
                registry.forget_failed([source.address])
                pages = {
                    url: page
                    for url, page in registry.pages(source).items()
                    if not url.startswith(f"{source.address}#")
                }
                lists.append(Due(replace(source, etag=None, modified=None), pages))
                places_of_it.remove(source.address)
            if places_of_it:
                pages = registry.pages(source)
                again = [replace(pages.get(p, KnownPage(p)), etag=None, modified=None) for p in places_of_it]
                single.append(Due(source, pages, again=again))
        with places(allow_private) as place, Current(config, registry) as current:
            for due, where in (lists, place), (single, AsKnown(place)):
                for steps in read_sources(due, where, threading.Event()):
                    current.bring([step for step in steps if isinstance(step, Looked)])


def _file(place: str) -> str:
    return place if is_address(place) or Path(place).exists() else place.partition("!")[0]


def _letter_json(letter: DeadLetter) -> dict[str, Any]:
    return {
        "place": letter.place,
        "line": letter.line,
        "reason": letter.reason,
        "at": letter.at.isoformat(timespec="seconds"),
        "source": letter.source,
    }
