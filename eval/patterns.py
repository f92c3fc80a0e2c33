"""A sentence whose form allows it → a question, its answer and nothing invented: who, when, how many, how much.

Patterns of words, not a parser: where a sentence is not plainly of the form, nothing is made of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from rag.reading.rank import is_scrap
from rag.text.split import sentences
from rag.text.words import names, stems
from rag.types import Article

FEWEST, MOST = 5, 26  # words of a question
_CAP = r"[A-Z][\w&’'-]*[\w]"
_NAME = rf"{_CAP}(?:(?: (?:of|and|for|de|van|von|the))? {_CAP}){{0,4}}"
NAME = re.compile(rf"\b{_NAME}")
_PERSON = r"[A-Z][a-zé’'-]+(?: [A-Z]\.)?(?: [A-Z][\w’'-]*[a-z]){1,2}"
_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
_DAY = rf"(?:\d{{1,2}} (?:{_MONTH})|(?:{_MONTH}) \d{{1,2}})(?:,? (?:19|20)\d\d)?"
_YEAR = re.compile(r"(?:19|20)\d\d")
_DATE = re.compile(rf"(?: back)? (?:on (?P<day>{_DAY})|in (?P<month>(?:(?:{_MONTH}) )?(?:19|20)\d\d))\b")
_AMOUNT = r"(?:[£$€]\d[\d.,]*\d?(?: (?:thousand|million|billion|trillion))?)"
_COUNTED = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|"
    "nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds|thousands"
)
_COUNT = rf"(?:\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?(?: (?:million|billion))?|(?i:{_COUNTED}))"
_ABOUT = r"(?:(?i:about|some|around|nearly|almost|more than|at least|over|up to|only|all|the|just|as many as) )*"
_THINGS = (
    r"(?!across\b|less\b|plus\b|times\b)[a-z][a-z’'-]{2,}s|people|men|women|children|police|staff|fish|sheep|aircraft"
)
_ROLES = re.compile(
    r"\b(?:chair(?:man|woman|person)?|president|director|minister|secretary|mayor|leader|head|chief|captain|coach|manager|"
    r"founder|owner|editor|author|curator|treasurer|governor|ambassador|commissioner|engineer|professor|spokes\w+|"
    r"executive|officer|analyst|judge|inspector|principal|conductor|partner|champion)\b"
)
_AUX = r"(?:was|were|will|would)"
_WEEKDAY = re.compile(
    r",? (?:(?:early|late) )?on (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?: (?:morning|afternoon|evening|night))?\b"
)
# What opens a sentence and is no subject.
_OPENING = re.compile(
    r"(?:A|An|About|After|Also|Although|Among|And|As|At|Because|Before|But|By|Despite|During|Even|Every|For|From|He|Her|His|How|However|I|"
    r"If|In|Instead|It|Its|Meanwhile|My|No|Nor|Not|Now|Of|On|Once|One|Or|Our|She|Since|So|Some|Still|That|Their|Then|There|They|"
    r"This|Though|Through|To|Today|Under|Until|We|What|When|Where|While|With|Yesterday|Yet|You|"
    r"The (?:first|second|third|last|only|other|same|former|latter|two|three|next|new))\b"
)
# What only the sentence's surroundings explain.
_DANGLES = re.compile(
    r"\b(?:he|she|they|it|i|we|you|him|her|them|us|his|hers|its|their|our|my|your|himself|herself|itself|themselves|this|"
    r"these|those|here|such|another|latter|former|same|yesterday|today|tomorrow|tonight|ago|earlier|later|"
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|"
    r"(?:last|next|that) (?:day|time|point|way|week|month|year|morning|evening|night|season|"
    r"spring|summer|autumn|winter)|then|there|so|also)\b",
    re.IGNORECASE,
)
# Between a verb and its date: the date may be another verb's.
_OTHER_VERB = re.compile(
    r"\b(?:that|whether|who|whom|which|where|how|and|or|than|is|are|was|were|has|have|had|will|would|could|to [a-z]+ing|"
    r"said|saying|expected|set|due)\b"
)
_UNREADABLE = re.compile(r"[\"“”‘()\[\];:—–…*|•<>\n]|\s-\s|--|\.\s")
_EARLY = re.compile(r"that (?:as|when|if|after|while|because|although|once|since|in|at|for|by)\b")
_LISTED = re.compile(r"[$£€\d]|(?:[\w’'& -]{1,30}, )*[\w’'& -]{0,30}\b(?:and|or) ")
# Verbs whose past opens a question's verb phrase, past:base where it is irregular.
_VERBS = """
won:win said:say sold:sell bought:buy built:build beat:beat led:lead wrote:write told:tell met:meet gave:give paid:pay
found:find made:make took:take held:hold lost:lose cut:cut spent:spend began:begin withdrew:withdraw left:leave
became:become drew:draw put:put set:set struck:strike chose:choose fell:fall rose:rise ran:run went:go came:come hit:hit
broke:break sank:sink stole:steal planned:plan stopped:stop cancelled:cancel banned:ban admitted:admit
accuse acquire adopt agree announce appear appoint approve arrest ask attack attract award back blame call charge claim
close complete condemn confirm criticise criticize declare defeat defend demand deny describe design develop discover
dismiss donate elect employ end endorse fine fire form found hire injure introduce invest invite join kill launch merge
move name nominate offer open order oust pass pledge present promise propose protest publish raise receive reject release
reopen replace report resign reveal score sign start sue suspend test unveil urge visit vote warn welcome
"""
# Of these, what more than people do, or do in too many senses for a "who".
_UNASKED = """
appeared became began ended fell found hit left made rose sank set stopped went came asked broke closed fired injured put
ran struck
"""


def _forms(verb: str) -> tuple[str, str]:
    """Return the past and the base of an entry of _VERBS."""
    past, _, base = verb.partition(":")
    if base:
        return past, base
    if verb.endswith("e"):
        return verb + "d", verb
    return (verb[:-1] + "ied" if verb.endswith("y") and verb[-2] not in "aeiou" else verb + "ed"), verb


_BASE = dict(_forms(verb) for verb in _VERBS.split())
_ACTS = frozenset(_BASE) - set(_UNASKED.split())
_PAST = "|".join(sorted(_BASE, key=len, reverse=True))
_CUT = re.compile(
    r", | (?:because|after|before|although|though|but|while|whereas|so that|when|until|if|since|unless|"
    rf"and (?:{_AUX}|is|are|has|have|had|then|within|{_PAST})|as (?=.* (?:{_AUX}|is|are|has|have|had|{_PAST})\b)) "
)
_STUMP = re.compile(
    r"\b(?:a|an|the|of|to|in|at|by|for|with|from|that|is|are|was|were|has|had|and|or|\w+-year)$|\band \w+$"
)
_PASSIVE = re.compile(
    rf"(?:\w+ly |first )?(?:\w+ed|{_PAST}|born|known|shown|seen|taken|given|written|chosen|stolen|thrown|drawn|cast)\b"
)
_WHO = re.compile(rf"(?P<who>{_NAME})(?:, [^,]{{3,80}},)? (?P<did>{'|'.join(sorted(_ACTS))}) (?!{_PAST}\b)(?P<what>.+)")
_WAS = re.compile(
    rf"(?P<who>{_PERSON}) was (?P<what>(?:named|appointed|elected|chosen|nominated|arrested|jailed|killed) .+)"
)
_ROLE = re.compile(rf"\b(?P<who>{_PERSON}), (?P<role>the (?:[\w’'-]+ ){{1,6}}(?:of|at|for) (?:the )?{_NAME})(?=[,.])")
_FRONTED = re.compile(rf"(?P<subject>[A-Z][^,]{{2,60}}?) (?P<aux>{_AUX}) (?P<rest>.+)")
_DID = re.compile(
    rf"(?P<subject>(?:The (?:[a-z-]+ ){{0,2}}(?:of )?)?{_NAME}(?:['’]s? [a-z]+)?) (?:had |has )?(?P<did>{_PAST}) (?P<rest>.+)"
)
_MANY_FIRST = re.compile(
    rf"{_ABOUT}(?P<count>{_COUNT}) (?P<things>(?:[a-z-]+ ){{0,2}}(?:{_THINGS})) (?P<rest>(?:{_AUX}|{_PAST}|took|attended) .+)"
)
_MANY = re.compile(rf"\b(?P<count>{_COUNT}) (?P<things>(?:[a-z-]+ ){{0,2}}(?:{_THINGS}))\b")
_MUCH = re.compile(rf"(?P<count>{_AMOUNT})(?! [a-z]+s\b)")
_VERB = re.compile(rf"\b(?P<verb>[a-z]+) {_ABOUT}$")  # what a number is the object of
_OBJECT = frozenset(_BASE) | frozenset(_BASE.values()) | {"has", "have", "had", "cost", "carry", "carried"}
ACTOR = "actor"
_MONTHS = frozenset(_MONTH.split("|"))
# The places in a question whose filling can be exchanged: group 1, of a kind.
_SLOTS = (
    (ACTOR, re.compile(rf"^(?:When|How (?:many|much)[^A-Z]*?) did ({_NAME})(?= [a-z])")),
    ("body", re.compile(rf"^Who (?:is|was) [^?]*? of (?:the )?({_NAME})\?$")),
    ("place", re.compile(rf" in ({_NAME})(?=\?$| on | in | at | with | for )")),
    ("day", re.compile(rf" on ({_DAY})\b")),
    ("month", re.compile(rf" in ((?:{_MONTH}) (?:19|20)\d\d)\b")),
    ("year", re.compile(r" in ((?:19|20)\d\d)\b")),
    ("sum", re.compile(rf" ({_AMOUNT})(?= |\?)")),
)


class Made(NamedTuple):
    """A question, its answer as it stands in `sentence`, the sentence verbatim, and what kind it is."""

    question: str
    answer: str
    sentence: str
    type: str


def questions_of(article: Article) -> Iterator[Made]:
    """Yield the questions that the article's sentences give, in order, each once."""
    seen: set[str] = set()
    for start, end in sentences(article.text):
        sentence = article.text[start:end]
        if is_scrap(sentence) or not sentence.endswith("."):
            continue
        for kind, make in _KINDS:
            for question, answer in make(sentence[:-1].replace("\n", " "), article.text):
                text = _WEEKDAY.sub("", question)
                if text not in seen and answer in sentence and _fits(text, answer):
                    seen.add(text)
                    yield Made(text, answer, sentence, kind)


