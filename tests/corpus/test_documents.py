# ruff: noqa: E501  (the XML and the pages inside EPUB and WARC files, as programs write them)
"""PDF, DOCX, EPUB and WARC files, whole and damaged; made here, so that each says what it is meant to."""

from __future__ import annotations

import gzip
import io
import random
import sys
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import docx as word
import pypdf
import pytest
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

import corpus
from corpus.extract import Extracted
from corpus.warc import warc
from rag.types import Article, Skipped

PARAGRAPH = "The harbour board voted on Monday to close the eastern pier for a year, after divers had looked at it."


def read(path: Path) -> tuple[list[Article], list[Skipped]]:
    found = list(corpus.articles([path]))
    return [i.article for i in found if isinstance(i, Extracted)], [i for i in found if isinstance(i, Skipped)]


def pdf(*pages: list[str], password: str | None = None, owner: str | None = None) -> bytes:
    """A PDF with those lines on its pages."""
    file = pypdf.PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    for lines in pages:
        page = file.add_blank_page(595, 842)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
        told = "".join(f"({line}) Tj 0 -16 Td " for line in lines)
        stream = DecodedStreamObject()
        stream.set_data(f"BT /F1 12 Tf 50 780 Td {told} ET".encode())
        page[NameObject("/Contents")] = file._add_object(stream)
    file.add_metadata({"/Title": "Report on the pier", "/Author": "Ann Tern", "/CreationDate": "D:20240305080000"})
    if password is not None:
        file.encrypt(password, owner, algorithm="RC4-128")
    out = io.BytesIO()
    file.write(out)
    return out.getvalue()


PAGES = [
    [
        f"Harbour board, page {n}",
        f"Finding number {n} of the divers is that the",
        "eastern pier needs forty new pi-",
        "les before the winter.",
        str(n),
    ]
    for n in (1, 2, 3)
]


def test_a_pdf(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(*PAGES))
    (article,), skipped = read(tmp_path / "a.pdf")
    assert skipped == []
    assert (article.title, article.author, article.published_at) == ("Report on the pier", "Ann Tern", None)
    assert article.text.count("forty new piles before the winter.") == 3
    assert "page 1" not in article.text


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (pdf(PAGES[0], password="secret"), "a PDF with a password"),
        (pdf([]), "a PDF without text, perhaps scanned"),
        (b"%PDF-1.7\n" + b"rubbish" * 100, "a damaged PDF"),
        (pdf(PAGES[0])[:300], "a damaged PDF"),
        (b"", "a damaged PDF"),
    ],
)
def test_pdfs_that_can_not_be_read(tmp_path: Path, data: bytes, told: str) -> None:
    (tmp_path / "a.pdf").write_bytes(data)
    found, (skipped,) = read(tmp_path / "a.pdf")
    assert found == []
    assert told in str(skipped)
    assert "\n" not in str(skipped)


def test_a_pdf_that_only_its_owner_may_change_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(PAGES[0], password="", owner="secret"))
    (article,), _ = read(tmp_path / "a.pdf")
    assert "eastern pier" in article.text


def test_a_word_document(tmp_path: Path) -> None:
    file = word.Document()
    file.core_properties.title, file.core_properties.author = "Report on the pier", "Ann Tern"
    file.add_heading("What the divers saw", 1)
    file.add_paragraph(PARAGRAPH)
    table = file.add_table(1, 2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Piles", "forty"
    file.add_paragraph("The end.")
    file.save(str(tmp_path / "a.docx"))
    (article,), skipped = read(tmp_path / "a.docx")
    assert skipped == []
    assert (article.title, article.author, article.published_at) == ("Report on the pier", "Ann Tern", None)
    assert article.text == f"What the divers saw\n\n{PARAGRAPH}\n\nPiles forty\n\nThe end."


def archive(**members: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in members.items():
            file.writestr(name, text)
    return out.getvalue()


@pytest.mark.parametrize("ending", ["docx", "epub"])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04 rubbish",
        archive(**{"a.txt": "x"}),
        archive(**{"word/document.xml": "<a", "META-INF/container.xml": "<a"}),
    ],
)
def test_damaged_documents(tmp_path: Path, ending: str, data: bytes) -> None:
    (tmp_path / f"a.{ending}").write_bytes(data)
    found, (skipped,) = read(tmp_path / f"a.{ending}")
    assert found == []
    assert "damaged" in str(skipped) or "not valid XML" in str(skipped)
    assert "\n" not in str(skipped)


@pytest.mark.parametrize("ending", ["docx", "epub"])
def test_documents_that_unpack_to_too_much(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"a.{ending}").write_bytes(archive(**{"word/document.xml": " " * (129 << 20)}))
    _, (skipped,) = read(tmp_path / f"a.{ending}")
    assert "unpacks to more than 128 MiB" in str(skipped)


