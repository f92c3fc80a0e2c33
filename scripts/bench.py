"""How fast is it? One table for a corpus and a file of questions: `python scripts/bench.py CORPUS QUESTIONS`.

Ingest and cold start are whole processes, timed from outside; search and ask are timed one question at a time in a warm
process, nothing remembered from another question.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rag.config import load
from rag.errors import DatelineError, UsageError
from rag.pipeline import Pipeline

MOST_QUESTIONS = 300


def bench(corpus: Path, questions: Path) -> list[tuple[str, str]]:
    """Return (figure, value) rows. Raises UsageError where a file can't be used."""
    asked = _questions(questions)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        first, seconds, _ = _dateline("ingest", str(corpus), "--data", str(data), "--json")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
        _, again, _ = _dateline("ingest", str(corpus), "--data", str(data), "--json")
        cold = [_dateline("ask", asked[0], "--data", str(data), "--json")[1] for _ in range(5)]
        pipeline = Pipeline.open(load({"data": data}))
        pipeline.ask(asked[0])
        search = _times(lambda question: pipeline.search(question), asked)
        ask = _times(lambda question: pipeline.ask(question), asked)
        pipeline.close()
        size = sum(file.stat().st_size for file in data.rglob("*") if file.is_file()) / 1e6
    return [
        ("articles, passages", f"{first['articles']:,}, {first['passages']:,}"),
        (
            "ingest",
            f"{seconds:.1f} s, {first['articles'] / seconds:.1f} articles/s, {first['passages'] / seconds:.0f} passages/s",
        ),
        ("ingest again", f"{again:.1f} s ({again / seconds:.1%} of the first)"),
        ("peak memory of ingest", f"{peak:,.0f} MiB"),
        ("archive on disk", f"{size:,.1f} MB"),
        ("cold ask, whole process", f"{sorted(cold)[2]:.2f} s (median of 5)"),
        (f"search, warm, n={len(asked)}", _told(search)),
        (f"ask, warm, n={len(asked)}", _told(ask)),
    ]


def _questions(path: Path) -> list[str]:
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        asked = [str(row["question"]) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"can't use {path} ({error}); it takes one JSON object with a question a line") from None
    if not asked:
        raise UsageError(f"{path} holds no question")
    return asked[:: max(1, len(asked) // MOST_QUESTIONS)][:MOST_QUESTIONS]


def _dateline(*arguments: str) -> tuple[dict[str, Any], float, str]:
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "cli", *arguments], capture_output=True, text=True, env=os.environ)
    seconds = time.perf_counter() - start
    if done.returncode:
        raise UsageError(done.stderr.strip() or f"dateline {arguments[0]} ended with {done.returncode}")
    return json.loads(done.stdout), seconds, done.stderr


def _times(work: Callable[[str], object], asked: Sequence[str]) -> list[float]:
    """Return the milliseconds of each call, sorted."""
    out = []
    for question in asked:
        start = time.perf_counter()
        work(question)
        out.append((time.perf_counter() - start) * 1e3)
    return sorted(out)


def _told(times: Sequence[float]) -> str:
    return f"p50 {times[len(times) // 2]:.1f} ms, p95 {times[min(len(times) - 1, int(len(times) * 0.95))]:.1f} ms"


def main() -> None:
    """Print the table."""
    if len(sys.argv) != 3:
        sys.exit("usage: python scripts/bench.py CORPUS QUESTIONS")
    try:
        for name, value in bench(Path(sys.argv[1]), Path(sys.argv[2])):
            print(f"{name:<28} {value}")
    except DatelineError as error:
        sys.exit(f"dateline: {error}")


if __name__ == "__main__":
    main()
