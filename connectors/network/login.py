"""Who signs in to a server: a name and a password, or a token of OAuth2. Never printed, never stored here."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from nearhand.connectors.errors import DeniedError


@dataclass(frozen=True, slots=True)
class Login:
    """A name and what proves it; `token` is used if there is one."""

    user: str
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    """An OAuth2 access token."""

    def __post_init__(self) -> None:
        for text in (self.user, self.password, self.token):
            if any(unicodedata.category(char) == "Cc" for char in text):
                raise DeniedError("There is a control character in the name or the password. Type it again.")

    def plain(self) -> bytes:
        """What SASL PLAIN says (RFC 4616)."""
        return f"\0{self.user}\0{self.password}".encode()

    def xoauth2(self) -> bytes:
        """What XOAUTH2 says (Google's and Microsoft's, before RFC 7628)."""
        return f"user={self.user}\x01auth=Bearer {self.token}\x01\x01".encode()
