"""Sentence → whether it states a reason, says that none is given, or holds a guess, and whose: what a why-question turns on."""

from __future__ import annotations

import re
from typing import Literal

from rag.answering.weights import AnswerWeights
from rag.question.kinds import REASON
from rag.text.words import stems
from rag.types import Note

_SURMISE = re.compile(
    r"\b(?:seem(?:s|ed|ingly)?|appear(?:s|ed)? to|apparently|perhaps|presumably|reading between the lines|rumou?r(?:s|ed)?|"
    r"speculat\w+|guess(?:es|ed)?|theor(?:y|ies)|it (?:doesn['’]t|does not) take much|"
    r"(?:could|may|might) (?:be|have|signal|mean|explain)|suggest(?:s|ing)?|arguably|likely|clearly|evidently|obviously)\b",
    re.IGNORECASE,
)
_NOT = r"(?:\b(?:not|never|nor|neither|no one|nobody|without|declined to|refused to|unclear|unknown|no)|n['’]t)\b"
# "It could not be sooner, he explained" gives a reason.
_NO_REASON = re.compile(
    rf"{_NOT}[^.;]{{0,40}}\b(?:why|(?:reasons?|explanations?|motives?)\b|the cause)|{_NOT}[^.;,]{{0,40}}\bexplain",
    re.IGNORECASE,
)
# "Perhaps the best ever, it ended because of the war" surmises one thing only.
_CLAUSE_ENDS = re.compile(r"(?<=[,;:.!?])\s")
_SAYS = re.compile(
    r"\b(?:said|says|told|wrote|writes|according to|announced|claimed|claims|argued|argues|added|tweeted|posted|warned|warns|"
    r"explained|insisted|testified|stated|admitted|confirmed|estimated|in the (?:view|opinion) of)\b",
    re.I,
)
# Whose guess: people who guess, by a word for guessing that needs somebody who does, or by whose report it is.
_OTHERS_GUESS = re.compile(
    r"\b(?:rumou?r(?:s|ed)?|speculat(?:es?|ed|ing|ion)|theor(?:y|ies|[iy][sz]es?|i[sz]ed)|guess(?:es|ed|ing)?|suspect(?:s|ed)?|"
    r"surmise[sd]?|(?:think|believe|reckon|fear|assume|wonder|predict|conjecture)s?|thought|believed|reckoned|feared|assumed|"
    r"wondered|predicted)\b|"
    r"\b(?:analysts?|experts?|observers?|critics|fans|officials|residents|investors|sources|insiders|commentators|historians|"
    r"scientists|researchers|police|investigators|economists|neighbou?rs|locals|traders|lawyers|reports?|study|studies|surveys?|"
    r"polls?|he|she|they|some|many|others|most)(?: [a-z]+){0,2} suggest(?:s|ed)?\b",
    re.IGNORECASE,
)
_OWN_GUESS = re.compile(r"\b(?:I|[Ww]e|[Oo]ur|[Mm]y)\b(?!['’]?\.)|\b[Rr]eading between the lines\b")
_QUOTED = re.compile(r"“[^”]*(?:”|$)|\"[^\"]*(?:\"|$)")
_DENIES = re.compile(
    r"\b(?:not(?! to\b)|never|no(?! choice\b)|nobody|neither|nor|denied|denies)\b|n['’]t\b", re.IGNORECASE
)
_SAME_FACT = 0.6  # share of a denial's words that the question has: it denies what is asked about and little else
# What a "not" denies is the words behind it, to the end of its clause: "will not reopen by Easter because ..."
_NOT_SO = re.compile(r"\b(?:not(?! (?:only|just|merely|simply|least|to)\b)|never|no longer)\b|n['’]t\b", re.IGNORECASE)
_NOT_SO_ENDS = re.compile(
    r"[;:!?]|[,.](?!\d)|\b(?:but|because|although|though|while|that|which|who|when|where|until|unless|if)\b",
    re.IGNORECASE,
)
# "Did not ban it because of the noise" may have banned it for something else; "will not ban it because ..." won't ban it.
_OF_THE_REASON = re.compile(
    r"\b(?:did|was|were|is|are|do|does|has|have|had) ?(?:not|n['’]t|never)[^.,;:!?]* because\b", re.I
)
# "If it had not closed", "users who do not pay" deny nothing of what is asked, nor does "not until May".
_NOT_OF_IT = re.compile(r"\b(?:if|unless|until|whether|who|which)\b[^,.;:!?]*$", re.IGNORECASE)
_NOT_YET = frozenset({"until", "unless", "if"})
_DENIED = 5  # words behind a "not" at most that are looked at
_NEAR = 200  # characters before and behind it that are
Guess = Literal["own", "others"]


