"""Mail on its way out, for whoever has an engine: the Outbox of its profile, and stopping one mail of it.

Deliberately not here: sending, and how a mail stands (`effects/outbox.py`).
"""

from __future__ import annotations

from typing import cast

from nearhand.agent.effects.outbox import Outbox, PostOffice
from nearhand.agent.loop import Engine
from nearhand.agent.reply import Reply, Result, Status


def box(engine: Engine) -> Outbox:
    """The outbox of a profile; raises AgentError if no mail is connected."""
    return Outbox(cast(PostOffice, engine.home.need("mail")), engine.journal, engine.executor)


def withdrawn(engine: Engine, ref: str) -> Reply:
    """Take a mail out before it goes."""
    outcome = box(engine).withdraw(ref, engine.home.clock.now)
    engine.home.forget({"mail"})
    done = outcome.receipt is not None
    said = "Stopped: it was taken out of the Outbox." if done else outcome.reason
    status = Status.DONE if done else Status.FAILED
    return Reply(status, "stop a mail", said, results=(Result("", outcomes=(outcome,)),))