def readable(question: str) -> bool:
    """Say whether the question can be read by itself: one clause, of a fit length, nothing that points elsewhere."""
    return (
        FEWEST <= len(question.split()) <= MOST
        and not _UNREADABLE.search(question)
        and not _DANGLES.search(question)
        and len(set(stems(question))) >= 2
    )


def slots(question: str) -> list[tuple[str, str]]:
    """Return the names, dates and sums in the question that another of their kind could stand for, each with its kind."""
    return [
        (kind, found[1])
        for kind, form in _SLOTS
        for found in form.finditer(question)
        if found[1] not in _MONTHS and not found[1].endswith(("'s", "’s"))
    ]


def mentions(text: str, name: str) -> bool:
    """Say whether the text has the name, or its last word where that is long enough to be a surname."""
    last = name.split()[-1]
    sought = last if name[0].isalpha() and len(last) > 3 else name
    return re.search(rf"(?<!\w){re.escape(sought)}(?!\w|[.,]\d)", text) is not None


def _fits(question: str, answer: str) -> bool:
    held = question.casefold()
    return readable(question) and answer.casefold() not in held and bool(names(question))


def _clause(text: str) -> str:
    """Return the text up to where a second clause begins; nothing where that cuts a list, or leaves a stump."""
    cut = _CUT.search(text)
    clause = text[: cut.start()] if cut else text
    listed = cut and cut[0] == ", " and _LISTED.match(text, cut.end())
    return "" if listed or _STUMP.search(clause) or _EARLY.match(clause) else clause


