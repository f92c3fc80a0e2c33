"""What a run may cost: counted before each request and after it, so that the limit is never passed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Condition
from typing import Any

from rag.errors import LLMError

_LETTERS = 3  # to a token at least, in the languages of news with Latin letters; more make fewer tokens
# What tokens sent and replied are called by OpenAI and those who copy it, by Anthropic, by Ollama.
_USAGE = (
    ("prompt_tokens", "completion_tokens"),
    ("input_tokens", "output_tokens"),
    ("prompt_eval_count", "eval_count"),
)


class Bill:
    """One request: what it was sent and replied, in tokens, as far as anybody knows."""

    def __init__(self, prompt: str) -> None:
        self.sent = guessed(prompt)
        self.replied = 0

    def settle(self, reply: str, told: tuple[int, int] | None) -> None:
        """Take the tokens that the server tells; where it tells none, what the letters amount to."""
        self.sent, self.replied = told or (self.sent, guessed(reply))


class Purse:
    """The money of one run. `prices` are for a million tokens sent, and replied; `limit` in the same money, None for none.

    most: tokens that a reply may have.   spent: so far.
    """

    def __init__(self, prices: tuple[float, float] | None, limit: float | None, most: int) -> None:
        self._prices = prices or (0.0, 0.0)
        self._limit = limit
        self._most = most
        self._held = 0.0  # for requests that are under way
        self._changed = Condition()
        self.spent = 0.0

    @contextmanager
    def paying(self, prompt: str) -> Iterator[Bill]:
        """Yield the bill of a request, which is paid at the end. Raises LLMError where it might cost more than is left.

        Waits for requests that are under way, where what they leave may do.
        """
        bill = Bill(prompt)
        dearest = self._cost(bill.sent, self._most)
        with self._changed:
            while self._limit is not None and self.spent + self._held + dearest > self._limit:
                if self._held <= 0 or self.spent + dearest > self._limit:
                    raise LLMError(
                        f"the money of --max-cost {self._limit:g} is used up ({self.spent:.4f} spent, the next request may cost "
                        f"{dearest:.4f}); raise it to go on",
                        lasting=True,
                    )
                self._changed.wait()
            self._held += dearest
        try:
            yield bill
        finally:
            with self._changed:
                self._held -= dearest
                if bill.replied:
                    self.spent += self._cost(bill.sent, bill.replied)
                self._changed.notify_all()

    def _cost(self, sent: int, replied: int) -> float:
        return (sent * self._prices[0] + replied * self._prices[1]) / 1e6


def guessed(text: str) -> int:
    """Return about how many tokens a text has, rather too many."""
    return -(-len(text) // _LETTERS)


def tokens_used(raw: Any) -> tuple[int, int] | None:
    """Return the tokens sent and replied that an LLM's raw response tells, in any of the usual spellings; None in none."""
    for told in (_of(raw, "usage"), raw):
        for sent, replied in _USAGE:
            counts = _of(told, sent), _of(told, replied)
            if all(isinstance(count, int) for count in counts):
                return counts
    return None


def _of(record: Any, name: str) -> Any:
    return record.get(name) if isinstance(record, Mapping) else getattr(record, name, None)
