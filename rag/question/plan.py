"""Question → Plan, without an LLM: which of the archive's outlets the question names, what it asks of each, and when.

A question that names none, and holds two events against each other, has a part for each (`sides.py`).

"Was the bid hostile according to Fortune on May 2, while The Verge called it friendly?" has two parts, one a mention of an
outlet, each with its own clause and dates. A name counts where it stands as words, with a capital letter, so that
"fortune" is luck and "Fortune" the magazine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise

from rag.errors import UsageError
from rag.question.sides import sides
from rag.question.weights import QuestionWeights
from rag.question.when import asked_about, periods
from rag.text.words import normal, seen, stems
from rag.types import Part, Plan

MAX_QUESTION = 4_000  # characters
_WORD = re.compile(r"\w(?:[\w.&'’]*\w)?")
_SECTION = re.compile(r"\s[-–—|:]\s|\s?\||:\s")  # "BBC News - Technology", "CNBC | World Business"
_DOMAIN = re.compile(
    r"^(?:https?://)?(?:www\.)?([\w-]+(?:\.[\w-]+)*?)\.(?:com|org|net|co|gov|edu|info|news|[a-z]{2})(?:\.[a-z]{2})?$",
    re.I,
)
_OPENS = r"(?!(?:Do|Does|Did|Is|Are|Was|Were|Has|Have|Had|What|Which|Who|Whose|How|When|Where|Why|After|Before|Between|Both) )"
_NAME = rf"(?:[Tt]he )?{_OPENS}[A-Z][\w&.-]*(?: (?:of |the |& |on )?[A-Z][\w&.-]*){{0,4}}"
_PIECE = r"(?:articles?|reports?|pieces?|stor(?:y|ies)|reviews?|coverage)"
_CITED = re.compile(
    rf"\b(?:{_PIECE}|according to|reported by|published (?:by|in)|as per) (?:(?:an? |the )?{_PIECE} )?(?:from |by |in |of )?"
    rf"(?:both )?['‘]?(?P<one>{_NAME})(?:['’]s?)?(?:,? (?:and|or) ['‘]?(?P<other>{_NAME}))?"
)
_CITES = re.compile(rf"(?P<name>{_NAME})['’]?(?:['’]?s)? {_PIECE}\b")
# How outlets' names end, and some that end like no other; "according to ..." alone may be followed by anybody.
_SOUNDS = re.compile(
    r"(?:^|\s)(?:News|Times|Post|Tribune|Journal|Herald|Gazette|Magazine|Daily|Weekly|Week|Today|Press|Chronicle|Observer|"
    r"Guardian|Telegraph|Mail|Sun|Star|Independent|Standard|Express|Mirror|Bulletin|Courier|Examiner|Inquirer|Ledger|"
    r"Monitor|Dispatch|Globe|Record|Review|Wire|Insider|Reuters|Bloomberg|Politico|Axios|Forbes|Economist|Atlantic|"
    r"Newsweek|Space|Stone)$|^[A-Z]{3,5}$|\.(?:com|org|net)$"
)
_QUOTED = re.compile(r"[\"“]([^\"“”]{4,80})[\"”]|(?<!\w)['‘]([^'‘’]{4,80})['’](?!\w)")
_ANY_OUTLET = ("news", "online", "magazine", "agency", "wire", "world", "sports", "business")  # short for no outlet
_CONTRAST = re.compile(
    r"\b(?:while|whereas|in contrast|compared|align\w*|unlike|as opposed|versus)\b|;|, (?:and|but|as)\b", re.I
)
_JOINT = re.compile(r"[,:]\s|\s(?:and|but|with|after|before|as|that|which)\b", re.I)


def outlet_key(name: str) -> str:
    """Return what an outlet's name is compared by: "The Guardian - World", "theguardian.com" → "guardian"."""
    bare = _SECTION.split(name.strip(), maxsplit=1)[0]
    domain = _DOMAIN.match(bare)
    squeezed = re.sub(r"[\W_]+", "", normal(domain[1] if domain else bare)).casefold()
    return squeezed.removeprefix("the") or squeezed


