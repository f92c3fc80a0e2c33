"""An LLM's reply as it comes → the text it means as its answer, its markers all in one form: "[1]" or "[1, 3]".

Models think aloud, fence what they say, and mark sources in the dialect they were trained in. All of that is form; what
the reply says is left as it is.
"""

from __future__ import annotations

import re

from rag.text.plain import without_control
from rag.text.words import seen

MARKER = re.compile(r"\s{0,3}\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,9})*)\]")

_THINKS = r"(?:think|thinking|thought|thoughts|reasoning|reflection|scratchpad)"
_THOUGHT = re.compile(rf"<(/?){_THINKS}\b[^<>]{{0,100}}>", re.IGNORECASE)
_TAG = re.compile(r"</?(?:answer|response|output|final|final_answer)\s*>", re.IGNORECASE)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[ \t]*[\w-]*[ \t]*$", re.MULTILINE)
_FENCE_IN_LINE = re.compile(r"^```(?:\w+\s)?(.*?)```$", re.DOTALL)
_BULLET = re.compile(r"^[ \t]*(?:[-*•]|\d{1,2}[.)]|#{1,6})[ \t]+", re.MULTILINE)

# "![a](address)" is an image, "[a](address)" a link, "[a]: address" where one goes.
_LINK = re.compile(r"(!?)\[([^\[\]\n]{0,500})\]\((?:[^()\n]|\([^()\n]{0,500}\)){0,2000}\)")
_REFERENCE = re.compile(r"^[ \t]*\[[^\[\]\n]{1,100}\]:[ \t]*<?[a-z][\w+.-]{1,20}:\S.*$", re.IGNORECASE | re.MULTILINE)
_NUMBERS = re.compile(r"\W?[\d,; –-]{1,40}\W?")
_ANY_TAG = re.compile(
    r"<(script|style)\b[^<>]{0,2000}>.{0,5000}?</\1\s{0,9}>|<!--.{0,5000}?-->|</?[a-z!?][^<>]{0,2000}>",
    re.IGNORECASE | re.DOTALL,
)
_OPENS_TAG = re.compile(r"<(?=[a-z/!?])", re.IGNORECASE)
_ADDRESS = re.compile(r"\b(?:[a-z][a-z0-9+.-]{1,20}://|www\.)\S+|\b(?:javascript|data|vbscript):\S+", re.IGNORECASE)

_WORD = r"(?:ID|source|src|passage|doc|document|citation|cite|cit|ref|reference|article|note)s?"
_ONE = rf"(?:{_WORD} ?[:#.]? ?)?[#^]?\d{{1,3}} ?\^?(?:†[^\]】,;]{{0,60}})?"
DIALECT = re.compile(
    rf"(?:\[\[|\[|【|［|〔) ?({_ONE}(?: ?(?:[,，;&–-]|and) ?{_ONE})*) ?(?:\]\]|\]|】|］|〕)(?:\(\S{{0,500}}?\))?",
    re.IGNORECASE,
)
_DAGGER = re.compile(r"†[^,;]*")
_NUMBER = re.compile(r"\d+|[–-]")
# "(1)" is a marker only at the end of a statement, "(source 1)" anywhere.
_PAREN = re.compile(
    rf"[(（]({_WORD} ?[:#.]? ?\d{{1,3}}(?: ?[,;&–-] ?(?:{_WORD} ?[:#.]? ?)?\d{{1,3}})*)[)）]", re.IGNORECASE
)
_BARE_PAREN = re.compile(r"(?<=[\w.!?\"”’) ])[(（](\d{1,3}(?: ?[,;–-] ?\d{1,3})*)[)）](?= ?(?:[.,;:!?(（]|$|\n))")
# "[^1]: Brewery to be sold", what a mark points at.
_FOOTNOTE = re.compile(r"^[ \t]*\[\^?\d{1,3}\^?\]:.*$", re.MULTILINE)
# "He said so. [1] She ..." marks what stands before it.
_BEHIND = re.compile(r"([.!?]{1,3}[\"”’»)]{0,2})[ \t]?((?:\[[\d,;– -]{1,40}\][ \t]?)+)(?=\s|$|[A-Z“\"])")


def answer_of(reply: str) -> str:
    """Return what a reply says as its answer: without thoughts, fences, list signs and bold type; "" where nothing is left.

    Nor is anything left that a page could load, open or run: images, links, addresses, tags; nor what nobody sees.
    """
    text = _FENCE.sub("", _TAG.sub("", _without_thoughts(without_control(seen(reply))))).strip()
    text = _FENCE_IN_LINE.sub(r"\1", text)
    return _inert(_BULLET.sub("", text).replace("**", "")).strip()


def _inert(text: str) -> str:
    text = _LINK.sub(lambda link: "" if link[1] else f"[{link[2]}]" if _NUMBERS.fullmatch(link[2]) else link[2], text)
    text = _REFERENCE.sub("", text)
    return _ADDRESS.sub("", _OPENS_TAG.sub("", _ANY_TAG.sub("", text)))


def _without_thoughts(reply: str) -> str:
    """Return what stands outside of thoughts. One may lack its opening, which the prompt held, or its end, cut off."""
    told: list[str] = []
    at, depth = 0, 0
    for tag in _THOUGHT.finditer(reply):
        if not tag[1]:
            told += [reply[at : tag.start()]] if depth == 0 else []
            depth += 1
        elif depth == 0:
            told, at = [], tag.end()
        else:
            depth -= 1
            at = tag.end()
    return " ".join(told if depth else [*told, reply[at:]])


def is_refusal(answer: str, refusal: str) -> bool:
    """Tell whether the answer is the refusal and nothing else; marks around it and the case of its letters don't matter."""
    return " ".join(re.findall(r"\w+", answer.casefold())) == " ".join(re.findall(r"\w+", refusal.casefold()))


def as_markers(reply: str, known: int) -> str:
    """Return the reply with every marker as "[1]" or "[1, 3]", before the full stop of what it marks.

    Read are [1], [[1]], [^1], [ID:1], [source 2], 【1】, 【1†source】, [1](link) and (source 1); and (1) at the end of a statement
    where the reply has no other marks and at most `known` passages were shown.
    """
    text = _FOOTNOTE.sub("", reply)
    text = _PAREN.sub(_in_one_form, DIALECT.sub(_in_one_form, text))
    if not MARKER.search(text):
        text = _BARE_PAREN.sub(
            lambda match: _in_one_form(match) if all(0 < n <= known for n in _numbers(match[1])) else match[0], text
        )
    return _BEHIND.sub(lambda match: f" {match[2].strip()}{match[1]} ", text)


def _in_one_form(match: re.Match[str]) -> str:
    parts = _NUMBER.findall(_DAGGER.sub("", match[1]))
    told = ", ".join(part for part in parts if part.isdigit())
    return f"[{told.replace(', ', '-')}]" if len(parts) == 3 and not parts[1].isdigit() else f"[{told}]"


def _numbers(marker: str) -> list[int]:
    return [int(n) for n in re.findall(r"\d+", marker)]
