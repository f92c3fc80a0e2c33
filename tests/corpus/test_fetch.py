"""What may be connected to, what is refused and in which words, and how politely it is done."""

from __future__ import annotations

import gzip
import io
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from corpus import fetch
from corpus.addresses import refusal
from corpus.fetch import Fetcher, Limits
from rag.errors import FetchError

QUICK = Limits(bytes=1 << 20, seconds=1.0, tries=3)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    with Fetcher(["127.0.0.1"], limits=QUICK) as one:
        yield one


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits before a second try, which are not waited for."""
    found: list[float] = []
    monkeypatch.setattr(
        Fetcher, "_wait", lambda self, seconds: found.append(round(seconds, 3)) if seconds > 0 else None
    )
    return found


def refused(fetcher: Fetcher, url: str, **options: Any) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetcher.get(url, **options)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    return caught.value


# Addresses


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.9.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255"),
        *("192.168.1.1", "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.100.100.200", "100.127.255.255"),
        *("192.0.0.192", "192.0.2.1", "198.51.100.7", "203.0.113.9", "198.18.0.1", "168.63.129.16"),
        *("192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::1"),
        *("::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:169.254.169.254", "::127.0.0.1"),
        *("::8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::"),
        *("2002:a9fe:a9fe::", "2002:808:808::", "2001:0:1::1", "fe80::1", "fe80::1%eth0", "fc00::1"),
        *("fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "3fff::1", "5f00::1"),
        *("100::1", "not-an-address"),
    ],
)
def test_addresses_that_are_never_connected_to(address: str) -> None:
    assert refusal(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "2a00:1450:4001:81b::200e", "11.0.0.1"]
)
def test_public_addresses_may_be(address: str) -> None:
    assert refusal(address) is None


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "fd00:ec2::254"],
)
def test_a_name_that_leads_to_a_private_address_is_refused(address: str) -> None:
    with Fetcher(look_up=lambda host: ["93.184.215.14", address]) as fetcher:  # one bad among good ones is enough
        error = refused(fetcher, "https://news.example/")
    assert "news.example is not read" in str(error)
    assert "--allow-private news.example" in str(error)
    assert not error.again


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://[::1]/", "http://[::ffff:127.0.0.1]:80/", "http://localhost/"]
)
def test_numbers_and_localhost_are_refused(url: str) -> None:
    with Fetcher() as fetcher:
        assert "is not read" in str(refused(fetcher, url))


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1.", "localhost."])
def test_odd_ways_to_write_this_machine_are_refused(host: str) -> None:
    # The system reads all of these as this machine; what it reads is checked, not what is written.
    with Fetcher(look_up=lambda name: [item[4][0] for item in socket.getaddrinfo("127.0.0.1", None)]) as fetcher:
        assert re.search("this machine itself|no web address", str(refused(fetcher, f"http://{host}/")))


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://news.example/a",
        "gopher://news.example/",
        "news.example/a",
        "javascript:alert(1)",
        "http://",
        "http:///a",
        "https://exa mple.com/",
        "http://user:secret@news.example/",
        "http://news.example:99999/",
        "http://a\r\nX: y/",
        "https://news.example/" + "a" * 5000,
        "",
        "data:text/html,<p>hi",
    ],
)
def test_what_is_no_web_address(url: str, fetcher: Fetcher) -> None:
    error = refused(fetcher, url)
    assert "secret" not in str(error)


def test_the_address_that_was_checked_is_the_one_connected_to(internet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that gives a public address when it is checked and this machine when it is connected to."""
    answers = [["93.184.215.14"], ["127.0.0.1"], ["127.0.0.1"]]
    connected: list[str] = []

    class Plain:
        def connect_tcp(self, host: str, *rest: Any) -> Any:
            connected.append(host)
            raise fetch.httpcore.ConnectError("nobody there")

    monkeypatch.setattr(fetch.httpcore, "SyncBackend", Plain)
    with Fetcher(look_up=lambda host: answers.pop(0), limits=Limits(tries=1)) as fetcher:
        first = refused(fetcher, f"http://rebinding.example:{internet.port}/a")
        second = refused(fetcher, f"http://rebinding.example:{internet.port}/a")
    assert "nobody there" in str(first)
    assert "this machine itself" in str(second)
    assert connected == ["93.184.215.14"]
    assert internet.asked == []


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://localhost:1/a",
        "http://[::1]/",
        "http://10.0.0.1/",
        "//192.168.0.1/x",
        "file:///etc/passwd",
        "ftp://a.example/",
        "http://[bad",
    ],
)
def test_a_redirect_is_checked_again(internet: Any, fetcher: Fetcher, target: str) -> None:
    url = internet.put("/a", status=302, headers={"Location": target})
    refused(fetcher, url)
    assert internet.paths() == ["/a"]


