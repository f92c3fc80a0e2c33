"""Local paths → a stream of RawDocument, one record at a time.

Read are text and Markdown (.md .markdown .txt .text), pages (.html .htm .xhtml), JSON (an object, an array of objects,
or an object that holds one such array), JSON lines (.jsonl .ndjson), tables with a header (.csv .tsv), crawls (.warc),
documents (.pdf .docx .epub), and feeds, sitemaps and reading lists (.xml .rss .atom .rdf .opml), whose links are for whoever
takes the stream to follow; each also as .gz, and any number of them in a .zip. An archive inside a .zip is skipped. In folders
and archives, hidden files and those named README.* are passed over in silence; files with other endings are named, in one
Skipped for all of them.

JSON lines, tables and crawls are streamed; the other kinds are read whole, up to 32 MiB (a page: 16 MiB). Nothing is ever
unpacked to disk.
"""

from __future__ import annotations

import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, cast

from corpus.formats import FORMATS
from corpus.raw import Documents, Progress
from rag.errors import UsageError
from rag.text.decode import Unusable
from rag.types import Skipped

MAX_UNPACKED = 16 << 30  # bytes out of one archive, and no more than
MAX_RATIO = 200  # times its own size; news packs 3 to 10 times, a bomb 1,000 times
RATIO_FLOOR = 16 << 20  # bytes that even the smallest archive may give

_UNDERSTOOD = f"understood are {' '.join(FORMATS)}, each also as .gz, and .zip"
_NAMED = 5  # files with other endings of one folder or archive that are named; the rest are counted
_BUFFER = 1 << 16  # bytes of a file that are at hand, to tell by them what it is
_UNPACKING_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, struct.error),
    NotImplementedError,  # what zipfile raises for a compression it doesn't know
)


def read(paths: Sequence[str | Path]) -> Documents:
    """Return a stream of the documents in `paths`, folders recursively and in sorted order, and of what was skipped.

    Raises UsageError at once, before anything is read: for a path that is missing, a folder without a file of a known
    ending, or no such file at all.
    """
    return _stream(_discover([Path(path) for path in paths]))


def files_in(path: Path) -> tuple[list[Path], bool]:
    """Return the files of a known ending in a folder, or the one file that is named, and whether these are all.

    They are not where a part of the folder can't be looked into.
    """
    found = _walk(path) if path.is_dir() else [path]
    files = [item for item in found if isinstance(item, Path)]
    return files, not any(isinstance(item, Skipped) and "can't be read" in item.reason for item in found)


# Paths → files


def _discover(paths: Sequence[Path]) -> list[Path | Skipped]:
    found: list[Path | Skipped] = []
    for path in paths:
        try:
            if path.is_dir():
                inside = _walk(path)
                if not inside:
                    raise UsageError(f"{_shown(path)} holds nothing to read; {_UNDERSTOOD}")
                found += inside
            elif path.is_file():
                unknown = Skipped(_shown(path), None, f"unknown ending; {_UNDERSTOOD}")
                found.append(path if _known(path.name) else unknown)
            elif path.exists():
                raise UsageError(f"{_shown(path)} is neither a file nor a folder; give one of them")
            else:
                raise UsageError(f"{_shown(path)} does not exist; check the path")
        except OSError as error:
            raise UsageError(
                f"{_shown(path)} can't be read ({error.strerror}); mend the path or its permissions"
            ) from None
    if not any(isinstance(item, Path) for item in found):
        raise UsageError(f"nothing to read in {', '.join(map(_shown, paths)) or 'no paths'}; {_UNDERSTOOD}")
    return found


def _walk(folder: Path) -> list[Path | Skipped]:
    """Return the files in `folder` that are of a known ending; a link that leads out of it is Skipped."""
    files: list[Path] = []
    refused: list[Skipped] = []
    others = _Others()
    root = folder.resolve()
    seen: set[Path] = set()  # so that a link to a folder further up ends there
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        if (real := here.resolve()) in seen:
            continue
        seen.add(real)
        try:
            for entry in sorted(here.iterdir()):
                if _passed_over(entry.name) or not (entry.is_dir() or entry.is_file()):
                    continue
                if not entry.is_dir() and not _known(entry.name):
                    others.add(str(entry.relative_to(folder)))
                elif entry.is_symlink() and not entry.resolve().is_relative_to(root):
                    refused.append(Skipped(_shown(entry), None, "a link that leads out of the folder; name its target"))
                else:
                    (waiting if entry.is_dir() else files).append(entry)
        except OSError as error:
            refused.append(Skipped(_shown(here), None, f"can't be read ({error.strerror})"))
    return [*refused, *sorted(files), *(others.told(_shown(folder)) if files else ())]


@dataclass(slots=True)
class _Others:
    """The files of a folder or an archive whose endings are not understood: some of their names, and how many there are."""

    names: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, name: str) -> None:
        self.count += 1
        if len(self.names) < _NAMED:
            self.names.append(_shown(name))

    def told(self, place: str) -> Documents:
        """Yield one Skipped of `place` that names them; none where there are none."""
        if self.count:
            more = f" and {self.count - len(self.names):,} more" if self.count > len(self.names) else ""
            many = "1 file" if self.count == 1 else f"{self.count:,} files"
            yield Skipped(place, None, f"{many} with an unknown ending: {', '.join(self.names)}{more}; {_UNDERSTOOD}")


