"""What the turns of a conversation speak of: its people, each a man or a woman as the passages say, and its things."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from rag.question.kinds import asks
from rag.text.words import STOP, analyze, last_word, named

if TYPE_CHECKING:
    from rag.question.followup import Turn

_TITLE = re.compile(
    r"^(?:Mr|Mrs|Ms|Dr|Sir|Dame|Lord|Lady|Mayor|Judge|Justice|President|Minister|Senator|Governor|Chancellor|King|Queen|"
    r"Prince|Princess|Pope|Bishop|Professor|Captain|Sergeant|Detective|Deputy|Councillor|Congress(?:wo)?man|General|Coach)\b\.?"
)
_WOMAN = re.compile(r"^(?:Mrs|Ms|Dame|Lady|Queen|Princess|Congresswoman)\b")
_MAN = re.compile(r"^(?:Mr|Sir|Lord|King|Prince|Pope|Congressman)\b")
_BODY = re.compile(  # a word of it makes a name a firm's, an office's, a place's
    r"\b(?:Inc|Corp|Ltd|LLC|Group|Bank|Council|Party|Court|University|College|School|Hospital|Company|Agency|Ministry|"
    r"Department|Committee|Commission|Association|Union|United|City|County|State|States|Street|Road|Bridge|River|Lake|Island|"
    r"Church|Museum|Park|Hall|House|Police|Army|Navy|League|Club|Cup|News|Times|Post|Journal|Wire|Gazette|Herald|Packet|"
    r"Beacon|Act|Treaty|Project|Fund|Institute|Foundation|Airlines?|Railways?|Energy|Holdings|of|the|and)\b"
)
_FORM = re.compile(r"[A-Z][\w'’.-]+(?: [A-Z][\w'’.-]*){1,3}")
_SHE = re.compile(r"\b(?:she|her|hers|herself)\b", re.IGNORECASE)
_HE = re.compile(r"\b(?:he|him|his|himself)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])[\"”’]?\s+(?=[\"“‘]?[A-Z])")
_THING = re.compile(r"\b(?:[Tt]he|[Ii]ts|[Hh]is|[Hh]er|[Tt]heir|[Aa]n?) (?=[a-z])")
_ASIDE = re.compile(r" \([^()]*\)")  # whom a question was taken to be about, as `followup` puts it there
_WORDS = 3  # in a thing's name at most


class People:
    """The people that the turns speak of, the last spoken of first."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._turns = turns

    def called(self, pronoun: str) -> str | None:
        """Return whom "he" or "she" means: whom the passages call so, else a person whom they don't call otherwise."""
        for turn in reversed(self._turns):
            ranked = [(self._fits(name, turn, pronoun), name) for name in _names(turn)]
            best = max((rank for rank, _ in ranked), default=0)
            if best > 0:
                return next(name for rank, name in ranked if rank == best)
        return None

    def is_one(self, name: str) -> bool:
        """Tell whether a name may be a person's, by its form and the passages."""
        return any(self._person(name, turn) for turn in self._turns)

    def _fits(self, name: str, turn: Turn, pronoun: str) -> int:
        if not self._person(name, turn):
            return 0
        if (_WOMAN if pronoun == "she" else _MAN).match(name):
            return 3
        if (_MAN if pronoun == "she" else _WOMAN).match(name):
            return 0
        she, he = self._told(name)
        ours, theirs = (she, he) if pronoun == "she" else (he, she)
        return 3 if ours > theirs else 0 if theirs > ours else 1

    def _person(self, name: str, turn: Turn) -> bool:
        if _TITLE.match(name):
            return True
        if _BODY.search(name) or re.search(rf"\b(?:in|at|near|outside|across|off) {re.escape(name)}\b", self._texts):
            return False
        if _FORM.fullmatch(name):
            return True
        if asks(turn.question) == "who" and name in _direct(turn):
            return True
        return bool(re.search(rf"\b(?:{_TITLE.pattern[1:]}|[A-Z][a-z]+) {re.escape(name)}\b", self._texts))

    def _told(self, name: str) -> tuple[int, int]:
        """Return how often the passages say "she" and "he" in the sentence that names a person and the one behind it."""
        last = re.compile(rf"\b{re.escape(name.split()[-1])}\b")
        she = he = 0
        for here, behind in zip(self._sentences, [*self._sentences[1:], ""], strict=True):
            if last.search(here):
                near = here if named(behind) else f"{here} {behind}"
                she, he = she + len(_SHE.findall(near)), he + len(_HE.findall(near))
        return she, he

    @cached_property
    def _texts(self) -> str:
        texts = [
            text for turn in self._turns for text in (turn.question, *(hit.chunk.text for hit in turn.answer.hits))
        ]
        return "\n".join(dict.fromkeys(texts))

    @cached_property
    def _sentences(self) -> list[str]:
        return [sentence for line in self._texts.split("\n") for sentence in _SENTENCE.split(line)]


def subjects(turns: Sequence[Turn], most: int, *, things: bool = False) -> list[str]:
    """Return what the last turn that names anything is about; with `things`, what it calls the thing, and no people."""
    people = People(turns)
    for turn in reversed(turns):
        outlets = {name for part in (turn.answer.plan.parts if turn.answer.plan else ()) for name in part.outlets}
        for names in _by_weight(turn):
            found = [name for name in names if not any(name in outlet for outlet in outlets)]
            found = [name for name in dict.fromkeys(found) if not (things and people.is_one(name))]
            if things:
                found = [*found[:1], *_things(turn)]
            if found:
                return list(dict.fromkeys(found))[:most]
    return []


def phrase_at(question: str, start: int, turn: Turn) -> int:
    """Return where a thing's name that begins at `start` ends, as long as the last turn has it word for word; 0 if it hasn't."""
    end = 0
    text = " ".join([turn.question, *(each.text for each in turn.answer.sentences)]).lower()
    text += " ".join(hit.chunk.text for hit in turn.answer.hits).lower()
    for count, match in enumerate(re.finditer(r"[\w'’-]+", question[start:]), 1):
        grown = question[start : start + match.end()]
        stem = analyze(match[0])
        if count > _WORDS or not stem or stem[0] in STOP or not re.search(rf"\b{re.escape(grown.lower())}", text):
            break
        end = start + match.end()
    return end


def _names(turn: Turn) -> Iterator[str]:
    """Yield the names of a turn, the likeliest to be meant first."""
    for names in _by_weight(turn):
        yield from names


def _by_weight(turn: Turn) -> list[list[str]]:
    """Return the names of a turn in groups: who answers a "who", whom the question names, what answers, the rest of the answer."""
    direct = [name for name in named(f"it is {_direct(turn)}") if last_word(name)]
    asked = [name for name in named(turn.question) if last_word(name)]
    told = [name for sentence in turn.answer.sentences for name in named(sentence.text) if not name.isupper()]
    return [direct, asked, told] if asks(turn.question) == "who" else [asked, direct, told]


def _direct(turn: Turn) -> str:
    """Return the words that answer, "" where nobody marked them."""
    for sentence in turn.answer.sentences:
        if sentence.answer_span:
            return sentence.text[slice(*sentence.answer_span)]
    return ""


def _things(turn: Turn) -> list[str]:
    """Return what the question calls the things it asks about: "battery plant" of "... build its battery plant"."""
    question, found = _ASIDE.sub("", turn.question), []
    for match in _THING.finditer(question):
        if end := phrase_at(question, match.end(), turn):
            found.append(question[match.end() : end])
    return found
