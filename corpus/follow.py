"""Addresses of the web → the documents that stand there, and those that the feeds, sitemaps and lists there name.

A page leads nowhere further, but for a front page given by its own address, which leads to the feeds that it names. No
address is fetched twice, so that sitemaps that name each other end.
"""

from __future__ import annotations

import io
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import IO, Any, cast
from urllib.parse import urlsplit

from corpus.fetch import Fetched, Fetcher
from corpus.formats import FORMATS, MAX_XML
from corpus.kinds import name_for
from corpus.markup import parsed
from corpus.pages import NoArticle, articles_in
from corpus.raw import Documents, Linked, RawDocument, joined
from corpus.sources import opened
from rag.errors import FetchError
from rag.text.decode import Unusable, decode
from rag.types import Skipped, canonical_url

MAX_LISTS = 1_000  # feeds and sitemaps of one run
MAX_WARC = 4 << 30  # bytes of a WARC file; those of CC-NEWS have 1 GB
_AT_A_TIME = 8
_AHEAD = 16  # answers that are held until their turn comes
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/json")
_MOST_FEEDS = 5  # of one front page


def follow(starts: Iterable[Linked], fetcher: Fetcher, *, max_pages: int) -> Documents:
    """Yield the documents at the addresses and behind them, in order, and what could not be read."""
    work = _Work(deque(starts), max_pages)
    running: deque[tuple[Linked, Future[tuple[Fetched, IO[bytes] | None]]]] = deque()
    threads = ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="fetch")
    try:
        while work.waiting or running:
            while len(running) < _AHEAD and (link := work.next()):
                running.append((link, threads.submit(_fetch, fetcher, link)))
            if not running:
                break
            link, future = running.popleft()
            for item in _read(link, future):
                if isinstance(item, Linked):
                    work.add(item, link)
                elif isinstance(item, RawDocument):
                    yield replace(item, done=work.done(len(running)))
                else:
                    yield item
            work.finished += 1
        if work.left_out:
            yield Skipped(
                "the web",
                None,
                f"{work.left_out:,} more pages are named and not read; --max-pages {max_pages + work.left_out}",
            )
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


@dataclass(slots=True)
class _Work:
    """What is still to be fetched, and what was."""

    waiting: deque[Linked]
    max_pages: int
    seen: set[str] = field(default_factory=set)
    pages: int = 0
    lists: int = 0
    left_out: int = 0
    finished: int = 0

    def next(self) -> Linked | None:
        """Return the next address that was not fetched before."""
        while self.waiting:
            link = self.waiting.popleft()
            try:
                key = canonical_url(link.url)
            except ValueError:
                key = link.url
            if key not in self.seen:
                self.seen.add(key)
                return link
        return None

    def add(self, link: Linked, found_in: Linked) -> None:
        """Let a link be fetched in its turn, where it leads somewhere and there is room."""
        if found_in.expected == "page":
            return
        if link.expected == "page":
            self.pages += 1
            if self.pages > self.max_pages:
                self.left_out += 1
                return
        else:
            self.lists += 1
            if self.lists > MAX_LISTS:
                return
        self.waiting.append(link)

    def done(self, running: int) -> float:
        return (self.finished + 1) / (self.finished + 1 + running + len(self.waiting))


def _fetch(fetcher: Fetcher, link: Linked) -> tuple[Fetched, IO[bytes] | None]:
    if not _path(link.url).endswith((".warc", ".warc.gz")):
        return fetcher.get(link.url, max_bytes=MAX_XML if link.expected == "sitemap" else None), None
    with ExitStack() as stack:
        file = stack.enter_context(tempfile.TemporaryFile())
        fetched = fetcher.download(link.url, file, max_bytes=MAX_WARC)
        stack.pop_all()
    return fetched, file


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.lower()
    except ValueError:
        return ""  # the fetcher says what is wrong with it


def _read(link: Linked, future: Future[tuple[Fetched, IO[bytes] | None]]) -> Documents:
    try:
        fetched, file = future.result()
    except FetchError as error:
        yield Skipped(link.url, None, str(error).removeprefix(link.url).lstrip(" :"))
        return
    if file is None:
        yield from contents(fetched, link)
        return
    with file:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        yield from opened(link.url, _path(link.url), cast(io.BufferedReader, file), size, lambda: 1.0)


def contents(fetched: Fetched, link: Linked) -> Documents:
    """Yield what stands in one answer: its documents and links, none of which is fetched here."""
    try:
        name = name_for(fetched, FORMATS)
        if name == "page.html":
            yield from _page(fetched, link)
            return
    except Unusable as error:
        yield Skipped(link.url, None, error.reason)
        return
    stream = io.BufferedReader(cast(Any, io.BytesIO(fetched.body)))
    for item in opened(fetched.url, name, stream, len(fetched.body), lambda: 1.0):
        if isinstance(item, RawDocument) and link.fields:
            item = replace(item, fields=_named(item.fields, link.fields))
        elif isinstance(item, Linked):
            if link.expected == "page":
                yield Skipped(link.url, None, "a page was expected and a list of links stands there")
                return
            item = replace(item, fields=_named(item.fields, link.fields))
        yield item


def _named(fields: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said of a document, its outlet as its reader named it in the list above."""
    return {**fields, **({"source": above["source"]} if above.get("source") else {})}


def _page(fetched: Fetched, link: Linked) -> Documents:
    if link.expected in ("feed", "sitemap"):
        yield Skipped(link.url, None, f"a {link.expected} was expected and a web page stands there; check the address")
        return
    text = page_text(fetched)
    fields = {**link.fields, "url": fetched.url}
    if link.expected == "any" and (feeds := list(_feeds(text, fetched.url))):
        try:
            articles_in(text, fields)
        except (NoArticle, Unusable):
            yield from (Linked(link.url, feed, "feed", link.fields) for feed in feeds)
            return
    yield RawDocument(fetched.url, None, "html", text, fields)


def page_text(fetched: Fetched) -> str:
    """Return a page as text: UTF-8 where it fits, then what the server says, then what the page says."""
    try:
        return fetched.body.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    if fetched.charset and fetched.charset not in ("utf-8", "utf8", "iso-8859-1", "latin1", "us-ascii"):
        try:
            return fetched.body.decode(fetched.charset)
        except (LookupError, UnicodeError):
            pass
    return decode(fetched.body, declares=True)


def _feeds(text: str, base: str) -> Iterator[str]:
    """Yield the addresses of the feeds that a page names, those of comments left out."""
    tree = parsed(text)
    found = 0
    for link in tree.iter("link") if tree is not None else ():
        rel, kind = (link.get("rel") or "").lower().split(), (link.get("type") or "").lower()
        if "alternate" in rel and kind in _FEED_TYPES and link.get("href") and found < _MOST_FEEDS:
            if "comment" in f"{link.get('title')} {link.get('href')}".lower() or "wp-json" in link.get("href"):
                continue
            found += 1
            yield joined(base, link.get("href"))
