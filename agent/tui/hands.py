"""What only some front ends ask for, done alike by the engine of this window and by the background service.

Everything else is the same method on both (`daemon/remote.py`, Agent). Runs in the engine's thread.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nearhand.agent.approve import Approve
    from nearhand.agent.loop import Engine
    from nearhand.agent.reply import Reply
    from nearhand.agent.tui.acting import Hands


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


def sync(hands: Hands) -> Reply:
    """Bring the accounts into step."""
    from nearhand.agent.daemon.remote import Remote
    from nearhand.agent.reply import Reply, Status

    said = str(hands.ask("sync")) if isinstance(hands, Remote) else _synced(hands)
    return Reply(Status.DONE, "synchronize", said)


def _synced(engine: Engine) -> str:
    from nearhand.agent.daemon.servers import servers
    from nearhand.agent.errors import AgentError

    found = servers(engine.home.profile, engine.config)
    if found is None:
        raise AgentError("No account is connected. Run: nearhand connect")
    said = found.sync()
    engine.home.forget()
    return said
