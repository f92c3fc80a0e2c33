"""Streams of bytes → RawDocuments: one reader for each kind of file, chosen by how its name ends."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from corpus.documents import docx, epub, pdf
from corpus.feeds import is_json_feed, json_feed, xml_feed
from corpus.fields import has_body
from corpus.opml import opml
from corpus.raw import MAX_PAGE, MAX_WHOLE, Documents, Progress, RawDocument, whole
from corpus.sitemaps import sitemap
from corpus.warc import warc
from corpus.xmltree import root_of
from rag.text.decode import MAX_LINE, Unusable, decode, lines
from rag.types import Skipped

MAX_TEXT = 1_000_000  # characters of one article: a thick book; the longest reports of newspapers have 200,000
MAX_VALUES = 4_000_000  # of a JSON text; each takes up to 80 bytes, and one article has 10 to 100
MAX_XML = 50 << 20  # bytes; the standard's bound for a sitemap
_UNCLOSED = 20  # quotes never closed in a table; each has the rest of it read once more


def _text(place: str, stream: io.BufferedReader, done: Progress) -> Documents:
    yield RawDocument(place, None, "text", content=decode(whole(stream, MAX_WHOLE)), done=done())


def _html(place: str, stream: io.BufferedReader, done: Progress) -> Documents:
    yield RawDocument(place, None, "html", content=decode(whole(stream, MAX_PAGE), declares=True), done=done())


def _json(place: str, stream: io.BufferedReader, done: Progress) -> Documents:
    # One object a line, which many programs write under this name, is told by its first line, an object of its own.
    if _LINES.match(first := stream.peek(1 << 16)) and isinstance(_quietly(first.partition(b"\n")[0]), dict):
        yield from _json_lines(place, stream, done)
        return
    value = _parsed(decode(whole(stream, MAX_WHOLE)))
    if is_json_feed(value):
        yield from json_feed(place, value, done)
        return
    for number, record in enumerate(_records(value), 1):
        if isinstance(record, dict):
            yield RawDocument(place, None, "record", fields=record, done=done(), item=number)
        else:
            yield Skipped(place, None, f"item {number} is not a JSON object")


def _xml(place: str, stream: io.BufferedReader, done: Progress) -> Documents:
    data = whole(stream, MAX_XML)
    match root_of(data):
        case "rss" | "rdf" | "feed":
            yield from xml_feed(place, data, done)
        case "urlset" | "sitemapindex":
            yield from sitemap(place, data)
        case "opml":
            yield from opml(place, data)
        case "html":
            yield RawDocument(place, None, "html", content=decode(data, declares=True), done=done())
        case name:
            raise Unusable(f"XML that is no feed, sitemap or reading list (it begins with {name[:40]!a})")


_LINES = re.compile(rb"(?:\xef\xbb\xbf)?\s*\{[^\n]*\}\s*\n\s*\{")


def _quietly(line: bytes) -> Any:
    try:
        return _parsed(decode(line))
    except Unusable:
        return None


def _records(value: Any) -> list[Any]:
    """Return the array of records that a JSON file is or holds; an object with no one such array is itself a record."""
    if isinstance(value, dict) and not has_body(value):
        arrays = [v for v in value.values() if isinstance(v, list) and any(isinstance(item, dict) for item in v)]
        if not arrays and isinstance(inner := value.get("response"), dict):  # as the Guardian's API answers
            return _records(inner)
        return arrays[0] if len(arrays) == 1 else [value]
    return value if isinstance(value, list) else [value]


def _json_lines(place: str, stream: io.BufferedReader, done: Progress) -> Documents:
    for line in lines(place, stream):
        if isinstance(line, Skipped):
            yield line
            continue
        number, text = line
        if not text.strip():
            continue
        try:
            record = _parsed(text)
        except Unusable as error:
            yield Skipped(place, number, error.reason)
            continue
        if isinstance(record, dict):
            yield RawDocument(place, number, "record", fields=record, done=done())
        else:
            yield Skipped(place, number, "not a JSON object")


def _parsed(text: str) -> Any:
    if sum(map(text.count, ",:[{")) > MAX_VALUES:
        raise Unusable(f"JSON of more than {MAX_VALUES:,} values; make it JSON lines, which are streamed")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Unusable(f"not valid JSON ({error.msg} at column {error.colno})", error.lineno) from None
    except ValueError:  # Python refuses numbers of more than 4,300 digits
        raise Unusable("not usable JSON (a number with thousands of digits)") from None
    except RecursionError:
        raise Unusable("JSON nested too deeply") from None


class _LostLine(Unusable):
    """A line of a table that can't be read; the row that it belongs to is lost, the table is not."""


