"""What a client may send, and how often it may ask: so many a minute, saved up for no longer than that."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

BODY, UPLOAD = 1_000_000, 50_000_000  # bytes of a request; of one that adds files
_CLIENTS = 10_000  # remembered at most; the one not seen for longest goes


class Rate:
    """A bucket for each client: `a_minute` requests fit, and flow back evenly. 0: no limit."""

    def __init__(self, a_minute: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = float(a_minute)
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # client → what is left, and when

    def wait(self, client: str) -> float:
        """Return the seconds until the client may come again, 0 where it may now."""
        left = self._left(client)
        return 0.0 if not self._most or left >= 1 else (1 - left) * 60 / self._most

    def take(self, client: str) -> float:
        """Count one request of the client where it may come now; return the seconds until it may, else."""
        wait = self.wait(client)
        if self._most and not wait:
            left = self._left(client)
            self._buckets.pop(client, None)
            self._buckets[client] = left - 1, self._clock()
            while len(self._buckets) > _CLIENTS:
                self._buckets.popitem(last=False)
        return wait

    def _left(self, client: str) -> float:
        left, at = self._buckets.get(client, (self._most, self._clock()))
        return min(self._most, left + (self._clock() - at) * self._most / 60)
