"""A parsed page → the text of its article: paragraphs and quotes kept, what a site puts around and between them out.

First goes what is never the article's: menus, share bars, captions, "Read more" lines, notices, hidden elements. Where the page
marks where its article stands, its text is what is left there; else it is what trafilatura takes for it.
"""

from __future__ import annotations

import re
from typing import Any

from corpus.elements import squeezed, text_of_element
from corpus.markup import settled, text_of

MAX_BLOCKS = 2_000  # of a page, for the extractor's second opinions, whose time grows with the square of them
MAX_ELEMENTS = 15_000  # of a page for the extractor: up to 5 s; news pages have 500 to 6,000

# Names that elements of a page's frame have, as whole words of class, id and the like.
_FRAME = re.compile(
    r"(?:^|[-_\s])(?:share|sharing|share-?(?:bar|tools|this|links|buttons?)|social\w*|addthis\w*|related\w*|recommend\w*|read-?more|readmore|"
    r"more-?on|see-?also|also-?read|newsletters?|sign-?up|subscribe\w*|subscription|promo\w*|advert\w*|ads?|ad-?(?:slot|unit|container|wrapper)|"
    r"sponsor\w*|cookies?|consent|gdpr|cmp|comments?|disqus\w*|respond|sidebar|side-?bar|breadcrumbs?|toolbar|most-?(?:read|popular)|trending|"
    r"outbrain\w*|taboola\w*|tags?-?(?:list|links)|post-?tags|topics|author-?(?:bio|box|card|info)|about-?the-?author|captions?|photo-?credit|"
    r"image-?credit|credits?|copyright|print-?only|skip-?link|sr-?only|visually-?hidden|screen-?reader\w*|paywall\w*|"
    r"by-?lines?|article-?meta|post-?meta|entry-?meta|story-?meta|dateline-?bar|timestamps?|publish\w*-?(?:date|time|on)|posted-?on|"
    r"pagination|nav\w*|menu|footer|popup|modal|overlay|banner|follow-?us|donat\w*|poll|quiz|jump-?links|reading-?time|editors?-?picks)"
    r"(?:$|[-_\s])",
    re.IGNORECASE,
)
# Names that the element with an article's text has.
_BODY = re.compile(
    r"(?:article|story|post|entry|news|page)[-_]*(?:body|content|text|copy)(?:[-_]*(?:body|text|content|inner))?(?:$|\s)|"
    r"(?:^|\s)(?:articlebody|storybody|storycontent|article__body|body-?copy|rich-?text-?(?:body|article)|content[-_]+body|body[-_]+content)(?:$|\s)",
    re.IGNORECASE,
)
_NEVER = ("script", "style", "noscript", "template", "iframe", "svg", "form", "button", "input", "select", "nav", "footer", "aside",
          "figcaption", "dialog", "object", "embed", "video", "audio", "canvas", "amp-ad", "amp-sidebar", "amp-social-share",
          "amp-consent")  # fmt: skip
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|em|rem|%)?\s*(?:;|$)|opacity\s*:\s*0\s*(?:;|$)",
    re.IGNORECASE,
)
_KEPT = frozenset(("html", "body", "main", "article", "head"))
_LEAF = ("p", "div", "li", "span", "h2", "h3", "h4", "h5", "strong", "em", "a", "ul", "section")

