"""The registry of sources: what is due, what waits, what is known of pages, and what is gone."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from rag.archive.registry import PageNews, Registry
from rag.config import Config
from rag.errors import NotFound, UsageError
from rag.types import RegisteredSource, Skipped

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PAGE = "https://news.example/p"
Store = Callable[..., list[str]]


@pytest.fixture
def registry(config: Config) -> Iterator[Registry]:
    opened = Registry.open(config.data, write=True)
    yield opened
    opened.close()


def added(registry: Registry, address: str = "https://news.example/feed") -> RegisteredSource:
    return registry.add(address, every=3_600)


def test_a_source_is_due_at_once_and_then_as_often_as_it_says(registry: Registry) -> None:
    source = added(registry)
    assert registry.due(NOON) == [source]
    registry.succeeded(source, NOON, kind="rss", etag='"1"', modified=None)
    assert registry.due(NOON + HOUR - timedelta(seconds=1)) == []
    (due,) = registry.due(NOON + HOUR)
    assert (due.kind, due.etag, due.last_success, due.failures) == ("rss", '"1"', NOON, 0)


def test_a_source_that_fails_waits_longer_each_time_and_not_for_ever(registry: Registry) -> None:
    source = added(registry)
    waits = []
    for _ in range(8):
        registry.failed(registry.named("1"), NOON, "no answer")
        due = registry.named("1").next_due
        assert due
        waits.append((due - NOON) / HOUR)
    assert waits == [1, 2, 4, 8, 16, 24, 24, 24]
    assert (registry.named("1").failures, registry.named("1").last_error) == (8, "no answer")
    registry.succeeded(source, NOON, kind=None, etag=None, modified=None)
    assert (registry.named("1").failures, registry.named("1").last_error) == (0, None)


@pytest.mark.parametrize(("after", "hours"), [(10.0, 1), (7_200.0, 2), (1e12, 24)])
def test_a_server_that_asks_to_wait_is_heard_within_reason(registry: Registry, after: float, hours: int) -> None:
    registry.failed(added(registry), NOON, "too many requests", after)
    assert registry.named("1").next_due == NOON + hours * HOUR


def test_a_clock_that_is_put_back_keeps_nothing_waiting(registry: Registry) -> None:
    source = added(registry)
    registry.succeeded(source, NOON + 9_000 * HOUR, kind=None, etag=None, modified=None)
    registry.note(source, [PageNews(PAGE, "read")], NOON + 9_000 * HOUR)
    assert [each.key for each in registry.due(NOON)] == [source.key]
    assert [each.url for each in registry.to_look_at(source, NOON, 9)] == [PAGE]
    registry.succeeded(source, NOON, kind=None, etag=None, modified=None)
    assert registry.due(NOON) == []


def test_a_paused_source_is_left_alone_until_it_is_resumed(registry: Registry) -> None:
    source = added(registry)
    registry.pause(source, True)
    assert registry.due(NOON) == []
    registry.pause(source, False)
    assert [each.key for each in registry.due(NOON)] == [source.key]


def test_a_source_is_found_by_number_or_address(registry: Registry) -> None:
    source = added(registry)
    assert registry.named(str(source.key)) == registry.named(source.address) == source
    with pytest.raises(NotFound, match=r"no source 'x'; `dateline source list`"):
        registry.named("x")
    with pytest.raises(UsageError, match="is registered already"):
        added(registry)
    registry.remove(source)
    assert registry.sources() == []


def test_an_archive_from_before_has_no_sources(config: Config, registry: Registry) -> None:
    db = sqlite3.connect(config.data / "catalog.sqlite3")
    db.executescript(
        "DROP TABLE failed; DROP TABLE stands_on; DROP TABLE pages; DROP TABLE sources; PRAGMA user_version = 3"
    )
    db.close()
    old = Registry.open(config.data, write=False)
    assert old.sources() == [] and old.dead_letters() == []
    old.close()
    Registry.open(config.data, write=True).close()
    assert registry.sources() == []


def gone(config: Config) -> set[str]:
    db = sqlite3.connect(config.data / "catalog.sqlite3")
    found = {each for (each,) in db.execute("SELECT id FROM articles WHERE gone")}
    db.close()
    return found


def test_what_is_missing_twice_is_gone_and_what_comes_back_is_not(
    config: Config, registry: Registry, store: Store, article: Callable[..., object]
) -> None:
    store(config, article("p", "The weir held."), article("q", "The lock held."))
    source = added(registry)
    registry.note(source, [PageNews(PAGE, "read", articles=("p", "q"))], NOON)
    other = f"{PAGE}?again"
    registry.note(source, [PageNews(other, "read", articles=("q",))], NOON)
    assert registry.note(source, [PageNews(PAGE, "missing")], NOON) == []
    registry.note(source, [PageNews(PAGE, "same")], NOON)
    assert registry.note(source, [PageNews(PAGE, "missing")], NOON) == [], "not twice in a row"
    assert registry.note(source, [PageNews(PAGE, "failed")], NOON) == []
    assert registry.note(source, [PageNews(PAGE, "missing")], NOON) == ["p"], "q stands on another page"
    assert registry.note(source, [PageNews(PAGE, "missing")], NOON) == []
    assert gone(config) == {"p"}
    assert [each.kind for each in registry.changes_after(0)] == ["gone"]
    registry.note(source, [PageNews(PAGE, "same")], NOON)
    assert gone(config) == set()


def test_a_page_that_stays_as_it_is_is_looked_at_ever_less_often(registry: Registry) -> None:
    source, now, waits = added(registry), NOON, []
    registry.note(source, [PageNews(PAGE, "read")], now)
    for _ in range(9):
        later = next(h for h in range(1, 2_000) if registry.to_look_at(source, now + h * HOUR, 9))
        waits.append(later)
        now += later * HOUR
        registry.note(source, [PageNews(PAGE, "same")], now)
    assert waits == [6, 12, 24, 48, 96, 192, 384, 720, 720]
    registry.note(source, [PageNews(PAGE, "read")], now)
    assert registry.to_look_at(source, now + 6 * HOUR, 9), "it changed: it may change again"


def test_dead_letters_are_kept_once_and_forgotten_by_place(registry: Registry) -> None:
    source = added(registry)
    registry.keep_failed([Skipped("/a/b.json", 3, "no text"), Skipped("/a/b.json", 3, "no text")], NOON)
    registry.keep_failed([Skipped("/a/c.zip!x.md", None, "no text"), Skipped(PAGE, None, "a bot wall")], NOON, source)
    told = [(each.place, each.line, each.reason, each.source) for each in registry.dead_letters()]
    assert told == [
        ("/a/b.json", 3, "no text", None),
        ("/a/c.zip!x.md", None, "no text", source.key),
        (PAGE, None, "a bot wall", source.key),
    ]
    assert registry.forget_failed(["/a/b", "/a/c"]) == 0, "names that merely begin alike"
    assert registry.forget_failed(["/a/c.zip"]) == 1
    registry.note(source, [PageNews(PAGE, "read")], NOON)
    assert [each.place for each in registry.dead_letters()] == ["/a/b.json"], "what was read is no dead letter"
    assert registry.forget_failed(["/a/"]) == 1


def test_no_more_dead_letters_are_kept_than_anyone_reads(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.archive.registry._MOST_FAILED", 3)
    for n in range(5):
        registry.keep_failed([Skipped(f"/{n}", None, "no text")], NOON + n * HOUR)
    assert [each.place for each in registry.dead_letters()] == ["/2", "/3", "/4"]
