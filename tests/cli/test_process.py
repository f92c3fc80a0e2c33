import signal
import subprocess
import sys
import time
import types
from functools import partial
from pathlib import Path

import pytest

from cli import __main__ as program


def interrupted() -> None:
    raise KeyboardInterrupt


def test_an_interruption_before_there_is_a_command_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    early = types.ModuleType("cli.main")
    early.__dict__["main"] = interrupted
    monkeypatch.setitem(sys.modules, "cli.main", early)
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit) as left:
            program.main()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert left.value.code == 130
    assert capsys.readouterr().err == "dateline: interrupted; nothing was written\n"


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_command_that_is_stopped_says_what_is_kept(tmp_path: Path, sent: signal.Signals, code: int) -> None:
    command = [sys.executable, "-m", "cli", "ingest", "-", "--data", str(tmp_path / "data"), "--embedder", "stub"]
    listens = partial(signal.signal, signal.SIGINT, signal.default_int_handler)  # also where the tests run behind "&"
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=listens
    ) as running:
        assert running.stdin and running.stderr
        # More than a pipe holds: that it was taken shows that the command reads.
        running.stdin.write('{"title": "Ferry", "text": "The ferry Gannet is late."}\n' * 3_000)
        running.stdin.flush()
        time.sleep(0.5)  # it has read all, and waits for more
        running.send_signal(sent)
        told = running.stderr.read()
        running.stdin.close()
    assert running.returncode == code
    assert told.startswith("dateline: interrupted; no article was read into the archive")
    assert "Traceback" not in told


def test_a_command_gives_its_own_exit_code() -> None:
    done = subprocess.run([sys.executable, "-m", "cli", "nonsense"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("dateline: ")
    assert len(done.stderr.splitlines()) == 1
