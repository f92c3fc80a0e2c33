"""Near-copies are found as well as is claimed."""

import random

import corpus
from rag.types import Skipped
from scripts import near_copies


def test_f1_on_the_labelled_set() -> None:
    paths = sorted(each for each in near_copies.SEEDS.iterdir() if each.is_dir())
    originals = [item.article for item in corpus.articles(paths) if not isinstance(item, Skipped)]
    assert {*near_copies.BY_HAND, *near_copies.BY_HAND.values()} <= {each.id for each in originals}
    cases = list(near_copies.labelled(originals, random.Random(3)))
    told = near_copies.score(cases, near_copies.BY_HAND)
    assert told["original"] == (4, 4, 4)
    assert near_copies.f1(list(told.values()))[2] >= 0.95
    assert {kind: counts[2] for kind, counts in told.items()} == {
        "original": 4, "edited": 52, "cut": 52, "cut and edited": 52, "new lead": 52, "merged": 52, "quoting": 0, "round-up": 0,
    }  # fmt: skip


def test_f1_counts_what_is_missed_and_what_is_wrong() -> None:
    assert near_copies.f1([(1, 2, 1), (0, 0, 1)]) == (0.5, 0.5, 0.5)
    assert near_copies.f1([(0, 0, 3)])[2] == 0.0
