"""The numbers of answering that can be tuned: one frozen value, passed in; `dataclasses.replace` makes another."""

from __future__ import annotations

from dataclasses import dataclass, field

from rag.reading.evidence import EvidenceWeights
from rag.reading.passages import PassageWeights
from rag.reading.polarity import PolarityWeights
from rag.reading.rank import RankWeights


@dataclass(frozen=True, slots=True)
class AnswerWeights:
    """Scores are those of `score_sentences`, where 1 is a cosine of 1. Fitted by hand on the development halves, if not said."""

    # The form of an answer.
    sentences: int = 4  # sentences quoted at most
    words: int = 100  # words of the whole answer at most, attributions and numbers included
    shown: float = 0.3  # the reader's probability from which on the words that answer are marked in the quote
    lead: int = 8  # words that an attribution may take
    nearest: int = 3  # articles named at most where there is no answer

    # Candidates: the sentences that could be quoted.
    leaning: int = 50  # words at most of a sentence that leans on the one before it ("He ..."), and of that one
    rank: RankWeights = field(default_factory=RankWeights)  # which sentence answers

    # What adds to a candidate's score.
    around: float = 0.2  # score of a sentence whose headline and sentence before are about the question
    passage: float = 0.55  # score that the rank of its passage adds to a sentence, best to worst
    reason: float = 0.3  # score of a statement that gives the reason a why-question asks for
    surmised: float = 0.2  # score that a guess loses: facts come first
    fresh: float = 0.3  # score of a sentence from the day of asking
    fresh_half_life: float = 14  # days after which half of that is left
    read: float = 1.5  # score of a sentence of which the reader is sure that it answers
    read_from: float = -12.0  # log odds that it answers from which on a sentence gains
    read_sure: float = 4.0  # and at which it gains all
    read_alone: int = 12  # sentences that are read once more without their passage
    agreed: float = 0.4  # score of a sure answer, times log(1 + articles that give it too)
    agreed_most: float = 3.0  # such articles that count
    read_again: int = 12  # sentences that are read again without their names
    without_names: float = 0.3  # score for each 1 of cosine without names
    side: float = 0.5  # score for each 1 of nearness to its clause, where a side is answered

    # Whether there is an answer: what is refused, what is left of the confidence.
    evidence: EvidenceWeights = field(default_factory=EvidenceWeights)  # how what was found adds up to one figure
    bears: float = 0.45  # cosine: a sentence this near must hold the sum, time, number or day that is asked for
    nameless: float = 0.35  # cosine without names that one sentence of an answer has at least
    lacking: float = 0.5  # factor: the evidence that is left where no sentence can be the answer
    absent: float = 0.35  # share of the confidence that goes where no named outlet is in the archive, or a name unknown
    declined: float = 0.1  # confidence that is left at most where an LLM finds no answer in the passages

    # Which candidates are chosen beside the best.
    enough: float = 0.6  # share of the best score that a further sentence has at least
    read_enough: float = 0.5  # `enough` where a reader's probability is part of the scores
    context_enough: float = 0.5  # the same where no reason is stated and the context is told
    repeats: float = 0.6  # share of a sentence's words that are said already: more is a repetition

    # Where articles disagree.
    alike: float = 0.7  # share of two sentences' words, but for what may differ, from which on they tell of one thing
    alike_words: int = 3  # such words that both have at least
    polarity: PolarityWeights = field(default_factory=PolarityWeights)  # when one denies what another states
    rivals: int = 2  # articles quoted at most against a sentence that they disagree with

    # Why-questions: what gives a reason, and what is told around a fact without one.
    about: float = 1 / 3  # share of the question's words from which on a statement with its surroundings is about it
    reason_read: float = 0.3  # the reader's probability that a sentence answers, from which on it may state the reason
    fact: float = 0.5  # share of the question's words that stand before the "after" which tells the reason for them
    nearby: int = 2_000  # characters around a fact in which its context is looked for
    shared_names: float = 0.3  # share of the fact's score that context gains for naming only whom the fact names
    next_to: float = 0.2  # share of the fact's score that context gains for standing next to it

    # An LLM's citations.
    narrow_to: int = 2  # sentences of a passage at most to which the citation of an LLM's statement is narrowed
    narrow_more: float = 0.1  # share of the statement's words that each sentence after the first must add
    passages: PassageWeights = field(default_factory=PassageWeights)  # when a passage bears an LLM's statement out
    recited_from: int = 4  # passages that a statement is checked against where those it cites don't bear it out
    recited: float = 1.0  # log odds that such a passage loses beside those that are cited
    quote: float = 0.3  # weight of what the quotes that an LLM gave bear out, beside their passages
    reply: int = 20_000  # characters of an LLM's reply that are read
    asked_again: int = 6  # failed sentences at most that an LLM is asked for once more
    clear: float = 0.12  # score up to which the reader's no counts where a second call to an LLM decides
    close: float = 0.65  # score below which a statement that has passed is marked: "check the quote"

    # The note on articles of another time than the question's.
    reported: int = 7  # days after a day or a week in which articles report on it
