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


def parted(text: str, span: tuple[int, int]) -> tuple[str, str, str]:
    """Return what stands before, in and after `span`, without the control characters of the whole; white space is kept."""
    low, high = span
    gone = {at for found in _CONTROL.finditer(text) for at in range(*found.span())}
    places = ((0, low), (low, high), (high, len(text)))
    before, within, after = ("".join(text[at] for at in range(first, last) if at not in gone) for first, last in places)
    return before, within, after


def plain_parted(text: str, span: tuple[int, int]) -> tuple[str, str, str]:
    """Return `plain(text)` in three: what stands before, in and after `span` of `text`, which neither begins nor ends blank."""
    before, within = ("".join(part.split()) for part in parted(text, span)[:2])
    shown = plain(text)
    if not within:
        return shown, "", ""
    letters = [at for at, letter in enumerate(shown) if not letter.isspace()]
    low, high = letters[len(before)], letters[len(before) + len(within) - 1] + 1
    return shown[:low], shown[low:high], shown[high:]
