"""How a new version differs, and what articles say of their own correction."""

import sqlite3
from collections.abc import Callable

import pytest

from rag.archive.changes import TextDifference, difference, notices
from rag.archive.index import Archive
from rag.config import Config

Store = Callable[..., list[str]]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("The weir held. Nobody was hurt.", "The weir held. Nobody was hurt.", (0, 0, 0)),
        ("The weir held. Nobody was hurt.", "The weir held. Two people were hurt.", (3, 2, 1)),
        ("The weir held.", "The weir held. It was built in 1911.", (5, 0, 1)),
        ("The weir held. It was built in 1911.", "It was built in 1911.", (0, 3, 1)),
        ("The weir held. It was old.", "It was old. The weir held.", (0, 0, 0)),
        ("", "The weir held.", (3, 0, 1)),
    ],
)
def test_the_difference_of_two_texts(before: str, after: str, expected: tuple[int, int, int]) -> None:
    assert difference(before, after) == TextDifference(*expected)


def test_a_long_text_is_compared_in_a_moment() -> None:
    text = " ".join(f"Line {n} of the tide table says {n * 7}." for n in range(20_000))
    assert difference(text, text.replace("Line 9 of", "Row 9 of")) == TextDifference(1, 1, 1)


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("Correction: the weir is in Hexley.", "Correction: the weir is in Hexley."),
        ("The weir held.\n\n*Correction (3 May): it did not.*", "Correction (3 May): it did not.*"),
        ("The weir held. Corrections and clarifications: it did not.", "Corrections and clarifications: it did not."),
        ("Clarification: the mayor spoke on Monday.", "Clarification: the mayor spoke on Monday."),
        ("• This article was amended on 3 May.", "This article was amended on 3 May."),
        ("This article has been updated with a reply.", "This article has been updated with a reply."),
        ("The weir held. This story has since been corrected.", "This story has since been corrected."),
        (
            "An earlier version of this article gave a wrong year.",
            "An earlier version of this article gave a wrong year.",
        ),
        ("(A previous version of this story misspelled Quill.)", "A previous version of this story misspelled Quill.)"),
        ("We have corrected this report.", "We have corrected this report."),
        ("A market correction: shares fell by a tenth.", None),
        ("The editor asked for a correction: none came.", None),
        ("This bridge has been updated with new bolts.", None),
        ("This article was written by the harbour master.", None),
        ("An earlier version of this bridge fell in 1911.", None),
        ("", None),
    ],
)
def test_what_an_article_says_of_its_correction(text: str, notice: str | None) -> None:
    assert notices(text) == ((notice,) if notice else ())


@pytest.mark.parametrize(
    "hostile", [" " * 200_000, "." * 200_000, "This article " * 20_000, ". (" * 70_000, "\n" * 200_000]
)
def test_looking_for_notices_takes_no_time(hostile: str) -> None:
    assert notices(hostile) == ()


def rows(config: Config) -> list[tuple[object, ...]]:
    db = sqlite3.connect(config.data / "catalog.sqlite3")
    found = db.execute("SELECT article_id, kind, version, words_added, words_removed, notice FROM changes ORDER BY key")
    told = found.fetchall()
    db.close()
    return told


def test_a_new_version_is_noted_with_its_difference(
    config: Config, store: Store, article: Callable[..., object]
) -> None:
    store(config, article("weir", "The weir held. Nobody was hurt."))
    assert rows(config) == []
    store(config, article("weir", "The weir held. One man was hurt."))
    told = "Correction: two men were hurt."
    store(config, article("weir", f"The weir held. Two men were hurt. {told}"))
    store(config, article("weir", f"The weir held. Two men were badly hurt. {told}"))
    assert rows(config) == [
        ("weir", "changed", 2, 2, 1, None),
        ("weir", "corrected", 3, 8, 3, told),
        ("weir", "changed", 4, 1, 0, None),
    ]
    archive = Archive.open(config)
    found = archive.catalog.article("weir")
    archive.close()
    assert found and found.corrected and found.version == 4


def test_a_correction_once_told_is_remembered(config: Config, store: Store, article: Callable[..., object]) -> None:
    store(config, article("weir", "The weir held. Correction: it was the lock."))
    store(config, article("weir", "The lock held."))
    archive = Archive.open(config)
    found = archive.catalog.article("weir")
    archive.close()
    assert found and found.corrected
