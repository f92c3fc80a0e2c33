"""What the readers of files and pages give: documents as found, links to documents, and what could not be used."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rag.text.decode import Unusable
from rag.types import Skipped

MAX_WHOLE = 32 << 20  # bytes of a file that is read in one piece
MAX_PAGE = 16 << 20  # bytes of a page; its parsed tree takes many times that


@dataclass(frozen=True, slots=True)
class RawDocument:
    """One document as found.

    place: the file, or "archive.zip!member", or the address it was fetched from.   line: where it begins, from 1; None for
    a document that is a whole file or stands in a JSON file.   content: the file's text, "" for a record.
    fields: the record's; what a feed or an archive says of a page; empty for a file.
    done: share of the input's bytes consumed so far, in [0, 1].
    item: the number of a record in a JSON file, from 1; None elsewhere.
    """

    place: str
    line: int | None
    kind: Literal["text", "html", "record"]
    content: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    done: float = 1.0
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Linked:
    """Something of the web that a document names and that must be fetched to be read.

    place: where it is named.   expected: what should stand there; "any" where nobody says.
    fields: what is said of it there, under the names of a record: title, published_at, outlet and the like.
    changed: what is said there of its last change, as it is written; None where nothing is.
    """

    place: str
    url: str
    expected: Literal["page", "feed", "sitemap", "any"] = "any"
    fields: Mapping[str, Any] = field(default_factory=dict)
    changed: str | None = None


Documents = Iterator[RawDocument | Skipped | Linked]
Progress = Callable[[], float]


def whole(stream: io.BufferedReader, limit: int) -> bytes:
    """Return all of a stream. Raises Unusable where it is longer than `limit`."""
    data = bytearray()
    while chunk := stream.read(1 << 20):
        data += chunk
        if len(data) > limit:
            raise Unusable(f"larger than {limit >> 20} MiB; split it, or make it JSON lines, which are streamed")
    return bytes(data)
