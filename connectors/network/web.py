"""HTTP that only speaks through the wire: every request goes to a server of the allow-list, or nowhere.

No proxies, no cookies, no .netrc, no look-ups of its own, and a redirect is followed only within the servers that the
session was made for. It quacks enough like a session of `requests` for the caldav package to speak through it.
Deliberately not here: what is asked (`dav/client.py`), and opening connections (`wire.py`).
"""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from nearhand.connectors.errors import (
    ConnectorError,
    ElsewhereError,
    LaterError,
    LimitError,
    NetworkError,
    SignInError,
)
from nearhand.connectors.names import shown
from nearhand.connectors.network.endpoints import Endpoint
from nearhand.connectors.network.web_sign import Nobody, Sign
from nearhand.connectors.network.wire import Line, Wire

MAX_ANSWER = 128 * 1024 * 1024
"""No answer is read beyond this."""
PATIENCE = 60.0
"""How long a whole session waits for a server that asks to be left alone, in seconds."""
_MOVED = frozenset({301, 302, 303, 307, 308})
_LOOKING = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"})
_MAX_HOPS = 5
_ANSWERS = 180.0
"""Seconds that a server may think about an answer: listing a large calendar takes some a while."""
_PIECE = 64 * 1024


class Headers(Mapping[str, str]):
    """The headers of an answer; letters may be small or capital."""

    def __init__(self, message: http.client.HTTPMessage) -> None:
        self._message = message

    def __getitem__(self, name: str) -> str:
        found = self._message.get_all(name)
        if found is None:
            raise KeyError(name)
        return ", ".join(map(str, found))

    def __iter__(self) -> Iterator[str]:
        return iter(self._message)

    def __len__(self) -> int:
        return len(self._message)


class _Socket:
    """A line as http.client wants it: it may let go of it before the answer is read, so only `line` ends it."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.makefile, self.sendall = line.makefile, line.sendall

    def close(self) -> None:
        """Nothing yet."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said, with the names that `requests` gives to it."""

    url: str
    status_code: int
    reason: str
    headers: Mapping[str, str]
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")


