"""A passage that was found → what is shown of its article: the passage, and the sentences around it.

Small passages are found better, wide ones hold more of the answer and are read more easily ("small-to-big" retrieval).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rag.text.split import sentences


def widen(
    text: str,
    passages: Sequence[tuple[int, int]],
    start: int,
    end: int,
    max_words: int,
    *,
    shown: Sequence[tuple[int, int]] = (),
) -> tuple[int, int]:
    """Return `text[start:end]`'s offsets, grown by whole sentences on both sides in turn while they fit in `max_words`.

    `passages` are the offsets of all passages of `text`, in order: a sentence is looked for within one. Nothing is grown
    into what is `shown` already.
    """
    words = len(text[start:end].split())
    sides = [_before(text, passages, start), _after(text, passages, end)]
    while sides:
        side = sides.pop(0)
        a, b = next(side, (0, 0))
        more = len(text[a:b].split())
        new = not any(a < high and low < b for low, high in shown)
        if more and new and words + more <= max_words:
            start, end, words = min(start, a), max(end, b), words + more
            sides.append(side)
    return start, end


def _before(text: str, passages: Sequence[tuple[int, int]], start: int) -> Iterator[tuple[int, int]]:
    """Yield the sentences that end before `start`, nearest first."""
    for a, b in reversed(passages):
        if a < start:
            yield from ((a + low, a + high) for low, high in reversed(sentences(text[a : min(b, start)])))


def _after(text: str, passages: Sequence[tuple[int, int]], end: int) -> Iterator[tuple[int, int]]:
    """Yield the sentences that begin after `end`, nearest first."""
    for a, b in passages:
        if b > end:
            first = max(a, end)
            yield from ((first + low, first + high) for low, high in sentences(text[first:b]))
