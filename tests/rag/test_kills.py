"""Ingest, sync, remove, backup and rebuild, killed at random moments: nothing acknowledged is lost, nothing is there twice."""

import pytest

from scripts.kills import KINDS, kills


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_ten_kills() -> None:
    toll = kills(10, seed=7)
    assert toll.wrong == []
    assert toll.kills.total() == 10 and set(toll.kills) == set(KINDS)
