"""A small IMAP server that lies as it is told, for what no honest one does: every answer twice, dates that cannot be,
an UID that two mails share. It asks for LOGIN or XOAUTH2, and keeps what was said to it.

    with Liar([Mail(1, b"...")]) as server: server.endpoint, server.heard
"""

from __future__ import annotations

import base64
import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from nearhand.connectors.imap.words import uids_in
from nearhand.connectors.network.endpoints import Endpoint, Privacy

TOKEN_REFUSED = b'{"status":"400","schemes":"Bearer","scope":"https://mail.example/"}'


@dataclass(frozen=True)
class Mail:
    """One mail as this server tells it."""

    uid: int
    raw: bytes
    when: str = "22-Nov-2026 09:00:00 +0000"


class Liar:
    """One inbox for one client at a time."""

    def __init__(self, mails: list[Mail], times: int = 1, xoauth2: bytes = b"") -> None:
        self.mails, self.times, self._xoauth2 = mails, times, xoauth2
        self.heard: list[bytes] = []
        """Every line of the client, without its end."""

    def __enter__(self) -> Liar:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = Endpoint("127.0.0.1", self._listener.getsockname()[1], Privacy.PLAIN)
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with client, client.makefile("rwb", buffering=0) as line, suppress(OSError):
                    self._talk(line.readline, line.write)

    def _talk(self, hear: Callable[[], bytes], say: Callable[[bytes], object]) -> None:
        say(b"* OK here\r\n")
        while words := hear():
            self.heard.append(words.rstrip(b"\r\n"))
            tag, _, command = self.heard[-1].partition(b" ")
            upper = command.upper()
            if upper.startswith(b"AUTHENTICATE XOAUTH2"):
                good = self._signed_in(hear, say)
                say(tag + (b" OK in\r\n" if good else b" NO [AUTHENTICATIONFAILED] Invalid credentials\r\n"))
                continue
            say(self._answer(upper) + tag + b" OK done\r\n")
            if upper == b"LOGOUT":
                return

    def _signed_in(self, hear: Callable[[], bytes], say: Callable[[bytes], object]) -> bool:
        """The exchange of XOAUTH2: what is wrong comes as a challenge, which has to be answered with nothing."""
        say(b"+ \r\n")
        self.heard.append(hear().rstrip(b"\r\n"))
        if base64.b64decode(self.heard[-1]) == self._xoauth2:
            return True
        say(b"+ " + base64.b64encode(TOKEN_REFUSED) + b"\r\n")
        self.heard.append(hear().rstrip(b"\r\n"))
        return False

    def _answer(self, command: bytes) -> bytes:
        if command == b"CAPABILITY":
            return b"* CAPABILITY IMAP4rev1" + (b" AUTH=XOAUTH2" if self._xoauth2 else b"") + b"\r\n"
        if command.startswith(b"LIST"):
            return b'* LIST () "/" INBOX\r\n'
        if command.startswith(b"STATUS"):
            return b"* STATUS INBOX (UIDVALIDITY 7 UIDNEXT 99 MESSAGES %d)\r\n" % len(self.mails)
        if command.startswith(b"SELECT"):
            return b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] it\r\n* OK [UIDNEXT 99] it\r\n" % len(self.mails)
        if command.startswith(b"UID FETCH"):
            return b"".join(self._told(number, mail, command) * self.times for number, mail in enumerate(self.mails, 1))
        return b""

    def _told(self, number: int, mail: Mail, command: bytes) -> bytes:
        wanted = re.match(rb"UID FETCH (\S+)", command)
        if wanted is None or not (b"*" in wanted[1] or mail.uid in uids_in(wanted[1].decode())):
            return b""
        if b"BODY" in command:
            head = mail.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            what, data = (b"BODY[HEADER]", head) if b"HEADER" in command else (b"BODY[]", mail.raw)
            return b"* %d FETCH (UID %d %s {%d}\r\n%s)\r\n" % (number, mail.uid, what, len(data), data)
        about = b'FLAGS () RFC822.SIZE %d INTERNALDATE "%s"' % (len(mail.raw), mail.when.encode())
        return b"* %d FETCH (UID %d %s)\r\n" % (number, mail.uid, about)
