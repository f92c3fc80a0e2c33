"""Kills ingest, sync, remove, backup and rebuild at random moments and looks at what is left: python -m scripts.kills [--kills 50]

After each kill the archive is sound, or `doctor --repair` makes it so; what was acknowledged is there, what was not is there or
not, nothing twice; and the same command, run again, does its work.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from corpus.bring import WhichSources
from rag.archive.catalog import Catalog
from rag.archive.doctor import examine, rebuild, repair
from rag.archive.export import backup
from rag.archive.index import Archive, Stored
from rag.archive.ingest import ingest
from rag.archive.lock import writer_lock
from rag.archive.registry import Registry
from rag.archive.rows import Selection
from rag.config import Config
from rag.types import Article
from tests.internet import Internet, internet

KINDS = ("ingest", "sync", "remove", "backup", "rebuild")
_ARTICLES = 300  # that there can be
_ITEMS = 80  # that the feed can have
_FEED = "/feed"
_OWN = re.compile(r"a\d+")  # ids of what is ingested; those of the feed's are made of addresses
_PATIENCE = 120  # seconds for a command to begin


def told_in(n: int, revision: int) -> str:
    """Return the text of the n-th article in one of its revisions; some are copies of others."""
    pick = random.Random(n // 3 if n % 3 else n * 1_000)
    words = [f"w{pick.randrange(5_000)}" for _ in range(150)]
    return f"Report {n} in its revision {revision}. " + " ".join(words).capitalize() + f". It says r{n}v{revision}."


def article(n: int, revision: int) -> Article:
    """Return the n-th article in one of its revisions."""
    text = told_in(n, revision)
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
    from cli import sync

    config = Config(data=folder, embedder="stub")
    add = Archive.add

    def told(archive: Archive, *others: Any) -> Iterator[Stored]:
        for stored in add(archive, *others):
            print("in", stored.article.id, flush=True)
            yield stored

    Archive.add = told
    print("begun", flush=True)
    if kind == "ingest":
        ingest(config, (Read(article(*map(int, each.split(".")))) for each in rest))
    elif kind == "sync":
        report = sync.run(config, WhichSources(rest), threading.Event(), ("127.0.0.1",))
        assert not report.failed, report.failed
    elif kind == "remove":
        with writer_lock(folder, doing="remove"), closing(Archive.open(config, write=True)) as archive:
            archive.remove(Selection(tuple(rest)))
    elif kind == "backup":
        backup(config, Path(rest[0]))
    else:
        rebuild(config)
    print("done", flush=True)


def held(folder: Path) -> dict[str, str]:
    """Return the content hash of every article that was ingested, by its id."""
    return {each.id: each.content_hash for each in articles(folder) if _OWN.fullmatch(each.id)}


def articles(folder: Path) -> list[Article]:
    """Return what is in the archive."""
    with closing(Catalog.open(folder / "catalog.sqlite3", write=False)) as catalog:
        return list(catalog.articles())


class Feed:
    """A source of its own, on a server that runs meanwhile: the revision of each of its items."""

    def __init__(self, world: Internet) -> None:
        self.address = world.put(_FEED, lambda _: world.reply(json.dumps(self._told()), kind="application/feed+json"))
        self._world = world
        self.revisions: dict[int, int] = {}

    def _told(self) -> dict[str, Any]:
        items = [
            {
                "id": str(n),
                "url": self._world.url(f"/story/{n}"),
                "title": f"Story {n}",
                "content_text": told_in(10_000 + n, revision),
                "date_published": f"2024-03-01T00:{n % 60:02}:00Z",
                "date_modified": f"2024-03-02T00:00:{revision % 60:02}Z",
            }
            for n, revision in self.revisions.items()
        ]
        return {"version": "https://jsonfeed.org/version/1.1", "title": "The Feed", "items": items}

    def goes_on(self, pick: random.Random) -> None:
        """Change some items and bring some new ones."""
        for n in pick.sample(range(_ITEMS), 30):
            self.revisions[n] = self.revisions.get(n, -1) + 1

    def held(self, folder: Path) -> dict[str, tuple[int, int, str]]:
        """Return number, revision and id of each of its articles that is in, by address; fail where one is there twice."""
        found = [each for each in articles(folder) if not _OWN.fullmatch(each.id)]
        by_address = {}
        for each in found:
            told = re.search(r"r(\d+)v(\d+)\.", each.text)
            assert told and each.url not in by_address, f"{each.url} is there twice, or in part"
            by_address[each.url] = (int(told[1]) - 10_000, int(told[2]), each.id)
        return by_address


def run(kind: str, folder: Path, rest: list[str], kill_after: float | None) -> tuple[bool, list[str], float]:
    """Run a command and perhaps kill it; return whether it was killed, what it told, and the seconds it worked."""
    command = [sys.executable, "-m", "scripts.kills", "--act", kind, str(folder), *rest]
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


def trial_of_sync(folder: Path, feed: Feed, pick: random.Random, toll: Toll, took: dict[str, float]) -> None:
    """Kill one sync and compare what is left with what the feed said, before and now."""
    others, before = held(folder), feed.held(folder)
    feed.goes_on(pick)
    killed, told, seconds = run("sync", folder, [feed.address], pick.uniform(0, took["sync"]))
    _count("sync", killed, seconds, toll, took)
    sound(folder, toll, "sync")
    sure = {line.split()[1] for line in told if line.startswith("in ")}
    old = {n: revision for n, revision, _ in before.values()}
    now = feed.held(folder)
    for n, revision, name in now.values():
        if revision != feed.revisions.get(n) and (revision != old.get(n) or name in sure):
            toll.wrong.append(f"sync: story {n} stands at {revision}, not at {feed.revisions.get(n)} or {old.get(n)}")
    if lost := before.keys() - now.keys() | (sure - {name for *_, name in now.values()}):
        toll.wrong.append(f"sync: {sorted(lost)} are lost")
    if killed:
        _, told, _ = run("sync", folder, [feed.address], None)
        if "done" not in told:
            toll.wrong.append("sync: run again, it did not end well")
    if {n: revision for n, revision, _ in feed.held(folder).values()} != feed.revisions:
        toll.wrong.append("sync, run again: what is in is not what the feed says")
    if held(folder) != others:
        toll.wrong.append("sync: it touched articles that are none of its own")


def _count(kind: str, killed: bool, seconds: float, toll: Toll, took: dict[str, float]) -> None:
    if killed:
        toll.kills[kind] += 1
    else:
        toll.late += 1
        took[kind] = 0.8 * took[kind] + 0.2 * seconds


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
    _count(kind, killed, seconds, toll, took)
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
    with tempfile.TemporaryDirectory() as place, internet() as world:
        folder, feed = Path(place) / "data", Feed(world)
        took = {}
        run("ingest", folder, [f"{n}.0" for n in range(0, _ARTICLES, 2)], None)
        revisions |= dict.fromkeys(range(0, _ARTICLES, 2), 0)
        took["ingest"] = run("ingest", folder, [f"{n}.1" for n in range(0, 120, 2)], None)[2]
        revisions |= dict.fromkeys(range(0, 120, 2), 1)
        with closing(Registry.open(folder, write=True)) as registry:
            registry.add(feed.address, every=900)
        feed.goes_on(pick)
        run("sync", folder, [feed.address], None)
        feed.goes_on(pick)
        took["sync"] = run("sync", folder, [feed.address], None)[2]
        took["remove"] = run("remove", folder, [f"a{n}" for n in range(290, 300, 2)], None)[2]
        took["backup"] = run("backup", folder, [str(Path(place) / "first")], None)[2]
        took["rebuild"] = run("rebuild", folder, [], None)[2]
        while toll.kills.total() < count and not toll.wrong and toll.late < 10 * count:
            kind = KINDS[toll.kills.total() % len(KINDS)]
            if kind == "sync":
                trial_of_sync(folder, feed, pick, toll, took)
            else:
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
