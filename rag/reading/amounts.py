"""Claim and source → amounts that the claim tells otherwise: the same digits at another scale, sign, decimal or currency."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from rag.text.words import NUMBER_WORDS

_SCALES = {
    "hundred": 1e2,
    "thousand": 1e3,
    "k": 1e3,
    "million": 1e6,
    "mn": 1e6,
    "m": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "b": 1e9,
    "trillion": 1e12,
    "tn": 1e12,
}
_SHORT = frozenset("kmb")  # "5m" are millions beside a currency, else maybe metres
_UNITS = {
    "$": "dollar", "usd": "dollar", "us$": "dollar", "a$": "dollar", "c$": "dollar", "€": "euro", "eur": "euro", "£": "pound",
    "gbp": "pound", "¥": "yen", "₹": "rupee", "rs": "rupee", "rs.": "rupee", "%": "percent", "per cent": "percent",
    "percent": "percent", "dollars": "dollar", "dollar": "dollar", "euros": "euro", "euro": "euro", "pounds": "pound",
    "pound": "pound", "yen": "yen", "yuan": "yuan", "rupees": "rupee", "francs": "franc", "crowns": "crown", "roubles": "rouble",
    "rubles": "rouble", "pesos": "peso",
}  # fmt: skip
_AMOUNT = re.compile(
    r"(?P<sign>(?<![\w.,)–−-])[-−–](?=[$€£¥₹]?\d)|\bminus )?"
    r"(?P<before>(?:\b(?:US|A|C))?\$|[€£¥₹]|\b(?:USD|EUR|GBP|Rs\.?))? ?"
    r"(?<![\d.,])(?P<number>\d{1,20}(?:[.,]\d{1,20}){0,6})"
    r"(?:[ -]?(?P<scale>hundred|thousand|million|billion|trillion|mn|bn|tn|m|k|b)\b)?"
    r"(?P<after> ?%| per ?cent\b| (?:US |American |Canadian |Australian )?"
    r"(?:dollars?|euros?|pounds?|yen|yuan|rupees|francs|crowns|roubles|rubles|pesos)\b)?",
    re.IGNORECASE,
)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?")  # "1,500"; "1,5" has a decimal comma
_FALLS = re.compile(
    r"\b(?:fell|fall(?:s|en|ing)?|dropp?(?:s|ed)?|declin\w+|decreas\w+|los[ts]\w*|loss(?:es)?|down|lower|shr[aiu]nk\w*|cut|negative|"
    r"minus|below|slid|slump\w*|plung\w+|contract\w*|deficit)\b",
    re.IGNORECASE,
)
_SPELLED = re.compile(rf"(?<![\w-])(?:{'|'.join(NUMBER_WORDS)})(?![\w-])", re.IGNORECASE)
_RANGE = re.compile(r"\s?(?:-|–|to|and|or)\s?")


@dataclass(frozen=True, slots=True)
class _Amount:
    text: str
    digits: str
    value: float
    scale: float | None  # None: "5m" without a currency
    unit: str
    negative: bool


def misquoted(claim: str, source: str) -> list[str]:
    """Return the amounts of the claim, as written, whose digits stand in the source only as another amount.

    Digits that the source lacks altogether are not told of: they are missing numbers.
    """
    said = _amounts(claim)
    there: dict[str, set[_Amount]] = {}
    for other in _amounts(source) if said else ():
        there.setdefault(other.digits, set()).add(replace(other, text=""))
    falls = _FALLS.search(claim) is not None, _FALLS.search(source) is not None
    lost = []
    for one in said:
        alike = there.get(one.digits, set())
        if alike and not any(_same(one, other, *falls) for other in alike):
            lost.append(one.text)
    return lost


def _same(one: _Amount, other: _Amount, claim_falls: bool, source_falls: bool) -> bool:
    if one.unit and other.unit and one.unit != other.unit:
        return False
    if one.negative != other.negative and not (claim_falls if other.negative else source_falls):
        return False
    return one.scale is None or other.scale is None or one.value == other.value


def _amounts(text: str) -> list[_Amount]:
    text = _SPELLED.sub(lambda match: NUMBER_WORDS[match[0].lower()], text)
    matches = list(_AMOUNT.finditer(text))
    found = [_amount(match) for match in matches]
    for at in range(len(matches) - 1):  # "5 to 6 million" are 5 million to 6 million
        one, other = found[at], found[at + 1]
        if (
            one.scale == 1
            and other.scale not in (None, 1)
            and _RANGE.fullmatch(text[matches[at].end() : matches[at + 1].start()])
        ):
            scale = other.scale or 1
            found.append(_Amount(one.text, one.digits, one.value * scale, scale, one.unit or other.unit, one.negative))
    return found


def _amount(match: re.Match[str]) -> _Amount:
    number = match["number"]
    unit = _unit(match["before"]) or _unit(match["after"])
    word = (match["scale"] or "").lower()
    scale = None if word in _SHORT and not unit else _SCALES.get(word, 1.0)
    plain = number.replace(",", "" if _GROUPED.fullmatch(number) else ".")
    try:
        value = float(plain)
    except ValueError:  # "1.2.3": no amount
        value, scale = 0.0, None
    digits = number.replace(",", "")
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits.lstrip("0") or "0"
    return _Amount(match[0].strip(), digits, value * (scale or 1), scale, unit, match["sign"] is not None)


def _unit(written: str | None) -> str:
    words = (written or "").lower().replace("per cent", "percent").split()
    return _UNITS.get(words[-1], "") if words else ""