class Web:
    """A session with the servers of one account."""

    def __init__(
        self,
        wire: Wire,
        endpoints: Iterable[Endpoint],
        purpose: str,
        sign: Sign | None = None,
        pause: Callable[[float], None] = time.sleep,
        timeout: float = 30.0,
    ) -> None:
        self._wire = wire
        self._endpoints = frozenset(endpoints)
        self._purpose = purpose
        self._sign: Sign = sign or Nobody()
        self._pause = pause
        self._timeout = timeout
        self._patience = PATIENCE
        self._open: dict[Endpoint, tuple[http.client.HTTPConnection, Line]] = {}

    def close(self) -> None:
        """Hang up."""
        for endpoint in list(self._open):
            self._drop(endpoint)

    def request(
        self,
        method: str,
        url: str,
        data: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> Answer:
        """Ask, and return the answer below 500; what else a caller of `requests` may say is not listened to.

        Raises NetworkError, TrustError, SignInError, LaterError, LimitError, DeniedError, and ElsewhereError for a
        redirect to a server that is not on the list.
        """
        body = data.encode() if isinstance(data, str) else data or b""
        said = {**dict(headers or {}), "Accept-Encoding": "identity"}
        for _hop in range(_MAX_HOPS + 1):
            answer = self._persistent(method, url, body, said)
            target = answer.headers.get("Location", "")
            if answer.status_code not in _MOVED or not target or method not in _LOOKING:
                return self._usable(method, answer)
            url = self.allowed(urljoin(answer.url, target))
        raise NetworkError(f"{urlsplit(url).hostname} sends us round in circles. Check the address of the account.")

    def allowed(self, url: str) -> str:
        """An address that a server named; raises ElsewhereError if it is not on one of our servers."""
        try:
            known = Endpoint.of(url) in self._endpoints
        except ConnectorError:
            known = False
        if not known:
            where = shown(urlsplit(url).netloc.rpartition("@")[2])[:80]
            said = f"The server sends us on to {where}, which is not a server of your config, so it was not followed."
            raise ElsewhereError(f"{said} If you trust it, connect the account anew.", url)
        return url

    def _persistent(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        """Ask until the server neither wants to know us better nor to be left alone."""
        while True:
            answer = self._once(method, url, body, headers)
            if answer.status_code == 401:
                challenges = answer.headers.get("WWW-Authenticate", "")
                if not self._sign.challenged(_challenges(challenges)):
                    return answer
            elif answer.status_code in (429, 503) and answer.headers.get("Retry-After"):
                self._wait(answer)
            else:
                return answer

    def _wait(self, answer: Answer) -> None:
        seconds = _seconds(answer.headers)
        if seconds > self._patience:
            when = f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
            raise LaterError(f"{urlsplit(answer.url).hostname} asks to be left alone for {when}. Try again after that.")
        self._patience -= max(seconds, 1.0)
        self._pause(seconds)

    def _usable(self, method: str, answer: Answer) -> Answer:
        """The answer, unless it ends everything."""
        host = urlsplit(answer.url).hostname
        if answer.status_code == 401:
            said = f"{host} does not accept your name or password."
            raise SignInError(f"{said} If you changed it, say so with: nearhand connect. Some want an app password.")
        if answer.status_code == 429:
            raise LaterError(f"{host} asks to be left alone for a while (429). Try again in some minutes.")
        if answer.status_code >= 500 and answer.status_code != 507:
            said = f"{host} answers {method} with an error ({answer.status_code} {shown(answer.reason)[:60]})"
            raise NetworkError(f"{said}. Nothing is lost; try again later.")
        if answer.status_code in _MOVED:
            raise NetworkError(f"{host} says that this has moved ({answer.status_code}). Connect the account anew.")
        return answer

    def _once(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        """One exchange; a kept connection that the server has closed meanwhile is made anew once."""
        endpoint = Endpoint.of(self.allowed(url))
        while True:
            kept = endpoint in self._open
            try:
                return self._exchange(endpoint, method, url, body, headers)
            except (NetworkError, LimitError, http.client.HTTPException, OSError) as error:
                self._drop(endpoint)
                if not kept or isinstance(error, LimitError):
                    raise _explained(endpoint, error) from error

    def _drop(self, endpoint: Endpoint) -> None:
        gone = self._open.pop(endpoint, None)
        if gone is not None:
            gone[0].close()
            gone[1].close()

    def _connected(self, endpoint: Endpoint) -> http.client.HTTPConnection:
        if endpoint not in self._open:
            line = self._wire.connect(endpoint, self._purpose, self._timeout)
            line.settimeout(_ANSWERS)
            connection = http.client.HTTPConnection(endpoint.host, endpoint.port)
            connection.auto_open = 0  # it must never make a connection of its own
            vars(connection)["sock"] = _Socket(line)
            self._open[endpoint] = connection, line
        return self._open[endpoint][0]

    def _exchange(self, endpoint: Endpoint, method: str, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        connection = self._connected(endpoint)
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        signed = {**headers, "Authorization": self._sign.header(method, target)}
        connection.request(method, target, body, {key: value for key, value in signed.items() if value})
        found = connection.getresponse()
        content = _content(found, endpoint)
        if found.will_close:
            self._drop(endpoint)
        bare = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{target}"
        return Answer(bare, found.status, found.reason or "", Headers(found.headers), content)


def _content(found: http.client.HTTPResponse, endpoint: Endpoint) -> bytes:
    """The body of an answer; raises LimitError for one without end."""
    pieces, room = [], MAX_ANSWER
    while piece := found.read(_PIECE):
        room -= len(piece)
        if room < 0:
            raise LimitError(f"{endpoint} sends more than {MAX_ANSWER // 2**20} MB at once; that was not read.")
        pieces.append(piece)
    if found.length:
        raise http.client.IncompleteRead(b"", found.length)
    return b"".join(pieces)


def _explained(endpoint: Endpoint, error: Exception) -> ConnectorError:
    if isinstance(error, ConnectorError):
        return error
    return NetworkError(f"{endpoint} broke off or answers nonsense ({type(error).__name__}). Try again later.")


def _challenges(header: str) -> list[str]:
    """The challenges of one header line that may hold several."""
    starts = [i for i, word in _words(header) if word.lower() in ("basic", "digest", "bearer", "negotiate", "ntlm")]
    return [header[a:b].strip(" ,") for a, b in zip(starts, [*starts[1:], len(header)], strict=True)]


def _words(text: str) -> Iterable[tuple[int, str]]:
    at = 0
    for word in text.split(" "):
        yield at, word.strip(",")
        at += len(word) + 1


def _seconds(headers: Mapping[str, str]) -> float:
    """How long to wait; a date is measured on the server's own clock, for ours may be wrong."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        now = parsedate_to_datetime(headers.get("Date", ""))
    except (TypeError, ValueError):
        now = datetime.now(UTC)
    try:
        until = parsedate_to_datetime(value)
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):
        return 5.0
