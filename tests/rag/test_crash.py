"""An ingest that is killed: started again it completes, nothing is double, and nothing tells it from one that was not."""

import os
import signal
import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rag.archive.index import Archive
from rag.config import Config
from rag.search.retrieve import search
from rag.text.embed import StubEmbedder
from rag.types import Filters

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ARTICLES = 40
# Ingests 40 articles of ten passages. Two arguments more name a function ("module:name") and how many of its calls
# return before the process kills itself: no handler runs, no file is closed.
INGEST = f"""
import os, signal, sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

from rag.config import Config
from rag.archive.ingest import ingest
from rag.types import Article

@dataclass
class Read:
    article: Article
    unreadable_date: str | None = None
    done: float = 0.0

def read(changed):
    for n in range({ARTICLES}):
        new = changed and n % 4 == 0
        # Every fifteen sentences have a word of their own, so that each passage can be asked for.
        lines = [f"Sentence {{m}} of report {{n}} says that {{'new' if new else ''}}r{{n}}q{{m // 15}} rose." for m in range(150)]
        yield Read(Article(f"a{{n}}", None, f"Report {{n}}", ["Harbor News", "The Beacon"][n % 2], " ".join(lines),
                           f"hash-{{n}}-{{new}}", published_at=datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=n)))

if len(sys.argv) > 3:
    place, calls = sys.argv[3], int(sys.argv[4])
    module, _, path = place.partition(":")
    *outer, name = path.split(".")
    owner = import_module(module)
    for each in outer:
        owner = getattr(owner, each)
    real = getattr(owner, name)
    def killing(*args, **options):
        global calls
        result = real(*args, **options)
        calls -= 1
        if calls <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, name, killing)

config = Config(data=Path(sys.argv[1]), embedder="stub")
summary = ingest(config, read(sys.argv[2] == "changed"), on_progress=lambda s: print(s.articles, flush=True))
print("done", summary.added, summary.changed, summary.unchanged)
"""
MOMENTS = {
    "after the first article": ("rag.archive.catalog:Catalog.put", 1),
    "in the second group": ("rag.archive.catalog:Catalog.put", 30),
    "before the words are indexed": ("rag.archive.lexical:LexicalIndex.__init__", 1),
    "when the words are indexed": ("rag.archive.lexical:LexicalIndex.update", 1),
    "when the words are in place": ("pathlib:Path.rename", 1),
    "before the vectors are indexed": ("rag.archive.vectors:VectorIndex.__init__", 1),
    "amid the vectors": ("rag.archive.vectors:_numbers", 200),
    "when the vectors are indexed": ("rag.archive.vectors:VectorIndex.update", 1),
    "when the vectors are in place": ("pathlib:Path.rename", 2),
    "when all is published": ("rag.archive.index:Archive.sync", 1),
}


