"""The dense index: cosine similarity by catalog key, filters by number, and a mark that betrays a killed writer."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rag.archive.rows import Entry
from rag.archive.vectors import NotKept, VectorIndex, _patiently

HARBOR, BEACON = 1, 2
ANGLES = {1: 0, 2: 30, 3: 60, 4: 90}  # degrees from the first axis


def at(degrees: float) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees)), 0], dtype=np.float32)


def entry(key: int, degrees: float, *, day: int | None = 100, outlet: int = HARBOR) -> Entry:
    return Entry(key, "", "", "", day, outlet, at(degrees).astype(np.float16))


ENTRIES = [
    entry(1, 0, day=100),
    entry(2, 30, day=200, outlet=BEACON),
    entry(3, 60, day=300, outlet=BEACON),
    entry(4, 90, day=None),
]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[VectorIndex]:
    made = VectorIndex(tmp_path / "vectors")
    made.update([], [ENTRIES], 1)
    yield made
    made.close()


def keys(found: list[tuple[int, float]]) -> list[int]:
    return [key for key, _ in found]


def test_a_new_index_is_empty_and_stands_nowhere(tmp_path: Path) -> None:
    index = VectorIndex(tmp_path / "deep" / "vectors")
    assert (index.generation, index.count()) == (-1, 0)
    assert index.search(at(0), 10) == []
    assert index.search(at(0), 10, days=(1, 2), outlets=[HARBOR]) == []
    index.close()


def test_nearest_first_with_cosines(index: VectorIndex) -> None:
    found = index.search(at(10), 10)
    assert keys(found) == [1, 2, 3, 4]
    for key, cosine in found:
        assert cosine == pytest.approx(np.cos(np.radians(ANGLES[key] - 10)), abs=2e-3)


def test_at_most_so_many(index: VectorIndex) -> None:
    assert keys(index.search(at(80), 2)) == [4, 3]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ((None, None), [1, 2, 3, 4]),
        ((100, None), [1, 2, 3]),
        ((None, 200), [1, 2]),
        ((100, 100), [1]),
        ((101, 299), [2]),
        ((301, None), []),
        ((-5, 99), []),
    ],
    ids=str,
)
def test_days_are_both_included_and_the_undated_fail(
    index: VectorIndex, days: tuple[int | None, int | None], expected: list[int]
) -> None:
    assert keys(index.search(at(0), 10, days=days)) == expected


@pytest.mark.parametrize(
    ("outlets", "expected"),
    [(None, [1, 2, 3, 4]), ([BEACON], [2, 3]), ([HARBOR, BEACON], [1, 2, 3, 4]), ([77], [])],
    ids=str,
)
def test_outlets(index: VectorIndex, outlets: list[int] | None, expected: list[int]) -> None:
    assert keys(index.search(at(0), 10, outlets=outlets)) == expected


def test_days_and_outlets_together_inside_the_search(tmp_path: Path) -> None:
    index = VectorIndex(tmp_path)
    crowd = [entry(n, 0, day=500) for n in range(100, 300)]
    index.update([], [crowd, ENTRIES], 1)
    assert keys(index.search(at(0), 1, days=(150, 400), outlets=[BEACON])) == [2]
    index.close()


def test_updating_twice_changes_nothing(index: VectorIndex) -> None:
    before = index.search(at(10), 10)
    index.update([], [ENTRIES[:2], ENTRIES[2:]], 1)
    assert (index.count(), index.generation) == (len(ENTRIES), 1)
    assert index.search(at(10), 10) == before


def test_what_is_removed_is_not_found_and_what_is_added_is(index: VectorIndex) -> None:
    index.update([1, 2, 999], [[entry(5, 180, day=None, outlet=HARBOR)]], 2)
    assert (index.count(), index.generation) == (3, 2)
    assert keys(index.search(at(0), 10)) == [3, 4, 5]
    assert keys(index.search(at(0), 10, outlets=[HARBOR])) == [4, 5]
    assert keys(index.search(at(0), 10, days=(0, 1000))) == [3]


def test_it_bears_half_to_be_taken_out_and_remembers_across_openings(index: VectorIndex, tmp_path: Path) -> None:
    assert index.bears(2)
    assert not index.bears(3)
    index.update([1], [[entry(5, 45)]], 2)
    index.close()
    again = VectorIndex(tmp_path / "vectors")
    assert again.count() == 4
    assert again.bears(1)
    assert not again.bears(2)
    again.close()


def test_an_update_of_nothing_still_stands_at_its_generation(index: VectorIndex) -> None:
    index.update([], [], 9)
    assert (index.count(), index.generation) == (len(ENTRIES), 9)


def test_it_is_all_there_after_reopening(index: VectorIndex, tmp_path: Path) -> None:
    before = index.search(at(10), 10)
    index.close()
    again = VectorIndex(tmp_path / "vectors")
    assert (again.count(), again.generation) == (len(ENTRIES), 1)
    assert again.search(at(10), 10) == before
    again.close()


def test_a_killed_writer_leaves_a_mark_and_no_generation(index: VectorIndex, tmp_path: Path) -> None:
    def killed() -> Iterator[list[Entry]]:
        yield [entry(5, 45)]
        raise RuntimeError("pulled the plug")

    with pytest.raises(RuntimeError, match="plug"):
        index.update([], killed(), 2)
    assert index.interrupted
    index.close()
    again = VectorIndex(tmp_path / "vectors")
    assert again.interrupted, "the mark outlives the process"
    again.update([], [[entry(5, 45)]], 2)
    assert (again.generation, again.count()) == (2, 5)
    again.close()


def test_more_than_one_batch(tmp_path: Path) -> None:
    index = VectorIndex(tmp_path)
    many = [entry(n, n / 40) for n in range(1, 6_001)]
    index.update([], [many], 1)
    assert index.count() == 6_000
    index.update(list(range(1, 5_991)), [], 2)
    assert index.count() == 10
    index.close()


def test_keys_stay_whole_numbers_however_large(tmp_path: Path) -> None:
    index = VectorIndex(tmp_path)
    index.update([], [[entry(2**53 + 1, 0)]], 1)
    assert keys(index.search(at(0), 1)) == [2**53 + 1]
    index.close()


def test_a_read_is_tried_again_while_a_writer_takes_its_journal_away() -> None:
    from chromadb.errors import InternalError, NotFoundError

    failures: list[Exception] = [InternalError("Database error: (code: 5898) disk I/O error")] * 2

    def ask(**what: int) -> dict[str, int]:
        if failures:
            raise failures.pop()
        return what

    assert _patiently(ask, n_results=3) == {"n_results": 3} and not failures
    for gone in (
        NotFoundError("Collection [9ba0] does not exist."),
        InternalError("Missing field: [metadata segment]"),
    ):
        failures[:] = [gone]
        with pytest.raises(NotKept, match="exchanged while it was read"):
            _patiently(ask)
    failures[:] = [InternalError("no such table")]
    with pytest.raises(InternalError, match="no such table"):
        _patiently(ask)
