"""The HTTP below every LLM that is served: it waits its turn, tries again, and reaches the host that was named and no other.

One transport for the clients of openai, ollama (`httpx`) and anthropic (`httpx2`, the same by another name). What goes wrong
is an LLMError that says it; the client's own error wraps that.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from rag.errors import LLMError

AGAIN = frozenset({408, 429, 500, 502, 503, 504, 529})  # answers after which asking again may help
TRIES = 4
_FIRST, _LONGEST = 0.5, 30.0  # seconds waited after a first failure, doubled each time, and at most
_BYTES = 8_000_000  # of one reply; nothing that is worth reading is longer


def client(library: ModuleType, base_url: str, timeout: float, **options: Any) -> Any:
    """Return a `library.Client` (httpx or httpx2) for the host of `base_url`, which takes `timeout` seconds at most a call."""
    return library.Client(**settings(library, base_url, timeout), **options)


def settings(library: ModuleType, base_url: str, timeout: float) -> dict[str, Any]:
    """Return the arguments of such a client."""
    return {
        "transport": transport(library, base_url, timeout),
        "timeout": library.Timeout(timeout),
        "follow_redirects": False,
        "trust_env": False,  # no netrc; the proxies of the environment are looked up below
    }


def transport(library: ModuleType, base_url: str, timeout: float) -> Any:
    """Return the transport to the host of `base_url`."""
    host = _host(base_url)
    proxy = None if proxy_bypass(urlsplit(base_url).hostname or "") else getproxies().get(urlsplit(base_url).scheme)
    below = library.HTTPTransport(proxy=proxy)

    class Patient(library.BaseTransport):  # type: ignore[name-defined,misc]  # the base is the library's that is given
        """Tries again what may pass, within the time."""

        def handle_request(self, request: Any) -> Any:
            if _host(str(request.url)) != host:
                raise LLMError(
                    f"{request.url.host} is not the host of the LLM that was named, {host}; nothing was sent there"
                )
            end = time.monotonic() + timeout
            for tried in range(1, TRIES + 1):
                pause = min(_LONGEST, _FIRST * 2 ** (tried - 1)) * random.uniform(0.5, 1.0)
                left = end - time.monotonic()
                request.extensions["timeout"] = {
                    "connect": min(10.0, left), "read": left, "write": left, "pool": left,
                }  # fmt: skip
                try:
                    response = below.handle_request(request)
                except (
                    library.ConnectError,
                    library.ConnectTimeout,
                    library.RemoteProtocolError,
                    library.ReadError,
                ) as error:
                    if tried == TRIES or time.monotonic() + pause >= end:
                        raise LLMError(
                            f"no connection to {host} ({_said(error)}); is it running, is the address right?"
                        ) from None
                except library.TimeoutException:
                    raise _late(host, timeout) from None
                else:
                    if response.status_code in range(300, 400):
                        to = _host(str(request.url.join(response.headers.get("location", ""))))
                        response.close()
                        raise LLMError(
                            f"{host} sends requests on to {to}, which is not followed; name that address if you trust it"
                        )
                    if response.status_code not in AGAIN or tried == TRIES:
                        return _bounded(library, response, host, end, timeout)
                    pause = _asked(response.headers) or pause
                    if time.monotonic() + pause >= end:  # it would be too late: say what the server said
                        return _bounded(library, response, host, end, timeout)
                    response.close()
                time.sleep(pause)
            raise AssertionError  # the last try returns or raises

        def close(self) -> None:
            below.close()

    return Patient()


def _bounded(library: ModuleType, response: Any, host: str, end: float, timeout: float) -> Any:
    """Return the response with a body that ends in time and in size, or in an LLMError."""
    inner = response.stream

    class Bounded(library.SyncByteStream):  # type: ignore[name-defined,misc]
        """What arrives, as long as it may."""

        def __iter__(self) -> Iterator[bytes]:
            size = 0
            try:
                for chunk in inner:
                    size += len(chunk)
                    if size > _BYTES:
                        raise LLMError(
                            f"the reply of {host} is longer than {_BYTES // 1_000_000} million bytes; it was cut off there"
                        )
                    if time.monotonic() > end:
                        raise _late(host, timeout)
                    yield chunk
            except library.TimeoutException:
                raise _late(host, timeout) from None
            except (library.RemoteProtocolError, library.ReadError):
                raise LLMError(f"{host} broke off in the middle of its reply; ask again") from None

        def close(self) -> None:
            inner.close()

    response.stream = Bounded()
    return response


def _late(host: str, timeout: float) -> LLMError:
    return LLMError(f"{host} gave no whole reply within {timeout:g} seconds; raise llm_timeout, or use a faster model")


def _asked(headers: Mapping[str, str]) -> float | None:
    """Return how many seconds the server asks to wait; None where it doesn't say."""
    try:
        told = float(headers.get("retry-after", ""))
    except ValueError:  # a date is allowed too; whoever sends one waits by our own measure
        return None
    return told if 0 <= told < float("inf") else None


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or {'https': 443}.get(parts.scheme, 80)}"


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__
