"""A quote and its article → why it may mean something else there. A heuristic of words, which a person checks."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right

from rag.text.split import sentences
from rag.text.words import stems

_OPENS = r"^[\"'“‘(\[]*"
_BUT = re.compile(_OPENS + r"(?:but|however|yet|nevertheless|nonetheless|in (?:fact|reality|truth)|actually)\b", re.I)
_NOT = re.compile(r"\b(?:not|no|never|none|nobody|nothing|that|this|it)\b|n['’]t\b", re.IGNORECASE)
_TURNS = re.compile(
    _OPENS + r"(?:not so|on the contrary|"
    r"none of (?:this|that|it) (?:is|was|happened)|(?:that|this|it|the (?:claim|report|story|statement|figure|number|rumou?r)s?) "
    r"(?:(?:is|was|are|were|has been|have been|turned out to be|proved(?: to be)?) (?:\w+ly |later )?"
    r"(?:not (?:true|so|the case|correct|accurate)|false|untrue|wrong|incorrect|inaccurate|a lie|a hoax|denied|withdrawn|"
    r"retracted|corrected|disputed|contradicted|misleading)|isn['’]t|wasn['’]t|never happened))\b",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"\b(?:den(?:y|ies|ied) (?:this|that|it|the (?:claim|report|allegation|accusation|charge|rumou?r)s?)|"
    r"(?:rejects?|rejected|disputes?|disputed|contradicts?|contradicted|retracts?|retracted|withdrew|corrected) "
    r"(?:this|that|it|the (?:claim|report|allegation|accusation|statement|story|figure)s?)|"
    r"no evidence (?:for|of|that supports?) (?:this|that|it|the claim)s?)\b",
    re.IGNORECASE,
)
_SUPPOSES = re.compile(
    _OPENS + r"(?:suppose|imagine|assume|picture this|what if|hypothetically|in theory|rumou?r has it|legend has it|"
    r"in (?:the|this|that|one|such a) (?:\w+ )?(?:scenario|simulation|exercise|drill|satire|sketch|parody))\b",
    re.IGNORECASE,
)
_IF = re.compile(_OPENS + r"(?:if|should|were|unless)\b", re.IGNORECASE)
_WOULD = re.compile(r"\b(?:would|could|might|then)\b", re.IGNORECASE)
_SAID = re.compile(
    r"\b(?:claim(?:s|ed|ing)?|alleg(?:e|es|ed|edly|ing|ation)s?|rumou?r(?:s|ed)?|purport(?:s|ed|edly)|conspiracy|hoax|"
    r"satir(?:e|ical)|fictional)\b",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"\b(?:said|says?|wrote|writes?|told|tells?|argue[sd]?|jok(?:es?|ed)|post(?:s|ed)|declare[sd]?)\b", re.IGNORECASE
)
_GOES_ON = re.compile(_OPENS + r"(?:he|she|they|it|this|that|these|those|then)\b", re.IGNORECASE)
_BREAK = re.compile(r"\n\s*\n")


def torn(text: str, start: int, end: int) -> str | None:
    """Return why the quote `text[start:end]` may mean something else in its article, None where nothing says so.

    The sentence behind the quote takes it back (opens with
    "That is false", or with "But" and speaks of the same thing; denies it), or the one before makes it conditional, supposed
    or somebody's claim. Inside a quotation that begins before it, it has lost its speaker. Neighbours in the quote itself
    are not looked at.
    """
    spans = sentences(text)
    quote = text[start:end]
    first = bisect_right(spans, start, key=lambda span: span[1])
    after = bisect_left(spans, end, key=lambda span: span[0])
    behind = text[slice(*spans[after])] if after < len(spans) else ""
    # What stands before the quote in its own sentence, where it is quoted from its middle.
    opening = text[spans[first][0] : start].strip() if first < len(spans) else ""
    before = opening or (text[slice(*spans[first - 1])] if first else "")
    turn = _TURNS.search(behind)
    if turn or ((turn := _BUT.search(behind)) and (_NOT.search(behind) or set(stems(behind)) & set(stems(quote)))):
        return f"the next sentence opens with “{turn[0]}”"
    if denial := _DENIES.search(behind):
        return f"the next sentence says “{denial[0]}”"
    if before.endswith(":") and (said := _TELLS.search(before) or _SAID.search(before)):
        return f"what stands before tells whose words it is: “{said[0]}”"
    if supposed := _SUPPOSES.search(before):
        return f"what stands before supposes it: “{supposed[0]}”"
    if _IF.search(before) and _GOES_ON.search(quote) and _WOULD.search(quote):
        return "what stands before is its condition"
    if (said := _SAID.search(before)) and (opening or _GOES_ON.search(quote)):
        return f"what stands before tells whose claim it is: “{said[0]}”"
    if _inside_quotation(text, start):
        return "it stands inside a quotation that begins before it"
    return None


def _inside_quotation(text: str, start: int) -> bool:
    """Say whether a quotation that began earlier in the paragraph is still open at `start`."""
    paragraph = _BREAK.split(text[:start])[-1]
    return paragraph.count("“") > paragraph.count("”") or paragraph.count('"') % 2 == 1
