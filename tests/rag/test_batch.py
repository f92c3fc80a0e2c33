"""Batches: a line in, a line out; what can't be used is skipped and counted; a cut run goes on."""

import gzip
import io
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.batch import STANDARD, Row, Tally, day_of_asking, read_rows, run, whole_lines
from rag.errors import StorageError, UsageError
from rag.noted import Noted
from rag.types import Skipped

Write = Callable[..., Path]


@pytest.fixture
def lines(tmp_path: Path) -> Write:
    """Return a function that writes lines, objects as JSON, and returns the file."""

    def write(*rows: object, name: str = "in.jsonl") -> Path:
        text = "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)
        file = tmp_path / name
        file.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return file

    return write


def read(file: Path) -> list[Row | Skipped]:
    return list(read_rows(file, needs=("question",)))


def q(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "question": f"{name}?", **more}


def rows(*names: str) -> list[Row | Skipped]:
    return [Row(n, q(name)) for n, name in enumerate(names, 1)]


def answer(row: Mapping[str, Any]) -> Mapping[str, Any]:
    if "bad" in row["question"]:
        raise UsageError("the question is bad")
    return {"id": row["id"], "answer": row["question"].upper()}


def go(items: Iterable[Row | Skipped], out: Path, work: Callable[..., Any] = answer) -> Tally:
    return run(iter(items), out, work, place="in.jsonl")


def ids(out: Path) -> list[str]:
    return [json.loads(line)["id"] for line in out.read_text(encoding="utf-8").splitlines()]


def standard_input(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="ascii"))


# -- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["in.jsonl", "in.txt", "in.jsonl.gz"])
def test_rows_are_read_with_all_their_keys(lines: Write, name: str) -> None:
    file = lines(q("a", date="2024-01-01", extra=[1]), "", q("b"), name=name)
    assert read(file) == [Row(1, q("a", date="2024-01-01", extra=[1])), Row(3, q("b"))]


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text(json.dumps(q("ä")), encoding="utf-8-sig")
    assert read(file) == [Row(1, q("ä"))]


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        ({}, "line-2"),
        ({"id": None}, "line-2"),
        ({"id": ""}, "line-2"),
        ({"id": 7}, "7"),
        ({"id": 0}, "0"),
        ({"id": "x"}, "x"),
    ],
    ids=["missing", "null", "empty", "a number", "nought", "text"],
)
def test_every_row_has_an_id(lines: Write, given: dict[str, Any], becomes: str) -> None:
    [_, row] = read(lines(q("a"), {"question": "b?", **given}))
    assert isinstance(row, Row)
    assert row.values["id"] == becomes


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param("{nope", "is not JSON", id="not JSON"),
        pytest.param('{"question": "a?"', "is not JSON", id="cut"),
        pytest.param("[" * 100_000, "is not JSON", id="nested endlessly"),
        pytest.param("[1]", "is not a JSON object", id="a list"),
        pytest.param("null", "is not a JSON object", id="null"),
        pytest.param({"id": "a"}, "has no 'question'", id="missing field"),
        pytest.param({"question": "  "}, "has no 'question'", id="blank field"),
        pytest.param({"question": 3}, "has no 'question'", id="a number"),
        pytest.param({"question": None}, "has no 'question'", id="null field"),
        pytest.param(q("first"), "the id 'first' stands on an earlier line", id="doubled id"),
    ],
)
def test_a_line_that_cannot_be_used_is_skipped_with_its_reason(lines: Write, line: object, reason: str) -> None:
    file = lines(q("first"), line, q("last"))
    assert read(file) == [Row(1, q("first")), Skipped(str(file), 2, reason), Row(3, q("last"))]


