"""The daemon as a front end sees it: an agent that does, plans, undoes and approves, at the other end of a socket.

`connect` gives None when no daemon runs, so that whoever asks goes on alone; a daemon of another version is told to the
person and not used. A request that was sent is never sent again: if the daemon falls over it, the journal knows how far
it came. Deliberately not here: starting a daemon, and what replies look like.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from nearhand.agent.approve import Approve, Card
from nearhand.agent.daemon import protocol
from nearhand.agent.daemon.protocol_cards import LATER, card_read
from nearhand.agent.daemon.protocol_replies import items_written, read
from nearhand.agent.daemon.socket import Channel
from nearhand.agent.daemon.socket import connect as open_channel
from nearhand.agent.errors import AgentError, VersionError
from nearhand.agent.paths import Profile
from nearhand.agent.reply import Reply
from nearhand.agent.version import version
from nearhand.connectors.base import Item
from nearhand.models.language import Plan

_GREETING_SECONDS = 5.0
_RESTART = "Restart it: nearhand daemon stop, then nearhand daemon start."
Progress = Callable[[str, int, int], None]


class Agent(Protocol):
    """What front ends ask of an engine, near or far."""

    @property
    def stop(self) -> threading.Event:
        """Set it, and nothing more happens after what happens just now."""

    def do(self, text: str, approve: Approve | None = None) -> Reply: ...
    def plan(self, text: str) -> Reply: ...
    def point(self, text: str, plan: Plan, items: Sequence[Item], approve: Approve | None = None) -> Reply: ...
    def do_plan(self, plan: Plan, approve: Approve | None = None) -> Reply: ...
    def redo(self, approve: Approve | None = None) -> Reply: ...
    def undo(self, ids: Sequence[int] = (), approve: Approve | None = None) -> Reply: ...
    def approve(self, number: int) -> Reply: ...
    def reject(self, number: int) -> Reply: ...


class _Flag(threading.Event):
    """A stop flag that is heard while somebody waits for the daemon, also from a signal handler."""

    def __init__(self) -> None:
        super().__init__()
        self.heard, self._said = os.pipe()

    def set(self) -> None:
        super().set()
        os.write(self._said, b"x")

    def clear(self) -> None:
        """Nobody wants it to stop any more; what was said about that before is forgotten."""
        super().clear()
        while select.select([self.heard], [], [], 0)[0]:
            os.read(self.heard, 100)

    def close(self) -> None:
        os.close(self.heard)
        os.close(self._said)


class Remote:
    """An agent behind a socket. One thread uses it; `stop` may be set from anywhere."""

    def __init__(self, channel: Channel, progress: Progress | None = None) -> None:
        """Greets; raises VersionError or WireError."""
        self._channel, self._progress = channel, progress
        self._number = 0
        self._lines: list[bytes | None] = []
        self.stop = _Flag()
        try:
            self._greet()
        except BaseException:
            self.close()
            raise

    def do(self, text: str, approve: Approve | None = None) -> Reply:
        """Plan, resolve, check, show and act."""
        return self._reply({"op": "do", "text": text, "asks": approve is not None}, approve)

    def plan(self, text: str) -> Reply:
        """The plan and what it would do."""
        return self._reply({"op": "plan", "text": text})

    def point(self, text: str, plan: Plan, items: Sequence[Item], approve: Approve | None = None) -> Reply:
        """Do a plan whose $0 are things that the person pointed at."""
        asked = {"op": "point", "text": text, "plan": str(plan), "items": items_written(items)}
        return self._reply({**asked, "asks": approve is not None}, approve)

    def do_plan(self, plan: Plan, approve: Approve | None = None) -> Reply:
        """Act on the last request of this connection again, with a plan that the person has changed on its card."""
        return self._reply({"op": "change", "plan": str(plan), "asks": approve is not None}, approve)

    def redo(self, approve: Approve | None = None) -> Reply:
        """Take back the last undo."""
        return self._reply({"op": "redo", "asks": approve is not None}, approve)

    def withdraw(self, ref: str) -> Reply:
        """Take a mail out of the Outbox before it goes."""
        return self._reply({"op": "withdraw", "ref": ref})

    def rule(self, does: str, ref: str, approve: Approve | None = None) -> Reply:
        """Let a rule run now or go on, or take back all that it did: run, resume, undo."""
        return self._reply({"op": "rule", "text": does, "ref": ref, "asks": approve is not None}, approve)

    def undo(self, ids: Sequence[int] = (), approve: Approve | None = None) -> Reply:
        """Take back the last turn, or those that are named."""
        return self._reply({"op": "undo", "numbers": list(ids), "asks": approve is not None}, approve)

    def approve(self, number: int) -> Reply:
        """Run a turn that was left waiting."""
        return self._reply({"op": "approve", "numbers": [number]})

    def reject(self, number: int) -> Reply:
        """Say no to a turn that was left waiting."""
        return self._reply({"op": "reject", "numbers": [number]})

    def ask(self, op: str, answer: str = "done") -> object:
        """Ask for something short (status, queue, resume, quit, sync) and return what the answer holds."""
        return self._answer({"op": op}, answer)

    def hold(self) -> str:
        """Stop everything in the daemon, and let no rule begin."""
        self._channel.send({"op": "stop"})
        return str(self._awaited(0, "done", None))

    def events(self) -> Iterator[dict[str, object]]:
        """Subscribe, and wait for what happens; ends when the daemon does or `stop` is set."""
        self._answer({"op": "subscribe"}, "done")
        with suppress(protocol.WireError):
            while not self.stop.is_set() and (found := self._next()) is not None:
                if "event" in found:
                    yield found

    def hang_up(self) -> None:
        """End the conversation from another thread; whoever waits for an answer is told that it ended."""
        self._channel.shut()

    def close(self) -> None:
        """Hang up."""
        self._channel.close()
        self.stop.close()

    def _greet(self) -> None:
        if not select.select([self._channel.fileno()], [], [], _GREETING_SECONDS)[0]:
            raise protocol.WireError(f"The background service does not answer. {_RESTART}")
        found = self._next() or {}
        theirs, mine = str(found.get("version", "?")), version()
        if "error" in found:
            raise protocol.WireError(str(found["error"]))
        if found.get("nearhand") != protocol.PROTOCOL or theirs != mine:
            raise VersionError(_other(mine, theirs))
        self._channel.send({"op": "hello", "protocol": protocol.PROTOCOL, "version": mine})

    def _reply(self, message: protocol.Message, approve: Approve | None = None) -> Reply:
        return read(self._answer(message, "reply", approve))

    def _answer(self, message: protocol.Message, wanted: str, approve: Approve | None = None) -> object:
        self._number += 1
        if len(protocol.line(message)) > protocol.MOST_ASKED - 100:
            raise AgentError("That is too much at once for the background service. Mark fewer things, or say less.")
        try:
            self._channel.send({**message, "id": self._number})
            return self._awaited(self._number, wanted, approve)
        except OSError as error:
            raise _gone() from error

    def _awaited(self, number: int, wanted: str, approve: Approve | None) -> object:
        while True:
            found = self._next()
            if found is None:
                self._channel.send({"op": "stop", "id": number})
            elif found.get("id") != number:
                continue
            elif "error" in found:
                raise AgentError(str(found["error"]))
            elif "card" in found:
                self._say(number, card_read(found["card"]), approve)
            elif "progress" in found:
                self._show(found["progress"])
            elif wanted in found:
                return found[wanted]

    def _say(self, number: int, card: Card, approve: Approve | None) -> None:
        """Have the card answered; whatever goes wrong with that is a no."""
        yes: bool | None = False
        try:
            yes = approve is not None and approve(card)
        finally:
            said = {"text": LATER} if yes is None else {}
            self._channel.send({"op": "say", "id": number, "yes": bool(yes), **said})

    def _next(self) -> dict[str, object] | None:
        """The next message; None when the stop flag was set. Raises WireError at the end."""
        while not self._lines:
            ready = select.select([self._channel.fileno(), self.stop.heard], [], [])[0]
            if self.stop.heard in ready:
                os.read(self.stop.heard, 100)
                return None
            found = self._channel.receive()
            if found is None:
                raise _gone()
            self._lines += found
        line = self._lines.pop(0)
        if line is None:
            raise protocol.WireError("The background service gave an answer that is too long to be read.")
        return protocol.table(line)

    def _show(self, found: object) -> None:
        match found:
            case [str() as what, int() as done, int() as total] if self._progress:
                self._progress(what, done, total)


def connect(folder: Path | None, progress: Progress | None = None) -> Remote | None:
    """The daemon of a profile; None if none runs. Raises VersionError if it is of another version."""
    path = Profile(folder).socket
    channel = open_channel(path) if path.exists() else None
    return Remote(channel, progress) if channel else None


def _other(mine: str, theirs: str) -> str:
    age = "newer" if protocol.newer(mine, theirs) else "older" if protocol.newer(theirs, mine) else "another one"
    return (f"The background service is Nearhand {theirs}, {age}; this is {mine}. "
            f"{_RESTART}")  # fmt: skip


def _gone() -> protocol.WireError:
    return protocol.WireError(
        "The background service ended in the middle of this. What it had begun is in `nearhand log`, "
        "what waits in `nearhand approve`. Look there before you ask again."
    )