def test_redirects_are_followed_and_bounded(internet: Any, fetcher: Fetcher) -> None:
    internet.put("/end", "here")
    for number, status in enumerate((301, 302, 303, 307, 308)):
        internet.put(f"/{number}", status=status, headers={"Location": f"/{number + 1}" if number < 4 else "end#part"})
    found = fetcher.get(internet.url("/0"))
    assert (found.body, found.url) == (b"here", internet.url("/end"))
    loop = internet.put("/loop", status=302, headers={"Location": "/loop"})
    assert "redirected more than 6 times" in str(refused(fetcher, loop))


# What is answered


def test_what_a_fetch_tells(internet: Any, fetcher: Fetcher) -> None:
    headers = {"ETag": '"v1"', "Last-Modified": "Mon, 04 Mar 2024 10:00:00 GMT"}
    url = internet.put("/a", "caf\xe9".encode("latin-1"), kind='Text/HTML; Charset="ISO-8859-1"', headers=headers)
    found = fetcher.get(url)
    assert (found.kind, found.charset, found.status, found.not_modified) == ("text/html", "iso-8859-1", 200, False)
    assert (found.etag, found.modified, found.body) == ('"v1"', headers["Last-Modified"], b"caf\xe9")


def test_only_what_changed_is_asked_for(internet: Any, fetcher: Fetcher) -> None:
    def page(asked: Any) -> Any:
        if asked.headers.get("if-none-match") == '"v1"' and "if-modified-since" in asked.headers:
            return internet.reply(status=304, headers={"ETag": '"v1"'})
        return internet.reply("text", headers={"ETag": '"v1"', "Last-Modified": "Mon, 04 Mar 2024 10:00:00 GMT"})

    url = internet.put("/a", page)
    first = fetcher.get(url)
    again = fetcher.get(url, etag=first.etag, modified=first.modified)
    assert (again.not_modified, again.body, again.etag, again.status) == (True, b"", '"v1"', 304)


def test_a_304_that_nobody_asked_for_is_an_error(internet: Any, fetcher: Fetcher) -> None:
    assert refused(fetcher, internet.put("/a", status=304)).status == 304


@pytest.mark.parametrize(
    ("status", "again"), [(404, False), (410, False), (403, False), (401, False), (451, False), (204, False)]
)
def test_other_answers_are_errors_with_their_status(internet: Any, fetcher: Fetcher, status: int, again: bool) -> None:
    error = refused(fetcher, internet.put("/a", status=status))
    assert (error.status, error.again) == (status, again)
    assert str(status) in str(error)
    assert internet.paths() == ["/a"]


@pytest.mark.parametrize("kind", ["image/jpeg", "video/mp4", "audio/mpeg", "font/woff2", "text/css"])
def test_what_holds_no_text_is_not_read(internet: Any, fetcher: Fetcher, kind: str) -> None:
    assert f"no text but {kind}" in str(refused(fetcher, internet.put("/a", b"x", kind=kind)))


# Bounds


def test_too_big_by_its_own_word(internet: Any, fetcher: Fetcher) -> None:
    url = internet.put("/a", b"x", length=200 << 20)
    assert "larger than 1.0 MiB" in str(refused(fetcher, url))


