"""A question and the turns before it → the question as it is understood, fit to be asked alone.

"Who replaced her?" after a question about Ines Holt is "Who replaced Ines Holt?"; "And in 2024?" is the question before with
another period. By words alone, without a model: names, outlets and periods of the turns before stand in for what points back
at them. The earlier answers tell only who is meant; nothing in them counts as evidence for the next answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from rag.question.plan import called
from rag.question.pointing import People, phrase_at, subjects
from rag.question.when import period_in_words, places
from rag.text.words import named, seen, stems
from rag.types import Answer

_LEAD = re.compile(r"^\s*(?:(?:and|but|or|so|ok(?:ay)?|then|also)\b,?\s*)?(?:(?:what|how) about\b|what of\b)?\s*", re.I)
_WH = r"(?:who|whom|whose|what|which|when|where|why|how)"
_DOES = (
    r"(?:did|do|does|is|are|was|were|will|would|can|could|has|have|had|should|shall|may|might|must|isn't|aren't|wasn't|"
    r"weren't|didn't|don't|doesn't|won't|hasn't|haven't)"
)
_WHOLE = re.compile(rf"^(?:(?:to|from|by|in|at|for|with|of|since|until) )?{_WH} \S|^{_DOES}\b", re.I)
_BARE = re.compile(r"^(why|when|where|how|who)(?: (?:so|not|exactly|else))?[?!. ]*$", re.I)
_SWAP = re.compile(rf"^{_WH}(?: (?:many|much|long|often|far))?(?= {_DOES}\b)", re.I)
_PERSON = re.compile(r"\b(he|him|his|himself|she|her|hers|herself)\b", re.I)
_OBJECT = re.compile(  # "her" behind which no thing of hers stands
    r"\s*(?:[?.!,;]|$)|\s+(?:in|on|at|by|for|as|to|from|with|when|before|after|because|and|or|last|this|that|then)\b",
    re.I,
)
_THEY = re.compile(r"\b(they|them|their|theirs)\b", re.I)
_IT = re.compile(r"\b(it|its)\b(?! (?:true|possible|likely|legal|safe)\b)", re.I)
_NOBODY = re.compile(
    r"\bit (?:rain|snow|matter)\w*\b|\bhow (?:long|much time)\b.* it take\b|\b(?:is|was) it (?:\w+ )?(?:to|that)\b",
    re.I,
)
_THE = re.compile(r"\b(?:the|that|this|these|those|such) (?=[a-z])", re.I)
_THIS = re.compile(
    r"\b(?:this|that)(?= (?:is|was|happen\w*|mean\w*|important|so|come|affect\w*|work\w*)\b|\s*[?.!]*$)", re.I
)
_MORE = re.compile(r"\b(?:else|next|afterwards?|instead|more|again|so far|since)\b", re.I)
_THEN = re.compile(r"\b(?:(?:at|by|around) )?(?:that (?:time|year|month|week|day)|then)\b", re.I)
_ACCORDING = re.compile(r"^(?:according to|in|by|from|per)\s+", re.I)
_PLACE = re.compile(r"^(?:in|at|near|for|from|by|with|to|on)\s+", re.I)
_YEAR = re.compile(r"^(?:19|20)\d\d$")
_NAMES = 3  # of a turn that are told beside "the deal"
_LONG = 300  # characters of an earlier answer's sentence that are put into a question


@dataclass(frozen=True, slots=True)
class Turn:
    """A question as it was understood, and what was answered."""

    question: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Understood:
    """A question as it was typed, and as it is asked.

    meant: each word that points back, with what it was taken for.   unclear: those that nothing was found for.
    """

    typed: str
    question: str
    meant: tuple[tuple[str, str], ...] = ()
    unclear: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Tell whether another question is asked than was typed."""
        return self.question != self.typed


