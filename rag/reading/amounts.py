"""Claim and source → amounts that the claim tells otherwise: the same digits as another amount, or another number in its place."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache

from rag.text.words import NUMBER_WORDS, stems

_SCALE_WORDS = {
    "k": "thousand", "m": "million", "mn": "million", "mln": "million", "b": "billion", "bn": "billion", "t": "trillion",
    "tn": "trillion",
}  # fmt: skip
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_SCALES |= {short: _SCALES[word] for short, word in _SCALE_WORDS.items()}
_SHORT = frozenset("kmb")  # "5m" are millions beside a currency, else maybe metres
_UNITS = {
    "$": "dollar", "usd": "dollar", "us$": "dollar", "a$": "dollar", "c$": "dollar", "€": "euro", "eur": "euro", "£": "pound",
    "gbp": "pound", "¥": "yen", "₹": "rupee", "rs": "rupee", "rs.": "rupee", "%": "percent", "per cent": "percent",
    "percent": "percent", "dollars": "dollar", "dollar": "dollar", "euros": "euro", "euro": "euro", "pounds": "pound",
    "pound": "pound", "yen": "yen", "yuan": "yuan", "rupees": "rupee", "francs": "franc", "crowns": "crown", "roubles": "rouble",
    "rubles": "rouble", "pesos": "peso",
}  # fmt: skip
# A letter that goes on is no scale: "a $20 T-shirt" and "a £90 B&B" are no trillions and billions.
_GOES_ON = r"(?!(?<=[ -]\w)[-&'’]\w)"
_AMOUNT = re.compile(
    r"(?P<sign>(?<![\w.,)–−-])[-−–](?=[$€£¥₹]?\d)|\bminus )?"
    r"(?P<before>(?:\b(?:US|A|C))?\$|[€£¥₹]|\b(?:USD|EUR|GBP|Rs\.?))? ?"
    r"(?<![\d.,])(?P<number>\d{1,20}(?:[.,]\d{1,20}){0,6})"
    r"(?:[ -]?(?P<scale>hundred|thousand|million|billion|trillion|mn|bn|tn|m|k|b)\b"
    rf"{_GOES_ON})?"
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
_TORN = re.compile(r"(?<=\d)([.,])\s+(?=\d)")
_SHORT_SUM = re.compile(
    rf"([$€£¥]\d{{1,9}}(?:[.,]\d{{1,3}})?)[ -]?({'|'.join(_SCALE_WORDS)})\b{_GOES_ON}", re.IGNORECASE
)
_RANGE = re.compile(r"\s?(?:-|–|to|and|or)\s?")


@dataclass(frozen=True, slots=True)
class _Amount:
    text: str
    digits: str
    value: float
    scale: float | None  # None: "5m" without a currency
    unit: str
    negative: bool


def mended(text: str) -> str:
    """Return `text` with its numbers whole: "98. 7" and "800, 000" are as some tokenizers leave them."""
    return _TORN.sub(r"\1", text)


def in_words(text: str) -> str:
    """Return `text` with the scale of its sums of money as a word: "$5B" and "£3.2m" as "$5 billion" and "£3.2 million"."""
    return _SHORT_SUM.sub(lambda match: f"{match[1]} {_SCALE_WORDS[match[2].lower()]}", text)


def misquoted(claim: str, source: str) -> list[str]:
    """Return the amounts of the claim, as written, whose digits stand in the source only as another amount.

    Digits that the source lacks altogether are not told of: they are missing numbers.
    """
    said = _amounts(claim)
    there: dict[str, set[_Amount]] = {}
    wanted = {one.digits for one in said}
    for other in _amounts(source) if said else ():
        if other.digits in wanted:
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


@lru_cache(maxsize=4)  # one source is asked about for every sentence of a claim
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


# -- another number in its place ---------------------------------------------------------------------------------

_ONES = "|".join(word for word, digits in NUMBER_WORDS.items() if len(digits) == 1 and digits != "0")
_TENS = "|".join(word for word in NUMBER_WORDS if word.endswith("ty"))
_IN_WORDS = rf"(?:(?:{_TENS})[ -](?:{_ONES})|{'|'.join(sorted(NUMBER_WORDS, key=len, reverse=True))})"
_BIG = r"(?:hundred|thousand|million|billion|trillion|dozen)\b"
_COUNTED = re.compile(
    r"(?P<money>(?:US|A|C)?\$|[€£¥₹])?\s?(?<![\w.,:])"
    r"(?:(?P<digits>\d{1,3}(?:,\d{3}){1,6}(?:\.\d{1,9})?|\d{1,20}(?:\.\d{1,9})?)(?P<ordinal>st|nd|rd|th)?"
    rf"|(?P<word>half an? (?={_BIG})|{_IN_WORDS}\b|an?\b(?= {_BIG})))"
    rf"(?P<scales>(?:[ -]?(?:{_BIG}|(?:mn|bn|tn|[kmb])\b)){{0,2}})(?P<decade>s\b)?"
    r"(?P<percent>\s?%| ?per ?cent\b|-percent\b| percentage points?)?"
    r"(?P<coin> (?:US |American )?(?:dollars?|euros?|pounds?|yen|yuan|rupees|francs)\b)?(?P<clock>:\d\d|(?=\s?[ap]\.?m\b))?",
    re.IGNORECASE,
)
ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
}  # fmt: skip
NOT_RANKS = ("place", "half", "lady", "time")  # "the first half", and what else is no count
_ORDINAL = re.compile(
    rf"\b(?:{'|'.join(ORDINALS)})\b(?! (?:{'|'.join(NOT_RANKS)})\b)|\b\d{{1,3}}(?:st|nd|rd|th)\b", re.IGNORECASE
)
_VAGUE = re.compile(
    r"\b(?:(?:dozens|hundreds|thousands|millions|billions)(?: of (?:thousands|millions|billions))?|"
    r"(?:few|several|couple) (?:dozen|hundred|thousand|million|billion))\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:about|around|nearly|almost|roughly|some|close to|over|more than|under|less than|fewer than|up to|at least|"
    r"approximately|approaching|just)(?: an?)? ?[$€£]?$",
    re.IGNORECASE,
)
_FRACTION = re.compile(r"\bhalf\b|\bquarter|\bthirds?\b|dozen|decade|century", re.IGNORECASE)
_COUNTABLE = 12  # so many may have been counted: "two" for a list of two
_MANY = 12  # numbers of a source of which sums are made


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written, what it counts (percent, money, plain) and the stems of the words after it."""

    text: str
    value: float
    kind: str
    counts: frozenset[str]
    start: int


