"""Draft → checked Answer: each sentence is shown with what bears it out, or dropped with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from rag.answering.cite import cite
from rag.answering.prove import Proof, prove
from rag.answering.reasons import denies_premise, premise_note, reason_note, states_reason
from rag.answering.weights import AnswerWeights
from rag.errors import CitationError
from rag.question.kinds import asks
from rag.question.when import day_in_words
from rag.text.words import stems
from rag.types import (
    Answer,
    Article,
    Citation,
    Draft,
    DraftSentence,
    Dropped,
    Entails,
    Event,
    Hit,
    Judges,
    Note,
    Refusal,
    Sentence,
    Span,
)

NO_ANSWER = "I found no answer to this question."


def checked(
    question: str,
    draft: Draft,
    hits: Sequence[Hit],
    by: AnswerWeights = AnswerWeights(),
    reader: Entails | None = None,
) -> Answer:
    """Return the answer that is left of a draft once every sentence is cited and checked; a refusal where nothing is.

    What is no quotation is read by the reader, where there is one.

    Raises CitationError for a quote that does not stand verbatim in its article: a bug, never shown to a reader.
    """
    checking = Checking(question, hits, by, reader)
    for each in draft.sentences:
        checking.take(each)
    return checking.answer(draft)


@dataclass(slots=True)
class Checking:
    """An answer in the making: takes drafted sentences one by one, and keeps those that are borne out, in their order."""

    question: str
    hits: Sequence[Hit]
    by: AnswerWeights = field(default_factory=AnswerWeights)
    reader: Entails | None = None
    second: Judges | None = None  # a second opinion on what an LLM wrote
    reading: bool = True  # whether the reader's own verdict counts beside it
    taken: list[tuple[DraftSentence, Proof]] = field(default_factory=list)
    anew: int = 0  # sentences that took the place of failed ones
    shown: list[tuple[str, Sentence, Proof]] = field(default_factory=list)  # with the words that it is read in
    _cited: dict[Span, Citation] = field(default_factory=dict)

    def take(self, each: DraftSentence) -> Event | None:
        """Check one sentence; return it as an event where the answer's text has it, with the citations that are new, else None.

        Raises CitationError for a place that no article has.
        """
        articles = {hit.article.id: hit.article for hit in self.hits}
        cite(each.spans, articles)
        proof = self._prove(each)
        self.taken.append((each, proof))
        if not proof.holds:
            return None
        known = len(self._cited)
        self._cited = cite([*self._cited, *proof.spans], articles)
        numbers = tuple(self._cited[span].n for span in proof.spans)
        support = proof.support
        close = each.said is not None and support.score < self.by.close
        sentence = Sentence(
            each.text, numbers, support.score, support.verdict, support.reason,
            each.answer_span, close, each.lead, each.further and bool(self.shown),
        )  # fmt: skip
        told = _told(each.lead, each.text, numbers, self.citations)
        self.shown.append((told, sentence, proof))
        if sentence.further:
            return None
        return Event("sentence", text=told, sentence=sentence, citations=self.citations[known:])

    def take_again(self, each: DraftSentence) -> Event | None:
        """Check a sentence that was written in place of failed ones: shown or forgotten; what is told already is passed over."""
        if any(each.text == other.text for other, _ in self.taken):
            return None
        event = self.take(each)
        if event:
            self.anew += 1
        else:
            self.taken.pop()
        return event

    def _prove(self, each: DraftSentence) -> Proof:
        proof = prove(each, self.hits, self.reader, self.by, self.question)
        if self.second is None or each.said is None or not proof.spans or proof.absent:
            return proof
        if not proof.holds and (self.reading or proof.support.score <= self.by.clear):
            return proof
        articles = {hit.article.id: hit.article for hit in self.hits}
        first = articles[proof.spans[0].article_id]
        where = ", ".join(filter(None, (first.title, first.source, day_in_words(first.published_at))))
        quotes = [articles[span.article_id].text[span.start : span.end] for span in proof.spans]
        verdict = self.second.judge(each.text, quotes, where)
        if verdict.verdict == "supported" and self.reading:
            return proof
        return replace(proof, support=verdict)

    @property
    def failed(self) -> list[str]:
        """The sentences of an LLM that are not shown, without their marks."""
        return [each.text for each, proof in self.taken if not proof.holds and each.said is not None]

    @property
    def citations(self) -> tuple[Citation, ...]:
        """What is cited by the sentences shown, numbered from 1 in their order."""
        return tuple(self._cited.values())

    @property
    def dropped(self) -> tuple[Dropped, ...]:
        """What an LLM wrote and is not shown."""
        failed = [(each, proof) for each, proof in self.taken if not proof.holds and each.said is not None]
        return tuple(Dropped(each.said or "", proof.support.score, proof.support.reason) for each, proof in failed)

    def answer(self, draft: Draft) -> Answer:
        """Return the answer of what was taken, a refusal where none of it is shown; `draft` gives the confidence and notes."""
        dropped = self.dropped
        if not self.shown:
            answer = refusal(self.question, self.hits, draft.confidence, _not_shown(draft), self.by, dropped)
            return answer
        verify_quotes(self.citations, {hit.article.id: hit.article for hit in self.hits})
        return Answer(
            self.question,
            "answered",
            " ".join(told for told, sentence, _ in self.shown if not sentence.further),
            tuple(sentence for _, sentence, _ in self.shown),
            self.citations,
            tuple(self.hits),
            draft.confidence,
            (*draft.notes, *self._reasons(), *self._asides(dropped)),
            dropped=dropped,
        )

    def _reasons(self) -> tuple[Note, ...]:
        """Return what an LLM's sentences tell of the reason that a why-question asks for: stated, not given, or a wrong premise."""
        written = [(each, proof) for each, proof in self.taken if proof.holds and each.said is not None]
        if asks(self.question) != "why" or not written:
            return ()
        wanted = set(stems(self.question))
        for each, _ in written:
            if denies_premise(each.text, self.question):
                return (premise_note(each.text),)
        if any(proof.absent for _, proof in written):
            return (reason_note(None),)
        # The model was asked to say where no reason is given: what it says else is the reason.
        told = next((each for each, _ in written if states_reason(each.text, wanted, wanted, self.by)), written[0][0])
        return (reason_note(told.text),)

    def _asides(self, dropped: Sequence[Dropped]) -> tuple[Note, ...]:
        """Return what the reader must know of the check: how many sentences were dropped, which are cited anew."""
        notes = []
        if dropped:
            of = len(dropped) + len(self.shown)
            was = "sentence was" if len(dropped) == 1 else "sentences were"
            data = {"sentences": [{"text": d.text, "score": round(d.support, 4), "reason": d.reason} for d in dropped]}
            of -= self.anew
            text = f"{len(dropped)} of {of} {was} dropped: not supported."
            if self.anew:
                text += f" {self.anew} {'was' if self.anew == 1 else 'were'} written anew, and passed."
            notes.append(Note("dropped", text, data=data))
        if anew := sorted({n for _, sentence, proof in self.shown if proof.recited for n in sentence.citations}):
            which = "".join(f"[{n}]" for n in anew)
            text = f"{which}: the model named another source or none; this passage bears the sentence out."
            notes.append(Note("recited", text, tuple(anew)))
        if close := sorted({n for _, sentence, _ in self.shown if sentence.close for n in sentence.citations}):
            which = "".join(f"[{n}]" for n in close)
            notes.append(
                Note("check_quote", f"Check the quote {which}: it only just bears its sentence out.", tuple(close))
            )
        return tuple(notes)


