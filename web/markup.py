"""Text of articles → pieces of HTML that are safe to show: control characters go, markup is escaped, only http(s) links."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from html import escape
from urllib.parse import quote as percent

from rag.text.plain import parted, plain, without_control
from rag.types import Article

# The page is put together by a template; these characters could start a placeholder in one.
_TEMPLATE = str.maketrans({"$": "&#36;", "{": "&#123;", "}": "&#125;", "`": "&#96;"})
_WORDS_AT_AN_END = 5  # of a long quote, in a link that leads to it
_MONTH, _YEAR = 30.4, 365.25  # days


def one_line(text: str) -> str:
    """Return `text` on one line, escaped."""
    return escaped(plain(text))


def as_it_stands(text: str) -> str:
    """Return `text` escaped, its white space kept: the words of a quote stay as they stand in the article."""
    return escaped(without_control(text))


def escaped(text: str) -> str:
    """Return `text`, already without control characters, as HTML."""
    return escape(text).translate(_TEMPLATE)


def strong(text: str, span: tuple[int, int] | None) -> str:
    """Return a quote escaped, the words that answer in bold."""
    if span is None:
        return as_it_stands(text)
    before, within, after = map(escaped, parted(text, span))
    return f"{before}<strong>{within}</strong>{after}"


def data(values: Mapping[str, str]) -> str:
    """Return data attributes, each value escaped."""
    return "".join(f' data-{name}="{one_line(value)}"' for name, value in values.items())


def web_address(url: str | None) -> str | None:
    """Return the address if it is one of the web, None for javascript:, data: and whatever else."""
    address = plain(url or "")
    return address if address.lower().startswith(("http://", "https://")) else None


def address_of_quote(url: str | None, quote: str) -> str | None:
    """Return the address of the original, scrolled to the quote by browsers that can; None where it is not on the web."""
    address = web_address(url)
    if address is None:
        return None
    words = plain(quote).split()
    ends = (
        [" ".join(words)]
        if len(words) <= 2 * _WORDS_AT_AN_END
        else [" ".join(words[:_WORDS_AT_AN_END]), " ".join(words[-_WORDS_AT_AN_END:])]
    )
    told = ",".join(percent(each, safe="").replace("-", "%2D") for each in ends)
    return f"{address}{'' if '#' in address else '#'}:~:text={told}" if told else address


def outside_link(address: str, inside: str) -> str:
    """Return a link that opens elsewhere and tells nothing of where it came from; `inside` is HTML."""
    return f'<a href="{escaped(address)}" target="_blank" rel="noopener noreferrer nofollow">{inside}</a>'


def day_html(article: Article) -> str:
    """Return the day of publication as HTML, "undated" where nobody says."""
    when = article.published_at
    return f'<time datetime="{when.isoformat()}">{in_words(when.date())}</time>' if when else "undated"


def in_words(day: date) -> str:
    """Return "24 January 2025"."""
    return f"{day.day} {day:%B %Y}"


def age(article: Article, today: date) -> str:
    """Return how old an article is: "3 days old", "2 years old"; nothing for one without a day, or of a day to come."""
    if article.published_at is None or (days := (today - article.published_at.date()).days) < 0:
        return ""
    if days < 2:
        return ("today", "yesterday")[days]
    count, unit = (
        (days, "day") if days < 60 else (int(days / _MONTH), "month") if days < 730 else (int(days / _YEAR), "year")
    )
    return f"{count} {unit}s old"


def outlet_html(article: Article) -> str:
    """Return the outlet's name as HTML."""
    return one_line(article.source) or "unknown outlet"


def title_html(article: Article) -> str:
    """Return the headline as HTML."""
    return one_line(article.title) or "Untitled"


def opens_html(article: Article) -> str:
    """Return the headline, which opens the whole article here."""
    return f'<a href="#dl-reader"{data({"open": article.id})}>{title_html(article)}</a>'


def many(count: int, noun: str, plural: str = "") -> str:
    """Return "1 source", "3 sources"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
