"""Kills ingest, remove, backup and rebuild at random moments and looks at what is left: python scripts/kills.py [--kills 50]

After each kill the archive is sound, or `doctor --repair` makes it so; what was acknowledged is there, what was not is there or
not, nothing twice; and the same command, run again, does its work.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rag.archive import ingest as ingest_step
from rag.archive.catalog import Catalog
from rag.archive.doctor import examine, rebuild, repair
from rag.archive.export import backup
from rag.archive.index import Archive, Stored
from rag.archive.lock import writer_lock
from rag.archive.rows import Selection
from rag.config import Config
from rag.types import Article

KINDS = ("ingest", "remove", "backup", "rebuild")
_ARTICLES = 300  # that there can be
_PATIENCE = 120  # seconds for a command to begin


def article(n: int, revision: int) -> Article:
    """Return the n-th article in one of its revisions; some are copies of others."""
    pick = random.Random(n // 3 if n % 3 else n * 1_000)
    words = [f"w{pick.randrange(5_000)}" for _ in range(150)]
    text = f"Report {n} in its revision {revision}. " + " ".join(words).capitalize() + f". It says r{n}v{revision}."
    digest = hashlib.sha256(text.encode()).hexdigest()
    moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=n)
    return Article(
        f"a{n}", f"https://news.example/{n}", f"Report {n}", f"Paper {n % 7}", text, digest, published_at=moment
    )


@dataclass
class Read:
    """An article as an ingest takes it."""

    article: Article
    unreadable_date: str | None = None
    done: float = 0.0


@dataclass
class Toll:
    """How it went: kills by command, those that left a fault, those that came too late, and what must not be."""

    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    late: int = 0
    wrong: list[str] = field(default_factory=list)


def act(kind: str, folder: Path, rest: list[str]) -> None:
    """Do what is to be killed, in a process of its own; tell of every article when it is in."""
    config = Config(data=folder, embedder="stub")
    print("begun", flush=True)
    if kind == "ingest":
        items = (Read(article(*map(int, each.split(".")))) for each in rest)
        count = ingest_step._count

        def told(stored: Stored, *others: Any) -> None:
            count(stored, *others)
            print("in", stored.article.id, flush=True)

        ingest_step._count = told
        ingest_step.ingest(config, items)
    elif kind == "remove":
        with writer_lock(folder, doing="remove"), closing(Archive.open(config, write=True)) as archive:
            archive.remove(Selection(tuple(rest)))
    elif kind == "backup":
        backup(config, Path(rest[0]))
    else:
        rebuild(config)
    print("done", flush=True)


def held(folder: Path) -> dict[str, str]:
    """Return the content hash of every article by its id."""
    with closing(Catalog.open(folder / "catalog.sqlite3", write=False)) as catalog:
        return {each.id: each.content_hash for each in catalog.articles()}


def run(kind: str, folder: Path, rest: list[str], kill_after: float | None) -> tuple[bool, list[str], float]:
    """Run a command and perhaps kill it; return whether it was killed, what it told, and the seconds it worked."""
    command = [sys.executable, __file__, "--act", kind, str(folder), *rest]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stdout
        told = [running.stdout.readline().strip()]
        start = time.monotonic()
        if kill_after is not None:
            try:
                running.wait(kill_after)
            except subprocess.TimeoutExpired:
                running.send_signal(signal.SIGKILL)
        told += running.stdout.read().split("\n")[:-1]
        running.wait(_PATIENCE)
        return running.returncode == -signal.SIGKILL, told, time.monotonic() - start


def sound(folder: Path, toll: Toll, kind: str) -> None:
    """Look at the archive, mend it where it isn't sound, and look again."""
    config = Config(data=folder, embedder="stub")
    faults = [check for check in examine(config) if check.state == "fault"]
    if faults:
        toll.faults[kind] += 1
        repair(config)
        left = [f"{check.name}: {check.told}" for check in examine(config) if check.state == "fault"]
        toll.wrong += [f"after {kind}, not mended: {each}" for each in left]


def expected(
    before: Mapping[str, str], batch: list[tuple[int, int]], sure: set[str]
) -> Iterator[tuple[str, set[str | None]]]:
    """Yield, for each article, the content hashes that it may have after an ingest was killed; None: it isn't there."""
    new = {f"a{n}": article(n, revision).content_hash for n, revision in batch}
    for name in {*before, *new}:
        old = before.get(name)
        if name in sure:
            yield name, {new[name]}
        else:
            yield name, {old, new.get(name, old)}


