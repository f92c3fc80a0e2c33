"""The one place that opens a connection: an address of the web → what stands there, politely and safely.

Only http and https; every address of a host must be a public one (`corpus.addresses`), the address that was checked is the
one that is connected to, and every redirect is checked again. Size, time and redirects are bounded, also against answers that
unpack to far more than they are or that drip in byte by byte. A site's robots.txt is obeyed, its pages are read one after
another with a pause, and only what changed is asked for where the caller knows what it had.

with Fetcher() as fetcher:
    page = fetcher.get("https://news.example/story", etag=known.etag, modified=known.modified)
    if not page.not_modified: keep(page.body)

A Fetcher may be shared by threads. Proxies are those of the environment (HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY).
"""

from __future__ import annotations

import ipaddress
import itertools
import queue
import random
import re
import socket
import threading
import time
import urllib.request
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import IO, TYPE_CHECKING, Any

import httpcore
import httpx

from corpus.addresses import refusal
from corpus.robots import AGENT, MAX_ROBOTS, Robots, robots_url
from rag.errors import FetchError

if TYPE_CHECKING:
    import ssl

LookUp = Callable[[str], Sequence[str]]

_LONGEST_URL = 4_000  # characters; servers take less
_LONGEST_SHOWN = 200  # characters of an address in a message
_CONNECT = 10.0  # seconds for the name, for each address and for the TLS handshake
_IDLE = 20.0  # seconds without a byte
_PER_HOST = 2  # requests to one host at a time
_ALL = 32  # connections at a time
_LONGEST_WAIT = 60.0  # seconds that a server may have us wait before a second try
_LONGEST_DELAY = 300.0  # seconds between two pages that a robots.txt may ask for
_ROBOTS_KEPT = 24 * 3600.0  # seconds
_BUSY = (429, 500, 502, 503, 504)
_MOVED = (301, 302, 303, 307, 308)
_NO_TEXT = ("image/", "video/", "audio/", "font/", "text/css", "text/javascript", "application/javascript")
_LOCAL_NAMES = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home.arpa")


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one fetch: bytes (as sent and unpacked), seconds from first to last byte, redirects, tries."""

    bytes: int = 16 << 20
    seconds: float = 60.0
    redirects: int = 6
    tries: int = 3


@dataclass(frozen=True, slots=True)
class Fetched:
    """What stands at an address.

    url: where it was found in the end, after redirects.   kind: its content type ("text/html"), "" where none is said.
    charset: the encoding that the server says it is in.   etag, modified: what to give to `get` the next time.
    not_modified: nothing has changed since then, and `body` is empty.
    """

    url: str
    status: int
    kind: str
    body: bytes
    etag: str | None = None
    modified: str | None = None
    not_modified: bool = False
    charset: str | None = None


class Fetcher:
    """Fetches pages; a context manager.

    allow_private: hosts of one's own network, by name or number, that may be read all the same.
    delay: seconds between two requests to one host; by default 1, and none for the hosts in `allow_private`.
    look_up: the addresses of a host's name; by default the system's.
    """

    def __init__(
        self,
        allow_private: Collection[str] = (),
        *,
        limits: Limits = Limits(),
        delay: float | None = None,
        look_up: LookUp | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._own = frozenset(host.strip().strip("[]").lower() for host in allow_private)
        self._limits = limits
        self._delay = delay
        self._look_up = look_up or _system_addresses
        self._tls = tls
        self._clock = _Clock()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}
        self._pools: dict[str | None, httpcore.ConnectionPool] = {}
        self._proxies = urllib.request.getproxies_environment()

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; who waits for a turn is woken, and gets a FetchError."""
        self._closed.set()
        with self._lock:
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.close()

    def get(
        self, url: str, *, etag: str | None = None, modified: str | None = None, max_bytes: int | None = None
    ) -> Fetched:
        """Return what stands at `url`; with the etag or the date of what one has, only what has changed since.

        Raises FetchError: for an address that may not be read, an answer other than 200, one that is too big or too slow.
        """
        conditions = [(b"If-None-Match", etag), (b"If-Modified-Since", modified)]
        asked = tuple((name, value.encode("latin-1", "ignore")) for name, value in conditions if value)
        body = bytearray()
        wanted = _Wanted(body, max_bytes or self._limits.bytes, self._limits.seconds, asked)
        return Fetched(**self._patiently(url, wanted), body=bytes(body))

    def download(self, url: str, file: IO[bytes], *, max_bytes: int, seconds: float = 3600.0) -> Fetched:
        """Write what stands at `url` into `file`, as big as `max_bytes`, and return the rest of what `get` tells."""
        return Fetched(**self._patiently(url, _Wanted(file, max_bytes, seconds)), body=b"")

    def robots(self, url: str) -> Robots:
        """Return the rules of the site that `url` stands on, fetched once a day."""
        try:
            return self._rules(_address(url))
        except _Soon as soon:
            raise soon.error from None

    # One fetch: tries, redirects, rules

    def _patiently(self, url: str, wanted: _Wanted) -> dict[str, Any]:
        for tried in itertools.count(1):
            try:
                return self._followed(_address(url), wanted)
            except _Soon as soon:
                wait = soon.wait if soon.wait is not None else 2.0 ** (tried - 1) * random.uniform(0.75, 1.25)
                if tried >= self._limits.tries or wait > _LONGEST_WAIT:
                    raise soon.error from None
                self._wait(wait)
                wanted.empty()
        raise AssertionError("unreachable")

    def _followed(self, url: httpx.URL, wanted: _Wanted) -> dict[str, Any]:
        started = url
        for _ in range(self._limits.redirects + 1):
            delay = 0.0
            if not wanted.rules:
                rules = self._rules(url)
                delay = rules.delay
                if not rules.allows(str(url)):
                    raise FetchError(f"{_shown(url)} may not be read: the site's robots.txt says so; leave it out")
                if delay > _LONGEST_DELAY:
                    raise FetchError(
                        f"{_shown(url)} is not read: its robots.txt asks for {delay:,.0f} s between two pages"
                    )
            with self._turn(url, delay):
                answer = self._exchange(url, wanted)
            if isinstance(answer, dict):
                return answer
            url = answer
        raise FetchError(f"{_shown(started)} is redirected more than {self._limits.redirects} times; check the address")

    def _rules(self, url: httpx.URL) -> Robots:
        host = self._host(url)
        with host.robots_lock:
            if host.robots is None or time.monotonic() - host.robots_at > _ROBOTS_KEPT:
                host.robots, host.robots_at = self._fetched_rules(url), time.monotonic()
            return host.robots

    def _fetched_rules(self, url: httpx.URL) -> Robots:
        body = bytearray()
        try:
            self._followed(_address(robots_url(str(url))), _Wanted(body, MAX_ROBOTS, _IDLE, rules=True))
        except _Soon as soon:
            error = soon.error
            if error.status is None:
                raise
            raise _Soon(
                FetchError(
                    f"{_shown(url)} is not read: the site's robots.txt answers {error.status}; try again later",
                    again=True,
                    retry_after=error.retry_after,
                ),
                soon.wait,
            ) from None
        except _TooBig:
            pass  # what was read counts, as the RFC has it
        except FetchError as error:
            if error.status is None:
                raise
            return Robots()  # there is none
        return Robots.parse(bytes(body))

    @contextmanager
    def _turn(self, url: httpx.URL, stated: float) -> Iterator[None]:
        """Wait until the host may be asked again."""
        host = self._host(url)
        usual = self._delay if self._delay is not None else 0.0 if _host_of(url) in self._own else 1.0
        with host.slots:
            with host.lock:
                now = time.monotonic()
                at = max(now, host.free_at)
                host.free_at = at + max(usual, stated)
            self._wait(at - now)
            yield

    def _host(self, url: httpx.URL) -> _Host:
        with self._lock:
            return self._hosts.setdefault(f"{url.scheme}://{url.netloc.decode()}", _Host())

    def _wait(self, seconds: float) -> None:
        if self._closed.wait(max(0.0, seconds)):
            raise FetchError("fetching was stopped", again=True)

    # One exchange with one server

    def _exchange(self, url: httpx.URL, wanted: _Wanted) -> dict[str, Any] | httpx.URL:
        """Return what was answered or, where it has moved."""
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        headers = [(b"Host", url.netloc), *_HEADERS, *wanted.asked]
        timeout = {"connect": _CONNECT, "read": _IDLE, "write": _IDLE, "pool": 2 * wanted.seconds}
        pool = self._pool(url)
        try:
            with (
                self._clock.running(wanted.seconds),
                pool.stream(b"GET", target, headers=headers, extensions={"timeout": timeout}) as response,
            ):
                head = _Head(response.status, response.headers)
                if head.status in _MOVED and (moved := head["location"]):
                    return _address(str(url.join(moved)))
                _checked(url, head, wanted)
                if head.status != 304:
                    for part in _unpacked(url, response.iter_stream(), head["content-encoding"], wanted.max_bytes):
                        wanted.add(part)
        except httpcore.TimeoutException:
            what = f"no answer within {_CONNECT:.0f} s, or none complete within {wanted.seconds:.0f} s"
            raise FetchError(f"{_shown(url)} can't be fetched: {what}; try again later", again=True) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError) as error:
            raise _Soon(
                FetchError(
                    f"{_shown(url)} can't be fetched: {_reason(error)}; check the address or try later", again=True
                )
            ) from None
        except httpx.InvalidURL:
            raise FetchError(f"{_shown(url)} is redirected to no web address; check the address") from None
        except (ValueError, httpcore.UnsupportedProtocol) as error:
            raise FetchError(f"{_shown(url)} can't be fetched: {_reason(error)}; check the address") from None
        kind, charset = head.content
        return {
            "url": str(url),
            "status": head.status,
            "kind": kind,
            "charset": charset,
            "etag": head["etag"],
            "modified": head["last-modified"],
            "not_modified": head.status == 304,
        }

    def _pool(self, url: httpx.URL) -> httpcore.ConnectionPool:
        proxy = self._proxy(url)
        if proxy is not None:
            self._check_by_name(url)
        with self._lock:
            if self._closed.is_set():
                raise FetchError("fetching was stopped", again=True)
            if proxy not in self._pools:
                self._pools[proxy] = self._made_pool(proxy)
            return self._pools[proxy]

    def _made_pool(self, proxy: str | None) -> httpcore.ConnectionPool:
        if self._tls is None:
            self._tls = httpx.create_ssl_context()
        common: dict[str, Any] = {"ssl_context": self._tls, "max_connections": _ALL, "keepalive_expiry": 30.0}
        if proxy is None:
            return httpcore.ConnectionPool(network_backend=_Network(self._clock, self._addresses), **common)
        network = _Network(self._clock, lambda host: [host])  # a proxy may stand on this machine
        at = httpx.URL(proxy)
        login = (at.username, at.password) if at.username else None
        where = httpcore.URL(scheme=at.raw_scheme, host=at.raw_host, port=at.port, target=b"/")
        return httpcore.HTTPProxy(proxy_url=where, proxy_auth=login, network_backend=network, **common)

    def _proxy(self, url: httpx.URL) -> str | None:
        proxy = self._proxies.get(url.scheme) or self._proxies.get("all")
        if not proxy or urllib.request.proxy_bypass(_host_of(url)):
            return None
        proxy = proxy if "://" in proxy else f"http://{proxy}"
        if not proxy.startswith(("http://", "https://")):
            raise FetchError(f"the proxy {proxy.partition('://')[0]}://... can't be used; give an http proxy")
        return proxy

    def _check_by_name(self, url: httpx.URL) -> None:
        """Raise FetchError where a proxy would be asked for a private host; a name that only it knows is left to it."""
        try:
            self._addresses(_host_of(url))
        except httpcore.NetworkError:
            host = _host_of(url)
            if "." not in host or host.endswith(_LOCAL_NAMES):
                raise _refused(host, "a name of a private network") from None

    def _addresses(self, host: str) -> Sequence[str]:
        """Return the addresses of a host. Raises FetchError where one of them is not public."""
        found = [host] if _numeric(host) else _in_time(lambda: self._look_up(host), _CONNECT)
        if not found:
            raise httpcore.ConnectError(f"no address is known for {host}")
        if host not in self._own:
            for address in found:
                if what := refusal(address):
                    raise _refused(host, f"{what} ({address})" if address != host else what)
        return found


