"""WARC, the form in which crawls of the web are kept (CC-NEWS) → its pages, one at a time.

The date of a record is that of its fetching, and is not used. A file that was cut in the middle gives all that stands
before the cut.
"""

from __future__ import annotations

import io
import zlib
from typing import Any

from corpus.raw import MAX_PAGE, Documents, Progress, RawDocument
from rag.text.decode import Unusable, decode
from rag.types import Skipped

_PAGES = ("text/html", "application/xhtml+xml")
_CUT = "the file ends in the middle of a record; all before it was read"


def warc(place: str, stream: io.BufferedReader, done: Progress) -> Documents:
    """Yield the pages of a WARC file."""
    from fastwarc.warc import ArchiveIterator, WarcRecordType  # slow to import

    source = _UntilDamage(stream)
    records = iter(ArchiveIterator(source, record_types=WarcRecordType.response, parse_http=True, stream_detect=False))
    others = pages = 0
    cut = False
    while True:
        try:
            record = next(records, None)
            if record is None:
                break
            kind = (record.http_content_type or "").lower()
            url = (record.headers.get("WARC-Target-URI") or "").strip("<> ")
            status = record.http_headers.status_code if record.http_headers else None
            if status != 200 or kind not in _PAGES:
                others += 1
                continue
            if record.content_length > MAX_PAGE:
                yield Skipped(f"{place}!{url}", None, f"a page of more than {MAX_PAGE >> 20} MiB")
                continue
            body = record.reader.read(MAX_PAGE + 1)
            cut = len(body) < record.content_length
            body = _unpacked(body, record.http_headers)
        except Unusable:
            raise
        except (OSError, ValueError, RuntimeError, EOFError, zlib.error) as error:
            raise Unusable(f"damaged ({' '.join(str(error).split())[:100]}); all before it was read") from None
        if cut:
            break
        pages += 1
        try:
            text = decode(body, declares=True)
        except Unusable as error:
            yield Skipped(f"{place}!{url}", None, error.reason)
            continue
        yield RawDocument(f"{place}!{url}", None, "html", text, {"url": url}, done())
    if source.damaged or cut:
        raise Unusable(_CUT)
    if others:
        yield Skipped(place, None, f"{others:,} records that are no pages (pictures, errors, redirects)")
    elif not pages:
        raise Unusable("no WARC file, or one without pages")


class _UntilDamage(io.RawIOBase):
    """A stream that ends where its packing is damaged: what stands before it can still be read."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self.damaged = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.damaged:
            return 0
        try:
            data = self._stream.read1(len(buffer))
        except (EOFError, zlib.error, OSError):
            self.damaged = True
            return 0
        buffer[: len(data)] = data
        return len(data)


def _unpacked(body: bytes, headers: Any) -> bytes:
    """Return the body without the packing of the transfer, where the crawler kept it."""
    said = {name.lower(): value.lower() for name, value in headers.items()}
    if said.get("transfer-encoding") == "chunked" and (plain := _unchunked(body)) is not None:
        body = plain
    if said.get("content-encoding") in ("gzip", "x-gzip", "deflate") and body[:2] in (
        b"\x1f\x8b",
        b"\x78\x9c",
        b"\x78\x01",
    ):
        unpacker = zlib.decompressobj(47)
        body = unpacker.decompress(body, MAX_PAGE)
        if unpacker.unconsumed_tail:
            raise Unusable(f"a page that unpacks to more than {MAX_PAGE >> 20} MiB")
    return body


def _unchunked(body: bytes) -> bytes | None:
    """Return a body in chunks as one; None where it isn't in chunks, though its header says so."""
    parts: list[bytes] = []
    at = 0
    while True:
        end = body.find(b"\r\n", at, at + 32)
        try:
            size = int(body[at:end].partition(b";")[0], 16) if end >= 0 else -1
        except ValueError:
            size = -1
        if size < 0:
            return None
        if size == 0:
            return b"".join(parts)
        parts.append(body[end + 2 : end + 2 + size])
        at = end + 2 + size + 2