def counted(text: str) -> list[Number]:
    """Return the numbers of `text`, in digits or words, but no years, decades, ordinals and hours."""
    found = []
    for match in _COUNTED.finditer(text):
        digits, scales = match["digits"], re.findall("[a-z]+", match["scales"].lower())
        year = digits and not scales and re.fullmatch(r"1[5-9]\d\d|20\d\d", digits)
        kind = "percent" if match["percent"] else "money" if match["money"] or match["coin"] else "plain"
        if match["clock"] is not None or match["ordinal"] or match["decade"] or (year and kind == "plain"):
            continue
        value = float(digits.replace(",", "")) if digits else _in_words(match["word"].lower().strip())
        for scale in scales:
            value *= 12 if scale == "dozen" else _SCALES[scale]
        found.append(Number(match[0].strip(), value, kind, _next_words(text, match.end()), match.start()))
    return found


def _in_words(word: str) -> float:
    if word.startswith("half"):
        return 0.5
    return 1.0 if word in ("a", "an") else float(sum(int(NUMBER_WORDS[part]) for part in re.split("[ -]", word)))


def _next_words(text: str, at: int, many: int = 3) -> frozenset[str]:
    return frozenset(stems(" ".join(re.findall(r"[\w'-]+", text[at : at + 40])[:many])))