def trial(
    kind: str, folder: Path, revisions: dict[int, int], pick: random.Random, toll: Toll, took: dict[str, float]
) -> None:
    """Kill one command once and compare what is left with what may be."""
    before = held(folder)
    batch: list[tuple[int, int]] = []
    gone: set[str] = set()
    rest: list[str] = []
    if kind == "ingest":
        for n in pick.sample(range(_ARTICLES), 60):
            revisions[n] = revisions.get(n, 0) + pick.randrange(2)
            batch.append((n, revisions[n]))
        rest = [f"{n}.{revision}" for n, revision in batch]
    elif kind == "remove":
        gone = set(pick.sample(sorted(before), min(15, len(before))))
        rest = sorted(gone)
    elif kind == "backup":
        rest = [str(folder.with_name(f"copy{toll.kills.total() + toll.late}"))]
    killed, told, seconds = run(kind, folder, rest, pick.uniform(0, took[kind]))
    if not killed:
        toll.late += 1
        took[kind] = 0.8 * took[kind] + 0.2 * seconds
    else:
        toll.kills[kind] += 1
    sound(folder, toll, kind)
    now = held(folder)
    acknowledged = {line.split()[1] for line in told if line.startswith("in ")}
    for name, allowed in expected(before, batch, acknowledged):
        if name not in gone and now.get(name) not in allowed:
            toll.wrong.append(f"{kind}: {name} is {now.get(name)}, not one of {allowed}")
    if len(gone & now.keys()) not in (0, len(gone)):
        toll.wrong.append(f"{kind}: {len(gone & now.keys())} of {len(gone)} removed articles are left")
    if extra := now.keys() - before.keys() - {f"a{n}" for n, _ in batch}:
        toll.wrong.append(f"{kind}: {sorted(extra)} came from nowhere")
    if kind == "backup" and Path(rest[0]).exists():
        sound(Path(rest[0]), toll, "copy")
        if held(Path(rest[0])) != before:
            toll.wrong.append("backup: a copy that is not the archive")
    if killed and (kind != "remove" or gone <= now.keys()) and not (kind == "backup" and Path(rest[0]).exists()):
        _, told, _ = run(kind, folder, rest, None)
        if "done" not in told:
            toll.wrong.append(f"{kind}: run again, it did not end well")
    done = held(folder)
    for name, allowed in expected(before, batch, {f"a{n}" for n, _ in batch}):
        if name not in gone and done.get(name) not in allowed:
            toll.wrong.append(f"{kind}, run again: {name} is {done.get(name)}, not {allowed}")
    if gone & done.keys():
        toll.wrong.append(f"{kind}, run again: {sorted(gone & done.keys())} are left")


def kills(count: int, seed: int = 1, *, told: bool = False) -> Toll:
    """Kill as often, each command in turn; return how it went."""
    pick, toll, revisions = random.Random(seed), Toll(), dict[int, int]()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "data"
        took = {}
        run("ingest", folder, [f"{n}.0" for n in range(0, _ARTICLES, 2)], None)
        revisions |= dict.fromkeys(range(0, _ARTICLES, 2), 0)
        took["ingest"] = run("ingest", folder, [f"{n}.1" for n in range(0, 120, 2)], None)[2]
        revisions |= dict.fromkeys(range(0, 120, 2), 1)
        took["remove"] = run("remove", folder, [f"a{n}" for n in range(290, 300, 2)], None)[2]
        took["backup"] = run("backup", folder, [str(Path(place) / "first")], None)[2]
        took["rebuild"] = run("rebuild", folder, [], None)[2]
        while toll.kills.total() < count and not toll.wrong and toll.late < 10 * count:
            kind = KINDS[toll.kills.total() % len(KINDS)]
            trial(kind, folder, revisions, pick, toll, took)
            if told:
                print(f"{toll.kills.total():>3} {kind}", flush=True)
        sound(folder, toll, "all")
    return toll


def main() -> None:
    """Kill, and print how it went; exit with 1 where anything is wrong."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kills", type=int, default=50)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--act", nargs="+")
    given = arguments.parse_args()
    if given.act:
        act(given.act[0], Path(given.act[1]), given.act[2:])
        return
    toll = kills(given.kills, given.seed, told=True)
    print(
        f"{toll.kills.total()} kills ({dict(toll.kills)}), {toll.late} too late; faults that were mended: {dict(toll.faults)}"
    )
    for each in toll.wrong:
        print(f"WRONG: {each}")
    sys.exit(bool(toll.wrong))


if __name__ == "__main__":
    main()
