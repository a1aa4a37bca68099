"""A page to read: a title and plain lines, a picture in half-blocks. Nothing in it is markup, and no link is live."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from nearhand.agent.tui.looks.values import Cell, Page
from nearhand.agent.tui.text import content


class Reader(VerticalScroll, can_focus=True):
    """Shows one page."""

    HELP = """\
## A page

Arrow keys and Page Up/Down scroll, `y` copies the text, Escape goes back to the list. Pictures and links of mails are
never loaded.
"""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("y", "copy", "Copy", id="reader.copy")]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.page = Page("")
        self._text = Static("", markup=False)

    def compose(self) -> ComposeResult:
        yield self._text

    def show(self, page: Page) -> None:
        """Show another page, from its beginning unless it is the same one."""
        if page.title != self.page.title:
            self.scroll_home(animate=False)
        self.page = page
        whole = content((Cell(page.title, "strong"), *page.lines)) if page.title else content(page.lines)
        if page.picture:
            whole = whole + "\n\n" + _picture(page)
        self._text.update(whole)

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self.page.copy or self.page.title)
        self.notify("Copied.", timeout=2)


def _picture(page: Page) -> Content:
    rows = (Content.assemble(*(("▀", f"{upper} on {lower}") for upper, lower in row)) for row in page.picture)
    return Content("\n").join(rows)
