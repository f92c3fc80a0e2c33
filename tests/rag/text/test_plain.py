"""Text that is safe to print, and where the words that answer stand in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.text.plain import parted, plain, plain_parted, without_control

ODD = st.text(alphabet="ab .[]/\n\t\r\u2003\x1b\x07\x1d3m\u202e<é", max_size=30)


@given(ODD, ODD, ODD)
def test_the_parts_join_to_the_text_that_is_shown(before: str, within: str, after: str) -> None:
    text, span = before + within + after, (len(before), len(before) + len(within))
    assert "".join(parted(text, span)) == without_control(text)
    assert "".join(plain_parted(text, span)) == plain(text)


@given(st.text(alphabet="ab \n\t\u2003[]"), st.text(alphabet="cd \n\t\u2003[]"), st.text(alphabet="ef \n\t\u2003[]"))
def test_the_span_holds_its_words_after_white_space_is_collapsed(before: str, within: str, after: str) -> None:
    shown = plain_parted(before + within + after, (len(before), len(before) + len(within)))
    assert shown[1] == plain(within)
    if shown[1]:
        assert plain(shown[0]) == plain(before) and plain(shown[2]) == plain(after)


def test_a_span_across_lines_and_one_of_nothing() -> None:
    assert plain_parted("  The bridge\n opened   in\r\n\t1931 at\nlast. ", (22, 33)) == (
        "The bridge opened ",
        "in 1931",
        " at last.",
    )
    assert plain_parted("one  two", (3, 5)) == ("one two", "", "")


def test_an_escape_sequence_that_the_span_cuts_is_gone_whole() -> None:
    assert parted("a \x1b[31mred\x1b[0m b", (4, 10)) == ("a ", "red", " b")