# What hosts and servers are and say


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One fetch: where its bytes go, its bounds, the header lines that make it conditional.

    rules: it is a robots.txt, which is not itself under rules, and of which the beginning will do.
    """

    out: bytearray | IO[bytes]
    max_bytes: int
    seconds: float
    asked: tuple[tuple[bytes, bytes], ...] = ()
    rules: bool = False

    def add(self, part: bytes) -> None:
        if isinstance(self.out, bytearray):
            self.out.extend(part)
        else:
            self.out.write(part)

    def empty(self) -> None:
        if isinstance(self.out, bytearray):
            self.out.clear()
        else:
            self.out.seek(0)
            self.out.truncate()


@dataclass(slots=True)
class _Host:
    """What is known of one site: its rules, and when it may be asked again."""

    slots: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(_PER_HOST))
    lock: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = 0.0
    robots: Robots | None = None
    robots_at: float = 0.0
    robots_lock: threading.Lock = field(default_factory=threading.Lock)


class _Soon(Exception):
    """An error that may be over in a moment; `wait`: the seconds that the server asks for."""

    def __init__(self, error: FetchError, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait = wait


class _TooBig(FetchError):
    """More bytes than are read."""


class _Head:
    """The status and the header lines of an answer."""

    def __init__(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.status = status
        self._values: dict[str, str] = {}
        for name, value in headers:
            self._values.setdefault(name.decode("latin-1").lower(), value.decode("latin-1").strip())

    def __getitem__(self, name: str) -> str | None:
        return self._values.get(name) or None

    @property
    def content(self) -> tuple[str, str | None]:
        """The content type and the encoding of characters that it names."""
        kind, _, rest = (self["content-type"] or "").partition(";")
        charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", rest, re.IGNORECASE)
        return kind.strip().lower(), charset[1].lower() if charset else None

    @property
    def retry_after(self) -> float | None:
        """The seconds after which the server wants to be asked again."""
        value = self["retry-after"]
        if value is None:
            return None
        if re.fullmatch(r"\d{1,9}", value):
            return float(value)
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
        except (ValueError, TypeError, OverflowError):
            return None


def _checked(url: httpx.URL, head: _Head, wanted: _Wanted) -> None:
    """Raise FetchError where the answer is not what was asked for."""
    where, status = _shown(url), head.status
    if status in _BUSY:
        wait = head.retry_after
        later = f"in {wait:,.0f} s" if wait else "later"
        error = FetchError(
            f"{where} can't be fetched: the server answers {status}; try again {later}",
            status=status,
            retry_after=wait,
            again=True,
        )
        raise _Soon(error, wait)
    if status in (404, 410):
        raise FetchError(f"{where} is not there (the server answers {status}); check the address", status=status)
    if status != 200 and not (status == 304 and wanted.asked):
        raise FetchError(f"{where} can't be fetched: the server answers {status}; check the address", status=status)
    length = head["content-length"]
    if length and length.isdigit() and int(length) > wanted.max_bytes and not wanted.rules:
        raise _too_big(url, wanted.max_bytes)
    kind, _ = head.content
    if status == 200 and kind.startswith(_NO_TEXT):
        raise FetchError(f"{where} holds no text but {kind}; name a page, a feed or a file with articles")


def _too_big(url: httpx.URL, max_bytes: int) -> _TooBig:
    return _TooBig(f"{_shown(url)} is larger than {max_bytes / (1 << 20):,.1f} MiB, more than is read")


def _unpacked(url: httpx.URL, parts: Iterable[bytes], encoding: str | None, max_bytes: int) -> Iterator[bytes]:
    """Yield the bytes of an answer, unpacked; what is too big ends it in time."""
    encoding = (encoding or "identity").lower()
    if encoding not in ("identity", "gzip", "x-gzip", "deflate"):
        raise FetchError(f"{_shown(url)} can't be fetched: it is packed as {encoding[:40]!a}, which was not asked for")
    sent = given = 0
    unpacker = zlib.decompressobj(47)  # of gzip and zlib, told apart by their first bytes
    ended = encoding == "identity"
    for part in parts:
        sent += len(part)
        if encoding == "identity":
            yield part[: max_bytes - given]
            given += len(part)
        if sent > max_bytes:
            raise _too_big(url, max_bytes)
        while part and not ended:
            try:
                out = unpacker.decompress(part, max_bytes - given + 1)
            except zlib.error:
                if given or sent > len(part) or encoding != "deflate":
                    raise FetchError(f"{_shown(url)} can't be fetched: what it sends is damaged", again=True) from None
                unpacker, encoding = (
                    zlib.decompressobj(-15),
                    "bare",
                )  # "deflate" without its frame: some servers send it
                continue
            given += len(out)
            if given > max_bytes:
                raise _too_big(url, max_bytes)
            yield out
            part = unpacker.unconsumed_tail
            if unpacker.eof:
                part = unpacker.unused_data
                ended = not part.startswith(b"\x1f\x8b")  # else one more packed part; rubbish after the end is let be
                unpacker = zlib.decompressobj(47)
    if sent and not ended:
        raise FetchError(f"{_shown(url)} can't be fetched: what it sends ends in the middle", again=True)


# Addresses and words


def _address(url: str) -> httpx.URL:
    """Return a web address, its fragment gone. Raises FetchError for any other text."""
    text = url.strip()
    shown = _shown(text)
    if len(text) > _LONGEST_URL:
        raise FetchError(f"{shown} has more than {_LONGEST_URL:,} characters; check the address")
    try:
        found = httpx.URL(text).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError, TypeError):
        raise FetchError(f"{shown} is no web address; write it as https://news.example/page") from None
    if found.scheme not in ("http", "https") or not found.host:
        raise FetchError(f"{shown} is no web address; only http and https are read")
    if re.search(r"[\s%]", found.host) or not 0 < (found.port or 80) < 65536:
        raise FetchError(f"{shown} is no web address; check the host and the port")
    if found.userinfo:
        raise FetchError(f"the address of {found.host} holds a name or a password; give it without")
    return found


def _host_of(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii").strip("[]").rstrip(".").lower()


def _shown(url: object) -> str:
    text = "".join(c if c.isprintable() else "\ufffd" for c in str(url))
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "\u2026"


def _refused(host: str, what: str) -> FetchError:
    return FetchError(f"{host} is not read: it is {what}; for a host of your own network give --allow-private {host}")


def _reason(error: BaseException) -> str:
    text = str(error) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in text:
        told = re.search(r"verify failed: ([^(]+)", text)
        return f"its certificate is not valid ({told[1].strip() if told else 'not trusted'})"
    return re.sub(r"^\[[^\]]*\]\s*|\s*\(_ssl\.c:\d+\)", "", " ".join(text.split()))[:200]


def _agent() -> str:
    try:
        number = f"/{version('dateline')}"
    except PackageNotFoundError:  # run from its folder without being installed
        number = ""
    return f"{AGENT}{number} (news archive; reads feeds and articles, obeys robots.txt as {AGENT})"


_HEADERS = (
    (b"User-Agent", _agent().encode()),
    (
        b"Accept",
        b"text/html,application/xhtml+xml,application/rss+xml,application/atom+xml,application/feed+json,*/*;q=0.5",
    ),
    (b"Accept-Encoding", b"gzip, deflate"),
)

# The network beneath


class _Clock(threading.local):
    """When the exchange of each thread must be over."""

    at: float = float("inf")

    @contextmanager
    def running(self, seconds: float) -> Iterator[None]:
        self.at = time.monotonic() + seconds
        try:
            yield
        finally:
            self.at = float("inf")

    def left(self, timeout: float | None, error: type[Exception]) -> float:
        left = min(self.at - time.monotonic(), timeout if timeout is not None else _IDLE)
        if left <= 0:
            raise error("too slow")
        return left


class _Network(httpcore.NetworkBackend):
    """Connects to an address that was checked, and to no other."""

    def __init__(self, clock: _Clock, addresses: Callable[[str], Sequence[str]]) -> None:
        self._clock = clock
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
        failed: Exception = httpcore.ConnectError(f"no address is known for {host}")
        for address in self._addresses(host.strip("[]").rstrip(".").lower()):
            left = self._clock.left(timeout, httpcore.ConnectTimeout)
            try:
                return _Stream(self._plain.connect_tcp(address, port, left, local_address, socket_options), self._clock)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed


class _Stream(httpcore.NetworkStream):
    """A connection that is given up when the thread's time is over, however many bytes have dripped in."""

    def __init__(self, stream: httpcore.NetworkStream, clock: _Clock) -> None:
        self._stream = stream
        self._clock = clock

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
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _numeric(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _system_addresses(host: str) -> Sequence[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


def _in_time(look_up: Callable[[], Sequence[str]], seconds: float) -> Sequence[str]:
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
