"""Asks the person about mails of which nobody knows whether they went; only their word files or sends one again."""

from __future__ import annotations

from datetime import UTC, datetime

from nearhand.agent.cli.session import Session
from nearhand.agent.effects.outbox import Waiting
from nearhand.agent.loop import Engine
from nearhand.agent.servers.posting import outbox_of
from nearhand.agent.showing import show


def ask_about_unknown(session: Session, engine: Engine) -> None:
    """Ask about each, if somebody is there; an empty answer leaves it for the next time."""
    if not session.interactive or not engine.home.has("mail"):
        return
    outbox = outbox_of(engine)
    for waiting in outbox.unknown():
        answer = session.ask(_question(waiting)).strip().lower()
        if answer in ("y", "n"):
            outbox.decide(waiting.ref, answer == "y", lambda: datetime.now(UTC))
            session.say(["It is filed under Sent." if answer == "y" else "It goes out with the next nearhand sync."])


def _question(waiting: Waiting) -> str:
    subject = waiting.departure.subject if waiting.departure else "A mail"
    people = ", ".join(waiting.departure.recipients) if waiting.departure else "nobody that can be read"
    said = f"“{subject}” to {people} was cut off while it was handed over, and was not found among the sent mail."
    return show.plain(f"{said} Did it go? [y/n, Enter: ask me later] ")
