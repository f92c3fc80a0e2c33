"""`dateline failed`: dead letters of ingests, kept until they are read or forgotten."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:(click|typer|rich).*")
Command = Callable[..., Any]
BAD, GOOD = "---\ntitle: [\n---\nThe lock held.", "---\ntitle: The lock\n---\nThe lock held."


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """Return a folder with one good file, one bad file, and a file with one bad line of two."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "good.md").write_text("The weir held.")
    (folder / "bad.md").write_text(BAD)
    (folder / "lines.jsonl").write_text('{"body": "The gate held."}\n{"nothing": 1}\n')
    return folder


def places(command: Command) -> list[tuple[str, int | None]]:
    return [(Path(each["place"]).name, each["line"]) for each in command("failed", "--json").json["failed"]]


def test_what_an_ingest_could_not_read_is_kept_until_it_is_read(command: Command, inbox: Path) -> None:
    command("ingest", "inbox")
    assert places(command) == [("bad.md", None), ("lines.jsonl", 2)]
    shown = command("failed").out
    assert f"{inbox / 'bad.md'}: front matter is not valid YAML" in shown and "lines.jsonl, line 2: no text" in shown
    command("ingest", inbox)
    assert len(places(command)) == 2, "the same failure is one"
    (inbox / "bad.md").write_text(GOOD)
    command("ingest", inbox / "bad.md")
    assert places(command) == [("lines.jsonl", 2)]


def test_a_retry_reads_it_from_anywhere(
    command: Command, inbox: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command("ingest", "inbox")
    (inbox / "bad.md").write_text(GOOD)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    done = command("failed", "--retry")
    assert done.code == 0 and done.out.splitlines()[-1] == "2 before, 1 now."
    assert command("status", "--json").json["articles"] == 3
    (inbox / "lines.jsonl").write_text('{"body": "The gate held."}\n{"body": "The dam held."}\n')
    assert command("failed", "--retry", "--json").json == {"before": 1, "failed": []}
    assert "nothing that could not be read" in command("failed").out


def test_what_is_not_there_any_more_is_said_and_can_be_forgotten(command: Command, inbox: Path) -> None:
    command("ingest", "inbox")
    (inbox / "bad.md").unlink()
    done = command("failed", "--retry")
    assert f"not there any more: {inbox / 'bad.md'}; `dateline failed --forget`" in done.err
    assert done.out.splitlines()[-1] == "2 before, 2 now."
    assert command("failed", "--forget").out == "2 before, 0 now.\n"
    assert command("failed", "--retry", "--forget").code == 2


def test_a_file_with_nothing_good_in_it_is_kept_too(command: Command, inbox: Path) -> None:
    assert command("ingest", inbox / "bad.md").code == 2
    assert places(command) == [("bad.md", None)]


def test_a_folder_that_is_a_source_has_dead_letters_too(command: Command, inbox: Path) -> None:
    command("source", "add", inbox)
    assert command("sync", "--json").json["added"] == 2
    assert places(command) == [("bad.md", None), ("lines.jsonl", 2)]
    assert {each["source"] for each in command("failed", "--json").json["failed"]} == {1}
    (inbox / "bad.md").write_text(GOOD)
    assert command("failed", "--retry").out.splitlines()[-1] == "2 before, 1 now."
    (inbox / "lines.jsonl").write_text('{"body": "The gate held."}\n{"body": "The dam held."}\n')
    assert command("sync", "--source", 1, "--json").json["added"] == 1
    assert places(command) == []
    assert command("status", "--json").json["articles"] == 4
