"""A passage's own vector follows from its sentences'."""

import numpy as np
import pytest

from rag.archive.rows import Embedded
from rag.types import Chunk


@pytest.mark.parametrize(
    ("vectors", "centre"),
    [
        ([[0.6, 0.8]], [0.6, 0.8]),
        ([[1.0, 0.0], [0.0, 1.0]], [0.5**0.5, 0.5**0.5]),
        ([[1.0, 0.0], [-1.0, 0.0]], [0.0, 0.0]),
    ],
    ids=["one sentence", "two", "two that cancel out"],
)
def test_the_centre_is_the_mean_at_unit_length(vectors: list[list[float]], centre: list[float]) -> None:
    chunk = Chunk("c1", "a1", 0, 9, "One. Two.")
    found = Embedded(chunk, [(0, 4), (5, 9)][: len(vectors)], np.array(vectors, dtype=np.float32)).centre()
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, centre, atol=1e-6)
