"""What stands at an address: told by its first bytes, then by what the server says, then by how the address ends.

Servers send feeds as text/html and pages as text/plain; the bytes know better.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Container
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from corpus.fetch import Fetched
from corpus.xmltree import root_name
from rag.text.decode import Unusable, decode

# What lists are called, by the first element of each.
LISTS = {"rss": "RSS", "rdf": "RSS", "feed": "Atom", "urlset": "sitemap", "sitemapindex": "sitemap", "opml": "OPML"}
_HEAD = 8 << 10  # bytes that are looked at
_BY_TYPE = {"text/html": ".html", "application/xhtml+xml": ".html", "text/csv": ".csv", "text/markdown": ".md"}
_TEXTS = (".md", ".markdown", ".txt", ".text", ".csv", ".tsv", ".jsonl", ".ndjson")


def name_for(fetched: Fetched, known: Container[str]) -> str:
    """Return a file name whose ending, one of `known`, tells how to read what was fetched; with .gz where it is packed.

    Raises Unusable where no reader fits.
    """
    head, path = fetched.body[:_HEAD], PurePosixPath(unquote(urlsplit(fetched.url).path).lower())
    ending = path.suffix
    if head.startswith(b"\x1f\x8b"):
        inner = PurePosixPath(path.stem).suffix if ending == ".gz" else ending
        return f"page{inner if inner in known else '.xml'}.gz"
    if b"%PDF-" in head[:1024]:
        return "page.pdf"
    if head.startswith(b"PK\x03\x04"):
        return f"page{_packed(fetched.body)}"
    if head.startswith(b"WARC/"):
        return "page.warc"
    try:
        text = decode(head).lstrip("\ufeff \t\r\n")
    except Unusable:
        text = head.decode("latin-1").lstrip() if fetched.kind in _BY_TYPE else ""
    root = root_name(text)
    if root in LISTS:
        return "page.xml"
    if text[:1] in ("{", "[") and ending not in _TEXTS:
        return "page.json"
    if fetched.kind in _BY_TYPE:
        return f"page{_BY_TYPE[fetched.kind]}"
    if root == "html" or text[:14].lower() == "<!doctype html":
        return "page.html"
    if ending in _TEXTS:
        return f"page{ending}"
    if root:
        return "page.xml" if text.startswith("<?xml") else "page.html"
    if fetched.kind.startswith("text/") and text:
        return "page.txt"
    raise Unusable(f"no kind of file that is understood (the server calls it {fetched.kind[:60] or 'nothing'!a})")


def _packed(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            names = set(file.namelist())
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError):
        return ".zip"
    return ".epub" if "META-INF/container.xml" in names else ".docx" if "word/document.xml" in names else ".zip"
