"""A connection that counts its bytes and cannot be held up for ever: what `wire.py` hands out.

It looks enough like a socket for imaplib, smtplib and http.client. An exchange starts when something is sent after
something was received. It may take `timeout` seconds, and one second more for every kilobyte that moved: a server that
sends a byte now and then does not pass, a slow line with a large mail does. `fresh` starts one with limits of its own.
"""

from __future__ import annotations

import io
import ipaddress
import selectors
import socket
import ssl
import time
from collections.abc import Callable
from typing import NoReturn

from nearhand.connectors.errors import NetworkError, TrustError
from nearhand.connectors.network.endpoints import Endpoint, Privacy

SLOWEST = 1024
"""Bytes a second; an exchange that moves fewer in the long run is given up."""
MOST = 512 * 1024 * 1024
"""Bytes that one exchange may bring unless the caller says otherwise."""


class Line:
    """One connection."""

    def __init__(
        self,
        plain: socket.socket,
        endpoint: Endpoint,
        context: Callable[[], ssl.SSLContext],
        ended: Callable[[int, int, str], None],
        timeout: float,
    ) -> None:
        self._sock: socket.socket = plain
        self.endpoint = endpoint
        self._context = context
        self._ended: Callable[[int, int, str], None] | None = ended
        self.timeout = timeout
        self.received = 0
        self.sent = 0
        self._receiving = True
        self._trouble = ""
        self.fresh()

    # --- limits -----------------------------------------------------------------------------------------------------

    def fresh(self, timeout: float | None = None, most: int = MOST) -> None:
        """Start an exchange: so many seconds, so many bytes at most."""
        self._until = time.monotonic() + (self.timeout if timeout is None else timeout)
        self._from = self.received + self.sent
        self._most = self.received + most

    def left(self) -> float:
        """Seconds that the exchange may still take, given what has moved so far."""
        return self._until + (self.received + self.sent - self._from) / SLOWEST - time.monotonic()

    def _patience(self) -> None:
        left = self.left()
        if left <= 0:
            self._fail(self._slow())
        self._sock.settimeout(left)

    def _slow(self) -> NetworkError:
        return NetworkError(f"{self.endpoint} is too slow, so the connection was given up. Try again later.")

    def _broke(self, error: OSError) -> NoReturn:
        if isinstance(error, TimeoutError):
            self._fail(self._slow(), error)
        why = (error.strerror or "it was cut off").lower()
        self._fail(NetworkError(f"The connection to {self.endpoint} broke: {why}. Try again later."), error)

    def _fail(self, error: NetworkError, cause: BaseException | None = None) -> NoReturn:
        self._trouble = self._trouble or str(error)
        raise error from cause

    # --- privacy ----------------------------------------------------------------------------------------------------

    @property
    def loopback(self) -> bool:
        """Whether the other end is this machine."""
        return ipaddress.ip_address(str(self._sock.getpeername()[0])).is_loopback

    @property
    def private(self) -> bool:
        """Whether secrets may be said on it."""
        if isinstance(self._sock, ssl.SSLSocket):
            return True
        return self.endpoint.privacy is Privacy.PLAIN and self.loopback

    def secure(self) -> None:
        """Go on over verified TLS; raises TrustError if the server cannot prove that it is the right one."""
        self.fresh()
        self._patience()
        try:
            self._sock = self._context().wrap_socket(self._sock, server_hostname=self.endpoint.host)
        except ssl.SSLCertVerificationError as error:
            self._fail(TrustError(_distrust(self.endpoint, error)), error)
        except (ssl.SSLError, ValueError) as error:
            said = f"{self.endpoint} does not speak TLS as it should. Check the port: 993 for imaps, 465 for smtps."
            self._fail(TrustError(said), error)
        except OSError as error:
            self._fail(NetworkError(f"{self.endpoint} broke off while the line was being made private."), error)

    # --- the parts of a socket that protocols use -------------------------------------------------------------------

    def sendall(self, data: bytes | bytearray | memoryview) -> None:
        """Send everything; what follows the last answer starts an exchange."""
        if self._receiving:
            self.fresh()
            self._receiving = False
        view = memoryview(data).cast("B")
        while view:
            self._patience()
            try:
                count = self._sock.send(view)
            except OSError as error:
                self._broke(error)
            self.sent += count
            view = view[count:]

    def recv_into(self, buffer: bytearray | memoryview) -> int:
        """Receive what is there, waiting for the first byte of it; 0 means the other side has hung up."""
        self._receiving = True
        if self.received >= self._most:
            self._fail(NetworkError(f"{self.endpoint} sends more than was asked for, so the connection was given up."))
        self._patience()
        try:
            count = self._sock.recv_into(buffer)
        except OSError as error:
            self._broke(error)
        self.received += count
        return count

    def recv(self, size: int) -> bytes:
        """Receive up to so many bytes."""
        buffer = bytearray(size)
        return bytes(buffer[: self.recv_into(buffer)])

    def wait(self, seconds: float) -> bool:
        """Wait until something can be received; no exchange, so it may take as long as it likes."""
        if isinstance(self._sock, ssl.SSLSocket) and self._sock.pending():
            return True
        with selectors.DefaultSelector() as selector:
            selector.register(self._sock, selectors.EVENT_READ)
            return bool(selector.select(seconds))

    def makefile(self, mode: str = "rb", buffering: int = -1, **_: object) -> io.BufferedReader:
        """A file to read from; protocols send with `sendall`."""
        if mode not in ("r", "rb"):
            raise ValueError("A line is written to with sendall.")
        return io.BufferedReader(_Reader(self), io.DEFAULT_BUFFER_SIZE if buffering < 2 else buffering)

    def fileno(self) -> int:
        return self._sock.fileno()

    def settimeout(self, timeout: float | None) -> None:
        """Say how long each exchange may take; None leaves it."""
        if timeout is not None:
            self.timeout = timeout
            self.fresh()

    def setsockopt(self, *options: int) -> None:
        """Nothing: the wire has set what is needed."""

    def shutdown(self, how: int) -> None:
        self._sock.shutdown(how)

    def close(self, outcome: str = "") -> None:
        """Hang up, and write down how it went."""
        self._sock.close()
        if self._ended is not None:
            ended, self._ended = self._ended, None
            ended(self.received, self.sent, outcome or self._trouble or "ok")


class _Reader(io.RawIOBase):
    """What `BufferedReader` reads from."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        return self._line.recv_into(buffer)


def _distrust(endpoint: Endpoint, error: ssl.SSLCertVerificationError) -> str:
    """Say in plain words why a certificate is not believed."""
    said = error.verify_message.lower()
    if "expired" in said:
        why = "its certificate has expired. Tell whoever runs it, and check the clock of this computer"
    elif "not yet valid" in said:
        why = "its certificate is not valid yet. Check the clock of this computer"
    elif "mismatch" in said or "doesn't match" in said:
        why = "its certificate is for another name. Check the address"
    else:
        why = f"nobody this computer trusts vouches for it ({said}). For a server of your own, set `ca_file`"
    return f"{endpoint.host} could not prove that it is {endpoint.host}: {why}. Nothing was sent."
