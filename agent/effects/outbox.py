"""Mail on its way out: what waits, until when it is held, and how each mail stands.

In `local` mode mail waits here for the person's own mail program, and this only lists and withdraws. With an account a
`Submitter` hands over what is due: only bytes that an approved turn put here, once; a submission that was cut off is
`unknown` and never repeated. Deliberately not here: SMTP, retries, and writing mail.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from nearhand.agent.effects.execute import Executor
from nearhand.agent.effects.journal import Journal
from nearhand.agent.effects.outcomes import Outcome, words
from nearhand.agent.effects.records import Kind, Record, Turn
from nearhand.agent.effects.steps import Ready
from nearhand.agent.errors import AgentError
from nearhand.agent.policy.digest import digest
from nearhand.connectors.base import Effect
from nearhand.connectors.errors import DeniedError, NearhandError
from nearhand.connectors.mail.outgoing import Departure, Submission

HOLD = timedelta(seconds=10)
"""How long a mail can be taken back without anybody having seen it, unless the person chose otherwise."""


class Stand(StrEnum):
    """How a mail stands on its way out."""

    QUEUED = "queued"
    SUBMITTING = "submitting"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    """It was cut off while it was handed over; look whether it arrived before sending it again."""


class Submitter(Protocol):
    """Hands a mail to a server; returns its answer, and raises when it cannot tell whether the mail went."""

    def submit(self, departure: Departure) -> Submission:
        """Hand over exactly these bytes to exactly these recipients."""


class Lookup(Protocol):
    """Looks for mails that have gone; raises when it cannot tell."""

    def arrived(self, message_id: str) -> bool:
        """Whether a mail with this Message-ID is among what was sent."""


class PostOffice(Protocol):
    """What the outbox needs of the mail connector."""

    def waiting(self) -> list[str]:
        """Refs of the mails in the Outbox, the oldest first."""

    def raw(self, ref: str) -> bytes:
        """The bytes of a mail as they are on disk."""

    def release(self, ref: str) -> Departure:
        """What is to be handed over, and to whom."""

    def sent(self, ref: str) -> Effect:
        """The effect that files a mail under Sent."""

    def withdraw(self, ref: str) -> Effect:
        """The effect that takes a mail out of the Outbox."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One mail in the Outbox."""

    ref: str
    departure: Departure | None
    stand: Stand = Stand.QUEUED
    detail: str = ""
    """What the server said, or why the mail cannot be read."""
    effect: int | None = None
    """The journal's number of what put it here; None if another program did, or the bytes are no longer those."""

    def due(self, now: datetime) -> bool:
        """Whether it was approved, is not held any more, and was never handed over."""
        if self.departure is None or self.effect is None or self.stand is not Stand.QUEUED:
            return False
        return self.departure.not_before is None or self.departure.not_before <= now


