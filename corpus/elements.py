"""Elements of a parsed page: their text, how two texts are compared, and which of them belong to its article."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_ELSEWHERE = re.compile(
    r"(?:^|[-_\s])(?:related|recommend\w*|sidebar|teaser|card|promo|comments?|most-?read|trending|latest|more|(?<!post-)(?<!entry-)(?<!article-)footer|nav|popular|next|list)(?:$|[-_\s])",
    re.IGNORECASE,
)
_ELSEWHERE_TAGS = frozenset(("aside", "nav", "footer", "li"))


def with_property(tree: Any, name: str) -> list[Any]:
    """Return the elements of the article that are marked, in microdata, as that property."""
    found = tree.xpath(f"//body//*[@itemprop='{name}']")
    return [each for each in found if not elsewhere(each)][:10]


def with_class(tree: Any, pattern: re.Pattern[str], longest: int) -> Iterator[Any]:
    """Yield the short elements of the article whose class or id is like `pattern`."""
    body = tree.find("body")
    for element in body.iter() if body is not None else ():
        marks = f"{element.get('class') or ''} {element.get('id') or ''}" if isinstance(element.tag, str) else " "
        if marks != " " and len(marks) < 300 and pattern.search(marks) and not elsewhere(element):
            text = text_of_element(element) if len(element) < 20 else ""
            if 4 < len(text) <= longest:
                yield element


def elsewhere(element: Any) -> bool:
    """Whether an element belongs to another article, a menu or a comment."""
    for around in (element, *element.iterancestors()):
        if around.tag in ("article", "main", "body"):
            return bool(around.tag == "article" and around.get("class") and _ELSEWHERE.search(around.get("class")))
        if around.tag in _ELSEWHERE_TAGS or _ELSEWHERE.search(f"{around.get('class') or ''} {around.get('id') or ''}"):
            return True
    return False


def spaced(element: Any) -> str:
    """Return the text of an element whose parts stand beside each other."""
    return " ".join(" ".join(element.itertext()).split())


def squeezed(text: str) -> str:
    """Return a title or a name in the form in which two of them are compared: its letters and digits, without case."""
    return re.sub(r"\W+", "", text.casefold())


def text_of_element(element: Any) -> str:
    """Return the text of an element as one line."""
    return " ".join(str(element.text_content()).split()) if hasattr(element, "text_content") else ""
