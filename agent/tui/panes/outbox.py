"""Outbox: mail on its way out, how long it can still be stopped, and the key that stops it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from nearhand.agent.tui.hands import withdraw
from nearhand.agent.tui.looks import work
from nearhand.agent.tui.looks.values import Cell, Page, Row, cell, listed
from nearhand.agent.tui.panes.pane import Pane
from nearhand.agent.tui.widgets.rows import Column

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine

_STATES = {"queued": "waits", "submitting": "is going", "accepted": "went", "rejected": "refused", "unknown": "unclear"}


class Outbox(Pane):
    """What waits to go."""

    TITLE = "Outbox"
    AREAS = frozenset({"mail", "journal"})
    COLUMNS = (Column(1), Column(share=3), Column(share=2, from_width=46), Column(16, right=True))
    HELP = """\
## Outbox

A mail waits here before it goes; the last column counts down. `c` stops it: it is taken out, and nobody has seen it.
Without an account it waits for your own mail program, which takes it from the Outbox folder.
"""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("c", "cancel", "Stop it", id="outbox.cancel")]

    def __init__(self) -> None:
        super().__init__()
        self.letters: tuple[work.Letter, ...] = ()

    def on_mount(self) -> None:
        self.set_interval(1, self._count)

    def refresh_rows(self) -> None:
        text = self.filter.value.strip()
        self.look("rows", lambda engine: work.outbox(engine, text), self._show)

    def _show(self, letters: tuple[work.Letter, ...]) -> None:
        self.letters = letters
        self._count()

    def _count(self) -> None:
        """Write the rows anew, each with the seconds that are left."""
        now = self.desk_app.now
        rows = [_row(letter, now, self._goes) for letter in self.letters]
        shown = listed(rows, "" if rows else "Nothing waits to go.")
        if shown != self.rows.listing:
            self.rows.show(shown)

    @property
    def _goes(self) -> bool:
        """Whether Nearhand itself sends what waits."""
        return self.desk_app.facts is not None and self.desk_app.facts.mode != "local"

    def page(self, engine: Engine, row: Row) -> Page | None:
        letter = next((letter for letter in work.outbox(engine) if letter.ref == row.key), None)
        if letter is None:
            return None
        told = [cell(f"To: {letter.people}"), cell(f"It {_STATES[letter.state]}.", "strong")]
        told += [cell(letter.detail)] if letter.detail else []
        if engine.config.privacy.mode == "local":
            told.append(cell("There is no account: your own mail program takes it from the Outbox folder."))
        elif not letter.mine:
            told.append(cell("Another program put it here; Nearhand will not send it.", "warn"))
        text = engine.home.load("mail", letter.ref)
        body = [Cell(line) for line in (text.text if text else "").split("\n")]
        return Page(letter.subject, (*told, Cell(""), *body))

    def action_cancel(self) -> None:
        row = self.rows.row
        if row is not None:
            ref = row.key
            self.desk_app.do(f"stop the mail “{row.cells[1].text}”", lambda agent, _: withdraw(agent, ref))


def _row(letter: work.Letter, now: datetime, goes: bool) -> Row:
    left = int((letter.held_until - now).total_seconds()) if letter.held_until and goes else 0
    state = f"goes in {_left(left)}" if letter.state == "queued" and left > 0 else _STATES[letter.state]
    tone = {"rejected": "bad", "unknown": "warn"}.get(letter.state, "accent" if left > 0 else "faint")
    mark = cell("▲", "warn") if letter.mine else cell("·", "faint")
    return Row(
        letter.ref, (mark, cell(letter.subject or "(no subject)"), cell(letter.people, "faint"), cell(state, tone))
    )


def _left(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7200 else f"{seconds // 3600} h"
