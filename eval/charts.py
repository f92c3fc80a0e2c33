"""Cases → the charts of a report, as inline SVG that takes its colours and its type from the page around it.

Matplotlib draws with stand-ins for colours; each is then replaced by a CSS variable, so that one picture serves light and
dark. Text stays text: it can be selected and read aloud.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

from eval import metrics
from eval.measure import Case
from eval.metrics import confidence, is_right, metrics_of
from eval.run import Run
from eval.stats import BINS, Estimate, share
from eval.tables import value

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 5.0  # inches of 72 units: text of 11 units can be read on a phone and doesn't shout on a desk
STEADY = 0.05  # coverage from which the risk sets the height of the picture
MOST_POINTS = 400  # of a curve: more can't be seen
MOST_TYPES, _MOST_LETTERS = 10, 44
_INK, _SOFT, _RULE, _ACCENT, _SECOND, _THIRD = (f"#0{n}0{n}0{n}" for n in range(1, 7))
_VARIABLES = {_INK: "ink", _SOFT: "soft", _RULE: "rule", _ACCENT: "accent", _SECOND: "second", _THIRD: "third"}
_COLOUR = re.compile("|".join(_VARIABLES))
_UNWANTED = re.compile(r"<metadata>.*?</metadata>\s*|<style.*?</style>\s*|font-family: [^;]+; ", re.DOTALL)
_NAME = re.compile(r"\{(\d+)\}")
_ID = re.compile(r'(?<= id=")|(?<=url\(#)|(?<=href="#)')
_STYLE: Any = {
    "svg.fonttype": "none",  # text, not outlines
    "svg.hashsalt": "dateline",  # the same cases give the same bytes
    "font.size": 11,
    "text.color": _INK,
    "axes.labelcolor": _SOFT,
    "axes.edgecolor": _SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _RULE,
    "grid.linewidth": 0.8,
    "xtick.color": _SOFT,
    "ytick.color": _SOFT,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "xtick.major.pad": 6,
    "ytick.major.pad": 5,
}


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure of the report: its name, what stands above and below it, and the picture, an <svg> element."""

    key: str
    title: str
    caption: str
    svg: str


class _Mark(NamedTuple):
    name: str
    colour: str
    shape: str


_MARKS = ((_ACCENT, "o"), (_SECOND, "s"), (_THIRD, "D"))


def charts(run: Run) -> list[Chart]:
    """Return the charts that the run's cases can show. Matplotlib's settings are the process's: one thread at a time."""
    from matplotlib import rc_context, rcdefaults, rcParams

    with rc_context():
        rcdefaults()  # whatever a matplotlibrc says, the report looks the same
        rcParams.update(_STYLE)
        made = (coverage_risk(run.cases), calibration(run.cases), latency(run.cases), by_type(run))
    return [chart for chart in made if chart]


def risk_curve(cases: Sequence[Case]) -> tuple[list[float], list[float]]:
    """Return coverage, rising in (0, 1], and the risk at each: the share of wrong answers among those given.

    Answers are given in the order of their confidence, equal ones together; a crash comes first, a refusal never.
    El-Yaniv & Wiener, "On the Foundations of Noise-free Selective Classification", JMLR 11, 2010.
    """
    known = sum(is_right(case) is not None for case in cases)
    given = sorted(_confidences(cases), reverse=True)
    coverage, risk, wrong = [], [], 0
    for count, (sure, right) in enumerate(given, 1):
        wrong += not right
        if count == len(given) or given[count][0] < sure:
            coverage.append(count / known)
            risk.append(wrong / count)
    return coverage, risk


def reliability(cases: Sequence[Case]) -> list[tuple[float, Estimate]]:
    """Return, for each tenth of the confidence that holds answers, their mean confidence and how many are right.

    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017. A crash counts as a wrong answer, wholly sure.
    """
    bins: dict[int, list[tuple[float, bool]]] = {}
    for sure, right in _confidences(cases):
        bins.setdefault(min(BINS - 1, int(sure * BINS)), []).append((sure, right))
    found = []
    for _, group in sorted(bins.items()):
        figure = share(right for _, right in group)
        assert figure
        found.append((sum(sure for sure, _ in group) / len(group), figure))
    return found


