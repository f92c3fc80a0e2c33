"""Pages that are no articles though they answer like ones: paywall stubs, bot walls, errors, consent notices, lists of links."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from typing import Any

from corpus.elements import text_of_element
from corpus.jsonld import Node, types

SHORT = 120  # words; the stub of an article has 20 to 100
_BRIEF = 60  # words; walls and errors say no more
_LETTERS_AT_A_WALL = 2_500  # of a whole page; one with an article has more

_ROBOT = re.compile(
    r"just a moment|attention required|checking your browser|pardon our interruption|bot detection|press & hold|"
    r"(?:verify(?:ing)? (?:that )?you(?:'re| are)|are you) (?:a |not a )?(?:human|robot)|"
    r"access (?:to this page has been )?denied|enable javascript and cookies|unusual (?:traffic|activity)|"
    r"security check|ddos protection|please complete the (?:captcha|security)|request unsuccessful|you have been blocked",
    re.IGNORECASE,
)
_ROBOT_MARKS = re.compile(
    r"cf-(?:challenge|browser-verification|error)|px-captcha|g-recaptcha|h-captcha|hcaptcha|datadome|captcha-(?:container|delivery)|challenge-(?:form|platform|running)",
    re.IGNORECASE,
)
_ERROR = re.compile(
    r"^(?:error\b|oops|sorry\b|not found\b|\W*(?:40[0-9]|410|451|50[0-9])\b)|"
    r"\b(?:page|article|story|content|site|file) (?:is )?(?:can(?:not|'t|\u2019t) be found|not found|unavailable|"
    r"no longer (?:available|exists)|does(?:n['\u2019]t| not) exist|has (?:been )?(?:moved|removed|expired))|"
    r"internal server error|service unavailable|bad gateway|gateway time-?out|too many requests|"
    r"(?:down|under|undergoing) (?:for )?(?:scheduled )?maintenance|"
    r"seite nicht gefunden|page introuvable|p\u00e1gina no encontrada",
    re.IGNORECASE,
)
_PAYWALL = re.compile(
    r"(?:subscribe|subscribing|sign in|log in|register|become a (?:member|subscriber)|start your (?:free )?trial)\b.{0,60}"
    r"\b(?:to (?:continue|keep|read|unlock|access|view|finish|get)|now to)|"
    r"(?:to (?:continue|keep) reading|to read (?:the (?:full|whole|rest|entire)|this|more))\b.{0,100}"
    r"\b(?:subscri|sign|log|register|member|account|trial)|"
    r"(?:this (?:article|story|content|post) is|exclusive|available|reserved|only) "
    r"(?:(?:only|exclusively|available|exclusive|reserved) )*(?:for|to) (?:\w+ )?(?:subscribers|members|registered)|"
    r"(?:subscribers?|members?)[ -](?:only|exclusive)|already (?:a (?:subscriber|member)|subscribed)|"
    r"you(?:'ve| have) (?:reached|read|used) (?:your|all|the).{0,40}(?:limit|free articles)|"
    r"unlock (?:this|the full|full) (?:article|story)|(?:rest|remainder) of this (?:article|story) is",
    re.IGNORECASE,
)
_PAYWALL_MARKS = re.compile(
    r"(?:^|[-_\s])(?:paywall\w*|regwall|subscri(?:be|ption|ber)-?(?:wall|prompt|overlay|only|barrier)|piano-?\w*|tp-modal|metered|premium-?(?:wall|locked|barrier)|barrier|gateway-?content|article-?locked)(?:$|[-_\s])",
    re.IGNORECASE,
)
_LOCKED = re.compile(r"locked|paid|premium|subscri|member", re.IGNORECASE)
_CONSENT = re.compile(
    r"before you continue|we value your privacy|your privacy choices|cookie (?:consent|settings|wall)|"
    r"consent (?:required|manager)|manage your (?:privacy|cookies)",
    re.IGNORECASE,
)
_LIST_TYPES = frozenset(
    ("CollectionPage", "SearchResultsPage", "ItemList", "ProfilePage", "AboutPage", "ContactPage", "CheckoutPage")
)


def wall(tree: Any) -> str | None:
    """Return what a whole page is instead of a page with an article, None where it may hold one. Looked at before cleaning."""
    text = " ".join(_visible(tree).split())
    if len(text) > _LETTERS_AT_A_WALL:
        return None
    titles = [text_of_element(each) for each in tree.iter("title", "h1")]
    said = " ".join(titles)[:500]
    if _ROBOT.search(said) or (
        _ROBOT_MARKS.search(_marks(tree)) and (_ROBOT.search(text) or len(text.split()) < _BRIEF)
    ):
        return "a wall against robots, no article"
    if any(_ERROR.search(title) for title in titles) and len(text.split()) < 2 * SHORT:
        return "an error page, no article"
    if _CONSENT.search(said):
        return "a notice about privacy, no article"
    if _ROBOT.search(text) and len(text.split()) < _BRIEF:
        return "a wall against robots, no article"
    return None


def paid(tree: Any, article: Node, metas: dict[str, list[str]]) -> str:
    """Return by what a page says that its text is for subscribers: "stated", "shown" or "" where nothing does."""
    free = str(article.get("isAccessibleForFree")).lower()
    if free in ("true", "yes"):
        return ""
    tiers = " ".join(
        value
        for name in ("article:content_tier", "content_tier", "article.access", "access", "lp.type")
        for value in metas.get(name, ())
    )
    if free in ("false", "no") or _LOCKED.search(tiers):
        return "stated"
    return "shown" if _PAYWALL_MARKS.search(_marks(tree)) or _PAYWALL.search(_visible(tree)) else ""


def stub(text: str, how: str) -> str | None:
    """Return what is wrong with the text of a page whose article is for subscribers; None where it is all there.

    Many sites offer a subscription beside short articles that are free: there it is the end of the text that tells.
    """
    words = len(text.split())
    ends_open = text.rstrip().endswith(("\u2026", "...", "\u2026]", "...]")) or bool(_PAYWALL.search(text[-300:]))
    short = words < SHORT if how == "stated" else words < _BRIEF
    if how and (short or (ends_open and words < 3 * SHORT)):
        return f"behind a paywall: only {words} words of it are shown"
    return None


def without_offers(text: str) -> str:
    """Return a text without the lines that offer a subscription."""
    return "\n".join(line for line in text.split("\n") if not (len(line) < 250 and _PAYWALL.search(line))).strip()


def links_of(tree: Any) -> set[str]:
    """Return the texts of a page's links. Looked at before cleaning."""
    return {text_of_element(a) for a in tree.iter("a")}


def is_list(links: Set[str], text: str | None, article: Node, nodes: Sequence[Node]) -> bool:
    """Whether a page with these links and this text is a front page, a section or another list of links."""
    if article:
        return False
    said = {kind for node in nodes for kind in types(node)}
    lines = [" ".join(line.split()) for line in (text or "").split("\n") if line.strip()]
    linked = sum(len(line) for line in lines if line in links)
    words = sum(len(line.split()) for line in lines)
    return (
        (bool(said & _LIST_TYPES) and words < 2 * SHORT)
        or (len(links) > 30 and words < _BRIEF)
        or (len(lines) > 5 and linked > 0.6 * sum(map(len, lines)))
    )


def _visible(tree: Any) -> str:
    body = tree.find("body")
    if body is None:
        return str(tree.xpath("string()"))
    unread = "ancestor::script or ancestor::style or ancestor::noscript or ancestor::template"
    return " ".join(body.xpath(f".//text()[not({unread})]"))


def _marks(tree: Any) -> str:
    return " ".join(
        f"{e.get('class') or ''} {e.get('id') or ''}"
        for e in tree.iter("div", "section", "form", "aside", "p", "span", "body", "main", "article")
    )