def test_an_endless_answer_ends(internet: Any) -> None:
    url = internet.put("/a", endless=b"<item>" * 1000)
    with Fetcher(["127.0.0.1"], limits=Limits(bytes=1 << 20)) as fetcher:
        assert "larger than 1.0 MiB" in str(refused(fetcher, url))


def test_max_bytes_of_one_fetch(internet: Any, fetcher: Fetcher) -> None:
    url = internet.put("/a", b"x" * 1000)
    assert len(fetcher.get(url, max_bytes=1000).body) == 1000
    assert "larger" in str(refused(fetcher, url, max_bytes=999))


@pytest.mark.parametrize("layers", [1, 3])
def test_a_bomb_is_not_unpacked(internet: Any, fetcher: Fetcher, layers: int) -> None:
    bomb = b"".join(gzip.compress(bytes(100 << 20 if layers == 1 else 900_000)) for _ in range(layers))
    url = internet.put("/a", bomb, headers={"Content-Encoding": "gzip"})
    assert "larger than 1.0 MiB" in str(refused(fetcher, url))


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda data: zlib.compress(data)[2:-4]),
        ("gzip", lambda data: gzip.compress(data[:10]) + gzip.compress(data[10:])),
        ("gzip", lambda data: gzip.compress(data) + b"\0\0rubbish"),
        ("identity", lambda data: data),
    ],
)
def test_packed_answers(internet: Any, fetcher: Fetcher, encoding: str, pack: Callable[[bytes], bytes]) -> None:
    text = b"The harbour opened on Monday. " * 3000
    url = internet.put("/a", pack(text), headers={"Content-Encoding": encoding})
    assert fetcher.get(url).body == text


@pytest.mark.parametrize(
    ("encoding", "data", "told"),
    [
        ("gzip", gzip.compress(b"harbour " * 500, mtime=0)[:-20], "ends in the middle"),
        ("gzip", b"this is not packed", "damaged"),
        ("br", b"x", "which was not asked for"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"x", mtime=0), mtime=0), "which was not asked for"),
    ],
)
def test_packing_that_lies(internet: Any, fetcher: Fetcher, encoding: str, data: bytes, told: str) -> None:
    assert told in str(refused(fetcher, internet.put("/a", data, headers={"Content-Encoding": encoding})))


def test_a_body_cut_short(internet: Any, fetcher: Fetcher, waits: list[float]) -> None:
    error = refused(fetcher, internet.put("/a", b"half", length=1000))
    assert error.again


@pytest.mark.parametrize("how", [{"drip": 0.05}, {"slow": 30.0}])
def test_a_slow_answer_is_given_up(internet: Any, fetcher: Fetcher, how: dict[str, float]) -> None:
    internet.put("/robots.txt", status=404)
    url = internet.put("/a", b"x" * 1000, **how)
    error = refused(fetcher, url)
    assert error.again
    assert "none complete within 1 s" in str(error)


