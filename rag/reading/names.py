"""Claim and evidence → a name that the evidence has another one for, and a speaker it doesn't quote."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from rag.reading.alike import beside, words
from rag.text.words import CALENDAR, STOP, analyze, named, normal, stems

# A country, its people and what stands for it; a state of America; a party. Of each a text may name another.
_NATIONS = """
united states america american americans usa us|united kingdom britain british briton britons uk england english great
|france french paris|germany german germans berlin|italy italian italians rome|spain spanish madrid|portugal portuguese
|russia russian russians moscow kremlin|ukraine ukrainian ukrainians kyiv kiev|belarus belarusian|china chinese beijing
|japan japanese tokyo|india indian indians delhi|pakistan pakistani|afghanistan afghan afghans kabul|israel israeli israelis
|iran iranian iranians tehran|iraq iraqi iraqis baghdad|syria syrian syrians damascus|turkey turkish turks ankara
|mexico mexican mexicans|canada canadian canadians ottawa|australia australian australians canberra|poland polish poles warsaw
|netherlands dutch|greece greek greeks athens|ireland irish dublin|scotland scottish scots|wales welsh|sweden swedish swedes
|norway norwegian norwegians|finland finnish finns|denmark danish danes|switzerland swiss|austria austrian|belgium belgian
|brazil brazilian brazilians|argentina argentine argentinian|chile chilean|colombia colombian|venezuela venezuelan|cuba cuban
|egypt egyptian cairo|nigeria nigerian|kenya kenyan|ethiopia ethiopian|vietnam vietnamese|thailand thai|indonesia indonesian
|philippines philippine filipino|taiwan taiwanese|palestine palestinian palestinians gaza|lebanon lebanese|qatar qatari
|hungary hungarian|romania romanian|serbia serbian|haiti haitian|yemen yemeni houthi|sudan sudanese|libya libyan
"""
_STATES = (
    "Alabama Alaska Arizona Arkansas California Colorado Connecticut Delaware Florida Georgia Hawaii Idaho Illinois Indiana "
    "Iowa Kansas Kentucky Louisiana Maine Maryland Massachusetts Michigan Minnesota Mississippi Missouri Montana Nebraska "
    "Nevada Ohio Oklahoma Oregon Pennsylvania Tennessee Texas Utah Vermont Wisconsin Wyoming"
)
_PARTIES = "republican republicans gop|democrat democrats democratic|labour|conservative conservatives tory tories"
_KINDS = tuple(
    tuple(frozenset(group.split()) for group in kind.replace("\n", " ").split("|"))
    for kind in (_NATIONS, _STATES.lower().replace(" ", "|"), _PARTIES)
)
_PART = frozenset(["north", "south", "northern", "southern", "latin", "new"])  # "North American" is not American
_CAPITALISED = re.compile(r"[A-Z][\w&'-]*")
_NAME_RUN = re.compile(r"[A-Z][\w'-]*(?: (?:(?:of|the|for|and|on) ){0,2}[A-Z][\w'-]*)+")
TITLES = frozenset(
    stems("President Minister Secretary Governor Senator Mayor King Queen Prince Pope Judge Doctor Professor")
)

_SAID = (
    r"(?:said|says|say|told|tells|added|adds|warned|warns|argued|argues|wrote|writes|noted|notes|explained|insisted|"
    r"insists|stated|announced|claimed|claims|predicted|acknowledged|testified|tweeted|posted)"
)
_WHO = r"[A-Z][\w'.&-]*(?: (?:of |the |and )?[A-Z][\w'.&-]*){0,6}"
_SPEAKS = re.compile(
    rf"(?P<one>{_WHO})(?:,[^,.;\"]{{3,80}},)? (?:also |has |have |had |later |then )?{_SAID}\b"
    rf"|\b{_SAID} (?P<two>{_WHO})|\b[Aa]ccording to (?:the )?(?P<three>{_WHO})"
)
_NOBODY = frozenset(stems("he she they it we officials police researchers experts doctors scientists sources"))
_UNNAMED = re.compile(
    rf"\b(?:he|she|they|it|who|officials|doctors|police|spokes\w+|statement|sources?)\b,? (?:also |has |had |later )?{_SAID}\b|"
    rf"\b{_SAID} (?:he|she|the|a|in)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Named:
    """A name where it stands in a text."""

    text: str
    start: int
    end: int


def other_name(claim: str, evidence: str, there: Collection[str] = ()) -> tuple[str, str] | None:
    """Return a name of the claim and the one that the evidence has in its place; None where not sure.

    In its place: between the same words, or the one other country, state or party that is named. `there` are the stems of
    the whole source; a surname, an acronym, a people's name for a country's and a possessive are the same name.
    """
    claim, evidence = normal(claim), normal(evidence)
    have, said = set(stems(evidence)).union(there), set(stems(claim))
    told, other_words = words(claim), words(evidence)
    others = [
        (other, beside(other_words, other.start, other.end))
        for other in _places(evidence)
        if not set(stems(other.text)) & (said | TITLES) and other.text.casefold() not in _acronyms(claim)
    ]
    for name in _places(claim):
        if _is_there(name.text, have, evidence):
            continue
        place = beside(told, name.start, name.end)
        for other, its_place in others:
            if place.same_place(its_place) and not same_name(name.text, other.text):
                return name.text, other.text
    return _other_of_a_kind(claim, evidence, have)


def _places(text: str) -> list[Named]:
    """Return the names where they stand, none inside another."""
    found = [
        Named(name, match.start(), match.end())
        for name in named(text)
        for match in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text)
    ]
    kept: list[Named] = []
    for one in sorted(found, key=lambda each: (each.start, -each.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def _is_there(name: str, have: Collection[str], text: str) -> bool:
    """Tell whether a name, or a part, a short form or a people's form of it, stands in the text."""
    lower = text.casefold()
    capitals = "".join(match[0][0] for match in _CAPITALISED.finditer(text))
    meant = False
    for word in re.findall(r"[^\W\d_]+", name):
        for stem in analyze(word)[:1]:
            if stem in STOP or stem in CALENDAR:
                continue
            meant = True
            if stem in have or (len(word) >= 4 and word[:4].casefold() in lower):
                return True
            if word.isupper() and len(word) <= 5 and all(letter in capitals for letter in word):
                return True
            if any(word.casefold() in group and _names_one(group, lower) for group in _KINDS[0]):
                return True
    return not meant


