"""imaplib over a `Line`: its tags and answers, with our own socket, our own limits, and IDLE.

imaplib is asked for as little as possible: commands are made of arguments that `imap_words` has quoted.
"""

from __future__ import annotations

import imaplib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast

from nearhand.connectors.errors import ConnectorError, LimitError, NetworkError, NotFoundError, RefusedError
from nearhand.connectors.imap.words import Part, uids_in
from nearhand.connectors.network.endpoints import Endpoint
from nearhand.connectors.network.lines import Line
from nearhand.connectors.network.login import Login

_TIMING = re.compile(r"\s*\([\d.][^()]*secs\)\.?$")
_MODIFIED = re.compile(rb"\[MODIFIED ([\d:,]+)\]", re.IGNORECASE)
_MAX_LINE = 1_000_000
_MOST = 256 * 1024 * 1024
_TICK = 0.25
"""Seconds after which a stop is noticed while waiting."""


class Protocol(imaplib.IMAP4):
    """The commands and answers of one connection."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._buffer = bytearray()
        self._last: tuple[str, list[Any]] = ("OK", [])
        super().__init__()

    # --- what imaplib asks of a transport ----------------------------------------------------------------------------

    def open(self, host: str = "", port: int = 0, timeout: float | None = None) -> None:
        """The line is open already."""
        self.host, self.port = self._line.endpoint.host, self._line.endpoint.port

    def read(self, size: int) -> bytes:
        """Read exactly so many bytes, or fewer when the other side hangs up."""
        while len(self._buffer) < size and self._more():
            pass
        return self._taken(min(size, len(self._buffer)))

    def readline(self) -> bytes:
        """Read one line; an endless one is an error."""
        start = 0
        while (end := self._buffer.find(b"\n", start)) < 0:
            start = len(self._buffer)
            if start > _MAX_LINE:
                raise self.abort("a line without an end")
            if not self._more():
                return self._taken(len(self._buffer))
        return self._taken(end + 1)

    def _more(self) -> bool:
        data = self._line.recv(256 * 1024)
        self._buffer += data
        return bool(data)

    def _taken(self, size: int) -> bytes:
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def send(self, data: Any) -> None:
        """Send everything."""
        self._line.sendall(data)

    def shutdown(self) -> None:
        """Hang up."""
        self._line.close()

    def secure(self) -> None:
        """Go on over TLS; what came in the clear after the answer to STARTTLS is thrown away."""
        self._buffer.clear()
        self._line.secure()
        self._get_capabilities()

    # --- commands ---------------------------------------------------------------------------------------------------

    def fresh(self) -> None:
        """Forget earlier answers, and start an exchange."""
        self.untagged_responses.clear()
        self._line.fresh(most=_MOST)

    def call(self, command: str, args: Sequence[str], missing_ok: bool) -> None:
        """Run one command; raises `error` when the server says NO, unless that is all right."""
        self.fresh()
        self._last = self._simple_command(command, *args)
        if not missing_ok:
            self.check_answer()

    def add(self, mailbox: str, flags: str, when: datetime, raw: bytes) -> None:
        """Add a mail; raises `error` when the server says NO."""
        self.fresh()
        self._last = self.append(mailbox, flags, when, raw)
        self.check_answer()

    def check_answer(self) -> None:
        """Raise `error` when the last answer was not OK."""
        kind, data = self._last
        if kind != "OK":
            raise self.error(b" ".join(each for each in data if isinstance(each, bytes)).decode("utf-8", "replace"))

    def modified(self) -> set[int]:
        """The mails that the last command left alone because somebody had changed them (RFC 7162)."""
        said = b" ".join(each for each in self._last[1] if isinstance(each, bytes))
        found = _MODIFIED.search(said)
        return set(uids_in(found[1].decode("ascii"))) if found else set()

    def answers(self, kind: str) -> list[Part]:
        """What the server said of a kind since the last command."""
        found = self.untagged_responses.get(kind, [])
        return [part for part in cast("list[Part | None]", found) if part is not None]

    def sign_in(self, mechanism: str, first: bytes) -> None:
        """Prove who this is by SASL; a server that asks once more, to say what is wrong, gets an empty answer."""
        said = [first, b""]
        self.fresh()
        self.authenticate(mechanism, lambda challenge: said.pop(0) if said else b"")

    def wait_for_news(self, seconds: float, stop: Callable[[], bool]) -> bool:
        """IDLE (RFC 2177) until there is news, the time is over, or somebody wants to stop."""
        self.fresh()
        tag = self._new_tag()
        self.send(tag + b" IDLE\r\n")
        if not self._heard(b"+"):
            return False
        until, news = time.monotonic() + seconds, False
        while not news and not stop() and time.monotonic() < until:
            news = (bool(self._buffer) or self._line.wait(_TICK)) and self._news()
        self._line.fresh(30.0)
        self.send(b"DONE\r\n")
        while not (line := self._told()).startswith(tag):
            news = news or _matters(line)
        return news

    def _news(self) -> bool:
        self._line.fresh(30.0)
        return _matters(self._told())

    def _heard(self, start: bytes) -> bool:
        while not (line := self._told()).startswith(start):
            if line[:1] not in b"*+":
                return False
        return True

    def _told(self) -> bytes:
        line = self.readline()
        if not line:
            raise NetworkError(f"{self._line.endpoint} has hung up.")
        return line


def _matters(line: bytes) -> bool:
    return any(word in line.upper().split() for word in (b"EXISTS", b"EXPUNGE", b"VANISHED", b"FETCH"))


@contextmanager
def translated(endpoint: Endpoint) -> Iterator[None]:
    """Turn what imaplib raises into an error for the person."""
    try:
        yield
    except imaplib.IMAP4.abort as error:
        raise NetworkError(f"The connection to {endpoint} broke off: {said_by(error)}. Try again later.") from error
    except imaplib.IMAP4.error as error:
        raise _refusal(endpoint, said_by(error)) from error
    except (ValueError, IndexError, UnicodeError) as error:
        raise NetworkError(f"{endpoint} said something that makes no sense.") from error


def said_by(error: BaseException) -> str:
    """What a server said, on one line and not too long, without how long it took."""
    text = str(error.args[0] if error.args else error)
    text = _TIMING.sub("", text.removeprefix("b'").removesuffix("'")).rstrip(".")
    return "".join(char if char.isprintable() else " " for char in text)[:200].strip()


def no_entry(endpoint: Endpoint, login: Login, error: BaseException) -> str:
    """Say that a server does not let somebody in."""
    proof = "the token (connect again)" if login.token else "the password"
    return f"{endpoint.host} does not let {login.user} in: {said_by(error)}. Check the name and {proof}."


def _refusal(endpoint: Endpoint, said: str) -> ConnectorError:
    upper = said.upper()
    if "QUOTA" in upper:
        return LimitError(f"The mailbox on {endpoint.host} is full: {said}. Make room there.")
    if any(code in upper for code in ("NONEXISTENT", "TRYCREATE", "DOESN'T EXIST")):
        return NotFoundError(f"{endpoint.host} does not have that mailbox (any more): {said}.")
    return RefusedError(f"{endpoint.host} refused: {said}.")
