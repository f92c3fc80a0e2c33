"""Print what the check makes of the development sets with packed weights, and the cut at which it passes .80 of the true claims.

READER_BENCH=FOLDER python scripts/reader/calibrate.py supports.npz [--set copied=60 ...] [--only claims]

The cut is one number, taken from 540 true claims of reading/claims-dev: every training claim was trained on, where a reader
is surer than on new ones. What the set of true claims gives on one half of the passages and passes on the other is printed too.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from rag.reading import verify
from rag.reading.reader import Reader

BENCH = Path(os.environ["READER_BENCH"])
SETS = ("summedits_news", "qags_cnndm", "qags_xsum", "faithbench")


class Remembering:
    """A reader that reads no pair twice."""

    def __init__(self, reader: Reader):
        self.reader, self.known = reader, {}

    def supports(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return the reader's probabilities."""
        new = list(dict.fromkeys(pair for pair in pairs if pair not in self.known))
        self.known.update(zip(new, self.reader.supports(new), strict=True))
        return [self.known[pair] for pair in pairs]


def auc(scores: Sequence[float], labels: Sequence[int]) -> float:
    """Return the area under the ROC curve."""
    scores, labels = np.asarray(scores, float), np.asarray(labels)
    true, false = scores[labels == 1], np.sort(scores[labels == 0])
    below = np.searchsorted(false, true, "left") + np.searchsorted(false, true, "right")
    return float(below.sum() / 2 / len(true) / len(false))


def rows(path: str) -> list[dict]:
    """Return the rows of a set."""
    return [json.loads(line) for line in (BENCH / path).read_text().splitlines() if line.strip()]


def scores(pairs: Sequence[tuple[str, str]], reader: Remembering | None) -> np.ndarray:
    """Return the whole score of each claim beside its source."""
    return np.array([verify.check(claim, source, reader)[0].score for claim, source in pairs])


def claims(reader: Remembering | None) -> dict:
    """Return the figures of reading/claims-dev, and the change of `cut` that passes .80 of the true claims."""
    data = rows("reading/claims-dev.jsonl")
    labels = np.array([row["label"] for row in data])
    faults = np.array([row["fault"] or "" for row in data])
    pairs = ~np.isin(faults, ("elsewhere", "unrelated"))
    given = scores([(row["claim"], row["source"]) for row in data], reader)
    bare = scores([(row["claim"], ".") for row in data], reader)
    wrong = scores([(row["claim"], data[(at + 301) % len(data)]["source"]) for at, row in enumerate(data)], reader)
    odds = np.log(np.clip(given, 1e-12, 1 - 1e-12) / (1 - np.clip(given, 1e-12, 1 - 1e-12)))
    change = float(np.quantile(odds[labels == 1], 0.2))
    passages = sorted({row["id"][:5] for row in data})
    random.Random(0).shuffle(passages)
    half = np.isin([row["id"][:5] for row in data], passages[: len(passages) // 2])
    other = odds[(labels == 1) & ~half] >= np.quantile(odds[(labels == 1) & half], 0.2)
    return {
        "auc": auc(given, labels),
        "auc_pairs": auc(given[pairs], labels[pairs]),
        "no_source_auc_pairs": auc(bare[pairs], labels[pairs]),
        "wrong_source_auc_pairs": auc(wrong[pairs], labels[pairs]),
        "wrong_source_passed": float((wrong >= 0.5).mean()),
        "passed_now": {fault or "true": float((given[faults == fault] >= 0.5).mean()) for fault in sorted(set(faults))},
        "passed_at_true_.80": {
            fault: float((odds[faults == fault] >= change).mean()) for fault in sorted(set(faults) - {""})
        },
        "true_passed_on_the_half_that_did_not_set_it": float(other.mean()),
        "cut_for_true_.80": verify.JOINED.cut + change,
    }


def summaries(name: str, reader: Remembering | None) -> dict:
    """Return the figures of a set of summaries."""
    data = rows(f"faithfulness/{name}-dev.jsonl")
    labels = np.array([row["label"] for row in data])
    given = scores([(row["claim"], row["source"]) for row in data], reader)
    passed = given >= 0.5
    return {
        "auc": auc(given, labels),
        "balanced": float((passed[labels == 1].mean() + (~passed)[labels == 0].mean()) / 2),
    }


def rounded(value):
    """Return a figure tree with three decimals."""
    return {k: rounded(v) for k, v in value.items()} if isinstance(value, dict) else round(float(value), 3)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", help='packed weights, or "none" for the check by words alone')
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE", help="other constants of verify.Joined")
    parser.add_argument("--only", nargs="*", default=["claims", *SETS])
    args = parser.parse_args()
    verify.JOINED = replace(
        verify.JOINED, **{name: float(value) for name, _, value in (x.partition("=") for x in args.set)}
    )
    with tempfile.TemporaryDirectory() as cache:
        reader = None if args.weights == "none" else Remembering(Reader(Path(args.weights), Path(cache)))
        for name in args.only:
            print(
                name, json.dumps(rounded(claims(reader) if name == "claims" else summaries(name, reader))), flush=True
            )


if __name__ == "__main__":
    main()