def outlets_by_key(names: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Return the archive's outlet names grouped by key; names of fewer than three letters can't be told from words.

    What people call an outlet for short has a key too, where only one can be meant: "the Packet" for The Orrismouth Packet
    as "the packet", "NYT" for The New York Times as "NYT".
    """
    return _by_key(tuple(names))


@lru_cache(maxsize=4)  # an archive's outlets hardly change from question to question
def _by_key(names: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    shorts: dict[str, set[str]] = {}
    for name in names:
        key = outlet_key(name)
        if len(key) < 3:
            continue
        groups.setdefault(key, []).append(name)
        words = [word for word in _SECTION.split(name.strip(), maxsplit=1)[0].split() if word.lower() != "the"]
        if len(words) > 1 and words[-1].lower() not in _ANY_OUTLET:
            shorts.setdefault(f"the {words[-1].casefold()}", set()).add(key)
        if len(words) > 2:
            shorts.setdefault("".join(word[0] for word in words).upper(), set()).add(key)
    known = {key: tuple(sorted(group)) for key, group in groups.items()}
    return known | {short: known[next(iter(keys))] for short, keys in shorts.items() if len(keys) == 1}


def make_plan(
    question: str,
    outlets: Mapping[str, tuple[str, ...]],
    asked: date,
    by: QuestionWeights = QuestionWeights(),
    newest: date | None = None,
) -> Plan:
    """Return the plan of `question`, asked on the day `asked`; `outlets` comes from `outlets_by_key`.

    newest: the day of the archive's newest article, None where none has a day.
    Takes time in the question's length only. Raises UsageError for a blank question, one of more than 4,000 characters,
    or one that is no text.
    """
    question = seen(question)
    if not question.strip():
        raise UsageError("the question is empty; ask something")
    if len(question) > MAX_QUESTION:
        raise UsageError(f"the question has {len(question):,} characters; ask in at most {MAX_QUESTION:,}")
    if any("\ud800" <= letter <= "\udfff" for letter in question):
        raise UsageError("the question holds half a character (an unpaired surrogate); write it as UTF-8 text")
    dated = periods(question, asked, newest)
    mentions = _mentions(question, outlets, by.outlet_words)
    parts: list[Part] = []
    for (group, _, _), (start, end) in zip(mentions, _clauses(question, mentions, by.behind), strict=True):
        clause = question[start:end].strip(" ,;")
        if len(set(stems(clause))) < by.clause:
            start, end, clause = 0, len(question), question
        part = Part(clause, group, tuple(period for at, period in dated if start <= at < end))
        if part not in parts and len(parts) < by.outlets:
            parts.append(part)
    absent = _absent(question, mentions)
    if not parts and not absent:
        for start, end in sides(question, by):
            clause = question[start:end].strip(" ,;:?")
            parts.append(Part(clause, (), tuple(period for at, period in dated if start <= at < end)))
    named = tuple(period for _, period in dated)
    wanted = asked_about(question, asked, newest)
    return Plan(question, tuple(parts), named, absent, _quoted(question, mentions), asked=asked, wanted=wanted)


def _mentions(
    question: str, outlets: Mapping[str, tuple[str, ...]], longest: int
) -> list[tuple[tuple[str, ...], int, int]]:
    """Return the outlets that `question` names, each with the characters it stands at; the longest name wins.

    longest: words in a name at most.
    """
    words = [(match[0], match.start(), match.end()) for match in _WORD.finditer(question)]
    found = []
    at = 0
    while at < len(words):
        for length in range(min(longest, len(words) - at), 0, -1):
            named = [word for word, _, _ in words[at : at + length]]
            if not _is_name(named):
                continue
            if group := called(" ".join(named).removesuffix("'s").removesuffix("’s"), outlets):
                found.append((group, words[at][1], words[at + length - 1][2]))
                at += length - 1
                break
        at += 1
    return found


def _absent(question: str, mentions: Sequence[tuple[tuple[str, ...], int, int]]) -> tuple[str, ...]:
    """Return the names that the question uses as an outlet's, that sound like one, and that are none of the archive's."""
    found: dict[str, str] = {}
    for pattern in (_CITED, _CITES):
        for match in pattern.finditer(question):
            for name in match.groupdict():
                low, high = match.span(name)
                told = (
                    question[low:high].removesuffix("'s").removesuffix("’s").removeprefix("the ").removeprefix("The ")
                )
                known = any(low < end and start < high for _, start, end in mentions)
                if low >= 0 and not known and _SOUNDS.search(told):
                    found.setdefault(outlet_key(told), told)
    return tuple(found.values())


def _quoted(question: str, mentions: Sequence[tuple[tuple[str, ...], int, int]]) -> tuple[str, ...]:
    """Return what stands in quotation marks, but for outlets; one word alone is no phrase."""
    found = []
    for match in _QUOTED.finditer(question):
        named = any(match.start() < end and start < match.end() for _, start, end in mentions)
        phrase = next(group for group in match.groups() if group)
        if not named and len(phrase.split()) > 1:
            found.append(phrase.strip(" ,.?!"))
    return tuple(dict.fromkeys(found))


def _clauses(
    question: str, mentions: Sequence[tuple[tuple[str, ...], int, int]], behind_from: int
) -> list[tuple[int, int]]:
    """Return where the clause of each mention begins and ends; together they are the question.

    A question that says something, in `behind_from` words or more, before it first names an outlet names them behind what
    they said ("... according to Fortune, and ... as reported by The Verge"), else before. Two clauses are cut apart at a
    "while", "whereas" or the like, else at a comma or a conjunction.
    """
    if not mentions:
        return []
    behind = len(stems(question[: mentions[0][1]])) >= behind_from
    cuts = [0]
    for (_, _, low), (_, high, _) in pairwise(mentions):
        places = [m.start() for m in _CONTRAST.finditer(question, low, high)]
        places = places or [m.start() for m in _JOINT.finditer(question, low, high)] or [low if behind else high]
        cuts.append(places[0] if behind else places[-1])
    return list(pairwise([*cuts, len(question)]))


def called(name: str, outlets: Mapping[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """Return the outlets that `name` stands for: by key, in short behind "the", or by initials."""
    the, _, short = name.partition(" ")
    if known := outlets.get(outlet_key(name)):
        return known
    if the.lower() == "the":
        return outlets.get(f"the {short.casefold()}")
    return outlets.get(name) if name.isupper() else None


def _is_name(words: Sequence[str]) -> bool:
    """Tell "Fortune" and "fortune.com" from "The fortune of ...": "The" alone makes no name."""
    capital = any(word[:1].isupper() for word in words if word.lower() != "the")
    return capital or ("." in words[0] and words[0].islower())