def understand(
    question: str, turns: Sequence[Turn], asked: date, outlets: Mapping[str, tuple[str, ...]] | None = None
) -> Understood:
    """Return `question`, asked on the day `asked` after `turns` (the last one last), as it stands alone.

    outlets: the archive's, as `rag.question.plan.outlets_by_key` gives them.
    """
    typed = " ".join(seen(question).split())
    if not turns or not typed:
        return Understood(typed, typed)
    last, rest = turns[-1], typed[_LEAD.match(typed).end() :]  # type: ignore[union-attr]  # it matches the empty text
    if bare := _BARE.match(rest):
        return Understood(typed, _asked_of(bare[1], last), ((bare[1], last.question),))
    fragment = rest.rstrip("?!. ")
    if rest != typed and fragment and not _WHOLE.match(rest):
        return _instead(typed, fragment, turns, asked, outlets or {})
    return _Resolving(typed, rest if _WHOLE.match(rest) else typed, turns).understood(asked)


def _asked_of(word: str, last: Turn) -> str:
    """Return "Why did Finch resign?" for "Why?" after "When did Finch resign?"; else what is asked about is the answer."""
    word = word.capitalize()
    if word != "Who" and _SWAP.match(last.question):
        return _SWAP.sub(word, last.question, count=1)
    said = last.answer.sentences[0].text if last.answer.sentences else last.question
    return f"{word}: {said[:_LONG].strip().rstrip('?.!')}?"


def _instead(
    typed: str, fragment: str, turns: Sequence[Turn], asked: date, outlets: Mapping[str, tuple[str, ...]]
) -> Understood:
    """Return the last question with `fragment` in the place of its like: a period, an outlet, a name; else behind it."""
    before = turns[-1].question.rstrip("?!. ")
    timed = f"in {fragment}" if _YEAR.match(fragment) else fragment
    spans = places(timed, asked)
    if spans and not stems("".join(timed[end:start] for (_, end), (start, _) in _gaps(spans, len(timed)))):
        return _swapped(typed, before, places(before, asked)[:1], timed, fragment)
    outlet = _ACCORDING.sub("", fragment)
    if called(outlet, outlets):
        there = [(at, at + len(name)) for name, at in _standing(before) if called(name, outlets)]
        return _swapped(typed, before, there[:1], outlet if there else f"according to {outlet}", fragment)
    name = _PLACE.sub("", fragment)
    resolved = _Resolving(typed, fragment, turns)
    if name[:1].isupper() or name in named(f"it is {name}"):
        like = [(at, at + len(each)) for each, at in _standing(before) if not called(each, outlets)]
        lead = fragment[: len(fragment) - len(name)].lower()
        behind = [(at, end) for at, end in like if lead and before[:at].lower().endswith(lead)]
        people = People(turns)
        kin = [(at, end) for at, end in like if people.is_one(before[at:end]) == people.is_one(name)]
        place = (behind or ([] if lead and not lead.startswith(("for", "by", "with")) else kin or like))[:1]
        return _swapped(typed, before, place, name if place else fragment, fragment)
    about = resolved.beside(fragment)
    return Understood(typed, f"What about {about.question}?", about.meant, about.unclear)


def _gaps(spans: Sequence[tuple[int, int]], length: int) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    return pairwise([(0, 0), *spans, (length, length)])


def _standing(text: str) -> list[tuple[str, int]]:
    """Return the names in `text` with where each begins; the question word that opens it is none."""
    found = [(name, text.find(name)) for name in named(text)]
    return sorted(((name, at) for name, at in found if at >= 0), key=lambda each: each[1])


def _swapped(typed: str, before: str, place: Sequence[tuple[int, int]], said: str, word: str) -> Understood:
    for start, end in place:
        lead = re.search(r"(?:\b(?:in|on|during|since|before|after|until|by) )$", before[:start], re.I)
        start = (
            lead.start() if lead and re.match(r"(?:in|on|during|since|before|after|until|by)\b", said, re.I) else start
        )
        told = f"{before[:start]}{said}{before[end:]}"
        return Understood(typed, f"{told}?", ((word, told),))
    return Understood(typed, f"{before} {said}?", ((word, f"{before} {said}"),))