def test_headers_that_drip_are_given_up(fetcher: Fetcher) -> None:
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            while not over.is_set():
                one, _ = server.accept()
                with one:
                    asked = one.recv(4096)
                    if b"GET /robots" in asked:
                        one.sendall(b"HTTP/1.1 404 no\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                        continue
                    try:
                        one.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
                        while not over.wait(0.05):
                            one.sendall(b"x")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        error = refused(fetcher, f"http://127.0.0.1:{server.getsockname()[1]}/a")
        over.set()
        thread.join(0.1)
    assert error.again


def test_no_one_listens(fetcher: Fetcher, waits: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    error = refused(fetcher, f"http://127.0.0.1:{port}/a")
    assert error.again
    assert len(waits) == 2
    assert "refused" in str(error)


def test_no_network(waits: list[float]) -> None:
    def unknown(host: str) -> list[str]:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    with Fetcher(look_up=unknown) as fetcher:
        error = refused(fetcher, "https://news.example/a")
    assert error.again
    assert "Temporary failure in name resolution" in str(error)


def test_a_name_that_is_never_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "_CONNECT", 0.2)
    over = threading.Event()
    with Fetcher(look_up=lambda host: [str(over.wait(20))]) as fetcher:
        error = refused(fetcher, "https://news.example/a")
    over.set()
    assert error.again


def test_not_http_at_all(fetcher: Fetcher, waits: list[float]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk() -> None:
            for _ in range(3):
                one, _ = server.accept()
                with one:
                    one.recv(4096)
                    one.sendall(b"220 mail.example ESMTP\r\n")

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        error = refused(fetcher, f"http://127.0.0.1:{server.getsockname()[1]}/a")
        thread.join(5)
    assert "can't be fetched" in str(error)


def test_a_certificate_that_nobody_vouches_for(internet: Any, tmp_path: Path, waits: list[float]) -> None:
    made = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout key -out cert"
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate")
    subprocess.run([openssl, *made.split()], cwd=tmp_path, check=True, capture_output=True)
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    with sys.modules["internet"].internet(tls=served) as world:
        world.put("/a", "safely")
        with Fetcher(["127.0.0.1"], limits=QUICK) as fetcher:
            error = refused(fetcher, f"https://127.0.0.1:{world.port}/a")
        assert "its certificate is not valid" in str(error)
        trusting = ssl.create_default_context(cafile=str(tmp_path / "cert"))
        with Fetcher(["127.0.0.1"], limits=QUICK, tls=trusting) as fetcher:
            assert fetcher.get(f"https://127.0.0.1:{world.port}/a").body == b"safely"


# Trying again


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(internet: Any, fetcher: Fetcher, waits: list[float], status: int) -> None:
    left = [internet.reply(status=status), internet.reply(status=status), internet.reply("at last")]
    url = internet.put("/a", lambda asked: left.pop(0))
    assert fetcher.get(url).body == b"at last"
    assert 0.7 <= waits[0] <= 1.3 and 1.4 <= waits[1] <= 2.6


def test_a_server_that_stays_busy(internet: Any, fetcher: Fetcher, waits: list[float]) -> None:
    error = refused(fetcher, internet.put("/a", status=503))
    assert (error.status, error.again) == (503, True)
    assert internet.paths() == ["/a"] * 3


def test_retry_after_is_honoured(internet: Any, fetcher: Fetcher, waits: list[float]) -> None:
    left = [internet.reply(status=429, headers={"Retry-After": "7"}), internet.reply("at last")]
    fetcher.get(internet.put("/a", lambda asked: left.pop(0)))
    assert waits == [7.0]


def test_a_long_retry_after_is_left_to_the_caller(internet: Any, fetcher: Fetcher, waits: list[float]) -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    error = refused(fetcher, internet.put("/a", status=503, headers={"Retry-After": when}))
    assert waits == []
    assert error.retry_after and 3500 < error.retry_after <= 3600


@pytest.mark.parametrize("value", ["soon", "-5", "9" * 40, "Mon, 99 Foo 2024"])
def test_a_retry_after_that_makes_no_sense(internet: Any, fetcher: Fetcher, waits: list[float], value: str) -> None:
    error = refused(fetcher, internet.put("/a", status=503, headers={"Retry-After": value}))
    assert error.retry_after is None


# Manners


def test_who_we_say_we_are(internet: Any, fetcher: Fetcher) -> None:
    fetcher.get(internet.put("/a", "x"))
    headers = internet.asked[-1].headers
    assert headers["user-agent"].startswith("Dateline")
    assert "cookie" not in headers and "authorization" not in headers


def test_robots_txt_is_obeyed_and_asked_for_once(internet: Any, fetcher: Fetcher) -> None:
    internet.put(
        "/robots.txt", "User-agent: *\nDisallow: /\n\nUser-agent: dateline\nDisallow: /private*.html\nAllow: /\n"
    )
    internet.put("/private/a.html", "x")
    assert fetcher.get(internet.put("/a", "x")).body == b"x"
    error = refused(fetcher, internet.url("/private/a.html"))
    assert "robots.txt says so" in str(error)
    assert not error.again
    assert [asked.path for asked in internet.asked] == ["/robots.txt", "/a"]


def test_robots_txt_holds_for_where_a_redirect_leads(internet: Any, fetcher: Fetcher) -> None:
    internet.put("/robots.txt", "User-agent: *\nDisallow: /b\n")
    internet.put("/b", "x")
    assert "robots.txt says so" in str(refused(fetcher, internet.put("/a", status=301, headers={"Location": "/b"})))


@pytest.mark.parametrize(
    "robots",
    [
        b"",
        b"\xff\xfe\x00garbage\xff",
        b"<html><body>Not found</body></html>",
        b"Disallow: /a",
        b"\xef\xbb\xbfUser-agent: x\nDisallow: /",
    ],
)
def test_a_robots_txt_that_forbids_nothing(internet: Any, fetcher: Fetcher, robots: bytes) -> None:
    internet.put("/robots.txt", robots)
    assert fetcher.get(internet.put("/a", "x")).body == b"x"


def test_a_robots_txt_with_a_mark_before_it_is_read(internet: Any, fetcher: Fetcher) -> None:
    internet.put("/robots.txt", b"\xef\xbb\xbfUser-agent: *\nDisallow: /")
    refused(fetcher, internet.put("/a", "x"))


def test_the_head_of_a_huge_robots_txt_counts(internet: Any, fetcher: Fetcher) -> None:
    internet.put("/robots.txt", b"User-agent: *\nDisallow: /b\n" + b"# padding\n" * 200_000)
    assert fetcher.get(internet.put("/a", "x")).body == b"x"
    refused(fetcher, internet.put("/b", "x"))


def test_a_robots_txt_that_can_not_be_had_closes_the_site(internet: Any, fetcher: Fetcher, waits: list[float]) -> None:
    internet.put("/robots.txt", status=503)
    error = refused(fetcher, internet.put("/a", "x"))
    assert "robots.txt answers 503" in str(error)
    assert error.again
    assert internet.paths() == []
    with pytest.raises(FetchError):
        fetcher.robots(internet.url("/a"))


def test_sitemaps_of_a_robots_txt(internet: Any, fetcher: Fetcher) -> None:
    internet.put("/robots.txt", "Sitemap: https://news.example/news.xml\nUser-agent: *\nAllow: /\n")
    assert fetcher.robots(internet.url("/a")).sitemaps == ("https://news.example/news.xml",)


def test_the_crawl_delay_is_kept(internet: Any, fetcher: Fetcher) -> None:
    internet.put("/robots.txt", "User-agent: *\nCrawl-delay: 0.3\n")
    for path in ("/a", "/b", "/c"):
        fetcher.get(internet.put(path, "x"))
    at = [asked.at for asked in internet.asked if asked.path != "/robots.txt"]
    assert min(b - a for a, b in pairwise(at)) > 0.25


def test_a_crawl_delay_of_hours_is_refused(internet: Any, fetcher: Fetcher) -> None:
    internet.put("/robots.txt", "User-agent: *\nCrawl-delay: 86400\n")
    assert "asks for 86,400 s" in str(refused(fetcher, internet.put("/a", "x")))


def test_one_host_is_asked_by_two_at_a_time(internet: Any) -> None:
    internet.put("/a", "x", slow=0.1)
    with Fetcher(["127.0.0.1"]) as fetcher, ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: fetcher.get(internet.url("/a")), range(8)))
    assert internet.most_at_once == 2


