"""Values that stand in a text, but not where the claim has them."""

import pytest

from rag.reading.place import other_in_place

ILL = "The mayor had bronchitis in March 2023 and surgery in June 2023, the harbour office said."
FAIR = "Tolls rose to $5 on the Marl Bridge and to 3% of the cargo at Hexley quay. The first round went to Anna Brill."


@pytest.mark.parametrize(
    ("claim", "evidence", "told"),
    [
        ("The mayor had bronchitis in June 2023.", ILL, ("June", "March")),
        ("The mayor had bronchitis in March 2023.", ILL, None),
        ("Adults with a score over 25 are at risk.",
         "A score of 25 is usual. Adults with a score over 30 are at risk.", ("25", "30")),
        ("Holt told the Harbour Lamp that the quay was safe.",
         "Holt told the Orris Packet that the quay was safe. The Harbour Lamp had asked too.", ("Harbour Lamp", "Orris Packet")),
        ("Tolls rose to $4 on the Marl Bridge, of 1,200 lorries.", FAIR, ("$4", "$5")),
        ("About 60 boats lay at Hexley quay that night.", "Some 58 boats lay at Hexley quay that night, 60 the next.", None),
        ("Wages were low in the 1990s at Hexley quay.", "Wages were low in the 90s at Hexley quay.", None),
        # The same one by another name, or told of in the same breath
        ("The plan is Anna Brill's, said the clerk of Hexley.", "The plan is Ms Brill's, said the clerk of Hexley.", None),
        ("A grant went to Brill, the clerk of Hexley, for the quay.",
         "A grant went to the clerk of Hexley, Anna Brill, for the quay.", None),
        ("The American fleet left the port.", "The U.S. fleet left the port. A French ship stayed.", None),
        ("The mayor spoke.", "", None),
        ("", ILL, None),
    ],
)  # fmt: skip
def test_a_value_in_anothers_place(claim: str, evidence: str, told: tuple[str, str] | None) -> None:
    assert other_in_place(claim, evidence) == told


def test_nothing_of_a_text_is_told_otherwise_by_itself() -> None:
    assert other_in_place(ILL, ILL) is None and other_in_place(FAIR, FAIR) is None


def test_a_long_text_is_no_matter() -> None:
    assert other_in_place(ILL * 50, FAIR * 50) is None
