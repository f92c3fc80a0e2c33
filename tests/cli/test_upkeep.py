"""The commands that keep an archive safe."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app
from rag.archive.index import Archive
from rag.config import Config

run = CliRunner().invoke


def test_export_writes_a_file_or_standard_output(archive: Archive, config: Config, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    done = run(app, ["export", "--out", str(out), "--data", str(config.data)])
    assert done.exit_code == 0 and "8 articles" in done.stderr
    shown = run(app, ["export", "--data", str(config.data)])
    assert shown.stdout == out.read_text(encoding="utf-8")
    assert next(json.loads(line)["id"] for line in shown.stdout.splitlines()) == "ferry-sinks"
    assert [each.name for each in tmp_path.glob("out*")] == ["out.jsonl"]


def test_export_overwrites_nothing(archive: Archive, config: Config, tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").write_text("mine")
    done = run(app, ["export", "--out", str(tmp_path / "out.jsonl"), "--data", str(config.data)])
    assert "is there already" in str(done.exception)
    assert (tmp_path / "out.jsonl").read_text() == "mine"


def test_backup_tells_what_it_copied(archive: Archive, config: Config, tmp_path: Path) -> None:
    done = run(app, ["backup", str(tmp_path / "copy"), "--data", str(config.data), "--json"])
    assert json.loads(done.stdout) == {"articles": 8, "folder": str(tmp_path / "copy")}


@pytest.mark.parametrize("command", ["export", "backup"])
def test_no_archive_no_copy(tmp_path: Path, command: str) -> None:
    rest = [str(tmp_path / "copy")] if command == "backup" else []
    done = run(app, [command, *rest, "--data", str(tmp_path / "none")])
    assert "holds no archive yet" in str(done.exception)
    assert list(tmp_path.iterdir()) == []


def test_doctor_prints_a_table_and_exits_with_1_on_a_fault(archive: Archive, config: Config) -> None:
    archive.close()
    data = ["--data", str(config.data)]
    (config.data / "vectors" / "writing").touch()
    done = run(app, ["doctor", *data])
    assert done.exit_code == 1
    assert "a writer was killed at it" in " ".join(done.stdout.split())
    told = json.loads(run(app, ["doctor", "--json", *data]).stdout)
    assert not told["sound"] and told["repaired"] == []
    assert {"name": "vectors", "state": "fault", "told": "a writer was killed at it",
            "remedy": "dateline doctor --repair"} in told["checks"]  # fmt: skip
    done = run(app, ["doctor", "--repair", *data])
    assert (done.exit_code, "built anew" in done.stdout, "fault" in done.stdout) == (0, True, False)


def test_rebuild_says_how_many(archive: Archive, config: Config) -> None:
    archive.close()
    assert json.loads(run(app, ["rebuild", "--json", "--data", str(config.data)]).stdout) == {"passages": 8}
