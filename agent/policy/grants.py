"""Standing permissions: "always for this", as narrow as one action and one folder or recipient, for a limited time.

A grant stands in for the one key that an ordinary approval takes. It never answers for doubt, for many things at once,
or for somebody never written to before, and never lifts a refusal (`rules.py`). They lie in one small readable file
beside the config; a file that cannot be read grants nothing. Deliberately not here: deciding.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nearhand.agent.calls.act import Act
from nearhand.agent.config.edit import write_private
from nearhand.agent.errors import AgentError
from nearhand.agent.paths import Profile
from nearhand.agent.policy.rules import Origin, Role
from nearhand.connectors.catalogue import ACTIONS

LASTS = timedelta(days=90)
"""After this a grant is asked for again."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission."""

    action: str
    scope: str
    """The folder's absolute path, or the recipient's address in lower case."""
    until: datetime


def wanted(acts: Sequence[Act], now: datetime) -> tuple[Grant, ...]:
    """What would have to be granted so that exactly this need not be asked again; empty if nothing narrow would do."""
    pairs = dict.fromkeys((act.call.action, scope) for act in acts for scope in _scopes(act))
    bare = [act for act in acts if not _scopes(act) or any(value.origin is Origin.MODEL for value in act.values)]
    return () if bare else tuple(Grant(action, scope, now + LASTS) for action, scope in pairs)


def _scopes(act: Act) -> list[str]:
    """The recipients of an act, the folders it works in, and the folder it works into."""
    items = {item.ref for item in act.call.items}
    found = [value.text.casefold() for value in act.values if value.role is Role.RECIPIENT]
    for value in act.values:
        if value.role is Role.PATH:
            found.append(value.text.rpartition("/")[0] if value.text in items else os.path.normpath(value.text))
    return found


def valid(profile: Profile, now: datetime) -> tuple[Grant, ...]:
    """Every grant that holds now; none if the file cannot be read."""
    try:
        return tuple(grant for grant in _read(profile) if grant.until > now)
    except AgentError:
        return ()


def add(profile: Profile, new: Sequence[Grant], now: datetime) -> None:
    """Grant something, or prolong it."""
    same = {(grant.action, grant.scope) for grant in new}
    kept = [grant for grant in valid(profile, now) if (grant.action, grant.scope) not in same]
    _write(profile, [*kept, *new])


def revoke(profile: Profile, grant: Grant, now: datetime) -> None:
    """Take a grant back; it holds for nothing that begins after this."""
    _write(profile, [g for g in valid(profile, now) if (g.action, g.scope) != (grant.action, grant.scope)])


def _read(profile: Profile) -> list[Grant]:
    path = profile.grants
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        found = [Grant(str(row["action"]), str(row["scope"]), datetime.fromisoformat(row["until"])) for row in rows]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        said = f"{path} cannot be read, so nothing in it is granted: {error}. Delete it to begin anew."
        raise AgentError(said) from error
    return [grant for grant in found if grant.action in ACTIONS and grant.scope and grant.until.tzinfo]


def _write(profile: Profile, grants: Sequence[Grant]) -> None:
    rows = [{"action": g.action, "scope": g.scope, "until": g.until.isoformat()} for g in grants]
    profile.grants.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(profile.grants, json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
