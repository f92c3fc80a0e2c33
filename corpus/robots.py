"""What a site's robots.txt lets us read, and how long it wants us to wait between two pages (RFC 9309)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

AGENT = "Dateline"  # the name that a site's robots.txt knows us by
MAX_ROBOTS = 512 << 10  # bytes of it that are read, as the RFC has it


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules of one site; without any, everything is allowed."""

    _rules: Any = None

    @classmethod
    def parse(cls, body: bytes) -> Robots:
        """Return the rules that a robots.txt states; lines that can't be read are passed over."""
        from protego import Protego

        return cls(Protego.parse(body[:MAX_ROBOTS].decode("utf-8-sig", errors="replace")))

    def allows(self, url: str) -> bool:
        """Whether the site lets us read `url`."""
        return self._rules is None or bool(self._rules.can_fetch(url, AGENT))

    @property
    def delay(self) -> float:
        """The seconds that the site wants between two requests."""
        if self._rules is None:
            return 0.0
        rate = self._rules.request_rate(AGENT)
        stated = float(self._rules.crawl_delay(AGENT) or 0.0)
        return max(stated, rate.seconds / rate.requests if rate and rate.requests else 0.0)

    @property
    def sitemaps(self) -> tuple[str, ...]:
        """The addresses of the sitemaps that the site names."""
        return tuple(self._rules.sitemaps) if self._rules is not None else ()


def robots_url(url: str) -> str:
    """Return where the robots.txt of a page's site stands."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/robots.txt"