CONTAINER = '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="in/book.opf"/></rootfiles></container>'
BOOK = """<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>
<dc:title>The pier, a history</dc:title><dc:creator>Ann Tern</dc:creator><dc:creator>Bo Skua</dc:creator>
<dc:language>en</dc:language><dc:publisher>Gull Press</dc:publisher><dc:date>{date}</dc:date></metadata>
<manifest><item id="nav" href="nav.xhtml" properties="nav"/><item id="one" href="ch%201.xhtml"/><item id="two" href="two.xhtml"/></manifest>
<spine><itemref idref="nav"/><itemref idref="two"/><itemref idref="one"/></spine></package>"""


def book(date: str = "2024-03-05", **more: str) -> bytes:
    return archive(
        **{
            "META-INF/container.xml": CONTAINER,
            "in/book.opf": BOOK.format(date=date),
            "in/nav.xhtml": "<html><body>Contents</body></html>",
            "in/ch 1.xhtml": f"<html><body><h1>One</h1><p>{PARAGRAPH}</p></body></html>",
            "in/two.xhtml": "<html><body><p>First comes the second.</p></body></html>",
            **more,
        }
    )


def test_an_epub(tmp_path: Path) -> None:
    (tmp_path / "a.epub").write_bytes(book())
    (article,), skipped = read(tmp_path / "a.epub")
    assert skipped == []
    assert (article.title, article.author, article.source) == ("The pier, a history", "Ann Tern, Bo Skua", "Gull Press")
    assert article.published_at and article.published_at.day == 5
    assert article.text == f"First comes the second.\n\nOne\n\n{PARAGRAPH}"


def test_an_epub_of_a_year_has_no_day(tmp_path: Path) -> None:
    (tmp_path / "a.epub").write_bytes(book("2024"))
    (article,), _ = read(tmp_path / "a.epub")
    assert article.published_at is None


def test_an_epub_that_is_locked(tmp_path: Path) -> None:
    locked = {"META-INF/encryption.xml": '<encryption><CipherReference URI="in/two.xhtml"/></encryption>'}
    (tmp_path / "a.epub").write_bytes(book(**locked))
    _, (skipped,) = read(tmp_path / "a.epub")
    assert "locked" in str(skipped)


RSS = f"""<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>The Gull</title>
<item><title>Pier &amp; quay</title><dc:creator>Ann Tern</dc:creator><description><![CDATA[<p>{PARAGRAPH}</p>]]></description></item></channel></rss>""".encode()
PAGE = f"""<html lang="en"><head><title>Pier | Gull</title><link rel="canonical" href="https://gull.example/pier"><script type="application/ld+json">
{{"@type": "NewsArticle", "headline": "Pier", "datePublished": "2024-03-05", "author": [{{"name": "Ann Tern"}}]}}</script></head>
<body><article class="article-body"><time datetime="2024-03-05T08:00:00Z">x</time>{f"<p>{PARAGRAPH}</p>" * 3}</article></body></html>""".encode()
INSERTED = (
    b"<",
    b">",
    b'"',
    b"\0",
    b"&#0;",
    b"<!--",
    b"]]>",
    b"{",
    b"null",
    b"\xff\xfe",
    b"-1",
    b"99999999999",
    b"\r\n",
    b"[",
    b"https://[",
)


@pytest.mark.parametrize(
    ("name", "whole"),
    [("a.pdf", pdf(*PAGES)), ("a.epub", book()), ("a.rss", RSS), ("a.html", PAGE)],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_files_that_are_damaged_anyhow_are_read_or_skipped(tmp_path: Path, capfd: Any, name: str, whole: bytes) -> None:
    chance = random.Random(17)
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 2, 10))):
            at = chance.randrange(len(data))
            match chance.randrange(4):
                case 0:
                    data[at] = chance.randrange(256)
                case 1:
                    del data[at : at + chance.randrange(1, 100)]
                case 2:
                    data[at:at] = chance.choice(INSERTED)
                case _:
                    data[at:at] = data[: chance.randrange(200)]
            data = data or bytearray(b"x")
        (tmp_path / name).write_bytes(bytes(data))
        found, skipped = read(tmp_path / name)
        assert found or skipped or name == "a.rss"  # a feed may be empty
        assert all("\n" not in str(each) for each in skipped)
    assert capfd.readouterr() == ("", "")  # no library says anything of its own


# WARC


def record(url: str, body: bytes, *, status: str = "200 OK", headers: str = "Content-Type: text/html") -> bytes:
    answer = f"HTTP/1.1 {status}\r\n{headers}\r\n\r\n".encode() + body
    head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2024-06-01T10:00:00Z\r\nWARC-Record-ID: <urn:uuid:1>\r\nContent-Type: application/http; msgtype=response\r\nContent-Length: {len(answer)}\r\n\r\n"
    return head.encode() + answer + b"\r\n\r\n"


