"""What a question was taken to ask, and what the search was restricted to, as small labels that can be changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from rag.question.kinds import asks
from rag.question.when import period_in_words
from rag.types import AnswerType, Filters, Plan
from web.markup import data, in_words, one_line

_KINDS: Mapping[AnswerType, str] = {
    "why": "a reason",
    "how_much_money": "a sum",
    "what_time": "a time of day",
    "how_many": "a number",
    "when": "a day",
    "where": "a place",
    "who": "a name",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A label. `ask`: what to change in the asking when it is pressed (field and value; "" takes the field away).

    A chip with nothing to change only tells. `filters`: it stands for something that the asker set.
    """

    text: str
    does: str = ""
    ask: Mapping[str, str] = field(default_factory=dict)
    filters: bool = False


def filter_chips(
    first: date | str | None, last: date | str | None, outlets: Sequence[str], as_of: date | str | None = None
) -> list[Chip]:
    """Return a chip for each filter, which takes it away. Days that are text are shown as they were typed."""
    days = (("from", first), ("to", last), ("as_of", as_of))
    out = [
        Chip(f"{name.replace('_', ' ')} {_shown(day)}", "remove", {name: ""}, filters=True) for name, day in days if day
    ]
    return out + [Chip(f"only {name}", "remove", {"without": name}, filters=True) for name in outlets]


def _shown(day: date | str) -> str:
    return in_words(day) if isinstance(day, date) else day


def chips(plan: Plan | None, filters: Filters, as_of: date | None = None) -> list[Chip]:
    """Return a chip for each filter, which takes it away, and for each thing read in the question, which makes it a filter."""
    out = filter_chips(filters.date_from, filters.date_to, filters.outlets, as_of)
    if plan is None:
        return out
    if kind := _KINDS.get(asks(plan.question)):
        out.append(Chip(f"asks for {kind}"))
    for name in dict.fromkeys(name for part in plan.parts for name in part.outlets):
        if name not in filters.outlets:
            out.append(Chip(f"names {name}", "search only there", {"outlet": name}))
    for period in dict.fromkeys(plan.periods):
        first, last = _days(period.relation, period.first, period.last)
        changes = {name: day.isoformat() for name, day in (("from", first), ("to", last)) if day}
        if changes and (first, last) != (filters.date_from, filters.date_to):
            out.append(Chip(f"time: {period_in_words(period)}", "search only these days", changes))
    return out


def _days(relation: str, first: date, last: date) -> tuple[date | None, date | None]:
    """Return the first and the last day that a period asks for. The days named are kept: articles report on them."""
    if relation in ("before", "until"):
        return None, last
    return (first, None) if relation in ("after", "since") else (first, last)


def chips_html(chips: Sequence[Chip]) -> str:
    """Return the chips as escaped HTML; the page's script acts on what they change."""
    if not chips:
        return ""
    items = []
    for chip in chips:
        kind = "dl-chip dl-filter" if chip.filters else "dl-chip"
        if chip.ask:
            changes = data({f"set-{name}": value for name, value in chip.ask.items()})
            sign = "×" if chip.filters else "+"
            items.append(
                f'<li><button type="button" class="{kind}" title="{chip.does}"{changes}>{one_line(chip.text)} '
                f'<span aria-hidden="true">{sign}</span><span class="dl-unseen">: {chip.does}</span></button></li>'
            )
        else:
            items.append(f'<li><span class="{kind}">{one_line(chip.text)}</span></li>')
    return f'<ul class="dl-chips" aria-label="How the question was read">{"".join(items)}</ul>'
