"""Every way in, and every bad file: what can't be read is Skipped with its place and reason, and the rest goes on."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import articles, fields, formats, markup, sources
from corpus.extract import Extracted
from corpus.raw import RawDocument
from corpus.sources import read
from rag.errors import UsageError
from rag.text import decode
from rag.types import Skipped

RECORD = {"title": "Harbour opens", "body": "The harbour opened on Monday.", "url": "https://news.example/a"}
CURLY = "The mayor’s café re-opened — “at last”, she said. It had cost £20 a head. "


def documents(*paths: Path) -> list[RawDocument]:
    """The documents in `paths`, where nothing may be skipped."""
    found = list(read(paths))
    assert [str(item) for item in found if isinstance(item, Skipped)] == []
    return [item for item in found if isinstance(item, RawDocument)]


def split(*paths: Path) -> tuple[list[RawDocument], list[Skipped]]:
    found = list(read(paths))
    return [i for i in found if isinstance(i, RawDocument)], [i for i in found if isinstance(i, Skipped)]


def written(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def zipped(path: Path, members: Mapping[str, str | bytes]) -> Path:
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


# Ways in


@pytest.mark.parametrize("ending", [".md", ".markdown", ".txt", ".text", ".TXT"])
def test_text_is_one_document_unchanged(tmp_path: Path, ending: str) -> None:
    (found,) = documents(written(tmp_path / f"a{ending}", "One\r\ntwo\n"))
    assert (found.kind, found.content, found.line, found.done) == ("text", "One\r\ntwo\n", None, 1.0)


@pytest.mark.parametrize("ending", [".html", ".htm", ".xhtml"])
def test_page_is_one_document(tmp_path: Path, ending: str) -> None:
    (found,) = documents(written(tmp_path / f"a{ending}", "<p>hi</p>"))
    assert (found.kind, found.content) == ("html", "<p>hi</p>")


@pytest.mark.parametrize(
    ("value", "count"),
    [
        pytest.param(RECORD, 1, id="object"),
        pytest.param([RECORD, RECORD], 2, id="array"),
        pytest.param({"status": "ok", "articles": [RECORD, RECORD]}, 2, id="object holding an array"),
        pytest.param({"tags": [{"a": 1}], **RECORD}, 1, id="article with an array"),
        pytest.param({"one": [RECORD], "two": [RECORD]}, 1, id="two arrays: a record"),
    ],
)
def test_json_shapes(tmp_path: Path, value: object, count: int) -> None:
    assert len(documents(written(tmp_path / "a.json", json.dumps(value)))) == count


def test_path_that_is_not_utf8(tmp_path: Path) -> None:
    missing = tmp_path / "caf\udce9.txt"
    with pytest.raises(UsageError, match=r"caf\ufffd\.txt does not exist") as error:
        read([missing])
    str(error.value).encode()


def test_json_lines_under_json(tmp_path: Path) -> None:
    line = json.dumps(RECORD)
    found = documents(written(tmp_path / "a.json", f"{line}\n{line}\n"))
    assert [(d.line, d.fields) for d in found] == [(1, RECORD), (2, RECORD)]


def test_json_as_the_guardian_answers(tmp_path: Path) -> None:
    answer = {"response": {"status": "ok", "results": [RECORD, RECORD]}}
    assert len(documents(written(tmp_path / "a.json", json.dumps(answer)))) == 2


@pytest.mark.parametrize("ending", [".jsonl", ".ndjson"])
def test_json_lines_have_line_numbers(tmp_path: Path, ending: str) -> None:
    line = json.dumps(RECORD)
    found = documents(written(tmp_path / f"a{ending}", f"{line}\n\n{line}"))
    assert [(d.line, d.fields) for d in found] == [(1, RECORD), (3, RECORD)]


@pytest.mark.parametrize(
    ("name", "mark"), [("a.csv", ","), ("a.csv", ";"), ("a.csv", "\t"), ("a.csv", "|"), ("a.tsv", "\t")]
)
def test_tables(tmp_path: Path, name: str, mark: str) -> None:
    text = f'title{mark}Body\nA{mark}"two\nlines"\n\nB{mark}one\n'
    found = documents(written(tmp_path / name, text))
    assert [(d.line, dict(d.fields)) for d in found] == [
        (2, {"title": "A", "Body": "two\nlines"}),
        (5, {"title": "B", "Body": "one"}),
    ]


def test_table_with_a_big_field(tmp_path: Path) -> None:
    (found,) = documents(written(tmp_path / "a.csv", "title,body\nA," + "x" * 500_000))
    assert len(found.fields["body"]) == 500_000


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.json", "a.csv", "a.html"])
def test_gz(tmp_path: Path, name: str) -> None:
    content = {"a.csv": "title,body\nA,b\n", "a.html": "<p>x", "a.txt": "x"}.get(name, json.dumps(RECORD))
    plain, packed = written(tmp_path / name, content), tmp_path / f"{name}.gz"
    packed.write_bytes(gzip.compress(content.encode()))
    (one,), (two,) = documents(plain), documents(packed)
    assert (one.kind, one.content, one.fields) == (two.kind, two.content, two.fields)


def test_zip_names_its_members(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "a.zip",
        {
            "b/one.txt": "x",
            "two.jsonl": json.dumps(RECORD),
            "README.md": "x",
            "__MACOSX/._one.txt": "x",
        },
    )
    assert [d.place for d in documents(path)] == [f"{path}!b/one.txt", f"{path}!two.jsonl"]


@pytest.mark.parametrize("pack", [False, True], ids=["folder", "zip"])
def test_files_with_other_endings_are_named_and_counted(tmp_path: Path, pack: bool) -> None:
    names = ["a.txt", "in/letter.odt", *(f"p{n}.png" for n in range(9)), "odd\x07.bin", "README.png"]
    if pack:
        place = zipped(tmp_path / "a.zip", dict.fromkeys(names, "x"))
    else:
        place = tmp_path / "folder"
        for name in names:
            written(place / name, "x")
    (one,), (skipped,) = split(place)
    assert one.place.endswith("a.txt")
    assert (skipped.place, skipped.line) == (str(place), None)
    assert (
        skipped.reason.startswith("11 files with an unknown ending: ")
        and "and 6 more; understood are" in skipped.reason
    )
    assert ("in/letter.odt" if pack else "p1.png") in skipped.reason and "\x07" not in skipped.reason
    assert "README" not in skipped.reason


def test_folder_is_walked_sorted_without_hidden_files_and_readmes(tmp_path: Path) -> None:
    for name in ("b/z.txt", "a.md", ".hidden.txt", ".git/c.txt", "README.md", "b/readme.txt"):
        written(tmp_path / name, "x")
    assert [d.place for d in documents(tmp_path)] == [str(tmp_path / "a.md"), str(tmp_path / "b/z.txt")]


def test_links_that_loop_end(tmp_path: Path) -> None:
    written(tmp_path / "in/a.txt", "x")
    (tmp_path / "in/up").symlink_to(tmp_path)
    (tmp_path / "in/self.txt").symlink_to(tmp_path / "in/self.txt")
    assert [d.place for d in documents(tmp_path)] == [str(tmp_path / "in/a.txt")]


def test_links_out_of_the_folder_are_told_and_not_followed(tmp_path: Path) -> None:
    written(tmp_path / "out/secret.txt", "x")
    written(tmp_path / "in/a.txt", "x")
    (tmp_path / "in/folder").symlink_to(tmp_path / "out")
    (tmp_path / "in/file.txt").symlink_to(tmp_path / "out/secret.txt")
    (tmp_path / "in/same.txt").symlink_to(tmp_path / "in/a.txt")
    found, skipped = split(tmp_path / "in")
    assert [Path(document.place).name for document in found] == ["a.txt", "same.txt"]
    assert [Path(each.place).name for each in skipped] == ["file.txt", "folder"]
    assert all("a link that leads out of the folder" in each.reason for each in skipped)
    (tmp_path / "door").symlink_to(tmp_path / "out")
    assert len(split(tmp_path / "door")[0]) == 1  # named by the user


def test_done_grows_to_one(tmp_path: Path) -> None:
    line = json.dumps(RECORD | {"body": "x" * 100_000}) + "\n"
    written(tmp_path / "a.jsonl", line * 20)
    written(tmp_path / "b.txt", "x")
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress(line.encode() * 20))
    shares = [d.done for d in documents(tmp_path)]
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.2
    assert shares[-1] == 1.0


# What the caller got wrong


def test_missing_path_is_an_error_before_anything_is_read(tmp_path: Path) -> None:
    good = written(tmp_path / "a.txt", "x")
    with pytest.raises(UsageError, match=r"nowhere\.txt does not exist; check the path$"):
        read([good, tmp_path / "nowhere.txt"])
    with pytest.raises(UsageError):
        articles([tmp_path / "nowhere.txt"])


@pytest.mark.parametrize("name", [None, "pic.png", "README.md"])
def test_folder_with_nothing_to_read_is_an_error(tmp_path: Path, name: str | None) -> None:
    if name:
        written(tmp_path / name, "x")
    with pytest.raises(UsageError, match=r"holds nothing to read; understood are \.md .*\.jsonl .*\.zip"):
        read([tmp_path])


def test_no_known_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nothing to read in .*pic\.png; understood are"):
        read([written(tmp_path / "pic.png", "x")])
    with pytest.raises(UsageError, match="nothing to read in no paths"):
        read([])


def test_neither_file_nor_folder_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        read([tmp_path / "pipe.txt"])
    with pytest.raises(UsageError, match="can't be read"):
        read([tmp_path / ("x" * 5000)])


# What is skipped while the rest goes on


def test_unknown_ending_given_by_name(tmp_path: Path) -> None:
    found, (skipped,) = split(written(tmp_path / "p.png", "x"), written(tmp_path / "a.txt", "x"))
    assert len(found) == 1
    assert skipped.reason.startswith("unknown ending; understood are")


def test_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, other = written(tmp_path / "a.txt", "x"), written(tmp_path / "b.txt", "x")
    really_open = Path.open

    def refuse(self: Path, *args: object, **options: object) -> object:
        if self == path:
            raise PermissionError(13, "Permission denied")
        return really_open(self, *args, **options)

    monkeypatch.setattr(Path, "open", refuse)
    assert split(path, other)[1] == [Skipped(str(path), None, "can't be read (Permission denied)")]


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.json", "a.jsonl", "a.csv"])
def test_binary(tmp_path: Path, name: str) -> None:
    _, (skipped,) = split(written(tmp_path / name, b"body\0\x01\x02\n\0"))
    assert skipped == Skipped(str(tmp_path / name), None, "binary content (NUL bytes), not text")


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_a_nul_in_a_line_costs_that_line(tmp_path: Path, name: str) -> None:
    rows = [f"text {n} of a hundred" for n in range(100)]
    lines = ["body", *rows] if name == "a.csv" else [json.dumps({"body": row}) for row in rows]
    lines[5] = lines[5].replace("of", "\0")
    found, (skipped,) = split(written(tmp_path / name, "\n".join(lines)))
    assert len(found) == 99 and skipped.line == 6


@pytest.mark.parametrize(
    ("encoding", "texts"),
    [
        ("cp1251", ["Мост закрыт.", "Школа открыта снова.", "Мэр ушёл.", "Пожар в порту потушен."]),
        ("cp1253", ["Η γέφυρα έκλεισε.", "Το σχολείο άνοιξε.", "Ο δήμαρχος παραιτήθηκε."]),
        ("gbk", ["大桥关闭了。", "学校重新开放。", "市长辞职了。"]),
        ("cp1252", ["The café closed.", "It’s over.", "He said “no”."]),
    ],
)
@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_short_lines_are_in_the_encoding_of_their_file(
    tmp_path: Path, name: str, encoding: str, texts: list[str]
) -> None:
    bodies = texts * 20
    lines = ["body", *bodies] if name == "a.csv" else [json.dumps({"body": b}, ensure_ascii=False) for b in bodies]
    assert bodies_of(written(tmp_path / name, "\n".join(lines).encode(encoding))) == bodies


def test_the_same_words_in_two_outlets_are_two_articles(tmp_path: Path) -> None:
    files = [
        written(tmp_path / f"{name}.csv", f"source,body\n{outlet},The same wire story.\n")
        for name, outlet in (("a", "Herald"), ("b", "Times"), ("c", "Times"), ("d", ""))
    ]
    ids = [item.article.id for item in articles(files) if isinstance(item, Extracted)]
    assert len(ids) == 4 and len(set(ids)) == 3 and ids[1] == ids[2]


@pytest.mark.parametrize("quoted", [False, True], ids=["to the end", "to the next quote"])
def test_a_quote_that_is_never_closed_costs_one_row(tmp_path: Path, quoted: bool) -> None:
    rows = [f'{n},"text {n}, told"' if quoted else f"{n},text {n} told" for n in range(2, 52)]
    rows[9] = '11,"text 11 told'
    found, (skipped,) = split(written(tmp_path / "a.csv", "\n".join(["id,body", *rows])))
    assert [d.line for d in found] == [n for n in range(2, 52) if n != 11]
    assert (skipped.line, skipped.reason.split(" (")[0]) == (11, "not a valid row")


def test_bad_lines_of_json_lines(tmp_path: Path) -> None:
    good = json.dumps(RECORD)
    bad = ["{broken", "[1]", "[" * 100_000, '{"n": ' + "1" * 5000 + "}", '{"body": "\0"}']
    found, skipped = split(written(tmp_path / "a.jsonl", "\n".join([good, *bad, good])))
    assert [d.line for d in found] == [1, 7]
    assert [(s.line, s.reason.split(" (")[0]) for s in skipped] == [
        (2, "not valid JSON"),
        (3, "not a JSON object"),
        (4, "JSON nested too deeply"),
        (5, "not usable JSON"),
        (6, "binary content"),
    ]


@pytest.mark.parametrize("pack", [False, True])
def test_over_long_line_is_skipped_and_the_next_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: bool
) -> None:
    monkeypatch.setattr(decode, "MAX_LINE", 1 << 20)
    good = json.dumps(RECORD)
    content = "\n".join([good, '{"body": "' + "x" * (3 << 20) + '"}', good]).encode()
    path = tmp_path / ("a.jsonl.gz" if pack else "a.jsonl")
    path.write_bytes(gzip.compress(content) if pack else content)
    found, skipped = split(path)
    assert [d.line for d in found] == [1, 3]
    assert skipped == [Skipped(str(path), 2, "a line of more than 1 MiB")]


def test_over_long_last_line_and_line_at_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = json.dumps(RECORD) + "\n"
    monkeypatch.setattr(decode, "MAX_LINE", len(good))
    found, skipped = split(written(tmp_path / "a.jsonl", good + "x" + good + good + "y" * 9999))
    assert [d.line for d in found] == [1, 3]
    assert [s.line for s in skipped] == [2, 4]


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        ('{\n"a": }', 2, "not valid JSON"),
        ("", 1, "not valid JSON"),
        ("[" * 100_000, None, "JSON nested too deeply"),
        ("[1]", None, "item 1 is not a JSON object"),
        ('"text"', None, "item 1 is not a JSON object"),
    ],
)
def test_bad_json_file(tmp_path: Path, content: str, line: int | None, reason: str) -> None:
    _, (skipped,) = split(written(tmp_path / "a.json", content))
    assert skipped.line == line
    assert skipped.reason.startswith(reason)


def test_file_past_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MAX_WHOLE", 1 << 20)
    _, (skipped,) = split(written(tmp_path / "a.txt", "x" * ((1 << 20) + 1)))
    assert skipped.reason.startswith("larger than 1 MiB; split it")


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "just words\n"])
def test_table_without_a_column_for_the_text(tmp_path: Path, content: str) -> None:
    _, (skipped,) = split(written(tmp_path / "a.csv", content))
    assert "the first line must name the columns, one of them body or text" in skipped.reason


def test_bad_rows_of_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "MAX_LINE", 1000)
    rows = ["title,body", "A,b", 'A,"b"c', "A,b,c", "A," + "x" * 2000, "short", "A,b,,", 'A,"never closed']
    found, skipped = split(written(tmp_path / "a.csv", "\n".join(rows)))
    assert [d.line for d in found] == [2, 6, 7]
    assert [(s.line, s.reason.split("(")[0].strip()) for s in skipped] == [
        (3, "not a valid row"),
        (4, "3 columns where the header has 2"),
        (5, "a line of more than 0 MiB"),
        (8, "not a valid row"),
    ]


def test_broken_header(tmp_path: Path) -> None:
    _, (skipped,) = split(written(tmp_path / "a.csv", "title,body\rA,b\r"))
    assert skipped.reason.startswith("not a valid header")


# Archives that lie


@pytest.mark.parametrize("name", ["../up.txt", "a/../../up.txt", "/etc/abs.txt", "C:\\win.txt", "..\\up.txt"])
def test_unsafe_member(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path / "in/a.zip", {name: "x", "ok.txt": "x"})
    found, (skipped,) = split(path)
    assert [d.content for d in found] == ["x"]
    assert skipped.reason == "unsafe path, outside the archive"
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a.zip", "in"]


def test_nested_archives(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"b.zip": b"x", "c.jsonl.gz": b"x", "ok.txt": "x"})
    found, skipped = split(path)
    assert len(found) == 1
    assert {s.reason for s in skipped} == {"an archive inside an archive; unpack it first"}


def test_zip_with_nothing_to_read(tmp_path: Path) -> None:
    _, (skipped,) = split(zipped(tmp_path / "a.zip", {"p.png": "x"}))
    assert skipped.reason.startswith("holds nothing to read")


def test_bomb_in_a_zip_ends_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "RATIO_FLOOR", 1 << 20)
    path = zipped(tmp_path / "a.zip", {"ok.txt": "x", "bomb.txt": b"0" * (8 << 20), "later.txt": "x"})
    found, (skipped,) = split(path, written(tmp_path / "b.txt", "x"))
    assert [d.place for d in found] == [f"{path}!ok.txt", str(tmp_path / "b.txt")]
    assert skipped.reason.startswith("unpacks to far more than its size allows")


def test_header_that_understates_the_size_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "RATIO_FLOOR", 1 << 20)
    size = struct.pack("<L", 8 << 20)
    path = zipped(tmp_path / "a.zip", {"bomb.txt": b"0" * (8 << 20)})
    path.write_bytes(path.read_bytes().replace(size, struct.pack("<L", 10)))
    found, skipped = split(path)
    assert len(skipped) == 1
    assert not found


def test_bomb_in_a_gz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "RATIO_FLOOR", 1 << 20)
    _, (skipped,) = split(written(tmp_path / "a.txt.gz", gzip.compress(b"0" * (8 << 20))))
    assert skipped.reason.startswith("unpacks to far more than its size allows")


def test_bomb_in_a_streamed_gz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "RATIO_FLOOR", 1 << 20)
    found, (skipped,) = split(written(tmp_path / "a.jsonl.gz", gzip.compress(b'{"body": "x"}\n' * (1 << 19))))
    assert len(found) < 1 << 19
    assert skipped.reason.startswith("unpacks to far more than its size allows")


def test_json_of_too_many_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MAX_VALUES", 100)
    whole = written(tmp_path / "a.json", json.dumps([RECORD] * 100))
    lines = written(tmp_path / "b.jsonl", json.dumps(RECORD) + "\n" + json.dumps(RECORD | {"n": [1] * 200}))
    assert [each.reason[:34] for each in split(whole)[1]] == ["JSON of more than 100 values; make"]
    found, skipped = split(lines)
    assert (len(found), [each.line for each in skipped]) == (1, [2])


def test_encrypted_member(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.txt": "x"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1  # the flag in the central directory
    path.write_bytes(data)
    _, (skipped,) = split(path)
    assert skipped == Skipped(f"{path}!a.txt", None, "encrypted; unpack it with its password first")


def test_damaged_member_does_not_spoil_the_others(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"a.txt": "some text " * 50, "b.txt": "x"})
    data = bytearray(path.read_bytes())
    data[36:44] = b"\xff" * 8
    path.write_bytes(data)
    found, (skipped,) = split(path)
    assert [d.place for d in found] == [f"{path}!b.txt"]
    assert skipped.reason.startswith("damaged")


@pytest.mark.parametrize("name", ["a.zip", "a.txt.gz"])
def test_not_an_archive(tmp_path: Path, name: str) -> None:
    _, (skipped,) = split(written(tmp_path / name, "no archive at all"))
    assert "not a zip" in skipped.reason.lower() or "not a gzip" in skipped.reason.lower()


def test_truncated_gz_gives_what_came_before(tmp_path: Path) -> None:
    data = gzip.compress("".join(json.dumps(RECORD | {"n": os.urandom(40).hex()}) + "\n" for _ in range(500)).encode())
    found, (skipped,) = split(written(tmp_path / "a.jsonl.gz", data[: len(data) // 2]))
    assert len(found) > 10
    assert skipped.reason.startswith("damaged")


# Encodings


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "cp1252"])
@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.json", "a.csv"])
def test_encodings(tmp_path: Path, name: str, encoding: str) -> None:
    text = {"a.txt": CURLY, "a.csv": f'title,body\nA,"{CURLY.replace("“", "„")}"\n'}.get(
        name, json.dumps({"body": CURLY}, ensure_ascii=False)
    )
    (found,) = documents(written(tmp_path / name, text.encode(encoding)))
    assert (found.content or found.fields["body"]) == (CURLY.replace("“", "„") if name == "a.csv" else CURLY)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", CURLY),
        ("cp1252", "Plain words for a long while. " * 3000 + "It’s late."),
        ("cp1252", "Le maire a été réélu à Nîmes."),
        ("latin-1", "El año pasado la economía creció más, según el señor Muñoz. " * 3),
        ("cp1251", "Президент заявил, что реформа необходима. " * 5),
        ("shift_jis", "首相は月曜日に改革が必要だと述べた。" * 5),
        ("gb18030", "总统周一表示改革是必要的。北京已经准备好了。" * 5),
    ],
)
def test_detection(encoding: str, text: str) -> None:
    assert decode.decode(text.encode(encoding)) == text


def test_mixed_lines_are_each_decoded(tmp_path: Path) -> None:
    lines = [json.dumps({"body": CURLY}, ensure_ascii=False).encode(e) + b"\n" for e in ("utf-8", "cp1252", "utf-8")]
    assert [d.fields["body"] for d in documents(written(tmp_path / "a.jsonl", b"".join(lines)))] == [CURLY] * 3


def test_utf8_cut_inside_a_character_stays_utf8() -> None:
    assert decode.decode((CURLY + "é").encode()[:-1]) == CURLY + "\ufffd"


def test_page_declares_its_encoding() -> None:
    text = '<meta charset="iso-8859-2"><p>Gołąb'
    assert decode.decode(text.encode("iso-8859-2"), declares=True) == text
    text = '<meta charset="iso-8859-1"><p>It’s'
    assert decode.decode(text.encode("cp1252"), declares=True) == text
    text = f'<meta charset="nonsense"><p>{CURLY}'
    assert decode.decode(text.encode("cp1252"), declares=True) == text


def test_byte_order_mark_that_lies(tmp_path: Path) -> None:
    _, (skipped,) = split(written(tmp_path / "a.txt", b"\xef\xbb\xbf\xff\xfe\xfa"))
    assert skipped.reason.startswith("not the utf-8")
    _, (skipped,) = split(written(tmp_path / "a.jsonl", b"\xff\xfe\x00\xd8\x00"))
    assert skipped.reason.startswith("damaged utf-16")


# Bodies without markup, character for character

bodies = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda body: not fields.missing(body) and markup.plain(body) == body
)


def bodies_of(path: Path) -> list[str]:
    return [item.article.text for item in articles([path]) if isinstance(item, Extracted)]


@given(bodies)
def test_any_body_comes_through_json_unchanged(tmp_path_factory: pytest.TempPathFactory, body: str) -> None:
    folder = tmp_path_factory.mktemp("bodies")
    record = {"body": body}
    escaped, plain = json.dumps(record), json.dumps(record, ensure_ascii=False)
    assert bodies_of(written(folder / "a.jsonl", f"{escaped}\n{plain}\n")) == [body, body]
    assert bodies_of(written(folder / "b.json", f"[{escaped},{plain}]")) == [body, body]


@given(bodies.filter(lambda body: "\0" not in body))
def test_any_body_comes_through_csv_unchanged(tmp_path_factory: pytest.TempPathFactory, body: str) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([["title", "body"], ["x", body]])
    assert bodies_of(written(tmp_path_factory.mktemp("bodies") / "a.csv", buffer.getvalue())) == [body]
