"""Reply in the quoted form → its sentences, each with the words of the passages that the LLM gave as bearing it out.

    The mayor left over the budget.
    [2] "resigned on Monday because the council rejected his budget"

A quote counts where it stands in a passage, in the one it names or else in another: white space, case, the shape of
quotation marks and dashes, and characters that nobody sees make no difference; "..." leaves words out. What stands nowhere
is no quote, however well it sounds.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answering.cite import marked_sentences
from rag.answering.reply import as_markers
from rag.text.words import normal
from rag.types import DraftSentence, Hit, Span

_OPEN, _CLOSE = "[\"“”„«'‘’]", "[\"“”»'’]"
_MARK = r"\[(?P<n>\d{1,3})\]\s{0,3}[:–-]?\s{0,3}"
# A line of its own, or behind the end of a sentence: [2] "words of the passage"
_QUOTE = re.compile(
    rf"(?:^[ \t]*(?:[-*•>]{{1,2}}[ \t]*)?|(?<=[.!?\"”’»])[ \t]{{1,3}}){_MARK}{_OPEN}(?P<quote>[^\n]{{2,2000}}?){_CLOSE}"
    rf"[.,;]?[ \t]*(?=$|\[\d{{1,3}}\]\s{{0,3}}[:–-]?\s{{0,3}}{_OPEN})",
    re.MULTILINE,
)
_GAP = re.compile(r"\s*(?:\[\s*(?:\.\.\.|…)\s*\]|\.\.\.|…)\s*")
_WORDS = 2  # that a quote has at least: a lone word stands anywhere
_APART = 600  # characters of a passage that parts of one quote may lie apart


def quoted_sentences(reply: str, hits: Sequence[Hit]) -> tuple[DraftSentence, ...] | None:
    """Return the sentences of a reply in the quoted form, with the places of their quotes; None for a reply without a quote.

    A sentence whose quotes stand nowhere has no span, and none of its markers counts in their place. One without any keeps
    nothing either: what an LLM doesn't bear out with words is looked for in all passages.
    """
    found = list(_QUOTE.finditer(reply))
    if not found:
        return None
    out: list[DraftSentence] = []
    said: list[DraftSentence] = []  # those of the last line, to which the quotes that follow belong
    at = 0
    for match in found:
        *lines, last = reply[at : match.start()].strip().rsplit("\n", 1)
        if before := _said(last, len(hits)):
            out += [*said, *(each for line in lines for each in _said(line, len(hits)))]
            said = before
        at = match.end()
        spans = find_quote(match["quote"], hits, int(match["n"]))
        said = [replace(each, spans=tuple(dict.fromkeys((*each.spans, *spans))), quoted=True) for each in said]
    return (*out, *said, *_said(reply[at:], len(hits)))


def _said(text: str, known: int) -> list[DraftSentence]:
    return [DraftSentence(text, (), said=raw) for text, _, raw in marked_sentences(as_markers(text.strip(), known))]


def find_quote(quote: str, hits: Sequence[Hit], n: int) -> tuple[Span, ...]:
    """Return where a quote stands, in the passage of that number or else in the first other that has it; () where in none."""
    parts = [part for part in (_plain(part)[0].strip(" .,;:") for part in _GAP.split(quote)) if part]
    if sum(len(part.split()) for part in parts) < _WORDS:
        return ()
    named = [hits[n - 1]] if 1 <= n <= len(hits) else []
    for hit in [*named, *(hit for hit in hits if hit not in named)]:
        if spans := _places(parts, hit):
            return spans
    return ()


def _places(parts: Sequence[str], hit: Hit) -> tuple[Span, ...]:
    plain, places = _plain(hit.chunk.text)
    out: list[tuple[int, int]] = []
    at = 0
    for part in parts:
        found = _whole(part, plain, at)
        if found < 0 or (out and places[found] - out[-1][1] > _APART):
            return ()
        at = found + len(part)
        out.append((places[found], places[at - 1] + 1))
    begin = hit.chunk.start
    return tuple(Span(hit.article.id, begin + start, begin + end) for start, end in out)


def _whole(part: str, text: str, at: int) -> int:
    """Return where the part stands as whole words, -1 where it doesn't."""
    found = text.find(part, at)
    while found >= 0:
        end = found + len(part)
        inside = (found > 0 and text[found - 1].isalnum() and part[0].isalnum()) or (
            end < len(text) and text[end].isalnum() and part[-1].isalnum()
        )
        if not inside:
            return found
        found = text.find(part, found + 1)
    return -1


def _plain(text: str) -> tuple[str, list[int]]:
    """Return a text in the form in which quotes are compared, and where each of its characters stood."""
    out: list[str] = []
    places: list[int] = []
    for at, letter in enumerate(text):
        told = " " if letter.isspace() else "-" if letter in "–—−‐‑" else normal(letter).casefold()
        if told == " " and (not out or out[-1] == " "):
            continue
        for each in told:
            out.append("'" if each in "\"'`" else each)
            places.append(at)
    return "".join(out), places