def page(title: str) -> bytes:
    return f"""<html><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{PARAGRAPH}</p>
    <p>{PARAGRAPH.replace("eastern", "western")}</p></article></body></html>""".encode()


CRAWL = [record(f"https://gull.example/{n}", page(f"Story {n}")) for n in range(3)]
OTHERS = [
    record("https://gull.example/x.png", b"\x89PNG", headers="Content-Type: image/png"),
    record("https://gull.example/gone", page("Gone"), status="404 Not Found"),
    b"WARC/1.0\r\nWARC-Type: request\r\nContent-Length: 0\r\n\r\n\r\n\r\n",
]


@pytest.mark.parametrize("pack", [False, True])
def test_a_crawl(tmp_path: Path, pack: bool) -> None:
    data = [CRAWL[0], *OTHERS, *CRAWL[1:]]
    path = tmp_path / ("a.warc.gz" if pack else "a.warc")
    path.write_bytes(b"".join(map(gzip.compress, data)) if pack else b"".join(data))
    found, (skipped,) = read(path)
    assert [(a.title, a.url) for a in found] == [(f"Story {n}", f"https://gull.example/{n}") for n in range(3)]
    assert {a.published_at for a in found} == {None}  # the day of the crawl is no date of publication
    assert "2 records that are no pages" in str(skipped)


@pytest.mark.parametrize("pack", [False, True])
@pytest.mark.parametrize("lost", [10, 250, 500])
def test_a_crawl_cut_in_the_middle(tmp_path: Path, pack: bool, lost: int) -> None:
    path = tmp_path / ("a.warc.gz" if pack else "a.warc")
    data = b"".join(map(gzip.compress, CRAWL)) if pack else b"".join(CRAWL)
    path.write_bytes(data[:-lost])
    found, (skipped,) = read(path)
    assert [a.title for a in found][:1] == ["Story 0"]
    assert len(found) < 3 or (pack and lost == 10)  # only the sum at the end of the last page is lost
    assert "ends in the middle" in str(skipped)


@pytest.mark.parametrize(
    ("headers", "pack"),
    [
        ("Content-Encoding: gzip", gzip.compress),
        ("Content-Encoding: gzip", lambda body: body),  # unpacked by the crawler, the header kept
        (
            "Transfer-Encoding: chunked",
            lambda body: b"%x\r\n%s\r\n5;x=y\r\n<!--1\r\n3\r\n-->\r\n0\r\n\r\n" % (len(body), body),
        ),
        ("Transfer-Encoding: chunked", lambda body: body),
    ],
)
def test_packed_pages_of_a_crawl(tmp_path: Path, headers: str, pack: Any) -> None:
    (tmp_path / "a.warc").write_bytes(
        record("https://gull.example/1", pack(page("Story")), headers=f"Content-Type: text/html\r\n{headers}")
    )
    (article,), skipped = read(tmp_path / "a.warc")
    assert (article.title, skipped) == ("Story", [])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no crawl at all\n" * 50,
        b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: -5\r\n\r\n",
        b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 99999999999\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nx",
        record("https://gull.example/1", gzip.compress(bytes(20 << 20)), headers="Content-Type: text/html\r\nContent-Encoding: gzip"),
    ],
)  # fmt: skip
def test_crawls_that_hold_nothing(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.warc").write_bytes(data)
    found, skipped = read(tmp_path / "a.warc")
    assert found == []
    assert len(skipped) == 1
    assert "\n" not in str(skipped[0])


def test_a_damaged_crawl_prints_nothing(tmp_path: Path, capfd: Any) -> None:
    (tmp_path / "a.warc").write_bytes(b"".join(CRAWL).replace(b"Content-Length: 3", b"Content-Length: 2"))
    read(tmp_path / "a.warc")
    assert capfd.readouterr() == ("", "")


def test_a_crawl_is_streamed() -> None:
    """The first page is given before the second is looked at."""
    stream: Any = io.BufferedReader(cast("io.RawIOBase", io.BytesIO(b"".join(CRAWL))), 64)
    first = next(iter(warc("a", stream, lambda: 0.5)))
    assert not isinstance(first, Skipped)


def test_two_crawls_at_a_time_leave_the_errors_where_they_go(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = io.StringIO()
    monkeypatch.setattr(sys, "stderr", usual)
    begun, inside, out = threading.Event(), threading.Event(), threading.Event()

    class First(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            begun.set()
            inside.wait(0.2)  # as long as the second needs to come in too, where it may
            return super().read1(size)

    class Second(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            inside.set()
            out.wait(5)
            return super().read1(size)

    data = b"".join(CRAWL)
    one, two = (warc("a", cast(io.BufferedReader, kind(data)), lambda: 1.0) for kind in (First, Second))
    with ThreadPoolExecutor(2) as threads:
        threads.submit(next, one).add_done_callback(lambda _: out.set())
        assert begun.wait(5)
        threads.submit(next, two).result(timeout=10)
    assert sys.stderr is usual
