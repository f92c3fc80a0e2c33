"""What a server answers: its status and header lines, whether they are what was asked for, and its bytes, unpacked and bounded."""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import IO

from rag.errors import FetchError

_LONGEST_SHOWN = 200  # characters of an address in a message
_BUSY = (429, 500, 502, 503, 504)
_NO_TEXT = ("image/", "video/", "audio/", "font/", "text/css", "text/javascript", "application/javascript")
_BY_HEAD = 47  # for zlib: gzip or zlib, told apart by their first bytes
_BARE = -15  # for zlib: without either's frame


@dataclass(frozen=True, slots=True)
class Wanted:
    """One fetch: where its bytes go, its bounds, the header lines that make it conditional.

    rules: it is a robots.txt, which is not itself under rules, and of which the beginning will do.
    """

    out: IO[bytes]
    max_bytes: int
    seconds: float
    asked: tuple[tuple[bytes, bytes], ...] = ()
    rules: bool = False

    def empty(self) -> None:
        self.out.seek(0)
        self.out.truncate()


class TryAgain(Exception):
    """An error that may be over in a moment; `wait`: the seconds that the server asks for."""

    def __init__(self, error: FetchError, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


class TooBig(FetchError):
    """More bytes than are read."""


class AnswerHead:
    """The status and the header lines of an answer."""

    def __init__(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.status = status
        self._values: dict[str, str] = {}
        for name, value in headers:
            self._values.setdefault(name.decode("latin-1").lower(), value.decode("latin-1").strip())

    def __getitem__(self, name: str) -> str | None:
        return self._values.get(name) or None

    @property
    def content(self) -> tuple[str, str | None]:
        """The content type and the encoding of characters that it names."""
        kind, _, rest = (self["content-type"] or "").partition(";")
        charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", rest, re.IGNORECASE)
        return kind.strip().lower(), charset[1].lower() if charset else None

    @property
    def retry_after(self) -> float | None:
        """The seconds after which the server wants to be asked again."""
        value = self["retry-after"]
        if value is None:
            return None
        if re.fullmatch(r"\d{1,9}", value):
            return float(value)
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
        except (ValueError, TypeError, OverflowError):
            return None


def checked(url: object, head: AnswerHead, wanted: Wanted) -> None:
    """Raise FetchError where the answer is not what was asked for."""
    where, status = shown_address(url), head.status
    if status in _BUSY:
        wait = head.retry_after
        later = f"in {wait:,.0f} s" if wait else "later"
        error = FetchError(
            f"{where} can't be fetched: the server answers {status}; try again {later}",
            status=status,
            retry_after=wait,
            again=True,
        )
        raise TryAgain(error, wait)
    if status in (404, 410):
        raise FetchError(f"{where} is not there (the server answers {status}); check the address", status=status)
    if status not in (200, 203) and not (status == 304 and wanted.asked):
        raise FetchError(f"{where} can't be fetched: the server answers {status}; check the address", status=status)
    length = head["content-length"]
    if length and length.isdigit() and int(length) > wanted.max_bytes and not wanted.rules:
        raise _too_big(url, wanted.max_bytes)
    kind, _ = head.content
    if status != 304 and kind.startswith(_NO_TEXT):
        raise FetchError(f"{where} holds no text but {kind}; name a page, a feed or a file with articles")


def _too_big(url: object, max_bytes: int) -> TooBig:
    return TooBig(f"{shown_address(url)} is larger than {max_bytes / (1 << 20):,.1f} MiB, more than is read")


def unpacked(url: object, parts: Iterable[bytes], encoding: str | None, max_bytes: int) -> Iterator[bytes]:
    """Yield the bytes of an answer, unpacked; what is too big ends it in time."""
    encoding = (encoding or "identity").lower()
    if encoding not in ("identity", "gzip", "x-gzip", "deflate"):
        raise FetchError(
            f"{shown_address(url)} can't be fetched: it is packed as {encoding[:40]!a}, which was not asked for"
        )
    sent = given = 0
    unpacker, between = zlib.decompressobj(_BY_HEAD), False
    ended = encoding == "identity"
    for part in parts:
        sent += len(part)
        if encoding == "identity":
            yield part[: max_bytes - given]
            given += len(part)
        if sent > max_bytes:
            raise _too_big(url, max_bytes)
        while part and not ended:
            if between and not part.startswith(b"\x1f"):
                ended = True  # rubbish after the end is let be
                break
            try:
                out = unpacker.decompress(part, max_bytes - given + 1)
            except zlib.error:
                if given or sent > len(part) or encoding != "deflate":
                    raise FetchError(
                        f"{shown_address(url)} can't be fetched: what it sends is damaged", again=True
                    ) from None
                unpacker, encoding = zlib.decompressobj(_BARE), "bare"  # as some servers send "deflate"
                continue
            given += len(out)
            if given > max_bytes:
                raise _too_big(url, max_bytes)
            yield out
            part, between = unpacker.unconsumed_tail, unpacker.eof
            if unpacker.eof:  # one more packed part may follow
                part, unpacker = unpacker.unused_data, zlib.decompressobj(_BY_HEAD)
    if sent and not ended and not between:
        raise FetchError(f"{shown_address(url)} can't be fetched: what it sends ends in the middle", again=True)


def shown_address(url: object) -> str:
    """Return an address fit for a message: of one line, and not too long."""
    text = "".join(c if c.isprintable() else "\ufffd" for c in str(url))
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "\u2026"
