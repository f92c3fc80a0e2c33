"""What is shown around a passage: whole sentences, from both sides in turn, within the limit."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from rag.search.widen import widen
from rag.text.split import sentences

TEXT = " ".join(f"Sentence {n} says that the river rose." for n in range(9))  # of seven words each


def packed(text: str, size: int) -> list[tuple[int, int]]:
    spans = sentences(text)
    return [(spans[at][0], spans[min(at + size, len(spans)) - 1][1]) for at in range(0, len(spans), size)]


def shown(passages: Sequence[tuple[int, int]], at: int, max_words: int) -> list[int]:
    start, end = widen(TEXT, passages, *passages[at], max_words)
    return [int(word) for word in TEXT[start:end].split() if word.isdigit()]


def test_grows_on_both_sides_in_turn() -> None:
    passages = packed(TEXT, 3)
    assert shown(passages, 1, 27) == [3, 4, 5]
    assert shown(passages, 1, 28) == [2, 3, 4, 5]
    assert shown(passages, 1, 35) == [2, 3, 4, 5, 6]


def test_an_end_of_the_article_leaves_its_share_to_the_other_side() -> None:
    passages = packed(TEXT, 3)
    assert shown(passages, 0, 42) == [0, 1, 2, 3, 4, 5]
    assert shown(passages, 2, 42) == [3, 4, 5, 6, 7, 8]
    assert shown(passages, 1, 1000) == list(range(9))


def test_what_is_shown_already_is_not_grown_into() -> None:
    passages = packed(TEXT, 3)
    start, end = widen(TEXT, passages, *passages[1], 42, shown=[passages[0]])
    assert TEXT[start:end] == TEXT[passages[1][0] : passages[2][1]]
    assert widen(TEXT, passages, *passages[1], 42, shown=[passages[0], passages[2]]) == passages[1]


def test_passages_of_one_sentence_are_passed_over() -> None:
    assert shown(packed(TEXT, 1), 4, 49) == [1, 2, 3, 4, 5, 6, 7]


def test_a_passage_over_the_limit_stays_as_it_is() -> None:
    assert shown(packed(TEXT, 3), 1, 5) == [3, 4, 5]


def test_passages_that_share_a_sentence_with_the_next() -> None:
    spans = sentences(TEXT)
    passages = [(spans[at][0], spans[min(at + 3, 8)][1]) for at in range(0, 9, 2)]
    assert shown(passages, 2, 42) == [3, 4, 5, 6, 7, 8]


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(["The mayor quit.", "U.S.", "“No,” he said.", "\n\n", "x" * 40, "so it goes"])),
    st.integers(1, 4),
    st.integers(1, 60),
)
def test_widening_of_any_text(parts: list[str], size: int, max_words: int) -> None:
    text = " ".join(parts)
    passages = packed(text, size)
    for start, end in passages:
        a, b = widen(text, passages, start, end, max_words)
        assert a <= start < end <= b
        assert text[a:b] == text[a:b].strip()
        words = len(text[a:b].split())
        assert words <= max(max_words, len(text[start:end].split()))
        assert widen(text, passages, a, b, max_words) == (a, b)
