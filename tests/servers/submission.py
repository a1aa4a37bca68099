"""A real SMTP server on loopback (aiosmtpd) that keeps what it gets and answers as it is told.

    with Submission.started() as server: server.endpoint, server.got; server.answers["RCPT"] = "550 no such person"
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope

from nearhand.connectors.network.endpoints import Endpoint, Privacy

from .dovecot import PASSWORD, free_port


@dataclass
class Submission:
    """One running server."""

    endpoint: Endpoint = field(init=False)
    got: list[Envelope] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    """Instead of an acceptance, by command: MAIL, RCPT, DATA."""
    hangs_up: bool = False
    """Takes the mail, then closes the line instead of answering."""

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.mail_from = address
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if "RCPT" in self.answers:
            return self.answers["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if "DATA" in self.answers:
            return self.answers["DATA"]
        self.got.append(envelope)
        if self.hangs_up:
            server.transport.abort()
        return "250 taken"

    @classmethod
    @contextmanager
    def started(cls, tls: ssl.SSLContext | None = None, starttls: bool = False) -> Iterator[Submission]:
        """A server that asks for the usual password if there is TLS, and for none otherwise."""
        handler = cls()
        options: dict[str, Any] = {}
        if tls is not None:
            options["authenticator"] = _authenticate
            options["auth_required"] = True
            options |= {"tls_context": tls, "require_starttls": True} if starttls else {"ssl_context": tls}
            options["auth_require_tls"] = starttls
        controller = Controller(handler, hostname="127.0.0.1", port=free_port(), **options)
        controller.start()
        try:
            privacy = Privacy.STARTTLS if starttls else Privacy.TLS if tls else Privacy.PLAIN
            handler.endpoint = Endpoint("127.0.0.1", controller.port, privacy)
            yield handler
        finally:
            controller.stop()


def _authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.password == PASSWORD.encode(), handled=False)
