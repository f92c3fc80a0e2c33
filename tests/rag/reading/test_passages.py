"""A statement beside whole passages: what is read, what is compared, what rules it out."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from rag.reading.passages import PassageWeights, beside

FERRY = (
    "The ferry Gannet sank off Orrismouth on 8 May. All 41 people were rescued by fishing boats. The crew was tired."
)
PASSAGES = [("Ferry sinks\nHarbor News 9 May 2024", FERRY)]


class Reader:
    """Gives each pair the chance that a rule makes of its claim; remembers what was read."""

    def __init__(self, chance: float = 0.9, without: str | None = None) -> None:
        self.chance, self.without = chance, without
        self.read: list[tuple[str, str]] = []

    def supports(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        self.read += pairs
        return [0.999 if self.without and self.without not in claim else self.chance for claim, _ in pairs]


def test_what_stands_there_word_for_word_is_not_read() -> None:
    reader = Reader()
    assert beside("The crew was tired.", PASSAGES, reader).score == 1
    assert reader.read == []


@pytest.mark.parametrize("claim", ["", "It is so.", "No."])
def test_what_says_nothing_is_unjudged(claim: str) -> None:
    assert beside(claim, PASSAGES, Reader()).verdict == "unjudged"


def test_what_shares_no_word_is_not_borne_out_however_sure_the_reader() -> None:
    assert beside("Pigs flew.", PASSAGES, Reader(0.999)).score == 0


def test_the_reader_decides() -> None:
    claim = "A ship went down near Orrismouth."
    assert beside(claim, PASSAGES, Reader(0.99)).verdict == "supported"
    assert beside(claim, PASSAGES, Reader(0.0001)).verdict == "unsupported"


@pytest.mark.parametrize(
    ("claim", "reason"),
    [
        ("The ferry Gannet sank on 9 May 2023.", "2023"),
        ("The ferry sank on 7 May.", "7"),
        ("All 97 people were rescued by boats.", "97"),
    ],
)
def test_a_value_told_otherwise_rules_out(claim: str, reason: str) -> None:
    found = beside(claim, PASSAGES, Reader(0.999))
    assert found.verdict == "unsupported" and found.score < 0.2
    assert reason in found.reason


def test_a_part_without_which_it_reads_better_is_named() -> None:
    claim = "All 41 people were rescued by fishing boats for a small fee."
    plain = beside(claim, PASSAGES, Reader(0.05), replace(PassageWeights(), untold=0.0, cut=0.0))
    added = beside(claim, PASSAGES, Reader(0.05, without="small fee"), replace(PassageWeights(), untold=0.0, cut=0.0))
    assert added.score < plain.score
    assert '"for a small fee" is not borne out' in added.reason


def test_a_name_and_a_part_that_stand_nowhere_count_against_it() -> None:
    told = beside("The ferry Gannet sank off Orrismouth in May.", PASSAGES, Reader(0.5)).score
    assert beside("The ferry Gannet sank off Marsh Point in May.", PASSAGES, Reader(0.5)).score < told
    assert beside("The ferry Gannet sank off Orrismouth with golden candlesticks.", PASSAGES, Reader(0.5)).score < told


def test_several_passages_together_may_bear_it_out() -> None:
    two = [*PASSAGES, ("Inquiry", "Judge Quill opened an inquiry on Monday.")]
    reader = Reader(0.9)
    beside("The Gannet sank and Judge Quill opened an inquiry.", two, reader)
    assert any("Gannet" in evidence and "Quill" in evidence for _, evidence in reader.read)
