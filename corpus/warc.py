"""WARC, the form in which crawls of the web are kept (CC-NEWS) → its pages, one at a time.

The date of a record is that of its fetching, and is not used. A file that was cut in the middle gives all that stands
before the cut.
"""

from __future__ import annotations

import io
import logging
import threading
import zlib
from contextlib import redirect_stderr
from typing import Any

from corpus.raw import MAX_PAGE, Documents, Progress, RawDocument
from rag.text.decode import Unusable, decode
from rag.types import Skipped

_PAGES = ("text/html", "application/xhtml+xml")
_ALONE = threading.Lock()  # of two redirections at a time, the one that ends last would stay


def warc(place: str, stream: io.BufferedReader, done: Progress) -> Documents:
    """Yield the pages of a WARC file."""
    from warcio.archiveiterator import ArchiveIterator  # slow to import
    from warcio.exceptions import ArchiveLoadFailed

    source: Any = _UntilDamage(stream)
    records = iter(ArchiveIterator(source))
    others = pages = 0
    logging.getLogger("warcio").setLevel(logging.CRITICAL)
    while True:
        try:
            with _ALONE, redirect_stderr(_Nowhere()):  # where warcio prints what it thinks of a record
                record = next(records, None)
                if record is None:
                    break
                if record.rec_type != "response":
                    continue
                if not _is_page(record):
                    others += 1
                    continue
                body = record.content_stream().read(MAX_PAGE + 1)
                cut = len(body) <= MAX_PAGE and record.raw_stream.limit > 0  # less stands there than the record says
        except Unusable:
            raise
        except (ArchiveLoadFailed, OSError, ValueError, EOFError, zlib.error, AttributeError, TypeError) as error:
            if source.damaged:
                break
            raise Unusable(f"damaged ({' '.join(str(error).split())[:100]}); all before it was read") from None
        if cut:
            source.damaged = True
            break
        pages += 1
        yield _page(place, record.rec_headers.get_header("WARC-Target-URI") or "", body, done)
    if source.damaged or ((pages or others) and not source.ended_well):
        raise Unusable("the file ends in the middle of a record; all before it was read")
    if others:
        yield Skipped(place, None, f"{others:,} records that are no pages (pictures, errors, redirects)")
    elif not pages:
        raise Unusable("no WARC file, or one without pages")


def _is_page(record: Any) -> bool:
    if not record.http_headers or record.http_headers.get_statuscode() != "200":
        return False
    kind = record.http_headers.get_header("Content-Type") or ""
    return kind.partition(";")[0].strip().lower() in _PAGES


def _page(place: str, url: str, body: bytes, done: Progress) -> RawDocument | Skipped:
    where = f"{place}!{url.strip('<> ')}"
    if len(body) > MAX_PAGE:
        return Skipped(where, None, f"a page of more than {MAX_PAGE >> 20} MiB")
    try:
        return RawDocument(where, None, "html", decode(body, declares=True), {"url": url.strip("<> ")}, done())
    except Unusable as error:
        return Skipped(where, None, error.reason)


class _Nowhere(io.TextIOBase):
    def write(self, text: str) -> int:
        return len(text)


class _UntilDamage:
    """A stream that ends where its packing is damaged: what stands before it can still be read."""

    def __init__(self, stream: io.BufferedReader) -> None:
        self._stream = stream
        self._at = 0
        self._tail = b""
        self.damaged = False

    @property
    def ended_well(self) -> bool:
        """Whether the last that was read is the empty lines that end a record."""
        return self._tail.endswith((b"\r\n\r\n", b"\n\n"))

    def read(self, size: int = -1) -> bytes:
        if self.damaged:
            return b""
        try:
            data = self._stream.read1(size)
        except (EOFError, zlib.error, OSError):
            self.damaged = True
            return b""
        self._at += len(data)
        self._tail = (self._tail + data)[-4:]
        return data

    def tell(self) -> int:
        return self._at
