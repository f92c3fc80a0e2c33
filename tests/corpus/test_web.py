"""Sources of the web, from a server on this machine: what is asked for, what changes, vanishes, fails."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:(click|typer|rich).*")
Command = Callable[..., Any]
LONG = " ".join(f"The keeper of the lock wrote on day {n} that the water stood at {n + 40} inches." for n in range(12))


def story(name: str, text: str = LONG) -> str:
    return (
        f"<html><head><title>{name}</title><meta property='og:site_name' content='Harbor News'></head><body><article>"
        f"<h1>{name}</h1><p>The {name} held. {text}</p></article></body></html>"
    )


def rss(internet: Any, *names: str, full: bool = False, day: int = 2) -> str:
    items = "".join(
        f"<item><title>{name}</title><link>{internet.url(f'/{name}')}</link><guid>{name}</guid>"
        f"<pubDate>Mon, {day:02} Mar 2026 10:00:00 GMT</pubDate>"
        f"<description>{f'The {name} held. {LONG}' if full else 'The ' + name + ' held.'}</description></item>"
        for name in names
    )
    head = f"<title>Harbor News</title><link>{internet.root}</link><description>News</description>"
    return f"<?xml version='1.0'?><rss version='2.0'><channel>{head}{items}</channel></rss>"


def tagged(body: str, kind: str = "text/html; charset=utf-8") -> Callable[[Any], Any]:
    """Return what answers 304 to whoever has this body already."""
    etag = f'"{hash(body) & 0xFFFFFFFF:x}"'

    def answer(asked: Any) -> Any:
        from internet import Reply

        if asked.headers.get("if-none-match") == etag:
            return Reply(b"", status=304, headers={"ETag": etag})
        return Reply(body, kind=kind, headers={"ETag": etag})

    return answer


@pytest.fixture
def feed(internet: Any) -> str:
    """Let a feed of two items stand there, with their pages; return its address."""
    for name in ("weir", "lock"):
        internet.put(f"/{name}", tagged(story(name)))
    return str(internet.put("/feed", tagged(rss(internet, "weir", "lock"), "application/rss+xml")))


def synced(command: Command, *how: object) -> dict[str, Any]:
    told = command("sync", "--json", "--allow-private", "127.0.0.1", *how).json
    names = ("added", "changed", "unchanged", "corrected", "gone", "pages", "same", "failed")
    return {name: told[name] for name in names if told[name]}


def test_a_feed_is_read_with_its_pages_and_then_not_again(command: Command, internet: Any, feed: str) -> None:
    command("source", "add", feed)
    assert synced(command) == {"added": 2, "pages": 2}
    assert sorted(internet.paths()) == ["/feed", "/lock", "/weir"]
    internet.asked.clear()
    assert synced(command, "--source", 1) == {"same": 1}
    assert internet.paths() == ["/feed"]
    (told,) = command("source", "list", "--json").json["sources"]
    assert (told["kind"], told["failures"]) == ("RSS", 0)
    hits = command("search", "What held?", "--json").json["hits"]
    assert {hit["source"] for hit in hits} == {"Harbor News"}


def test_a_server_without_etags_is_asked_for_no_page_twice(command: Command, internet: Any) -> None:
    internet.put("/weir", story("weir"))
    command("source", "add", internet.put("/feed", rss(internet, "weir"), kind="application/rss+xml"))
    synced(command)
    internet.asked.clear()
    assert synced(command, "--source", 1) == {}
    assert internet.paths() == ["/feed"]


def test_a_feed_with_the_full_text_needs_no_pages(command: Command, internet: Any) -> None:
    command(
        "source", "add", internet.put("/feed", rss(internet, "weir", "lock", full=True), kind="application/rss+xml")
    )
    assert synced(command) == {"added": 2, "pages": 2}
    assert internet.paths() == ["/feed"]
    internet.put("/feed", rss(internet, "dam", "weir", "lock", full=True), kind="application/rss+xml")
    assert synced(command, "--source", 1) == {"added": 1, "pages": 1}


def test_an_item_that_the_feed_says_changed_becomes_a_new_version(command: Command, internet: Any, feed: str) -> None:
    command("source", "add", feed)
    synced(command)
    internet.put("/weir", tagged(story("weir", f"{LONG} Correction: it did not hold.")))
    assert synced(command, "--source", 1) == {"same": 1}, "nobody says so yet"
    internet.put("/feed", tagged(rss(internet, "weir", "lock", day=3), "application/rss+xml"))
    internet.asked.clear()
    told = command("sync", "--json", "--source", 1, "--allow-private", "127.0.0.1").json
    assert (told["changed"], told["corrected"], told["unchanged"]) == (1, 1, 0)
    (change,) = told["changes"]
    assert (change["title"], change["version"], change["notice"]) == ("weir", 2, "Correction: it did not hold.")
    assert sorted(internet.paths()) == ["/feed", "/lock", "/weir"], "and one 304 among them"


def test_a_page_that_vanishes_is_gone_at_the_second_look(command: Command, internet: Any, feed: str) -> None:
    command("source", "add", feed)
    synced(command)
    internet.put("/weir", "nothing here", status=410)
    assert synced(command, "--all") == {"pages": 2, "same": 1}
    assert synced(command, "--all") == {"pages": 2, "same": 1, "gone": 1}
    internet.put("/weir", tagged(story("weir")))
    assert synced(command, "--all")["pages"] == 2
    told = command("sync", "--json", "--all", "--allow-private", "127.0.0.1").json
    assert told["gone"] == 0


def test_one_page_that_can_not_be_read_is_a_dead_letter_until_it_can(
    command: Command, internet: Any, feed: str
) -> None:
    internet.put("/weir", "no", status=403)
    command("source", "add", feed)
    assert synced(command) == {"added": 1, "pages": 2}
    (letter,) = command("failed", "--json").json["failed"]
    assert letter["place"] == internet.url("/weir") and "403" in letter["reason"]
    internet.put("/weir", tagged(story("weir")))
    done = command("failed", "--retry", "--allow-private", "127.0.0.1")
    assert done.out.splitlines()[-1] == "1 before, 0 now."
    assert command("status", "--json").json["articles"] == 2


@pytest.mark.parametrize(
    ("status", "told"), [(404, "it is not there any more"), (403, "403"), (410, "it is not there any more")]
)
def test_a_source_that_fails_stops_no_other(command: Command, internet: Any, feed: str, status: int, told: str) -> None:
    command("source", "add", internet.put("/broken", "no", status=status), feed)
    done = command("sync", "--allow-private", "127.0.0.1")
    assert done.code == 0 and "2 added" in done.out
    assert f"failed: {internet.url('/broken')}: " in done.err and told in done.err


def test_a_feed_that_is_a_page_one_day_has_failed_and_no_article_comes_of_it(
    command: Command, internet: Any, feed: str
) -> None:
    command("source", "add", feed)
    synced(command)
    internet.put("/feed", story("Under repair"))
    done = command("sync", "--source", 1, "--allow-private", "127.0.0.1")
    assert done.code == 2 and "a feed was expected and a web page stands there" in done.err
    assert command("status", "--json").json["articles"] == 2
    internet.put("/feed", tagged(rss(internet, "weir", "lock"), "application/rss+xml"))
    assert "failed" not in synced(command, "--source", 1)


def test_a_network_that_is_not_there_is_a_failure_of_its_sources_only(
    command: Command, internet: Any, feed: str
) -> None:
    command("source", "add", "http://127.0.0.1:1/feed", feed)
    done = command("sync", "--allow-private", "127.0.0.1")
    assert done.code == 0 and "2 added" in done.out
    assert done.err.count("\n") == 1 and "failed: http://127.0.0.1:1/feed: " in done.err


def test_what_is_no_feed_and_no_article_is_said(command: Command, internet: Any) -> None:
    command("source", "add", internet.put("/x", b"\x00\x01\x02" * 99, kind="application/octet-stream"))
    done = command("sync", "--allow-private", "127.0.0.1")
    assert done.code == 2 and "no kind of file that is understood" in done.err


def test_an_address_of_ones_own_network_is_refused_unless_it_is_named(command: Command, feed: str) -> None:
    command("source", "add", feed)
    done = command("sync")
    assert done.code == 2 and "--allow-private" in done.err


def test_a_single_page_is_a_source(command: Command, internet: Any) -> None:
    command("source", "add", internet.put("/weir", tagged(story("weir"))))
    assert synced(command) == {"added": 1, "pages": 1}
    assert synced(command, "--source", 1) == {"same": 1}
    internet.put("/weir", tagged(story("weir", LONG + " It rained.")))
    assert synced(command, "--source", 1) == {"changed": 1, "pages": 1}
    internet.put("/weir", "gone", status=404)
    for _ in range(2):
        told = command("sync", "--json", "--source", 1, "--allow-private", "127.0.0.1")
    assert '"gone": 1' in told.out


def test_a_reading_list_has_its_feeds_read_each_time_it_is_due(command: Command, internet: Any, feed: str) -> None:
    outlines = f'<outline text="Harbor" type="rss" xmlUrl="{feed}"/>'
    opml = f'<?xml version="1.0"?><opml version="2.0"><head/><body>{outlines}</body></opml>'
    command("source", "add", internet.put("/list.opml", tagged(opml, "text/x-opml")))
    assert synced(command) == {"added": 2, "pages": 3}
    assert synced(command, "--source", 1) == {"same": 1, "pages": 1}
    internet.put("/dam", tagged(story("dam")))
    internet.put("/feed", tagged(rss(internet, "dam", "weir", "lock"), "application/rss+xml"))
    assert synced(command, "--source", 1) == {"same": 1, "added": 1, "pages": 2}, (
        "the list is as it was, the feed is not"
    )


def test_a_reading_list_on_this_machine_is_followed_too(
    command: Command, internet: Any, feed: str, tmp_path: Path
) -> None:
    outlines = f'<outline text="Harbor" type="rss" xmlUrl="{feed}"/><outline type="rss" xmlUrl="file:///etc/passwd"/>'
    file = tmp_path / "list.opml"
    file.write_text(f'<?xml version="1.0"?><opml version="2.0"><head/><body>{outlines}</body></opml>')
    command("source", "add", file)
    assert synced(command)["added"] == 2
    internet.put("/dam", tagged(story("dam")))
    internet.put("/feed", tagged(rss(internet, "dam", "weir", "lock"), "application/rss+xml"))
    assert synced(command, "--source", 1)["added"] == 1, "the file is as it was, the feed is not"


def test_an_item_that_can_not_be_used_is_a_dead_letter_until_the_feed_is_mended(
    command: Command, internet: Any
) -> None:
    good = rss(internet, "weir", "lock", full=True)
    bad = good.replace(f"<link>{internet.url('/lock')}</link>", "<link>ftp://nowhere/</link>")
    command("source", "add", internet.put("/feed", bad, kind="application/rss+xml"))
    assert synced(command)["added"] == 1
    (letter,) = command("failed", "--json").json["failed"]
    assert "its link is no web address" in letter["reason"]
    retry = ("failed", "--retry", "--allow-private", "127.0.0.1")
    assert command(*retry).out.splitlines()[-1] == "1 before, 1 now."
    internet.put("/feed", good, kind="application/rss+xml")
    assert command(*retry).out.splitlines()[-1] == "1 before, 0 now."
    assert command("status", "--json").json["articles"] == 2


def test_a_sitemap_has_new_and_changed_pages_read(command: Command, internet: Any, feed: str) -> None:
    def sitemap(*entries: tuple[str, str]) -> str:
        urls = "".join(
            f"<url><loc>{internet.url(f'/{name}')}</loc><lastmod>{day}</lastmod></url>" for name, day in entries
        )
        return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>'

    address = internet.put(
        "/sitemap.xml", sitemap(("weir", "2026-03-01"), ("lock", "2026-03-01")), kind="application/xml"
    )
    command("source", "add", address)
    assert synced(command) == {"added": 2, "pages": 2}
    internet.put("/sitemap.xml", sitemap(("weir", "2026-03-02"), ("lock", "2026-03-01")), kind="application/xml")
    internet.put("/weir", tagged(story("weir", LONG + " It rained.")))
    internet.asked.clear()
    assert synced(command, "--source", 1) == {"changed": 1, "pages": 1}
    assert internet.paths() == ["/sitemap.xml", "/weir"]


def test_more_new_pages_than_are_to_be_fetched_come_the_next_time(command: Command, internet: Any) -> None:
    names = [f"page-{n}" for n in range(7)]
    for name in names:
        internet.put(f"/{name}", tagged(story(name)))
    command("source", "add", internet.put("/feed", tagged(rss(internet, *names), "application/rss+xml")))
    done = command("sync", "--max-pages", 3, "--allow-private", "127.0.0.1")
    assert "3 added" in done.out and "1 with more to come" in done.out
    assert synced(command, "--source", 1, "--max-pages", 3) == {"added": 3, "pages": 3}
    assert synced(command, "--source", 1, "--max-pages", 3) == {"added": 1, "pages": 1}
    assert synced(command, "--source", 1, "--max-pages", 3) == {"same": 1}


def test_the_registered_outlet_names_articles_that_name_none(command: Command, internet: Any, tmp_path: Path) -> None:
    page = story("weir").replace("<meta property='og:site_name' content='Harbor News'>", "")
    command("source", "add", internet.put("/weir", page), "--outlet", "The Beacon")
    synced(command)
    hits = command("search", "What held?", "--json").json["hits"]
    assert {hit["source"] for hit in hits} <= {"The Beacon", "127.0.0.1"}


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_thousand_items_are_asked_for_once(command: Command, internet: Any) -> None:
    names = [f"report-{n}" for n in range(1_000)]
    sent = [0]

    def counted(answer: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def reply(asked: Any) -> Any:
            found = answer(asked)
            sent[0] += len(found.body)
            return found

        return reply

    for name in names:
        internet.put(f"/{name}", counted(tagged(story(name))))
    feed = internet.put("/feed", counted(tagged(rss(internet, *names), "application/rss+xml")))
    command("source", "add", feed)
    assert synced(command)["added"] == 1_000
    transferred = sent[0]
    for how in ("--source", 1), ("--all",):
        sent[0] = 0
        assert synced(command, *how)["same"] == 1
        assert sent[0] == 0 < transferred
