"""Article → Chunks: whole sentences, packed into passages with exact character offsets.

`sentences` is sentencex (Wikimedia's rules) inside paragraphs that are found here, and a few repairs that were measured
to help. `split` packs sentences greedily. All is offsets into `Article.text`; nothing is found again by its wording.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from sentencex import get_sentence_boundaries

from rag.types import Article, Chunk, Embedder

MAX_WORDS = 100  # of a passage; what is shown is wider (rag/widen.py)
FULL_ENOUGH = 0.6  # a passage that is this full ends at a paragraph break if it can
TINY = 0.25  # a last passage emptier than this shares with the one before
_CHARS_A_PIECE = 16  # and no more, though a tokenizer may take a word of any length for one "unknown" piece
_JOINS = 4  # word pieces left free, as joined sentences may come out a little longer than their sum
_LONG = 60  # words; one sentence in a hundred is longer, and most of those are quotations of several sentences
_WINDOW = 10_000  # characters given to sentencex at once, whose time grows squared with unclosed brackets

_LIST_ITEM = re.compile(r"\s*(?:[-*•‣◦▪\u2013—·]|\(?\d{1,3}[.)])\s")
_MARKER = re.compile(r"\(?\d{1,3}[.)]\s*")
_ENDED = re.compile(r"[.!?:…][\"'”\u2019)\]]*\s*$")
_CLAUSE = re.compile(r"[,;:)\]—\u2013](?=\s)")
_SPACE = re.compile(r"\s")
_UNSEEN = re.compile(r"[\s\ud800-\udfff]")  # a lone surrogate is no UTF-8, which sentencex needs
_NEW_LINE = re.compile(r"\s*?[\n\r\x85\u2028\u2029]")
_QUOTES = re.compile(r"[\"“”„«»()\[\]]")  # the single ones are apostrophes too
_OPENING = re.compile(r"(?<=\s)[\"'“\u2018„«(\[]+\s*$")
_CLOSING = re.compile(r"[”\u2019»)\]]+(?=\s|$)")
_TITLE = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|Prof|Rev|Sen|Rep|Gov|Gen|Lt|Col|Capt|Sgt|Ft|Mt|vs)\. *$")
_CLOCK = re.compile(r"\b[ap]\.m\. *$", re.I)
_WHEN = re.compile(
    r"\(?(?:[ECMP][SD]?T|A[EC][SD]T|GMT|UTC|BST|CES?T|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day)\b"
    r"|(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.? \d"
)


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the sentences of `text` as half-open character offsets: in order, trimmed, none blank.

    Together they cover every character that is not white space. A paragraph's end, a line of its own (a headline, a
    list item) and what sentencex finds inside a paragraph end a sentence; the line breaks of hard-wrapped text do not.
    A quotation of several sentences stays whole, with the words that attribute it, up to 60 words.
    """
    return [span for start, end in _paragraphs(text) for span in _inside(text, start, end)]


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Yield the paragraphs: blocks between blank lines, cut at the line breaks that do more than wrap."""
    block: list[tuple[int, str]] = []
    at = 0
    for line in [*text.splitlines(keepends=True), ""]:
        if line.strip():
            block.append((at, line))
        elif block:
            filled = _filled([line.strip() for _, line in block])
            begins = [below for above, below in pairwise(block) if not _wrapped(above[1], below[1], filled)]
            yield from pairwise([block[0][0], *(begin for begin, _ in begins), at])
            block = []
        at += len(line)


def _filled(lines: Sequence[str]) -> bool:
    """Say whether no word would have fitted on the line above its own: the mark of hard-wrapped text."""
    width = max(map(len, lines))
    fits = (len(above) + 1 + len(below.split(maxsplit=1)[0]) <= width for above, below in pairwise(lines))
    return len(lines) > 2 and 50 <= width <= 100 and not any(fits)


def _wrapped(above: str, below: str, filled: bool) -> bool:
    """Say whether the break between two lines only wraps the text."""
    if _LIST_ITEM.match(below):
        return False
    return filled or (len(above) >= 40 and below.lstrip()[0].islower() and not _ENDED.search(above))


def _inside(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the sentences of one paragraph, `text[start:end]`."""
    paragraph = _UNSEEN.sub(" ", text[start:end])  # one for one, so that the offsets hold
    cuts = [0]
    for cut in [*_cuts(paragraph, 0, len(paragraph)), len(paragraph)]:
        if len(paragraph[cuts[-1] : cut].split()) > _LONG:
            cuts += _cuts(paragraph, cuts[-1], cut, see_quotes=False)
        cuts.append(cut)
    for a, b in pairwise(cuts):
        yield from _trimmed(text, start + a, start + b)


def _cuts(paragraph: str, start: int, end: int, *, see_quotes: bool = True) -> list[int]:
    """Return where the sentences of `paragraph[start:end]` begin, save the first; unseen quotes hold none together."""
    shown = paragraph[start:end] if see_quotes else _QUOTES.sub(" ", paragraph[start:end])
    cuts = [start]
    for found in _boundaries(shown):
        cut = start + found
        if closing := _CLOSING.match(paragraph, cut, end):  # a closing mark belongs to the sentence that it closes
            cut = closing.end()
        elif opening := _OPENING.search(paragraph, max(start, cut - 8), cut):  # and an opening one to what it opens
            cut = opening.start()
        if cuts[-1] < cut < end and not _joined(paragraph, cuts[-1], cut):
            cuts.append(cut)
    return cuts[1:]


