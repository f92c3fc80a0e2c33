"""`dateline source`: registering, listing, pausing, removing; and what can't be registered."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.source import seconds
from rag.errors import UsageError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:(click|typer|rich).*")
Command = Callable[..., Any]
FEED = "https://news.example/feed.xml"


def listed(command: Command) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = command("source", "list", "--json").json["sources"]
    return found


def test_a_source_is_registered_listed_paused_resumed_and_removed(command: Command, tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    done = command("source", "add", FEED, "inbox", "--every", "15m", "--outlet", "Harbor News")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        f"source 1: {FEED}, every 15m; `dateline sync` reads it.",
        f"source 2: {tmp_path / 'inbox'}, every 15m; `dateline sync` reads it.",
    ]
    told = [(each["key"], each["address"], each["every"], each["outlet"], each["paused"]) for each in listed(command)]
    assert told == [(1, FEED, 900, "Harbor News", False), (2, str(tmp_path / "inbox"), 900, "Harbor News", False)]
    shown = command("source", "list").out
    assert FEED in shown and "never" in shown and "new" in shown
    assert command("source", "pause", FEED).out == f"source 1 ({FEED}) is paused.\n"
    assert [each["paused"] for each in listed(command)] == [True, False]
    assert command("source", "resume", 1, "--json").json["paused"] is False
    assert command("source", "remove", 2).out == f"source 2 ({tmp_path / 'inbox'}) is forgotten; its articles stay.\n"
    assert [each["key"] for each in listed(command)] == [1]
    command("source", "add", "inbox")
    assert [each["key"] for each in listed(command)] == [1, 3], "a number is never used twice"


@pytest.mark.parametrize(
    ("said", "code", "told"),
    [
        (["add", "gopher://news.example/"], 2, "is no web address that can be read"),
        (["add", "https://"], 2, "is no web address that can be read"),
        (["add", "nowhere/at/all"], 2, "is neither a web address nor a folder or file that is there"),
        (["add", "a\0b"], 2, "check it"),
        (["add", FEED, "--every", "5s"], 2, "is not a time from 60 s to a year"),
        (["add", FEED, "--every", "often"], 2, "write it as 90s, 15m, 6h or 1d"),
        (["add", FEED, FEED], 2, "is registered already"),
        (["remove", "7"], 1, "has no source '7'; `dateline source list` names those it has"),
        (["pause", "https://other.example/"], 1, "has no source"),
    ],
)
def test_what_can_not_be_done_is_said_in_one_line(command: Command, said: list[str], code: int, told: str) -> None:
    command("source", "add", "https://first.example/feed")
    done = command("source", *said)
    assert (done.code, done.out, done.err.count("\n")) == (code, "", 1)
    assert told in done.err


def test_an_archive_without_sources_says_how_to_register_one(command: Command) -> None:
    done = command("source", "list")
    assert (done.code, done.out) == (2, "") and "holds no archive yet" in done.err
    command("source", "add", FEED)
    command("source", "remove", 1)
    assert "has no sources; `dateline source add URL` registers one" in command("source", "list").out


@pytest.mark.parametrize(
    ("said", "expected"), [("90s", 90), ("15m", 900), ("6h", 21_600), ("1d", 86_400), (" 2 H ", 7_200)]
)
def test_how_often(said: str, expected: int) -> None:
    assert seconds(said) == expected


@pytest.mark.parametrize("said", ["", "15", "m", "-5m", "0m", "1.5h", "9999d", "99999999999s"])
def test_what_is_no_time(said: str) -> None:
    with pytest.raises(UsageError, match="is not a time"):
        seconds(said)


def test_an_address_that_looks_like_markup_breaks_no_table(command: Command) -> None:
    command("source", "add", "https://news.example/[red]feed[/red]")
    assert "[red]feed[/red]" in command("source", "list").out
