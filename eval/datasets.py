"""A file of questions → Questions: what is asked, and the gold that the answers are measured by.

JSONL or CSV, either also as .gz. Three spellings are understood, in one file if need be:

    our own       {"id", "question", "answer", "answerable", "type", "date", "articles" or "expected_articles",
                   "all_articles", "facts", "key_facts", "draft"}
    MultiHop-RAG  {"evidence": [{"fact", "url"}, ...]}, all of it needed; {"type": "null_query"} can't be answered
    RealTime QA   {"answers": [...], "gold_urls": [...], "date": "2025/01/01"}, any one of each will do

Only "question" must be there; other columns are ignored, and named in `Questions.ignored`. In a CSV cell a list is
written with "|" between its items. Files in other forms are read by `eval.importers`.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rag.batch import STANDARD, day_of_asking, json_line, read_all, shown_input
from rag.errors import StorageError, UsageError
from rag.text.decode import Unusable, decode, lines
from rag.types import Skipped

_BUFFER = 1 << 16  # bytes of a file by which its encoding is told
_LISTS = ("articles", "expected_articles", "gold_urls", "facts", "key_facts", "answer", "answers")
_KNOWN = frozenset(_LISTS) | {"id", "question", "answerable", "type", "date", "all_articles", "draft"}
_KNOWN |= {"evidence", "choices"}  # of other spellings
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, slots=True)
class Question:
    """One question and its gold. What is not given is not measured.

    answerable: whether the archive holds the answer; None where nobody says.
    type: the group it is reported under.   date: what "last week" is counted from.
    articles: ids or URLs of the gold articles.   all_articles: every one is needed, not just any.
    facts: gold passages, verbatim; a hit is right when it holds one of them, blanks and line ends aside.
    key_facts: wordings of the answer; any one of them inside a quote counts.
    answers: what a short answer is compared with, any one of them; none where there is no answer.
    draft: made by `eval.make_questions`, and accepted by nobody yet.
    """

    id: str
    question: str
    answerable: bool | None = None
    type: str | None = None
    date: date | None = None
    articles: tuple[str, ...] = ()
    all_articles: bool = False
    facts: tuple[str, ...] = ()
    key_facts: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    draft: bool = False


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions of one file in its order, the lines that gave none, the file's name and the digest of its bytes.

    ignored: the names of columns that nothing here reads: other people's, or misspelled.
    """

    items: tuple[Question, ...]
    skipped: tuple[Skipped, ...] = ()
    name: str = ""
    sha256: str = ""
    ignored: tuple[str, ...] = ()


def read_questions(path: Path) -> Questions:
    """Return the questions of `path`; a line that is no question is skipped with its number and the reason.

    Raises UsageError where the file can't be read or holds no question at all.
    """
    raw, data = read_bytes(path)
    stem = path.name.lower().removesuffix(".gz")
    records = _csv_records(path, data) if stem.endswith(".csv") else json_lines(data)
    return collect(path, raw, records)


def collect(path: Path, raw: bytes, records: Iterable[tuple[int, Any]]) -> Questions:
    """Return the questions that `records`, of `path`, spell in one of the ways above.

    Each comes with its line, or its number, from 1, and may be an Unusable. An id that was there already makes one
    unusable. Raises UsageError where there is no question at all.
    """
    items: list[Question] = []
    skipped: list[Skipped] = []
    stands: dict[str, int] = {}  # question id → the line it stands on
    ignored: dict[str, None] = {}
    for line, record in records:
        try:
            if isinstance(record, Unusable):
                raise record
            question = _question(record, line)
            if question.id in stands:
                raise Unusable(f"the id {question.id!r} already stands on line {stands[question.id]}")
        except Unusable as reason:
            skipped.append(Skipped(shown_input(path), line, str(reason)))
        else:
            stands[question.id] = line
            items.append(question)
            ignored |= dict.fromkeys(key for key in record if key not in _KNOWN)
    if not items:
        why = f": {skipped[0]}" if skipped else ""
        raise UsageError(
            f"{shown_input(path)} holds no question{why}; give JSONL or CSV with a 'question' on each line"
        )
    return Questions(
        tuple(items), tuple(skipped), Path(shown_input(path)).name, hashlib.sha256(raw).hexdigest(), tuple(ignored)
    )


def write_questions(questions: Questions, out: Path) -> None:
    """Write the questions to `out`, or standard output, in our own spelling: a JSON object a line, without what they lack.

    Raises UsageError where `out` is there already, for a person may have worked on it; StorageError where the disk
    refuses, and then leaves no half file behind.
    """
    if out == STANDARD:
        sys.stdout.writelines(json_line(_record(question), sys.stdout) for question in questions.items)
        return
    if out.exists():
        raise UsageError(f"{out} is there already; name another --out, or remove it")
    aside = out.with_name(out.name + ".new")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("w", encoding="utf-8", errors="backslashreplace") as written:
            for question in questions.items:
                written.write(json.dumps(_record(question), ensure_ascii=False) + "\n")
        aside.replace(out)
    except OSError as error:
        with suppress(OSError):
            aside.unlink()
        raise StorageError(f"can't write {out} ({error.strerror}); make room or name another --out") from None


def _record(question: Question) -> dict[str, Any]:
    """Return what `_question` reads back as the same question."""
    given = {name: value for name, value in asdict(question).items() if value not in (None, (), False)}
    answers = given.pop("answers", ())
    return {
        **given,
        **({"answer": answers} if answers else {}),
        **({"answerable": question.answerable} if question.answerable is not None else {}),
        **({"date": question.date.isoformat()} if question.date else {}),
    }