def _joined(paragraph: str, start: int, cut: int) -> bool:
    """Say whether what begins at `cut` still belongs to the sentence that begins at `start`."""
    before, after = paragraph[max(start, cut - 16) : cut], paragraph[cut : cut + 16].lstrip()
    return bool(
        _MARKER.fullmatch(paragraph, start, cut)  # "12. Talk to Me"
        or _TITLE.search(before)
        or (_CLOCK.search(before) and _WHEN.match(after))  # "at 8 p.m. Tuesday"
        or (after[:1].islower() and not before.rstrip().endswith((".", "…")))  # "Jeopardize! returns"
    )


def _boundaries(text: str) -> Iterator[int]:
    """Yield where sentencex begins a sentence in `text`, save the first."""
    start = 0
    while start < len(text):
        window = text[start : start + _WINDOW]
        found = [start + boundary["start_index"] for boundary in get_sentence_boundaries("en", window)]
        yield from found[1:]
        # The last sentence may go on behind the window; one that fills the window is not cut here.
        start = found[-1] if len(found) > 1 and start + _WINDOW < len(text) else start + _WINDOW


def _trimmed(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the span without the white space at either end, nothing for a blank one."""
    part = text[start:end]
    left = len(part) - len(part.lstrip())
    return [(start + left, start + len(part.rstrip()))] if left < len(part) else []


def split(article: Article, embedder: Embedder, *, max_words: int = MAX_WORDS) -> list[Chunk]:
    """Return the passages of `article`, in order: none for a blank text.

    Each has at most `max_words` white-space separated words and at most `embedder.max_tokens` word pieces. Together they
    cover every character that is not white space, once.
    Raises ValueError for `max_words` below 1.
    """
    if max_words < 1:
        raise ValueError("max_words must be at least 1")
    units, limits = _measured(article, embedder, max_words)
    return [_chunk(article, units[a].start, units[b - 1].end) for a, b in _pack(units, limits)]


def _chunk(article: Article, start: int, end: int) -> Chunk:
    return Chunk(chunk_id(article, start, end), article.id, start, end, article.text[start:end])


def chunk_id(article: Article, start: int, end: int) -> str:
    """Return the id of an article's passage, from the article's id, its content and the offsets."""
    key = f"{article.id}\x1f{article.content_hash}\x1f{start}\x1f{end}"
    return hashlib.sha256(key.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence, or a piece of one that is too long for a passage. `closes`: a line ends with it."""

    start: int
    end: int
    words: int
    tokens: int
    closes: bool


@dataclass(frozen=True, slots=True)
class _Limits:
    words: int
    tokens: int


def _measured(article: Article, embedder: Embedder, max_words: int) -> tuple[list[_Unit], _Limits]:
    """Return the units, each of which fits alone, and the limits. Counts once, and again only what had to be halved."""
    text, spans = article.text, sentences(article.text)
    counts = embedder.count_tokens([text[a:b] for a, b in spans])
    limits = _Limits(max_words, max(1, embedder.max_tokens - _JOINS))
    units: list[_Unit] = []
    while spans:
        halves: list[tuple[int, int]] = []
        for (a, b), count in zip(spans, counts, strict=True):
            words, tokens = len(text[a:b].split()), max(count, -(-(b - a) // _CHARS_A_PIECE))
            if (words <= limits.words and tokens <= limits.tokens) or b - a == 1:
                units.append(_Unit(a, b, words, tokens, _NEW_LINE.match(text, b) is not None))
            else:
                halves += _halved(text, a, b)
        spans, counts = halves, embedder.count_tokens([text[a:b] for a, b in halves]) if halves else []
    return sorted(units, key=lambda unit: unit.start), limits


def _halved(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cut a span in two: at a clause in its middle half, else at white space, at worst between two characters."""
    middle, quarter = (start + end) // 2, (end - start) // 4
    places = [found.end() for found in _CLAUSE.finditer(text, start + quarter, end - quarter)]
    places = places or [found.start() for found in _SPACE.finditer(text, start, end)]
    cut = min(places, key=lambda place: abs(place - middle), default=middle)
    return _trimmed(text, start, cut) + _trimmed(text, cut, end)


def _pack(units: Sequence[_Unit], limits: _Limits) -> list[tuple[int, int]]:
    """Return the passages as half-open ranges of `units`: greedy, but the last two share when the last is tiny."""
    words = [0, *accumulate(unit.words for unit in units)]
    tokens = [0, *accumulate(unit.tokens for unit in units)]

    def fit(a: int, b: int) -> bool:
        return words[b] - words[a] <= limits.words and tokens[b] - tokens[a] <= limits.tokens

    def filled(a: int, b: int) -> float:
        return (words[b] - words[a]) / limits.words

    seams = [0]
    while seams[-1] < len(units):
        first, end = seams[-1], seams[-1] + 1
        while end < len(units) and fit(first, end + 1):
            end += 1
        breaks = (at for at in range(end, first, -1) if units[at - 1].closes and filled(first, at) >= FULL_ENOUGH)
        seams.append(end if end == len(units) else next(breaks, end))
    if len(seams) > 2 and filled(seams[-2], len(units)) < TINY:
        ways = [at for at in range(seams[-3] + 1, seams[-2] + 1) if fit(at, len(units))]
        seams[-2] = max(ways, key=lambda at: min(filled(seams[-3], at), filled(at, len(units))))
    return list(pairwise(seams))
