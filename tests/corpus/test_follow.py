# ruff: noqa: E501  (feeds and pages as servers send them, a line each)
"""From an address to the documents there and behind it: feeds of all dialects, sitemaps, lists, and what is wrong with them."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

import corpus
from corpus.extract import Extracted
from corpus.fetch import Fetched
from corpus.follow import contents, page_text
from corpus.formats import FORMATS
from corpus.kinds import name_for
from corpus.raw import Linked, RawDocument
from rag.text.decode import Unusable
from rag.types import Skipped

OWN = ["127.0.0.1"]
SENTENCES = (
    "The harbour board voted on Monday to close the eastern pier for a year. "
    "Divers had found that eleven of its forty piles no longer carry any load. "
    "The ferry to the islands will leave from the fish quay instead. "
    "Traders on the pier said that they had been told nothing before the vote. "
)
FULL = SENTENCES * 4


def story(title: str, extra: str = "") -> str:
    return f"""<!doctype html><html lang="en"><head><title>{title} | The Gull</title>
<meta property="og:title" content="{title}"><meta property="og:site_name" content="The Gull">
<meta property="article:published_time" content="2024-03-05T08:00:00+01:00">{extra}</head>
<body><article><h1>{title}</h1><p>{SENTENCES}</p><p>{SENTENCES.replace("eastern", "western")}</p></article></body></html>"""


def read(*what: str, **options: Any) -> tuple[list[Extracted], list[Skipped]]:
    found = list(corpus.articles(what, allow_private=OWN, **options))
    return [i for i in found if isinstance(i, Extracted)], [i for i in found if isinstance(i, Skipped)]


def titles(found: list[Extracted]) -> list[str]:
    return [item.article.title for item in found]


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


# Single pages


def test_a_page(internet: Any) -> None:
    url = internet.put("/pier", story("Pier closes"))
    (found,), skipped = read(url)
    assert skipped == []
    article = found.article
    assert (article.title, article.source, article.url, article.language) == ("Pier closes", "The Gull", url, "en")
    assert article.published_at and article.published_at.isoformat() == "2024-03-05T07:00:00+00:00"
    assert article.text.count("ferry to the islands") == 2


def test_a_private_page_is_refused_and_told() -> None:
    found, (skipped,) = [], [i for i in corpus.articles(["http://127.0.0.1:9/a"]) if isinstance(i, Skipped)]
    assert found == []
    assert "--allow-private 127.0.0.1" in str(skipped)
    assert str(skipped).count("127.0.0.1:9/a") == 1


def test_a_page_that_is_not_there(internet: Any) -> None:
    _, (skipped,) = read(internet.url("/nowhere"))
    assert str(skipped) == f"{internet.url('/nowhere')}: is not there (the server answers 404); check the address"


def test_a_front_page_leads_to_its_feed(internet: Any) -> None:
    internet.put("/feed", rss(item("Pier closes", "/pier", FULL)), kind="text/xml")
    link = '<link rel="alternate" type="application/rss+xml" href="/feed"><link rel=alternate type="application/rss+xml" title="Comments" href="/comments">'
    url = internet.put(
        "/", f"<html><head><title>The Gull</title>{link}</head><body><ul><li><a href=/pier>Pier</a></ul></body></html>"
    )
    found, skipped = read(url)
    assert titles(found) == ["Pier closes"]
    assert skipped == []
    assert "/comments" not in internet.paths()


@pytest.mark.parametrize(
    ("charset", "kind", "head"),
    [
        ("windows-1251", "text/html; charset=windows-1251", ""),
        ("windows-1251", "text/html", '<meta charset="windows-1251">'),
        ("utf-8", "text/html; charset=iso-8859-1", ""),
        ("utf-8", "text/html; charset=no-such-thing", '<meta charset="latin1">'),
        ("utf-8-sig", "text/html; charset=utf-16", ""),
        ("iso-8859-2", "text/html; charset=utf-8", '<meta charset="iso-8859-2">'),
    ],
)
def test_charsets_and_charset_lies(internet: Any, charset: str, kind: str, head: str) -> None:
    word = {"windows-1251": "Гавань закрыта", "iso-8859-2": "Przystań zamknięta"}.get(charset, "Café “Möwe” schließt")
    url = internet.put("/a", story(word, head).encode(charset), kind=kind)
    (found,), _ = read(url)
    assert found.article.title == word


# Feeds


def item(title: str, link: str, text: str = "", more: str = "") -> str:
    body = f"<content:encoded><![CDATA[<p>{text}</p>]]></content:encoded>" if text else ""
    return f"<item><title>{title}</title><link>{link}</link><pubDate>Tue, 05 Mar 2024 08:00:00 +0100</pubDate>{body}{more}</item>"


def rss(*items: str) -> str:
    spaces = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return (
        f'<?xml version="1.0"?><rss version="2.0" {spaces}><channel><title>The Gull</title><link>https://gull.example/</link>'
        f"<language>en-gb</language>{''.join(items)}</channel></rss>"
    )


ATOM = f"""<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title>The Gull</title>
<entry><title type="html">Pier &amp;amp; quay</title><id>tag:gull.example,2024:1</id><link rel="self" href="/x.atom"/>
<link rel="alternate" href="https://gull.example/pier"/><published>2024-03-05T08:00:00+01:00</published>
<updated>2024-03-06T09:30:00Z</updated><author><name>Ann Tern</name></author><category term="Harbour"/>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>{FULL}</p></div></content></entry></feed>"""
RDF = f"""<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel rdf:about="https://gull.example/"><title>The Gull</title></channel><item rdf:about="https://gull.example/pier">
<title>Pier &amp; quay</title><link>https://gull.example/pier</link><dc:date>2024-03-05T08:00:00+01:00</dc:date>
<dc:creator>Ann Tern</dc:creator><dc:subject>Harbour</dc:subject><content:encoded>&lt;p&gt;{FULL}&lt;/p&gt;</content:encoded></item></rdf:RDF>"""
RSS = rss(
    item(
        "Pier &amp; quay",
        "https://gull.example/pier",
        FULL,
        "<dc:creator>Ann Tern</dc:creator><category>Harbour</category>",
    )
)
JSON_FEED = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "The Gull",
        "language": "en",
        "items": [
            {
                "id": "1",
                "url": "https://gull.example/pier",
                "title": "Pier & quay",
                "content_html": f"<p>{FULL}</p>",
                "date_published": "2024-03-05T08:00:00+01:00",
                "authors": [{"name": "Ann Tern"}],
                "tags": ["Harbour"],
            }
        ],
    }
)


@pytest.mark.parametrize("kind", ["application/rss+xml", "text/html", "text/plain", ""])
@pytest.mark.parametrize("feed", [RSS, ATOM, RDF, JSON_FEED], ids=["rss", "atom", "rdf", "json"])
def test_feeds_with_the_full_text(internet: Any, feed: str, kind: str) -> None:
    (found,), skipped = read(internet.put("/feed", feed, kind=kind or None))
    article = found.article
    assert skipped == []
    assert (article.title, article.source, article.author, article.category) == (
        "Pier & quay",
        "The Gull",
        "Ann Tern",
        "Harbour",
    )
    assert article.url == "https://gull.example/pier"
    assert article.published_at and article.published_at.isoformat() == "2024-03-05T07:00:00+00:00"
    assert article.text == FULL.strip()
    assert internet.paths() == ["/feed"]


def test_a_feed_as_a_file(tmp_path: Path) -> None:
    for name, feed in (
        ("a.xml", RSS),
        ("a.rss", RSS),
        ("a.atom", ATOM),
        ("a.rdf", RDF),
        ("a.json", JSON_FEED),
        ("b.xml.gz", RSS),
    ):
        data = feed.encode()
        (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        (found,), skipped = read(str(tmp_path / name))
        assert (found.article.title, skipped) == ("Pier & quay", [])


def test_teasers_lead_to_the_page(internet: Any) -> None:
    internet.put("/pier", story("Pier closes"))
    internet.put("/quay", story("Quay opens"))
    teaser = "<description>The harbour board voted. [&#8230;]</description>"
    cut = "<p>" + FULL + "</p> <a href='x'>Continue reading <span>Quay opens</span></a>"
    url = internet.put(
        "/feed", rss(item("Pier", internet.url("/pier"), more=teaser), item("Quay", internet.url("/quay"), cut))
    )
    found, skipped = read(url)
    assert titles(found) == ["Pier closes", "Quay opens"]
    assert skipped == []


def test_what_the_feed_says_fills_what_the_page_lacks(internet: Any) -> None:
    internet.put(
        "/pier",
        f"<html><body><article><h1>Pier closes</h1><p>{SENTENCES}</p><p>{SENTENCES}</p></article></body></html>",
    )
    url = internet.put("/feed", rss(item("Pier", internet.url("/pier"))))
    (found,), _ = read(url)
    assert found.article.published_at and found.article.published_at.isoformat() == "2024-03-05T07:00:00+00:00"
    assert found.article.source == "The Gull"


def test_a_page_that_fails_does_not_stop_the_feed(internet: Any) -> None:
    internet.put("/quay", story("Quay opens"))
    url = internet.put("/feed", rss(item("Pier", internet.url("/pier")), item("Quay", internet.url("/quay"))))
    found, (skipped,) = read(url)
    assert titles(found) == ["Quay opens"]
    assert "404" in skipped.reason


def test_an_item_without_a_link_is_what_it_says(internet: Any) -> None:
    url = internet.put(
        "/feed",
        "<rss version='2.0'><channel><title>T</title><item><description>Short note.</description></item><item/></channel></rss>",
    )
    (found,), (skipped,) = read(url)
    assert found.article.text == "Short note."
    assert "neither a text nor a link" in str(skipped)


@pytest.mark.parametrize("link", ["file:///etc/passwd", "javascript:alert(1)", "ftp://a.example/x", "data:text/html,x"])
def test_links_to_elsewhere_are_not_followed(internet: Any, link: str) -> None:
    found, (skipped,) = read(internet.put("/feed", rss(item("Pier", link))))
    assert found == []
    assert "no web address" in str(skipped)


def test_a_feed_that_names_private_hosts(internet: Any) -> None:
    found, (skipped,) = read(internet.put("/feed", rss(item("Pier", "http://169.254.169.254/latest/meta-data/"))))
    assert found == []
    assert "link-local" in str(skipped)


def test_a_feed_that_is_a_page(internet: Any) -> None:
    feed = internet.put("/feed", "<!doctype html><html><body><h1>Log in</h1></body></html>")
    found, (skipped,) = read(
        internet.put("/list", f'<opml version="2.0"><body><outline xmlUrl="{feed}"/></body></opml>')
    )
    assert found == []
    assert "a feed was expected and a web page stands there" in str(skipped)


@pytest.mark.parametrize(
    "feed",
    [
        '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]><rss version="2.0"><channel><title>&b;</title></channel></rss>',
        '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><item><title>&x;</title></item></channel></rss>',
        '<!DOCTYPE r [<!ENTITY x SYSTEM "http://127.0.0.1/x">]><urlset><url><loc>&x;</loc></url></urlset>',
        '<!DOCTYPE r [<!ENTITY x "boom">]><opml><body><outline xmlUrl="&x;"/></body></opml>',
    ],
)
def test_xml_that_unfolds_or_reaches_out_is_not_read(internet: Any, feed: str) -> None:
    found, (skipped,) = read(internet.put("/feed", feed, kind="text/xml"))
    assert found == []
    assert "entities of its own" in str(skipped)
    assert internet.paths() == ["/feed"]


@pytest.mark.parametrize(
    "feed",
    [
        "<rss version='2.0'><channel><item><title>Pier</title><link>LINK</link></item>",  # ends in the middle
        "<rss version='2.0'><channel><title>A & B</title><item><title>Pier & quay <b></title><link>LINK</link></item></channel></rss>",
        "\n\n  <?xml version='1.0'?><rss version='2.0'><channel><item><title>Pier</title><link> LINK </link></item></channel></rss>",
        "<?xml version='1.0' encoding='utf-16'?><rss version='2.0'><channel><item><title>Pier</title><link>LINK</link></item></channel></rss>",
        "<rss version='2.0'><channel><item><title>Pier\x0b\x0c</title><link>LINK</link></item></channel></rss>",
    ],
)
def test_broken_feeds_are_read_as_far_as_they_go(internet: Any, feed: str) -> None:
    link = internet.put("/pier", story("Pier closes"))
    found, _ = read(internet.put("/feed", feed.replace("LINK", link), kind="text/xml"))
    assert titles(found) == ["Pier closes"]


def test_an_endless_feed_ends(internet: Any) -> None:
    found, (skipped,) = read(internet.put("/feed", endless=b"<rss version='2.0'><channel>" + b"<item/>" * 1000))
    assert found == []
    assert "larger than 16.0 MiB" in str(skipped)


def test_a_page_of_200_mib(internet: Any) -> None:
    _, (skipped,) = read(internet.put("/a", b"<p>", length=200 << 20))
    assert "larger than 16.0 MiB" in str(skipped)


# Sitemaps


def urlset(*urls: str, more: str = "") -> str:
    entries = "".join(f"<url><loc>{url}</loc><lastmod>2024-03-09</lastmod>{more}</url>" for url in urls)
    spaces = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset {spaces}>{entries}</urlset>'


NEWS = """<news:news><news:publication><news:name>The Gull</news:name><news:language>en</news:language></news:publication>
<news:publication_date>2024-03-05T08:00:00+01:00</news:publication_date><news:title>Pier</news:title></news:news>"""


def index(*urls: str) -> str:
    return f"<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{''.join(f'<sitemap><loc>{u}</loc></sitemap>' for u in urls)}</sitemapindex>"


def test_an_index_of_packed_sitemaps(internet: Any) -> None:
    pages = [internet.put(f"/{n}", story(f"Story {n}")) for n in range(4)]
    one = internet.put("/one.xml.gz", gzip.compress(urlset(*pages[:2]).encode()), kind="application/gzip")
    two = internet.put("/two.xml", urlset(*pages[1:]), kind="text/html")
    found, skipped = read(internet.put("/sitemap.xml", index(one, two), kind="application/xml"))
    assert titles(found) == ["Story 0", "Story 1", "Story 2", "Story 3"]
    assert skipped == []


def test_a_news_sitemap_says_when_a_page_was_published(internet: Any) -> None:
    page = f"<html><body><article><h1>Pier closes</h1><p>{SENTENCES}</p><p>{SENTENCES}</p></article></body></html>"
    (found,), _ = read(internet.put("/s.xml", urlset(internet.put("/pier", page), more=NEWS)))
    assert found.article.published_at and found.article.published_at.isoformat() == "2024-03-05T07:00:00+00:00"
    assert (found.article.source, found.article.language) == ("The Gull", "en")


def test_the_last_change_is_no_date_of_publication(internet: Any) -> None:
    page = f"<html><body><article><h1>Pier closes</h1><p>{SENTENCES}</p><p>{SENTENCES}</p></article></body></html>"
    (found,), _ = read(internet.put("/s.xml", urlset(internet.put("/pier", page))))
    assert found.article.published_at is None


def test_sitemaps_that_name_each_other_end(internet: Any) -> None:
    page = internet.put("/pier", story("Pier closes"))
    internet.put("/b.xml", index(internet.url("/a.xml"), internet.url("/b.xml"), internet.url("/c.xml")))
    internet.put("/c.xml", urlset(page, page + "#top", page + "?utm_source=map"))
    found, _ = read(internet.put("/a.xml", index(internet.url("/b.xml"), internet.url("/a.xml"))))
    assert titles(found) == ["Pier closes"]
    assert sorted(internet.paths()) == ["/a.xml", "/b.xml", "/c.xml", "/pier"]


def test_a_sitemap_that_never_ends_by_naming_itself_anew(internet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus.follow.MAX_LISTS", 20)
    internet.put("/s.xml", lambda asked: internet.reply(index(f"{internet.root}/s.xml?n={len(internet.asked)}")))
    read(internet.url("/s.xml"))
    assert len(internet.paths()) == 21


def test_a_sitemap_of_50_000_pages_is_read_as_far_as_asked(internet: Any) -> None:
    pages = [internet.url(f"/{n}") for n in range(50_001)]
    for n in range(3):
        internet.put(f"/{n}", story(f"Story {n}"))
    found, skipped = read(internet.put("/s.xml", urlset(*pages)), max_pages=3)
    assert titles(found) == ["Story 0", "Story 1", "Story 2"]
    assert "more than 50,000 addresses in one sitemap" in str(skipped[0])
    assert str(skipped[-1]) == "the web: 49,997 more pages are named and not read; --max-pages 50000"


def test_a_sitemap_with_nothing_in_it(internet: Any) -> None:
    _, skipped = read(internet.put("/s.xml", urlset("", "file:///etc/passwd")), internet.put("/t.xml", urlset()))
    assert [s.reason.split(":")[0] for s in skipped] == ["entry 1", "entry 2", "a sitemap without addresses"]


def test_a_sitemap_that_unpacks_to_too_much(internet: Any) -> None:
    url = internet.put("/s.xml.gz", gzip.compress(bytes(300 << 20)), kind="application/gzip")
    _, (skipped,) = read(url)
    assert "larger than 50 MiB" in str(skipped) or "far more than its size allows" in str(skipped)


# Reading lists


def test_a_reading_list(internet: Any) -> None:
    one = internet.put("/one", rss(item("One", "https://gull.example/1", FULL)))
    two = internet.put("/two", ATOM)
    lists = f"""<?xml version="1.0"?><opml version="2.0"><head><title>Mine</title></head><body><outline text="Coast">
    <outline type="rss" text="Gull, by our name" xmlUrl="{one}" htmlUrl="https://gull.example/"/></outline>
    <outline text="Two" xmlUrl="{two}"/><outline text="Local" xmlUrl="/etc/passwd"/><outline text="File" xmlUrl="file:///etc/passwd"/>
    <outline text="Again" xmlUrl="{one}"/></body></opml>"""
    found, skipped = read(internet.put("/list.opml", lists))
    assert [(i.article.title, i.article.source) for i in found] == [
        ("One", "Gull, by our name"),
        ("Pier & quay", "Two"),
    ]
    assert ["no web address" in str(s) for s in skipped] == [True, True]


def test_a_reading_list_as_a_file_leads_to_the_web(internet: Any, tmp_path: Path) -> None:
    feed = internet.put("/one", rss(item("One", "https://gull.example/1", FULL)))
    (tmp_path / "mine.opml").write_text(f'<opml version="1.0"><body><outline xmlUrl="{feed}"/></body></opml>')
    found, skipped = read(str(tmp_path / "mine.opml"))
    assert (titles(found), skipped) == (["One"], [])


# What stands there


def zipped(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, text in members.items():
            file.writestr(name.replace("__", "/").replace("_xml", ".xml"), text)
    return out.getvalue()


@pytest.mark.parametrize(
    ("body", "kind", "path", "name"),
    [
        (b"<html><p>x", "", "/a", "page.html"),
        (b"<!DOCTYPE html>\n<p>x", "text/plain", "/a.txt", "page.html"),
        (b"<p>x</p>", "text/html", "/a", "page.html"),
        (b"plain words", "text/html", "/a", "page.html"),
        (b"plain words", "text/plain", "/a", "page.txt"),
        (b"# Title", "text/plain", "/a/b.md", "page.md"),
        (b"title,body\na,b", "text/csv", "/a", "page.csv"),
        (b'{"title": "x"}', "text/html", "/a", "page.json"),
        (b'{"title": "x"}', "application/json", "/a", "page.json"),
        (b'[{"title": "x"}]', "", "/a", "page.json"),
        (b'{"a":1}\n{"a":2}', "text/plain", "/a.jsonl", "page.jsonl"),
        (b"%PDF-1.7 ...", "text/html", "/a", "page.pdf"),
        (b"WARC/1.0\r\n", "", "/a", "page.warc"),
        (b"\x1f\x8b....", "application/x-gzip", "/a/b.jsonl.gz", "page.jsonl.gz"),
        (b"\x1f\x8b....", "application/x-gzip", "/a", "page.xml.gz"),
        (b"\x1f\x8b....", "application/x-gzip", "/..gz", "page.xml.gz"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><!-- <html> --><rss>", "text/html", "/a", "page.xml"),
        (b"<?xml version='1.0'?><html xmlns='x'>", "application/xml", "/a", "page.html"),
        (zipped(META__INF__container_xml=""), "", "/a", "page.zip"),
        (zipped(**{"word/document.xml": ""}), "application/octet-stream", "/a", "page.docx"),
        (b"PK\x03\x04 damaged", "", "/a", "page.zip"),
    ],
)  # fmt: skip
def test_what_stands_there_is_told(body: bytes, kind: str, path: str, name: str) -> None:
    assert name_for(Fetched(f"https://news.example{path}", 200, kind, body), FORMATS) == name


@pytest.mark.parametrize("body", [b"\x00\x01\x02\x03" * 100, b"", b"\x89PNG\r\n\x1a\n\0\0"])
def test_what_is_nothing_we_read(body: bytes) -> None:
    with pytest.raises(Unusable, match="no kind of file"):
        name_for(Fetched("https://news.example/a", 200, "application/octet-stream", body), FORMATS)


def test_records_and_documents_at_an_address(internet: Any) -> None:
    lines = "\n".join(
        json.dumps({"title": f"Story {n}", "body": SENTENCES, "url": f"https://gull.example/{n}"}) for n in (1, 2)
    )
    one = internet.put("/a.jsonl.gz", gzip.compress(lines.encode()), kind="application/gzip")
    two = internet.put("/b.md", f"---\ntitle: Story 3\n---\n{SENTENCES}", kind="text/markdown")
    found, skipped = read(one, two)
    assert (titles(found), skipped) == (["Story 1", "Story 2", "Story 3"], [])


def test_progress_never_runs_back(internet: Any) -> None:
    pages = [internet.put(f"/{n}", story(f"Story {n}")) for n in range(10)]
    found, _ = read(internet.put("/s.xml", urlset(*pages)))
    done = [i.done for i in found]
    assert done == sorted(done)
    assert done[0] > 0 and done[-1] == 1


def test_stopping_in_the_middle(internet: Any) -> None:
    pages = [internet.put(f"/{n}", story(f"Story {n}"), slow=0.02) for n in range(100)]
    stream = corpus.articles([internet.put("/s.xml", urlset(*pages))], allow_private=OWN)
    assert isinstance(stream, Generator)
    next(stream)
    stream.close()
    assert len(internet.paths()) < 50


def test_one_answer_by_itself() -> None:
    """What whoever remembers addresses and their dates works with: nothing is fetched."""
    links = list(
        contents(
            Fetched("https://gull.example/s.xml", 200, "", urlset("https://gull.example/a").encode()), Linked("", "x")
        )
    )
    assert links == [Linked("https://gull.example/s.xml", "https://gull.example/a", "page", {}, "2024-03-09")]
    (page,) = contents(
        Fetched("https://gull.example/b", 200, "text/html", b"<p>x"),
        Linked("", "https://gull.example/a", "page", {"title": "T"}),
    )
    assert isinstance(page, RawDocument)
    assert (page.place, page.fields) == ("https://gull.example/b", {"title": "T", "url": "https://gull.example/b"})


def test_the_text_of_a_page_that_is_no_text() -> None:
    with pytest.raises(Unusable):
        page_text(Fetched("https://gull.example/b", 200, "text/html", b"\x00\xff\x00\xfe" * 50))