def _names_one(group: Collection[str], lower: str) -> bool:
    return any(re.search(rf"\b{word}\b", lower) for word in group)


def _acronyms(text: str) -> set[str]:
    """Return the short forms that the longer names of a text may have, in small letters."""
    found: set[str] = set()
    for match in _NAME_RUN.finditer(text):
        initials = "".join(word[0] for word in _CAPITALISED.findall(match[0]))[:8].casefold()
        found.update(initials[a:b] for a in range(len(initials)) for b in range(a + 2, len(initials) + 1))
    return found


def same_name(one: str, other: str) -> bool:
    """Tell whether two names may be one: the same, an acronym of the other, or two words for one country."""
    if one.casefold() == other.casefold():
        return True
    if one.casefold() in _acronyms(other) or other.casefold() in _acronyms(one):
        return True
    a, b = ({word.casefold() for word in re.findall(r"\w+", name)} for name in (one, other))
    return any(a & group and b & group for group in _KINDS[0])


def _other_of_a_kind(claim: str, evidence: str, have: Collection[str]) -> tuple[str, str] | None:
    """Return the one country, state or party of the claim and the one of the evidence, where they differ."""
    for kind in _KINDS:
        said, there = _of_kind(claim, kind), _of_kind(evidence, kind)
        if len(said) == len(there) == 1 and not said.keys() & there.keys():
            (one,), (other,) = said.values(), there.values()
            if not set(stems(one)) & set(have):
                return one, other
    return None


def _of_kind(text: str, kind: tuple[frozenset[str], ...]) -> dict[int, str]:
    found: dict[int, str] = {}
    before = ""
    for match in re.finditer(r"[^\W\d_]+", text):
        word = match[0].casefold()
        for number, group in enumerate(kind):
            if word in group and match[0][0].isupper():
                found[-1 if before in _PART else number] = match[0]
        before = word
    return found


def other_speaker(claim: str, evidence: str, there: Collection[str] = ()) -> tuple[str, str] | None:
    """Return who says it in the claim and who in the evidence, where that quotes one other person and nobody unnamed."""
    claim, evidence = normal(claim), normal(evidence)
    speakers, others = _speakers(claim), _speakers(evidence)
    if not speakers or len({tuple(sorted(who)) for _, who in others}) != 1 or _UNNAMED.search(evidence):
        return None
    said, have = set(stems(claim)), set(stems(evidence)).union(there)
    (other, its), *_ = others
    if its & said or other.casefold() in _acronyms(claim):
        return None
    for name, who in speakers:
        named_too = who & have
        share = len(said & have) / max(1, len(said if named_too else said - who))
        if not who & its and name.casefold() not in _acronyms(evidence) and share >= (0.7 if named_too else 0.6):
            return name, other
    return None


def _speakers(text: str) -> list[tuple[str, set[str]]]:
    found = []
    for match in _SPEAKS.finditer(text):
        name = re.sub(r"'s?$|\.$", "", next(group for group in match.groups() if group))
        if who := set(stems(name)) - CALENDAR - _NOBODY:
            found.append((name, who))
    return found
