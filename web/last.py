"""The answers given last, so that the page can ask for more of one: an article it cites, a file to take away."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from rag.types import Answer, Filters

_MOST = 64


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """An answer as it was given, and what the search was restricted to."""

    answer: Answer
    filters: Filters


class LastAnswers:
    """The last answers, each by a key that can't be guessed. Safe to use from several threads."""

    def __init__(self) -> None:
        self._given: OrderedDict[str, GivenAnswer] = OrderedDict()
        self._lock = Lock()

    def keep(self, given: GivenAnswer) -> str:
        """Keep an answer and return its key; the oldest one goes."""
        key = secrets.token_urlsafe(12)
        with self._lock:
            self._given[key] = given
            while len(self._given) > _MOST:
                self._given.popitem(last=False)
        return key

    def get(self, key: str) -> GivenAnswer | None:
        """Return the answer of that key, None where it is gone."""
        with self._lock:
            return self._given.get(key)
