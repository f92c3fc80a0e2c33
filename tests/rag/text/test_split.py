"""Sentences against hand-made gold, and what every passage of any text must hold to."""

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag.text.split import sentences, split
from rag.types import Article, Chunk

GOLD = Path(__file__).parents[2] / "data" / "sentences.jsonl"
F1_FLOOR, EXACT_FLOOR = 0.973, 0.92  # as measured, rounded down


class Stub:
    """An embedder that counts 1.3 word pieces a word and embeds nothing."""

    name = "stub"
    dim = 1

    def __init__(self, max_tokens: int = 254) -> None:
        self.max_tokens = max_tokens
        self.calls = 0

    def embed(self, texts: Sequence[str]) -> Any:
        raise AssertionError("splitting must not embed")

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        self.calls += 1
        return [math.ceil(1.3 * len(text.split())) for text in texts]


def article(text: str, title: str = "Mayor quits", source: str = "Harbor News") -> Article:
    return Article(id="a1", url=None, title=title, source=source, text=text, content_hash="c1")


def prose(count: int) -> str:
    return " ".join(f"Sentence {n} says that the river rose once more." for n in range(count))


def ends(text: str, parts: Sequence[str]) -> set[int]:
    found, at = set(), 0
    for part in parts:
        at = text.index(part, at) + len(part)
        found.add(at)
    return found - {len(text)}  # the end of the text is no achievement


def check_sentences(text: str) -> None:
    spans = sentences(text)
    covered = 0
    for start, end in spans:
        assert covered <= start < end <= len(text)
        assert not text[covered:start].strip(), "left out"
        assert text[start:end] == text[start:end].strip()
        covered = end
    assert not text[covered:].strip()


def check_chunks(source: Article, embedder: Stub, chunks: Sequence[Chunk], max_words: int) -> None:
    text = source.text
    covered = 0
    for chunk in chunks:
        assert chunk.text == text[chunk.start : chunk.end] == chunk.text.strip() != ""
        assert chunk.article_id == source.id
        assert chunk.start >= covered, "said twice"
        assert not text[covered : chunk.start].strip(), "left out"
        assert len(chunk.text.split()) <= max_words
        assert embedder.count_tokens([chunk.text])[0] <= embedder.max_tokens
        covered = chunk.end
    assert not text[covered:].strip()
    assert [chunk.start for chunk in chunks] == sorted({chunk.start for chunk in chunks})
    assert len({chunk.id for chunk in chunks}) == len(chunks)


def test_gold_boundaries() -> None:
    right = found = wanted = exact = 0
    lines = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        text = line["text"]
        gold = ends(text, line["sentences"])
        mine = {end for _, end in sentences(text)} - {len(text)}
        right, exact = right + len(gold & mine), exact + (gold == mine)
        found, wanted = found + len(mine), wanted + len(gold)
    assert wanted >= 200
    assert 2 * right / (found + wanted) >= F1_FLOOR
    assert exact / len(lines) >= EXACT_FLOOR


LONG_QUOTE = "“" + "We have waited for years and nothing came of it. " * 12 + "That is all,” she said."

SPLITS = {
    "blank": ("  \n\t ", []),
    "headline": ("Mayor quits\nShe led the city.", ["Mayor quits", "She led the city."]),
    "wrapped words": (
        "The council approved the budget late on Monday after hours of\ndebate. It was late.",
        ["The council approved the budget late on Monday after hours of\ndebate.", "It was late."],
    ),
    "filled lines": (
        "The council approved the new budget late on Monday after\n"
        "Mayor Finch, who had opposed it for months, gave way in a\n"
        "speech that surprised her own party.",
        1,
    ),
    "list": ("- One thing\n- another thing", ["- One thing", "- another thing"]),
    "number of an item": ("12. Talk to Me", ["12. Talk to Me"]),
    "clock and zone": ("It starts at 8 p.m. ET. Bring a coat.", ["It starts at 8 p.m. ET.", "Bring a coat."]),
    "name with a mark": ("The show Jeopardize! returns today.", ["The show Jeopardize! returns today."]),
    "opening mark": ('“We wait," he said. " You go. I stay."', ['“We wait," he said.', '" You go.', 'I stay."']),
    "closing marks": ("She told us \u2018We go.\u2019 ”", ["She told us \u2018We go.\u2019 ”"]),
    "attributed quotation": ("“They left. We stayed,” he said.", ["“They left. We stayed,” he said."]),
    "long quotation": (LONG_QUOTE, 13),
    "windows line ends": ("One line.\r\n\r\nAnother line.\r\n", ["One line.", "Another line."]),
    "lone surrogate": ("A \ud800 broken one. It goes on.", ["A \ud800 broken one.", "It goes on."]),
}


