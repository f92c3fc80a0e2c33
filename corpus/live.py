"""Live blogs → their posts, each with its own time, headline and address."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from corpus.body import without_noise
from corpus.elements import text_of_element
from corpus.fields import stripped
from corpus.jsonld import Node, types
from corpus.markup import plain, settled, text_of

MAX_POSTS = 2_000
_FEWEST = 2
_POST = re.compile(
    r"(?:^|[-_\s])(?:live-?(?:blog)?-?_*(?:post|entry|update|item|block)|(?:post|entry|update|block)--?live\w*|lb-?(?:post|entry|item)|timeline-?(?:item|entry|post)|lx-stream__post|"
    r"key-?event-?post|update-?(?:post|item|card))(?:$|[-_\s])",
    re.IGNORECASE,
)
_BLOG = re.compile(r"(?:^|[-_\s])live-?(?:blog|stream|updates|feed|coverage|ticker)(?:$|[-_\s])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Post:
    """One post. `anchor`: what its address has behind the "#", None where it has no name of its own."""

    text: str
    published: str | None
    title: str | None
    anchor: str | None
    updated: str | None = None
    author: Any = None


def posts_of(tree: Any, nodes: Sequence[Node]) -> list[Post]:
    """Return the posts of a live blog, none where the page isn't one. Takes those that are elements out of `tree`."""
    stated = list(_stated(nodes))
    shown = list(_shown(tree, bool(stated)))
    texts = sum(len(post.text) for post in stated), sum(len(post.text) for post in shown)
    # The page often has more of each post than what is stated for search engines, and sometimes only the last few.
    chosen = shown if len(shown) >= len(stated) and texts[1] >= 0.8 * texts[0] else stated
    return chosen[:MAX_POSTS] if len(chosen) >= _FEWEST else []


def _stated(nodes: Sequence[Node]) -> Iterator[Post]:
    for blog in nodes:
        updates = blog.get("liveBlogUpdate")
        if "LiveBlogPosting" not in types(blog) or not updates:
            continue
        for update in updates if isinstance(updates, list) else [updates]:
            if not isinstance(update, dict):
                continue
            body = update.get("articleBody") or update.get("text")
            text = without_noise(plain(body)) if isinstance(body, str) else ""
            if text:
                address = next((a for a in (update.get("url"), update.get("@id")) if isinstance(a, str)), "")
                yield Post(
                    text,
                    stripped(update.get("datePublished")),
                    stripped(update.get("headline")),
                    address.partition("#")[2] or None,
                    stripped(update.get("dateModified")),
                    update.get("author"),
                )


def _shown(tree: Any, sure: bool) -> Iterator[Post]:
    candidates = [e for e in tree.iter("article", "div", "section", "li") if _is_post(e)]
    if not candidates and (sure or _says_live(tree)):
        candidates = [
            e for e in tree.iter("article", "div", "section", "li") if e.get("id") and _own_time(e) is not None
        ]
    holders = Counter(around for e in candidates for around in e.iterancestors())
    candidates = [e for e in candidates if holders[e] < _FEWEST]  # not what holds the posts
    outer = set(candidates)
    posts = [e for e in candidates if not any(around in outer for around in e.iterancestors())]
    posts = [e for e in posts if _own_time(e) is not None]
    if len(posts) < _FEWEST:
        return
    for element in posts:
        published = _own_time(element).get("datetime")
        heading = next(element.iter("h2", "h3", "h4"), None)
        title = text_of_element(heading) if heading is not None else None
        for each in (heading, *element.iter("time")):
            if each is not None:
                _emptied(each)
        anchor = element.get("id") or element.get("data-post-id") or element.get("data-id")
        text = without_noise(text_of(settled(element), framed=False))
        parent = element.getparent()
        if parent is not None:
            parent.remove(element)
        if text:
            yield Post(text, published, title, anchor)


def _is_post(element: Any) -> bool:
    if element.get("itemprop") == "liveBlogUpdate":
        return True
    marks = element.get("class") or ""
    return len(marks) < 400 and bool(_POST.search(marks))


def _says_live(tree: Any) -> bool:
    return any(
        "LiveBlogPosting" in (e.get("itemtype") or "") or _BLOG.search(f"{e.get('class') or ''} {e.get('id') or ''}")
        for e in tree.iter("body", "main", "article", "section", "div")
    )


def _own_time(element: Any) -> Any:
    return next((t for t in element.iter("time") if t.get("datetime")), None)


def _emptied(element: Any) -> None:
    tail = element.tail
    element.clear()
    element.tag, element.tail = "span", tail
