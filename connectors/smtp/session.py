"""Hands a mail to an SMTP server, over a line that the wire gave; the only file that knows smtplib.

What is certain is said: accepted, rejected, or not handed over at all. Only a line that breaks between the final dot
and its answer is uncertain, and raises. Deliberately not here: retries, holding, and the Sent folder (the outbox).
"""

from __future__ import annotations

import re
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from nearhand.connectors.errors import ConnectorError, DeniedError, NetworkError, SignInError, TrustError
from nearhand.connectors.mail import message
from nearhand.connectors.mail.compose import check_address, recipients
from nearhand.connectors.mail.outgoing import Departure, Submission
from nearhand.connectors.network.endpoints import Endpoint, Privacy
from nearhand.connectors.network.login import Login
from nearhand.connectors.network.wire import Wire

_LINE_END = re.compile(rb"\r\n|\r|\n")
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
_PATIENCE = 300.0
"""Seconds to wait for the answer to the final dot (RFC 5321, 4.5.3.2.6 asks for ten minutes)."""


class SmtpSession:
    """One signed-in session; failing to open it leaves every mail where it is."""

    def __init__(
        self, wire: Wire, endpoint: Endpoint, login: Login | None, purpose: str = "sending mail", timeout: float = 60.0
    ) -> None:
        self.endpoint = endpoint
        self._line = wire.connect(endpoint, purpose, timeout)
        try:
            with self._translated():
                self._smtp = smtplib.SMTP(local_hostname="[127.0.0.1]", timeout=timeout)
                self._smtp.sock = self._line  # type: ignore[assignment]
                self._expect(self._smtp.getreply())
                self._hello()
                self._start_tls()
                self._sign_in(login)
        except BaseException as error:
            self._line.close(str(error) or "stopped")
            raise

    def close(self) -> None:
        """Say goodbye and hang up."""
        with suppress(smtplib.SMTPException, ConnectorError, OSError, ValueError):
            self._line.fresh(5.0)
            self._smtp.docmd("QUIT")
        self._line.close()

    def __enter__(self) -> SmtpSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- getting in -------------------------------------------------------------------------------------------------

    def _hello(self) -> None:
        self._expect(self._smtp.ehlo())

    def _start_tls(self) -> None:
        if self.endpoint.privacy is Privacy.STARTTLS:
            if not self._smtp.has_extn("starttls"):
                raise TrustError(f"{self.endpoint} offers no encryption. Use its smtps:// address, port 465.")
            self._expect(self._smtp.docmd("STARTTLS"))
            self._line.secure()
            self._smtp.file = None  # what came in the clear after the answer is thrown away
            self._smtp.esmtp_features.clear()
            self._hello()
        if not self._line.private:
            raise TrustError(f"The line to {self.endpoint} is not private, so nothing was sent.")

    def _sign_in(self, login: Login | None) -> None:
        if login is None:
            return
        try:
            if login.token:
                self._smtp.auth("XOAUTH2", lambda challenge=None: "" if challenge else login.xoauth2().decode())
            else:
                self._smtp.login(login.user, login.password)
        except smtplib.SMTPAuthenticationError as error:
            proof = "the token (connect again)" if login.token else "the password"
            told = f"{self.endpoint.host} does not let {login.user} in: {_said(error.smtp_error)}."
            raise SignInError(f"{told} Check the name and {proof}.") from error

    # --- handing over -----------------------------------------------------------------------------------------------

    def submit(self, departure: Departure) -> Submission:
        """Hand over exactly these bytes to exactly these people; raises NetworkError if it may have gone."""
        check(departure)
        wire = _LEADING_DOT.sub(b"..", _LINE_END.sub(b"\r\n", departure.raw))
        wire = wire if wire.endswith(b"\r\n") else wire + b"\r\n"
        try:
            with self._translated():
                refused = self._announce(departure, len(wire))
                if refused is not None:
                    self._smtp.docmd("RSET")
                    return refused
                self._line.sendall(wire)
        except NetworkError as error:  # before the final dot no server takes a mail as its own
            return Submission(False, f"{error} Nothing was handed over.", later=True)
        with self._translated():
            self._line.fresh(_PATIENCE)
            self._line.sendall(b".\r\n")
            return _answer(*self._smtp.getreply())

    def _announce(self, departure: Departure, size: int) -> Submission | None:
        """Name the sender and every recipient; one refused recipient means that nobody gets it."""
        options = []
        if self._smtp.has_extn("size"):
            limit = self._smtp.esmtp_features["size"]
            if limit.isdigit() and 0 < int(limit) < size:
                return Submission(False, f"The mail is larger than {self.endpoint.host} takes. Attach less.")
            options.append(f"SIZE={size}")
        if not departure.raw.isascii() and self._smtp.has_extn("8bitmime"):
            options.append("BODY=8BITMIME")
        lines = [" ".join((f"MAIL FROM:<{departure.sender}>", *options))]
        lines += [f"RCPT TO:<{address}>" for address in departure.recipients]
        for line in (*lines, "DATA"):
            code, said = self._smtp.docmd(line)
            if code // 100 not in (2, 3):
                who = f" ({line[9:-1]})" if line.startswith("RCPT") else ""
                return Submission(False, f"{code} {_said(said)}{who}", later=code // 100 == 4)
        return None

    # --- talking ----------------------------------------------------------------------------------------------------

    def _expect(self, reply: tuple[int, bytes]) -> None:
        if reply[0] // 100 != 2:
            raise NetworkError(f"{self.endpoint.host} does not want to talk now: {reply[0]} {_said(reply[1])}")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except smtplib.SMTPServerDisconnected as error:
            raise NetworkError(f"{self.endpoint} has hung up.") from error
        except (smtplib.SMTPException, ValueError, OSError) as error:
            raise NetworkError(f"{self.endpoint} said something that makes no sense: {_said(str(error))}") from error


def check(departure: Departure) -> None:
    """Parse the final bytes once more; raises DeniedError if anybody is named who was not approved (SAFETY.md, R10)."""
    letter = message.read(departure.raw)
    named = set(recipients(letter))
    if letter.bcc or not named <= set(departure.recipients) or not departure.recipients:
        raise DeniedError(f"“{departure.subject}” is not addressed as it was approved, so it was not sent.")
    if letter.message_id != departure.message_id or not departure.message_id:
        raise DeniedError(f"“{departure.subject}” has no id to find it by, so it was not sent. Write it again.")
    for address in (departure.sender, *departure.recipients):
        check_address(address)


def _answer(code: int, said: bytes) -> Submission:
    if code < 0:
        raise NetworkError("The server hung up without an answer.")
    return Submission(code // 100 == 2, f"{code} {_said(said)}", later=code // 100 == 4)


def _said(text: bytes | str) -> str:
    """What a server said, on one line and not too long."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return "".join(char if char.isprintable() else " " for char in words)[:200].strip()
