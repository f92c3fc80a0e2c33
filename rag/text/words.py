"""Text → what it is compared by: stems, numbers, names. Shared by ranking, checking and planning."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from decimal import Decimal
from functools import cache
from math import log

import tantivy

# Characters that nobody sees and that tear words: soft hyphens, zero-width spaces and joiners, byte order marks.
_UNSEEN = re.compile("[\u00ad\u034f\u180e\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_MARKS = re.compile("[\u0300-\u036f]")
_SAME = str.maketrans(
    {"‘": "'", "’": "'", "‚": "'", "‛": "'", "ʼ": "'", "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"'}
    | {"‐": "-", "‑": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " "}
)
_DOTTED = re.compile(r"(?<![\w.])(?:[^\W\d_]\.)+[^\W\d_](?!\w)\.?")  # "U.N.", "U.N.H.C.R", "p.m."
_STATES = re.compile(r"\bUS\b")  # in small letters it would be the word "us"


def seen(text: str) -> str:
    """Return `text` as a reader sees it: letters composed (NFC), characters that nobody sees left out."""
    return text if text.isascii() else unicodedata.normalize("NFC", _UNSEEN.sub("", text))


def encodable(text: str) -> str:
    """Return the text with a "?" for each lone half of a surrogate pair, which UTF-8 can't hold; it stays as long."""
    return text.encode("utf-8", "replace").decode()


def normal(text: str) -> str:
    """Return the one form in which index, question and check compare words; what is stored and quoted stays as it is.

    As seen, without accents, quotation marks straight, and abbreviations without their full stops: "U.N." is "UN".
    """
    if not text.isascii():
        bare = _MARKS.sub("", unicodedata.normalize("NFD", _UNSEEN.sub("", text)))
        text = unicodedata.normalize("NFC", bare).translate(_SAME)
    return _STATES.sub("USA", _DOTTED.sub(lambda found: found[0].replace(".", ""), text))


@cache
def analyzer() -> tantivy.TextAnalyzer:
    """Return the analyzer of what `normal` gives: letters and digits, lower case, no accents, English stems."""
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(40))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )


def analyze(text: str) -> list[str]:
    """Return the analyzed words of `text`, in order."""
    words: list[str] = analyzer().analyze(normal(text))
    return words


# Words that say nothing of what a sentence is about, question words among them; stems, as `analyze` gives them.
STOP = frozenset(
    analyze(
        "a about above after again against all also although am among an and any are aren as at be been before being "
        "below between both but by can could couldn d did didn do does doesn doing don down during each either else ever "
        "few for from further get give given go got had hadn has hasn have haven having he her here hers herself him "
        "himself his how however i if in into is isn it its itself just let ll made make many may me might more most much "
        "must my myself neither no nor not now of off on once one only or other our ours out over own per re s said same "
        "say says she should shouldn since so some such t take than that the their theirs them themselves then there "
        "these they this those through to too under until up upon us ve very was wasn we were weren what when where "
        "whether which while who whom whose why will with within without won would wouldn yes yet you your yours"
    )
)
NUMBER_WORDS = {
    word: str(n)
    for n, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
} | {"thirty": "30", "forty": "40", "fifty": "50", "sixty": "60", "seventy": "70", "eighty": "80", "ninety": "90"}
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_COMMA = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_UNITS = "|".join(word for word, digits in NUMBER_WORDS.items() if len(digits) == 1 and digits != "0")
_TENS = "|".join(word for word in NUMBER_WORDS if word.endswith("ty"))
_UNDER_100 = rf"(?:(?:{_TENS})[ -](?:{_UNITS})|{'|'.join(sorted(NUMBER_WORDS, key=len, reverse=True))})"
_UNDER_1000 = rf"{_UNDER_100}(?:[ -]hundred(?: (?:and )?{_UNDER_100})?)?"
_SPELLED = re.compile(
    rf"(?<![\w.,])(?:{_UNDER_1000}(?:[ -]thousand(?:,? (?:and )?{_UNDER_1000})?)?|\d+(?:\.\d+)? (?:hundred|thousand))\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+(?:[.,]\d+)*")
_NAME = re.compile(r"\b[A-Z][\w&]*(?:[-.’'][A-Za-z]\w*)*\b|\b[a-z]+[A-Z]\w*\b")
_NAMED = re.compile(
    r"\b(?:[A-ZÀ-ÖØ-Þ]|[a-z]+[A-Z])[\w&’'-]*(?:\.\w+)*(?: (?:of |the |and )?[A-ZÀ-ÖØ-Þ][\w&’'-]*(?:\.\w+)*)*"
)
_OPENS = re.compile(r"(?:^|[.!?:]\s+|[\"“‘(]\s*|\n\s*)$")

# Days and months, which an article need not name to be of one.
CALENDAR = frozenset(
    analyze(
        "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august "
        "september october november december"
    )
)


def undotted(text: str) -> str:
    """Return the text, as long as it was, with abbreviations of three letters and more as models know them, without full stops."""
    return _DOTTED.sub(lambda dotted: _plain_abbreviation(dotted[0]), text)


def _plain_abbreviation(dotted: str) -> str:
    plain = dotted.replace(".", "")
    return plain.ljust(len(dotted)) if len(plain) > 2 else dotted


def stems(text: str) -> list[str]:
    """Return the stems of the words that carry meaning, in order."""
    return [word for word in analyze(text) if word not in STOP]