def test_a_pause_between_two_pages_of_a_public_host(internet: Any) -> None:
    internet.put("/a", "x")
    with Fetcher(["127.0.0.1"], delay=0.2) as fetcher, ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: fetcher.get(internet.url("/a")), range(4)))
    at = sorted(asked.at for asked in internet.asked if asked.path == "/a")
    assert min(b - a for a, b in pairwise(at)) > 0.15


def test_who_waits_is_woken_when_it_is_closed(internet: Any) -> None:
    fetcher = Fetcher(["127.0.0.1"], delay=60.0)
    url = internet.put("/a", "x")
    fetcher.robots(url)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(fetcher.get, url)
        time.sleep(0.1)
        fetcher.close()
        assert isinstance(waiting.exception(timeout=5), FetchError)


def test_who_waits_for_an_answer_is_woken_when_it_is_closed(internet: Any) -> None:
    fetcher = Fetcher(["127.0.0.1"])
    url = internet.put("/a", "x", slow=30.0)
    fetcher.robots(url)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(fetcher.get, url)
        time.sleep(0.3)
        fetcher.close()
        assert isinstance(waiting.exception(timeout=20), FetchError)


def test_who_connects_while_it_is_closed_asks_nothing(internet: Any) -> None:
    looking, closed = threading.Event(), threading.Event()

    def look_up(host: str) -> list[str]:
        looking.set()
        closed.wait(5)
        return ["127.0.0.1"]

    fetcher = Fetcher(["news.example"], look_up=look_up)
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(fetcher.get, f"http://news.example:{internet.port}/a")
        assert looking.wait(5)
        fetcher.close()
        closed.set()
        assert isinstance(waiting.exception(timeout=5), FetchError)
    assert internet.asked == []