@pytest.mark.parametrize("name", ["in.jsonl", "in.jsonl.gz", "in.jsonl.GZ"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_a_file_is_decoded_as_ingest_does(tmp_path: Path, name: str, encoding: str) -> None:
    asked = "Who runs the caf\u00e9 in M\u00fcnster?"
    data = "".join(json.dumps(q(n, question=asked), ensure_ascii=False) + "\r\n" for n in "ab").encode(encoding)
    file = tmp_path / name
    file.write_bytes(gzip.compress(data) if name.lower().endswith(".gz") else data)
    assert [row.values["question"] for row in read(file) if isinstance(row, Row)] == [asked, asked]


def test_a_damaged_line_is_skipped_and_never_asked(tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    good = json.dumps(q("a", question="Who runs the caf\u00e9 \u00c9toile in K\u00f6ln?"), ensure_ascii=False).encode()
    file.write_bytes(good + b'\n{"question": "Who left M\xc3nster?"}\n')
    row, skipped = read(file)
    assert isinstance(row, Row) and isinstance(skipped, Skipped)
    assert (skipped.line, skipped.reason) == (2, "damaged text, with bytes that are no characters; save it as UTF-8")


@pytest.mark.parametrize("data", [b"\xff\xfe\n" + b"{}", b"\0\1\2" * 99])
def test_a_file_that_is_no_text_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "in.jsonl"
    file.write_bytes(data)
    with pytest.raises(UsageError, match=r"can't read .*in\.jsonl: (damaged utf-16|binary content)"):
        read(file)


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    standard_input(monkeypatch, b"\xef\xbb\xbf" + json.dumps(q("ä"), ensure_ascii=False).encode() + b"\nx\n")
    assert read(STANDARD) == [Row(1, q("ä")), Skipped("standard input", 2, "is not JSON")]
    standard_input(monkeypatch, b"")
    with pytest.raises(UsageError, match="standard input is empty"):
        read(STANDARD)


@pytest.mark.parametrize("text", ["", "\n \n"], ids=["empty", "blank lines"])
def test_a_file_without_lines_is_an_error(lines: Write, text: str) -> None:
    with pytest.raises(UsageError, match=r"is empty; it takes .* question"):
        read(lines(text))


@pytest.mark.parametrize(
    ("name", "data"),
    [("missing.jsonl", None), ("no.gz", b"plain text"), ("cut.gz", gzip.compress(b'{"question": "a"}\n' * 99)[:-9])],
    ids=["missing", "not gzip", "cut gzip"],
)
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, name: str, data: bytes | None) -> None:
    file = tmp_path / name
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(UsageError, match="can't read"):
        read(file)


def test_a_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't read"):
        read(tmp_path)


@settings(max_examples=100)
@given(data=st.binary(max_size=300))
def test_any_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any.jsonl"
    file.write_bytes(data)
    try:
        found = read(file)
    except UsageError:
        return
    assert found
    assert all(isinstance(each, Skipped) or each.values["question"].strip() for each in found)


# -- writing ---------------------------------------------------------------------------------------------------------


def test_each_row_becomes_a_line(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    seen: list[bool] = []
    tally = run(iter(rows("a", "b")), out, answer, place="in", on_row=seen.append)
    assert tally == Tally(2, 0, Noted())
    assert [json.loads(line) for line in out.read_text().splitlines()] == [
        {"id": "a", "answer": "A?"},
        {"id": "b", "answer": "B?"},
    ]
    assert len(seen) == 2


def test_what_can_not_be_used_or_worked_is_skipped_and_counted(tmp_path: Path) -> None:
    out, unread = tmp_path / "out.jsonl", Skipped("in.jsonl", 9, "is not JSON")
    tally = go([*rows("a", "bad", "c"), unread], out)
    assert (tally.done, tally.kept) == (2, 0)
    assert tally.skipped.first == [Skipped("in.jsonl", 2, "the question is bad"), unread]
    assert ids(out) == ["a", "c"]


@pytest.mark.parametrize(
    ("encoding", "written"), [("utf-8", '"Ä?"'), ("ascii", '"\\u00c4?"'), ("cp1252", '"\\u00c4?"')]
)
def test_a_dash_is_standard_output_and_its_lines_are_json_in_any_encoding(
    monkeypatch: pytest.MonkeyPatch, encoding: str, written: str
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    assert go(rows("ä"), STANDARD) == Tally(1, 0, Noted())
    assert stream.buffer.getvalue().decode() == f'{{"id": "ä", "answer": {written}}}\n'.replace(
        '"ä"', '"ä"' if encoding == "utf-8" else '"\\u00e4"'
    )


def test_a_pipe_that_nobody_reads_is_no_disk_that_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    with pytest.raises(BrokenPipeError):
        go(rows("a"), STANDARD)


@pytest.mark.parametrize(
    ("given", "day"),
    [
        ("2024-02-29", date(2024, 2, 29)),
        ("2024/2/9", date(2024, 2, 9)),
        (" 2024-02-29T23:30:00-05:00 ", date(2024, 2, 29)),
        ("2024-02-29 12:00", date(2024, 2, 29)),
        (None, None),
        ("", None),
        (" ", None),
        (float("nan"), None),
    ],
)
def test_the_day_of_asking(given: object, day: date | None) -> None:
    assert day_of_asking(given) == day


@pytest.mark.parametrize("given", ["2023-02-29", "soon", "2024-02/29", "29 February 2024", 20240229, ["2024-02-29"]])
def test_what_is_no_day_says_so(given: object) -> None:
    with pytest.raises(ValueError, match=r"'date' is .*; it takes a day such as 2025-01-31"):
        day_of_asking(given)


def test_a_second_run_keeps_what_stands_there_and_does_not_work_it_again(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    go(rows("a", "b"), out)
    before = out.read_text()
    worked: list[str] = []
    tally = go(rows("a", "b", "c"), out, lambda row: worked.append(row["id"]) or answer(row))
    assert (tally, worked) == (Tally(1, 2, Noted()), ["c"])
    assert out.read_text().startswith(before)
    assert ids(out) == ["a", "b", "c"]


@pytest.mark.parametrize("cut", [2, 5, 15, 16], ids=lambda n: f"{n} bytes short")
def test_a_run_that_was_cut_goes_on_with_the_unfinished_line(tmp_path: Path, cut: int) -> None:
    out = tmp_path / "out.jsonl"
    go(rows("a", "b", "c"), out)
    complete = out.read_bytes()
    out.write_bytes(complete[:-cut])
    assert go(rows("a", "b", "c"), out) == Tally(1, 2, Noted())
    assert out.read_bytes() == complete


def test_a_finished_line_without_its_end_is_kept(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    go(rows("a", "b"), out)
    complete = out.read_bytes()
    out.write_bytes(complete[:-1])
    assert go(rows("a", "b"), out) == Tally(0, 2, Noted())
    assert out.read_bytes() == complete


def test_half_a_character_is_written_as_it_was_read(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert go([Row(1, {"id": "a", "note": "\ud83d"})], out, lambda row: row) == Tally(1, 0, Noted())
    assert json.loads(out.read_text()) == {"id": "a", "note": "\ud83d"}


def test_half_a_character_in_what_is_asked_is_skipped(lines: Write) -> None:
    (row,) = read_rows(lines(json.dumps({"question": "Who \ud83d?"})), needs=("question",))
    assert isinstance(row, Skipped) and "half a character" in row.reason


def test_a_cut_inside_a_letter_is_mended(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    go(rows("ä"), out)
    complete = out.read_bytes()
    out.write_bytes(complete[: complete.index("ä".encode()) + 1])
    assert go(rows("ä"), out) == Tally(1, 0, Noted())
    assert out.read_bytes() == complete


def test_an_interruption_leaves_whole_lines(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"

    def work(row: Mapping[str, Any]) -> Mapping[str, Any]:
        if row["id"] == "c":
            raise KeyboardInterrupt
        return answer(row)

    with pytest.raises(KeyboardInterrupt):
        go(rows("a", "b", "c", "d"), out, work)
    assert ids(out) == ["a", "b"]
    assert go(rows("a", "b", "c", "d"), out) == Tally(2, 2, Noted())
    assert ids(out) == ["a", "b", "c", "d"]


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_several_at_a_time_write_what_one_writes(tmp_path: Path, jobs: int) -> None:
    def slow(row: Mapping[str, Any]) -> Mapping[str, Any]:
        time.sleep(0.02 if row["id"] in "ac" else 0)  # the first are the last to be done
        return answer(row)

    items = [*rows("a", "bad", "c"), Skipped("in.jsonl", 4, "is not JSON"), *rows("d", "e")]
    told: list[bool] = []
    tally = run(iter(items), tmp_path / "out", slow, place="in.jsonl", jobs=jobs, on_row=told.append)
    assert ids(tmp_path / "out") == ["a", "c", "d", "e"]
    assert (tally.done, tally.kept, tally.skipped.count, len(told)) == (4, 0, 2, 6)
    assert told == [True, False, True, False, True, True]


def test_no_jobs_do_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--jobs 0 does nothing; give 1 or more"):
        run(iter(rows("a")), tmp_path / "out", answer, place="in.jsonl", jobs=0)


def test_a_row_that_was_skipped_is_tried_again(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    go(rows("a", "bad"), out)
    assert go(rows("a", "bad"), out, lambda row: {"id": row["id"]}) == Tally(1, 1, Noted())


@pytest.mark.parametrize(
    "text",
    [
        "title,body\na,b\n",
        "[1]\n",
        '{"question": "a"}\n',
        "3\n",
        "null\n",
        '{"precious": 1}',
        "notes",
        '{\n  "id": 1\n}',
    ],
    ids=["csv", "a list", "no id", "a number", "null", "no line end", "text without one", "spread out"],
)
def test_an_output_of_another_kind_is_left_alone(tmp_path: Path, text: str) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text(text)
    with pytest.raises(UsageError, match="name another file with --out"):
        go(rows("a"), out)
    assert out.read_text() == text


def test_an_output_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="can't write"):
        go(rows("a"), tmp_path / "missing/out.jsonl")


def test_an_output_that_is_no_file_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # reading it would never end
    for name in (".", "pipe"):
        with pytest.raises(UsageError, match="is no regular file"):
            go(rows("a"), tmp_path / name)


def test_an_answer_to_another_question_is_not_kept_for_this_one(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    go([Row(1, {"id": "line-1", "question": "Old?"})], out, lambda row: row)
    before = out.read_text()
    with pytest.raises(UsageError, match="another question under the id 'line-1'"):
        go([Row(1, {"id": "line-1", "question": "New?"}), Row(2, {"id": "line-2", "question": "Old?"})], out)
    assert out.read_text() == before


@settings(max_examples=60)
@given(names=st.lists(st.text("abcäß🚢", min_size=1, max_size=3), unique=True, max_size=6), data=st.data())
def test_wherever_it_was_cut_the_same_lines_stand_in_the_end(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], data: st.DataObject
) -> None:
    out = tmp_path_factory.getbasetemp() / "cut.jsonl"
    out.unlink(missing_ok=True)
    go(rows(*names), out)
    complete = out.read_bytes()
    out.write_bytes(complete[: data.draw(st.integers(0, len(complete)))])
    tally = go(rows(*names), out)
    assert out.read_bytes() == complete
    assert tally.done + tally.kept == len(names)


def test_only_lines_that_are_whole_are_counted(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    assert whole_lines(out) == whole_lines(tmp_path) == 0
    out.write_text('{"id": "a"}\n{"id": "b"}\n{"id":')
    assert whole_lines(out) == 2
