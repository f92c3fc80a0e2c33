"""Sentence of a reply → what it says, without the words that say where it was read.

"TechCrunch reported on 3 May that the kiosk closed" claims that the kiosk closed, and that it stands in TechCrunch of 3
May. The first is a matter of reading, the second of looking: it narrows the passages that may bear the sentence out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.question.when import MONTH, periods
from rag.types import Hit

_DATE = rf"(?:{MONTH}\.? \d{{1,2}}(?:, \d{{4}})?|\d{{1,2}} {MONTH}\.?(?: \d{{4}})?|{MONTH} \d{{4}})"
_VERB = (
    r"(?:reports?|reported|says?|said|adds?|added|explains?|explained|notes?|noted|writes?|wrote|states?|stated|"
    r"indicates?|indicated|shows?|showed|confirms?|confirmed|repeats?|repeated|points? out|pointed out|tells?|told readers)"
)
_ADVERB = r"(?:also|later|further|only|merely|simply|separately|likewise|similarly|then|itself|had|has)"
_PIECE = r"(?:reports?|articles?|stor(?:y|ies)|pieces?|passages?|trackers?|accounts?|columns?|editorials?|coverage|texts?|sources?)"
_KIND = rf"(?:(?:an?|the|its|one|another) )?(?:(?:news|opinion|live|follow-up|earlier|later|separate) )?{_PIECE}"
_WHEN = re.compile(
    r"(?P<when>(?:before|after|during|in|on|at|ahead of) (?:[\w’'-]+ ){1,7}?[\w’'-]+) that (?P<rest>.+)", re.IGNORECASE
)
_BEYOND = re.compile(r"\s[|–—:-]\s|\s\(")


@dataclass(frozen=True, slots=True)
class Framed:
    """What a sentence says, the words around it, and which passages these leave: all, those of an outlet or a day, or none."""

    core: str
    frame: str
    hits: tuple[Hit, ...]


def framed(text: str, hits: Sequence[Hit]) -> Framed:
    """Return the sentence without the words that name outlets, articles and days as what was read."""
    names = outlets(hits)
    one = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) or r"(?!)"
    outlet = rf"(?:[Tt]he )?(?:{one})(?:['’]s?)?"
    core, frame = text, []
    for form in _forms(outlet):
        if (match := form.search(core)) and len(rest := (core[: match.start()] + core[match.end() :]).strip(" ,")) > 3:
            frame.append(match[0])
            core = rest[0].upper() + rest[1:] + ("" if rest[-1] in '.!?"”' else ".")
    if frame and (when := _WHEN.match(core)):  # "wrote before the match that United struggle"
        core = f"{when['rest'][0].upper()}{when['rest'][1:].rstrip('.')} {when['when'][0].lower()}{when['when'][1:]}."
    core = re.sub(rf"\btold {outlet}(?= that\b)", "said", core)
    told = " ".join(frame)
    left = [hit for hit in hits if _of_outlet(told, hit, names) and _of_day(told, hit)]
    return Framed(core, told, tuple(left))


def _forms(outlet: str) -> tuple[re.Pattern[str], ...]:
    piece = rf"(?:the |its |an? |one |another |both |all |this |that )?(?:[\w’'-]+ ){{0,4}}{_PIECE}"
    who = rf"(?:{outlet}(?: {_PIECE})?|{piece}|it|they)"
    dated = rf"(?:,? (?:dated|from|of|on|published on|published|in)? ?(?:the )?{_DATE},?)?"
    return (
        re.compile(
            rf"^(?:(?:but|and|while|meanwhile|however),? )?(?:(?:on|in) {_DATE},? )?{who}{dated}"
            rf"(?: {_ADVERB})* {_VERB}(?: {_ADVERB})*{dated}(?: that\b|,|:)?(?= )",
            re.IGNORECASE,
        ),
        re.compile(
            rf"^(?:according to|as reported by|in|per) (?:{_KIND} (?:in|by|from|of) )?{outlet}{dated},", re.IGNORECASE
        ),
        re.compile(rf"^according to {_KIND}{dated},", re.IGNORECASE),
        re.compile(
            rf",? (?:according to|as reported by|reported by|as told by) (?:{_KIND} (?:in|by|from|of) )?{outlet}{dated}(?=[.]?$)",
            re.IGNORECASE,
        ),
        re.compile(rf", (?:{outlet}|it|he|she|they) {_VERB}{dated}(?:,|(?=[.]?$))", re.IGNORECASE),
    )


def outlets(hits: Sequence[Hit]) -> dict[str, set[str]]:
    """Return the names by which the outlets of the hits may be called, without "The", each with the outlets it stands for."""
    found: dict[str, set[str]] = {}
    for source in {hit.article.source for hit in hits if hit.article.source.strip()}:
        whole = re.sub(r"^the ", "", source.strip(), flags=re.IGNORECASE)
        first = _BEYOND.split(whole)[0].strip() or whole  # "The Packet | News and views"
        last = first.split()[-1] if len(first.split()) > 1 and source.lower().startswith("the ") else first
        for name in {whole, first, last}:
            found.setdefault(name, set()).add(source)
    return found


def _of_outlet(frame: str, hit: Hit, names: dict[str, set[str]]) -> bool:
    meant = [
        sources for name, sources in names.items() if re.search(rf"\b{re.escape(name)}(?!\w)", frame, re.IGNORECASE)
    ]
    return not meant or any(hit.article.source in sources for sources in meant)


def _of_day(frame: str, hit: Hit) -> bool:
    if hit.article.published_at is None or not frame:
        return True
    day = hit.article.published_at.date()
    named = [period for _, period in periods(frame, day)]
    return not named or any(period.first <= day <= period.last for period in named)
