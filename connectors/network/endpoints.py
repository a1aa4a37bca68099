"""A server as the config names it: host, port, and how the line to it is made private. No network here."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote, urlsplit

from nearhand.connectors.errors import DeniedError


class Privacy(Enum):
    """How a line is made private."""

    TLS = "tls"
    """From the first byte."""
    STARTTLS = "starttls"
    """After a greeting in the clear; nothing that matters is said before."""
    PLAIN = "plain"
    """Not at all; only to this machine itself."""


_SCHEMES = {
    "imaps": (993, Privacy.TLS), "imap": (143, Privacy.STARTTLS),
    "smtps": (465, Privacy.TLS), "smtp": (587, Privacy.STARTTLS),
    "https": (443, Privacy.TLS), "http": (80, Privacy.PLAIN),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server that may be reached."""

    host: str
    """In lower case."""
    port: int
    privacy: Privacy = Privacy.TLS

    @classmethod
    def of(cls, url: str) -> Endpoint:
        """Read the server out of a URL of the config; raises DeniedError if there is none in it."""
        try:
            parts = urlsplit(url)
            host, given = (parts.hostname or "").lower(), parts.port
        except ValueError:
            host, given = "", None
        if not host or parts.scheme not in _SCHEMES or not host.isprintable() or " " in host:
            raise DeniedError(f"“{_bare(url)}” names no server. Write it like imaps://robin@imap.example:993")
        port, privacy = _SCHEMES[parts.scheme]
        if privacy is Privacy.STARTTLS and local(host):
            privacy = Privacy.PLAIN
        return cls(host, given or port, privacy)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def completed(text: str, scheme: str) -> str:
    """A server as a person types it, "imap.example" or "smtp.example:587", as the URL that is meant.

    `scheme` is how such a server is reached privately; raises DeniedError for what names no server.
    """
    url = text.strip()
    if url and "://" not in url:
        weaker = scheme.removesuffix("s")
        starts_open = _SCHEMES[weaker][1] is Privacy.STARTTLS and url.endswith(f":{_SCHEMES[weaker][0]}")
        url = f"{weaker if starts_open else scheme}://{url}"
    if url:
        Endpoint.of(url)
    return url


def user_in(url: str) -> str:
    """The name to sign in with that a URL of the config carries; "" if it carries none."""
    return unquote(urlsplit(url).username or "")


def local(host: str) -> bool:
    """Tell whether a host, by its name alone, is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bare(url: str) -> str:
    """A URL without what may be a password, for messages."""
    return url.rpartition("@")[2][:100]
