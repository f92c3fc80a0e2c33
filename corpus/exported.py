"""A line of `dateline export` → the Article that it was written from, character for character, with its past.

It is another archive's own word: nothing of it is cleaned or guessed, and what is not as an export writes it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from corpus.formats import MAX_TEXT
from corpus.raw import RawDocument
from rag.text.decode import Unusable
from rag.types import Article, Earlier, Past

FORMAT = 1
_LONGEST = 5_000  # characters of whatever is not the text


def is_exported(document: RawDocument) -> bool:
    """Tell whether a record is a line of an export; what comes from the network is none, whatever it says."""
    kept = document.fields.get("dateline")
    return isinstance(kept, Mapping) and "format" in kept and not document.place.startswith(("http://", "https://"))


def exported(fields: Mapping[Any, Any]) -> Article:
    """Return the article of an export's line. Raises Unusable where it is not as an export writes it."""
    kept: Mapping[Any, Any] = fields["dateline"]
    if kept["format"] != FORMAT:
        raise Unusable(f"an export of the format {str(kept['format'])[:20]!a}; this Dateline reads {FORMAT}: update it")
    version = _number(kept, "version")
    earlier = kept.get("earlier", [])
    if not isinstance(earlier, list) or not all(isinstance(each, Mapping) for each in earlier):
        raise _wrong("earlier")
    past = Past(_text(kept, "path"), tuple(map(_earlier, earlier)))
    if any(each.version >= version for each in past.earlier):
        raise _wrong("earlier")
    return Article(
        id=_stated(fields, "id", longest=200),
        url=_text(fields, "url"),
        title=_stated(fields, "title", least=0),
        source=_stated(fields, "source", least=0),
        text=_stated(fields, "text", longest=MAX_TEXT),
        content_hash=_stated(kept, "content_hash"),
        author=_text(fields, "author"),
        published_at=_moment(fields, "published_at"),
        updated_at=_moment(fields, "updated_at"),
        category=_text(fields, "category"),
        language=_text(fields, "language"),
        version=version,
        origin_id=_text(kept, "origin_id"),
        gone=_flag(kept, "gone"),
        corrected=_flag(kept, "corrected"),
        past=past,
    )


def _earlier(record: Mapping[Any, Any]) -> Earlier:
    if not _moment(record, "replaced_at"):
        raise _wrong("replaced_at")
    return Earlier(
        _number(record, "version"),
        _stated(record, "content_hash"),
        _stated(record, "title", least=0),
        _stated(record, "text", longest=MAX_TEXT),
        _stated(record, "replaced_at"),
    )


def _wrong(name: str) -> Unusable:
    return Unusable(f"a line of an export whose {name} is not as `dateline export` writes it")


def _text(record: Mapping[Any, Any], name: str) -> str | None:
    return None if record.get(name) is None else _stated(record, name, least=0)


def _stated(record: Mapping[Any, Any], name: str, *, least: int = 1, longest: int = _LONGEST) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not least <= len(value) <= longest:
        raise _wrong(name)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _wrong(name) from None
    return value


def _number(record: Mapping[Any, Any], name: str) -> int:
    value = record.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < 1 << 31:
        raise _wrong(name)
    return value


def _flag(record: Mapping[Any, Any], name: str) -> bool:
    value = record.get(name)
    if not isinstance(value, bool):
        raise _wrong(name)
    return value


def _moment(record: Mapping[Any, Any], name: str) -> datetime | None:
    value = record.get(name)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise _wrong(name) from None
    if moment.tzinfo is None:
        raise _wrong(name)
    return moment
