"""Mail: a mailbox as a list, a mail or its conversation to read, the usual keys. Remote content never loads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Static

from nearhand.agent.tui.looks import lists
from nearhand.agent.tui.looks.values import Listing, Page, Row, cell
from nearhand.agent.tui.panes.pane import Pane, named
from nearhand.agent.tui.text import content
from nearhand.connectors.base import Item

if TYPE_CHECKING:
    from nearhand.agent.loop import Engine

_FILE = Binding.Group("File", compact=True)
_MARK = Binding.Group("Mark", compact=True)


class Mail(Pane):
    """The mail."""

    TITLE = "Mail"
    AREAS = frozenset({"mail"})
    HELP = """\
## Mail

Enter reads, `t` shows the whole conversation, `b` goes to the next mailbox. `r` answers, `f` passes on, `a`
archives, `d` moves to the trash, `m` into a mailbox, `u` marks read or unread, `s` flags. Each shows a card
first, and Ctrl+Z takes it back. Pictures and links in mails are never loaded.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "reply", "Answer", id="mail.reply"),
        Binding("f", "forward", "Pass on", id="mail.forward", show=False),
        Binding("a", "file('archive')", "Archive", id="mail.archive", group=_FILE),
        Binding("d", "file('trash')", "Trash", id="mail.trash", group=_FILE),
        Binding("m", "move", "Move", id="mail.move", group=_FILE),
        Binding("u", "read", "Read", id="mail.read", group=_MARK),
        Binding("s", "flag", "Flag", id="mail.flag", group=_MARK),
        Binding("t", "thread", "Thread", id="mail.thread"),
        Binding("b", "box(1)", "Mailbox", id="mail.box"),
        Binding("B", "box(-1)", "Mailbox before", id="mail.box_before", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.box = "Inbox"
        self.boxes: tuple[str, ...] = ("Inbox",)
        self.thread: Item | None = None
        self.bar = Static("", markup=False, classes="bar")

    def bars(self) -> Sequence[Widget]:
        return (self.bar,)

    def on_mount(self) -> None:
        self.look("boxes", lambda engine: lists.places(engine, "mail"), self._boxes)
        self._tell()

    def _boxes(self, names: tuple[str, ...]) -> None:
        usual = [name for name in ("Inbox", "Drafts", "Sent", "Archive") if name in names]
        self.boxes = (*usual, *(name for name in names if name not in usual), "")
        self._tell()

    def _tell(self) -> None:
        if self.thread is not None:
            self.bar.update(content([cell(f"Conversation: {self.thread.title}", "accent")]))
            return
        names = "   ".join(f"[{n or 'All'}]" if n == self.box else n or "All" for n in self.boxes)
        self.bar.update(content([cell(names)]))

    def find(self, engine: Engine, text: str, most: int) -> Listing:
        return lists.thread(engine, self.thread) if self.thread else lists.area(engine, "mail", text, most, self.box)

    def page(self, engine: Engine, row: Row) -> Page | None:
        return lists.page(engine, row.item) if row.item else None

    def back(self) -> bool:
        if not super().back():
            if self.thread is None:
                return False
            self.action_thread()
        return True

    def action_box(self, step: int) -> None:
        self.box = self.boxes[(self.boxes.index(self.box) + step) % len(self.boxes)] if self.box in self.boxes else ""
        self.thread = None
        self._tell()
        self.refresh_rows()

    def action_thread(self) -> None:
        item = self.rows.row.item if self.rows.row else None
        self.thread = item if self.thread is None else None
        self._tell()
        self.refresh_rows()

    def action_file(self, verb: str) -> None:
        self.point(f"{verb} {named(self.items)}" if self.items else "", f"mail.{verb}", self.items)

    def action_read(self) -> None:
        verb = "read" if any("unread" in item.tags for item in self.items) else "unread"
        self.point(f"mark {named(self.items)} {verb}" if self.items else "", f"mail.mark_{verb}", self.items)

    def action_flag(self) -> None:
        verb = "unflag" if all("flagged" in item.tags for item in self.items) else "flag"
        self.point(f"{verb} {named(self.items)}" if self.items else "", f"mail.{verb}", self.items)

    def action_reply(self) -> None:
        items = self.items[:1]
        if items:
            self.want(
                "Answer", lambda text: self.point(f"answer {named(items)}: {text}", "mail.reply", items, "text", text)
            )

    def action_forward(self) -> None:
        items = self.items[:1]
        if items:
            self.want(
                "Pass on to", lambda to: self.point(f"pass {named(items)} on to {to}", "mail.forward", items, "to", to)
            )

    def action_move(self) -> None:
        items = self.items
        if items:
            self.want("Move to", lambda to: self.point(f"move {named(items)} to {to}", "mail.move", items, "to", to))
