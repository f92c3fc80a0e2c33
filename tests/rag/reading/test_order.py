"""Two names or numbers in each other's place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.reading.order import exchanged


@pytest.mark.parametrize(
    ("source", "claim", "two"),
    [
        ("In court Arle sued the miller Bray.", "In court Bray sued the miller Arle.", ("Bray", "Arle")),
        ("Of all mills, 41% run and 31% stand.", "Of all mills, 31% run and 41% stand.", ("31", "41")),
        ("Songs by Arle, pictures by Bray.", "The songs are by Bray, the pictures by Arle.", ("Bray", "Arle")),
        ("In court Arle sued the miller Bray.", "In court the miller Bray was sued by Arle.", None),
        ("The winners were Arle and Bray.", "The winners were Bray and Arle.", None),
        ("Arle met Bray.", "Bray met Arle.", None),
        ("On Sunday Arle beat Bray.", "On Sunday Bray beat Arle.", ("Bray", "Arle")),
        ("Arle beat Bray in May.", "Bray beat Arle in May.", ("Bray", "Arle")),
        ("Mara Quill accused Ada Finch of it.", "Ada Finch had accused Mara Quill of it.", ("Ada", "Mara")),
        ("In May Arle sued Bray.", "In May Arle was sued by Bray.", ("Arle", "Bray")),
        ("In May Arle sued Bray.", "In May Bray was sued by Arle.", None),
        ("In May Arle was sued by Bray.", "In May Bray sued Arle.", None),
        ("In May Arle got a call from Bray.", "In May Bray called Arle.", None),
        ("In May Arle and Bray sued Corr.", "In May Bray and Arle sued Corr.", None),
        ("", "Bray met Arle.", None),
    ],
)
def test_two_in_each_others_place(source: str, claim: str, two: tuple[str, str] | None) -> None:
    assert exchanged(claim, source) == two


@given(st.text(max_size=150))
def test_nothing_of_a_text_is_exchanged_with_itself(text: str) -> None:
    assert exchanged(text, text) is None