def within(subject: str) -> str:
    """Return a subject as it stands within a sentence."""
    first, _, rest = subject.partition(" ")
    return f"{first.lower()} {rest}" if first in ("The", "A", "An", "Some", "All", "Every", "No") else subject


def _is_name(name: str, text: str) -> bool:
    """Say whether what opens a sentence is a name: it has two words written so, or stands so within a sentence."""
    return not name.endswith(("'s", "’s")) and (" " in name or _stands(name, text))


def _stands(name: str, text: str) -> bool:
    return re.search(rf"[a-z,] {re.escape(name)}\b", text) is not None


def _who(sentence: str, text: str) -> Iterator[tuple[str, str]]:
    if _OPENING.match(sentence):
        return
    if (found := _WHO.match(sentence)) and _is_name(found["who"], text) and (what := _clause(found["what"])):
        yield f"Who {found['did']} {what}?", found["who"]
    if (found := _WAS.match(sentence)) and (what := _clause(found["what"])):
        yield f"Who was {what}?", found["who"]
    for found in _ROLE.finditer(sentence):
        if _ROLES.search(found["role"]):
            yield f"Who is {found['role']}?", found["who"]


def _when(sentence: str, text: str) -> Iterator[tuple[str, str]]:
    for date in _DATE.finditer(sentence):
        answer = date["day"] or date["month"]
        rest = sentence[: date.start()] + sentence[date.end() :]
        if rest[date.start() : date.start() + 1] in ("", " ", ","):
            yield from ((question, answer) for question in _asked("When", rest, text, date.start()))


