"""What an approval binds to: one SHA-256 over the plan, every effect, and the versions they were made for.

The versions are in it already: each effect carries the one it has `seen`, each item of a later call its own.
Deliberately not here: who approved, and when (the journal knows).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from nearhand.agent.effects.encoding import canonical
from nearhand.agent.effects.steps import Step

_FORM = "nearhand approval 1"


def digest(plan: str, steps: Sequence[Step], versions: Mapping[str, str] | None = None) -> str:
    """Name exactly this plan; the same on every machine. `versions` adds those of things that are only read."""
    said = canonical((_FORM, plan, tuple(steps), dict(versions or {})))
    return hashlib.sha256(said.encode("ascii")).hexdigest()
