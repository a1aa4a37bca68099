"""How a request says who is asking: a password (Basic or Digest, as the server wants), or an OAuth2 token.

Deliberately not here: where passwords and tokens are kept.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Callable
from typing import Protocol

_PAIR = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_HASHES = {"MD5": "md5", "SHA-256": "sha256", "": "md5"}


class Sign(Protocol):
    """Makes the Authorization header of each request."""

    def header(self, method: str, target: str) -> str:
        """The header for a request; "" for none."""

    def challenged(self, challenges: list[str]) -> bool:
        """Learn from a refusal (WWW-Authenticate); whether it is worth asking once more."""


class Nobody:
    """Asks without a name."""

    def header(self, method: str, target: str) -> str:
        return ""

    def challenged(self, challenges: list[str]) -> bool:
        return False


class Password:
    """A name and a password: Basic at once, Digest when the server asks for it."""

    def __init__(self, user: str, password: str) -> None:
        self._user, self._password = user, password
        self._digest: dict[str, str] = {}
        self._count = 0

    def header(self, method: str, target: str) -> str:
        if self._digest:
            return self._digested(method, target)
        return "Basic " + base64.b64encode(f"{self._user}:{self._password}".encode()).decode()

    def challenged(self, challenges: list[str]) -> bool:
        """A first or a stale Digest challenge is worth an answer; a second refusal is not."""
        for challenge in challenges:
            scheme, _, rest = challenge.strip().partition(" ")
            asked = {found[1].lower(): found[2] or found[3] or "" for found in _PAIR.finditer(rest)}
            known = asked.get("algorithm", "").upper() in _HASHES and "nonce" in asked
            if scheme.lower() == "digest" and known:
                again = not self._digest or asked.get("stale", "").lower() == "true"
                self._digest, self._count = asked, 0
                return again
        return False

    def _digested(self, method: str, target: str) -> str:
        """RFC 7616 with qop=auth, or RFC 2069 where the server offers no qop."""
        asked = self._digest
        name = _HASHES[asked.get("algorithm", "").upper()]

        def of(*parts: str) -> str:
            return hashlib.new(name, ":".join(parts).encode(), usedforsecurity=False).hexdigest()

        self._count += 1
        count, own = f"{self._count:08x}", os.urandom(8).hex()
        who, what = of(self._user, asked.get("realm", ""), self._password), of(method, target)
        said = {"username": self._user, "realm": asked.get("realm", ""), "nonce": asked["nonce"], "uri": target}
        if "auth" in asked.get("qop", "").replace(",", " ").split():
            said["response"] = of(who, asked["nonce"], count, own, "auth", what)
            bare = f", qop=auth, nc={count}"
            said["cnonce"] = own
        else:
            said["response"], bare = of(who, asked["nonce"], what), ""
        said |= {key: asked[key] for key in ("opaque", "algorithm") if asked.get(key)}
        return "Digest " + ", ".join(f'{key}="{_quoted(value)}"' for key, value in said.items()) + bare


def _quoted(value: str) -> str:
    return "".join(c for c in value if c >= " ").replace("\\", "\\\\").replace('"', '\\"')


class Token:
    """An OAuth2 access token; a refused one is renewed once."""

    def __init__(self, token: Callable[[bool], str]) -> None:
        """`token(True)` gives a new one."""
        self._token = token
        self._renewed = False

    def header(self, method: str, target: str) -> str:
        return f"Bearer {self._token(False)}"

    def challenged(self, challenges: list[str]) -> bool:
        if self._renewed:
            return False
        self._renewed = True
        return bool(self._token(True))
