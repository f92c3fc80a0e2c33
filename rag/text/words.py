"""Text → what it is compared by: stems, numbers, names. Shared by ranking, checking and planning."""

from __future__ import annotations

import re
from functools import cache

import tantivy


@cache
def analyzer() -> tantivy.TextAnalyzer:
    """Return the analyzer of both documents and questions: letters and digits, lower case, no accents, English stems."""
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
    words: list[str] = analyzer().analyze(text)
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
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+(?:[.,]\d+)*")
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


def stems(text: str) -> list[str]:
    """Return the stems of the words that carry meaning, in order."""
    return [word for word in analyze(text) if word not in STOP]


def numbers(text: str) -> set[str]:
    """Return the numbers in `text`, digits or words up to ninety, each in one form: "1,500" and "1500" are the same."""
    found = {number.replace(",", "").rstrip(".") for number in _NUMBER.findall(text)}
    spelled = {NUMBER_WORDS[word] for word in _WORD.findall(text.lower()) if word in NUMBER_WORDS}
    return {n.rstrip("0").rstrip(".") if "." in n else n.lstrip("0") or "0" for n in found | spelled}


def names(text: str) -> set[str]:
    """Return the stems of words written as names: capitalised within a sentence, or with a capital inside ("xAI").

    A capital that opens a sentence or a quotation proves nothing, so such a word counts only if it is no common word
    and is followed by another capitalised one.
    """
    found: set[str] = set()
    for match in _NAME.finditer(text):
        word = match[0]
        opens = bool(_OPENS.search(text[max(0, match.start() - 3) : match.start()])) or match.start() == 0
        if opens and not any(letter.isupper() for letter in word[1:]) and not re.match(r"\s[A-Z]", text[match.end() :]):
            continue
        found.update(stem for stem in analyze(word) if stem not in STOP)
    return found


def named(text: str) -> list[str]:
    """Return the names in `text` as they stand there, each once; none where every word has a capital, which tells nothing.

    A lone word that opens the text is none, nor is a day or a month.
    """
    written = text.split()
    if not any(word[:1].islower() for word in written):
        return []
    found = []
    for match in _NAMED.finditer(text):
        words = match[0].split()
        while words and all(stem in STOP for stem in analyze(words[0])):
            del words[0]
        name = re.sub(r"['’]s?$", "", " ".join(words))
        opens = match[0] == written[0] and not any(letter.isupper() for letter in name[1:])
        if last_word(name) and not opens:
            found.append(name)
    return list(dict.fromkeys(found))


def last_word(name: str) -> str:
    """Return the stem of a name's last word, "" where that is a day, a month or no word: "Keir Starmer" is "starmer"."""
    meant = [stem for stem in analyze(name) if stem not in STOP and len(stem) > 1]
    return meant[-1] if meant and meant[-1] not in CALENDAR else ""


def looks_english(text: str) -> bool:
    """Tell whether a short text may be English: Latin letters and, from six words on, enough English stop words."""
    letters = [letter for letter in text if letter.isalpha()]
    latin = sum(letter.isascii() for letter in letters)
    words = analyze(text)
    return latin >= 0.8 * len(letters) and (len(words) < 6 or sum(word in STOP for word in words) > 0.15 * len(words))


def nameless(text: str) -> str:
    """Return `text` with "it" for each name: what is said or asked, whoever it is about.

    A word that says nothing by itself ("Where", "After") is no name for the capital that opens a sentence.
    """
    return _NAMED.sub(_without_name, text)


def _without_name(match: re.Match[str]) -> str:
    first, _, rest = match[0].partition(" ")
    if not all(stem in STOP for stem in analyze(first)):
        return "it"
    return f"{first} it" if rest else first