@pytest.mark.parametrize(("text", "expected"), SPLITS.values(), ids=SPLITS.keys())
def test_sentences(text: str, expected: list[str] | int) -> None:
    check_sentences(text)
    found = [text[start:end] for start, end in sentences(text)]
    assert (len(found) if isinstance(expected, int) else found) == expected


# News-like scraps join into hard cases far more often than characters drawn at random do.
SCRAPS = st.one_of(
    st.sampled_from(["The mayor quit.", "U.S.", "p.m.", "ET", "1.", "- ", "said", "https://example.org/a?b=1.2"]),
    st.sampled_from(["x" * 300, "word " * 90, "😀", "א", "e\u0301", "\ud800"]),
    st.sampled_from([" ", "\n", "\n\n", "\r\n", "\u2028", "\xa0", "\x00"]),
    st.sampled_from(["“", "”", '"', "\u2019", "(", ")", "!", "?", "…"]),
)
TEXTS = st.one_of(
    st.text(max_size=300),
    st.lists(SCRAPS, max_size=60).map("".join),
    st.lists(SCRAPS, max_size=60).map(" ".join),
)


@settings(max_examples=300)
@given(TEXTS)
def test_sentences_of_any_text(text: str) -> None:
    check_sentences(text)


@settings(max_examples=300)
@given(TEXTS, st.integers(1, 200), st.integers(64, 254), st.text(max_size=300))
@example("word " * 90 + "\nThe mayor quit.The mayor quit.", 14, 64, "")
def test_chunks_of_any_text(text: str, max_words: int, max_tokens: int, title: str) -> None:
    source, embedder = article(text, title=" ".join(title.split()[:20])), Stub(max_tokens)
    chunks = split(source, embedder, max_words=max_words)
    check_chunks(source, embedder, chunks, max_words)
    assert split(source, embedder, max_words=max_words) == chunks


def test_tokens_are_counted_once_for_ordinary_text() -> None:
    embedder = Stub()
    chunks = split(article(prose(100)), embedder)
    assert embedder.calls == 1
    check_chunks(article(prose(100)), embedder, chunks, 100)
    assert len(chunks) == 10


def test_the_last_passage_is_not_tiny() -> None:
    for count in range(20, 60):
        chunks = split(article(prose(count)), Stub())
        assert min(len(chunk.text.split()) for chunk in chunks) >= 25, count


def test_a_passage_ends_with_its_paragraph_when_it_is_full_enough() -> None:
    first, *_ = split(article(f"{prose(9)}\n\n{prose(9)}"), Stub())
    assert first.text == prose(9)


def test_a_long_sentence_is_cut_at_a_clause() -> None:
    text = ", ".join(f"part {n} of a list without an end" for n in range(60)) + "."
    chunks = split(article(text), Stub())
    check_chunks(article(text), Stub(), chunks, 100)
    assert all(chunk.text.endswith((",", ".")) for chunk in chunks)


def test_a_word_without_an_end_is_cut_too() -> None:
    assert max(len(chunk.text) for chunk in split(article("x" * 100_000), Stub())) < 5000


def test_ids_depend_on_article_content_and_place_alone() -> None:
    source = article(prose(40))
    ids = [chunk.id for chunk in split(source, Stub())]
    assert all(len(name) == 16 and int(name, 16) >= 0 for name in ids)
    assert ids == [chunk.id for chunk in split(replace(source, title="Another title"), Stub())]
    assert not set(ids) & {chunk.id for chunk in split(replace(source, content_hash="c2"), Stub())}
    assert not set(ids) & {chunk.id for chunk in split(replace(source, id="a2"), Stub())}


def test_no_passage_without_words_and_no_limit_below_one() -> None:
    assert split(article(" \n\n "), Stub()) == []
    with pytest.raises(ValueError, match="max_words must be at least 1"):
        split(article("Text."), Stub(), max_words=0)


@pytest.mark.parametrize("part", ["a", "(“", "A b. ", "“Hi.” ", "a\n", "😀.", "word " * 70 + ". "], ids=ascii)
def test_a_long_text_is_split_before_the_time_limit_of_tests(part: str) -> None:
    text = part * (200_000 // len(part))
    source = article(text)
    check_chunks(source, Stub(), split(source, Stub()), 100)
