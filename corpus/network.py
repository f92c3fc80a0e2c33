"""The connections beneath `corpus.fetch`: to the addresses it gives, within the time that a thread has, hung up on at once.

Only fetch.py uses this; what may be connected to is decided there.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl

IDLE = 20.0  # seconds without a byte


class TimeLeft(threading.local):
    """When the exchange of each thread must be over."""

    at: float = float("inf")

    @contextmanager
    def running(self, seconds: float) -> Iterator[None]:
        """Give this thread so many seconds from now."""
        self.at = time.monotonic() + seconds
        try:
            yield
        finally:
            self.at = float("inf")

    def left(self, timeout: float | None, error: type[Exception]) -> float:
        """Return the seconds that this thread may wait for one thing. Raises `error` where its time is over."""
        left = min(self.at - time.monotonic(), timeout if timeout is not None else IDLE)
        if left <= 0:
            raise error("too slow")
        return left


class OpenStreams:
    """The connections that are open, to be hung up on: closing one would not wake who reads from it in another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: weakref.WeakSet[httpcore.NetworkStream] = weakref.WeakSet()
        self._hung_up = False

    def add(self, stream: httpcore.NetworkStream) -> None:
        """Take in a connection that was made."""
        with self._lock:
            self._all.add(stream)
            if self._hung_up:  # it was connecting meanwhile
                self._shut(stream)

    def hang_up(self) -> None:
        """Shut all of them, and those that are still to come."""
        with self._lock:
            self._hung_up = True
            for stream in self._all:
                self._shut(stream)

    @staticmethod
    def _shut(stream: httpcore.NetworkStream) -> None:
        one = stream.get_extra_info("socket")
        with suppress(OSError):
            if one is not None:
                one.shutdown(socket.SHUT_RDWR)


class Network(httpcore.NetworkBackend):
    """Connects to an address that was checked, and to no other."""

    def __init__(self, clock: TimeLeft, addresses: Callable[[str], Sequence[str]], streams: OpenStreams) -> None:
        self._clock = clock
        self._streams = streams
        self._addresses = addresses
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of the host's addresses that answers."""
        failed: Exception = httpcore.ConnectError(f"no address is known for {host}")
        for address in self._addresses(host.strip("[]").rstrip(".").lower()):
            left = self._clock.left(timeout, httpcore.ConnectTimeout)
            try:
                plain = self._plain.connect_tcp(address, port, left, local_address, socket_options)
                return _Stream(plain, self._clock, self._streams)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


class _Stream(httpcore.NetworkStream):
    """A connection that is given up when the thread's time is over, however many bytes have dripped in."""

    def __init__(self, stream: httpcore.NetworkStream, clock: TimeLeft, streams: OpenStreams) -> None:
        self._stream = stream
        self._clock = clock
        self._streams = streams
        streams.add(self)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._clock.left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._clock.left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._clock.left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._clock, self._streams)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def numeric(host: str) -> bool:
    """Tell whether a host is named by its address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def system_addresses(host: str) -> Sequence[str]:
    """Return the addresses of a host that this machine's system knows."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


def in_time(look_up: Callable[[], Sequence[str]], seconds: float) -> Sequence[str]:
    """Return what `look_up` gives; a system that never answers is not waited for."""
    answers: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def work() -> None:
        try:
            answers.put(look_up())
        except Exception as error:
            answers.put(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise httpcore.ConnectTimeout("looking up its name takes too long") from None
    if isinstance(answer, UnicodeError | OSError):
        raise httpcore.ConnectError(f"its name is not known ({getattr(answer, 'strerror', None) or answer})")
    if isinstance(answer, Exception):
        raise answer
    return answer
