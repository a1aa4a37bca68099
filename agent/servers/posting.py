"""Hands over what waits in the Outbox, each mail through the account that it is written from.

The servers are reached before a mail is touched, so that one that cannot be reached leaves everything as it is. A mail
of which nobody knows whether it went is looked for, then told about; it is never sent again by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from nearhand.agent.effects.outbox import Outbox, PostOffice, Stand, Submitter, Waiting
from nearhand.agent.servers.accounts import OpenAccount
from nearhand.agent.servers.sync_parts import Part
from nearhand.connectors.errors import NearhandError
from nearhand.connectors.mail.outgoing import Departure, Submission
from nearhand.connectors.network.endpoints import user_in

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine


def outbox_of(engine: Engine) -> Outbox:
    """The Outbox of an engine; raises AgentError if no mail is connected."""
    return Outbox(cast(PostOffice, engine.home.need("mail")), engine.journal, engine.executor)


def post(engine: Engine, chosen: Sequence[OpenAccount], dry: bool = False) -> list[Part]:
    """Hand over what is due, or say what would go; nothing to tell gives no part."""
    senders = [account for account in chosen if account.config.smtp]
    if not senders or not engine.home.has("mail"):
        return []
    outbox, part = outbox_of(engine), Part(", ".join(account.name for account in senders), "outbox")
    try:
        _go(outbox, senders, part, dry)
        if not dry and outbox.unknown():
            _look_up(outbox, senders, part)
    except NearhandError as error:
        part.troubles.append(str(error))
    return [part] if part.changes or part.troubles else []


def _go(outbox: Outbox, senders: Sequence[OpenAccount], part: Part, dry: bool) -> None:
    due = outbox.due(_now())
    if dry or not due:
        part.changes += [f"Send “{_title(each)}”." for each in due]
        part.count += len(due)
        return
    with ExitStack() as stack:
        wanted = {_sender(each.departure, senders).name for each in due if each.departure}
        open_now = {each.name: stack.enter_context(each.smtp()) for each in senders if each.name in wanted}
        for each in outbox.submit_due(_Post(senders, open_now), _now):
            if each.stand is Stand.ACCEPTED:
                part.changes.append(f"Sent “{_title(each)}”.")
                part.count += 1
            else:
                part.troubles.append(f"“{_title(each)}” did not go ({each.stand}). {each.detail}")


@dataclass(frozen=True, slots=True)
class _Post:
    """Chooses the account for each mail."""

    senders: Sequence[OpenAccount]
    sessions: Mapping[str, Submitter]

    def submit(self, departure: Departure) -> Submission:
        return self.sessions[_sender(departure, self.senders).name].submit(departure)


def _sender(departure: Departure, senders: Sequence[OpenAccount]) -> OpenAccount:
    """The account that a mail is written from; the first where no account has its address."""
    wanted = departure.sender.casefold()
    return next((each for each in senders if user_in(each.config.smtp).casefold() == wanted), senders[0])


def _look_up(outbox: Outbox, senders: Sequence[OpenAccount], part: Part) -> None:
    """Look among what was sent for mails of which nobody knows whether they went."""
    from nearhand.connectors.smtp.sent import SentMail

    missing: tuple[Waiting, ...] = outbox.unknown()
    for account in senders:
        if missing and account.config.imap:
            with account.imap() as session:
                missing = outbox.look_up(SentMail(session), _now)
    for each in missing:
        said = f"“{_title(each)}”: nobody knows whether it went. Look for it in Sent on the server."
        part.troubles.append(f"{said} It is not sent again by itself.")


def _title(waiting: Waiting) -> str:
    return waiting.departure.subject if waiting.departure else waiting.ref


def _now() -> datetime:
    return datetime.now(UTC)
