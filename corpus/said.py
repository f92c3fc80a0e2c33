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
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from corpus import times
from corpus.elements import spaced, squeezed, text_of_element, with_class, with_property
from corpus.fields import Field, label
from corpus.jsonld import Node, bare_addresses, named, nodes_of, own_article, types
from corpus.markup import plain
from corpus.raw import joined, on_the_web
from corpus.times import MONTHS

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
_MARKS = " :|\u2013\u2014\u00b7\u2022-"
_BYLINE = re.compile(
    r"(?:^|[-_\s])(?:(?:story|article|post|news)?-?by-?line(?:[-_]+(?:name|author)s?)?|(?:story|article|post|news)?-?authors?(?:[-_]+names?)?)"
    r"(?:$|[-_\s])",
    re.IGNORECASE,
)
_BY = re.compile(r"^\s*(?:(?i:(?:(?:written|reported|posted|words|story)\s+)?(?:by|von|par|por)\b)|di\b):?\s+")
_AFTER_NAMES = re.compile(rf"\s+[|\u2022\u00b7]\s+|\s+(?i:published|updated|posted)\b|\s+(?:{MONTHS}\s+)?\d|\s+-\s+")
_HOSTS_OWN = re.compile(r"^(?:www\d?|m|mobile|amp|edition)\.")
_LONGEST = 1_000  # characters of a title that are looked at


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
        found = [text_of_element(each) for each in self.tree.iter("h1")]
        return [text for text in found if text]

    @cached_property
    def _head_title(self) -> str:
        title = self.tree.find(".//head/title")
        return text_of_element(title) if title is not None else ""

    @cached_property
    def title(self) -> str | None:
        """The headline, without the outlet's name at its end."""
        stated = label(self.article.get("headline")) or label(self.article.get("name"))
        only = self._headings[0] if len(self._headings) == 1 else None
        metas = [self._meta(name) if name else only for name in _TITLES]
        titles = [plain(each) for each in (stated, *metas, self._head_title, label(self.given.get("title"))) if each]
        titles = [text for title in titles if (text := self._without_outlet(" ".join(title[:_LONGEST].split())))]
        if not titles:
            return None
        cut = re.sub(r"\s*(?:\u2026|\.\.\.)$", "", titles[0])
        if cut != titles[0]:  # some are cut to a length
            return next(
                (other for other in titles[1:] if other.startswith(cut) and len(other) > len(titles[0])), titles[0]
            )
        return titles[0]

    def _without_outlet(self, title: str) -> str:
        names = {squeezed(name) for name in (self.outlet, self._host, self._host.partition(".")[0]) if name}
        parts, gaps = _SEPARATOR.split(title), _SEPARATOR.findall(title)
        while len(parts) > 1 and (squeezed(parts[-1]) in names or squeezed(parts[0]) in names):
            at = -1 if squeezed(parts[-1]) in names else 0
            del parts[at], gaps[at]
        left = "".join(part + gap for part, gap in zip(parts, [*gaps, ""], strict=True)).strip()
        if len(parts) < 2:
            return left
        return next((each for each in self._headings if left.startswith(each) and len(each) >= len(parts[0])), left)

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
        said += [
            text_of_element(each) for each in with_property(self.tree, "publisher") if len(text_of_element(each)) < 60
        ]
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
        """What stands before or behind the headline in <title>."""
        title = self._head_title[-_LONGEST:]
        for heading in filter(None, (self._meta("og:title"), *self._headings)):
            before, found, behind = title.partition(heading)
            for rest, at in ((behind, -1), (before, 0)):
                name = rest.strip(_MARKS)
                if found and 1 < len(name) <= 40 and len(name) < len(rest):
                    return _SEPARATOR.split(name)[at]
        return None

    # Authors, section, language

    @cached_property
    def authors(self) -> list[str]:
        """Who wrote it."""
        found = named(self.article.get("author"), self.nodes) or named(self.article.get("creator"), self.nodes)
        for name in _AUTHORS:
            found = found or [each for each in self.metas.get(name, ()) if not re.match(r"https?:|/|@", each)]
        if not found:
            marked = [each for each in self.tree.iter("a", "address") if "author" in (each.get("rel") or "").split()]
            marked = marked or with_property(self.tree, "author") or list(with_class(self.tree, _BYLINE, 100))
            found = [spaced(each) for each in marked[:5]]
        found = found or [name for name in [label(self.given.get("author"))] if name]
        names = dict.fromkeys(name for each in found for name in _names(plain(each)) if not name.startswith("http"))
        return [name for name in names if len(names) == 1 or squeezed(name) != squeezed(self.outlet or "")]

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
                return self._joined(link.get("href").strip())
        return None

    def _joined(self, url: str) -> str:
        fetched = self.given.get("url")
        return joined(fetched, url) if isinstance(fetched, str) else url

    @cached_property
    def address(self) -> str | None:
        """The article's own address: a page can't claim to stand on another site, or to be its site's front page."""
        fetched, og_url = self.given.get("url"), self._meta("og:url")
        stated = [self._canonical, og_url and self._joined(og_url)]
        for url in filter(None, stated):
            if not on_the_web(url):
                continue
            front = urlsplit(url).path.strip("/") == "" and not urlsplit(url).query
            if not isinstance(fetched, str) or (
                same_site(url, fetched) and not (front and on_the_web(fetched) and urlsplit(fetched).path.strip("/"))
            ):
                return url
        return fetched if isinstance(fetched, str) else None

    # Times

    @cached_property
    def published(self) -> Any:
        """When it was published, as it is written where that can't be read."""
        url = str(self.address or self.given.get("url") or "")
        return times.published(self.tree, self.metas, self.article, self._page_node, self.given, url)

    @cached_property
    def updated(self) -> Any:
        """When it was last changed, where that is not before it was published."""
        return times.updated(self.tree, self.metas, self.article, self._page_node, self.given, self.published)

    @cached_property
    def _page_node(self) -> Node:
        return next((node for node in self.nodes if types(node) & {"WebPage", "ItemPage"}), {})


def same_site(one: str, other: str) -> bool:
    """Whether two addresses are of one site: of one host, or of one that stands beneath the other."""
    a, b = (_HOSTS_OWN.sub("", _split_host(url)) for url in (one, other))
    return bool(a and b) and "." in a and "." in b and (a == b or a.endswith(f".{b}") or b.endswith(f".{a}"))


def _split_host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").rstrip(".").lower()
    except ValueError:
        return ""


def _names(text: str) -> list[str]:
    """Return the names in a byline."""
    text = _BY.sub("", text)
    parts = re.split(r"\s*;\s*|\s+and\s+|\s*,\s+(?=[A-Z])", _AFTER_NAMES.split(text)[0])
    return [name.strip(" ,.") for name in parts if 1 < len(name.strip(" ,.")) <= 80]
