"""`dateline sync`: folders and what becomes of their files; how it is stopped, and what a kill leaves."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rag.archive.index import Archive
from rag.archive.lock import writer_lock
from rag.config import Config

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:(click|typer|rich).*")
Command = Callable[..., Any]
ROOT = Path(__file__).parents[2]


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"---\ntitle: {name}\nsource: Harbor News\n---\n{text}\n")
    return file


@pytest.fixture
def inbox(command: Command, tmp_path: Path) -> Path:
    """Return a folder of three articles that is a source."""
    folder = tmp_path / "inbox"
    for name, text in (("weir.md", "The weir held."), ("lock.md", "The lock held."), ("dam.md", "The dam held.")):
        write(folder, name, text)
    command("source", "add", folder, "--every", "15m")
    return folder


def synced(command: Command, *how: object) -> dict[str, int]:
    told = command("sync", "--json", *how).json
    names = ("added", "changed", "unchanged", "corrected", "gone", "pages")
    return {name: told[name] for name in names if told[name]}


def test_a_folder_is_read_once_and_then_what_is_new_in_it(command: Command, inbox: Path) -> None:
    assert synced(command) == {"added": 3, "pages": 3}
    assert synced(command, "--source", 1) == {}, "nothing is read again"
    write(inbox, "gate.md", "The gate held.")
    assert synced(command, "--source", 1) == {"added": 1, "pages": 1}
    assert command("status", "--json").json["articles"] == 4


def test_what_is_not_due_is_left_alone(command: Command, inbox: Path) -> None:
    command("sync")
    write(inbox, "gate.md", "The gate held.")
    done = command("sync")
    assert (done.code, done.err) == (0, "") and "no source is due" in done.out
    assert synced(command, "--all") == {"added": 1, "unchanged": 3, "pages": 4}


def test_a_changed_article_is_told_with_its_difference(command: Command, inbox: Path) -> None:
    command("sync")
    write(inbox, "weir.md", "The weir burst. Correction: an earlier version of this article said that it held.")
    done = command("sync", "--source", 1)
    assert done.code == 0
    change, summary = done.out.splitlines()
    assert change.startswith("weir.md <") and "corrected: +" in change and "(Correction: an earlier version" in change
    assert "0 added, 1 changed, 0 unchanged, 1 corrected in" in summary
    (told,) = command("sync", "--all", "--json").json["changes"] or [None]
    assert told is None, "told once"


def test_answers_on_what_changed_are_told(command: Command, inbox: Path) -> None:
    write(inbox, "mayor.md", "Mayor Tobias Finch resigned on Monday because the council rejected his budget.")
    command("sync")
    assert command("ask", "Why did Mayor Finch resign?", "--json").json["citations"]
    write(inbox, "weir.md", "The weir burst.")
    assert "answer given" not in command("sync", "--source", 1).out
    write(inbox, "mayor.md", "Mayor Tobias Finch resigned on Monday because he was ill.")
    done = command("sync", "--source", 1)
    assert "1 answer given earlier rests on what is not as it was: dateline answers --flagged" in done.out
    assert command("answers", "--flagged", "--json").json["answers"]


def test_a_file_that_is_gone_twice_is_marked_gone_and_comes_back(command: Command, inbox: Path, config: Config) -> None:
    command("sync")

    def gone() -> set[str]:
        archive = Archive.open(Config(data=config.data, embedder="stub"))
        found = {article.title for article in archive.catalog.articles() if article.gone}
        archive.close()
        return found

    (inbox / "dam.md").unlink()
    assert synced(command, "--source", 1) == {"pages": 1}
    assert gone() == set()
    assert synced(command, "--source", 1) == {"pages": 1, "gone": 1}
    assert gone() == {"dam.md"}
    assert command("search", "What held?", "--json").json["hits"], "it can be found all the same"
    write(inbox, "dam.md", "The dam held.")
    assert synced(command, "--source", 1) == {"unchanged": 1, "pages": 1}
    assert gone() == set()


def test_a_file_that_is_renamed_is_not_gone(command: Command, inbox: Path) -> None:
    command("sync")
    (inbox / "dam.md").rename(inbox / "barrage.md")
    for _ in range(3):
        assert "gone" not in synced(command, "--source", 1)


def test_a_source_that_fails_stops_no_other_and_is_reported(command: Command, inbox: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    write(other, "gate.md", "The gate held.")
    command("source", "add", other)
    for file in other.iterdir():
        file.unlink()
    other.rmdir()
    done = command("sync")
    assert done.code == 0 and "3 added" in done.out and "1 failed" in done.out
    assert f"failed: {other}: it is not there any more" in done.err
    done = command("sync", "--source", 2)
    assert done.code == 2 and "failed, 2 times in a row" in done.err and "no source could be read" in done.err
    failing = command("source", "list", "--json").json["sources"][1]
    assert (failing["failures"], failing["last_success"]) == (2, None)


@pytest.mark.parametrize(
    ("said", "code", "told"),
    [
        (["--source", "9"], 1, "has no source '9'"),
        (["--every", "soon"], 2, "write it as 90s, 15m, 6h or 1d"),
    ],
)
def test_what_can_not_be_done_is_said_in_one_line(
    command: Command, inbox: Path, said: list[str], code: int, told: str
) -> None:
    done = command("sync", *said)
    assert (done.code, done.out, done.err.count("\n")) == (code, "", 1) and told in done.err


def test_no_archive_and_no_sources(command: Command, config: Config, store: Callable[..., Any], article: Any) -> None:
    assert "holds no archive yet" in command("sync").err
    assert not config.data.exists()
    store(config, article())
    done = command("sync")
    assert done.code == 2 and "has no sources; register one: dateline source add URL" in done.err


def test_a_run_with_nothing_new_needs_no_lock_and_one_with_something_says_who_has_it(
    command: Command, inbox: Path, config: Config
) -> None:
    command("sync")
    with writer_lock(config.data, doing="ingest"):
        assert synced(command, "--source", 1) == {}
        write(inbox, "gate.md", "The gate held.")
        done = command("sync", "--source", 1)
        assert (done.code, done.err.count("\n")) == (2, 1) and "is being written by `dateline ingest`" in done.err
    assert synced(command, "--source", 1) == {"added": 1, "pages": 1}, "nothing was lost"


def test_a_clock_that_is_put_back_does_no_harm(command: Command, inbox: Path, config: Config) -> None:
    command("sync")
    future = (datetime.now(UTC) + timedelta(days=4_000)).isoformat()
    db = sqlite3.connect(config.data / "catalog.sqlite3")
    db.execute("UPDATE sources SET last_tried = ?1, last_success = ?1, next_due = ?1", (future,))
    db.execute("UPDATE pages SET looked = ?1, next_look = ?1", (future,))
    db.commit()
    db.close()
    write(inbox, "gate.md", "The gate held.")
    assert synced(command)["added"] == 1
    assert "no source is due" in command("sync").out


# -- processes -------------------------------------------------------------------------------------------------------


def start(config: Config, *arguments: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "DATELINE_EMBEDDER": "stub",
        "PYTHONPATH": str(ROOT),
        "DATELINE_DATA": str(config.data),
    }
    command = [sys.executable, "-m", "cli", *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_loop_goes_on_until_it_is_told_to_stop(command: Command, inbox: Path, config: Config) -> None:
    process = start(config, "sync", "--every", "1s")
    assert process.stdout
    assert "3 added" in process.stdout.readline()
    write(inbox, "gate.md", "The gate held.")
    command("source", "resume", 1)  # due at once
    told = [process.stdout.readline() for _ in range(3)]
    assert any("1 added" in line for line in told), told
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, ""), "between two runs nothing is interrupted"


def many(folder: Path, count: int, word: str = "held") -> None:
    for n in range(count):
        write(folder, f"{n}.md", " ".join(f"Lock number {n} {word} on day {m}, said the keeper." for m in range(60)))


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_in_the_middle_keeps_what_is_in(
    command: Command, inbox: Path, config: Config, number: int, code: int
) -> None:
    many(inbox, 900)
    process = start(config, "sync")
    wait_for_articles(config, 100)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert err.count("\n") == 1 and "are in the archive" in err and "the same command goes on" in err
    before = command("status", "--json").json["articles"]
    assert 0 < before < 903
    assert synced(command)["added"] == 903 - before
    assert command("status", "--json").json["articles"] == 903


def wait_for_articles(config: Config, count: int) -> None:
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        try:
            db = sqlite3.connect(f"file:{config.data / 'catalog.sqlite3'}?mode=ro", uri=True)
            (found,) = db.execute("SELECT count(*) FROM articles").fetchone()
            db.close()
            if found >= count:
                return
        except sqlite3.Error:
            pass
        time.sleep(0.01)
    raise AssertionError("no article comes in")


def held(config: Config) -> dict[str, Any]:
    """Return what an archive holds, after checking that the indexes hold it and that no page is known of nothing."""
    archive = Archive.open(Config(data=config.data, embedder="stub"))
    indexes, counts = archive.indexes(), archive.catalog.counts()
    assert indexes.lexical.count() == indexes.vectors.count() == counts.passages
    archive.close()
    db = sqlite3.connect(config.data / "catalog.sqlite3")
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    unknown = db.execute("SELECT count(*) FROM stands_on WHERE article_id NOT IN (SELECT id FROM articles)").fetchone()
    assert unknown == (0,)
    told = {
        "articles": db.execute("SELECT title, version, content_hash, gone FROM articles ORDER BY title").fetchall(),
        "versions": db.execute("SELECT title, version, content_hash FROM versions ORDER BY title, version").fetchall(),
        "changes": db.execute("SELECT kind, version, words_added FROM changes ORDER BY article_id, version").fetchall(),
    }
    db.close()
    return told


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_kills_at_random_moments_lose_nothing_and_double_nothing(
    command: Command, inbox: Path, config: Config, tmp_path: Path
) -> None:
    rng = random.Random(17)
    many(inbox, 400)
    kills = 0
    for word in ("held", "burst"):
        many(inbox, 400, word)
        for _ in range(5):
            process = start(config, "sync", "--all")
            killer = threading.Timer(rng.uniform(0.5, 2.5), process.kill)
            killer.start()
            process.communicate()
            killer.cancel()
            kills += process.returncode == -signal.SIGKILL
        assert command("sync", "--all").code == 0
        held(config)
    killed = held(config)
    other = Config(data=tmp_path / "other", embedder="stub")
    for word in ("held", "burst"):
        many(inbox, 400, word)
        for arguments in (("source", "add", str(inbox)), ("sync", "--all")):
            process = start(other, *arguments)
            process.communicate()
    assert killed == held(other)
    assert kills >= 5


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_kills_amid_a_feed_lose_no_page_that_its_server_says_is_as_before(
    command: Command, config: Config, internet: Any
) -> None:
    names = [f"report-{n}" for n in range(300)]
    story = " ".join(f"The keeper of the lock wrote on day {n} that the water stood high." for n in range(20))
    for name in names:
        internet.put(
            f"/{name}", f"<html><head><title>{name}</title></head><body><article><h1>{name}</h1><p>{name}: {story}</p>"
        )
    items = "".join(f"<item><title>{n}</title><link>{internet.url('/' + n)}</link></item>" for n in names)
    feed = f"<?xml version='1.0'?><rss version='2.0'><channel><title>Harbor News</title>{items}</channel></rss>"

    def answer(asked: Any) -> Any:
        if asked.headers.get("if-none-match") == '"feed"':
            return internet.reply(b"", status=304, headers={"ETag": '"feed"'})
        return internet.reply(feed, kind="application/rss+xml", headers={"ETag": '"feed"'})

    command("source", "add", internet.put("/feed", answer))
    rng, kills = random.Random(5), 0
    for _ in range(8):
        process = start(config, "sync", "--source", "1", "--allow-private", "127.0.0.1")
        killer = threading.Timer(rng.uniform(1.0, 4.0), process.kill)
        killer.start()
        process.communicate()
        killer.cancel()
        kills += process.returncode == -signal.SIGKILL
        if process.returncode == 0:
            break
    assert command("sync", "--source", "1", "--allow-private", "127.0.0.1").code == 0
    found = held(config)
    assert sorted(title for title, *_ in found["articles"]) == sorted(names)
    assert {version for _, version, *_ in found["articles"]} == {1} and found["versions"] == []
    assert kills
