"""When an article came out → whether it can tell of the time that a question asks about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from rag.answering.weights import AnswerWeights
from rag.question.when import earliest, period_in_words, periods, side
from rag.types import Answer, Note, Period, Plan


def too_old(wanted: Sequence[Period], day: date | None, text: str) -> bool:
    """Tell whether an article of `day` came out before all the periods `wanted`, and `text` names no time in one of them.

    Nobody reports what has not happened.
    """
    if day is None or not wanted or day >= earliest(wanted):
        return False
    named = [period for _, period in periods(text, day)]
    return not any(side(each, time.first) is None or side(each, time.last) is None for each in wanted for time in named)


def another_time(plan: Plan, answer: Answer, by: AnswerWeights = AnswerWeights()) -> Note | None:
    """Return the note on quotes whose articles are from another time than every period that the question names.

    An article that reports on a day or week comes out a little later, and a quote may name the time itself. Where nothing
    is quoted, it is the note on the nearest article, if it is too old to tell.
    """
    if answer.refusal == "not_found":
        return _nearest_too_old(plan, answer)
    articles = {hit.article.id: hit.article for hit in answer.hits}
    out: dict[int, str] = {}
    for citation in answer.citations:
        moment = articles[citation.article_id].published_at
        if moment is None or not plan.periods:
            continue
        day = moment.date()
        told = [period for _, period in periods(citation.quote, day)]
        sides = [_side(period, day, told, timedelta(days=by.reported)) for period in plan.periods]
        if all(sides):
            out[citation.n] = sides[0] or ""
    if not out:
        return None
    if len(out) == len(answer.citations) and len(set(out.values())) == 1:
        which = f"every article quoted is {out[next(iter(out))]}"
    else:
        which = ", ".join(f"the article of [{n}] is {how}" for n, how in out.items())
    return _note(plan.periods, which, tuple(out))


def _nearest_too_old(plan: Plan, answer: Answer) -> Note | None:
    moment = answer.hits[0].article.published_at if answer.hits else None
    if moment is None or not too_old(plan.wanted, moment.date(), ""):
        return None
    return _note(plan.wanted, "the nearest article is older")


def _note(asked: Sequence[Period], which: str, citations: tuple[int, ...] = ()) -> Note:
    about = " and ".join(dict.fromkeys(period_in_words(period) for period in asked))
    return Note("period", f"The question asks about {about}; {which}.", citations=citations)


def _side(period: Period, day: date, told: Sequence[Period], reported: timedelta) -> str | None:
    """Return "older" or "newer" for an article of `day`, whose quote names the times `told`; None where it fits.

    reported: how long after a day or a week articles report on it.
    """
    if any(side(period, each.first) is None or side(period, each.last) is None for each in told):
        return None
    short = period.relation == "in" and period.last - period.first <= reported
    if short and timedelta(0) < day - period.last <= reported:
        return None
    return side(period, day)
