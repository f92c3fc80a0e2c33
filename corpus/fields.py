"""The names under which the world keeps an article's fields, and how to read a value found there.

Names are compared without regard to case, dashes, underscores and spaces: `publishedAt`, `published_at` and
"Published At" are one name. Where a record has several of a field's names, the first listed that is not blank wins.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal

from corpus.dates import parse_date

Field = Literal[
    "body", "title", "source", "url", "author", "published_at", "updated_at", "category", "language", "id"
]  # fmt: skip

NAMES: Mapping[Field, tuple[str, ...]] = {
    "body": ("body", "text", "content", "article_text", "full_text", "article_body", "body_text", "full_content",
             "article_content", "main_text", "story_text", "article", "story", "plain_text", "raw_text", "content_text",
             "content_html", "content_encoded"),
    "title": ("title", "headline", "name", "article_title", "web_title"),
    "source": ("source", "outlet", "publisher", "site_name", "source_name", "publication", "newspaper",
               "source_domain", "source_common_name", "domain", "hostname", "source_hostname"),
    "url": ("url", "link", "permalink", "canonical_url", "article_url", "source_url", "web_url", "external_url",
            "document_identifier", "warc_target_uri", "requested_url"),
    "author": ("author", "authors", "byline", "creator"),
    "published_at": ("published_at", "published", "date_gmt", "date", "pub_date", "publish_date", "date_published",
                     "published_date", "publication_date", "published_time", "date_publish", "web_publication_date",
                     "created_at", "timestamp", "seen_date"),
    "updated_at": ("updated_at", "updated", "modified_gmt", "modified", "date_modify", "date_modified", "last_modified",
                   "modified_at", "updated_date"),
    "category": ("category", "section", "topic", "section_name", "categories"),
    "language": ("language", "lang"),
    "id": ("id",),
}  # fmt: skip


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """Return `name` in the form in which names are compared."""
    return re.sub(r"[\W_]+", "", name.lower())


LIKE_A_TEXT = 200  # characters from which a field that is not understood may be the article's text
_FOLDED = {field: tuple(map(fold, names)) for field, names in NAMES.items()}
_PLACES = {name: (field, rank) for field, names in _FOLDED.items() for rank, name in enumerate(names)}


_DATED = re.compile(r"date|time|publi|day", re.IGNORECASE)
_DAY = re.compile(r"\s*\d{4}-\d\d-\d\d")
_OTHER_DAY = re.compile(r"crawl|scrap|fetch|download|access|retriev|index|expir|event|birth", re.IGNORECASE)
_MISSING = frozenset(("", "nan", "none", "nat", "null", "n/a", "#n/a", "<na>", "undefined", "-", "--", "–", "—"))
_INNER = ("fields", "_source")  # where the Guardian's API and Elasticsearch keep a record's fields
_VALUE = ("rendered", "value", "name")  # where WordPress, feedparser and NewsAPI keep a field's value


def missing(value: object) -> bool:
    """Whether `value` is one of the ways in which programs write that there is none."""
    if isinstance(value, str):
        return value.strip() == "NA" or value.strip().lower() in _MISSING
    return value is None or (isinstance(value, float) and math.isnan(value))


def has_body(names: Iterable[object]) -> bool:
    """Whether any of a record's names is one that holds an article's text."""
    if isinstance(names, Mapping):
        names = _flat(names)
    return not {fold(name) for name in names if isinstance(name, str)}.isdisjoint(_FOLDED["body"])


def pick(record: Mapping[Any, Any]) -> dict[Field, Any]:
    """Return the record's value for each field that it has; blanks and words for "missing" count as absent."""
    chosen: dict[Field, tuple[int, Any]] = {}
    for name, value in _flat(record).items():
        if not isinstance(name, str) or not (place := _PLACES.get(fold(name))) or missing(value := _value(value)):
            continue
        field, rank = place
        if field not in chosen or rank <= chosen[field][0]:
            chosen[field] = rank, value
    return {field: value for field, (_, value) in chosen.items()}


def unknown_date(record: Mapping[Any, Any]) -> tuple[str, str] | None:
    """Return name and value of the first value that may be the article's date, under a name not known here."""
    for name, value in _unknown(record):
        dated = _DATED.search(name) or (isinstance(value, str) and _DAY.match(value))
        if dated and not _OTHER_DAY.search(name) and isinstance(value, str | int) and parse_date(value):
            return name, str(value)
    return None


def unknown_text(record: Mapping[Any, Any]) -> tuple[str, str] | None:
    """Return name and value of the longest value that may be an article's text, under a name not known here."""
    texts = [(name, value) for name, value in _unknown(record) if isinstance(value, str)]
    longest = max(texts, key=lambda item: len(item[1]), default=("", ""))
    return longest if len(longest[1]) >= LIKE_A_TEXT else None


def _unknown(record: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in _flat(record).items():
        if isinstance(name, str) and fold(name) not in _PLACES:
            yield name, value


def _flat(record: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Return the record with the fields of an object inside it; those objects' values win."""
    inner = (record[name] for name in _INNER if isinstance(record.get(name), Mapping))
    return {name: value for part in (record, *inner) for name, value in part.items()}


def _value(value: Any) -> Any:
    """Return what stands in an object that wraps a field's value, or in the first one of a list of such."""
    if isinstance(value, list) and value and isinstance(value[0], Mapping) and "value" in value[0]:
        value = value[0]
    if isinstance(value, Mapping):
        return next((value[key] for key in _VALUE if isinstance(value.get(key), str)), value)
    return value


def stripped(value: Any) -> str | None:
    """Return a text without the blanks around it; None where it is none, or blank."""
    return value.strip() or None if isinstance(value, str) else None


def label(value: Any) -> str | None:
    """Return a field's value as one line of text, or None where it holds nothing that is one.

    A number is written out; a list is joined with ", "; of an object, such as NewsAPI's `{"id": …, "name": …}`, the
    name is taken.
    """
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, map(_single, value))) or None
    return _single(value)


def _single(value: Any) -> str | None:
    if isinstance(value, Mapping):
        value = value.get("name")
    if missing(value) or isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return " ".join(str(value).split()) or None