_BUTTON = r"(?:share|tweet|email|print|save|copy link|comments?|whatsapp|facebook|twitter|linkedin|x|reddit|this|article|on|via|to)"
# Whole lines that tell nothing.
_NOISE = re.compile(
    "|".join(
        (
            r"advert(?:isement|ising)?",
            r"sponsored(?: content)?",
            r"(?:story|article) continues?(?: (?:below|after))?\b.{0,60}",
            r"continue reading(?: below)?",
            r"skip (?:past|to|advert\w*)\b.{0,60}",
            r"scroll (?:down )?to continue\b.{0,40}",
            rf"{_BUTTON}(?:[\s,|/\u00b7\u2022]+{_BUTTON})*",
            r"share (?:this|on|via)\b.{0,60}",
            r"(?:follow|like|join|find) us\b.{0,100}",
            r"(?:photo|image|picture|pic|photograph|credit|getty images|file photo)\s*(?::|by\b|/).{0,120}",
            r"\d+ min(?:ute)?s? read",
            r"listen to (?:this|the) article.{0,40}",
            r"(?:get|download) (?:the|our) app\b.{0,80}",
            r"(?:we|this (?:site|website)) uses? cookies\b.{0,300}",
            r"by (?:continuing|using)\b.{0,160}cookies\b.{0,160}",
            r"accept (?:all )?cookies",
            r"sign up (?:to|for|here)\b.{0,200}",
            r"subscribe (?:to|now|here)\b.{0,160}",
            r"click here\b.{0,120}",
            r"all rights reserved\.?",
            r"(?:\u00a9|copyright)\s.{0,120}",
            r"(?:additional )?(?:reporting|writing) by .{1,200}[;,] (?:\w+ )?editing by .{1,120}",
            r"our standards:.{0,80}",
            r"_{3,}",
            r"the post .{1,300} (?:first )?appeared first on .{1,100}",
        )
    ),
    re.IGNORECASE,
)
# The beginning of a line that leads elsewhere, where most of it is a link.
_LEADS = re.compile(
    r"\s*(?:[\u25ba\u25b6\u2192>\u00bb*\u2022-]\s*)?(?:"
    r"read (?:more|also|next|the full)|see also|also read|more on this|related|more from|more:|watch|listen|gallery|"
    r"in pictures|live|explained|don't miss|recommended|you (?:may|might) (?:also )?like|"
    r"mehr zum thema|lesen sie auch|(?:\u00e0 )?lire aussi|lea tambi\u00e9n)\b",
    re.IGNORECASE,
)
_LEADS_ALONE = re.compile(
    r"\s*(?:read (?:more|also|next)|see also|also read|more on this( story| topic)?|related(?: articles| stories)?|more)\s*:",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"(?:^|[-_\s])(?:(?:story|article|post|news|pub|entry)?-?date|published|time|posted|updated)(?:$|[-_\s])",
    re.IGNORECASE,
)
_MOST_OF = 0.5
_NEARLY = 0.9
_LINKED = 0.8  # of the letters of a block; one with so many in links is a menu


def text_in(tree: Any, title: str | None) -> str | None:
    """Return the text of the page's article, None where there is none. Changes `tree`."""
    cleaned(tree)
    _without_title(tree, title)
    container = _container(tree)
    if container is not None:
        return without_noise(text_of(settled(container), framed=False))
    if (block := _of_a_table(tree)) is not None:
        return without_noise(text_of(settled(block), framed=False))
    import trafilatura

    # Only the text: what the page says of it is read elsewhere.
    many = sum(1 for _ in tree.iter("p", "div", "li", "td", "br")) > MAX_BLOCKS
    found: Any = trafilatura.bare_extraction(
        settled(tree), favor_precision=True, include_comments=False, with_metadata=False, fast=many
    )
    return without_noise(found.text) if found and found.text else None


def cleaned(tree: Any) -> Any:
    """Drop from a page, in place, what is never its article's, and return it."""
    total = _letters(tree)
    for element in list(tree.iter(*_NEVER)):
        if element.tag in ("footer", "aside", "form") and _letters(element) > _MOST_OF * total:
            continue  # some sites put all of the page in one
        _drop(element)
    for element in list(tree.iter()):
        if not isinstance(element.tag, str) or element.tag in _KEPT or element.getparent() is None:
            continue
        if _is_frame(element) and _letters(element) <= _MOST_OF * total:
            _drop(element)
    for element in list(tree.iter("td", "div", "ul", "ol", "section", "table", "p")):
        if element.getparent() is not None and _is_menu(element) and _letters(element) <= _MOST_OF * total:
            _drop(element)
    for element in list(tree.iter(*_LEAF)):
        if element.getparent() is not None and _leads_elsewhere(element):
            _drop(element)
    return tree