def _asked(how: str, sentence: str, text: str, gap: int) -> Iterator[str]:
    """Yield `how` asked of the sentence whose answer was taken out at `gap`, where that is in its first clause."""
    if _OPENING.match(sentence):
        return
    if found := _DID.fullmatch(sentence):
        verb, rest = "did", f"{_BASE[found['did']]} {found['rest']}"
    elif (found := _FRONTED.fullmatch(sentence)) and (names(found["subject"]) or found["subject"].startswith("The ")):
        verb, rest = found["aux"], found["rest"]
        if (verb in ("was", "were") and not _PASSIVE.match(rest)) or _OTHER_VERB.search(found["subject"]):
            return
    else:
        return
    clause = _clause(rest)
    # Both end where the sentence ends, so that is where the places of the gap and of the cut are counted from.
    at = len(rest) - (len(sentence) - gap)
    if clause and at in range(len(clause) + 1) and not (how == "When" and _OTHER_VERB.search(rest[:at])):
        yield f"{how} {verb} {within(found['subject'])} {' '.join(clause.split())}?"


def _how_many(sentence: str, text: str) -> Iterator[tuple[str, str]]:
    if (found := _MANY_FIRST.fullmatch(sentence)) and (rest := _clause(found["rest"])):
        yield f"How many {found['things']} {rest}?", found["count"]
    for found in _MANY.finditer(sentence):
        if not _YEAR.fullmatch(found["count"]):
            yield from _objects(f"How many {found['things']}", found, sentence, text)


def _how_much(sentence: str, text: str) -> Iterator[tuple[str, str]]:
    for found in _MUCH.finditer(sentence):
        yield from _objects("How much", found, sentence, text)


def _objects(how: str, found: re.Match[str], sentence: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield the question for the number that was found, where it is a verb's object."""
    verb = _VERB.search(sentence[: found.start()])
    if verb and verb["verb"] in _OBJECT:
        at = verb.end("verb")
        yield from (
            (question, found["count"]) for question in _asked(how, sentence[:at] + sentence[found.end() :], text, at)
        )


_KINDS: tuple[tuple[str, Callable[[str, str], Iterator[tuple[str, str]]]], ...] = (
    ("who", _who),
    ("when", _when),
    ("how_many", _how_many),
    ("how_many", _how_much),
)