class Outbox:
    """The mails that are to go."""

    def __init__(self, mail: PostOffice, journal: Journal, executor: Executor) -> None:
        self._mail = mail
        self._journal = journal
        self._executor = executor

    def queue(self) -> tuple[Waiting, ...]:
        """List what waits, the oldest first."""
        return tuple(self._waiting(ref) for ref in self._mail.waiting())

    def withdraw(self, ref: str, now: datetime) -> Outcome:
        """Take a mail out of the Outbox before it goes; raises AgentError if it has gone."""
        waiting = self._waiting(ref)
        if waiting.stand in (Stand.ACCEPTED, Stand.SUBMITTING):
            raise AgentError("This mail has been handed over, so it cannot be withdrawn any more.")
        queued = self._journal.made("mail", ref)
        undoes, of = ((queued.id,), (queued.turn,)) if queued else ((), ())
        step = Ready((self._mail.withdraw(ref),), undoes)
        return self._do(Turn(f"withdraw {ref}", f"withdraw {ref}", now, Kind.UNDO if of else Kind.REQUEST, of=of), step)

    def due(self, now: datetime) -> tuple[Waiting, ...]:
        """What may go now; while there is nothing, no server need be reached."""
        return tuple(waiting for waiting in self.queue() if waiting.due(now))

    def submit_due(self, submitter: Submitter, now: Callable[[], datetime]) -> tuple[Waiting, ...]:
        """Hand over every mail that is due, then file what was accepted; returns what was handed over."""
        with self._journal.acting():
            self._settle()
            due = self.due(now())
            for waiting in due:
                self._submit(waiting, submitter)
        self.file_accepted(now)
        return tuple(self._with_stand(waiting.ref, waiting.departure, waiting.effect) for waiting in due)

    def file_accepted(self, now: Callable[[], datetime]) -> None:
        """File under Sent what has gone; from there a sync copies it to the server, once."""
        for waiting in self.queue():
            if waiting.stand is Stand.ACCEPTED:
                step = Ready((self._mail.sent(waiting.ref),))
                self._do(Turn(f"file {waiting.ref}", f"file {waiting.ref} under Sent", now(), Kind.POST), step)

    def unknown(self) -> tuple[Waiting, ...]:
        """Mails of which nobody knows whether they went; the person is asked about what `look_up` does not find."""
        with self._journal.acting():
            self._settle()
        return tuple(waiting for waiting in self.queue() if waiting.stand is Stand.UNKNOWN)

    def look_up(self, lookup: Lookup, now: Callable[[], datetime]) -> tuple[Waiting, ...]:
        """Look for the unknown ones among what was sent; returns those that were not found, to ask about."""
        missing = []
        for waiting in self.unknown():
            if waiting.departure is not None and lookup.arrived(waiting.departure.message_id):
                self._moved_on(waiting, Stand.ACCEPTED, "It was found among the sent mail.")
            else:
                missing.append(waiting)
        self.file_accepted(now)
        return tuple(missing)

    def decide(self, ref: str, went: bool, now: Callable[[], datetime]) -> None:
        """The person says whether an unknown mail went; only by that word may it go again. Raises AgentError."""
        if self._waiting(ref) not in self.unknown():
            raise AgentError("It is not in doubt whether this mail went, so there is nothing to decide.")
        said = "You said that it went." if went else "You said that it did not go."
        self._moved_on(self._waiting(ref), Stand.ACCEPTED if went else Stand.QUEUED, said)
        self.file_accepted(now)

    def _moved_on(self, waiting: Waiting, stand: Stand, detail: str) -> None:
        if waiting.effect is not None:
            self._journal.mail_moved_on(waiting.effect, stand, detail)

    def _settle(self) -> None:
        """A mail still being submitted while nobody else acts was cut off by a crash."""
        for waiting in self.queue():
            if waiting.stand is Stand.SUBMITTING and waiting.effect is not None:
                self._journal.mail_moved_on(waiting.effect, Stand.UNKNOWN, "It was cut off while it was handed over.")

    def _submit(self, waiting: Waiting, submitter: Submitter) -> None:
        if waiting.departure is None or waiting.effect is None:
            return
        self._journal.mail_moved_on(waiting.effect, Stand.SUBMITTING, "")
        try:
            said = submitter.submit(waiting.departure)
        except DeniedError as error:  # found out before anything was said
            self._journal.mail_moved_on(waiting.effect, Stand.REJECTED, words(error))
            return
        except Exception as error:
            self._journal.mail_moved_on(waiting.effect, Stand.UNKNOWN, words(error))
            return
        stand = Stand.ACCEPTED if said.accepted else Stand.QUEUED if said.later else Stand.REJECTED
        self._journal.mail_moved_on(waiting.effect, stand, said.reply)

    def _waiting(self, ref: str) -> Waiting:
        try:
            departure = self._mail.release(ref)
            effect = self._approved(ref, self._mail.raw(ref))
        except NearhandError as error:
            return Waiting(ref, None, detail=str(error))
        return self._with_stand(ref, departure, effect)

    def _approved(self, ref: str, raw: bytes) -> int | None:
        """The effect that put exactly these bytes here, unless the mail was withdrawn and not brought back by us."""
        if self._journal.made("mail", ref) is None:
            return None
        return next((r.id for r in self._journal.made_ever("mail", ref) if raw and _bytes_of(r) == raw), None)

    def _with_stand(self, ref: str, departure: Departure | None, effect: int | None) -> Waiting:
        states = self._journal.mail_states(effect) if effect is not None else ()
        stand, detail = states[-1] if states else (Stand.QUEUED, "")
        return Waiting(ref, departure, Stand(stand), detail, effect)

    def _do(self, turn: Turn, step: Ready) -> Outcome:
        number = self._journal.begin(turn)
        approved = digest(turn.plan, (step,))
        self._journal.approve(number, approved)
        return self._executor.run(number, (step,), approved)[0]


def has_gone(journal: Journal, record: Record) -> bool:
    """Whether what an effect put into the Outbox was handed over, or may have been."""
    if record.effect.connector != "mail" or not record.ref:
        return False
    last = [states[-1][0] for r in journal.made_ever("mail", record.ref) if (states := journal.mail_states(r.id))]
    return any(stand in (Stand.SUBMITTING, Stand.ACCEPTED, Stand.UNKNOWN) for stand in last)


def _bytes_of(record: Record) -> bytes:
    try:
        return base64.b64decode(record.effect.args.get("raw", ""), validate=True)
    except binascii.Error:
        return b""
