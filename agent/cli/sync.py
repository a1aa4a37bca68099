"""`nearhand sync [--dry-run] [ACCOUNT]`: brings this computer and the person's accounts into step.

What waits in the Outbox and is due goes first. Exit codes: 0 all in step, 1 something could not be brought into step.
"""

from __future__ import annotations

import getpass
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict

from nearhand.agent.cli.session import NoPlanner, Session
from nearhand.agent.cli.unknown import ask_about_unknown
from nearhand.agent.config.settings import load
from nearhand.agent.paths import Profile
from nearhand.agent.servers.accounts import accounts_of
from nearhand.agent.servers.sync_parts import Part, Wish, outcome
from nearhand.agent.servers.syncing import sync
from nearhand.agent.showing import show


def run(session: Session, options: Namespace) -> int:
    """Synchronize once and tell."""
    accept = frozenset(name.casefold() for name in options.accept_removal)
    wish = Wish(options.dry_run, options.account or "", accept)
    profile = Profile(session.profile)
    accounts = accounts_of(profile, load(profile), asked(session)).unlock()
    with session.engine(NoPlanner()) as engine:
        parts = sync(accounts, wish, engine, session.progress)
        if not wish.dry:
            ask_about_unknown(session, engine)
    troubles = [trouble for part in parts for trouble in part.troubles]
    answer = _sentence(parts, wish, len(troubles))
    if session.json:
        told = {"status": "failed" if troubles else "done", "answer": answer, "dry_run": wish.dry}
        session.tell({**told, "parts": [asdict(part) for part in parts]})
    else:
        session.say(_lines(session, parts, answer))
    return int(bool(troubles))


def asked(session: Session) -> AskUnseen | None:
    """How a secret is asked for; None where nobody is there."""
    return AskUnseen() if session.interactive else None


class AskUnseen:
    """Asks without showing what is typed."""

    def __call__(self, prompt: str) -> str:
        return getpass.getpass(prompt)


def _sentence(parts: list[Part], wish: Wish, troubles: int) -> str:
    said = outcome(parts, wish.dry)
    if not troubles:
        return said
    again = f"{troubles} thing{'' if troubles == 1 else 's'} could not be brought into step."
    return f"{said} {again}" if any(part.count for part in parts) else again


def _lines(session: Session, parts: list[Part], answer: str) -> Iterator[str]:
    for part in parts:
        if part.changes or part.troubles:
            yield session.paint.strong(show.plain(f"{part.account}, {part.area}"))
        yield from (f"  {show.plain(change)}" for change in part.changes)
        yield from (show.wrapped(f"  ! {show.plain(trouble)}", session.columns) for trouble in part.troubles)
    yield show.plain(answer)


