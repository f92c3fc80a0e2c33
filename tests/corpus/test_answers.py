"""The bytes of an answer, whatever pieces they come in."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import pytest

from corpus.answers import AnswerHead, shown_address, unpacked
from rag.errors import FetchError

TEXT = b"The harbour opened on Monday. " * 30


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        (None, lambda data: data),
        ("gzip", gzip.compress),
        ("gzip", lambda data: gzip.compress(data[:50]) + gzip.compress(data[50:])),
        ("gzip", lambda data: gzip.compress(data) + b"rubbish"),
        ("deflate", zlib.compress),
    ],
)
def test_pieces_of_any_size(encoding: str | None, pack: Callable[[bytes], bytes], size: int) -> None:
    data = pack(TEXT)
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    assert b"".join(unpacked("https://news.example/", pieces, encoding, 10_000)) == TEXT


@pytest.mark.parametrize("size", [1, 7, 10_000])
@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_the_bound_is_kept_in_pieces_too(encoding: str | None, size: int) -> None:
    data = gzip.compress(TEXT) if encoding else TEXT
    given = bytearray()
    with pytest.raises(FetchError, match="is larger than"):
        for piece in unpacked("u", (data[at : at + size] for at in range(0, len(data), size)), encoding, 500):
            given += piece
    assert len(given) <= 500


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_what_ends_in_the_middle(size: int) -> None:
    data = gzip.compress(TEXT)[:-12]
    with pytest.raises(FetchError, match="ends in the middle"):
        list(unpacked("u", [data[at : at + size] for at in range(0, len(data), size)], "gzip", 10_000))


@pytest.mark.parametrize(
    ("value", "kind", "charset"),
    [
        (b"text/html", "text/html", None),
        (b"Text/HTML;charset=UTF-8", "text/html", "utf-8"),
        (b"text/html; q=1; CHARSET = 'cp1252'", "text/html", "cp1252"),
        (b"; charset=", "", None),
        (b"\xff", "\xff", None),
    ],
)
def test_the_content_type(value: bytes, kind: str, charset: str | None) -> None:
    assert AnswerHead(200, [(b"Content-Type", value)]).content == (kind, charset)


def test_addresses_in_messages_are_of_one_line() -> None:
    assert shown_address("https://a.example/\n\x1b[31m") == "https://a.example/\ufffd\ufffd[31m"
    assert len(shown_address("https://a.example/" + "x" * 5000)) < 250