def read_bytes(path: Path) -> tuple[bytes, bytes]:
    """Return the file's bytes as they lie on disk, and unpacked; those of standard input for "-"."""
    try:
        raw = read_all(path)
    except OSError as error:
        raise UsageError(
            f"can't read the questions in {shown_input(path)} ({error.strerror}); name a JSONL or CSV file"
        ) from None
    try:
        return raw, gzip.decompress(raw) if path.name.lower().endswith(".gz") else raw
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"{shown_input(path)} is not a whole gzip file ({error}); pack it again") from None


def json_lines(data: bytes) -> Iterator[tuple[int, Any]]:
    """Yield the line, from 1, and the value of each JSON text in `data`; an Unusable where it is none."""
    try:
        for line in lines("", io.BufferedReader(io.BytesIO(data), _BUFFER), mend=False):
            if isinstance(line, Skipped):
                yield line.line or 1, Unusable(line.reason)
            elif line[1].strip():
                try:
                    yield line[0], json.loads(line[1].rstrip("\r\n"))
                except (ValueError, RecursionError) as error:
                    yield line[0], Unusable(f"not JSON ({getattr(error, 'msg', 'too deep or too large')})")
    except Unusable as error:
        yield 1, error


def _csv_records(path: Path, data: bytes) -> Iterator[tuple[int, Any]]:
    try:
        rows = csv.reader(io.StringIO(decode(data, mend=False), newline=""), skipinitialspace=True)
    except Unusable as error:
        raise UsageError(f"can't read {path}: {error}") from None
    header: list[str] = []
    while True:
        line = rows.line_num + 1  # where the record begins; a quoted cell may run over several lines
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, Unusable(f"not CSV ({error})")
            continue
        if header and any(cell.strip() for cell in cells):
            record = {key: cell for key, cell in zip(header, cells, strict=False) if cell.strip()}
            yield line, {key: cell.split("|") if key in _LISTS else cell for key, cell in record.items()}
        elif not header and cells:
            header = [name.strip().lower() for name in cells]
            if "question" not in header:
                raise UsageError(f"{path} has no column 'question' on line {line}; write the columns' names there")


def _question(record: Any, line: int) -> Question:
    """Return the Question that `record` spells; raises Unusable."""
    if not isinstance(record, dict):
        raise Unusable("not a JSON object")
    text = record.get("question")
    if not isinstance(text, str) or not text.strip():
        raise Unusable("it has no question")
    evidence = record.get("evidence")
    gold = evidence if isinstance(evidence, list) else []  # RealTime QA keeps a plain text under this name
    if not all(isinstance(piece, dict) for piece in gold):
        raise Unusable("'evidence' must be a list of objects with 'fact' and 'url'")
    kind = record.get("type")
    answerable = _truth(record, "answerable")
    if answerable is None and (gold or kind == "null_query"):
        answerable = kind != "null_query"
    all_articles = _truth(record, "all_articles")
    return Question(
        id=_id(record.get("id"), line),
        question=text,
        answerable=answerable,
        type=str(kind) if kind else None,
        date=_date(record.get("date")),
        articles=_texts(
            record, "articles", "expected_articles", "gold_urls", also=[piece.get("url") for piece in gold]
        ),
        all_articles=bool(gold) if all_articles is None else all_articles,
        facts=_texts(record, "facts", also=[piece.get("fact") for piece in gold]),
        key_facts=_texts(record, "key_facts", "answers"),
        answers=() if answerable is False else _answers(record),
        draft=bool(_truth(record, "draft")),
    )


def _answers(record: dict[str, Any]) -> tuple[str, ...]:
    """Return the answers expected; one that is a number is the text that it is written as."""
    given = record.get("answer")
    listed = given if isinstance(given, list) else [given]
    return _texts(
        {**record, "answer": [str(v) if isinstance(v, int | float) else v for v in listed]}, "answer", "answers"
    )


def _id(value: Any, line: int) -> str:
    if value is None or value == "":
        return f"line-{line}"
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unusable("'id' must be a text or a whole number")
    return str(value)


def _truth(record: dict[str, Any], key: str) -> bool | None:
    value = record.get(key)
    if value is None or isinstance(value, bool):
        return value
    try:
        return _TRUTH[str(value).strip().lower()]
    except KeyError:
        raise Unusable(f"{key!r} is {value!r}; it takes true or false") from None


def _date(value: Any) -> date | None:
    try:
        return day_of_asking(value)
    except ValueError as reason:
        raise Unusable(str(reason)) from None


def _texts(record: dict[str, Any], *keys: str, also: list[Any] | None = None) -> tuple[str, ...]:
    """Return the texts under `keys` and in `also`, each once, in their order; a blank one says nothing."""
    values: list[Any] = []
    for key in keys:
        given = record.get(key)
        if isinstance(given, str):
            given = [given]
        elif given is not None and not isinstance(given, list):
            raise Unusable(f"{key!r} must be a list of texts")
        values += given or []
    values += also or []
    if not all(value is None or isinstance(value, str) for value in values):
        raise Unusable(f"{' and '.join(map(repr, keys))} must hold texts only")
    return tuple(dict.fromkeys(value.strip() for value in values if value and value.strip()))
