"""When an article was published and last changed, as its page says: see `corpus.said` for whom it believes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from corpus.dates import parse_date
from corpus.elements import elsewhere, spaced, text_of_element, with_class, with_property
from corpus.fields import Field
from corpus.jsonld import Node
from corpus.raw import on_the_web

_PUBLISHED = (
    "article:published_time", "og:published_time", "og:article:published_time", "datepublished", "parsely-pub-date",
    "sailthru.date", "dc.date.issued", "dcterms.issued", "dc.date.created", "dcterms.created", "dc.date", "dcterms.date",
    "citation_publication_date", "publish-date", "publish_date", "publishdate", "publication_date", "publication-date",
    "pubdate", "pub_date", "article.published", "cxenseparse:recs:publishtime", "originalpublicationdate", "displaydate",
    "date", "ptime",
)  # fmt: skip
_UPDATED = (
    "article:modified_time", "og:updated_time", "og:article:modified_time", "datemodified", "dcterms.modified",
    "dc.date.modified", "article.updated", "lastmod", "last_updated_date",
)  # fmt: skip
_DATED = re.compile(
    r"(?:^|[-_\s])(?:\w*date\w*|\w*publish\w*|timestamp|time|posted(?:-on)?|byline|meta|info)(?:$|[-_\s])",
    re.IGNORECASE,
)
_UPDATED_WORD = re.compile(
    r"\b(?:updated|modified|last\s+(?:edited|changed)|aktualisiert|mis à jour|actualizado)\b", re.IGNORECASE
)
MONTHS = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_CLOCK = (
    r"(?:,?\s*(?:at|-|–|\|)?\s*\d{1,2}[:.]\d\d(?::\d\d)?(?:\s*[ap]\.?m\.?)?(?:\s*(?:[A-Z]{2,4}|[+-]\d\d:?\d\d)\b)?)?"
)
_WRITTEN = re.compile(
    rf"\d{{1,2}}(?:st|nd|rd|th)?\s+{MONTHS},?\s+\d{{4}}{_CLOCK}|{MONTHS}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}{_CLOCK}"
    rf"|\d{{4}}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?)?|\d{{1,2}}\.\s?\d{{1,2}}\.\s?\d{{4}}"
)
_IN_ADDRESS = re.compile(
    r"[/_-]((?:19|20)\d\d)[/_-]?(0[1-9]|1[0-2]|[1-9](?=[/_-])|[a-z]{3}(?=[/_-]))[/_-]?(0[1-9]|[12]\d|3[01]|[1-9](?=[/_-]))(?=[/_.-]|$)"
)
_CALENDAR = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_ONLY = re.compile(r"\d{4}-\d\d-\d\d(?:T00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?)?\Z")
_MOST_TIMES = 200


def published(
    tree: Any, metas: Mapping[str, list[str]], article: Node, page: Node, given: Mapping[Field, Any], url: str
) -> Any:
    """Return when it was published, as it is written where that can't be read.

    article, page: the nodes of both in its JSON-LD.   given: what the feed says.   url: its address, which may name a day.
    """
    return _first(
        (
            *_dates(article, "datePublished"),
            *(metas[name][0] for name in _PUBLISHED if name in metas),
            *_dates(page, "datePublished"),
            *_dates(article, "dateCreated"),
            given.get("published_at"),
            *_times(tree, updated=False),
            *_written(tree, updated=False),
            day_in(url),
        )
    )


def updated(
    tree: Any, metas: Mapping[str, list[str]], article: Node, page: Node, given: Mapping[Field, Any], begun: Any
) -> Any:
    """Return when it was last changed, where that is not before `begun`, when it was published."""
    found = _first(
        (
            *_dates(article, "dateModified"),
            *(metas[name][0] for name in _UPDATED if name in metas),
            *_dates(page, "dateModified"),
            *_times(tree, updated=True),
            *_written(tree, updated=True),
            given.get("updated_at"),
        )
    )
    moment, start = parse_date(found), parse_date(begun)
    return None if moment is None or (start and moment < start) else found


def _times(tree: Any, *, updated: bool) -> Iterator[str]:
    """Yield the page's <time> elements that are its article's: those that say so first."""
    sure: list[str] = []
    others: list[str] = []
    for time, _ in zip(tree.iter("time", "relative-time", "abbr"), range(_MOST_TIMES), strict=False):
        value = (time.get("datetime") or time.get("content") or time.get("title") or text_of_element(time)).strip()
        marks = f"{time.get('itemprop') or ''} {time.get('class') or ''}"
        parent = time.getparent()
        before = f"{(parent.text or '') if parent is not None else ''} {_tail_before(time)} {time.text or ''}"
        changed = bool(re.search(r"modif|updat", marks, re.IGNORECASE) or _UPDATED_WORD.search(before[-80:]))
        if not value or changed != updated or elsewhere(time):
            continue
        stated = time.get("pubdate") is not None or re.search(r"publish", marks, re.IGNORECASE)
        (sure if stated else others).append(value)
    for each in with_property(tree, "dateModified" if updated else "datePublished"):
        sure.append((each.get("content") or each.get("datetime") or text_of_element(each)).strip())
    return iter((*sure, *others))


def _written(tree: Any, *, updated: bool) -> Iterator[str]:
    """Yield dates written for readers, in elements whose names say that they hold one."""
    for element in with_class(tree, _DATED, 160):
        text = spaced(element)
        for match in _WRITTEN.finditer(text):
            word = _UPDATED_WORD.search(text[: match.start()][-40:])
            if bool(word) == updated:
                yield re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", re.sub(r"\s+(?:at|-|–|\|)\s+(?=\d)", " ", match[0]))


def day_in(url: str) -> str | None:
    """Return the day that an address names, as many newspapers' do; None where it names none, or a month only."""
    match = _IN_ADDRESS.search(urlsplit(url).path.lower()) if on_the_web(url) else None
    if not match:
        return None
    month = match[2] if match[2].isdigit() else str(_CALENDAR.index(match[2]) + 1) if match[2] in _CALENDAR else None
    return f"{match[1]}-{int(month):02}-{int(match[3]):02}" if month else None


def _dates(node: Node, name: str) -> tuple[Any, ...]:
    value = node.get(name)
    return tuple(value) if isinstance(value, list) else (value,)


def _first(values: Iterable[Any]) -> Any:
    """Return the first value that is a date; where it is only a day, one below that gives the time on that day."""
    said = [value for value in values if isinstance(value, str | int) and not isinstance(value, bool) and value != ""]
    found = next((value for value in said if parse_date(value)), None)
    if isinstance(found, str) and _DAY_ONLY.match(found.strip()):
        day = found.strip()[:10]
        return next(
            (
                v
                for v in said
                if isinstance(v, str)
                and v.strip()[:10] == day
                and ":" in v
                and not _DAY_ONLY.match(v.strip())
                and parse_date(v)
            ),
            found,
        )
    return found if found is not None else next(iter(said), None)


def _tail_before(element: Any) -> str:
    previous = element.getprevious()
    if previous is None or not isinstance(previous.tag, str):
        return ""
    return f"{'' if previous.tag == 'time' else text_of_element(previous)} {previous.tail or ''}"
