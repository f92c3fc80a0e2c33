"""RawDocument → Article: which of its fields mean what, its text unchanged, its dates in UTC, its id.

The text of a record is its body, without markup where it has some, and that of a file what follows the front matter,
both otherwise character for character: citations count on the offsets. Of a page it is what `corpus.pages` takes for the article.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from corpus.dates import parse_date
from corpus.exported import exported, is_exported
from corpus.fields import NAMES, Field, label, missing, pick, unknown_date, unknown_text
from corpus.formats import MAX_TEXT
from corpus.markup import entities, plain
from corpus.pages import articles_in
from corpus.raw import RawDocument
from rag.text.decode import Unusable
from rag.types import Article, KnownBy, Skipped, canonical_url

_MARKED = 4  # times as many with its markup
MAX_FRONT_MATTER = 64 << 10  # characters
_LONGEST_ID = 200  # characters
_LONGEST_TITLE = 300  # characters; the longest headlines have 200
_LONGEST_LABEL = 500  # characters of an outlet, of authors or a category
_LONGEST_URL = 4_000  # characters; browsers and servers take less
_LONGER = 3  # times the text that an article has: a field so much longer may be the text instead
_LONGEST_MADE_TITLE = 100  # characters
_LONGEST_TOLD = 100  # characters of a value in a message
_LONGEST_NAME = 40  # characters, likewise

_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#[ \t]+(\S.*)", re.MULTILINE)
_TOO_LONG = f"a text of more than {MAX_TEXT:,} characters; split it into its articles"


@dataclass(frozen=True, slots=True)
class Remark:
    """What an article of `place` lacks that its record may have. `about`: the name of the field, or "date"."""

    place: str
    about: str
    text: str

    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


@dataclass(frozen=True, slots=True)
class Extracted:
    """An article, a text in the place of one of its dates that names none, and the share of the input done (0 to 1)."""

    article: Article
    unreadable_date: str | None
    done: float
    remark: Remark | None = None


def extract(document: RawDocument) -> Extracted | Skipped:
    """Return the document's article, the first where it has several, or why it holds none."""
    return next(extract_all(document))


def extract_all(document: RawDocument) -> Iterator[Extracted | Skipped]:
    """Yield the document's articles, one but for a live blog, or why it holds none."""
    try:
        match document.kind:
            case "record" if is_exported(document.fields):
                yield Extracted(exported(document.fields), None, document.done)
                return
            case "record":
                found = [_record(document.fields)]
            case "text":
                text, said = _text(document.content)
                found = [(text, {**pick(document.fields), **said})]
            case "html":
                found = articles_in(document.content, document.fields)
    except (Unusable, RecursionError) as error:
        yield _skipped(document, error)
        return
    path = _whole_file(document) if len(found) == 1 else None
    for text, said in found:
        try:
            yield _extracted(document, *_article(text, said, path))
        except Unusable as error:
            yield _skipped(document, error)


def _skipped(document: RawDocument, error: Unusable | RecursionError) -> Skipped:
    where = f"item {document.item}: " if document.item else ""
    reason = error.reason if isinstance(error, Unusable) else "fields nested too deeply"
    return Skipped(document.place, document.line, where + reason)


def _extracted(document: RawDocument, article: Article, unreadable: str | None) -> Extracted:
    about = told = ""
    if unreadable:
        about, told = "date", f"{unreadable!a} is no date that can be read; write it as 2025-01-31"
    elif not article.published_at and (date := unknown_date(document.fields)):
        about, unreadable = date[0], f"{date[0]}: {date[1]}"[:_LONGEST_TOLD]
        told = f"{_short(about)} looks like the date and is not read; rename it to published_at"
    elif (body := unknown_text(document.fields)) and len(body[1]) >= _LONGER * len(article.text):
        about, told = body[0], f"{_short(body[0])} looks like the text and is not read; rename it to body"
    return Extracted(article, unreadable, document.done, Remark(document.place, about, told) if told else None)


def _short(name: str) -> str:
    return ascii(name[:_LONGEST_NAME])


# Each kind of document → its text and its fields


def _record(fields: Mapping[str, Any]) -> tuple[str, dict[Field, Any]]:
    found = pick(fields)
    text = found.pop("body", None)
    if text is None:
        longest = unknown_text(fields)
        hint = f"; {_short(longest[0])} looks like one: rename it to body" if longest else ""
        raise Unusable(f"no text; it is looked for in {', '.join(NAMES['body'][:3])} and the like{hint}")
    if not isinstance(text, str):
        raise Unusable(f"its text is not a string but of type {type(text).__name__}")
    if len(text) > _MARKED * MAX_TEXT:
        raise Unusable(_TOO_LONG)
    return plain(text), {field: _unmarked(field, value) for field, value in found.items()}


def _unmarked(field: Field, value: Any) -> Any:
    if field == "id":
        return value
    if isinstance(value, list | tuple):
        return [_unmarked(field, item) for item in value]
    if isinstance(value, Mapping):
        return {name: _unmarked(field, item) for name, item in value.items()} if len(value) < 10 else value
    if not isinstance(value, str):
        return value
    value = value[: _MARKED * _LONGEST_URL]
    return entities(value) if field == "url" else plain(value)


