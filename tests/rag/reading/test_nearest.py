"""The sentences of a source that a claim is read beside."""

from hypothesis import given
from hypothesis import strategies as st

from rag.reading.nearest import WORDS, nearest, tell

RAIN = "Rain fell on the hills all day long. " * 30
MILL = "The mill in Orrismouth was sold to Voltane."


def test_a_short_source_is_read_whole() -> None:
    assert nearest("Geese fly.", tell(f"{MILL}\nNobody came.")) == f"{MILL} Nobody came."


def test_of_a_long_source_what_tells_of_the_claim_is_read() -> None:
    found = nearest("Voltane bought the mill.", tell(RAIN + MILL + " " + RAIN))
    assert MILL in found
    assert len(found.split()) <= WORDS


def test_sentences_stand_in_their_order() -> None:
    told = tell("Voltane paid for it. " + RAIN + MILL + " Voltane bought the mill.")
    found = nearest("Voltane bought the mill in Orrismouth.", told)
    assert found.index("paid") < found.index(MILL) < found.index("bought")


def test_one_sentence_is_read_however_long() -> None:
    assert nearest("a word", tell("word " * 5_000)).count("word") >= 100


@given(st.text(max_size=200), st.text(max_size=400))
def test_what_is_read_stands_in_the_source(claim: str, source: str) -> None:
    told = tell(source)
    assert all(word in source for word in nearest(claim, told, 10).split())