def other_number(claim: str, evidence: str, there: Collection[float] | None = None) -> tuple[str, str] | None:
    """Return a number of the claim, as written, and the one that the evidence has in its place; None where not sure.

    `there` are the numbers of the whole source: what it holds anywhere, or what its numbers may come to, is not told otherwise.
    """
    said, near = counted(claim), counted(evidence)
    known = {one.value for one in near} | set(there or ())
    values = {one.value for one in said}
    left = [one for one in near if one.value not in values]
    for one in said:
        if one.value in known or (one.kind == "plain" and one.value <= 1):
            continue
        alike = [other for other in left if other.kind == one.kind and not _rounded(one, other, claim)]
        same = [other for other in alike if one.counts & other.counts]
        if _comes_to(one.value, sorted(known)[:_MANY]) and not (same and one.value > 2 and len(known) == 1):
            continue
        if same and not (one.kind == "plain" and one.value <= _COUNTABLE and same[0].value == 1):
            return one.text, same[0].text
        if (one.kind == "plain" and one.value <= _COUNTABLE) or _FRACTION.search(evidence):
            continue
        if others := [other for other in alike if other.kind != "plain" or other.value > _COUNTABLE]:
            return one.text, others[0].text
    return _other_ordinal(claim, evidence, known) or _other_magnitude(claim, evidence)


def _rounded(one: Number, other: Number, claim: str) -> bool:
    """Tell whether a number of the claim may be another of the source in fewer digits: "about 40" for 43."""
    rough = _digits(one.value) < _digits(other.value) or _ABOUT.search(claim[max(0, one.start - 20) : one.start + 1])
    return abs(one.value - other.value) <= 0.1 * other.value and bool(rough)


def _digits(value: float) -> int:
    return max(1, len(f"{value:f}".rstrip("0").rstrip(".").replace(".", "").strip("0")))


def _comes_to(value: float, there: list[float]) -> bool:
    """Tell whether the source's numbers may come to this one: a sum, a difference, a share, a half, months for years."""

    def is_it(other: float) -> bool:
        return abs(value - other) <= 0.006 * abs(other)

    for one in there:
        if _digits(value) <= 2 and _digits(value) < _digits(one) and abs(value - one) <= 0.06 * one:
            return True
        if any(is_it(each) for each in (100 - one, one * 2, one / 2, one * 12, one / 12, one * 7, one / 7)):
            return True
    for at, one in enumerate(there):
        for other in there[at + 1 :]:
            ratio = one / other if other else 0.0
            if any(is_it(each) for each in (one + other, other - one, one * other, ratio, 100 * ratio)):
                return True
            if one and is_it(other / one):
                return True
    return is_it(sum(there))


def _other_ordinal(claim: str, evidence: str, known: Collection[float]) -> tuple[str, str] | None:
    """Return "second" and "third", where the evidence counts the same that way: in "third-round" and no "second-round"."""
    said, near = ([(match[0], _rank(match[0]), _next_words(text, match.end(), 2), _next_words(text, match.end(), 1))
                   for match in _ORDINAL.finditer(text)] for text in (claim, evidence))  # fmt: skip
    used = {rank for _, rank, _, _ in said}
    others = [each for each in near if each[1] not in used]
    for text, rank, what, word in said:
        if word and any(rank == another and word == its for _, another, _, its in near):
            continue
        elsewhere = rank in known or any(rank == another for _, another, _, _ in near)
        for other, _, of, its in others:
            if (word and word == its) if elsewhere else what & of:
                return text, other
    return None


def _rank(text: str) -> int:
    return ORDINALS.get(text.lower()) or int(re.sub(r"\D", "", text))


def _other_magnitude(claim: str, evidence: str) -> tuple[str, str] | None:
    """Return "thousands" and "millions", where each text tells one such magnitude and the evidence no number."""
    said, near = ({match[0].lower() for match in _VAGUE.finditer(text)} for text in (claim, evidence))
    if len(said) == len(near) == 1 and said != near and not re.search(r"\d", evidence):
        return said.pop(), near.pop()
    return None
