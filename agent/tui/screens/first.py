"""First steps, in an empty home: who you are, and which folders may be seen. Written down only when all is well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Footer, Input, Static

from nearhand.agent.tui.looks.values import cell
from nearhand.agent.tui.text import content
from nearhand.connectors.errors import NearhandError

if TYPE_CHECKING:
    from nearhand.agent.config.edit import Value
    from nearhand.agent.paths import Profile
    from nearhand.agent.tui.app import NearhandApp


@dataclass(frozen=True, slots=True)
class Answers:
    """What was typed."""

    name: str
    email: str
    files: str
    mail: str
    calendar: str
    contacts: str


_QUESTIONS = (
    ("name", "Your name, as others should read it", ""),
    ("email", "Your mail address", ""),
    ("files", "Folders Nearhand may see, with a comma between", "~/Documents, ~/Downloads"),
    ("mail", "Your Maildir, if you have one (the folder with cur, new and tmp)", ""),
    ("calendar", "Your calendars, if they are folders of .ics files", ""),
    ("contacts", "Your contacts, if they are a folder of .vcf files", ""),
)


class FirstSteps(ModalScreen[None]):
    """The questions."""

    HELP = """\
## First steps

Tab goes to the next line, Ctrl+S writes it down. Everything can be changed later in the file that is named
here, and with `nearhand connect`.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "Write it down", id="first.save", priority=True),
        Binding("escape", "leave", "Not now", id="first.leave"),
    ]

    def __init__(self, sentence: str) -> None:
        super().__init__()
        self.sentence = sentence
        self.lines = {key: Input(usual, placeholder="(leave empty if there is none)", compact=True, id=f"first-{key}")
                      for key, _, usual in _QUESTIONS}  # fmt: skip
        self.note = Static("", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(id="first"), VerticalScroll():
            yield Static(content([
                cell("Welcome. Nearhand takes care of your files, mail and calendar, on this machine only.", "strong"),
                cell("It sees the folders that you name here, and nothing else. Every change can be undone."),
                cell(self.sentence, "faint"),
            ]), markup=False)  # fmt: skip
            yield self.note
            for key, question, _ in _QUESTIONS:
                yield Static(content([cell(question, "accent")]), markup=False)
                yield self.lines[key]
        yield Footer()

    def on_mount(self) -> None:
        self.lines["name"].focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input is self.lines["contacts"]:
            self.action_save()
        else:
            self.focus_next()

    def action_save(self) -> None:
        said = Answers(**{key: line.value.strip() for key, line in self.lines.items()})
        app = cast("NearhandApp", self.app)
        profile = app.profile
        app.desk.chore("first", lambda: write(profile, said), self._written)

    def _written(self) -> None:
        app = cast("NearhandApp", self.app)
        self.dismiss()
        app.desk.reopen()

    def trouble(self, sentence: str) -> None:
        """What must be put right first."""
        self.note.update(content([cell(sentence, "bad")]))
        self.note.scroll_visible(animate=False)

    def action_leave(self) -> None:
        self.dismiss()


def write(profile: Profile, said: Answers) -> None:
    """Write the first config, or the folders into one that is there; raises what is wrong. In the engine's thread."""
    from nearhand.agent.config.edit import change

    roots = [part.strip() for part in said.files.split(",") if part.strip()]
    if not roots:
        raise NearhandError("Name at least one folder that Nearhand may see.")
    for text in (*roots, said.mail, said.calendar, said.contacts):
        if text and not Path(text).expanduser().is_dir():
            raise NearhandError(f"{text} is not a folder that is there. Make it first, or name another.")
    values: dict[str, dict[str, Value]] = {"files": {"roots": roots}}
    values |= {"me": {k: v for k, v in (("name", said.name), ("email", said.email)) if v}}
    values |= dict(_places(said))
    for section, keys in values.items():
        if keys:
            change(profile, section, keys)


def _places(said: Answers) -> Iterator[tuple[str, dict[str, Value]]]:
    for section, key, text in (
        ("mail", "maildir", said.mail), ("calendar", "vdir", said.calendar), ("contacts", "vdir", said.contacts),
    ):  # fmt: skip
        if text:
            yield section, {key: text}