def _table(place: str, stream: io.BufferedReader, done: Progress, delimiters: str = ",;\t|") -> Documents:
    csv.field_size_limit(MAX_LINE)
    feed = _TableLines(lines(place, stream))
    first = next(feed, "")
    feed.back_to(0)
    try:
        fitting = [mark for mark in delimiters if has_body(next(csv.reader([first], delimiter=mark), []))]
        delimiter = fitting[0] if fitting else ","
        rows = csv.reader(feed, delimiter=delimiter, strict=True)
        header = next(rows, [])
    except csv.Error as error:
        raise Unusable(f"not a valid header ({error})", 1) from None
    if not fitting:
        raise Unusable("no column for the text; the first line must name the columns, one of them body or text")
    unclosed = 0
    while True:
        feed.row.clear()
        try:
            row = next(rows)
        except StopIteration:
            return
        except _LostLine as error:
            yield Skipped(place, error.line, error.reason)
        except csv.Error as error:
            yield Skipped(place, feed.row[0][0], f"not a valid row ({error})")
            # A quote that is never closed takes all lines to the end with it, one that the next quote closes the next row.
            if len(feed.row) > 1 and unclosed < _UNCLOSED:
                unclosed += feed.ended
                feed.back_to(1 if feed.ended else len(feed.row) - 1)
                rows = csv.reader(feed, delimiter=delimiter, strict=True)
        else:
            line = feed.row[0][0]
            if any(row[len(header) :]):
                yield Skipped(place, line, f"{len(row)} columns where the header has {len(header)}")
            elif row:
                yield RawDocument(place, line, "record", fields=dict(zip(header, row, strict=False)), done=done())


class _TableLines:
    """The lines of a table for a csv.reader. `row` has those, with their numbers, that the row at hand took."""

    def __init__(self, feed: Iterator[tuple[int, str] | Skipped]) -> None:
        self.row: list[tuple[int, str]] = []
        self.ended = False
        self._feed = feed
        self._again: deque[tuple[int, str]] = deque()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.ended = False
        line = self._again.popleft() if self._again else next(self._feed, None)
        if line is None:
            self.ended = True
            raise StopIteration
        if isinstance(line, Skipped):
            raise _LostLine(line.reason, line.line)
        self.row.append(line)
        return line[1]

    def back_to(self, n: int) -> None:
        """Give the row's lines from its `n`-th on, from 0, once more."""
        self._again.extendleft(reversed(self.row[n:]))
        del self.row[n:]


FORMATS: Mapping[str, Callable[[str, io.BufferedReader, Progress], Documents]] = {
    **dict.fromkeys((".md", ".markdown", ".txt", ".text"), _text),
    **dict.fromkeys((".html", ".htm", ".xhtml"), _html),
    **dict.fromkeys((".jsonl", ".ndjson"), _json_lines),
    **dict.fromkeys((".xml", ".rss", ".atom", ".rdf", ".opml"), _xml),
    ".json": _json,
    ".csv": _table,
    ".tsv": partial(_table, delimiters="\t"),
    ".warc": warc,
    ".pdf": pdf,
    ".docx": docx,
    ".epub": epub,
}
