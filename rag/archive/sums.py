"""Checksums of an index's files: garbled bytes give wrong hits, or a panic, and neither library looks for them.

Noted are the files that only a writer changes: Tantivy's segments and the graph of vectors. The others change when they
are merely opened, and a reader notices itself when they are garbled.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_NOTED = "sums.json"
_CHANGING = (_NOTED, "generation", "writing", "meta.json", ".managed.json", ".tantivy", "chroma.sqlite3")
_GRAPH = "index_metadata.pickle"  # stands beside a graph of vectors that was written
_BLOCK = 1 << 20  # bytes read at a time


def note(folder: Path) -> None:
    """Keep size, time and checksum of each file in the folder of an index that nobody is changing."""
    _write(folder, {str(file.relative_to(folder)): (*_stamp(file), _sum(file)) for file in _files(folder)})


def forget(folder: Path) -> None:
    """Drop what is noted: the files are about to change."""
    (folder / _NOTED).unlink(missing_ok=True)


def noted(folder: Path) -> bool:
    """Tell whether anything is noted."""
    return (folder / _NOTED).exists()


def intact(folder: Path) -> bool:
    """Tell whether the files are what was noted; yes where nothing is.

    A writer at work has dropped the notes. A file of the size and time that were noted is not read, and one that is gone
    the libraries miss themselves.
    """
    try:
        sums = {str(name): (int(size), int(time), int(crc)) for name, (size, time, crc) in _read(folder).items()}
    except (ValueError, TypeError, AttributeError):
        return False
    found = dict(sums)
    for name, (size, time, crc) in sums.items():
        file = folder / name
        if not file.exists() or _stamp(file) == (size, time):
            continue
        if file.stat().st_size != size or _sum(file) != crc:
            return False
        found[name] = (*_stamp(file), crc)
    if found != sums:  # a copy: read once, then known by its new times
        with suppress(OSError):
            _write(folder, found)
    return True


def garbled(folder: Path) -> list[str]:
    """Return the files that are gone or not what was noted, by their bytes, whatever their size and time say."""
    try:
        sums = {str(name): (int(size), int(crc)) for name, (size, _, crc) in _read(folder).items()}
        found = {name: folder / name for name in sums}
        return [
            name
            for name, (size, crc) in sums.items()
            if not found[name].is_file() or found[name].stat().st_size != size or _sum(found[name]) != crc
        ]
    except (OSError, ValueError, TypeError, AttributeError):
        return [_NOTED]


def _files(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        if not file.is_file() or file.name.startswith(_CHANGING):
            continue
        # Chroma writes a graph only from some 1,000 passages on; till then its files are empty ones, made anew when opened.
        if file.suffix != ".bin" or (file.parent / _GRAPH).exists():
            yield file


def _stamp(file: Path) -> tuple[int, int]:
    found = file.stat()
    return found.st_size, found.st_mtime_ns


def _sum(file: Path) -> int:
    crc = 0
    with file.open("rb") as data:
        while block := data.read(_BLOCK):
            crc = zlib.crc32(block, crc)
    return crc


def _read(folder: Path) -> dict[str, tuple[int, int, int]]:
    try:
        found: dict[str, tuple[int, int, int]] = json.loads((folder / _NOTED).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return found


def _write(folder: Path, sums: dict[str, tuple[int, int, int]]) -> None:
    aside = folder / f"{_NOTED}.new"
    aside.write_text(json.dumps(sums), encoding="utf-8")
    aside.replace(folder / _NOTED)