def _not_shown(draft: Draft) -> Note | None:
    """Return why nothing of a draft that said something is shown; None for one that says that there is no answer."""
    if any(each.spans or each.said is not None for each in draft.sentences):
        return Note("not_cited", "The passages that were found do not bear the reply out, so none of it is shown.")
    return next((note for note in draft.notes if note.kind == "not_cited"), None)


def refusal(
    question: str,
    hits: Sequence[Hit],
    confidence: float,
    not_shown: Note | None = None,
    by: AnswerWeights = AnswerWeights(),
    dropped: tuple[Dropped, ...] = (),
) -> Answer:
    """Return the refusal: no answer was found, or what was said can't be shown; these articles come nearest."""
    nearest = list({hit.article.id: hit.article for hit in hits}.values())[: by.nearest]
    text = NO_ANSWER
    which = "The nearest articles, which do not answer it"
    notes: tuple[Note, ...] = ()
    if not_shown:
        text, which, notes = (
            "No answer that its sources prove was given to this question.",
            "The nearest articles",
            (not_shown,),
        )
    if nearest:
        told = "; ".join(
            f"“{a.title}” ({a.source or 'unknown outlet'}, {day_in_words(a.published_at) or 'undated'})"
            for a in nearest
        )
        data = {"articles": [{"id": a.id, "url": a.url, "title": a.title, "source": a.source} for a in nearest]}
        notes += (Note("nearest", f"{which}: {told}.", data=data),)
    why: Refusal = "not_proven" if not_shown else "not_found"
    return Answer(question, "not_in_corpus", text, (), (), tuple(hits), confidence, notes, refusal=why, dropped=dropped)


def verify_quotes(citations: Sequence[Citation], articles: dict[str, Article]) -> None:
    """Raise CitationError unless every quote stands verbatim where it says."""
    for citation in citations:
        if articles[citation.article_id].text[citation.start : citation.end] != citation.quote:
            raise CitationError(f"citation [{citation.n}] is not verbatim in {citation.article_id}; report this bug")


def _told(lead: str, text: str, numbers: Sequence[int], citations: Sequence[Citation]) -> str:
    """Return a sentence as it is read: attributed, in quotation marks where it is one, with its numbers."""
    quoted = any(citations[n - 1].quote == text for n in numbers)
    markers = "".join(f"[{n}]" for n in numbers)
    return " ".join(part for part in (lead, f"“{' '.join(text.split())}”" if quoted else text, markers) if part)
