"""What could not be read of files and addresses that were named, kept to be tried again."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from rag.archive.registry import Registry
from rag.config import Config
from rag.types import Skipped, is_address


def keep_unread(config: Config, read: Sequence[str | Path], skipped: Sequence[Skipped], *, whole: bool) -> None:
    """Keep what was skipped in what was read; read as a whole, instead of what was kept of it before."""
    with closing(Registry.open(config.data, write=True)) as registry:
        if whole:
            registry.forget_failed(_full(str(path)) for path in read)
        registry.keep_failed([replace(each, place=_full(each.place)) for each in skipped], datetime.now(UTC))


def _full(place: str) -> str:
    """Return a place as it can be found from everywhere: with the full path of its file, an address as it is."""
    if is_address(place):
        return place
    file, mark, member = (place, "", "") if Path(place).exists() else place.partition("!")
    return f"{Path(file).resolve()}{mark}{member}"