def run(folder: Path, what: str, *kill: object, expect: int = 0) -> str:
    command = [sys.executable, "-c", INGEST, str(folder), what, *map(str, kill)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == expect, done.stderr
    return done.stdout.splitlines()[-1] if done.stdout else ""


def contents(folder: Path) -> dict[str, Any]:
    """Return all that matters of an archive: passages, versions, and what both indexes find."""
    archive = Archive.open(Config(data=folder, embedder="stub"))
    indexes, counts = archive.indexes(), archive.catalog.counts()
    assert indexes.lexical.count() == indexes.vectors.count() == counts.passages
    assert indexes.generation == counts.generation
    texts, lost = {}, 0
    for page in archive.catalog.added_since(-1):
        for entry in page:
            (nearest,) = indexes.vectors.search(entry.vector.astype("float32"), 1)
            lost += nearest[1] < 0.999
            texts[entry.key] = entry.text
    # A graph may cut a passage off: by these, as near each other as a text of one word more, one in 500 archives loses one.
    assert lost <= 0.01 * len(texts), "each vector finds itself"
    found = {}
    for n in range(ARTICLES):
        for word in (f"r{n}q0", f"r{n}q9", f"newr{n}q9"):
            keys = {key for key, _ in indexes.lexical.search(word, 100)}
            assert keys == {key for key, text in texts.items() if word in text.split()}
            question = f"What rose in {word}, and when?"
            filters = Filters(date_from=date(2024, 1, 5), outlets=("The Beacon",) if n % 2 else ())
            hits = search(archive, StubEmbedder(), question, filters=filters, k=1, asked=date(2024, 2, 1)).hits
            found[word] = [hit.chunk.id for hit in hits if keys]
    archive.close()
    rows = sqlite3.connect(folder / "catalog.sqlite3")
    chunks = [row for (row,) in rows.execute("SELECT id FROM chunks ORDER BY id")]
    articles = rows.execute("SELECT id, version, content_hash FROM articles ORDER BY id").fetchall()
    versions = rows.execute("SELECT article_id, version, content_hash FROM versions ORDER BY 1, 2").fetchall()
    assert rows.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert rows.execute("PRAGMA foreign_key_check").fetchall() == []
    rows.close()
    assert len(set(chunks)) == len(chunks) == counts.passages
    return {"chunks": chunks, "articles": articles, "versions": versions, "found": found}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Return what an archive holds after an ingest, and after a second one of which ten articles are changed."""
    folder = tmp_path_factory.mktemp("uninterrupted") / "data"
    assert run(folder, "first") == f"done {ARTICLES} 0 0"
    first = contents(folder)
    assert run(folder, "changed") == f"done 0 10 {ARTICLES - 10}"
    return {"first": first, "changed": contents(folder)}


@pytest.mark.parametrize(("place", "calls"), MOMENTS.values(), ids=MOMENTS.keys())
def test_a_first_ingest_that_is_killed(
    tmp_path: Path, uninterrupted: dict[str, dict[str, Any]], place: str, calls: int
) -> None:
    run(tmp_path, "first", place, calls, expect=-signal.SIGKILL)
    assert run(tmp_path, "first").startswith("done ")
    assert contents(tmp_path) == uninterrupted["first"]
    assert run(tmp_path, "first") == f"done 0 0 {ARTICLES}"
    assert contents(tmp_path) == uninterrupted["first"]


@pytest.mark.parametrize(
    ("place", "calls"),
    [*list(MOMENTS.values())[:1], *list(MOMENTS.values())[3:4], *list(MOMENTS.values())[6:8]],
    ids=[*list(MOMENTS)[:1], *list(MOMENTS)[3:4], *list(MOMENTS)[6:8]],
)
def test_a_second_ingest_that_is_killed(
    tmp_path: Path, uninterrupted: dict[str, dict[str, Any]], place: str, calls: int
) -> None:
    run(tmp_path, "first")
    run(tmp_path, "changed", place, 5 if calls == 200 else calls, expect=-signal.SIGKILL)
    assert run(tmp_path, "changed").startswith("done ")
    assert contents(tmp_path) == uninterrupted["changed"]


@pytest.mark.parametrize("place", ["before the words are indexed", "amid the vectors", "when the vectors are indexed"])
def test_a_reader_mends_what_a_killed_ingest_left(
    tmp_path: Path, uninterrupted: dict[str, dict[str, Any]], place: str
) -> None:
    run(tmp_path, "first", *MOMENTS[place], expect=-signal.SIGKILL)
    assert contents(tmp_path) == uninterrupted["first"]


@pytest.mark.parametrize("lines", [1, ARTICLES])
def test_a_kill_from_outside_that_nobody_timed(
    tmp_path: Path, uninterrupted: dict[str, dict[str, Any]], lines: int
) -> None:
    command = [sys.executable, "-c", INGEST, str(tmp_path), "first"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for _ in range(lines):
            assert process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert run(tmp_path, "first").startswith("done ")
    assert contents(tmp_path) == uninterrupted["first"]
