"""What becomes of a document's fields, text, dates and ids."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import articles
from corpus.dates import parse_date
from corpus.extract import Extracted, extract
from corpus.raw import RawDocument
from rag.types import Article, Skipped, canonical_url

BODY = "The harbour opened on Monday.\n\nShips came. "


def of(kind: Literal["text", "html"], content: str) -> Article:
    found = extract(RawDocument("a", None, kind, content))
    assert isinstance(found, Extracted), found
    return found.article


def of_record(**fields: Any) -> Article:
    found = extract(RawDocument("a.jsonl", 3, "record", fields={"body": BODY, **fields}))
    assert isinstance(found, Extracted), found
    return found.article


def reason(kind: Literal["text", "html", "record"], content: str = "", **fields: Any) -> str:
    found = extract(RawDocument("a", 7, kind, content, fields))
    assert isinstance(found, Skipped)
    assert (found.place, found.line) == ("a", 7)
    return found.reason


# Records


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("text", "Body"),
        ("text", "content"),
        ("text", "article_text"),
        ("text", "fullText"),
        ("title", "Headline"),
        ("source", "outlet"),
        ("source", "site-name"),
        ("url", "canonicalUrl"),
        ("author", "byline"),
        ("category", "SECTION"),
        ("language", "lang"),
    ],
)
def test_names_are_recognised_in_any_spelling(field: str, name: str) -> None:
    fields = {"text": "Some text."} if field != "text" else {}
    found = extract(RawDocument("a", 1, "record", fields={**fields, name: "https://x.example/a"}))
    assert isinstance(found, Extracted)
    assert getattr(found.article, field) == "https://x.example/a"


@pytest.mark.parametrize(
    "name", ["published_at", "date", "pubDate", "publish-date", "datePublished", "Published Date", "created_at"]
)
def test_names_of_the_date(name: str) -> None:
    assert of_record(**{name: "2024-05-06"}).published_at == datetime(2024, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize("name", ["updated", "modified", "dateModified", "last_modified"])
def test_names_of_the_update(name: str) -> None:
    assert of_record(**{name: "2024-05-06"}).updated_at == datetime(2024, 5, 6, tzinfo=UTC)


def test_the_first_name_that_is_not_blank_wins() -> None:
    assert of_record(published_at="", date="2024-05-06").published_at == datetime(2024, 5, 6, tzinfo=UTC)
    assert of_record(body=None, text="this").text == "this"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("  The \n Paper ", "The Paper"),
        ({"id": None, "name": "The Paper"}, "The Paper"),
        (1984, "1984"),
        ({}, ""),
        (None, ""),
        (True, ""),
        ([["deep"]], ""),
    ],
)
def test_values_become_one_line(value: object, expected: str) -> None:
    assert of_record(source=value).source == expected


def test_authors_are_joined() -> None:
    assert of_record(authors=["Ann Lee", {"name": "Bo Ek"}, None, ""]).author == "Ann Lee, Bo Ek"


def test_record_without_a_title_gets_its_first_line() -> None:
    assert of_record().title == "The harbour opened on Monday."
    assert of_record(title=2024).title == "2024"


@pytest.mark.parametrize("fields", [{}, {"body": ""}, {"body": " \n\t"}, {"body": None}, {"question": "Who?"}])
def test_record_without_text(fields: dict[str, Any]) -> None:
    assert reason("record", **fields).startswith("no text; it is looked for in body, text, content")


@pytest.mark.parametrize("value", [["a", "b"], {"a": "b"}, 7, True])
def test_text_that_is_no_string(value: object) -> None:
    assert reason("record", body=value).startswith("its text is not a string")


@pytest.mark.parametrize("name", ["body", "title", "id", "language", "author"])
def test_lone_surrogates_are_refused(name: str) -> None:
    assert "surrogate" in reason("record", **{"body": "x", name: json.loads('"a \\ud800 b"')})


def test_surrogate_pairs_are_text(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"body": "\\ud83d\\ude00 fine"}\n{"body": "\\ud83d broken"}\n')
    good, bad = articles([path])
    assert isinstance(good, Extracted)
    assert good.article.text == "😀 fine"
    assert isinstance(bad, Skipped)
    assert bad.line == 2


def test_unreadable_date_is_reported_and_not_replaced() -> None:
    found = extract(RawDocument("a", 1, "record", fields={"body": BODY, "date": "soon", "updated": "2024-01-02"}))
    assert isinstance(found, Extracted)
    assert (found.article.published_at, found.unreadable_date) == (None, "soon")
    found = extract(RawDocument("a", 1, "record", fields={"body": BODY, "date": " "}))
    assert isinstance(found, Extracted)
    assert (found.article.published_at, found.unreadable_date) == (None, None)


# Text and Markdown


def test_front_matter() -> None:
    article = of(
        "text",
        "---\r\ntitle: 'A: b'\noutlet: The Paper\ndate: 2024-05-06\nauthors:\n- Ann\n- Bo\nid: 007\nlang: no\n---\r\n"
        "\n# Heading\n\nText.\n",
    )
    assert article.text == "\n# Heading\n\nText.\n"
    assert (article.title, article.source, article.author, article.id) == ("A: b", "The Paper", "Ann, Bo", "007")
    assert (article.published_at, article.language) == (datetime(2024, 5, 6, tzinfo=UTC), "no")


def test_front_matter_with_a_day_that_does_not_exist() -> None:
    found = extract(RawDocument("a", None, "text", "---\ndate: 2024-02-30\nauthor: null\n---\nText."))
    assert isinstance(found, Extracted)
    assert (found.unreadable_date, found.article.author) == ("2024-02-30", None)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("---\ntitle: [\n---\nText", "not valid YAML"),
        ("---\na: &a [1]\nb: *a\n---\nText", "aliases are not allowed"),
        ("---\n- a\n---\nText", "not a list of 'name: value' lines"),
        ("---\na: !!python/object:os.system x\n---\nText", "not valid YAML"),
        ("---\ndate: !!timestamp soon\n---\nText", "not valid YAML"),
        ("---\ndraft: !!bool maybe\n---\nText", "not valid YAML"),
        ("---\nn: !!int ''\n---\nText", "not valid YAML"),
        ("---\na: " + "[" * 5000 + "\n---\nText", "not valid YAML"),
        ("---\na: " + "x" * 70_000 + "\n---\nText", "more than 64 KiB"),
        ("---\ntitle: A\n---\n  \n", "no text"),
        ("", "no text"),
    ],
)
def test_bad_text_files(content: str, expected: str) -> None:
    assert expected in reason("text", content)


@pytest.mark.parametrize(
    "content", ["---\nnever closed", "--- not front matter\n---\n", "text\n---\ntitle: A\n---\n", "-----\nx\n---\n"]
)
def test_what_is_no_front_matter_stays(content: str) -> None:
    assert of("text", content).text == content


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("---\nauthor: A\n---\n\nIntro.\n\n# The title #\n\nText", "The title"),
        ("## Second level\n\nText", "Second level"),
        ("\n\n  First line \nText", "First line"),
        ("#MeToo grows\nText", "#MeToo grows"),
        ("word " * 30, "word " * 19 + "word…"),
        ("# " + " " * 100_000 + "x # \nText", "x"),
        ("x" * 150, "x" * 99 + "…"),
        ("x" * 100, "x" * 100),
    ],
)
def test_title(content: str, title: str) -> None:
    assert of("text", content).title == title


def test_text_without_source() -> None:
    article = of("text", "Text.")
    assert (article.source, article.url, article.published_at, article.author) == ("", None, None, None)


# Pages

PARAGRAPHS = "".join(
    f"<p>Paragraph {n} says at some length what happened in the town of Larch on that day.</p>" for n in range(6)
)
PAGE = f"""<html lang="en-GB"><head><title>Big news | The Paper</title>
<meta property="og:site_name" content="The Paper"><link rel="canonical" href="https://www.paper.example/news/1">
<meta name="author" content="Ann Lee"><meta property="article:published_time" content="2024-03-05T23:11:12-05:00">
<meta property="article:modified_time" content="2024-03-07"></head>
<body><nav>Home About</nav><article><h1>Big news</h1>{PARAGRAPHS}</article><footer>Copyright</footer></body></html>"""


@pytest.mark.parametrize("before", ["", '<?xml version="1.0" encoding="UTF-8"?>\n'])
def test_page(before: str) -> None:
    article = of("html", before + PAGE)
    assert "Paragraph 3 says" in article.text
    assert "Copyright" not in article.text
    assert (article.title, article.source, article.author) == ("Big news", "The Paper", "Ann Lee")
    assert (article.url, article.language) == ("https://www.paper.example/news/1", "en-GB")
    assert article.published_at == datetime(2024, 3, 6, 4, 11, 12, tzinfo=UTC)
    assert article.updated_at == datetime(2024, 3, 7, tzinfo=UTC)


def test_page_without_a_date_has_none() -> None:
    assert of("html", f"<html><body><article>{PARAGRAPHS}</article>Copyright 2024</body></html>").published_at is None


@pytest.mark.parametrize("content", ["", " ", "<html></html>", "<", "no tags", "<div>" * 50_000])
def test_pages_without_an_article(content: str) -> None:
    assert reason("html", content) in ("no article found in the page", "no text") or "parsed" in reason("html", content)


def test_trafilatura_errors_stay_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    import trafilatura

    def fail(*args: object, **options: object) -> None:
        raise AssertionError("deep in lxml")

    monkeypatch.setattr(trafilatura, "bare_extraction", fail)
    assert reason("html", PAGE) == "the page can't be parsed (AssertionError)"


# Addresses and ids


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://News.Example:80/A/b/#top", "https://news.example/A/b"),
        ("https://news.example:443/", "https://news.example"),
        ("https://news.example:8443/a", "https://news.example:8443/a"),
        ("https://www.news.example/a?utm_source=x&b=2&fbclid=y&a=1", "https://www.news.example/a?a=1&b=2"),
        ("https://news.example/a?gclid=1&msclkid=2&UTM_Medium=rss", "https://news.example/a"),
        ("https://news.example/?id=7", "https://news.example?id=7"),
        ("https://[2001:DB8::1]/a", "https://[2001:db8::1]/a"),
        (" https://news.example/a b \n", "https://news.example/a%20b"),
    ],
)
def test_canonical_url(url: str, expected: str) -> None:
    assert canonical_url(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://x/a",
        "/a/b",
        "",
        "https://",
        "http://[bad/",
        "https://[::1]@]",
        "https://a:99999/",
    ],
)
def test_what_is_no_web_address_is_not_kept(url: str) -> None:
    with pytest.raises(ValueError):
        canonical_url(url)
    assert of_record(url=url).url is None


@given(st.text(max_size=60), st.sampled_from(["https://", "HTTP://u:p@", "https://[::1]", ""]))
def test_canonical_url_is_idempotent(rest: str, start: str) -> None:
    try:
        once = canonical_url(start + rest)
    except ValueError:
        return
    assert canonical_url(once) == once


@given(st.lists(st.sampled_from("aA/?&=#:. %20utm_x=1;@"), max_size=30).map("".join))
def test_canonical_url_is_idempotent_among_delimiters(rest: str) -> None:
    once = canonical_url("https://news.example/" + rest)
    assert canonical_url(once) == once


def test_url_is_kept_as_given() -> None:
    assert of_record(url=" http://News.Example/a?utm_source=x ").url == "http://News.Example/a?utm_source=x"


def test_id() -> None:
    sha = hashlib.sha256(b"https://news.example/a").hexdigest()
    assert of_record(id=" 17 ", url="https://news.example/a").id == "17"
    assert of_record(id=17).id == "17"
    assert of_record(id="x" * 201, url="http://news.example/a/").id == "u" + sha[:16]
    assert of_record(url="https://news.example/a#b").id == "u" + sha[:16]
    assert of_record().id == "c" + hashlib.sha256(BODY.encode()).hexdigest()[:16]


def test_content_hash_covers_what_a_reader_sees() -> None:
    base = {
        "title": "T", "source": "S", "published_at": "2024-01-02", "author": "A", "category": "C",
        "url": "https://n.example/a", "body": "B",
    }  # fmt: skip
    joined = "T\x1fS\x1f2024-01-02T00:00:00+00:00\x1fA\x1fC\x1fhttps://n.example/a\x1fB"
    assert of_record(**base).content_hash == hashlib.sha256(joined.encode()).hexdigest()
    changed = [of_record(**base | {name: "2024-01-03"}).content_hash for name in base]
    assert len({of_record(**base).content_hash, *changed}) == 1 + len(base)
    assert of_record(**base, id="other", language="en").content_hash == of_record(**base).content_hash


# Values that are missing, names of dumps, markup


@pytest.mark.parametrize(
    "value", [None, float("nan"), "nan", "NaN", "NaT", "None", "null", "N/A", "NA", "<NA>", "-", " \u2014 ", ["nan"]]
)
def test_missing_values_are_absent_in_every_field(value: object) -> None:
    names = ("id", "title", "source", "url", "author", "date", "updated", "category", "language")
    found = extract(RawDocument("a", 1, "record", fields={"body": BODY, **dict.fromkeys(names, value)}))
    assert isinstance(found, Extracted)
    bare = of_record()
    assert found.article == bare
    assert found.unreadable_date is None or value == ["nan"]
    assert of_record(id=value, title="Other").id == bare.id
    other = extract(RawDocument("a", 2, "record", fields={"id": value, "body": "The tram stopped."}))
    assert isinstance(other, Extracted)
    assert other.article.id != bare.id


def test_a_missing_text_is_no_text() -> None:
    assert "no text" in reason("record", body=float("nan"), content="None")


def test_a_text_under_an_unknown_name_is_told() -> None:
    assert "'inhalt' looks like one" in reason("record", inhalt="Ships came. " * 30, ort="Quay")
    assert "looks like" not in reason("record", inhalt="Ships came.")


def test_bad_items_of_one_json_file_name_their_places(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"title": "A"}, {"body": BODY}, {"body": 3}, 4]))
    told = [item.reason.split(":")[0][:6] for item in articles([path]) if isinstance(item, Skipped)]
    assert told == ["item 1", "item 3", "item 4"]


@pytest.mark.parametrize(
    "fields",
    [
        {"maintext": BODY, "title": "Quay", "source_domain": "q.example", "date_publish": "2023-11-27 08:45:59"},
        {"content": {"rendered": f"<p>{BODY}</p>"}, "title": {"rendered": "Quay"}, "date_gmt": "2023-11-27T08:45:59",
         "date": "2023-11-27T10:45:59", "source": "q.example"},
        {"content_html": f"<p>{BODY}</p>", "title": "Quay", "date_published": "2023-11-27T08:45:59Z",
         "source": "q.example"},
        {"webTitle": "Quay", "webPublicationDate": "2023-11-27T08:45:59Z", "fields": {"bodyText": BODY},
         "publication": "q.example"},
        {"content": [{"type": "text/html", "value": f"<p>{BODY}</p>"}], "title": "Quay", "domain": "q.example",
         "published": "Mon, 27 Nov 2023 08:45:59 GMT"},
        {"text": BODY, "title": "Quay", "domain": "q.example", "seendate": "20231127T084559Z"},
        {"plain_text": BODY, "title": "Quay", "hostname": "q.example", "date": "2023-11-27T08:45:59"},
    ],
    ids=["news-please", "wordpress", "json feed", "guardian", "feedparser", "gdelt", "common crawl"],
)  # fmt: skip
def test_records_of_common_dumps(fields: dict[str, Any]) -> None:
    found = extract(RawDocument("a", 1, "record", fields=fields))
    assert isinstance(found, Extracted)
    article = found.article
    assert (" ".join(article.text.split()), article.title, article.source) == (
        " ".join(BODY.split()),
        "Quay",
        "q.example",
    )
    assert article.published_at == datetime(2023, 11, 27, 8, 45, 59, tzinfo=UTC)


def test_a_date_under_an_unknown_name_is_told() -> None:
    fields = {"body": BODY, "erscheinungsdatum_publiziert": "2023-11-27"}
    found = extract(RawDocument("a", 1, "record", fields=fields))
    assert isinstance(found, Extracted)
    assert found.unreadable_date == "erscheinungsdatum_publiziert: 2023-11-27"
    dated = extract(RawDocument("a", 1, "record", fields=fields | {"date": "2023-11-28"}))
    assert isinstance(dated, Extracted)
    assert dated.unreadable_date is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<p>Ships&nbsp;came.</p><p>They <b>left</b> &amp; <a href='x?a=1&amp;b'>went</a>.</p>",
         "Ships came.\n\nThey left & went."),
        ("One<br/>two<script>if (a < b) go('<p>')</script> three", "One\ntwo three"),
        ("Seen<!-- <p>not</p> --> here.", "Seen here."),
        ("&lt;p&gt;Ships came.&lt;/p&gt;", "Ships came."),
        ("A &#8211; B &hellip;", "A \u2013 B \u2026"),
        ("x < y and <3, AT&T, Q&notes; <name@mail.example>", "x < y and <3, AT&T, Q&notes; <name@mail.example>"),
        (BODY, BODY),
    ],
)  # fmt: skip
def test_markup_in_a_record_becomes_text(text: str, expected: str) -> None:
    assert of_record(body=text).text == expected
    assert of_record(title=text).title == " ".join(expected.split())


# Dates


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2023-11-27 08:45:59.000000000Z", "2023-11-27T08:45:59"),
        ("2023-11-27T08:45:59.123456789+05:30", "2023-11-27T03:15:59.123456"),
        ("2023-11-27", "2023-11-27T00:00:00"),
        ("20231127", "2023-11-27T00:00:00"),
        ("2023-11-27 8:45", "2023-11-27T08:45:00"),
        ("Mon, 27 Nov 2023 08:45:59 +0200", "2023-11-27T06:45:59"),
        ("Mon, 27 Nov 23 08:45:59 GMT", "2023-11-27T08:45:59"),
        ("Wed, 22 Jan 2025", "2025-01-22T00:00:00"),
        ("2021/02/03", "2021-02-03T00:00:00"),
        ("Jan. 22, 2025", "2025-01-22T00:00:00"),
        ("22 January 2025", "2025-01-22T00:00:00"),
        ("January 22nd, 2025", "2025-01-22T00:00:00"),
        ("January 22, 2025 at 5:00 a.m. EST", "2025-01-22T10:00:00"),
        ("Wednesday, January 22, 2025, 5:00 AM (EST)", "2025-01-22T10:00:00"),
        ("January 22, 2025 5 p.m. ET", "2025-01-22T22:00:00"),
        ("July 22, 2025 5 p.m. ET", "2025-07-22T21:00:00"),
        ("22 Jul 2025 05:00 BST", "2025-07-22T04:00:00"),
        ("22 Jul 2025 05:00 CEST", "2025-07-22T03:00:00"),
        ("2025-01-22 10:00 GMT+3", "2025-01-22T07:00:00"),
        ("Wed Jan 22 2025 05:00:00 GMT-0500 (Eastern Standard Time)", "2025-01-22T10:00:00"),
        ("Last updated on Jan 22, 2025 | 5:00 PM ET", "2025-01-22T22:00:00"),
        ("03/04/2024", "2024-03-04T00:00:00"),
        ("03.04.2024", "2024-04-03T00:00:00"),
        ("3. 4. 2024 15:30", "2024-04-03T15:30:00"),
        ("31.1.24", "2024-01-31T00:00:00"),
        ("13/04/2024", "2024-04-13T00:00:00"),
        ("1/2/70", "1970-01-02T00:00:00"),
        ("29 February 2024", "2024-02-29T00:00:00"),
        ("1701074759", "2023-11-27T08:45:59"),
        ("1701074759.5", "2023-11-27T08:45:59.500000"),
        ("1701074759000", "2023-11-27T08:45:59"),
        (20231127, "2023-11-27T00:00:00"),
        (20231127084559, "2023-11-27T08:45:59"),
        ("20231127T084559Z", "2023-11-27T08:45:59"),
        ("Monday, 27 November 2023 at 08:45:59 Coordinated Universal Time", "2023-11-27T08:45:59"),
        ("Monday, November 27, 2023 at 8:45:59 AM Pacific Standard Time", "2023-11-27T16:45:59"),
        ("Mon Nov 27 2023 08:45:59 GMT+0100 (Mitteleurop\u00e4ische Normalzeit, Winterzeit)", "2023-11-27T07:45:59"),
        (1701074759, "2023-11-27T08:45:59"),
        (1701074759000, "2023-11-27T08:45:59"),
        (date(2024, 1, 2), "2024-01-02T00:00:00"),
        (datetime(2024, 1, 2, 3), "2024-01-02T03:00:00"),
        (datetime(2024, 1, 2, 3, tzinfo=timezone(timedelta(hours=2))), "2024-01-02T01:00:00"),
    ],
)
def test_dates(value: object, expected: str) -> None:
    moment = parse_date(value)
    assert moment is not None
    assert moment.tzinfo is UTC
    assert moment == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "", "soon", "today", "now", "yesterday", "January", "January 2024", "2024", "12 2024", "10:30", "10:30:00",
        "Monday", "Monday 22 January", "Sunday March 2024", "22 January", "10:30 January 22", "May 2024 10:30",
        "2024-03", "24-01-31", "2024-W05", "2024-W05-3", "February 30, 2024", "2023-02-29", "2024-13-45", "2025/01/22 25:00",
        0, "0", "0000-00-00 00:00:00", "1970-01-01", "1970-01-01T01:00:00+01:00", "9999-12-31", "2400-01-01",
        "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-10:00", "Jan 22 2025 5:00 XYZ", "x" * 10_000, "1" * 10_000,
        "12345", 12345, -1, 1e300, float("nan"), float("inf"), True, None, [], {"$date": "2024-01-02"},
    ],
)  # fmt: skip
def test_what_names_no_day_is_none(value: object) -> None:
    assert parse_date(value) is None


@given(st.text(max_size=70) | st.text("0123456789-/:. ,TZapmJanFebGMT+()", max_size=30))
def test_no_text_upsets_the_reader_of_dates(text: str) -> None:
    moment = parse_date(text)
    assert moment is None or moment.tzinfo is UTC


moments = st.datetimes(
    datetime(1700, 1, 2), datetime(2096, 12, 30), timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5))])
).filter(lambda moment: int(moment.timestamp()) != 0)


@given(moments)
def test_dates_round_trip(moment: datetime) -> None:
    assert parse_date(moment.isoformat()) == moment
    assert parse_date(moment.isoformat(" ")) == moment
    assert parse_date(moment) == moment
    whole = moment.replace(microsecond=0)
    assert parse_date(whole.strftime("%a, %d %b %Y %H:%M:%S %z")) == whole
    assert parse_date(whole.strftime("%B %d, %Y at %I:%M:%S %p %z")) == whole


# Fields that were not understood


def remarks(path: Path, *records: dict[str, Any]) -> list[str]:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return [item.remark.text for item in articles([path]) if isinstance(item, Extracted) and item.remark]


def test_a_field_that_was_not_understood_is_told_once_a_file(tmp_path: Path) -> None:
    record = {"body": BODY, "erscheinungsdatum": "2023-11-27"}
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    told = ["'erscheinungsdatum' looks like the date and is not read; rename it to published_at"]
    assert remarks(one, record, record, record) == told
    assert remarks(two, record, {**record, "date": "2023-11-28"}) == told
    both = [item.remark.place for item in articles([one, two]) if isinstance(item, Extracted) and item.remark]
    assert both == [str(one), str(two)]


def test_the_day_of_a_crawl_is_not_taken_for_the_date(tmp_path: Path) -> None:
    assert remarks(tmp_path / "a.jsonl", {"body": BODY, "crawled_at": "2023-11-27", "events": "2023-11-28"}) == []


def test_a_date_that_can_not_be_read_is_told_once_a_file(tmp_path: Path) -> None:
    told = remarks(tmp_path / "a.jsonl", {"body": BODY, "date": "soon"}, {"body": BODY, "date": "later"}, {"body": "B"})
    assert told == ["'soon' is no date that can be read; write it as 2025-01-31"]


def test_a_much_longer_text_under_an_unknown_name_is_told(tmp_path: Path) -> None:
    long = "Ships came and went. " * 50
    told = remarks(tmp_path / "a.jsonl", {"text": "Ships.", "inhalt": long, "date": "2023-11-27"})
    assert told == ["'inhalt' looks like the text and is not read; rename it to body"]
    assert remarks(tmp_path / "b.jsonl", {"text": long, "inhalt": long, "date": "2023-11-27"}) == []


def test_remarks_on_one_file_are_bounded(tmp_path: Path) -> None:
    assert len(remarks(tmp_path / "a.jsonl", *({"body": BODY, f"day{n}": "2023-11-27"} for n in range(100)))) == 20


# Sizes


def test_one_article_is_bounded() -> None:
    told = "a text of more than 1,000,000 characters; split it into its articles"
    text = "The quay. " * 100_001
    assert reason("record", body=text) == reason("text", text) == reason("record", body="<p>x" * 1_000_001) == told
    assert len(of_record(body=text[:1_000_000]).text) == 1_000_000


def test_long_labels_are_cut() -> None:
    article = of_record(
        title="Quay " * 2_000_000, source="Post " * 200, author="Ann " * 999, url="https://q.example/" + "a" * 9_999
    )
    assert len(article.title) <= 300 and article.title.endswith("Quay\u2026")
    assert len(article.source) <= 500 and len(article.author or "") <= 500
    assert article.url is None


def test_a_page_of_too_many_tags() -> None:
    assert reason("html", "<b>" * 500_001) == "a page of more than 500,000 tags"


def test_fields_nested_too_deeply() -> None:
    title: Any = "x"
    for _ in range(5_000):
        title = [title]
    assert reason("record", body=BODY, title=title) == "fields nested too deeply"
