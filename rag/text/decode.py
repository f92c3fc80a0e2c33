"""Bytes → text: which encoding a file is in, and its lines one by one, none of them held past a bound.

A byte order mark decides; else UTF-8 where it fits; else what a page declares; else what charset-normalizer makes of
the places that are not ASCII. Windows-1252 wins near ties: it is what Western news is in.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from rag.types import Skipped

MAX_LINE = 16 << 20  # bytes; a longer line is skipped
_HEAD = 8 << 10  # bytes looked at to tell text from binary
_SAMPLE = 64 << 10  # bytes shown to the detector
_SPARSE = 0.03  # of a text's bytes; English and German have fewer beyond ASCII, other scripts many more
_NEAR_TIE = 0.1  # of charset-normalizer's chaos, which runs from 0 to 1

# UTF-32 first: its little-endian mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
# Bytes beyond ASCII with what stands beside them; cut in long runs of ASCII only, so that no character is.
_ODD = re.compile(rb"[\x00-\x7f]{0,40}(?:[\x80-\xff]+[\x00-\x7f]{0,40})+")
_HIGH = bytes(range(0x80, 0x100))
_CONTROLS = bytes({*range(32)} - {*b"\t\n\f\r\x1b"})
_BINARY = 0.01  # of a file in control characters: packed ones have ten times as many, a damaged text one or two
_DAMAGED = "damaged text, with bytes that are no characters; save it as UTF-8"
_HALF = re.compile(r"[\ud800-\udfff]")  # of a character outside the first plane, which JSON can spell alone
_NOT_ASCII = re.compile("[^\x00-\x7f\ufffd]")


@dataclass(eq=False)
class Unusable(Exception):
    """A file or a record that can't be used: the reason, as a reader of the log sees it, and the line if known."""

    reason: str
    line: int | None = None

    def __str__(self) -> str:
        return self.reason


def decode(data: bytes, *, declares: bool = False, mend: bool = True) -> str:
    """Return `data` as text, its byte order mark removed.

    `declares`: the bytes may name their own encoding near the start, as HTML does. `mend`: a few bytes that don't fit the
    rest become replacement marks. Raises Unusable for binary content and for text in no encoding that fits.
    """
    if encoding := _marked(data):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            raise Unusable(f"not the {encoding} that its byte order mark promises ({error.reason})") from None
    if b"\0" in data:
        raise Unusable("binary content (NUL bytes), not text")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return _declared(data, mend) if declares and _DECLARED.search(data[:_HEAD]) else _detected(data, mend)


def lines(place: str, stream: io.BufferedReader, *, mend: bool = True) -> Iterator[tuple[int, str] | Skipped]:
    """Yield (number from 1, line with its newline) for each line of `stream`; only a newline ends a line.

    A line that is longer than MAX_LINE or is not text is Skipped, and the next one goes on. One that is not UTF-8 is in
    the encoding that the beginning of `stream` is in, as much of it as its buffer holds: a short line tells too little.
    `mend` is that of `decode`. Raises Unusable where the whole is binary.
    """
    head = stream.peek(_SAMPLE)[:_SAMPLE]
    encoding = _marked(head)
    if encoding is None and b"\0" in head and len(head.translate(None, _CONTROLS)) < (1 - _BINARY) * len(head):
        raise Unusable("binary content (NUL bytes), not text")
    legacy = None if encoding else _legacy(head)
    if encoding in ("utf-16", "utf-32"):  # where a newline is more than the byte that is looked for below
        stream = io.BufferedReader(_AsUtf8(stream, encoding))
    number = 0
    while line := stream.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            while line and not line.endswith(b"\n"):
                line = stream.readline(_HEAD)
            yield Skipped(place, number, f"a line of more than {MAX_LINE >> 20} MiB")
            continue
        try:
            yield number, _line(line, legacy, mend)
        except Unusable as error:
            yield Skipped(place, number, error.reason)


def _line(line: bytes, legacy: str | None, mend: bool) -> str:
    for encoding in ("utf-8-sig", legacy) if legacy and b"\0" not in line else ():
        try:
            return line.decode(encoding)
        except UnicodeError:
            continue
    if legacy == "utf-8" and not mend:
        raise Unusable(_DAMAGED)
    return decode(line, mend=mend)


def _legacy(head: bytes) -> str | None:
    """Return the encoding that the lines of `head` are in, None where it is UTF-8 or can't be told."""
    whole = head[: head.rfind(b"\n") + 1] or head
    try:
        whole.decode()
        return None
    except UnicodeDecodeError:
        return _encoding(whole)


class _AsUtf8(io.RawIOBase):
    def __init__(self, stream: io.BufferedReader, encoding: str) -> None:
        self._stream = stream
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        ended = False
        while not self._ready and not ended:
            data = self._stream.read(_HEAD)
            ended = not data
            try:
                self._ready = self._decoder.decode(data, final=ended).encode()
            except UnicodeError as error:
                raise Unusable(f"damaged {self._encoding} ({error})") from None
        count = min(len(buffer), len(self._ready))
        buffer[:count], self._ready = self._ready[:count], self._ready[count:]
        return count


def _marked(data: bytes) -> str | None:
    return next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)


def _declared(data: bytes, mend: bool) -> str:
    match = _DECLARED.search(data[:_HEAD])
    name = match[1].decode("ascii").lower() if match else ""
    # Browsers read these labels as Windows-1252, and so pages are written.
    name = "cp1252" if name in ("iso-8859-1", "us-ascii", "latin1") else name
    try:
        return data.decode(name)
    except (LookupError, UnicodeError):
        return _detected(data, mend)


def _detected(data: bytes, mend: bool) -> str:
    encoding = _encoding(data)
    if encoding is None:
        raise Unusable("text in no encoding that can be recognised; save it as UTF-8")
    try:
        return data.decode(encoding, errors="replace" if mend else "strict")
    except UnicodeError:
        raise Unusable(_DAMAGED) from None


def _encoding(data: bytes) -> str | None:
    """Return the encoding of text that is not, or not wholly, UTF-8; None where none fits."""
    # A sentence cut inside a character makes a file invalid UTF-8 without making it anything else.
    mended = data.decode(errors="replace")
    if len(_NOT_ASCII.findall(mended)) > mended.count("\ufffd"):
        return "utf-8"
    # Among many plain letters a lone curly quote is too little for the detector, and elsewhere too rare to be a script.
    high = len(data) - len(data.translate(None, _HIGH))
    for name in chain(["cp1252"] if high < _SPARSE * len(data) else [], _guesses(data)):
        try:
            data.decode(name)
            return name
        except (LookupError, UnicodeError):
            continue
    return None


def _guesses(data: bytes) -> Iterator[str]:
    from charset_normalizer import from_bytes  # slow to import, and seldom needed

    sample = b" ".join(match[0] for match in islice(_ODD.finditer(data), 500))[:_SAMPLE]
    found = [(name, match.chaos) for match in from_bytes(sample) for name in match.could_be_from_charset]
    least = min((chaos for _, chaos in found), default=0.0)
    if any(name == "cp1252" and chaos <= least + _NEAR_TIE for name, chaos in found):
        yield "cp1252"
    yield from (name for name, _ in found)


def lacks(values: Mapping[str, Any], needs: tuple[str, ...]) -> str | None:
    """Return why an object can't be used that must have the texts `needs`; None where it can."""
    for name in needs:
        if not isinstance(values.get(name), str) or not values[name].strip():
            return f"has no {name!r}"
        if _HALF.search(values[name]):
            return f"has half a character in {name!r}"
    return None