def _passed_over(name: str) -> bool:
    return name.startswith(".") or name.upper().startswith("README.")


def _shown(path: object) -> str:
    """Return a path fit for a log line: file names may hold line breaks and bytes that are no text."""
    return "".join(c if c.isprintable() else "\ufffd" for c in str(path))


# Files → streams of bytes


def _stream(inputs: Iterable[Path | Skipped]) -> Documents:
    sizes = {path: _size(path) for path in inputs if isinstance(path, Path)}
    total, before = sum(sizes.values()) or 1, 0
    for item in inputs:
        if isinstance(item, Skipped):
            yield item
        else:
            yield from _guarded(_shown(item), _file(item, sizes[item], before, total))
            before += sizes[item]


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # reported when the file is opened


def _guarded(place: str, documents: Documents) -> Documents:
    """Yield `documents`; what goes wrong on the way ends them with one Skipped."""
    try:
        yield from documents
    except Unusable as error:
        yield Skipped(place, error.line, error.reason)
    except OSError as error:
        yield Skipped(place, None, f"can't be read ({error.strerror or error})")
    except _UNPACKING_ERRORS as error:
        yield Skipped(place, None, f"damaged ({error})")


def _file(path: Path, size: int, before: int, total: int) -> Documents:
    with cast("io.BufferedReader", path.open("rb", buffering=_BUFFER)) as file:

        def done() -> float:
            return min(1.0, (before + file.tell()) / total)

        yield from _by_name(_shown(path), path.name.lower(), file, size, done)


def opened(place: str, name: str, file: io.BufferedReader, size: int, done: Progress) -> Documents:
    """Yield the documents in an open file, read as the ending of `name` says, and what is wrong with it."""
    return _guarded(place, _by_name(place, name, file, size, done))


def _by_name(place: str, name: str, file: io.BufferedReader, size: int, done: Progress) -> Documents:
    if name.endswith(".zip"):
        yield from _members(place, file, size, done)
        return
    stream = file
    if name.endswith(".gz"):
        stream = _unpacked(gzip.GzipFile(fileobj=file), _Allowance(_limit(size)))
    yield from FORMATS[_ending(name)](place, stream, done)


def _members(place: str, file: IO[bytes], size: int, done: Progress) -> Documents:
    try:
        archive = zipfile.ZipFile(file)
    except (*_UNPACKING_ERRORS, ValueError, OverflowError) as error:
        raise Unusable(f"damaged, or not a zip archive ({error})") from None
    allowance = _Allowance(_limit(size))
    useful, others = False, _Others()
    with archive:
        for member in archive.infolist():
            path = PurePosixPath(member.filename.replace("\\", "/"))
            if member.is_dir() or any(map(_passed_over, set(path.parts) - {".."})):
                continue
            if not _known(path.name):
                others.add(member.filename)
                continue
            useful = True
            inside = f"{place}!{_shown(member.filename)}"
            if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
                yield Skipped(inside, None, "unsafe path, outside the archive")
            elif path.suffix.lower() in (".zip", ".gz"):
                yield Skipped(inside, None, "an archive inside an archive; unpack it first")
            elif member.flag_bits & 1:
                yield Skipped(inside, None, "encrypted; unpack it with its password first")
            else:
                yield from _guarded(inside, _member(inside, archive, member, allowance, done))
            if allowance.left < 0:
                return
    if useful:
        yield from others.told(place)
    else:
        yield Skipped(place, None, f"holds nothing to read; {_UNDERSTOOD}")


def _member(
    place: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo, allowance: _Allowance, done: Progress
) -> Documents:
    try:
        stream = cast(zipfile.ZipExtFile, archive.open(member))
    except (ValueError, OverflowError) as error:
        raise Unusable(f"damaged ({error})") from None
    with stream:
        yield from FORMATS[_ending(member.filename)](place, _unpacked(stream, allowance), done)


def _limit(size: int) -> int:
    return min(MAX_UNPACKED, max(RATIO_FLOOR, MAX_RATIO * size))


@dataclass(slots=True)
class _Allowance:
    """The bytes that may still come out of one archive, counted as they come: headers can lie."""

    left: int

    def spend(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise Unusable(f"unpacks to far more than its size allows (over {MAX_RATIO} times); not read further")


class _Unpacked(io.RawIOBase):
    def __init__(self, packed: zipfile.ZipExtFile | gzip.GzipFile, allowance: _Allowance) -> None:
        self._packed = packed
        self._allowance = allowance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._packed.read1(min(len(buffer), 1 << 16))  # read() would lose what precedes damage
        self._allowance.spend(len(data))
        buffer[: len(data)] = data
        return len(data)


def _unpacked(packed: zipfile.ZipExtFile | gzip.GzipFile, allowance: _Allowance) -> io.BufferedReader:
    return io.BufferedReader(_Unpacked(packed, allowance), _BUFFER)


# What names say


def _ending(name: str) -> str:
    """Return what `name` ends with, from the last dot and in lower case; that of the packed file for a .gz."""
    return PurePosixPath(name.lower().removesuffix(".gz")).suffix


def _known(name: str) -> bool:
    ending = _ending(name)
    return ending in FORMATS or (ending == ".zip" and name.lower().endswith(".zip"))
