"""Waits for news of an inbox: IDLE, asked again well below ten minutes, or a look every few minutes without it.

A silent line is never trusted: each IDLE ends with an answer that must come, and whatever breaks is reported as news
once the server is back, because a scan is the truth. Deliberately not here: what is done about news.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from nearhand.connectors.errors import ConnectorError, SignInError, TrustError
from nearhand.connectors.imap.session import ImapSession
from nearhand.connectors.mail.mailboxes import INBOX

IDLE_SECONDS = 8 * 60.0
"""Below the nine minutes after which some networks forget a silent connection."""
POLL_SECONDS = 5 * 60.0
_FIRST_PAUSE, _LONGEST_PAUSE = 5.0, 15 * 60.0


def watch(
    connect: Callable[[], ImapSession],
    news: Callable[[], None],
    stop: Event,
    trouble: Callable[[str], None] = lambda why: None,
    idle_seconds: float = IDLE_SECONDS,
    poll_seconds: float = POLL_SECONDS,
) -> None:
    """Call `news` whenever something may have come in, until `stop` is set; raises SignInError and TrustError."""
    pause = _FIRST_PAUSE
    while not stop.is_set():
        try:
            with connect() as session:
                news()  # whatever came while nobody listened
                pause = _FIRST_PAUSE
                _listen(session, news, stop, idle_seconds, poll_seconds)
        except (SignInError, TrustError):
            raise  # trying again would not help, and could lock the account
        except ConnectorError as error:
            trouble(str(error))
            stop.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


def _listen(
    session: ImapSession, news: Callable[[], None], stop: Event, idle_seconds: float, poll_seconds: float
) -> None:
    session.select(INBOX)
    while not stop.is_set():
        if "IDLE" in session.capabilities:
            found = session.idle(idle_seconds, stop.is_set)
        else:
            stop.wait(poll_seconds)
            found = not stop.is_set() and session.noop()
        if found and not stop.is_set():
            news()
