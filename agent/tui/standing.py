"""How it stands: whether the profile is open, the time, the line at the top, and what nobody asked for but should know.

Deliberately not here: panes and keys (`app.py`), and the conversation (`talking.py`).
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from textual.widgets import Label

from nearhand.agent.tui import hands, messages
from nearhand.agent.tui.talking import Talking

if TYPE_CHECKING:
    from nearhand.agent.tui.panes.pane import Pane

_ROOM, _MORE_ROOM = 76, 100
"""Columns from which on the line at the top says more."""


class Standing(Talking):
    """An app that says how it stands."""

    state: Label
    served = False
    """Whether requests go to the background service."""
    waiting = 0
    """How many plans wait for a yes."""
    accounts: hands.Open | None = None
    """The person's accounts, if any is connected."""

    def __init__(self) -> None:
        super().__init__()
        self._since = time.monotonic()
        self._tried: frozenset[str] = frozenset()
        """Mails that were handed over, or could not be; a sync tries these again."""
        self._met = False
        """Whether it is known already if there is a service."""

    @property
    def pane(self) -> Pane | None:
        """The pane that is shown."""
        return None

    @property
    def now(self) -> datetime:
        """The person's now, as the engine has it."""
        if self.facts is None:
            return datetime.now(UTC)
        passed = 0.0 if self.facts.fixed else time.monotonic() - self._since
        return self.facts.now + timedelta(seconds=passed)

    @property
    def week_start(self) -> int:
        """The first day of the week; 0 is Monday."""
        return self.facts.week_start if self.facts else 0

    def on_opened(self, event: messages.Opened) -> None:
        again, self.shut = self.facts is not None, False
        self.facts, self._since = event.facts, time.monotonic()
        if not again:
            self.prompt.remember(event.facts.history)
        self.tell_state()
        if self.pane is not None:
            self.pane.refresh_rows()

    def on_not_opened(self, event: messages.NotOpened) -> None:
        self.state.update("not open")
        self.shut = True
        if event.first:
            self.first_steps()
        else:
            self.talk.note(f"{event.sentence} When it is put right: F5.", "bad")

    def first_steps(self) -> None:
        """Ask who the person is and where things are."""
        from nearhand.agent.tui.screens.first import FirstSteps

        self.push_screen(FirstSteps())

    def key_f5(self) -> None:
        """Try again."""
        if self.shut:
            self.desk.reopen()

    def tell_state(self) -> None:
        """Write the line at the top."""
        if self.facts is None:
            return
        told = [f"● {self.facts.mode}"]
        told += ["service"] if self.served and self.size.width >= _ROOM else []
        told += [f"{self.waiting} wait" if self.waiting > 1 else "1 waits"] if self.waiting else []
        when = f"  {self.now:%a} {self.now.day} {self.now:%b %H:%M}" if self.size.width >= _MORE_ROOM else ""
        self.state.update(" · ".join(told) + when)

    def on_served(self, event: messages.Served) -> None:
        """Requests go elsewhere from now on; that one has come while this window was open is told."""
        if event.served and self._met:
            self.talk.note("The background service runs now. Requests go to it.")
        self.served, self._met = event.served, True
        self.tell_state()

    def on_waits(self, event: messages.Waits) -> None:
        self.waiting = event.count
        self.tell_state()

    def on_noticed(self, event: messages.Noticed) -> None:
        if event.lasts:
            self.talk.note(event.sentence, "warn")
        else:
            self.notify(event.sentence, timeout=8, markup=False)

    def send_what_is_due(self) -> None:
        """Hand over mails whose time has come, each once, where no service does it and nothing else is going on."""
        accounts = self.accounts
        if accounts is not None and self.facts is not None and not self.served and not self.desk.working:
            self.desk.look("due", hands.due, lambda refs: self._send(refs, accounts))

    def _send(self, refs: frozenset[str], accounts: hands.Open) -> None:
        if refs <= self._tried or self.served or self.desk.working:
            return
        self._tried |= refs
        self.desk.look("send", lambda engine: hands.send(engine, accounts), self._sent)

    def _sent(self, sentences: tuple[str, ...]) -> None:
        for sentence in sentences:
            self.talk.note(sentence, "" if sentence.startswith("Sent ") else "bad")
        self.refresh_areas({"mail", "journal"})

    def on_seen(self, event: messages.Seen) -> None:
        event.deliver()

    def on_trouble(self, event: messages.Trouble) -> None:
        if hasattr(self.screen, "trouble"):
            self.screen.trouble(event.sentence)
        else:
            self.notify(event.sentence, severity="warning", timeout=8, markup=False)

    def on_progressed(self, event: messages.Progressed) -> None:
        said = f"{event.what}: {event.done:,} of {event.total:,}"
        self.state.update(f"reading {said}")
        self.talk.working(f"reading {said} …")
        if event.done >= event.total:
            self.tell_state()
