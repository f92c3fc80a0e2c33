"""Question lines in, result lines out, one JSON object each; a run that was cut off goes on where it stopped.

The path "-" is standard input, or standard output: what was written there can't be gone on with.
"""

from __future__ import annotations

import gzip
import io
import json
import math
import re
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TextIO, TypeVar, cast

from rag.errors import DatelineError, LLMError, StorageError, UsageError
from rag.noted import Noted
from rag.text.decode import Unusable, lacks, lines
from rag.types import Skipped

A = TypeVar("A")
B = TypeVar("B")
STANDARD = Path("-")
_BUFFER = 1 << 16  # bytes of a file by which its encoding is told
_BEGINS = b'{"'  # every result does
_DAY = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?:[T ].*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of input: its number, from 1, and its object."""

    line: int
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tally:
    """How a batch went. `kept` lines stood in the output from an earlier run."""

    done: int
    kept: int
    skipped: Noted[Skipped]


def shown_input(path: Path) -> str:
    """Return how messages name what is read."""
    return "standard input" if path == STANDARD else str(path)


def shown_output(path: Path) -> str:
    """Return how messages name what is written."""
    return "standard output" if path == STANDARD else str(path)


def read_all(path: Path) -> bytes:
    """Return the bytes of a file, or of standard input."""
    return sys.stdin.buffer.read() if path == STANDARD else path.read_bytes()


def day_of_asking(value: Any) -> date | None:
    """Return the day that a question line gives as its "date", as written there; None where it gives none.

    Read are 2025-01-31, 2025/1/31 and either with a time behind it. Raises ValueError, whose message is the reason.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)) or not str(value).strip():
        return None
    match = _DAY.fullmatch(str(value).strip())
    try:
        if match:
            return date(int(match[1]), int(match[3]), int(match[4]))
    except ValueError:
        pass
    raise ValueError(f"'date' is {value!r}; it takes a day such as 2025-01-31")


def read_rows(path: Path, *, needs: tuple[str, ...]) -> Iterator[Row | Skipped]:
    """Yield the objects of a JSONL file (also .gz) that have the strings `needs`; the others as Skipped, with the reason.

    A missing "id" becomes "line-N". Raises UsageError when the file can't be read or holds no line.
    """
    seen: set[str] = set()
    count = 0
    place = shown_input(path)
    try:
        with _open(path) as stream:
            for line in lines(place, stream, mend=False):
                if isinstance(line, Skipped):
                    count += 1
                    yield line
                    continue
                number, text = line
                if not text.strip():
                    continue
                count += 1
                row = _row(place, number, text, needs)
                if isinstance(row, Row):
                    if row.values["id"] in seen:
                        row = Skipped(place, number, f"the id {row.values['id']!r} stands on an earlier line")
                    else:
                        seen.add(row.values["id"])
                yield row
    except Unusable as error:
        raise UsageError(f"can't read {place}: {error}; it takes one JSON object a line") from None
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"can't read {place} ({getattr(error, 'strerror', None) or error}); check the path") from None
    if not count:
        raise UsageError(f"{place} is empty; it takes one JSON object a line with {', '.join(needs)}")


def _open(path: Path) -> io.BufferedReader:
    if path == STANDARD:
        return io.BufferedReader(cast("io.RawIOBase", io.BytesIO(read_all(path))), _BUFFER)
    if path.suffix.lower() == ".gz":
        return io.BufferedReader(cast("io.RawIOBase", gzip.open(path)), _BUFFER)
    return cast("io.BufferedReader", path.open("rb", _BUFFER))


def _row(place: str, number: int, line: str, needs: tuple[str, ...]) -> Row | Skipped:
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return Skipped(place, number, "is not JSON")
    if not isinstance(values, dict):
        return Skipped(place, number, "is not a JSON object")
    if why := lacks(values, needs):
        return Skipped(place, number, why)
    given = values.get("id")
    return Row(number, {**values, "id": f"line-{number}" if given in (None, "") else str(given)})


