"""A name that the evidence has another one for, and a speaker that it doesn't quote."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rag.reading.names import other_name, other_speaker
from rag.text.words import stems


@pytest.mark.parametrize(
    ("source", "claim", "two"),
    [
        ("The mill in Orrismouth was sold to him.", "The mill in Pellbridge was sold to her.", ("Pellbridge", "Orrismouth")),
        ("The firm moved to Ohio last year.", "Last year it went to Iowa.", ("Iowa", "Ohio")),
        ("The French firm bought the mill.", "A Spanish firm now owns the mill.", ("Spanish", "French")),
        ("Republicans voted against the mill.", "The mill was voted down by Democrats.", ("Democrats", "Republicans")),
    ],
)  # fmt: skip
def test_another_name_in_its_place(source: str, claim: str, two: tuple[str, str]) -> None:
    assert other_name(claim, source) == two


@pytest.mark.parametrize(
    ("source", "claim"),
    [
        ("The mill in Orrismouth was sold.", "Orrismouth's mill was sold."),
        ("Mara Quill sold the mill to Voltane.", "Quill sold the mill to Voltane."),
        ("The Harbour Trade Council sold the mill.", "The HTC sold the mill."),
        ("The HTC sold the mill.", "The Harbour Trade Council sold the mill."),
        ("Germany bought the mill from France.", "The Germans bought the mill from the French."),
        ("The United Kingdom bought the mill.", "Britain bought the mill."),
        ("U.S. mills were sold.", "American mills were sold."),
        ("The president sold the mill.", "Arle sold the mill."),
        ("She sold the mill in Orrismouth.", "Quill sold the mill in Orrismouth."),
        ("", "Quill sold the mill in Orrismouth."),
    ],
)
def test_a_name_in_another_form_or_for_a_word_is_no_other(source: str, claim: str) -> None:
    assert other_name(claim, source) is None


def test_a_name_that_the_source_has_elsewhere_is_no_other() -> None:
    claim, source = "The mill in Pellbridge was sold.", "The mill in Orrismouth was sold."
    assert other_name(claim, source, stems("Pellbridge")) is None


@pytest.mark.parametrize(
    ("source", "claim", "two"),
    [
        ("The mill is safe, said Mara Quill.", "The mill is safe, Ada Finch said.", ("Ada Finch", "Mara Quill")),
        ("According to Voltane, the mill is safe.", "Quarrel said that the mill is safe.", ("Quarrel", "Voltane")),
        ("The mill is safe, Quill said. She said it runs.", "The mill is safe, Finch said.", None),
        ("The mill is safe, said Mara Quill. It runs, Ada Finch said.", "The mill is safe, Ada Finch said.", None),
        ("The mill is safe, Quill said.", "The mill is safe, Mara Quill of the Beacon said.", None),
        ("The mill is safe, Quill said.", "The mill is safe.", None),
        ("Ada Finch met Mara Quill.", "Finch said that she met Quill.", None),
    ],
)
def test_another_speaker(source: str, claim: str, two: tuple[str, str] | None) -> None:
    assert other_speaker(claim, source) == two


@given(st.text(max_size=150))
@example("aA\U00018d800/0")  # a letter to the index's words, but not to Python 3.11's
def test_no_name_of_a_text_is_another_than_its_own(text: str) -> None:
    assert other_name(text, text) is None
    assert other_speaker(text, text) is None


@given(st.text(max_size=80), st.text(max_size=80))
def test_the_names_of_any_texts_can_be_compared(claim: str, source: str) -> None:
    assert len(other_name(claim, source) or "ab") == 2
    assert len(other_speaker(claim, source) or "ab") == 2