def _confidences(cases: Sequence[Case]) -> list[tuple[float, bool]]:
    return [(sure, bool(is_right(case))) for case in cases if (sure := confidence(case)) is not None]


def _figure(key: str, cases: Sequence[Case]) -> Estimate | None:
    return next(metric for metric in metrics_of(()) if metric.key == key).figure(cases)


def coverage_risk(cases: Sequence[Case]) -> Chart | None:
    """Return how many answers are wrong when only the surest are given."""
    coverage, risk = risk_curve(cases)
    if len(coverage) < 2:
        return None

    def draw(axes: Axes) -> None:
        step = max(1, len(risk) // MOST_POINTS)
        axes.plot(coverage[::step], risk[::step], color=_ACCENT, linewidth=2.2, drawstyle="steps-post")
        axes.plot(coverage[-1:], risk[-1:], "o", color=_ACCENT, markersize=7)
        axes.set_xlim(0, 1)
        steady = [
            height for at, height in zip(coverage, risk, strict=True) if at >= STEADY
        ]  # a crash alone is 100 % wrong
        axes.set_ylim(0, min(1, max(0.1, *steady, risk[-1]) * 1.15))
        axes.set_xlabel("Questions answered, surest first")
        axes.set_ylabel("Answers that are wrong")
        _percent(axes, "xy")

    half = next(at for at, covered in enumerate(coverage) if covered >= coverage[-1] / 2)
    said = [value(number, "share") for number in (coverage[-1], risk[-1], risk[half])]
    caption = (
        f"{said[0]} of the questions are answered, {said[1]} of these answers wrong; of the half it is surest of, {said[2]}. "
        "Crashes stand at the left, as wrong answers given with full confidence."
    )
    return Chart("coverage-risk", "How wrong, when only the surest are answered", caption, _svg("coverage-risk", draw))


def calibration(cases: Sequence[Case]) -> Chart | None:
    """Return how often answers of each confidence are right."""
    found = reliability(cases)
    if not found:
        return None

    def draw(axes: Axes) -> None:
        axes.plot((0, 1), (0, 1), color=_SOFT, linewidth=1, linestyle=(0, (4, 4)))
        for sure, figure in found:
            axes.plot((sure, sure), (figure.low, figure.high), color=_ACCENT, linewidth=2, alpha=0.55)
        most = max(figure.n for _, figure in found)
        sizes = [25 + 150 * figure.n / most for _, figure in found]
        axes.scatter(
            [at for at, _ in found],
            [figure.value for _, figure in found],
            sizes,
            color=_ACCENT,
            zorder=3,
            clip_on=False,
        )
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_xlabel("Confidence of the answer")
        axes.set_ylabel("Answers that are right")
        _percent(axes, "y")

    n = sum(figure.n for _, figure in found)
    error = _figure("calibration_error", cases)
    assert error
    caption = (
        f"Each dot holds the answers of one tenth of the confidence, larger where they are more; the bar is its 95 % interval. "
        f"On the dashed line confidence is what it says. Calibration error (ECE) {error.value:.3f}, n = {n:,}."
    )
    return Chart("calibration", "Does confidence tell right from wrong?", caption, _svg("calibration", draw))


def latency(cases: Sequence[Case]) -> Chart | None:
    """Return how long answers take; the slowest hundredth shares the last bar."""
    import numpy as np

    times = np.array([case.ask_ms for case in cases if case.ask_ms is not None])
    if not times.size:
        return None
    slow = np.percentile(times, 99)
    median, late = (_figure(key, cases) for key in ("ask_ms_p50", "ask_ms_p95"))
    assert median and late
    p50, p95 = median.value, late.value

    def draw(axes: Axes) -> None:
        axes.hist(np.minimum(times, slow), bins=min(40, max(5, times.size // 5)), color=_SECOND, alpha=0.75)
        top = axes.get_ylim()[1] * 1.12
        axes.set_ylim(0, top)
        for at, name, side in (
            (p50, "median", "right"),
            (p95, "95th percentile", "right" if p95 > slow / 2 else "left"),
        ):
            axes.axvline(at, color=_INK, linewidth=1.2)
            axes.annotate(
                f"{name} ", (at, top), (-3 if side == "right" else 3, -11), textcoords="offset points", ha=side
            )
        axes.set_xlim(left=0)
        axes.grid(visible=False, axis="x")
        axes.set_xlabel("Milliseconds from question to answer")
        axes.set_ylabel("Questions")

    caption = (
        f"Median {p50:,.0f} ms, 95th percentile {p95:,.0f} ms. The slowest hundredth, up to {times.max():,.0f} ms, is in the "
        "last bar. Crashed cases took no time that could be told."
    )
    return Chart("latency", "How long an answer takes", caption, _svg("latency", draw))


def by_type(run: Run) -> Chart | None:
    """Return the leading figures of each question type, with their intervals; the largest types where they are many."""
    groups = metrics.by_type(run)
    if not groups:
        return None
    shown = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))[:MOST_TYPES]
    measures = [metric for metric in metrics_of(run.ks[-1:]) if "chart" in metric.shown]
    series = [
        (_Mark(metric.label, colour, shape), figures)
        for metric, (colour, shape) in zip(measures, _MARKS, strict=True)
        if any(figures := [metric.figure(cases) for _, cases in shown])
    ]

    def draw(axes: Axes) -> None:
        for row in range(len(shown)):
            axes.annotate(f"{{{row}}}", (0, row - 0.28), ha="left", va="center", color=_INK)
            for line, (mark, figures) in enumerate(series):
                at = row + 0.04 + 0.2 * line
                if figure := figures[row]:
                    axes.plot((figure.low, figure.high), (at, at), color=mark.colour, linewidth=2.2, alpha=0.55)
                    axes.plot([figure.value], [at], mark.shape, color=mark.colour, markersize=6.5)
        for mark, _ in series:
            axes.plot([], [], mark.shape, color=mark.colour, markersize=6.5, label=mark.name)
        axes.legend(loc="lower left", bbox_to_anchor=(-0.03, 1), ncols=1, frameon=False, handletextpad=0.1, borderpad=0)
        axes.set_ylim(len(shown) - 0.35, -0.5)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlim(0, 1)
        axes.grid(visible=False, axis="y")
        _percent(axes, "x")

    more = f" The {MOST_TYPES} largest of {len(groups)} types." if len(groups) > MOST_TYPES else ""
    caption = f"Lines are 95 % intervals; a crash is wrong, found nothing and answered nothing.{more}"
    # A type may be called anything: its name is set in afterwards, where no font, no formula and no layout can trip over it.
    names = [escape(f"{_label(name)}, n = {len(cases):,}") for name, cases in shown]
    svg = _svg("by-type", draw, height=0.9 + 0.8 * len(shown))
    return Chart("by-type", "By question type", caption, _NAME.sub(lambda found: names[int(found[1])], svg))


def _label(name: str) -> str:
    """Return `name` as it can be drawn: in one line, not too long, nothing that XML does not allow."""
    plain = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name)
    return plain if len(plain) <= _MOST_LETTERS else f"{plain[: _MOST_LETTERS - 1]}…"


def _percent(axes: Axes, which: str) -> None:
    from matplotlib.ticker import MaxNLocator, PercentFormatter

    for axis in (axes.xaxis,) * ("x" in which) + (axes.yaxis,) * ("y" in which):
        axis.set_major_formatter(PercentFormatter(1, decimals=0, symbol=" %"))
        axis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))


def _svg(key: str, draw: Callable[[Axes], None], *, height: float = 3.1) -> str:
    """Return the picture as an <svg> element without size, its colours variables, its ids its own."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    draw(figure.subplots())
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    text = file.getvalue()
    text = text[text.index("<svg") :].rstrip()
    box = re.search(r'viewBox="[^"]+"', text)
    assert box
    text = re.sub(r"<svg[^>]*>", f'<svg xmlns="http://www.w3.org/2000/svg" {box[0]} aria-hidden="true">', text, count=1)
    text = _COLOUR.sub(lambda found: f"var(--{_VARIABLES[found[0]]})", _UNWANTED.sub("", text))
    return _ID.sub(f"{key}-", text.replace("xlink:href", "href"))