# Proxies


def test_a_proxy_of_the_environment_is_used(internet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", internet.root)
    internet.put("http://news.example/a", "through the proxy")
    with Fetcher(look_up=lambda host: ["93.184.215.14"], delay=0.0) as fetcher:
        assert fetcher.get("http://news.example/a").body == b"through the proxy"


def test_a_proxy_is_not_asked_for_a_private_host(internet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", internet.root)

    def look_up(host: str) -> list[str]:
        if host in ("10.0.0.1", "169.254.169.254"):
            return [host]
        raise socket.gaierror(-2, "Name or service not known")

    with Fetcher(look_up=look_up, delay=0.0) as fetcher:
        for host in ("10.0.0.1", "169.254.169.254", "intranet", "metadata.google.internal", "printer.local"):
            assert "is not read" in str(refused(fetcher, f"http://{host}/"))
        assert internet.asked == []
        internet.put("http://news.example/a", "a name that only the proxy knows")
        assert fetcher.get("http://news.example/a").body.startswith(b"a name")


def test_no_proxy_is_honoured(internet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Fetcher(["127.0.0.1"]) as fetcher:
        assert fetcher.get(internet.put("/a", "x")).body == b"x"


def test_a_proxy_that_can_not_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:1080")
    with Fetcher(look_up=lambda host: ["93.184.215.14"]) as fetcher:
        assert "give an http proxy" in str(refused(fetcher, "https://news.example/"))


# Downloads


def test_a_download_goes_into_a_file(internet: Any, fetcher: Fetcher, tmp_path: Path) -> None:
    url = internet.put("/a.warc.gz", b"x" * 300_000, kind="application/octet-stream")
    with (tmp_path / "a").open("w+b") as file:
        found = fetcher.download(url, file, max_bytes=1 << 20)
    assert (tmp_path / "a").stat().st_size == 300_000
    assert found.body == b""


def test_a_download_that_is_tried_again_begins_again(internet: Any, fetcher: Fetcher, waits: list[float]) -> None:
    left = [internet.reply(b"half", length=1000), internet.reply(b"whole")]
    file = io.BytesIO()
    fetcher.download(internet.put("/a", lambda asked: left.pop(0)), file, max_bytes=1 << 20)
    assert file.getvalue() == b"whole"


def test_only_fetch_opens_connections() -> None:
    """No module of corpus but fetch.py, and network.py beneath it, imports what can connect."""
    able = (
        "socket",
        "http.client",
        "urllib.request",
        "httpx",
        "httpcore",
        "requests",
        "aiohttp",
        "ftplib",
        "ssl",
        "asyncio",
    )
    folder = Path(fetch.__file__).parent
    for file in folder.glob("*.py"):
        words = file.read_text(encoding="utf-8")
        assert file.name == "fetch.py" or "from corpus.network import" not in words, file
        if file.name not in ("fetch.py", "network.py"):
            assert not [name for name in able if f"import {name}\n" in words or f"from {name} import" in words], file
