"""What only some front ends ask for, done alike by the engine of this window and by the background service.

Everything else is the same method on both (`daemon/remote.py`, Agent). Runs in the engine's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nearhand.connectors.errors import NearhandError

if TYPE_CHECKING:
    from nearhand.agent.approve import Approve
    from nearhand.agent.loop import Engine
    from nearhand.agent.reply import Reply
    from nearhand.agent.servers.accounts import Accounts
    from nearhand.agent.tui.acting import Hands

Open = Callable[[], "Accounts"]
"""The person's accounts, which can be signed in to; raises what stands in the way."""
Progress = Callable[[str, int, int], None]
_MOST = 3
_NONE: frozenset[str] = frozenset()


def withdraw(hands: Hands, ref: str) -> Reply:
    """Take a mail out of the Outbox before it goes."""
    from nearhand.agent.daemon.remote import Remote
    from nearhand.agent.outgoing import withdrawn

    return hands.withdraw(ref) if isinstance(hands, Remote) else withdrawn(hands, ref)


def rule(hands: Hands, does: str, ref: str, approve: Approve) -> Reply:
    """Let a rule run now or go on, or take back all that it did: run, resume, undo."""
    from nearhand.agent.daemon.remote import Remote
    from nearhand.agent.rules.desk import RuleDesk

    if isinstance(hands, Remote):
        return hands.rule(does, ref, approve)
    desk = RuleDesk(hands)
    return {"run": desk.run, "resume": desk.resumed, "undo": desk.undone}[does](ref, approve)


def sync(hands: Hands, accounts: Open | None, tell: Progress) -> Reply:
    """Bring the accounts into step; `tell` may raise to stop, which leaves what was done."""
    from nearhand.agent.daemon.remote import Remote
    from nearhand.agent.reply import Reply, Status

    said = str(hands.ask("sync")) if isinstance(hands, Remote) else _synced(hands, accounts, tell)
    return Reply(Status.DONE, "synchronize", said)


def _synced(engine: Engine, accounts: Open | None, tell: Progress) -> str:
    from nearhand.agent.errors import AgentError
    from nearhand.agent.servers.sync_parts import Wish, outcome
    from nearhand.agent.servers.syncing import sync

    if accounts is None:
        raise AgentError("No account is connected. Run: nearhand connect mail")

    def going_on(what: str, done: int, total: int) -> None:
        try:
            tell(what, done, total)
        except NearhandError:
            raise AgentError("You stopped it. What is in step already stays so; the next sync does the rest.") from None

    try:
        parts = sync(accounts(), Wish(), engine, going_on)
    finally:
        engine.home.forget()
    troubles = [trouble for part in parts for trouble in part.troubles]
    if troubles:
        raise AgentError(" ".join(troubles[:_MOST]))
    return outcome(parts)


def due(engine: Engine) -> frozenset[str]:
    """The mails in the Outbox whose hold is over."""
    from nearhand.agent.outgoing import box

    return frozenset(each.ref for each in box(engine).due(engine.home.clock.now)) if engine.home.has("mail") else _NONE


def send(engine: Engine, accounts: Open) -> tuple[str, ...]:
    """Hand over the mails that are due; a sentence about each."""
    from nearhand.agent.servers.posting import post

    parts = post(engine, accounts().chosen(""))
    engine.home.forget({"mail"})
    return tuple(said for part in parts for said in (*part.changes, *part.troubles))