def without_noise(text: str) -> str:
    """Return text without the lines that tell nothing, such as "Advertisement"."""
    lines = [line for line in text.split("\n") if not (line.strip() and _NOISE.fullmatch(line.strip()))]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _is_frame(element: Any) -> bool:
    if element.get("hidden") is not None or (element.get("aria-hidden") or "").lower() == "true":
        return True
    if element.get("style") and _HIDDEN.search(element.get("style")):
        return True
    if (element.get("role") or "").lower() in (
        "navigation",
        "complementary",
        "contentinfo",
        "search",
        "dialog",
        "banner",
        "menu",
    ):
        return True
    if _DATE.search(element.get("class") or "") and _letters(element) < 80 and re.search(r"\d", element.text_content()):
        return True
    marks = " ".join(
        filter(
            None, (element.get("class"), element.get("id"), element.get("data-component"), element.get("data-testid"))
        )
    )
    return bool(marks and len(marks) < 400 and _FRAME.search(marks)) and not _BODY.search(marks)


def _is_menu(element: Any) -> bool:
    """Whether a block is a list of links."""
    links = list(element.iter("a"))
    return len(links) >= 4 and sum(map(_letters, links)) >= _LINKED * _letters(element)


def _leads_elsewhere(element: Any) -> bool:
    """Whether an element is a line such as "Read more: Harbour closed"."""
    if len(element) > 10:
        return False
    text = text_of_element(element)
    if not text or len(text) > 300:
        return False
    if _LEADS_ALONE.match(text) and element.tag in ("p", "li", "div", "h2", "h3", "h4", "strong"):
        return bool(element.tag != "strong" or element.getparent().tag != "p")
    linked = sum(len(text_of_element(a)) for a in element.iter("a"))
    if element.tag == "p" and len(text) > 15 and linked >= 0.95 * len(text.strip("[]() \u25ba\u2192\u00bb")):
        return True  # a paragraph that is one link
    return bool(_LEADS.match(text)) and element.tag != "a" and linked >= _MOST_OF * len(text)


def _without_title(tree: Any, title: str | None) -> None:
    """Drop the headline, which is the article's title and not its text."""
    wanted = squeezed(title or "")
    for heading in list(tree.iter("h1", "h2")):
        told = squeezed(str(heading.text_content()))
        theirs = told == wanted or (heading.tag == "h1" and _letters(heading) < 300)
        if told and theirs and heading.getparent() is not None:
            _drop(heading)


def _container(tree: Any) -> Any:
    """Return the element that holds the article's text by its own word, None where none does or much stands outside."""
    body = tree.find("body") if tree.tag != "body" else tree
    if body is None:
        return None
    all_of_it = _paragraphs(body)
    held: list[tuple[Any, int]] = []
    for element in body.iter("div", "section", "article", "main", "span"):
        marks = f"{element.get('class') or ''} {element.get('id') or ''}"
        if element.get("itemprop") == "articleBody" or (len(marks) < 400 and _BODY.search(marks.strip())):
            held.append((element, _paragraphs(element)))
    most = max((count for _, count in held), default=0)
    if most < max(200, 0.6 * all_of_it):
        return None
    return [element for element, count in held if count >= _NEARLY * most][-1]  # the innermost


def _of_a_table(tree: Any) -> Any:
    """Return the cell with most of the text of a page that is laid out as a table, as they were before 2005."""
    body = tree.find("body")
    if body is None or tree.find(".//table") is None or _paragraphs(body) > 0.3 * _letters(body):
        return None
    total, block = _letters(body), body
    while (
        inner := next((e for e in block if _letters(e) >= 0.7 * total and e.tag not in ("font", "p")), None)
    ) is not None:
        block = inner
    return block if block.tag == "td" else None


def _paragraphs(element: Any) -> int:
    return sum(_letters(p) for p in element.iter("p", "blockquote", "li"))


def _letters(element: Any) -> int:
    return len(str(element.text_content())) if hasattr(element, "text_content") else 0


def _drop(element: Any) -> None:
    """Take an element out of its tree; what follows it stays."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        previous = element.getprevious()
        if previous is not None:
            previous.tail = (previous.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)
