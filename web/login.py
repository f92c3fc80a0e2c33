"""Who may come in: names with passwords, and tokens. Of passwords scrypt's digests are kept, as NAME:scrypt:SALT:DIGEST."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.cookies import CookieError, SimpleCookie
from pathlib import Path

from rag.errors import UsageError

COOKIE = "dateline-session"
LASTS = 12 * 3600  # seconds of a session
_SESSIONS = 10_000  # at most; the oldest go
_LINE = re.compile(r"([^:]+):scrypt:([0-9a-f]{32}):([0-9a-f]{64})")
_SHORTEST = 16  # characters of a token
_COST = {"n": 2**14, "r": 8, "p": 1, "maxmem": 64 * 2**20}  # some 50 ms and 16 MB
_NOBODY = (b"\0" * 16, b"")  # checked where the name is unknown: it takes as long


class NotAllowed(Exception):
    """A login was given, and it is not good; the message says why."""


@dataclass(frozen=True, slots=True)
class Token:
    """A key of the API by its digest, and the last day on which it is good (UTC), None for ever."""

    digest: bytes
    until: date | None = None


@dataclass
class Logins:
    """Names, tokens, and the sessions that were begun. Nobody needs to log in where there are neither."""

    passwords: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)  # by name: salt and digest
    tokens: tuple[Token, ...] = ()
    _sessions: OrderedDict[bytes, tuple[str, float]] = field(default_factory=OrderedDict)
    _known: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __bool__(self) -> bool:
        return bool(self.passwords or self.tokens)

    def who(self, authorization: str, cookie: str) -> str | None:
        """Return the name of whoever sent these headers, None for nobody. Raises NotAllowed for a login that is not good."""
        kind, _, value = authorization.partition(" ")
        if kind.lower() == "bearer":
            return self.by_token(value.strip())
        if kind.lower() == "basic":
            try:
                name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
            except ValueError:
                raise NotAllowed("the login is not readable") from None
            return self.by_password(name, password)
        if authorization:
            raise NotAllowed("send `Authorization: Bearer TOKEN`")
        return self._of_session(cookie)

    def by_token(self, token: str) -> str:
        """Return the name that goes with a token. Raises NotAllowed."""
        digest, found = _digest(token), None
        for each in self.tokens:  # all of them, always: how long it takes tells nothing
            if hmac.compare_digest(each.digest, digest):
                found = each
        if found is None:
            raise NotAllowed("the token is not known")
        if found.until and datetime.now(UTC).date() > found.until:
            raise NotAllowed(f"the token expired on {found.until}")
        return f"token:{digest.hex()[:8]}"

    def by_password(self, name: str, password: str) -> str:
        """Return the name where the password is its own. Raises NotAllowed."""
        once = _digest(f"{len(name)}:{name}:{password}")
        with self._lock:
            if once in self._known:  # scrypt is slow by design; a client that logs in with each request pays once
                return name
        salt, kept = self.passwords.get(name, _NOBODY)
        if not hmac.compare_digest(_scrypt(password, salt), kept):
            raise NotAllowed("the name or the password is wrong")
        with self._lock:
            self._known[once] = None
            while len(self._known) > _SESSIONS:
                self._known.popitem(last=False)
        return name

    def begin(self, name: str) -> str:
        """Return the key of a new session."""
        key = secrets.token_urlsafe(32)
        with self._lock:
            self._sessions[_digest(key)] = (name, time.monotonic() + LASTS)
            while len(self._sessions) > _SESSIONS:
                self._sessions.popitem(last=False)
        return key

    def end(self, cookie: str) -> None:
        """Forget the session."""
        with self._lock:
            self._sessions.pop(_digest(_session_key(cookie)), None)

    def _of_session(self, cookie: str) -> str | None:
        key = _session_key(cookie)
        if not key:
            return None
        with self._lock:
            name, ends = self._sessions.get(_digest(key), ("", 0.0))
        return name if ends > time.monotonic() else None


def _session_key(cookie: str) -> str:
    try:
        morsel = SimpleCookie(cookie).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def read_logins(auth: Path | None, tokens: tuple[str, ...]) -> Logins:
    """Return the logins of a file of names and of tokens, each a token or "@FILE". Raises UsageError."""
    passwords = _passwords(auth) if auth else {}
    return Logins(passwords, tuple(token for given in tokens for token in _tokens(given)))


def password_line(name: str, password: str) -> str:
    """Return the line that lets `name` in with `password`. Raises UsageError."""
    if not name or ":" in name or name != name.strip() or not name.isprintable() or name.startswith("#"):
        raise UsageError(f"{name!r} can't be a name; take one without colons, and without blanks around it")
    salt = secrets.token_bytes(16)
    return f"{name}:scrypt:{salt.hex()}:{_scrypt(password, salt).hex()}"


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, dklen=32, **_COST)


def _passwords(file: Path) -> dict[str, tuple[bytes, bytes]]:
    found: dict[str, tuple[bytes, bytes]] = {}
    for number, line in _lines(file):
        match = _LINE.fullmatch(line)
        if match is None:
            raise UsageError(
                f"{file}, line {number} is not NAME:scrypt:SALT:DIGEST; make it with `dateline password NAME`"
            )
        found[match[1]] = bytes.fromhex(match[2]), bytes.fromhex(match[3])
    if not found:
        raise UsageError(f"{file} names nobody; add a line with `dateline password NAME`")
    return found


def _tokens(given: str) -> list[Token]:
    if not given.startswith("@"):
        return [_token(given, None, "--token")]
    file, found = Path(given[1:]), []
    for number, line in _lines(file):
        token, *until = line.split()
        try:
            last = date.fromisoformat(until[0]) if until else None
        except ValueError:
            raise UsageError(f"{file}, line {number}: {until[0]!r} is no day; write TOKEN 2027-01-31") from None
        found.append(_token(token, last, f"{file}, line {number}"))
    if not found:
        raise UsageError(f"{file} holds no token; write one a line")
    return found


def _token(token: str, until: date | None, where: str) -> Token:
    if len(token) < _SHORTEST or not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(
            f"{where}: a token has {_SHORTEST} characters or more, letters and digits; "
            "make one with `openssl rand -hex 24`"
        )
    return Token(_digest(token), until)


def _lines(file: Path) -> list[tuple[int, str]]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise UsageError(f"can't read {file} ({why}); check the path") from None
    lines = ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1))
    return [(number, line) for number, line in lines if line and not line.startswith("#")]
