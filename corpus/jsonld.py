"""JSON-LD, in which most news sites state what a page is: its nodes, and the one of the page's own article."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from corpus.elements import squeezed

Node = Mapping[str, Any]

ARTICLES = frozenset(
    ("NewsArticle", "Article", "ReportageNewsArticle", "AnalysisNewsArticle", "OpinionNewsArticle", "BackgroundNewsArticle",
     "ReviewNewsArticle", "AskPublicNewsArticle", "AdvertiserContentArticle", "SatiricalArticle", "ScholarlyArticle",
     "TechArticle", "BlogPosting", "LiveBlogPosting", "Report", "SocialMediaPosting", "DiscussionForumPosting")
)  # fmt: skip
_MAX_SCRIPTS = 60
_MAX_SCRIPT = 4 << 20  # characters; live blogs have a megabyte
_MAX_NODES = 5_000
_WRAPPING = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/)|(?:-->|//\s*\]\]>|/\*\s*\]\]>\s*\*/)\s*;?\s*$"
)
_TRAILING = re.compile(r",\s*(?=[}\]])")


def nodes_of(tree: Any) -> list[Node]:
    """Return all nodes of a page's JSON-LD, those inside others too; what can't be parsed is passed over."""
    found: list[Node] = []
    scripts = (s for s in tree.iter("script") if "ld+json" in (s.get("type") or "").lower())
    for script, _ in zip(scripts, range(_MAX_SCRIPTS), strict=False):
        text = script.text or ""
        if len(text) <= _MAX_SCRIPT:
            found += _flat(_parsed(_WRAPPING.sub("", _WRAPPING.sub("", text))))
        if len(found) > _MAX_NODES:
            return found[:_MAX_NODES]
    return found


def _parsed(text: str) -> Any:
    for attempt in (text, _TRAILING.sub("", text)):
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _flat(value: Any) -> Iterator[Node]:
    """Yield the nodes of a value, outer before inner."""
    waiting, count = [value], 0
    while waiting and count < _MAX_NODES:
        at = waiting.pop(0)
        count += 1
        if isinstance(at, list):
            waiting += at[:_MAX_NODES]
        elif isinstance(at, dict):
            if types(at) or "@id" in at:
                yield at
            waiting += [v for k, v in at.items() if isinstance(v, list | dict) and k != "liveBlogUpdate"]


def types(node: Node) -> set[str]:
    """Return what a node says that it is, without the vocabulary's address."""
    said = node.get("@type")
    return {str(each).rpartition("/")[2] for each in (said if isinstance(said, list) else [said]) if each}


def own_article(nodes: Sequence[Node], addresses: set[str], titles: Sequence[str]) -> Node | None:
    """Return the node of the page's own article: of several, the one at its address, or under its title.

    Lists of other articles on a page are nodes too.
    """
    articles = [node for node in nodes if types(node) & ARTICLES and (node.get("headline") or node.get("name"))]
    for node in articles:
        if addresses & {_bare(address) for address in _addresses(node)}:
            return node
    folded = {squeezed(title) for title in titles if title}
    for node in articles:
        headline = squeezed(str(node.get("headline") or node.get("name")))
        if headline and any(title.startswith(headline) or headline.startswith(title) for title in folded if title):
            return node
    return articles[0] if len(articles) == 1 and not (any(_addresses(articles[0])) and addresses and folded) else None


def _addresses(node: Node) -> Iterator[str]:
    for name in ("mainEntityOfPage", "url", "@id"):
        value = node.get(name)
        value = value.get("@id") or value.get("url") if isinstance(value, dict) else value
        if isinstance(value, str) and value.startswith("http"):
            yield value


def bare_addresses(urls: Sequence[str | None]) -> set[str]:
    """Return addresses in the form in which those of nodes are compared."""
    return {_bare(url) for url in urls if url}


def _bare(url: str) -> str:
    return re.sub(r"^https?://(?:www\.|m\.|amp\.)?|[#?].*$|/+(?=[#?]|$)", "", url.strip().lower()).rstrip("/")


def named(value: Any, nodes: Sequence[Node]) -> list[str]:
    """Return the names in a value: texts, nodes with a name, references to nodes elsewhere on the page."""
    names: list[str] = []
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict) and not each.get("name") and (at := each.get("@id")):
            each = next((node for node in nodes if node.get("@id") == at and node.get("name")), each)
        name = each.get("name") if isinstance(each, dict) else each
        names += (
            [name.strip()]
            if isinstance(name, str) and name.strip()
            else named(name, nodes)
            if isinstance(name, list)
            else []
        )
    return list(dict.fromkeys(names))
