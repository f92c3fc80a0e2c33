"""What a page says of its article: title, outlet, author, section, language, address and times, in an order of trust.

For each, the first that says something that can be read:
    title       JSON-LD, og:title, the page's only <h1>, twitter:title, other meta tags, <title>, the feed
    outlet      JSON-LD's publisher, og:site_name, other meta tags, the end of <title>, the feed, the host
    author      JSON-LD, meta tags, rel=author and itemprop=author, a byline, the feed
    section     JSON-LD, article:section, other meta tags, the feed
    language    <html lang>, JSON-LD, og:locale, meta tags, the feed
    address     rel=canonical, og:url, where they are of the site that the page was fetched from; else where it was fetched
    published   JSON-LD, article:published_time, other meta tags, the feed or news sitemap, <time>, a byline, the address
    updated     JSON-LD, article:modified_time, other meta tags, <time>, the feed
A day is made more exact by a lower one that gives the time on the same day. When a page was fetched is never a date of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urljoin, urlsplit

from corpus.dates import parse_date
from corpus.fields import Field, label
from corpus.jsonld import Node, bare_addresses, named, nodes_of, own_article, types
from corpus.markup import plain

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
_OUTLETS = ("og:site_name", "application-name", "publisher", "article:publisher_name", "dc.publisher", "dcterms.publisher",
            "cre", "twitter:app:name:iphone")  # fmt: skip
_AUTHORS = (
    "author",
    "article:author",
    "parsely-author",
    "sailthru.author",
    "dc.creator",
    "dcterms.creator",
    "byl",
    "citation_author",
)
_SECTIONS = ("article:section", "parsely-section", "og:section", "cxenseparse:section", "section", "category")
_TITLES = (
    "og:title",
    "",
    "twitter:title",
    "parsely-title",
    "sailthru.title",
    "dc.title",
    "dcterms.title",
    "headline",
    "title",
)

_SEPARATOR = re.compile(r"\s+[|\u2013\u2014\u00b7\u2022\u00bb\u2013-]+\s+|\s*\|\s*")
_ELSEWHERE = re.compile(
    r"(?:^|[-_\s])(?:related|recommend\w*|sidebar|teaser|card|promo|comments?|most-?read|trending|latest|more|footer|nav|popular|next|list)(?:$|[-_\s])",
    re.IGNORECASE,
)
_ELSEWHERE_TAGS = frozenset(("aside", "nav", "footer", "li"))
_DATED = re.compile(
    r"(?:^|[-_\s])(?:\w*date\w*|\w*publish\w*|timestamp|time|posted(?:-on)?|byline|meta|info)(?:$|[-_\s])",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    r"(?:^|[-_\s])(?:by-?line(?:[-_]+(?:name|author)s?)?|authors?(?:[-_]+names?)?)(?:$|[-_\s])", re.IGNORECASE
)
_UPDATED_WORD = re.compile(
    r"\b(?:updated|modified|last\s+(?:edited|changed)|aktualisiert|mis à jour|actualizado)\b", re.IGNORECASE
)
_MONTHS = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_CLOCK = (
    r"(?:,?\s*(?:at|-|–|\|)?\s*\d{1,2}[:.]\d\d(?::\d\d)?(?:\s*[ap]\.?m\.?)?(?:\s*(?:[A-Z]{2,4}|[+-]\d\d:?\d\d)\b)?)?"
)
_WRITTEN = re.compile(
    rf"\d{{1,2}}(?:st|nd|rd|th)?\s+{_MONTHS},?\s+\d{{4}}{_CLOCK}|{_MONTHS}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}{_CLOCK}"
    rf"|\d{{4}}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?)?|\d{{1,2}}\.\s?\d{{1,2}}\.\s?\d{{4}}"
)
_IN_ADDRESS = re.compile(
    r"[/_-]((?:19|20)\d\d)[/_-]?(0[1-9]|1[0-2]|[1-9](?=[/_-])|[a-z]{3}(?=[/_-]))[/_-]?(0[1-9]|[12]\d|3[01]|[1-9](?=[/_-]))(?=[/_.-]|$)"
)
_CALENDAR = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_ONLY = re.compile(r"\d{4}-\d\d-\d\d(?:T00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?)?\Z")
_HOSTS_OWN = re.compile(r"^(?:www\d?|m|mobile|amp|edition)\.")
_MOST_TIMES = 200


@dataclass(frozen=True)
class PageSays:
    """What a parsed page, and whoever led to it (`given`), say of its article."""

    tree: Any
    given: Mapping[Field, Any]

    def fields(self) -> dict[Field, Any]:
        """Return all of it that there is."""
        found: dict[Field, Any] = {
            "title": self.title,
            "source": self.outlet,
            "author": self.authors,
            "category": self.section,
            "language": self.language,
            "url": self.address,
            "published_at": self.published,
            "updated_at": self.updated,
        }
        return {field: value for field, value in found.items() if value}

    @cached_property
    def metas(self) -> dict[str, list[str]]:
        """The page's meta tags: by name, in lower case, what they hold."""
        found: dict[str, list[str]] = {}
        for meta in self.tree.iter("meta"):
            content = " ".join((meta.get("content") or "").split())
            for attribute in ("property", "name", "itemprop", "http-equiv"):
                if content and (name := meta.get(attribute)):
                    found.setdefault(name.lower().strip(), []).append(content)
        return found

    @cached_property
    def nodes(self) -> list[Node]:
        """The nodes of its JSON-LD."""
        return nodes_of(self.tree)

    @cached_property
    def article(self) -> Node:
        """The JSON-LD node of its article, empty where there is none."""
        addresses = bare_addresses([self.given.get("url"), self._canonical, self._meta("og:url")])
        titles = [self._meta("og:title") or "", *self._headings, self._head_title]
        return own_article(self.nodes, addresses, titles) or {}

    def _meta(self, *names: str) -> str | None:
        return next((self.metas[name][0] for name in names if name in self.metas), None)

    # Title and outlet

    @cached_property
    def _headings(self) -> list[str]:
        found = [_text(each) for each in self.tree.iter("h1")]
        return [text for text in found if text]

    @cached_property
    def _head_title(self) -> str:
        title = self.tree.find(".//head/title")
        return _text(title) if title is not None else ""

    @cached_property
    def title(self) -> str | None:
        """The headline, without the outlet's name at its end."""
        stated = label(self.article.get("headline")) or label(self.article.get("name"))
        only = self._headings[0] if len(self._headings) == 1 else None
        metas = [self._meta(name) if name else only for name in _TITLES]
        titles = [plain(each) for each in (stated, *metas, self._head_title, label(self.given.get("title"))) if each]
        titles = [text for title in titles if (text := self._without_outlet(" ".join(title.split())))]
        if not titles:
            return None
        cut = re.sub(r"\s*(?:\u2026|\.\.\.)$", "", titles[0])
        if cut != titles[0]:  # some are cut to a length
            return next(
                (other for other in titles[1:] if other.startswith(cut) and len(other) > len(titles[0])), titles[0]
            )
        return titles[0]

    def _without_outlet(self, title: str) -> str:
        parts = _SEPARATOR.split(title)
        if len(parts) < 2:
            return title
        names = {_fold(name) for name in (self.outlet, self._host, self._host.partition(".")[0]) if name}
        ends = list(_SEPARATOR.finditer(title))
        if _fold(parts[-1]) in names:
            return self._without_outlet(title[: ends[-1].start()].strip())
        if _fold(parts[0]) in names:
            return self._without_outlet(title[ends[0].end() :].strip())
        return next((part for part in self._headings if title.startswith(part) and len(part) >= len(parts[0])), title)

    @cached_property
    def _host(self) -> str:
        address = self.given.get("url") or self._canonical or self._meta("og:url") or ""
        return _HOSTS_OWN.sub("", _split_host(address)) if isinstance(address, str) else ""

    @cached_property
    def outlet(self) -> str | None:
        """The outlet, as it calls itself; its host where nobody says."""
        publishers = named(self.article.get("publisher"), self.nodes) or named(
            self.article.get("sourceOrganization"), self.nodes
        )
        sites = [n for n in self.nodes if types(n) & {"WebSite", "NewsMediaOrganization"}]
        said = [*publishers, *filter(None, (self._meta(name) for name in _OUTLETS)), *named(sites, self.nodes)]
        said += [_text(each) for each in self._with_property("publisher") if len(_text(each)) < 60]
        said += [self._end_of_title or "", label(self.given.get("source")) or ""]
        names = [plain(name).strip(" -|\u2013\u2014") for name in said if name and not name.startswith(("http", "@"))]
        return (
            next((name for name in names if name and "." not in name.strip(".")), None)
            or next(filter(None, names), None)
            or self._host
            or None
        )

    @property
    def _end_of_title(self) -> str | None:
        """What stands behind the last separator of <title>, where the headline stands before it."""
        parts = _SEPARATOR.split(self._head_title)
        heading = {_fold(text) for text in (*self._headings, self._meta("og:title") or "")} - {""}
        if len(parts) > 1 and len(parts[-1]) <= 40 and _fold(_SEPARATOR.sub(" ", " ".join(parts[:-1]))) in heading:
            return parts[-1].strip()
        return None

    # Authors, section, language

    @cached_property
    def authors(self) -> list[str]:
        """Who wrote it."""
        found = named(self.article.get("author"), self.nodes) or named(self.article.get("creator"), self.nodes)
        for name in _AUTHORS:
            found = found or [
                each for value in self.metas.get(name, ()) for each in [value] if not re.match(r"https?:|/|@", each)
            ]
        if not found:
            marked = [each for each in self.tree.iter("a", "address") if "author" in (each.get("rel") or "").split()]
            marked = marked or self._with_property("author") or list(self._with_class(_BYLINE, 100))
            found = [_text(each) for each in marked[:5]]
        found = found or [name for name in [label(self.given.get("author"))] if name]
        return list(
            dict.fromkeys(name for each in found for name in _names(plain(each)) if not name.startswith("http"))
        )

    @cached_property
    def section(self) -> str | None:
        """The section that it stands in."""
        stated = named(self.article.get("articleSection"), self.nodes)
        return (stated[0] if stated else None) or self._meta(*_SECTIONS) or label(self.given.get("category"))

    @cached_property
    def language(self) -> str | None:
        """The language of the page, as a code."""
        html = self.tree if self.tree.tag == "html" else self.tree.find(".//html")
        attributes = (
            [html.get("lang"), html.get("{http://www.w3.org/XML/1998/namespace}lang")] if html is not None else []
        )
        said = (
            *attributes,
            label(self.article.get("inLanguage")),
            self._meta("og:locale", "content-language", "dc.language", "language"),
        )
        given = label(self.given.get("language"))
        codes = (each.strip().replace("_", "-") for each in (*said, given) if each)
        return next((code for code in codes if re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", code)), None)

    # Address

    @cached_property
    def _canonical(self) -> str | None:
        for link in self.tree.iter("link"):
            if "canonical" in (link.get("rel") or "").lower().split() and (link.get("href") or "").strip():
                return _joined(self.given.get("url"), link.get("href").strip())
        return None

    @cached_property
    def address(self) -> str | None:
        """The article's own address: a page can't claim to stand on another site, or to be its site's front page."""
        fetched = self.given.get("url")
        stated = [self._canonical, self._meta("og:url") and _joined(fetched, self._meta("og:url") or "")]
        for url in filter(None, stated):
            if urlsplit(url).scheme not in ("http", "https"):
                continue
            front = urlsplit(url).path.strip("/") == "" and not urlsplit(url).query
            if not isinstance(fetched, str) or (
                same_site(url, fetched) and not (front and urlsplit(fetched).path.strip("/"))
            ):
                return url
        return fetched if isinstance(fetched, str) else None

    # Times

    @cached_property
    def published(self) -> Any:
        """When it was published, as it is written where that can't be read."""
        node = self.article
        return _first(
            (
                *_dates(node, "datePublished"),
                *(self._meta(name) for name in _PUBLISHED),
                *_dates(self._page_node, "datePublished"),
                *_dates(node, "dateCreated"),
                self.given.get("published_at"),
                *self._times(updated=False),
                *self._written(updated=False),
                day_in(str(self.address or self.given.get("url") or "")),
            )
        )

    @cached_property
    def updated(self) -> Any:
        """When it was last changed, where that is not before it was published."""
        stated = (*_dates(self.article, "dateModified"), *(self._meta(name) for name in _UPDATED))
        stated = (
            *stated,
            *_dates(self._page_node, "dateModified"),
            *self._times(updated=True),
            *self._written(updated=True),
        )
        found = _first((*stated, self.given.get("updated_at")))
        moment, begun = parse_date(found), parse_date(self.published)
        return None if moment is None or (begun and moment < begun) else found

    @cached_property
    def _page_node(self) -> Node:
        return next((node for node in self.nodes if types(node) & {"WebPage", "ItemPage"}), {})

    def _times(self, *, updated: bool) -> Iterator[str]:
        """Yield the page's <time> elements that are its article's: those that say so first."""
        sure: list[str] = []
        others: list[str] = []
        for time, _ in zip(self.tree.iter("time", "relative-time"), range(_MOST_TIMES), strict=False):
            value = (time.get("datetime") or time.get("content") or _text(time)).strip()
            marks = f"{time.get('itemprop') or ''} {time.get('class') or ''}"
            parent = time.getparent()
            before = f"{(parent.text or '') if parent is not None else ''} {_tail_before(time)} {time.text or ''}"
            changed = bool(re.search(r"modif|updat", marks, re.IGNORECASE) or _UPDATED_WORD.search(before[-80:]))
            if not value or changed != updated or _elsewhere(time):
                continue
            stated = time.get("pubdate") is not None or re.search(r"publish", marks, re.IGNORECASE)
            (sure if stated else others).append(value)
        for each in self._with_property("dateModified" if updated else "datePublished"):
            sure.append((each.get("content") or each.get("datetime") or _text(each)).strip())
        return iter((*sure, *others))

    def _written(self, *, updated: bool) -> Iterator[str]:
        """Yield dates written for readers, in elements whose names say that they hold one."""
        for element in self._with_class(_DATED, 160):
            text = _text(element)
            for match in _WRITTEN.finditer(text):
                word = _UPDATED_WORD.search(text[: match.start()][-40:])
                if bool(word) == updated:
                    yield re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", re.sub(r"\s+(?:at|-|–|\|)\s+(?=\d)", " ", match[0]))

    # Elements

    def _with_property(self, name: str) -> list[Any]:
        found = self.tree.xpath(f"//body//*[@itemprop='{name}']")
        return [each for each in found if not _elsewhere(each)][:10]

    def _with_class(self, pattern: re.Pattern[str], longest: int) -> Iterator[Any]:
        body = self.tree.find("body")
        for element in body.iter() if body is not None else ():
            marks = f"{element.get('class') or ''} {element.get('id') or ''}" if isinstance(element.tag, str) else " "
            if marks != " " and len(marks) < 300 and pattern.search(marks) and not _elsewhere(element):
                text = _text(element) if len(element) < 20 else ""
                if 4 < len(text) <= longest:
                    yield element


def same_site(one: str, other: str) -> bool:
    """Whether two addresses are of one site: of one host, or of one that stands beneath the other."""
    a, b = (_HOSTS_OWN.sub("", _split_host(url)) for url in (one, other))
    return bool(a and b) and "." in a and "." in b and (a == b or a.endswith(f".{b}") or b.endswith(f".{a}"))


def day_in(url: str) -> str | None:
    """Return the day that an address names, as many newspapers' do; None where it names none, or a month only."""
    match = _IN_ADDRESS.search(urlsplit(url).path.lower())
    if not match:
        return None
    month = match[2] if match[2].isdigit() else str(_CALENDAR.index(match[2]) + 1) if match[2] in _CALENDAR else None
    return f"{match[1]}-{int(month):02}-{int(match[3]):02}" if month else None


def _split_host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def _joined(base: Any, url: str) -> str | None:
    try:
        return urljoin(base, url) if isinstance(base, str) else url
    except ValueError:
        return None


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


def _elsewhere(element: Any) -> bool:
    """Whether an element belongs to another article, a menu or a comment."""
    for around in (element, *element.iterancestors()):
        if around.tag in ("article", "main", "body"):
            return bool(around.tag == "article" and around.get("class") and _ELSEWHERE.search(around.get("class")))
        if around.tag in _ELSEWHERE_TAGS or _ELSEWHERE.search(f"{around.get('class') or ''} {around.get('id') or ''}"):
            return True
    return False


def _tail_before(element: Any) -> str:
    previous = element.getprevious()
    return f"{_text(previous)} {previous.tail or ''}" if previous is not None and isinstance(previous.tag, str) else ""


def _names(text: str) -> list[str]:
    """Return the names in a byline."""
    text = re.sub(
        r"^\s*(?:(?:written|reported|posted|words|story)\s+)?(?:by|von|par|por)\b:?\s+", "", text, flags=re.IGNORECASE
    )
    text = re.split(
        r"\s+[|\u2022\u00b7]\s+|\s+(?:published|updated|posted)\b|\s+\d|\s+-\s+", text, flags=re.IGNORECASE
    )[0]
    parts = re.split(r"\s*;\s*|\s+and\s+|\s*,\s+(?=[A-Z])", text)
    return [name.strip(" ,.") for name in parts if 1 < len(name.strip(" ,.")) <= 80]


def _fold(text: str) -> str:
    return re.sub(r"\W+", "", text.casefold())


def _text(element: Any) -> str:
    return " ".join(str(element.text_content()).split()) if hasattr(element, "text_content") else ""
