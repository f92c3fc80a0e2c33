"""What kind of thing a question asks for, and whether a text holds one: a reason, a sum, a time, a number, a day, a place, a name.

By wording alone. It can't tell that the number in a sentence is the one asked for, only that there is one; an answer that
holds none is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from rag.question.when import MONTH
from rag.text.words import NUMBER_WORDS, names, numbers, seen
from rag.types import AnswerType

_DID = r"(?:did|does|do|was|were|is|are|will|would|can|could|has|have|had|should|must|may|might)"
_CUES: Mapping[AnswerType, re.Pattern[str]] = {
    "why": re.compile(
        r"\bwhy\b|\bhow come\b|\b(?:what|which)\b.{0,30}\b(?:reasons?|caused?|prompted|motivated|led to|made|explanation)\b",
        re.I,
    ),
    "how_much_money": re.compile(
        rf"\bhow much (?:money|cash)\b|\bhow much {_DID}\b.{{0,80}}\b(?:cost|charge|pay|paid|spend|spent|raised?|earn|worth|"
        r"sell|fined?|toll|fee|bonus)\b|\bwhat\b.{0,60}\b(?:cost|salary|price|wages?|profits?|revenues?|fees?|fine)\b",
        re.I,
    ),
    "what_time": re.compile(r"\b(?:what|which) (?:time|hour)\b", re.I),
    "how_many": re.compile(
        r"\bhow (?:many|much|long|old|far|often|big|large|high|tall|fast|deep|heavy|wide)\b|"
        r"\b(?:what|which) (?:percentage|share|proportion|number|age)\b",
        re.I,
    ),
    "when": re.compile(
        rf"(?:^|[,.;:?] (?:and |but )?)(?:by |since |until |from )?when {_DID}\b|\b(?:what|which) (?:year|month|day|date)\b|"
        r"\bwhat (?:is|was) the (?:\w+ )?(?:date|birthday|year|month) of\b|"
        r"\bhow recently\b",
        re.I,
    ),
    "where": re.compile(r"\bwhere\b|\b(?:what|which) (?:city|country|town|state|place|street|site|venue)\b", re.I),
    "who": re.compile(
        r"\bwho(?:m|se)?\b|\b(?:what|which) (?:person|man|woman|individual|company|team|player|actor|author)\b", re.I
    ),
}

# Reasons, strongest wording only: "after" and "since" mostly tell the time.
REASON = re.compile(
    r"\b(?:because|(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )due to|"
    r"due to(?! (?:be|have|begin|end|hear|meet|leave|arrive|appear|take|give|make|hold|play|return|resume|speak|testify|visit|"
    r"retire|sign|rise|pay|run|marry|expire|publish|go|come|open|close|start|vote|face|launch)\b)|owing to|"
    r"as a result of|in order to|so that|so as to|the reasons? (?:for|why|was|is|given)|"
    r"on the grounds? (?:of|that)|citing|cited|blam(?:ed|es|ing)|attribut(?:ed|es|ing) \w+(?: \w+){0,4} to|thanks to|"
    r"(?:led|leading) to|prompted by|driven by|caused by|stem(?:s|med) from|in response to|in protest|"
    r"in (?:an effort|a bid|an attempt) to|as part of [^,.;]{0,40}\b(?:efforts?|bid|drive|push|campaign|plans?)\b|"
    r"for fear|over (?:concerns?|fears?|claims|allegations|safety)|amid (?:concerns?|fears?)|(?:aims?|aimed|hop(?:ed|ing)) to|"
    r"to (?:avoid|prevent|protect|save|allow|make room|help|ensure|reduce|cut|comply|give|keep))\b",
    re.IGNORECASE,
)
_SCALE = r"(?: ?(?:hundred|thousand|million|billion|trillion|lakhs?|crores?|[kmb]n?)\b)*"
_COUNT = (
    rf"(?:\d[\d.,]*|\b(?:{'|'.join(NUMBER_WORDS)}|an?|half an?|several|hundreds?|thousands?|millions?|billions?))"
    rf"(?: of)?{_SCALE}"
)
# Names of currencies as news writes them; a sum in one that is missing here mostly has its sign or its code.
_COINS = (
    r"(?:afghanis?|baht|balboas?|birr|bitcoins?|bol[ií]var(?:es|s)?|bolivianos?|bucks?|cedis?|cents?|col[oó]n(?:es|s)?|"
    r"c[oó]rdobas?|crowns?|dalasis?|denars?|dinars?|dirhams?|dollars?|dong|drams?|escudos?|ether|euros?|forints?|francs?|"
    r"gourdes?|guaran[ií](?:es|s)?|guilders?|hryvnias?|kina|kips?|koruny?|korunas?|krona|kron[ae]r?|kr[oó]nur|kunas?|"
    r"kwachas?|kwanzas?|kyats?|laris?|lei|lek[ëes]?|lempiras?|leones?|lev[as]?|liras?|lire|manats?|marks?|meticais|"
    r"metical|nairas?|ouguiyas?|pa['’]anga|pence|pesetas?|pesos?|pounds?|pulas?|quetzal(?:es|s)?|quid|rands?|reais|reals?|"
    r"renminbi|rials?|riels?|ringgits?|riyals?|roubles?|rubles?|rufiyaa|rupees?|rupiahs?|shekels?|shillings?|sol(?:es)?|"
    r"som(?:on[iy])?|sterling|sum|takas?|tenges?|tugriks?|won|yen|yuan|z[lł]ot(?:ys?|ych|e))"
)
_SIGNS = r"[$¢-¥֏؋৳฿₠-⃀]"  # the currency signs of Unicode that news uses
_MONEY = re.compile(
    rf"{_SIGNS} ?\d|\d[\d.,]*{_SCALE} ?{_SIGNS}|{_COUNT} (?:(?-i:[A-Z])\w+ )?{_COINS}\b|"
    rf"\b(?:pounds|rs|kr|fr|zł)\b\.? ?\d|\d[\d.,]*{_SCALE} ?(?:kr|zł|Kč|Ft|p)\b|"
    rf"(?-i:\b[A-Z]{{3}}) ?\d|\d[\d.,]*{_SCALE} ?(?-i:[A-Z]{{3}}\b)|"  # by the code of a currency: CHF 70,000
    r"\b(?:free|costs? nothing|no charge|for nothing)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"\b\d{1,2}[.:h]\d\d\b|\b\d{1,2} ?[ap]\.?m\b|\b\d{4} hours\b|\b(?:noon|midnight|midday|dawn|dusk|sunrise|sunset)\b|"
    r"\bo['’]clock\b|\b(?:half past|(?:a )?quarter (?:past|to)|minutes (?:past|to))\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    rf"\b{MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}}\b)?|\b\d{{1,2}}(?:st|nd|rd|th)? {MONTH}\b(?:,? \d{{4}}\b)?|"
    r"\b(?:1[89]|20)\d\ds?\b(?!,\d)",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    rf"\d|\b(?:{'|'.join(NUMBER_WORDS)}|hundreds?|thousands?|dozens?|millions?|billions?|half|thirds?|quarters?|fifths?|tenths?|"
    r"none|nobody|several|once|twice|daily|weekly|monthly|hourly)\b",
    re.IGNORECASE,
)
_WHEN = re.compile(
    rf"\b{MONTH}\.? \d|\b\d{{1,2}}(?:st|nd|rd|th)? {MONTH}\b|"
    rf"\b(?:in|by|since|until|from|of|early|late|mid|end of|this|last|next) {MONTH}\b|"
    r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(?:1[89]|20)\d\ds?\b|\b\d\d?(?:st|nd|rd|th)[ -]century\b|"
    r"\b(?:yesterday|today|tonight|tomorrow|ago|spring|summer|autumn|winter|christmas|easter)\b|"
    r"\b(?:last|next|this|previous|following|coming) (?:week|month|year|night|day|weekend|fall|season)\b|"
    r"\b(?:\w+|\d+) (?:hours?|days?|weeks?|months?|years?|decades?) (?:later|earlier|before|after|ago|from now)\b|"
    r"\b(?:in|within|for|after) (?:\w+ ){1,3}(?:hours|days|weeks|months|years|decades)\b",
    re.IGNORECASE,
)
_WHERE = re.compile(r"\b(?:in|at|near|from|outside|on|off) (?:the )?(?:[A-Z]\w+)")

# Kinds whose answers have a form.
TELLABLE: frozenset[AnswerType] = frozenset({"how_much_money", "what_time", "how_many", "when"})


def asks(question: str) -> AnswerType:
    """Return what kind of answer the question wants."""
    return next((kind for kind, cue in _CUES.items() if cue.search(question)), "what")


def holds(kind: AnswerType, text: str, question: str) -> bool:
    """Tell whether the text holds something of the kind that the question asks for and doesn't say itself."""
    match kind:
        case "why":
            return bool(REASON.search(text))
        case "how_many":
            return bool(numbers(text) - numbers(question))
        case "where":
            return bool(_WHERE.search(text))
        case "who":
            return bool(names(text) - _names_of(question))
        case "what":
            return False
    return not lacks(kind, text)


def lacks(kind: AnswerType, text: str) -> bool:
    """Tell whether the text is surely no answer to such a question, whatever it is about.

    No sum of any currency, no time of day, no number, no day or time is in it.
    """
    text = seen(text)
    match kind:
        case "how_much_money":
            return not _MONEY.search(text)
        case "what_time":
            return not _CLOCK.search(text)
        case "how_many":
            return not _AMOUNT.search(_DATE.sub(" ", text))
        case "when":
            return not _WHEN.search(text) and not _CLOCK.search(text)
    return False


@lru_cache(maxsize=8)  # every sentence is held against the same question
def _names_of(question: str) -> frozenset[str]:
    return frozenset(names(question))
