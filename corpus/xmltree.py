"""XML of strangers → a tree: it can't name files or addresses that are then read, nor unfold to more than it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rag.text.decode import Unusable, decode

_HEAD = 4_096  # characters that are looked at for the first element
_HEAD_BYTES = 8 << 10  # in which they stand
_BEFORE_ROOT = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(r"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")


def tree_of(data: bytes) -> Any:
    """Return the root element. Raises Unusable where the data is no XML, or declares entities of its own."""
    from lxml import etree

    refuse_entities(data)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=True,  # a stray "&" is common; what can't be understood is left out
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unusable(f"not valid XML ({' '.join(str(error).split())[:100]})") from None
    if root is None:
        raise Unusable("not valid XML")
    return root


def refuse_entities(data: bytes) -> None:
    """Raise Unusable where XML declares entities of its own."""
    if b"<!ENTITY" in data:
        raise Unusable("XML that declares entities of its own, which can unfold without end; not read")


def root_of(data: bytes) -> str:
    """Return the name of the first element of a file, as `root_name` does."""
    return root_name(decode(data[:_HEAD_BYTES], declares=True, mend=True))


def root_name(text: str) -> str:
    """Return the name of the first element of `text`, in lower case and without its prefix; "" where there is none."""
    at = 0
    text = text.lstrip("\ufeff")[:_HEAD]
    while before := _BEFORE_ROOT.match(text, at):
        at = before.end()
    root = _ROOT.match(text, at)
    return root[2].lower() if root else ""


def name_of(element: Any) -> str:
    """Return an element's name without its namespace, in lower case."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""


def children(element: Any, name: str) -> Iterator[Any]:
    """Yield the children of that name, whatever their namespace."""
    return (child for child in element if name_of(child) == name)


def text_in(element: Any, *path: str) -> str | None:
    """Return the text of the first element along `path`, None where there is none."""
    for name in path:
        element = next(children(element, name), None)
        if element is None:
            return None
    return "".join(element.itertext()).strip() or None
