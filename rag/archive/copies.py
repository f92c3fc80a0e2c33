"""Is an article a near-copy of another, and which of them is the origin? And is it one that is in under another address?

Two texts are near-copies when most of the smaller one's runs of four words stand in the other too: a wire story that was
edited, cut, given a new lead, or printed together with another. Those that may be are found by MinHash and LSH (Broder 1997,
Leskovec et al. ch. 3; the library is rensa), and then compared word by word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from rag.types import Article, canonical_url

if TYPE_CHECKING:
    from rensa import RMinHash

_RUN = 4  # words
_PERMUTATIONS, _BANDS = 128, 64  # finds .97 of the pairs that share a quarter of what both have, .88 at .18
_SEED = 1
COPIED = 0.5  # share of the smaller text's runs that stand in the other
_LEAST = 12  # runs that must be shared: two lines of a common form are no copy
_UPDATED = 0.8  # share of the older text's runs that its update keeps
_UPDATED_WITHIN = timedelta(days=1)
_WORD = re.compile(r"[^\W_]+")
# "LONDON (Reuters) - ", "LONDON, May 3 (AP) — ", "(Reuters) - ", "AP - "; at the end "— Reuters" or "(AFP)"
_CREDIT = re.compile(
    r"\A\W*(?:[A-Z][\w'’.-]+[^()\n]{0,60}?)?\((?P<a>[A-Z][\w .&-]{1,40})\)\s*[-–—:]|"
    r"\A\W*(?P<b>[A-Z]{2,6}|Reuters)\s+[-–—]\s|"
    r"(?:\((?P<c>[A-Z]{2,6}|Reuters)\)|[-–—]\s*(?P<d>[A-Z]{2,6}|Reuters))\W*\Z"
)
_ENDS = 200  # characters at which a credit line is looked for
_OTHER_FORMS = frozenset(("www", "m", "mobile", "amp", "touch", "wap"))  # of a host's name
_AMP_PATH = re.compile(r"(?:/amp|\.amp|/amp\.html)$|\.amp(?=\.html?$)|^/amp(?=/)", re.IGNORECASE)
_AMP_QUERY = re.compile(r"(?:is_?)?_?amp(?:=.*)?|output(?:type)?=amp|mobile=[^=]*", re.IGNORECASE)
_CACHED = re.compile(r"^/(?:amp|[civ])/(?:s/)?(?=[^/]+\.[^/]+/)")  # a page that Google shows under its own name


def page_address(url: str | None) -> str | None:
    """Return the address under which the desktop, mobile and AMP forms of one page meet; None for what is no web address."""
    try:
        parts = urlsplit(canonical_url(url or ""))
    except ValueError:
        return None
    host, path = parts.netloc, parts.path
    if host.endswith(".cdn.ampproject.org") or (host.startswith("www.google.") and _CACHED.match(path)):
        host, _, path = _CACHED.sub("", path).partition("/")
        path = f"/{path}"
    labels = host.split(".")
    kept = [label for label in labels[:-2] if label not in _OTHER_FORMS] + labels[-2:]
    path = _AMP_PATH.sub("", path).rstrip("/")
    query = "&".join(item for item in parts.query.split("&") if item and not _AMP_QUERY.fullmatch(item))
    return f"{'.'.join(kept)}{path}{'?' if query else ''}{query}"


def runs(text: str) -> set[str]:
    """Return the runs of four words of a text, without regard to case and marks."""
    words = _WORD.findall(text.lower())
    return {" ".join(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1)}


def shared(one: set[str], other: set[str]) -> float:
    """Return the share of the smaller text's runs that stand in the other; 0 where they are too few to tell."""
    both = len(one & other)
    return both / min(len(one), len(other)) if both >= _LEAST else 0.0


def credited(text: str) -> str | None:
    """Return the agency that a text's credit line names, None where it names none."""
    for part in (text[:_ENDS], text[-_ENDS:].rstrip()):
        if found := _CREDIT.search(part):
            return next(name for name in found.groups() if name)
    return None


def is_agency(outlet: str, name: str) -> bool:
    """Tell whether an outlet is the agency that a credit line names: "AP" is "The Associated Press"."""
    words = [word for word in _WORD.findall(outlet) if word.lower() != "the"]
    initials = "".join(word[0] for word in words).lower()
    return name.lower() in (outlet.lower(), " ".join(words).lower(), initials)


def updates(new: Article, old: Article) -> bool:
    """Tell whether an article is the next version of one that the same outlet published under another address."""
    if not new.published_at or not old.published_at or new.source != old.source or not new.source:
        return False
    if new.title.casefold() != old.title.casefold():
        return False
    since = (new.updated_at or new.published_at) - (old.updated_at or old.published_at)
    before, after = runs(old.text), runs(new.text)
    return (
        timedelta(0) < since <= _UPDATED_WITHIN
        and len(before & after) >= _LEAST
        and len(before & after) >= _UPDATED * len(before)
    )


def first_of(one: Article, other: Article) -> Article:
    """Return which of two near-copies is the origin: the agency that is credited, else the earlier; `other` where none is."""
    for agency in filter(None, (credited(one.text), credited(other.text))):
        told = [is_agency(each.source, agency) for each in (one, other)]
        if told[0] != told[1]:
            return one if told[0] else other
    if one.published_at and (other.published_at is None or one.published_at < other.published_at):
        return one
    return other


@dataclass(frozen=True, slots=True)
class Known:
    """By what an article's copies are found: the address of its page, and its text's signature."""

    address: str | None
    signature: bytes


def known(article: Article) -> Known:
    """Return by what the article's copies are found."""
    return Known(page_address(article.url), _signature(article.text))


class Signatures:
    """The signatures of many texts by key, in memory: some 5 KB a text."""

    def __init__(self, signatures: Iterable[tuple[int, bytes]]) -> None:
        """Take in signatures that `known` made. Raises ValueError for those that another version of the library made."""
        from rensa import RMinHashLSH

        self._index = RMinHashLSH(threshold=0.5, num_perm=_PERMUTATIONS, num_bands=_BANDS)
        for key, signature in signatures:
            self.add(key, signature)

    def add(self, key: int, signature: bytes) -> None:
        """Take in one more."""
        if signature:
            self._index.insert(key, _restored(signature))

    def like(self, signature: bytes) -> Sequence[int]:
        """Return the keys of texts that may be near-copies of the one with the signature."""
        return sorted(self._index.query(_restored(signature))) if signature else []


@lru_cache(maxsize=500)  # asked for twice: before an article waits for its vectors, and when it is stored
def _signature(text: str) -> bytes:
    from rensa import RMinHash

    told = runs(text)
    if len(told) < _LEAST:
        return b""
    made = RMinHash(num_perm=_PERMUTATIONS, seed=_SEED)
    made.update(list(told))
    return bytes(made.__reduce__()[2])


def _restored(signature: bytes) -> RMinHash:
    from rensa import RMinHash

    made = RMinHash(num_perm=_PERMUTATIONS, seed=_SEED)
    made.__setstate__(signature)
    return made