class _Resolving:
    """One question while the words in it that point back are resolved."""

    def __init__(self, typed: str, question: str, turns: Sequence[Turn]) -> None:
        self._typed = typed
        self._question = question
        self._turns = turns
        self._meant: list[tuple[str, str]] = []
        self._unclear: list[str] = []

    def understood(self, asked: date) -> Understood:
        """Return the question with people in the place of their pronouns, and things told beside theirs."""
        self._question = _THEN.sub(self._time, self._question)
        own = self._own_names()
        self._people()
        things = (_THEY, _IT) if not _NOBODY.search(self._question) else (_THEY,)
        for pattern in things:
            self._thing(pattern, own)
        if not self._meant and not own:
            self._named_again()
        question = self._question[:1].upper() + self._question[1:]
        return Understood(
            self._typed, question if self._meant else self._typed, tuple(self._meant), tuple(self._unclear)
        )

    def beside(self, fragment: str) -> Understood:
        """Return "the cost (Voltane)" for "the cost": what the last turn is about, told beside a part of it."""
        self._question = fragment
        self._people()
        if not self._meant and (about := subjects(self._turns, _NAMES)):
            self._meant.append((fragment, ", ".join(about)))
            self._question = f"{fragment} ({', '.join(about)})"
        return Understood(self._typed, self._question, tuple(self._meant), tuple(self._unclear))

    def _own_names(self) -> list[str]:
        return [name for name in named(self._question) if not re.fullmatch(_WH, name, re.I)]

    def _time(self, match: re.Match[str]) -> str:
        for turn in reversed(self._turns):
            if turn.answer.plan and turn.answer.plan.periods:
                told = period_in_words(turn.answer.plan.periods[0])
                said = (
                    told
                    if told.startswith("the time")
                    else f"{'on' if told[:1].isdigit() and ' ' in told else 'in'} {told}"
                )
                self._meant.append((match[0], told))
                return said
        return match[0]

    def _people(self) -> None:
        people = People(self._turns)
        taken: dict[str, str | None] = {}

        def person(match: re.Match[str]) -> str:
            word = match[0].lower()
            kind = "he" if word.startswith("h") and not word.startswith("her") else "she"
            if kind not in taken:
                taken[kind] = people.called(kind)
            name = taken[kind]
            if name is None:
                self._unclear.append(match[0])
                return match[0]
            if (match[0], name) not in self._meant:
                self._meant.append((match[0], name))
            its = word == "his" or (word == "her" and not _OBJECT.match(match.string, match.end()))
            return f"{name}'s" if its or word == "hers" else name

        self._question = _PERSON.sub(person, self._question)

    def _thing(self, pattern: re.Pattern[str], own: Sequence[str]) -> None:
        match = pattern.search(self._question)
        if match is None or (own and match.start() > self._question.find(own[0])):  # "Did Voltane say that it ...?"
            return
        about = subjects(self._turns, _NAMES, things=True)
        if not about:
            self._unclear.append(match[0])
            return
        told = ", ".join(about)
        self._meant.append((match[0], told))
        before, behind = self._question[: match.start()], self._question[match.end() :]
        if len(about) == 1 and about[0][:1].isupper():
            name = f"{told}'s" if match[0].lower() in ("its", "their") else told
            self._question = f"{before}{name}{behind}"
        else:
            self._question = f"{before}{match[0]} ({told}){behind}"

    def _named_again(self) -> None:
        """Tell whom "the deal", "this" or "what else" is about, where the question itself names nobody."""
        about = subjects(self._turns, _NAMES)
        if not about:
            return
        told = ", ".join(about)
        for match in _THE.finditer(self._question):
            if end := phrase_at(self._question, match.end(), self._turns[-1]):
                self._meant.append((self._question[match.start() : end], told))
                self._question = f"{self._question[:end]} ({told}){self._question[end:]}"
                return
        if this := _THIS.search(self._question) or _MORE.search(self._question):
            self._meant.append((this[0], told))
            self._question = f"{self._question[: this.end()]} ({told}){self._question[this.end() :]}"
