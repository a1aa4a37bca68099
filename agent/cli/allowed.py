"""What was allowed once and for all: said at a card with "always", listed by `nearhand rules`, taken back by number.

Deliberately not here: how narrow a permission is, and what it never answers for (`policy/grants.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nearhand.agent.errors import AgentError
from nearhand.agent.paths import Profile
from nearhand.agent.policy import grants
from nearhand.agent.policy.grants import Grant
from nearhand.agent.showing import show

if TYPE_CHECKING:
    from nearhand.agent.cli.session import Session


def offer(session: Session, new: Sequence[Grant]) -> str:
    """What "always" would allow, before anybody says it."""
    actions = ", ".join(dict.fromkeys(grant.action for grant in new))
    scopes = ", ".join(dict.fromkeys(show.plain(grant.scope) for grant in new))
    until = show.day(max(grant.until for grant in new))
    return session.paint.faint(f"Answer always to allow, until {until}, without being asked: {actions} with {scopes}")


def allow(session: Session, new: Sequence[Grant]) -> None:
    """Write permissions down."""
    grants.add(Profile(session.profile), new, _now(session))


def held(session: Session) -> tuple[Grant, ...]:
    """Every permission that holds; its number is its place here."""
    return grants.valid(Profile(session.profile), _now(session))


def lines(found: Sequence[Grant]) -> list[str]:
    """Permissions as a list, each in full and with the number that takes it back."""
    rows = [
        f"  {n}  {each.action} with {show.plain(each.scope)}, until {show.day(each.until)}"
        for n, each in enumerate(found, 1)
    ]
    return ["Always allowed (nearhand rules revoke NUMBER takes one back):", *rows] if rows else []


def to_json(grant: Grant) -> dict[str, object]:
    """A permission for programs."""
    return {"action": grant.action, "scope": grant.scope, "until": grant.until.isoformat()}


def revoke(session: Session, number: int | None) -> int:
    """Take a permission back."""
    found = held(session)
    if number is None or not 0 < number <= len(found):
        raise AgentError("There is no permission of that number. `nearhand rules` lists what is always allowed.")
    grant = found[number - 1]
    grants.revoke(Profile(session.profile), grant, _now(session))
    told = f"From now on you are asked again: {grant.action} with {show.plain(grant.scope)}."
    if session.json:
        session.tell({"status": "done", "answer": told})
    else:
        session.say([told])
    return 0


def _now(session: Session) -> datetime:
    return session.now or datetime.now(UTC)
