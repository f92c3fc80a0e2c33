"""A gate: "faithfulness>=0.98" holds or fails for a run's figures, so that a build can fail on them."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from eval.metrics import metrics_of
from eval.stats import Estimate
from rag.errors import UsageError

_TESTS: Mapping[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_FORM = re.compile(r"\s*([\w@]+)\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)\s*")


@dataclass(frozen=True, slots=True)
class Gate:
    """What is wanted of one figure. `text` is the gate as it was written."""

    text: str
    key: str
    test: str
    wanted: float

    def reason_to_fail(self, figures: Mapping[str, Estimate | None]) -> str | None:
        """Return why the gate fails, None where it holds. A figure that no question could show fails."""
        figure = figures.get(self.key)
        if figure is None:
            return f"gate {self.text}: the questions give no figure for {self.key}"
        if _TESTS[self.test](figure.value, self.wanted):
            return None
        return f"gate {self.text}: {self.key} is {figure.value:.4f} (n = {figure.n:,})"


def read_gate(text: str, ks: Iterable[int]) -> Gate:
    """Return the gate that `text` describes. Raises UsageError for another form or an unknown figure."""
    found = _FORM.fullmatch(text)
    if not found:
        raise UsageError(f"--gate {text!r} is no gate; write it as 'hits@4>=0.85'")
    known = {name: metric.key for metric in metrics_of(ks) for name in (metric.alias, metric.key) if name}
    if found[1] not in known:
        raise UsageError(f"--gate {text!r}: there is no figure {found[1]!r}; there are {', '.join(known)}")
    return Gate(text, known[found[1]], found[2], float(found[3]))
