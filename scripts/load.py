"""Ask a server of its own as many users at once do, for some time; say how many answers came, how fast, and what failed.

    python scripts/load.py --users 50 --seconds 120

The questions are the starter archive's, each user in an order of its own; each asks again as soon as an answer is there. A
user who is told to wait, for the line is full, waits as long as it is told: that is no error, and is counted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parent.parent
QUESTIONS = ROOT / "seeds" / "questions.jsonl"


@dataclass
class Tally:
    """What came back."""

    took: list[float] = field(default_factory=list)
    waits: int = 0
    errors: list[str] = field(default_factory=list)


async def user(client: httpx.AsyncClient, questions: list[str], end: float, tally: Tally) -> None:
    """Ask until the time is up."""
    for question in questions * 1_000:
        start = time.perf_counter()
        if start > end:
            return
        try:
            response = await client.post("/api/v1/ask", json={"question": question})
            while response.status_code == 503 and "retry-after" in response.headers:
                tally.waits += 1
                await asyncio.sleep(int(response.headers["retry-after"]))
                response = await client.post("/api/v1/ask", json={"question": question})
        except httpx.HTTPError as error:
            tally.errors.append(f"{type(error).__name__}: {error}")
            continue
        if response.status_code == 200 and response.json()["status"] in ("answered", "not_in_corpus"):
            tally.took.append(time.perf_counter() - start)
        else:
            tally.errors.append(f"{response.status_code}: {response.text[:200]}")


async def ask(address: str, users: int, seconds: float) -> Tally:
    """Let the users ask, and return what came back."""
    questions = [json.loads(line)["question"] for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    tally, end = Tally(), time.perf_counter() + seconds
    limits = httpx.Limits(max_connections=users + 10)
    async with httpx.AsyncClient(base_url=address, timeout=120, limits=limits) as client:
        orders = [random.Random(n).sample(questions, len(questions)) for n in range(users)]
        await asyncio.gather(*(user(client, order, end, tally) for order in orders))
    return tally


def memory(process: int) -> float:
    """Return the megabytes a process has in memory; 0 where the system does not say."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) / 1024


def main() -> int:
    """Start a server, ask it, stop it; 1 where anything failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--data", help="an archive; without, one of the starter articles is made")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    flags = parser.parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w+") as log:
        command = [sys.executable, "-m", "cli", "serve", "--no-browser", "--port", str(port)]
        command += ["--data", flags.data or str(Path(folder) / "data"), "--log", str(Path(folder) / "requests")]
        server = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            told = _measured(server, f"http://127.0.0.1:{port}", flags.users, flags.seconds)
        finally:
            server.terminate()
            server.wait(60)
    if flags.json:
        print(json.dumps(told))
    else:
        for name, value in told.items():
            print(f"{name:<18}{value}")
    return 1 if told["errors"] else 0


def _measured(server: subprocess.Popen[bytes], address: str, users: int, seconds: float) -> dict[str, Any]:
    for _ in range(600):
        try:
            if httpx.get(f"{address}/readyz", timeout=5).status_code == 200:
                break
        except httpx.TransportError:
            time.sleep(0.2)
    asyncio.run(ask(address, 4, 2))  # what a first answer loads is not what is measured
    before, start = memory(server.pid), time.perf_counter()
    tally = asyncio.run(ask(address, users, seconds))
    lasted = time.perf_counter() - start
    took = sorted(tally.took) or [0.0]
    return {
        "users": users,
        "seconds": round(lasted, 1),
        "answers": len(tally.took),
        "answers_a_second": round(len(tally.took) / lasted, 1),
        "p50_s": round(took[len(took) // 2], 2),
        "p95_s": round(took[int(len(took) * 0.95)], 2),
        "told_to_wait": tally.waits,
        "errors": len(tally.errors),
        "first_error": tally.errors[0] if tally.errors else None,
        "memory_mb": round(memory(server.pid)),
        "grown_mb": round(memory(server.pid) - before),
    }


if __name__ == "__main__":
    sys.exit(main())