def spelling(text: str) -> dict[str, str]:
    """Return, of each stem of `text`, the word it was first made of, as people read it: "daili" was "daily"."""
    found: dict[str, str] = {}
    for word in re.findall(r"[^\W_]+", _DOTTED.sub(lambda dotted: dotted[0].replace(".", ""), seen(text))):
        for stem in analyze(word):
            found.setdefault(stem, word)
    return found


def numbers(text: str) -> set[str]:
    """Return the numbers in `text`, each in one form: "1,500", "1500" and "fifteen hundred" are the same.

    "3 million" is 3, as "3m" is. The ends of a range are its numbers.
    """
    text = _COMMA.sub("", normal(text))
    spelled = {_value(match[0]) for match in _SPELLED.finditer(text)}
    found = {number.replace(",", "").rstrip(".") for number in _NUMBER.findall(_SPELLED.sub(" ", text))}
    return {n.rstrip("0").rstrip(".") if "." in n else n.lstrip("0") or "0" for n in found | spelled}


def spelled_as(text: str, other: str) -> str:
    """Return the text with each number in words that `other` has in digits written in digits: "sixty" beside "60" is "60"."""
    digits = set(_NUMBER.findall(other))
    return _SPELLED.sub(lambda found: value if (value := _value(found[0])) in digits else found[0], text)


def _value(spelled: str) -> str:
    """Return the digits of a number in words, or of one like "4 thousand"."""
    total = small = Decimal(0)
    for word in re.split(r"[\s,-]+", spelled.lower()):
        if word == "hundred":
            small *= 100
        elif word == "thousand":
            total, small = total + small * 1000, Decimal(0)
        elif word != "and":
            small += Decimal(NUMBER_WORDS.get(word, word))
    return f"{total + small:f}"


def names(text: str) -> set[str]:
    """Return the stems of words written as names: capitalised within a sentence, or with a capital inside ("xAI").

    A capital that opens a sentence or a quotation proves nothing, so such a word counts only if it is no common word
    and is followed by another capitalised one.
    """
    found: set[str] = set()
    text = seen(text)
    for match in _NAME.finditer(text):
        word = match[0]
        if _opens(text, match.start()) and not _inner_capital(word) and not re.match(r"\s[A-Z]", text[match.end() :]):
            continue
        found.update(stem for stem in analyze(word) if stem not in STOP)
    return found


def named(text: str) -> list[str]:
    """Return the names in `text` as they stand there, each once; none where every word has a capital, which tells nothing.

    A lone word that opens a sentence is none unless it stands as a name elsewhere in the text, nor is a day or a month.
    """
    text = seen(text)
    written, known = text.split(), names(text)
    if not any(word[:1].islower() for word in written):
        return []
    found = []
    for match in _NAMED.finditer(text):
        words = match[0].split()
        while words and all(stem in STOP for stem in analyze(words[0])):
            del words[0]
        name = re.sub(r"['’]s?$", "", " ".join(words))
        if text.startswith(".", match.end()) and _DOTTED.fullmatch(name):
            name += "."
        opens = len(match[0].split()) == 1 and _opens(text, match.start()) and not _inner_capital(name)
        if (last := last_word(name)) and (not opens or last in known):
            found.append(name)
    return list(dict.fromkeys(found))


def last_word(name: str) -> str:
    """Return the stem of a name's last word, "" where that is a day, a month or no word: "Keir Starmer" is "starmer"."""
    meant = [stem for stem in analyze(name) if stem not in STOP and len(stem) > 1]
    return meant[-1] if meant and meant[-1] not in CALENDAR else ""


def rareness(holding: int, of: int) -> float:
    """Return the inverse document frequency, as BM25 has it, of a word that `holding` texts hold `of` so many."""
    return log(1 + (of - holding + 0.5) / (holding + 0.5))


# English: the share of letters that are Latin at least, and of words that are stop words where there are _SOME or more.
_LATIN, _STOPS, _SOME = 0.8, 0.15, 6


def looks_english(text: str) -> bool:
    """Tell whether a short text may be English: Latin letters and, from six words on, enough English stop words."""
    letters = [letter for letter in text if letter.isalpha()]
    latin = sum(letter.isascii() for letter in letters)
    words = analyze(text)
    return latin >= _LATIN * len(letters) and (
        len(words) < _SOME or sum(word in STOP for word in words) > _STOPS * len(words)
    )


def nameless(text: str, known: Collection[str] = ()) -> str:
    """Return `text` with "it" for each name: what is said or asked, whoever it is about.

    A sentence's opening word is a name only if another name follows it, if it stands as a name elsewhere in the text, or
    if its stem is among `known`, the names of other texts: "Unemployment fell" and "Where ..." name nobody.
    """
    text = seen(text)
    there = names(text).union(known)

    def without(match: re.Match[str]) -> str:
        first, _, rest = match[0].partition(" ")
        said = analyze(first)
        common = all(stem in STOP for stem in said)
        if not common and _opens(text, match.start()) and not _inner_capital(first):
            common = there.isdisjoint(said)
        if not common:
            return "it"
        join, _, name = rest.partition(" ")
        return first if not rest else f"{first} {join} it" if name and join in ("of", "and", "the") else f"{first} it"

    return _NAMED.sub(without, text)


def _opens(text: str, at: int) -> bool:
    """Tell whether a sentence or a quotation begins at `at`."""
    return at == 0 or bool(_OPENS.search(text[max(0, at - 3) : at]))


def _inner_capital(word: str) -> bool:
    return any(letter.isupper() for letter in word[1:])
