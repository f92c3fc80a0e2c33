"""An HTML page → its article, or the posts of its live blog: the text and what the page says of it.

What the page says is read by `corpus.said`, its text by `corpus.body`, posts by `corpus.live`; `corpus.walls` knows pages that
are none. The extractor's time grows with the square of some counts (16,000 links in one paragraph took 38 s), so a page of
more than MAX_ELEMENTS, or with thousands of inline elements in one block, is read plainly: all the text of its article
element, or of its body, menus left out.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from typing import Any

from corpus.body import MAX_ELEMENTS, text_in
from corpus.fields import Field, pick
from corpus.live import Post, posts_of
from corpus.markup import INLINE, parsed, settled, text_of
from corpus.said import PageSays
from corpus.walls import is_list, links_of, paid, stub, wall, without_offers
from rag.text.decode import Unusable
from rag.types import canonical_url

MAX_PAIRS = 5_000_000  # of inline elements in one block, summed over the blocks: 1 to 2 s; a long article has 100,000
MAX_TAGS = 500_000  # of a page at all; each takes up to 600 bytes
_LONGEST_ATTRIBUTE = 4_000  # characters; addresses have 2,000
_LEAST = 200  # characters of what stands before the posts of a live blog, to be an article of its own

Texts = list[tuple[str, dict[Field, Any]]]


class NoArticle(Unusable):
    """A page that holds no article: the reason says what it is instead."""


def articles_in(content: str, given: Mapping[str, Any]) -> Texts:
    """Return the page's articles, with their fields: one, or the posts of a live blog.

    given: what is known from elsewhere, such as the address it was fetched from and what the feed says.
    Raises NoArticle for a page without one, Unusable for what is no page.
    """
    import trafilatura  # slow to import

    if content.count("<") > MAX_TAGS:
        raise Unusable(f"a page of more than {MAX_TAGS:,} tags")
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # the Skipped says it
    try:
        tree = trafilatura.load_html(content)
        if tree is None:
            raise NoArticle("no article found in the page")
        return _read(_trimmed(tree), content, pick(given))
    except Unusable:
        raise
    except Exception as error:  # lxml and trafilatura raise what they like on broken pages
        raise Unusable(f"the page can't be parsed ({type(error).__name__})") from None


def _read(tree: Any, content: str, given: Mapping[Field, Any]) -> Texts:
    if reason := wall(tree):
        raise NoArticle(reason)
    says = PageSays(tree, given)
    fields = says.fields()
    if not _light(tree):
        return [(_plainly(content), fields)]
    how, article, nodes = paid(tree, says.article, says.metas), says.article, says.nodes
    links = links_of(tree)
    posts = posts_of(tree, nodes)
    text = text_in(tree, says.title)
    if posts:
        return _live(posts, text, fields)
    if is_list(links, text, article, nodes):
        raise NoArticle("a list of links, no article")
    stated = article.get("articleBody")
    if how and isinstance(stated, str) and len(stated.split()) > 2 * len((text or "").split()):
        text = stated  # given to every reader of the page, if not shown
    if text and (reason := stub(text, how)):
        raise NoArticle(reason)
    if text and how:
        text = without_offers(text)
    if not text:
        raise NoArticle(stub("", how) or "no article found in the page")
    return [(text, fields)]


def _live(posts: list[Post], before: str | None, fields: dict[Field, Any]) -> Texts:
    """Return the posts of a live blog as articles of their own, after what stands before them."""
    found: Texts = [(before, fields)] if before and len(before) >= _LEAST else []
    title, url = str(fields.get("title") or ""), fields.get("url")
    times: dict[str, int] = {}
    for post in posts:
        time = post.published or ""
        times[time] = times.get(time, 0) + 1
        anchor = post.anchor or f"{time}-{times[time]}"
        own: dict[Field, Any] = {
            **{name: value for name, value in fields.items() if name not in ("published_at", "updated_at", "url")},
            "title": f"{title}: {post.title}" if title and post.title else post.title or title,
            "published_at": post.published,
            "updated_at": post.updated,
        }
        if isinstance(url, str):
            own["url"] = f"{url.partition('#')[0]}#{anchor}" if post.anchor else url
            own["id"] = _id(url, anchor)
        found.append((post.text, {name: value for name, value in own.items() if value}))
    return found


def _id(url: str, anchor: str) -> str:
    """Return the id of a post: its address without the anchor is that of all posts."""
    try:
        address = canonical_url(url)
    except ValueError:
        address = url
    return "u" + hashlib.sha256(f"{address}#{anchor}".encode(errors="replace")).hexdigest()[:16]


def _trimmed(tree: Any) -> Any:
    """Take out attributes longer than any that mean something, which every search through them pays for."""
    for element in tree.iter():
        for name, value in list(element.attrib.items()):
            if len(value) > _LONGEST_ATTRIBUTE and name != "content":
                del element.attrib[name]
    return tree


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


def _plainly(content: str) -> str:
    tree = parsed(content)
    articles = tree.findall(".//article")
    body = articles[0] if len(articles) == 1 else tree.find(".//main")
    if body is None:
        body = tree.find("body")
    text = "" if body is None else text_of(settled(body), framed=False)
    if not text:
        raise NoArticle("no article found in the page")
    return text
