"""Hits → draft answer, without an LLM: the one to four sentences that together answer the question, as `assess` chose them.

What is quoted is attributed; what an outlet only surmises, or reports as others' guess, is marked so. Where articles disagree,
both are quoted, the newer first. A why-question is told whether a reason is stated.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.answering.assess import Assessor, choose, differ, gives_reason
from rag.answering.attribute import attribution
from rag.answering.candidates import Candidate
from rag.answering.reasons import denies_premise, guess_in, premise_note, reason_note, says_no_reason
from rag.answering.weights import AnswerWeights
from rag.question.kinds import asks
from rag.text.words import names, stems
from rag.types import Draft, DraftSentence, Hit, Note, Plan, Span


class Extractive:
    """The default generator: quotes, no model but the embedder."""

    def __init__(self, assessor: Assessor) -> None:
        self._assessor = assessor

    def generate(self, plan: Plan, hits: Sequence[Hit]) -> Draft:
        """Return the draft; without sentences where the hits hold no answer."""
        question, by = plan.question, self._assessor.weights
        read = self._assessor.read(plan, hits)
        confidence, chosen = read.assessment.answerable, list(read.chosen)
        if not chosen:
            return Draft((), confidence)
        if asks(question) != "why":
            enough = self._assessor.enough(plan)
            rivals = _rivals(question, chosen, read.candidates, enough, by)
            if rivals:
                chosen = choose(question, read.candidates, by, enough=enough, first=[*rivals, *read.first])
            whole = [each for each in (*rivals, *read.first) if each in chosen]
            return Draft(_attributed(chosen, whole, by), confidence, _conflict_notes(question, rivals, chosen, by))
        if denial := next((each for each in chosen if denies_premise(each.text, question)), None):
            chosen = [denial, *(each for each in chosen if each is not denial)]
            return Draft(_attributed(chosen, [denial], by), confidence, (premise_note(denial.text),))
        wanted = set(stems(question))
        silence = _silence(wanted, chosen, by)
        reason = None if silence else _reason(question, wanted, chosen, by)
        if silence:  # then a "because" is of something else
            others = (each for each in chosen if each is not silence and not gives_reason(wanted, each, by))
            chosen = [silence, *others]
        elif reason is None:
            around = self._assessor.context(chosen[0])
            chosen = choose(question, [chosen[0], *around], by, enough=by.context_enough)
        whole = [reason] if reason else chosen
        return Draft(_attributed(chosen, whole, by), confidence, (reason_note(reason.text if reason else None),))


def _rivals(
    question: str, chosen: Sequence[Candidate], candidates: Sequence[Candidate], enough: float, by: AnswerWeights
) -> list[Candidate]:
    """Return the first that is chosen and other articles disagree with, and what they say, the newest first; else nothing."""
    least = enough * max(each.score for each in candidates)
    for one in chosen:
        found: dict[str, Candidate] = {}
        for other in sorted(candidates, key=_newest):
            apart = differ(question, one, other, by)
            if apart and apart.kind != "subject" and other.score >= least:
                found.setdefault(apart.other, other)
        if found:
            return sorted([one, *list(found.values())[: by.rivals]], key=_newest)
    return []


def _newest(candidate: Candidate) -> float:
    moment = candidate.hit.article.published_at
    return -moment.timestamp() if moment else float("inf")


def _conflict_notes(
    question: str, rivals: Sequence[Candidate], chosen: Sequence[Candidate], by: AnswerWeights
) -> tuple[Note, ...]:
    """Return the note that says what the quoted rivals differ in; none where fewer than two are quoted."""
    quoted = [each for each in rivals if each in chosen]
    if len(quoted) < 2:
        return ()
    first = quoted[0]
    apart = [(each, differ(question, first, each, by)) for each in quoted[1:]]
    told = [(each, found) for each, found in apart if found]
    if not told:
        return ()
    says = [(first, told[0][1].one), *((each, found.other) for each, found in told)]
    text = "; ".join(f"{what} ({attribution(each.hit.article)[:-1]})" for each, what in says)
    data = {"articles": [each.hit.article.id for each, _ in says]}
    order = ", the newer first" if len({_newest(each) for each, _ in says}) > 1 else ""
    return (Note("conflict", f"The articles differ{order}: {text}.", data=data),)


def _attributed(
    chosen: Sequence[Candidate], whole: Sequence[Candidate], by: AnswerWeights
) -> tuple[DraftSentence, ...]:
    """Put the best fact first, then its article as it reads, then the others, guesses last; attribute where the speaker changes.

    What stands neither first nor in `whole`, which an answer is not whole without, comes after it as further evidence.
    """
    articles = list(dict.fromkeys(each.hit.article.id for each in chosen))
    guesses = {id(each) for each in chosen if guess_in(each.text)}
    best = next((each for each in chosen if id(each) not in guesses), chosen[0])
    first = [best, *whole]
    ordered = sorted(
        chosen,
        key=lambda each: (
            each not in first, id(each) in guesses, each is not best,
            each.hit.article.id != best.hit.article.id,
            articles.index(each.hit.article.id), each.start,
        ),
    )  # fmt: skip
    out: list[DraftSentence] = []
    before = ("", "")
    for each in ordered:
        lead = attribution(each.hit.article, guess_in(each.text))
        span = Span(each.hit.article.id, each.start, each.end)
        who = (each.hit.article.id, lead)
        out.append(
            DraftSentence(
                each.text, (span,), "" if who == before else lead, _answer_span(each, by),
                further=each not in first,
            )
        )  # fmt: skip
        before = who
    return tuple(out)


def _answer_span(each: Candidate, by: AnswerWeights) -> tuple[int, int] | None:
    """Return where in the candidate's text the words that answer stand, if the reader is sure enough to show them."""
    if each.answer is None or each.answers < by.shown:
        return None
    low, high = max(each.answer[0], each.start), min(each.answer[1], each.end)
    return (low - each.start, high - each.start) if low < high else None


def _reason(question: str, wanted: set[str], chosen: Sequence[Candidate], by: AnswerWeights) -> Candidate | None:
    """Return the sentence that states a reason for what `wanted`, the question's stems, is about; None where none does.

    A "because" may tell of something else. So its sentence, or what stands around it, has more of the question than names
    (not Musk alone of "Why did Musk drop the suit?"), and a reader, where there is one, finds there an answer to this question.
    """
    least = by.reason_read if any(each.answers for each in chosen) else 0.0
    event = wanted.difference(*map(stems, names(question)))
    return next(
        (
            each
            for each in chosen
            if each.answers >= least
            and gives_reason(wanted, each, by)
            and (not event or event & (each.stems | each.around))
        ),
        None,
    )


def _silence(wanted: set[str], chosen: Sequence[Candidate], by: AnswerWeights) -> Candidate | None:
    """Return the sentence that says that no reason is given: of what the question is about, or nearer to it than any reason."""
    nearest = max((each.near for each in chosen if gives_reason(wanted, each, by)), default=1.0)
    silent = (
        each
        for each in chosen
        if says_no_reason(each.text) and (len(wanted & each.stems) >= by.about * len(wanted) or each.near > nearest)
    )
    return next(silent, None)
