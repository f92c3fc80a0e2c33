"""Claim and evidence → what the evidence says may be and the claim says is."""

from __future__ import annotations

import re

from rag.reading.alike import words
from rag.text.words import STOP, normal

_SOFT = re.compile(
    r"\b(?:may|might|could|can|would|possibl[ey]|potential(?:ly)?|perhaps|likely|if|unless|probabl[ey]|hop(?:e|es|ed|ing)|"
    r"chance|risk|expect\w*|plan\w*|believ\w*|think\w*|suggest\w*|predict\w*|poised|able|seems?|appears?|want\w*|consider\w*|"
    r"aim\w*|threaten\w*|urg\w*|seek\w*|to help)\b",
    re.IGNORECASE,
)
_AHEAD = re.compile(
    rf"{_SOFT.pattern}|\b(?:should|intend\w*|propos\w*|alleg\w*|report\w*|suspect\w*|estimat\w*|forecast\w*|tr(?:y|ies|ied|ying)|"
    r"sought|accus\w*|set to|due to|will|going to|about to|claim\w*|purported\w*|scheduled|bound|ready|would-be|ask\w*|call\w*|"
    r"must|need\w*|bid|pledg\w*|promis\w*|vow\w*|agree\w*|offer\w*|attempt\w*|since|last)\b|'ll\b",
    re.IGNORECASE,
)
_MAY = re.compile(
    r"\b(?P<says>may|might|could)(?! not\b)(?: (?:also|well|soon|still|even|eventually|one day|potentially))?"
    r"(?: have(?: been)?| be)? (?P<verb>[a-z]{4,})",
    re.IGNORECASE,
)
_TO_COME = re.compile(
    r"\b(?P<says>plans?|planned|hopes?|hoped|aims?|aimed|wants?|wanted|intends?|intended|proposed|threatened|considered|"
    r"tries|tried|seeks?|sought|set|expected|scheduled|due|going|vowed|promised|pledged|willing|ready|likely) to (?:be )?"
    r"(?P<verb>[a-z]{4,})|\b(?P<will>will|would|'ll)(?: be)? (?P<done>[a-z]{4,})",
    re.IGNORECASE,
)
_DONE_BEFORE = frozenset({"has", "have", "had", "was", "were"})


def overstated(claim: str, evidence: str) -> str | None:
    """Return the evidence's word for what is not certain ("may", "plans to") where the claim tells the same as a fact."""
    claim, evidence = normal(claim), normal(evidence)
    told = words(claim)
    said = {word.stem: at for at, word in reversed(list(enumerate(told)))}
    there = [word.stem for word in words(evidence)]
    if not _SOFT.search(claim):
        for match in _MAY.finditer(evidence):
            stem = words(match["verb"])[0].stem
            if stem not in STOP and stem in said and there.count(stem) == 1:
                return match["says"].lower()
    if not _AHEAD.search(claim):
        for match in _TO_COME.finditer(evidence):
            verb = match["verb"] or match["done"]
            stem = words(verb)[0].stem
            if stem in STOP or stem not in said or there.count(stem) != 1:
                continue
            word = told[said[stem]].text
            before = told[said[stem] - 1].text if said[stem] else ""
            if (word.endswith("ed") and word != verb.lower()) or before in _DONE_BEFORE:
                return match["will"] or f"{match['says'].lower()} to"
    return None