def run(
    rows: Iterator[Row | Skipped],
    out: Path,
    work: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    *,
    place: str,
    jobs: int = 1,
    on_row: Callable[[bool], None] = lambda written: None,
) -> Tally:
    """Write `work(row)` for every row that `out` does not hold yet, a line at a time in their order, and return the tally.

    `jobs` rows are worked on at a time. A row whose work raises a DatelineError is skipped with its reason; a lasting
    LLMError, which every other row would meet too, is raised, and the rows from there on are left.
    on_row: is told after each row whether a line was written for it.
    Raises StorageError when `out` can't be written, UsageError where `jobs` is not 1 or more.
    """
    skipped = Noted[Skipped]()
    done = kept = 0

    def attempt(row: Row | Skipped) -> Mapping[str, Any] | Skipped | None:
        if isinstance(row, Skipped):
            return row
        if row.values["id"] in have:
            asked = have[row.values["id"]]
            if asked is not None and asked != row.values.get("question"):
                raise UsageError(
                    f"{out} has an answer to another question under the id {row.values['id']!r}; name another file with --out"
                )
            return None
        try:
            return work(row.values)
        except LLMError as error:
            if error.lasting:
                raise
            return Skipped(place, row.line, str(error))
        except DatelineError as error:
            return Skipped(place, row.line, str(error))

    try:
        have = {} if out == STANDARD else _finished(out)
        with _writing(out) as written:
            for result in in_order(rows, attempt, jobs):
                if result is None:
                    kept += 1
                elif isinstance(result, Skipped):
                    skipped.add(result)
                else:
                    written.write(json_line(result, written))
                    written.flush()
                    done += 1
                on_row(isinstance(result, Mapping))
    except BrokenPipeError:  # whoever reads standard output has seen enough
        raise
    except OSError as error:
        raise StorageError(
            f"can't write {shown_output(out)} ({error.strerror}); free some space or name another file, then run it again"
        ) from None
    return Tally(done, kept, skipped)


def _writing(out: Path) -> AbstractContextManager[TextIO]:
    if out == STANDARD:
        return nullcontext(sys.stdout)
    # What a row brought along comes back as it was: half a character as its escape.
    return out.open("a", encoding="utf-8", errors="backslashreplace")


def json_line(value: Mapping[str, Any], stream: TextIO) -> str:
    """Return the object as one line for `stream`: in plain ASCII where its encoding is no Unicode, so that it stays JSON."""
    unicode = (stream.encoding or "").lower().startswith("utf")
    return json.dumps(value, ensure_ascii=not unicode) + "\n"


def whole_lines(path: Path) -> int:
    """Return how many lines of a file are written to their end; 0 where it can't be read."""
    try:
        with path.open("rb") as file:
            return sum(part.count(b"\n") for part in iter(lambda: file.read(_BUFFER), b""))
    except OSError:
        return 0


def in_order(items: Iterable[A], work: Callable[[A], B], jobs: int) -> Iterator[B]:
    """Yield `work(item)` for each item in their order, `jobs` at a time, in threads. Raises UsageError for less than 1.

    What is not begun when the caller stops is never done.
    """
    if jobs < 1:
        raise UsageError(f"--jobs {jobs} does nothing; give 1 or more")
    if jobs == 1:
        yield from map(work, items)
        return
    pool = ThreadPoolExecutor(jobs)
    try:
        yield from pool.map(work, items)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _finished(out: Path) -> dict[str, Any]:
    """Return the ids that `out` holds, each with its question, None where it has none. Raises UsageError.

    A last line that was not finished is cut off.
    """
    if not out.exists():
        return {}
    if not out.is_file():
        raise UsageError(f"{out} is no regular file; name one with --out, which a second run can go on with")
    data = out.read_bytes()
    *whole, last = data.split(b"\n")
    try:
        have = dict(_result(line) for line in whole if line.strip())
        finished = not last or _is_json(last)
        if finished and last:
            have |= [_result(last)]
        elif not last.startswith(_BEGINS[: len(last)]):
            raise ValueError
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{out} holds something else than results; name another file with --out") from None
    if not finished:
        with out.open("r+b") as file:
            file.truncate(len(data) - len(last))
    elif last:
        with out.open("ab") as file:
            file.write(b"\n")
    return have


def _result(line: bytes) -> tuple[str, Any]:
    result = json.loads(line)
    return str(result["id"]), result.get("question")


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
