"""What stands at a source, as documents and links → the pages that it names, each with a mark by which a change is told."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from corpus.extract import Extracted, extract_all
from corpus.raw import Linked, RawDocument
from corpus.sync import Items, ListedPage
from rag.types import Skipped


def listed(address: str, whole: str, documents: Iterable[RawDocument | Skipped | Linked]) -> Iterator[ListedPage]:
    """Yield the pages that a source names. `whole`: the mark of all that stands there."""
    for item in documents:
        match item:
            case Linked() if item.expected == "page":
                yield ListedPage(item.url, _mark(item.changed, item.fields), said=item.fields)
            case Linked():
                yield ListedPage(item.url, item.changed or "", said=item.fields, lists=True)
            case RawDocument(kind="record"):
                mark = _mark(None, item.fields)
                url = item.fields.get("url")
                at = url if isinstance(url, str) and url else f"{address}#{_name(item)}"
                yield ListedPage(at, mark, partial(items_of, [item]))
            case RawDocument():
                yield ListedPage(address, whole, partial(items_of, [item]))
            case Skipped():
                yield ListedPage(f"{address}#{_digest(item.reason)}", _digest(str(item)), partial(items_of, [item]))


def items_of(documents: Iterable[RawDocument | Skipped | Linked]) -> Items:
    """Return the articles of some documents, and what can't be used; links lead nowhere."""
    items: list[Extracted | Skipped] = []
    for document in documents:
        if isinstance(document, RawDocument):
            items += extract_all(document)
        elif isinstance(document, Skipped):
            items.append(document)
    return tuple(items)


def _name(document: RawDocument) -> str:
    """Return by what an item without an address is known again: its title, else its number."""
    title = document.fields.get("title")
    return _digest(title) if isinstance(title, str) and title else str(document.item or document.line)


def _mark(changed: str | None, fields: Mapping[str, Any]) -> str:
    return _digest(json.dumps([changed, fields], sort_keys=True, default=str))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
