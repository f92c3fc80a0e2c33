"""PDF, DOCX and EPUB files → one document each: its text, and the title, authors and language that it states.

The dates in such files say when the file was made, not when its text was published, and are not used; an EPUB states the
date of its publication.
"""

from __future__ import annotations

import io
import logging
import re
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from corpus.markup import parsed, settled, text_of
from corpus.raw import MAX_WHOLE, Documents, Progress, RawDocument, whole
from corpus.xmltree import children, name_of, text_in, tree_of
from rag.text.decode import Unusable, decode

MAX_SHEETS = 3_000  # pages of a PDF
MAX_TEXT = 4_000_000  # characters of one document that are collected at all
MAX_UNPACKED = 128 << 20  # bytes of a DOCX or EPUB, unpacked
_REPEATED = 0.6  # of the pages of a PDF: a line that stands at the edge of so many is a running title


def pdf(place: str, stream: io.BufferedReader, done: Progress) -> Documents:
    """Yield the text of a PDF, page after page."""
    import pypdf  # slow to import
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # the Skipped says it
    data = whole(stream, MAX_WHOLE)
    try:
        file = pypdf.PdfReader(io.BytesIO(data))
        if file.is_encrypted and not file.decrypt(""):
            raise Unusable("a PDF with a password; save a copy without")
        if len(file.pages) > MAX_SHEETS:
            raise Unusable(f"a PDF of more than {MAX_SHEETS:,} pages; split it")
        sheets: list[str] = []
        length = 0
        for sheet in file.pages:
            sheets.append(sheet.extract_text())
            length += len(sheets[-1])
            if length > MAX_TEXT:
                raise Unusable(f"a PDF of more than {MAX_TEXT:,} characters; split it")
        said: Any = file.metadata or {}
        fields = {"title": said.get("/Title"), "author": said.get("/Author")}
    except Unusable:
        raise
    except PyPdfError as error:
        raise Unusable(f"a damaged PDF ({' '.join(str(error).split())[:100]})") from None
    except Exception as error:  # pypdf raises what it likes on broken files; DependencyError where a cipher is missing
        if "cryptography" in str(error):
            raise Unusable("a PDF with a password; save a copy without") from None
        raise Unusable(f"a damaged PDF ({type(error).__name__})") from None
    text = _paragraphs(sheets)
    if not text.strip():
        raise Unusable("a PDF without text, perhaps scanned; give it a text layer (OCR) first")
    yield _document(place, text, fields, done)


def docx(place: str, stream: io.BufferedReader, done: Progress) -> Documents:
    """Yield the text of a Word document: paragraphs and tables in their order."""
    import docx as word  # slow to import
    from docx.table import Table

    data = whole(stream, MAX_WHOLE)
    _bounded(data).close()
    try:
        file = word.Document(io.BytesIO(data))
        parts: list[str] = []
        for block in file.iter_inner_content():
            if isinstance(block, Table):
                rows = (" ".join(dict.fromkeys(cell.text.strip() for cell in row.cells)) for row in block.rows)
                parts.append("\n".join(filter(None, rows)))
            else:
                parts.append(block.text.strip())
        said = file.core_properties
        fields = {"title": said.title, "author": said.author, "language": said.language}
    except Exception as error:  # python-docx raises what it likes on broken files
        raise Unusable(f"a damaged Word document ({type(error).__name__})") from None
    text = "\n\n".join(filter(None, parts))
    if not text:
        raise Unusable("a Word document without text")
    yield _document(place, text, fields, done)


def epub(place: str, stream: io.BufferedReader, done: Progress) -> Documents:
    """Yield the text of a book in EPUB, its chapters in the order of reading."""
    with _bounded(whole(stream, MAX_WHOLE)) as file:
        try:
            if "META-INF/encryption.xml" in file.namelist() and b"xhtml" in file.read("META-INF/encryption.xml"):
                raise Unusable("an EPUB that is locked; it can't be read")
            container = tree_of(file.read("META-INF/container.xml"))
            package = next(e.get("full-path") for e in container.iter() if name_of(e) == "rootfile")
            root = tree_of(file.read(package))
            chapters = [_chapter(file, str(PurePosixPath(package).parent / name)) for name in _spine(root)]
        except (KeyError, StopIteration, zipfile.BadZipFile, RuntimeError, NotImplementedError, TypeError) as error:
            raise Unusable(f"a damaged EPUB ({' '.join(str(error).split())[:100] or type(error).__name__})") from None
    text = "\n\n".join(filter(None, chapters))
    if not text:
        raise Unusable("an EPUB without text")
    meta = next(children(root, "metadata"), root)
    fields = {
        "title": text_in(meta, "title"),
        "author": [told for each in children(meta, "creator") if (told := "".join(each.itertext()).strip())],
        "source": text_in(meta, "publisher"),
        "language": text_in(meta, "language"),
        "published_at": _day(text_in(meta, "date")),
    }
    yield _document(place, text, fields, done)


def _document(place: str, text: str, fields: dict[str, Any], done: Progress) -> RawDocument:
    said = {name: value for name, value in fields.items() if value}
    return RawDocument(place, None, "text", text, said, done())


def _bounded(data: bytes) -> zipfile.ZipFile:
    """Return a zip archive. Raises Unusable where it unpacks to too much, by its own word, which reading keeps to."""
    try:
        file = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError) as error:
        raise Unusable(f"damaged ({error})") from None
    if sum(member.file_size for member in file.infolist()) > MAX_UNPACKED:
        file.close()
        raise Unusable(f"unpacks to more than {MAX_UNPACKED >> 20} MiB; not read")
    return file


def _spine(root: Any) -> list[str]:
    """Return the names of an EPUB's chapters, its table of contents left out."""
    items = {}
    for element in root.iter():
        if name_of(element) == "item" and "nav" not in (element.get("properties") or "").split():
            items[element.get("id")] = unquote(element.get("href") or "")
    order = [e.get("idref") for e in root.iter() if name_of(e) == "itemref" and e.get("linear") != "no"]
    return [items[name] for name in order if items.get(name)]


def _chapter(file: zipfile.ZipFile, name: str) -> str:
    tree = parsed(decode(file.read(name), declares=True))
    body = None if tree is None else tree.find("body")
    return "" if body is None else text_of(settled(body), framed=False)


def _day(value: str | None) -> str | None:
    """Return a date that names a day; a year alone is none."""
    return value if value and re.match(r"\d{4}-\d\d-\d\d", value) else None


def _paragraphs(sheets: Sequence[str]) -> str:
    """Return the text of pages, running titles and page numbers left out, words that a line's end parts put together."""
    lines = [[line.strip() for line in sheet.splitlines() if line.strip()] for sheet in sheets]
    edges = Counter(edge for page in lines if page for edge in {_numberless(page[0]), _numberless(page[-1])})
    running = {edge for edge, count in edges.items() if len(lines) >= 3 and count > _REPEATED * len(lines)}
    kept = ("\n".join(_without(page, running)) for page in lines)
    return re.sub(r"(?<=[a-z])-\n(?=[a-z])", "", "\n\n".join(filter(None, kept)))


def _without(page: Sequence[str], running: set[str]) -> list[str]:
    edges = (0, len(page) - 1)
    return [line for at, line in enumerate(page) if at not in edges or _numberless(line) not in running]


def _numberless(line: str) -> str:
    return re.sub(r"\d+", "", line).strip()
