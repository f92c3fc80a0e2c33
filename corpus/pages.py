"""An HTML page → the text of its article and what the page says of it.

Both are what trafilatura takes for them. Its time grows with the square of some counts (16,000 links in one paragraph
took 38 s), so a page of more than MAX_ELEMENTS, or with thousands of inline elements in one block, is read plainly: all
the text of its article element, or of its body, menus left out, with the title and the dates that its head has.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from corpus.fields import Field, pick
from corpus.markup import INLINE, parsed, settled, text_of
from rag.text.decode import Unusable

MAX_ELEMENTS = 15_000  # of a page for the extractor: up to 5 s; news pages have 500 to 6,000
MAX_PAIRS = 5_000_000  # of inline elements in one block, summed over the blocks: 1 to 2 s; a long article has 100,000

_PAGE_DATES: Mapping[str, Field] = {
    "article:published_time": "published_at",
    "datepublished": "published_at",
    "article:modified_time": "updated_at",
    "datemodified": "updated_at",
}


class NoArticle(Unusable):
    """A page that holds no article: the reason says what it is instead."""


MAX_TAGS = 500_000  # of a page at all; each takes up to 600 bytes


def page(content: str) -> tuple[str, dict[Field, Any]]:
    """Return the article's text and its fields. Raises Unusable where there is none, or no page."""
    import trafilatura  # slow to import

    if content.count("<") > MAX_TAGS:
        raise Unusable(f"a page of more than {MAX_TAGS:,} tags")
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # the Skipped says it
    try:
        tree = trafilatura.load_html(content)
        if tree is None:
            raise Unusable("no article found in the page")
        return _extracted(tree) if _light(tree) else _plainly(content)
    except Unusable:
        raise
    except Exception as error:  # lxml and trafilatura raise what they like on broken pages
        raise Unusable(f"the page can't be parsed ({type(error).__name__})") from None


def articles_in(content: str, given: Mapping[str, Any]) -> list[tuple[str, dict[Field, Any]]]:
    """Return the page's articles, with their fields: one, or the posts of a live blog."""
    text, found = page(content)
    return [(text, {**pick(given), **{name: value for name, value in found.items() if value}})]


def _light(tree: Any) -> bool:
    """Whether the extractor is done with the page in a few seconds."""
    elements = pairs = 0
    inline = [0]  # elements so far in each open block
    from lxml import etree

    for event, element in etree.iterwalk(tree, events=("start", "end")):
        if element.tag in INLINE:
            inline[-1] += event == "start"
        elif event == "start":
            inline.append(0)
        else:
            pairs += inline.pop() ** 2
        elements += event == "start"
        if elements > MAX_ELEMENTS or pairs > MAX_PAIRS:
            return False
    return True


def _extracted(tree: Any) -> tuple[str, dict[Field, Any]]:
    import trafilatura

    dates, language = _dates(tree), tree.get("lang")
    # Only dates that the page states as its own: the extensive search settles for any that stands in the text.
    found: Any = trafilatura.bare_extraction(
        settled(tree),
        favor_precision=True,
        include_comments=False,
        with_metadata=True,
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    if not found or not found.text:
        raise Unusable("no article found in the page")
    said: dict[Field, Any] = {
        "title": found.title,
        "source": found.sitename,
        "url": found.url,
        "author": found.author and found.author.split("; "),
        "published_at": found.date,
        "category": found.categories,
        "language": language,
    }
    return found.text, said | dates


_PROPERTIES: Mapping[str, Field] = {
    "og:title": "title", "og:site_name": "source", "og:url": "url", "author": "author", "article:section": "category",
}  # fmt: skip


def _plainly(content: str) -> tuple[str, dict[Field, Any]]:
    tree = parsed(content)
    said: dict[Field, Any] = {"language": tree.get("lang"), **_metas(tree, _PROPERTIES)}
    if "title" not in said:
        said["title"] = tree.findtext("head/title") or tree.findtext(".//h1")
    articles = tree.findall(".//article")
    body = articles[0] if len(articles) == 1 else tree.find(".//main")
    if body is None:
        body = tree.find("body")
    text = "" if body is None else text_of(settled(body), framed=False)
    if not text:
        raise Unusable("no article found in the page")
    return text, said | _dates(tree)


def _dates(tree: Any) -> dict[Field, Any]:
    """Return the dates in the page's head, which have a time and a zone where trafilatura keeps only the day."""
    return _metas(tree, _PAGE_DATES)


def _metas(tree: Any, names: Mapping[str, Field]) -> dict[Field, Any]:
    found: dict[Field, Any] = {}
    for meta in tree.iter("meta"):
        name = meta.get("property") or meta.get("itemprop") or meta.get("name") or ""
        if (field := names.get(name.lower())) and (meta.get("content") or "").strip():
            found.setdefault(field, meta.get("content"))
    return found
