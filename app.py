"""The door to the web page: `python app.py`. The page itself stands in `web/`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from rag.config import load
from rag.errors import DatelineError
from web.serve import CLOSED, serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the flags and serve; return the exit code."""
    parser = argparse.ArgumentParser(prog="app.py", description="The Dateline web page.")
    parser.add_argument("--data", metavar="DIR", help="where the archive lives (default: ./data)")
    parser.add_argument("--embedder", metavar="NAME", help="default: the one that the archive was made with")
    parser.add_argument("--llm", metavar="NAME", help="none (quotes only), or scripted:FILE")
    parser.add_argument("--port", metavar="N", help="default: 7860")
    parser.add_argument("--no-browser", action="store_true", help="don't open a browser")
    flags: dict[str, Any] = vars(parser.parse_args(arguments))
    browser = not flags.pop("no_browser")
    try:
        serve(load(flags), browser=browser)
    except DatelineError as error:
        print(f"dateline: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt as error:
        print(f"dateline: interrupted; {str(error) or CLOSED}", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