def guess_in(text: str) -> Guess | None:
    """Return whose guess the text holds outside of quotation marks: its author's own, or others' that it reports.

    None where it holds none, or says who states it: "the owner said that it likely sank" tells what the owner said.
    """
    told = _QUOTED.sub("“”", text)
    if not _SURMISE.search(told) or _SAYS.search(told):
        return None
    return "others" if _OTHERS_GUESS.search(told) and not _OWN_GUESS.search(told) else "own"


def is_surmise(text: str) -> bool:
    """Tell whether the text is a guess, whosever: no fact, and nobody is named as stating it."""
    return guess_in(text) is not None


def says_no_reason(text: str) -> bool:
    """Tell whether the text says that a reason is not given or not known."""
    return bool(_NO_REASON.search(text))


def denies_premise(sentence: str, question: str) -> bool:
    """Tell whether a sentence denies what a why-question takes for granted: "The council did not ban it" of "Why was it banned?".

    One that only says what no source says denies nothing, nor one that gives a reason, unless its "not" stands between words
    of the question: before two that begin with what was done, or before three ("The bridge will not reopen by Easter because").
    """
    if says_no_reason(sentence) or not _DENIES.search(sentence) or _DENIES.search(question):
        return False
    wanted = set(stems(question))
    told = _OF_THE_REASON.sub(" ", sentence)
    if any(
        _is_denied(told[max(0, not_so.start() - _NEAR) : not_so.start()], told[not_so.end() :][:_NEAR], wanted)
        for not_so in _NOT_SO.finditer(told)
    ):
        return True
    rest = set(stems(_DENIES.sub(" ", sentence)))
    return bool(rest) and not REASON.search(sentence) and len(wanted & rest) >= _SAME_FACT * len(rest)


def premise_note(denial: str) -> Note:
    """Return the note on a sentence that denies what a question takes for granted."""
    return Note("premise_contradicted", f"The archive says otherwise: “{' '.join(denial.split())}”")


def reason_note(reason: str | None) -> Note:
    """Return the note on the sentence that states the reason asked for; None: no source gives one."""
    if reason is None:
        return Note("no_reason_given", "The sources state the fact but give no reason for it.")
    return Note("reason_stated", f"A reason is stated: “{' '.join(reason.split())}”")


def _is_denied(before: str, behind: str, wanted: set[str]) -> bool:
    """Tell whether a "not" between these words denies what the question, of which `wanted` are the stems, takes for granted."""
    end = _NOT_SO_ENDS.search(behind)
    if _NOT_OF_IT.search(before) or not wanted & set(stems(before)) or (end and end[0].lower() in _NOT_YET):
        return False
    words = stems(behind[: end.start()] if end else behind)[:_DENIED]
    asked = [word in wanted or (word.startswith("re") and word[2:] in wanted) for word in words]  # reopen: open again
    return sum(asked) >= 3 or (sum(asked) == 2 and asked[0])


def states_reason(sentence: str, wanted: set[str], about: set[str], by: AnswerWeights = AnswerWeights()) -> bool:
    """Tell whether a statement gives a reason for what is asked.

    wanted: the question's stems.   about: those of the statement, its headline and the sentence before it.
    """
    if len(wanted & about) < max(1, int(by.about * len(wanted))) or says_no_reason(sentence):
        return False
    told = _CLAUSE_ENDS.split(sentence) if is_surmise(sentence) else [sentence]
    if any(REASON.search(clause) and not is_surmise(clause) for clause in told):
        return True
    if is_surmise(sentence):
        return False
    # "The bridge was closed after an inspector found cracks": the fact, "after", and something new that happened.
    before, after, cause = sentence.partition(" after ")
    return bool(after) and len(wanted & set(stems(before))) >= by.fact * len(wanted) and not wanted & set(stems(cause))
