"""Reading sources: what is asked for and what is not, and that one source's trouble is its own."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from corpus.extract import Extracted
from corpus.sync import (
    Due,
    Ended,
    ListedPage,
    Listing,
    Looked,
    NotThere,
    PageRead,
    Unreadable,
    read_source,
    read_sources,
)
from rag.errors import StorageError
from rag.types import Article, KnownPage, RegisteredSource, Skipped

MakeArticle = Callable[..., Article]
FEED = RegisteredSource(1, "https://news.example/feed", 900)
P1, P2 = "https://news.example/1", "https://news.example/2"


def extracted(article: Article) -> Extracted:
    return Extracted(article, None, 1.0)


@dataclass
class Shelf:
    """A place that has what it is given: listings by address, pages by address; an exception is raised."""

    listings: Mapping[str, Listing | Exception | None]
    pages: Mapping[str, PageRead | Exception | None] = field(default_factory=dict)
    asked: list[KnownPage] = field(default_factory=list)

    def listing(self, source: RegisteredSource) -> Listing | None:
        return self._of(self.listings[source.address])

    def page(self, page: KnownPage, said: Mapping[str, Any]) -> PageRead | None:
        self.asked.append(page)
        return self._of(self.pages[page.url])

    def _of(self, found: Any) -> Any:
        if isinstance(found, Exception):
            raise found
        return found


def steps(shelf: Shelf, due: Due) -> Sequence[Looked | Ended]:
    return list(read_source(due, shelf))


def test_new_pages_are_read_and_what_the_source_has_whole_is_not_asked_for(article: MakeArticle) -> None:
    one, two = extracted(article("1")), extracted(article("2"))
    listing = Listing(
        "rss", [ListedPage(P1, "m1", lambda: (one,)), ListedPage(P2, "m2"), ListedPage(P2, "m2")], '"e"', "yesterday"
    )
    shelf = Shelf({FEED.address: listing}, {P2: PageRead((two,), '"2"')})
    assert steps(shelf, Due(FEED, {})) == [
        Looked(FEED, P1, "read", (one,), "m1"),
        Looked(FEED, P2, "read", (two,), "m2", '"2"'),
        Ended(FEED, "rss", '"e"', "yesterday"),
    ]
    assert shelf.asked == [KnownPage(P2, "m2")]


def test_what_the_source_says_the_same_of_is_not_asked_for(article: MakeArticle) -> None:
    known = {P1: KnownPage(P1, "m1"), P2: KnownPage(P2, "m2", '"2"')}
    shelf = Shelf({FEED.address: Listing("rss", [ListedPage(P1, "m1"), ListedPage(P2, "new")])}, {P2: None})
    assert steps(shelf, Due(FEED, known)) == [Looked(FEED, P2, "same", mark="new"), Ended(FEED, "rss")]
    assert shelf.asked == [KnownPage(P2, "new", '"2"')], "asked with what the server gave"


def test_a_page_of_another_source_is_left_to_it() -> None:
    shelf = Shelf({FEED.address: Listing("rss", [ListedPage(P1, "m1")])})
    assert steps(shelf, Due(FEED, {}, frozenset([P1]))) == [Ended(FEED, "rss")]


def test_a_source_with_nothing_new_keeps_what_is_known_and_looks_again_at_pages() -> None:
    source = RegisteredSource(1, FEED.address, 900, kind="rss", etag='"e"', modified="yesterday")
    shelf = Shelf({FEED.address: None}, {P1: NotThere(), P2: Unreadable("a bot wall")})
    again = [KnownPage(P1, "m1"), KnownPage(P2, "m2")]
    assert steps(shelf, Due(source, {each.url: each for each in again}, again=again)) == [
        Looked(source, P1, "missing", mark="m1"),
        Looked(source, P2, "failed", (Skipped(P2, None, "a bot wall"),), "m2"),
        Ended(source, "rss", '"e"', "yesterday", same=True),
    ]


def test_what_a_whole_listing_names_no_more_is_missing() -> None:
    known = {P1: KnownPage(P1, "m1"), P2: KnownPage(P2, "m2")}
    shelf = Shelf({FEED.address: Listing("folder", [ListedPage(P2, "m2")], complete=True)})
    assert steps(shelf, Due(FEED, known)) == [Looked(FEED, P1, "missing"), Ended(FEED, "folder")]
    shelf = Shelf({FEED.address: Listing("rss", [ListedPage(P2, "m2")])})
    assert steps(shelf, Due(FEED, known)) == [Ended(FEED, "rss")], "a feed forgets what is old"


FEED2 = "https://news.example/feed2"


def test_a_list_of_lists_is_followed_and_known_only_when_its_pages_are_in(article: MakeArticle) -> None:
    one = extracted(article("1"))
    outer = Listing("reading list", [ListedPage(FEED2, "", lists=True)], '"outer"')
    inner = Listing("rss", [ListedPage(P1, "m1", lambda: (one,))], '"inner"')
    shelf = Shelf({FEED.address: outer, FEED2: inner})
    assert steps(shelf, Due(FEED, {})) == [
        Looked(FEED, P1, "read", (one,), "m1"),
        Looked(FEED, FEED2, "read", (), "", '"inner"', lists=True),
        Ended(FEED, "reading list", '"outer"'),
    ]


def test_a_list_of_lists_that_is_as_before_has_its_lists_asked_and_those_with_a_mark_not() -> None:
    known = {
        FEED2: KnownPage(FEED2, "", '"inner"', lists=True),
        P2: KnownPage(P2, "yesterday", '"dated"', lists=True),
        P1: KnownPage(P1, "m1"),
    }
    shelf = Shelf({FEED.address: None, FEED2: None})
    looked, ended = steps(shelf, Due(FEED, known))
    assert looked == Looked(FEED, FEED2, "same", mark="", lists=True)
    assert isinstance(ended, Ended) and ended.same
    listing = Listing("sitemap", [ListedPage(P2, "yesterday", lists=True), ListedPage(FEED2, "", lists=True)])
    shelf = Shelf({FEED.address: listing, FEED2: Unreadable("down")})
    assert steps(shelf, Due(FEED, known)) == [
        Looked(FEED, FEED2, "failed", (Skipped(FEED2, None, "down"),), lists=True),
        Ended(FEED, "sitemap"),
    ]


def test_lists_that_name_each_other_come_to_an_end() -> None:
    listings = {
        f"https://news.example/l{n}": Listing("sitemap", [ListedPage(f"https://news.example/l{n + 1}", "", lists=True)])
        for n in range(99)
    }
    loop = Listing(
        "sitemap", [ListedPage(FEED.address, "", lists=True), ListedPage("https://news.example/l0", "", lists=True)]
    )
    shelf = Shelf({**listings, FEED.address: loop})
    looked = [step.url for step in steps(shelf, Due(FEED, {})) if isinstance(step, Looked)]
    assert len(looked) <= 8


def test_a_page_that_is_a_source_itself_can_vanish() -> None:
    source = RegisteredSource(1, P1, 900)
    *looks, end = steps(Shelf({P1: NotThere()}), Due(source, {P1: KnownPage(P1)}))
    assert looks == [Looked(source, P1, "missing")]
    assert isinstance(end, Ended) and end.error and "not there any more" in end.error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Unreadable("no answer within 20 s", 60), "no answer within 20 s"),
        (StorageError("the disk is full"), "the disk is full"),
        (RuntimeError("two\nlines"), "it can't be read (RuntimeError: two lines)"),
    ],
)
def test_a_source_that_fails_says_so_in_one_line(error: Exception, told: str) -> None:
    (end,) = steps(Shelf({FEED.address: error}), Due(FEED, {}))
    assert isinstance(end, Ended) and end.error == told and "\n" not in end.error
    assert end.after == getattr(error, "after", None)


def test_a_page_that_breaks_its_reader_is_one_page(article: MakeArticle) -> None:
    good = extracted(article("2"))
    listing = Listing("rss", [ListedPage(P1, "m1"), ListedPage(P2, "m2")])
    shelf = Shelf({FEED.address: listing}, {P1: RecursionError(), P2: PageRead((good,))})
    first, second, end = steps(shelf, Due(FEED, {}))
    assert first == Looked(FEED, P1, "failed", (Skipped(P1, None, "it can't be read (RecursionError: )"),), "m1")
    assert isinstance(second, Looked) and second.items == (good,)
    assert isinstance(end, Ended) and end.error is None


def test_the_source_names_the_outlet_where_the_article_does_not(article: MakeArticle) -> None:
    source = RegisteredSource(1, FEED.address, 900, outlet="Harbor News")
    items = (
        extracted(article("1", source="")),
        extracted(article("2", source="The Beacon")),
        Skipped(P1, None, "no text"),
    )
    look, _ = steps(Shelf({FEED.address: Listing("rss", [ListedPage(P1, "m", lambda: items)])}), Due(source, {}))
    assert isinstance(look, Looked)
    named, own, skipped = look.items
    assert isinstance(named, Extracted) and named.article.source == "Harbor News"
    assert named.article.content_hash != article("1", source="").content_hash, "it is another article now"
    assert (own, skipped) == items[1:]


def dues(count: int) -> list[Due]:
    return [Due(RegisteredSource(n, f"https://{n}.example/", 900), {}) for n in range(count)]


class Slow:
    """A place whose sources 0 and 1 take long, and whose source 2 fails."""

    def __init__(self, hold: threading.Event) -> None:
        self.hold = hold

    def listing(self, source: RegisteredSource) -> Listing | None:
        if source.key < 2:
            self.hold.wait(20)
        if source.key == 2:
            raise Unreadable("down")
        return Listing("rss", [ListedPage(f"{source.address}{n}", "m", tuple) for n in range(300)])

    def page(self, page: KnownPage, said: Mapping[str, Any]) -> PageRead | None:
        raise AssertionError("every page is listed whole")


def test_slow_and_failing_sources_hold_up_no_other() -> None:
    hold, stop, ended, looks = threading.Event(), threading.Event(), [], []
    for together in read_sources(dues(12), Slow(hold), stop, at_a_time=4):
        assert len(together) <= 64
        ended += [step for step in together if isinstance(step, Ended)]
        looks += [step for step in together if isinstance(step, Looked)]
        if len(ended) == 10:
            assert {each.source.key for each in ended} == set(range(2, 12))
            hold.set()
    assert [each.source.key for each in ended if each.error] == [2]
    assert len(ended) == 12 and len(looks) == 11 * 300
    for key in (0, 5):
        mine = [look.url for look in looks if look.source.key == key]
        assert mine == [f"https://{key}.example/{n}" for n in range(300)], "in order"


def test_a_stop_is_heard_whatever_the_servers_do() -> None:
    hold, stop = threading.Event(), threading.Event()
    threading.Timer(0.3, stop.set).start()
    steps = [step for together in read_sources(dues(2), Slow(hold), stop) for step in together]
    assert steps == []
    hold.set()


def test_whoever_stops_taking_stops_the_reading() -> None:
    stop, before = threading.Event(), set(threading.enumerate())
    stream = read_sources(dues(5)[3:], Slow(threading.Event()), stop)
    next(stream)
    started = set(threading.enumerate()) - before
    assert started, "the queue holds fewer pages than there are"
    stream.close()
    for each in started:
        each.join(10)
        assert not each.is_alive()
    assert not stop.is_set(), "others may go on"
