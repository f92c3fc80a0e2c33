"""The program `dateline`, thinly: a Ctrl-C while Python still imports, or a SIGTERM at any time, ends in one line too."""

from __future__ import annotations

import signal
import sys
from typing import NoReturn

_INTERRUPTED, _TERMINATED = 130, 143


def main() -> NoReturn:
    """Run the command line. The exit code is 130 after Ctrl-C, 143 after SIGTERM."""
    terminated = False

    def stop(*_: object) -> NoReturn:
        nonlocal terminated
        terminated = True
        raise KeyboardInterrupt  # so that whatever a command closes and says after Ctrl-C, it closes and says now

    signal.signal(signal.SIGTERM, stop)
    code: str | int | None = 0
    try:
        from cli.main import main as run

        run()
    except SystemExit as leave:
        code = leave.code
    except KeyboardInterrupt:
        code = _INTERRUPTED
        print("dateline: interrupted; nothing was written", file=sys.stderr)
    sys.exit(_TERMINATED if terminated and code == _INTERRUPTED else code)


if __name__ == "__main__":
    main()
