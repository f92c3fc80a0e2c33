"""Claim and source → whether one denies what the other states. By words and where they stand, no model."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rag.reading.alike import END, Beside, Word, words
from rag.text.split import sentences
from rag.text.words import STOP, normal, stems

Polarity = Literal["claim", "source"]  # who denies

_CUE = re.compile(
    r"\b(?:not(?! (?:only|just|merely|simply|least)\b)|no(?! (?:doubt|longer than|more than|less than|fewer than)\b)|never|none|"
    r"nobody|no one|nothing|nowhere|without|neither|nor|cannot|den(?:y|ies|ied|ying)|(?:refus|declin)(?:e|es|ed|ing) to|"
    r"fail(?:s|ed|ing)? to)\b|n['’]t\b",
    re.IGNORECASE,
)
# What ends the reach of a "not"; after these it may be turned: "not on Monday but on Tuesday", "not until Monday".
_ENDS = re.compile(r"[;:!?]|,(?!\d)|\.(?!\d)|\b(?:but|and|because|although|though|while|which|who)\b", re.IGNORECASE)
_TURNS = re.compile(r"\b(?:but|until|till|before|unless|instead|rather|except|yet)\b", re.IGNORECASE)
# Words that name nobody and nothing: "somebody" and "nobody" are told apart by the denial alone.
_NOBODY = frozenset(
    stems("somebody someone something anybody anyone anything nobody nothing none never neither nor cannot without")
)


@dataclass(frozen=True, slots=True)
class PolarityWeights:
    """When a sentence tells of the same thing as a claim. Chosen by hand."""

    alike: float = 0.8  # share of the claim's words that it holds at least
    as_alike: float = 0.8  # share of the best sentence's share: one so near speaks for the source as well


def polarity_against(claim: str, source: str, by: PolarityWeights = PolarityWeights()) -> Polarity | None:
    """Return who denies what the other states: the claim, or every sentence of the source that tells of the same thing.

    None where both state or both deny, where the source tells both, and where no sentence of it is near the claim.
    """
    said = set(stems(claim)) - _NOBODY
    if not said:
        return None
    if _CUE.search(claim) and not _CUE.search(source):
        return "claim"
    denied = _denied(claim)
    told = [source[start:end] for start, end in sentences(source)]
    near = [(len(said & set(stems(each))) / len(said), each) for each in told]
    best = max((share for share, _ in near), default=0.0)
    if best < by.alike:
        return None
    against = {
        _against(claim, denied, said, each) for share, each in near if share >= max(by.alike, by.as_alike * best)
    }
    return against.pop() if len(against) == 1 else None


def _against(claim: str, denied: set[str], said: set[str], sentence: str) -> Polarity | None:
    there, both = _denied(sentence), said & set(stems(sentence))
    if both & (there - denied) and not both & denied and not _CUE.search(claim) and not _TURNS.search(sentence):
        return "source"
    if both & (denied - there) and not both & there and not _CUE.search(sentence) and not _TURNS.search(claim):
        return "claim"
    return None


def _denied(text: str) -> set[str]:
    """Return the stems next after each "not", which it denies; the one before it, where nothing follows ("seen by nobody")."""
    found: set[str] = set()
    for cue in _CUE.finditer(text):
        end = _ENDS.search(text, cue.end())
        after = stems(text[cue.end() : end.start() if end else len(text)])
        found.update(after[:1] or stems(text[: cue.start()])[-1:])
    return found


# -- place by place: what one side denies and the other states in the same words ----------------------------------

_CUES = frozenset(
    {"not", "no", "never", "none", "nobody", "nothing", "without", "neither", "nor", "hardly", "barely", "rarely"}
)
_CONTRACTED = (
    (re.compile(r"\bcan(?:'t|not)\b"), "can not"),
    (re.compile(r"\bwon't\b"), "will not"),
    (re.compile(r"n't\b"), " not"),
)
_NOT_ONLY = re.compile(r"\bnot (?:only|just|merely|simply)\b", re.IGNORECASE)
_LIGHT = frozenset({  # words between a "not" and what it denies
    "do", "does", "did", "is", "are", "was", "were", "will", "would", "can", "could", "should", "has", "have", "had", "be",
    "been", "being", "may", "might", "must", "a", "an", "the", "any", "yet", "to", "in", "on", "of", "that",
})  # fmt: skip
# Words that may deny or turn as well as a "not" does; by their stems.
_MAY_DENY = frozenset(
    stems(
        "deny refuse decline fail unable lack stop avoid prevent instead rather unless even whether although except ban reject "
        "oppose against block longer enough last first unprecedented wrong"
    )
) | {"until", "but", "only", "if", "though", "than", "yet", "just", "most", "more", "before"}
_FIRST_EVER = re.compile(r"\b(?:first|last|only|unprecedented|record|new|wrong)\b|\b\w+est\b", re.IGNORECASE)


def denied_in_place(claim: str, evidence: str) -> Polarity | None:
    """Return who denies what the other states of the same thing, in the same words around it; None where not sure."""
    claim, evidence = normal(claim), normal(evidence)
    if not _FIRST_EVER.search(evidence) and _denies(claim, evidence):
        return "claim"
    if not _FIRST_EVER.search(claim) and _denies(evidence, claim):
        return "source"
    return None


def _denies(one: str, other: str) -> bool:
    """Tell whether `one` denies a word that `other` states beside the same words, with nothing near that may deny it."""
    said, there = _plain_words(one), _plain_words(other)
    stems_said, stems_there = [word.stem for word in said], [word.stem for word in there]
    for at, cue in enumerate(said):
        if cue.text not in _CUES:
            continue
        what = at + 1
        while what < len(said) and said[what].text in _LIGHT:
            what += 1
        if what == len(said) or said[what].text in END or said[what].stem in STOP:
            continue
        stem = said[what].stem
        places = [place for place, each in enumerate(stems_there) if each == stem]
        if stem in stems_said[:at] or not places or any(_may_be_denied(there, place) for place in places):
            continue
        after = [each for each in stems_said[what + 1 : what + 6] if each not in STOP and each not in END][:2]
        before = [each for each in stems_said[max(0, at - 5) : at] if each not in STOP and each not in END][-2:]
        for place in places:
            follow, precede = stems_there[place + 1 : place + 7], stems_there[max(0, place - 8) : place]
            both = any(each in follow for each in after) and (not before or any(each in precede for each in before))
            if both or (after and all(each in follow for each in after)) or _all_of(before, precede, not after):
                return True
    return False


def _all_of(before: list[str], precede: list[str], alone: bool) -> bool:
    return bool(before) and alone and all(each in precede for each in before)


def _may_be_denied(there: list[Word], place: int) -> bool:
    low = max(0, place - 8)
    ends = [at for at in range(low, place) if there[at].text in END]
    near = there[(ends[-1] + 1 if ends else low) : place] + there[place + 1 : place + 4]
    return any(
        each.text in _CUES
        or each.text in _MAY_DENY
        or each.stem in _MAY_DENY
        or (each.text.startswith("un") and len(each.text) > 5)
        or each.text.endswith("less")
        for each in near
    )


def _plain_words(text: str) -> list[Word]:
    for form, plain in _CONTRACTED:
        text = form.sub(plain, text)
    return words(_NOT_ONLY.sub("", text))


# -- opposites -------------------------------------------------------------------------------------------------------

_OPPOSITES = (
    "more fewer|more less|rise fall|rose fell|risen fallen|rising falling|increase decrease|increased decreased|"
    "increases decreases|increasing decreasing|higher lower|highest lowest|first last|won lost|win lose|"
    "opened closed|open close|approved rejected|approve reject|support oppose|supported opposed|supports opposes|"
    "backed opposed|best worst|better worse|largest smallest|larger smaller|rises falls|began ended|begins ends|"
    "started ended|earlier later|north south|east west|northern southern|eastern western|longer shorter|"
    "older younger|oldest youngest|above below|gained lost|profit loss|accepted rejected|accept reject|"
    "guilty innocent|allowed banned|allow ban|legal illegal|likely unlikely|safe unsafe|strong weak|"
    "success failure|succeeded failed|public private|raised cut|raise cut|confirmed denied|easier harder|"
    "easy hard|alive dead|buy sell|bought sold|arrived left|remain leave|possible impossible|men women|"
    "man woman|male female|daily weekly|mother father|son daughter|brother sister|husband wife|all some|"
    "all most|all many|all several|all few|all half|every some|every most|every many|always often|"
    "always usually|always sometimes|always generally|entire part|everyone many|never rarely|never seldom|"
    "only also|none some|both one"
)
_OPPOSITE: dict[str, set[str]] = {}
for _pair in _OPPOSITES.split("|"):
    _one, _other = _pair.split()
    _OPPOSITE.setdefault(_one, set()).add(_other)
    _OPPOSITE.setdefault(_other, set()).add(_one)


def opposite(claim: str, evidence: str) -> tuple[str, str] | None:
    """Return a word of the claim and its opposite, which the evidence has between the same words; None where not sure."""
    said, there = words(normal(claim)), words(normal(evidence))
    stems_said, stems_there = [word.stem for word in said], [word.stem for word in there]
    texts_said, texts_there = {word.text for word in said}, {word.text for word in there}
    for at, word in enumerate(said):
        others = _OPPOSITE.get(word.text, set()) & (texts_there - texts_said)
        if not others or word.stem in stems_there or (at and said[at - 1].text in ("nearly", "almost", "not")):
            continue
        place = Beside(tuple(reversed(stems_said[:at])), tuple(stems_said[at + 1 :]))
        for where, other in enumerate(there):
            its_place = Beside(tuple(reversed(stems_there[:where])), tuple(stems_there[where + 1 :]))
            if other.text in others and place.same_place(its_place):
                return word.text, other.text
    return None
