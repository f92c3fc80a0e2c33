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

import io
import itertools
import random
import re
import threading
import time
import urllib.request
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import IO, TYPE_CHECKING, Any

import httpcore
import httpx

from corpus.addresses import refusal
from corpus.answers import AnswerHead, TooBig, TryAgain, Wanted, checked, shown_address, unpacked
from corpus.network import IDLE, Network, OpenStreams, TimeLeft, in_time, numeric, system_addresses
from corpus.robots import AGENT, MAX_ROBOTS, Robots, robots_url
from rag.errors import FetchError

if TYPE_CHECKING:
    import ssl

LookUp = Callable[[str], Sequence[str]]

_LONGEST_URL = 4_000  # characters; servers take less
_CONNECT = 10.0  # seconds for the name, for each address and for the TLS handshake
_PER_HOST = 2  # requests to one host at a time
_ALL = 32  # connections at a time
_LONGEST_WAIT = 60.0  # seconds that a server may have us wait before a second try
_LONGEST_DELAY = 300.0  # seconds between two pages that a robots.txt may ask for
_ROBOTS_KEPT = 24 * 3600.0  # seconds
_MOVED = (301, 302, 303, 307, 308)
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
        self._look_up = look_up or system_addresses
        self._tls = tls
        self._clock = TimeLeft()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._hosts: dict[str, _Host] = {}
        self._sites: dict[str, _Site] = {}
        self._pools: dict[str | None, httpcore.ConnectionPool] = {}
        self._streams = OpenStreams()
        self._proxies = urllib.request.getproxies_environment()

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; who waits for a turn or an answer is woken, and gets a FetchError."""
        self._closed.set()
        with self._lock:
            pools, self._pools = list(self._pools.values()), {}
        self._streams.hang_up()
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
        body = io.BytesIO()
        wanted = Wanted(body, max_bytes or self._limits.bytes, self._limits.seconds, asked)
        return Fetched(**self._patiently(url, wanted), body=body.getvalue())

    def download(self, url: str, file: IO[bytes], *, max_bytes: int, seconds: float = 3600.0) -> Fetched:
        """Write what stands at `url` into `file`, as big as `max_bytes`, and return the rest of what `get` tells."""
        return Fetched(**self._patiently(url, Wanted(file, max_bytes, seconds)), body=b"")

    def robots(self, url: str) -> Robots:
        """Return the rules of the site that `url` stands on, fetched once a day."""
        try:
            return self._rules(_address(url))
        except TryAgain as soon:
            raise soon.error from None

    # One fetch: tries, redirects, rules

    def _patiently(self, url: str, wanted: Wanted) -> dict[str, Any]:
        for tried in itertools.count(1):
            try:
                return self._followed(_address(url), wanted)
            except TryAgain as soon:
                wait = soon.wait if soon.wait is not None else 2.0 ** (tried - 1) * random.uniform(0.75, 1.25)
                if tried >= self._limits.tries or wait > _LONGEST_WAIT:
                    raise soon.error from None
                self._wait(wait)
                wanted.empty()
        raise AssertionError("unreachable")

    def _followed(self, url: httpx.URL, wanted: Wanted) -> dict[str, Any]:
        started = url
        for _ in range(self._limits.redirects + 1):
            delay = 0.0
            if not wanted.rules:
                rules = self._rules(url)
                delay = rules.delay
                if not rules.allows(str(url)):
                    raise FetchError(
                        f"{shown_address(url)} may not be read: the site's robots.txt says so; leave it out"
                    )
                if delay > _LONGEST_DELAY:
                    raise FetchError(
                        f"{shown_address(url)} is not read: its robots.txt asks for {delay:,.0f} s between two pages"
                    )
            with self._turn(url, delay):
                answer = self._exchange(url, wanted)
            if isinstance(answer, dict):
                return answer
            url = answer
        raise FetchError(
            f"{shown_address(started)} is redirected more than {self._limits.redirects} times; check the address"
        )

    def _rules(self, url: httpx.URL) -> Robots:
        site = self._site(url)
        with site.lock:
            if site.robots is None or time.monotonic() - site.read_at > _ROBOTS_KEPT:
                site.robots, site.read_at = self._fetched_rules(url), time.monotonic()
            return site.robots

    def _fetched_rules(self, url: httpx.URL) -> Robots:
        body = io.BytesIO()
        try:
            self._followed(_address(robots_url(str(url))), Wanted(body, MAX_ROBOTS, IDLE, rules=True))
        except TryAgain as soon:
            error = soon.error
            if error.status is None:
                raise
            raise TryAgain(
                FetchError(
                    f"{shown_address(url)} is not read: the site's robots.txt answers {error.status}; try again later",
                    again=True,
                    retry_after=error.retry_after,
                ),
                soon.wait,
            ) from None
        except TooBig:
            pass  # what was read counts, as the RFC has it
        except FetchError as error:
            if error.status is None:
                raise
            return Robots()  # there is none
        return Robots.parse(body.getvalue())

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
            return self._hosts.setdefault(_host_of(url), _Host())

    def _site(self, url: httpx.URL) -> _Site:
        with self._lock:
            return self._sites.setdefault(f"{url.scheme}://{url.netloc.decode()}", _Site())

    def _wait(self, seconds: float) -> None:
        if self._closed.wait(max(0.0, seconds)):
            raise FetchError("fetching was stopped", again=True)

    # One exchange with one server

    def _exchange(self, url: httpx.URL, wanted: Wanted) -> dict[str, Any] | httpx.URL:
        """Return what was answered or, where it has moved."""
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        headers = [(b"Host", url.netloc), *_HEADERS, *wanted.asked]
        timeout = {"connect": _CONNECT, "read": IDLE, "write": IDLE, "pool": 2 * wanted.seconds}
        pool = self._pool(url)
        try:
            with (
                self._clock.running(wanted.seconds),
                pool.stream(b"GET", target, headers=headers, extensions={"timeout": timeout}) as response,
            ):
                head = AnswerHead(response.status, response.headers)
                if head.status in _MOVED and (moved := head["location"]):
                    return _address(str(url.join(moved)))
                checked(url, head, wanted)
                if head.status != 304:
                    for part in unpacked(url, response.iter_stream(), head["content-encoding"], wanted.max_bytes):
                        wanted.out.write(part)
        except httpcore.TimeoutException:
            what = f"no answer within {_CONNECT:.0f} s, or none complete within {wanted.seconds:.0f} s"
            raise FetchError(f"{shown_address(url)} can't be fetched: {what}; try again later", again=True) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError) as error:
            raise TryAgain(
                FetchError(
                    f"{shown_address(url)} can't be fetched: {_reason(error)}; check the address or try later",
                    again=True,
                )
            ) from None
        except httpx.InvalidURL:
            raise FetchError(f"{shown_address(url)} is redirected to no web address; check the address") from None
        except (ValueError, httpcore.UnsupportedProtocol) as error:
            raise FetchError(f"{shown_address(url)} can't be fetched: {_reason(error)}; check the address") from None
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
            return httpcore.ConnectionPool(
                network_backend=Network(self._clock, self._addresses, self._streams), **common
            )
        network = Network(self._clock, lambda host: [host], self._streams)  # a proxy may stand on this machine
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
        found = [host] if numeric(host) else in_time(lambda: self._look_up(host), _CONNECT)
        if not found:
            raise httpcore.ConnectError(f"no address is known for {host}")
        if host not in self._own:
            for address in found:
                if what := refusal(address):
                    raise _refused(host, f"{what} ({address})" if address != host else what)
        return found


# What is known of hosts


@dataclass(slots=True)
class _Host:
    """When a host may be asked again."""

    slots: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(_PER_HOST))
    lock: threading.Lock = field(default_factory=threading.Lock)
    free_at: float = 0.0


@dataclass(slots=True)
class _Site:
    """The rules of one site: a scheme, a host and a port."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    robots: Robots | None = None
    read_at: float = 0.0


# Addresses and words


def _address(url: str) -> httpx.URL:
    """Return a web address, its fragment gone. Raises FetchError for any other text."""
    text = url.strip()
    shown = shown_address(text)
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
