"""The names under which the world keeps an article's fields, and how to read a value found there.

Names are compared without regard to case, dashes, underscores and spaces: `publishedAt`, `published_at` and
"Published At" are one name. Where a record has several of a field's names, the first listed that is not blank wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Literal

Field = Literal[
    "body", "title", "source", "url", "author", "published_at", "updated_at", "category", "language", "id"
]  # fmt: skip

NAMES: Mapping[Field, tuple[str, ...]] = {
    "body": ("body", "text", "content", "article_text", "full_text", "article_body", "body_text", "full_content",
             "article_content", "main_text", "story_text", "article", "story"),
    "title": ("title", "headline", "name", "article_title"),
    "source": ("source", "outlet", "publisher", "site_name", "source_name", "publication", "newspaper"),
    "url": ("url", "link", "permalink", "canonical_url", "article_url", "source_url", "web_url"),
    "author": ("author", "authors", "byline", "creator"),
    "published_at": ("published_at", "published", "date", "pub_date", "publish_date", "date_published",
                     "published_date", "publication_date", "published_time", "created_at", "timestamp"),
    "updated_at": ("updated_at", "updated", "modified", "date_modified", "last_modified", "modified_at",
                   "updated_date"),
    "category": ("category", "section", "topic", "categories"),
    "language": ("language", "lang"),
    "id": ("id",),
}  # fmt: skip


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """Return `name` in the form in which names are compared."""
    return re.sub(r"[\W_]+", "", name.lower())


_FOLDED = {field: tuple(map(fold, names)) for field, names in NAMES.items()}


def has_body(names: Iterable[object]) -> bool:
    """Whether any of a record's names is one that holds an article's text."""
    return not {fold(name) for name in names if isinstance(name, str)}.isdisjoint(_FOLDED["body"])


def pick(record: Mapping[Any, Any]) -> dict[Field, Any]:
    """Return the record's value for each field that it has; None and blank strings count as absent."""
    present = {
        fold(name): value
        for name, value in record.items()
        if isinstance(name, str) and value is not None and not (isinstance(value, str) and not value.strip())
    }
    chosen: dict[Field, Any] = {}
    for field, names in _FOLDED.items():
        for name in names:
            if name in present:
                chosen[field] = present[name]
                break
    return chosen


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
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return " ".join(str(value).split()) or None
