"""Text that may come from anyone → text that is safe to print: control characters go."""

from __future__ import annotations

import re

# What an article could use to repaint the reader's terminal or turn a line around: escape sequences, control
# characters that are no white space, bidirectional overrides; and half characters, which can't be printed at all.
_CONTROL = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[^\[\]]|"
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def without_control(text: str) -> str:
    """Return `text` without control characters, its white space kept."""
    return _CONTROL.sub("", text)


def plain(text: str) -> str:
    """Return `text` on one line, without control characters."""
    return " ".join(without_control(text).split())
