"""The HTTP below every LLM that is served: it waits its turn, tries again, and reaches the host that was named and no other.

One transport under the clients of openai, anthropic and ollama, which are all httpx's. What goes wrong is an LLMError that
says it; the client's own error wraps that.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from rag.errors import LLMError

AGAIN = frozenset({408, 429, 500, 502, 503, 504, 529})  # answers after which asking again may help
TRIES = 4
_FIRST, _LONGEST = 0.5, 30.0  # seconds waited after a first failure, doubled each time, and at most
_CONNECT = 10.0  # seconds for a connection
_BYTES = 8_000_000  # of one reply; nothing that is worth reading is longer


def settings(base_url: str, timeout: float) -> dict[str, Any]:
    """Return the arguments of an httpx.Client for the host of `base_url`; a call takes `timeout` seconds at most."""
    return {
        "transport": Patient(base_url, timeout),
        "timeout": httpx.Timeout(timeout),
        "follow_redirects": False,
        "trust_env": False,  # no netrc; the proxies of the environment are looked up below
    }


class Patient(httpx.BaseTransport):
    """The way to the host of `base_url`; a call takes `timeout` seconds at most, from the first try to the last byte."""

    def __init__(self, base_url: str, timeout: float) -> None:
        self._host = _host(base_url)
        self._timeout = timeout
        parts = urlsplit(base_url)
        host = parts.hostname or ""
        proxy = None if _is_here(host) or proxy_bypass(host) else getproxies().get(parts.scheme)
        # No connection is kept: there is nothing to close then, and beside a reply its making takes no time.
        self._below = httpx.HTTPTransport(proxy=proxy, limits=httpx.Limits(max_keepalive_connections=0))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response. Raises LLMError for one that is late, cut off, too long, or from elsewhere."""
        if _host(str(request.url)) != self._host:
            raise LLMError(f"{request.url.host} is not the host that was named, {self._host}; nothing was sent there")
        end = time.monotonic() + self._timeout
        for tried in range(1, TRIES + 1):
            pause = min(_LONGEST, _FIRST * 2 ** (tried - 1)) * random.uniform(0.5, 1.0)
            left = max(0.01, end - time.monotonic())
            times = {"connect": min(_CONNECT, left), "read": left, "write": left, "pool": left}
            request.extensions = {**request.extensions, "timeout": times}
            try:
                response = self._below.handle_request(request)
            except (httpx.NetworkError, httpx.RemoteProtocolError, httpx.ConnectTimeout) as error:
                if tried == TRIES or time.monotonic() + pause >= end:
                    raise self._unreached(error) from None
            except httpx.TimeoutException:
                raise self._late() from None
            else:
                if response.has_redirect_location:
                    response.close()
                    to = _host(str(request.url.join(response.headers["location"])))
                    raise LLMError(
                        f"{self._host} sends requests on to {to}, which is not followed; name that address if you trust it"
                    )
                pause = _asked(response) or pause
                last = tried == TRIES or time.monotonic() + pause >= end  # a wait that ends too late is not begun
                if response.status_code not in AGAIN or last:
                    assert isinstance(response.stream, httpx.SyncByteStream)
                    response.stream = _Bounded(response.stream, self, end)
                    return response
                response.close()
            time.sleep(pause)
        raise AssertionError  # the last try returns or raises

    def close(self) -> None:
        """Let go of what is open."""
        self._below.close()

    def _unreached(self, error: Exception) -> LLMError:
        return LLMError(f"no connection to {self._host} ({_said(error)}); is it running, is the address right?")

    def _late(self) -> LLMError:
        return LLMError(f"{self._host} gave no whole reply within {self._timeout:g} seconds; raise llm_timeout")


class _Bounded(httpx.SyncByteStream):
    """A body that ends in time and in size, or in an LLMError."""

    def __init__(self, inner: httpx.SyncByteStream, of: Patient, end: float) -> None:
        self._inner = inner
        self._of = of
        self._end = end

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        try:
            for chunk in self._inner:
                size += len(chunk)
                if size > _BYTES:
                    raise LLMError(f"the reply of {self._of._host} is longer than {_BYTES // 1_000_000} million bytes")
                if time.monotonic() > self._end:
                    raise self._of._late()
                yield chunk
        except httpx.TimeoutException:
            raise self._of._late() from None
        except (httpx.NetworkError, httpx.RemoteProtocolError):
            raise LLMError(f"{self._of._host} broke off in the middle of its reply; ask again") from None

    def close(self) -> None:
        self._inner.close()


def _asked(response: httpx.Response) -> float | None:
    """Return how many seconds the server asks to wait; None where it doesn't say."""
    try:
        told = float(response.headers.get("retry-after", ""))
    except ValueError:  # a date is allowed too; whoever sends one waits by our own measure
        return None
    return told if 0 <= told < float("inf") else None


def _is_here(host: str) -> bool:
    """Tell whether a host is this machine, which no proxy leads to."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__
