"""Quotes that their neighbours change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.context import torn

QUOTE = "The minister took the money."


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        ("", "That is false.", "next sentence opens with “That is false”"),
        ("", "This was later withdrawn.", "opens with “This was later withdrawn”"),
        ("", "This was announced on Monday.", None),
        ("", "The claim was not true, the court found.", "opens with “The claim was not true”"),
        ("", "None of it is correct.", "opens with “None of it is”"),
        ("", "It isn't so.", "opens with “It isn't”"),
        ("", "“But it was never proved,” she said.", "opens with ““But”"),
        ("", "However, the money was his.", "opens with “However”"),
        ("", "But Rovers drew at home.", None),
        ("", "The minister denied the allegations.", "says “denied the allegations”"),
        ("", "A court rejected this.", "says “rejected this”"),
        ("", "There is no evidence for this.", "says “no evidence for this”"),
        ("", "The minister denied entry to reporters.", None),
        ("", "Butter was cheap.", None),
        ("One blog wrote:", "", "tells whose words it is: “wrote”"),
        ("Here is the list:", "", None),
        ("A rumour has it that", "", "whose claim it is: “rumour”"),
        ("On Monday", "", None),
        ("Suppose the paper is right.", "", "stands before supposes it: “Suppose”"),
        ("In that scenario all goes wrong.", "", "stands before supposes it: “In that scenario”"),
        ("The story ran on Monday.", "It was short.", None),
        ("", "", None),
    ],
)
def test_torn_from_its_context(before: str, after: str, reason: str | None) -> None:
    text = " ".join(part for part in (before, QUOTE, after) if part)
    start = text.index(QUOTE)
    found = torn(text, start, start + len(QUOTE))
    assert found is None if reason is None else found is not None and reason in found


@pytest.mark.parametrize(
    ("before", "quote", "reason"),
    [
        ("If the vote fails, the coalition is over.", "It would then call an election.", "is its condition"),
        ("If the vote fails, the coalition is over.", "The mayor would not say more.", None),
        ("If the vote fails, the coalition is over.", "It meets on Monday.", None),
        ("The blog alleged a cover-up.", "It had begun in March.", "whose claim it is: “alleged”"),
        ("The blog alleged a cover-up.", "The council met in March.", None),
    ],
)
def test_what_goes_on_from_the_sentence_before(before: str, quote: str, reason: str | None) -> None:
    text = f"{before} {quote}"
    found = torn(text, len(before) + 1, len(text))
    assert found is None if reason is None else found is not None and reason in found


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("“We won. The others cheated. We will sue,” he said.", True),
        ('"We won. The others cheated. We will sue," he said.', True),
        ("“We won,” he said. The others cheated. They went home.", False),
        ("“We won, he said.\n\nThe others cheated. They went home.", False),
    ],
)
def test_a_quote_inside_a_longer_quotation(text: str, inside: bool) -> None:
    start = text.index("The others")
    found = torn(text, start, start + len("The others cheated."))
    assert (found == "it stands inside a quotation that begins before it") is inside


def test_neighbours_that_are_quoted_too_change_nothing() -> None:
    text = "If he wins, all is well. The minister took the money. But that is false. It rained."
    assert torn(text, text.index("The minister"), text.index("But") - 1)
    assert torn(text, 0, text.index("It rained") - 1) is None


@given(st.text(alphabet=' .:“”"BbutIfshe\n', max_size=60), st.integers(0, 60), st.integers(0, 60))
def test_any_place_of_any_text(text: str, one: int, other: int) -> None:
    found = torn(text, min(one, other), max(one, other))
    assert found is None or found.strip()
