"""The one place that opens network connections: to servers on the list, over verified TLS, each in the ledger.

Whatever is not on the list is refused before a name is looked up. A line that is not private may only lead to this very
machine. Deliberately not here: proxies, redirects, retries, certificates that are waved through, and what is said.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from nearhand.connectors.errors import DeniedError, NetworkError, TrustError
from nearhand.connectors.network.endpoints import Endpoint, Privacy
from nearhand.connectors.network.ledger import NetworkLedger
from nearhand.connectors.network.lines import Line

__all__ = ["Endpoint", "Line", "Privacy", "Wire"]
_MAX_ADDRESSES = 8
"""How many addresses of one name are tried."""


class Wire:
    """Connections to the servers of an allow-list, and to nothing else."""

    def __init__(self, allowed: Iterable[Endpoint], ledger: NetworkLedger, ca_file: Path | None = None) -> None:
        self.allowed = frozenset(allowed)
        self.ledger = ledger
        self._ca_file = ca_file

    def connect(self, endpoint: Endpoint, purpose: str, timeout: float = 30.0) -> Line:
        """Open a counted connection; `timeout` is for connecting, and later for each exchange, in seconds.

        Raises DeniedError for a server that is not on the list, TrustError for one that cannot prove who it is, and
        NetworkError for one that cannot be reached.
        """
        number = self.ledger.opened(endpoint.host, endpoint.port, purpose)
        try:
            self._check(endpoint)
            plain = _reach(endpoint, timeout)
        except Exception as error:
            self.ledger.closed(number, 0, 0, str(error))
            raise
        line = Line(plain, endpoint, self._context, lambda *counts: self.ledger.closed(number, *counts), timeout)
        try:
            if endpoint.privacy is Privacy.TLS:
                line.secure()
            elif endpoint.privacy is Privacy.PLAIN and not line.loopback:
                raise TrustError(f"{endpoint} would be reached without encryption, so it is not. Use a secure address.")
        except BaseException as error:
            line.close(str(error) or "stopped")
            raise
        return line

    def _check(self, endpoint: Endpoint) -> None:
        if endpoint not in self.allowed:
            raise DeniedError(f"{endpoint} is not a server of your config, so it was not contacted.")

    @cache  # noqa: B019 (there is one wire a process; reading all certificates takes half a second)
    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self._ca_file is not None:
            try:
                context.load_verify_locations(self._ca_file)
            except (OSError, ssl.SSLError) as error:
                raise TrustError(f"The certificates in {self._ca_file} cannot be read. Check `ca_file`.") from error
        return context


def _reach(endpoint: Endpoint, timeout: float) -> socket.socket:
    """Try the addresses of a name one after the other, all of them within the time."""
    until = time.monotonic() + timeout
    try:
        found = socket.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        told = f"The name {endpoint.host} is not known. Check the address, and that you are online."
        raise NetworkError(told) from error
    why = "nothing answers"
    for family, kind, protocol, _, address in found[:_MAX_ADDRESSES]:
        if endpoint.privacy is Privacy.PLAIN and not ipaddress.ip_address(str(address[0])).is_loopback:
            raise TrustError(f"{endpoint} would be reached without encryption, so it is not. Use a secure address.")
        sock = socket.socket(family, kind, protocol)
        sock.settimeout(max(0.01, until - time.monotonic()))
        try:
            sock.connect(address)
        except OSError as error:
            sock.close()
            why = "it takes too long to answer" if isinstance(error, TimeoutError) else (error.strerror or why).lower()
            continue
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    raise NetworkError(f"{endpoint} cannot be reached: {why}. Check the address, and that you are online.")
