"""Whom the final bytes of a mail reach, read again from the bytes and compared with what was said and approved.

A reply may go to a Reply-To that the sender chose, and a draft has recipients of its own; so what a plan says about
people is never taken on trust. Deliberately not here: whether somebody may be written to (`rules.py`).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence

from nearhand.agent.errors import ApprovalError
from nearhand.connectors.base import Call, Effect, Person
from nearhand.connectors.mail import message
from nearhand.connectors.mail.mailboxes import OUTBOX

REACH = "reach"
"""The argument of a call that holds every address which its mail may go to; an approval binds to it."""


def reached(effects: Iterable[Effect]) -> frozenset[str]:
    """Every address, in small letters, that the mails which some effects put into the Outbox go to."""
    letters = [message.read(_raw(effect)) for effect in effects if _goes_out(effect)]
    return frozenset(p.address.casefold() for letter in letters for p in (*letter.to, *letter.cc, *letter.bcc))


def require(allowed: Iterable[str], effects: Sequence[Effect]) -> None:
    """Raise ApprovalError if a mail would reach somebody else."""
    strangers = reached(effects) - {address.casefold() for address in allowed}
    if strangers:
        named = ", ".join(sorted(strangers))
        raise ApprovalError(f"The mail would also reach {named}, which nobody approved, so it is not written.")


def check(call: Call, effects: Sequence[Effect]) -> None:
    """Hold a call that was expanded only now to the people it was approved for; for the executor."""
    require((*_listed(call.args.get(REACH)), *_people(call)), effects)


def _goes_out(effect: Effect) -> bool:
    return effect.connector == "mail" and effect.verb == "add" and effect.args.get("folder") == OUTBOX


def _raw(effect: Effect) -> bytes:
    try:
        return base64.b64decode(effect.args["raw"], validate=True)
    except (binascii.Error, KeyError):
        raise ApprovalError("The bytes of the mail are missing from the plan. Ask again.") from None


def _listed(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, tuple) else ()


def _people(call: Call) -> list[str]:
    slots = [call.args.get(slot) for slot in ("to", "cc", "bcc")]
    people = [each for value in slots if isinstance(value, tuple) for each in value]
    return [each.address for each in people if isinstance(each, Person)]