def _text(content: str) -> tuple[str, dict[Field, Any]]:
    found: dict[Field, Any] = {}
    if front := _FRONT_MATTER.match(content):
        found = pick(_front_matter(front[1]))
        content = content[front.end() :]
    if "title" not in found and (heading := _HEADING.search(content)):
        found["title"] = re.sub(r" #+$", "", " ".join(heading[1].split()))
    return content, found


def _front_matter(source: str) -> Mapping[Any, Any]:
    import yaml

    class Loader(yaml.SafeLoader):
        """Safe YAML without aliases (a few of them can unfold to gigabytes) whose values stay as they are written.

        So `id: 007` keeps its zeros, and a date that the calendar lacks can be reported instead of failing the file.
        """

        yaml_implicit_resolvers = {  # noqa: RUF012  (it is PyYAML's)
            first: [(tag, pattern) for tag, pattern in resolvers if tag == "tag:yaml.org,2002:null"]
            for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise yaml.MarkedYAMLError(problem="aliases are not allowed")
            return super().compose_node(parent, index)

    if len(source) > MAX_FRONT_MATTER:
        raise Unusable(f"front matter of more than {MAX_FRONT_MATTER >> 10} KiB")
    try:
        values = yaml.load(source, Loader) or {}
    except Exception as error:  # PyYAML raises what it likes where a value doesn't fit its tag ("!!bool maybe")
        problem = getattr(error, "problem", None) or type(error).__name__
        raise Unusable(f"front matter is not valid YAML ({problem})") from None
    if not isinstance(values, dict):
        raise Unusable("front matter is not a list of 'name: value' lines")
    return values


# Text and fields → Article


def _whole_file(document: RawDocument) -> str | None:
    """Return the resolved path of the file that the document is the whole of; None for a record or a zip's member."""
    if document.kind == "record" or not Path(document.place).is_file():
        return None
    return str(Path(document.place).resolve())


def _article(text: str, found: Mapping[Field, Any], path: str | None) -> tuple[Article, str | None]:
    if len(text) > MAX_TEXT:
        raise Unusable(_TOO_LONG)
    if not text.strip():
        raise Unusable("no text")
    published_at, unreadable = _date(found.get("published_at"))
    updated_at, unreadable_too = _date(found.get("updated_at"))
    url, canonical = _address(found.get("url"))
    stated = _cut(label(found.get("title")) or "", _LONGEST_TITLE)
    title = stated or _made_title(text)
    source = _cut(label(found.get("source")) or "", _LONGEST_LABEL)
    others = (label(found.get(name)) for name in ("author", "category", "language"))
    author, category, language = (other and _cut(other, _LONGEST_LABEL) for other in others)
    given_id = label(found.get("id")) or ""
    try:
        f"{given_id}{language}".encode()
        day = published_at.isoformat() if published_at else ""
        content_hash = _digest("\x1f".join((title, source, day, author or "", category or "", url or "", text)))
    except UnicodeEncodeError:
        raise Unusable("text that is damaged (half of a surrogate pair stands alone)") from None
    known_by = None
    if not 0 < len(given_id) <= _LONGEST_ID:
        known_by = None if canonical else KnownBy(path, titled=bool(stated))
        # The same text in two outlets is two articles, as with addresses.
        content = "\x1f".join((source, text)) if source else text
        given_id = "u" + _digest(canonical)[:16] if canonical else "c" + _digest(content)[:16]
    article = Article(
        id=given_id,
        url=url,
        title=title,
        source=source,
        text=text,
        content_hash=content_hash,
        author=author,
        published_at=published_at,
        updated_at=updated_at,
        category=category,
        language=language,
        known_by=known_by,
    )
    return article, unreadable or unreadable_too


def _date(value: Any) -> tuple[datetime | None, str | None]:
    """Return the date that `value` names, or what stands there instead of one (at most 100 characters)."""
    moment = parse_date(value)
    if moment or missing(value):
        return moment, None
    return None, str(value).strip()[:_LONGEST_TOLD].encode(errors="replace").decode()


def _address(value: Any) -> tuple[str | None, str | None]:
    """Return a web address as given and in its canonical form; of anything else, such as `javascript:`, neither."""
    url = value.strip() if isinstance(value, str) else ""
    try:
        return (url, canonical_url(url)) if len(url) <= _LONGEST_URL else (None, None)
    except ValueError:
        return None, None


def _made_title(text: str) -> str:
    """Return the first line of `text` that is not empty, cut between words where it is long."""
    # One that is longer than any title is not looked at as a whole.
    first = next(line for line in text.lstrip()[: 10 * _LONGEST_MADE_TITLE].splitlines() if line.strip())
    return _cut(re.sub(r"^#+ ", "", " ".join(first.split())), _LONGEST_MADE_TITLE)


def _cut(text: str, longest: int) -> str:
    """Return `text`, from `longest` characters on cut between words, with an ellipsis."""
    if len(text) <= longest:
        return text
    head = text[:longest].rpartition(" ")[0].rstrip(" ,;:-\u2013\u2014")
    return (head or text[: longest - 1]) + "\u2026"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
