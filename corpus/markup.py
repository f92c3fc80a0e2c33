"""HTML → the text that a reader of the page sees.

What is struck out is gone. A subscript joins what it belongs to (CO2), a power is told by "^" (10^6), the mark of a
footnote is gone, a quotation element has its marks. Blocks, items, cells and line breaks part what they part on the page.
"""

from __future__ import annotations

import html
import re
from html.entities import html5
from typing import Any

_TAG = re.compile(
    r"<(/?)(p|br|div|a|b|i|u|s|em|strong|span|h[1-6]|ul|ol|li|dl|dt|dd|img|figure|figcaption|blockquote|q|table|caption"
    r"|thead|tbody|tfoot|tr|td|th|hr|section|article|main|header|footer|nav|aside|small|big|sub|sup|cite|code|kbd|samp|var"
    r"|dfn|mark|tt|pre|iframe|script|style|video|audio|source|font|center|del|ins|strike|abbr|time|picture|noscript|button"
    r"|form|input|label|svg|path|wbr|address|details|summary)(?=[\s/>])[^<>]*>|<!--|-->",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
INLINE = frozenset(
    ("a", "b", "i", "u", "s", "em", "strong", "span", "small", "big", "sub", "sup", "cite", "code", "kbd", "samp", "var",
     "dfn", "mark", "tt", "font", "del", "ins", "strike", "abbr", "time", "q", "img", "label", "wbr")
)  # fmt: skip
_LINES = frozenset(("br", "li", "dt", "dd", "tr"))  # each on a line of its own; other blocks get an empty one between
_UNREAD = frozenset(("script", "style", "iframe", "noscript", "svg", "template", "head"))
_FRAME = frozenset(("nav", "header", "footer", "aside", "form", "button"))  # of a page, around its article

_STRUCK_TAGS = frozenset(("del", "s", "strike"))
_STRUCK = re.compile(r"text-decoration(?:-line)?\s*:[^;]*line-through", re.IGNORECASE)
_STRUCK_CLASS = re.compile(r"(?:^|\s)(?:line-through|strike|strikethrough|strike-through)(?:\s|$)", re.IGNORECASE)
_QUOTES = ("\u201c", "\u201d"), ("\u2018", "\u2019")
_OPENING = "\"\u201c\u201e\u00ab\u2018'"

_FOOTNOTE = re.compile(r"[\[(].*[\])]|[*\u2020\u2021\u00a7\u00b6#,;\s]*", re.DOTALL)
_NUMBERED = re.compile(r"\d{1,3}(?:\s*[,;\u2013-]\s*\d{1,3})*|[a-z]")
_POWER = re.compile(r"[+\u2212-]?\d+|[a-z]")
_CHARGE = re.compile(r"\d?[+\u2212-]")
_NUMBER = re.compile(r"(?<![\w.])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?\Z")
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_UNIT = re.compile(r"(?:[kcdmn]?m|ft|mi|in|yd|s|sec)", re.IGNORECASE)
_RAISED = {"2": "\u00b2", "3": "\u00b3"}
_SIGNS = {"tm": "\u2122", "sm": "\u2120", "r": "\u00ae", "(r)": "\u00ae", "c": "\u00a9"}
_ABBREVIATED = re.compile(r"[A-Z][a-z]?")  # Mlle, Dr, No
_NOTE_MARK = re.compile(r"\b(?:foot|end)?(?:note|ref|reference|cite|citation)", re.IGNORECASE)
_WORD = re.compile(r"\w+\Z")
_BEFORE = 40  # characters that are looked at before a subscript or superscript
_STEPS = 4  # elements, likewise


def plain(text: str) -> str:
    """Return `text` without tags and entities, its paragraphs parted by an empty line; as it is where it has none."""
    if re.match(r"\s*&lt;", text) and _TAG.search(entities(text)):
        text = entities(text)  # markup that was escaped as a whole
    if not _TAG.search(text):
        return entities(text)
    # Only what is a tag is one to the parser; entities are read afterwards, by the rule below.
    parts: list[str] = []
    at = 0
    for tag in _TAG.finditer(text):
        parts += (_escaped(text[at : tag.start()]), tag[0].replace("&", "&amp;"))
        at = tag.end()
    tree = parsed("".join((*parts, _escaped(text[at:]))))
    return "" if tree is None else entities(text_of(settled(tree)))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\0", "")


def parsed(source: str) -> Any:
    """Return the tree of an HTML text, None where there is nothing in it."""
    from lxml import etree  # slow to import
    from lxml import html as pages

    parser = pages.HTMLParser(huge_tree=True, remove_comments=True, remove_pis=True, encoding="utf-8")
    try:
        return pages.document_fromstring(source.encode(errors="replace"), parser=parser)
    except etree.ParserError:
        return None


def settled(tree: Any) -> Any:
    """Make the inline markup of `tree` that carries meaning into text, in place, and return the tree."""
    for element in [each for each in tree.iter() if isinstance(each.tag, str) and _struck(each)]:
        _become(element, "")
    for element in list(tree.iter("sub", "sup")):
        inside = " ".join(_content(element).split())
        before, after = _before(element), element.tail or ""
        told = _lowered(inside, before) if element.tag == "sub" else _raised(element, inside, before, after)
        if told and told[-1].isalnum() and re.match(r"[^\W\d]{3}", after):
            told += " "
        elif not told and before[-1:].isalnum() and after[:1].isalnum():
            told = " "
        link = element.getparent()
        if (
            not told
            and link is not None
            and link.tag == "a"
            and len(link) == 1
            and link.text_content().strip() == inside
        ):
            element = link  # of which nothing is left either
        _become(element, told)
    for element in list(tree.iter("q")):
        if not (element.text or "").lstrip().startswith(tuple(_OPENING)):
            opening, closing = _QUOTES[sum(1 for _ in element.iterancestors("q")) % 2]
            element.text = opening + (element.text or "").lstrip()
            if len(element):
                element[-1].tail = (element[-1].tail or "").rstrip() + closing
            else:
                element.text = element.text.rstrip() + closing
    for element in list(tree.iter("q")):
        element.tag = "span"  # the extractor takes a quotation element for a block
    return tree


def text_of(tree: Any, *, framed: bool = True) -> str:
    """Return the text of `tree`, its paragraphs parted by an empty line; `framed`: with menus and the like around it."""
    from lxml import etree

    parts: list[str] = []
    unread = 0
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        name = element.tag if isinstance(element.tag, str) else "script"
        silent = name in _UNREAD or (not framed and name in _FRAME)
        if name in ("td", "th"):
            parts.append(" ")
        elif name in _LINES:
            parts.append("\n" if event == "start" else "")
        elif name not in INLINE and name not in _UNREAD:
            parts.append("\n\n")
        if event == "start":
            unread += silent
            if not unread:
                parts.append(re.sub(r"\s+", " ", element.text or ""))
        else:
            unread -= silent
            if not unread and element is not tree:
                parts.append(re.sub(r"\s+", " ", element.tail or ""))
    joined = "\n".join(line.strip() for line in re.sub(r" {2,}", " ", "".join(parts)).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", joined).strip()


def entities(text: str) -> str:
    """Return `text` with its entities as characters, a no-break space as a space."""
    return _ENTITY.sub(_character, text)


def _character(entity: re.Match[str]) -> str:
    name = entity[0][1:]
    # By name only in full: html.unescape makes "¬es;" of "&notes;".
    character = html.unescape(entity[0]) if name.startswith("#") else html5.get(name, entity[0])
    return character.replace("\xa0", " ")


# Inline markup that carries meaning


def _struck(element: Any) -> bool:
    if element.tag in _STRUCK_TAGS or _STRUCK.search(element.get("style") or ""):
        return True
    return bool(_STRUCK_CLASS.search(element.get("class") or ""))


def _lowered(inside: str, before: str) -> str:
    """Return a subscript as text: joined to a letter (CO2, PM2.5), else told by "_", where it is long by a space."""
    if not before[-1:].isalnum() and before[-1:] not in (")", "]"):
        return inside
    if len(inside) > 5 or " " in inside:
        return f" {inside}"
    joins = inside[:1].isdigit() and not before[-1].isdigit()
    return inside if joins else f"_{inside}" if inside else ""


def _raised(element: Any, inside: str, before: str, after: str) -> str:
    """Return a superscript as text: a power, an ordinal, a sign; nothing for the mark of a footnote."""
    if sign := _SIGNS.get(inside.lower()) if len(inside) > 1 or inside.isupper() else None:
        return sign
    if inside in ("\u2122", "\u2120", "\u00ae", "\u00a9", "\u00ba", "\u00aa"):
        return inside
    if _FOOTNOTE.fullmatch(inside) or (_NUMBERED.fullmatch(inside) and _points_to_a_note(element)):
        return ""
    if inside.isdigit() and after[:1] in ("/", "\u2044") and len(after.strip()) == 1:
        return f" {inside}" if before[-1:].isdigit() else inside  # 1 1/2
    word = _WORD.search(before)
    if not word:  # an isotope, or a note's own number before it
        return "" if _NUMBERED.fullmatch(inside) and re.search(r"[.,;:!?\"'\u201d\u2019]\Z", before) else inside
    base = word[0]
    number = _NUMBER.search(before)
    if base[-1].isdigit():
        if inside.isalpha() and len(inside) <= 3:
            return inside  # 21st
        if _POWER.fullmatch(inside) and number and not _YEAR.fullmatch(number[0]):
            return f"^{inside}"
        return "" if _NUMBERED.fullmatch(inside) else f" {inside}"
    if inside in _RAISED and _UNIT.fullmatch(base):
        return _RAISED[inside]
    if _CHARGE.fullmatch(inside):
        return inside
    if _POWER.fullmatch(inside) and len(base) <= 2:
        return f"^{inside}"
    if inside.isalpha() and len(inside) > 1 and _ABBREVIATED.fullmatch(base):
        return inside
    return "" if _NUMBERED.fullmatch(inside) else f" {inside}"


def _points_to_a_note(element: Any) -> bool:
    if len(element) and element.find(".//a") is not None:
        return True
    around = [element, *(a for a in element.iterancestors("a"))][:2]
    marks = (f"{each.get('class') or ''} {each.get('id') or ''} {each.get('role') or ''}" for each in around)
    return any((each.get("href") or "").startswith("#") for each in around) or any(map(_NOTE_MARK.search, marks))


def _before(element: Any) -> str:
    """Return the end of the text before `element` in its block."""
    told = ""
    for _ in range(_STEPS):
        previous = element.getprevious()
        around = element.getparent() if previous is None else previous
        if around is None:
            break
        told = ((around.text if previous is None else previous.tail) or "")[-_BEFORE:] + told
        if len(told) >= _BEFORE or around.tag not in INLINE:
            break
        if previous is not None:
            told = _content(previous)[-_BEFORE:] + told
        element = around
    return told


def _content(element: Any) -> str:
    return str(element.text_content()) if len(element) else element.text or ""  # the first takes ten times as long


def _become(element: Any, text: str) -> None:
    """Make `element` hold `text` and mean nothing more; where nothing is left, one of the blanks beside it goes too."""
    if not text and element.tail and element.tail[0].isspace() and _before(element)[-1:].isspace():
        element.tail = element.tail.lstrip()
    del element[:]
    element.attrib.clear()
    element.tag, element.text = "span", text
