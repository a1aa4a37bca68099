"""First steps, in an empty home: who you are, and which folders may be seen. Written down only when all is well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    from nearhand.agent.loop import Engine
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


_USUAL = "~/Documents, ~/Downloads"
_QUESTIONS = (
    ("name", "Your name, as others should read it", ""),
    ("email", "Your mail address", ""),
    ("files", "Folders Nearhand may see, with a comma between", _USUAL),
    ("mail", "Your Maildir, if you have one (the folder with cur, new and tmp)", ""),
    ("calendar", "Your calendars, if they are folders of .ics files", ""),
    ("contacts", "Your contacts, if they are a folder of .vcf files", ""),
)


class FirstSteps(ModalScreen[None]):
    """The questions."""

    HELP = """\
## First steps

Enter or Tab goes to the next line, Ctrl+S writes it down. Everything can be changed later in the file that is
named here, and with `nearhand connect`.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "next", "Next line", id="first.next", priority=True),
        Binding("ctrl+s", "save", "Write it down", id="first.save", priority=True),
        Binding("escape", "leave", "Not now", id="first.leave"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.lines = {key: Input(usual, placeholder="(leave empty if there is none)", compact=True, id=f"first-{key}")
                      for key, _, usual in _QUESTIONS}  # fmt: skip
        self.note = Static("", markup=False)

    def compose(self) -> ComposeResult:
        with Vertical(id="first"), VerticalScroll():
            yield Static(content([
                cell("Welcome. Nearhand takes care of your files, mail and calendar, on this machine only.", "strong"),
                cell("It sees the folders that you name here, and nothing else. Every change can be undone."),
                cell(f"It is written to {self._home.profile.config} and can be changed there later.", "faint"),
            ]), markup=False)  # fmt: skip
            yield self.note
            for key, question, _ in _QUESTIONS:
                yield Static(content([cell(question, "accent")]), markup=False)
                yield self.lines[key]
        yield Footer()

    @property
    def _home(self) -> NearhandApp:
        return cast("NearhandApp", self.app)

    def on_mount(self) -> None:
        self.lines["name"].focus()
        found: list[str] = []
        self._home.desk.chore("usual", lambda: found.extend(usual()), lambda: self._offer(found))
        self._home.desk.look("held", held, self._fill)

    def _offer(self, folders: Sequence[str]) -> None:
        """Name the usual folders that are there, unless the person was faster."""
        if self.lines["files"].value == _USUAL and folders:
            self.lines["files"].value = ", ".join(folders)

    def _fill(self, known: Answers) -> None:
        """Begin with what is in the config already."""
        for name, line in self.lines.items():
            line.value = getattr(known, name) or line.value

    def action_next(self) -> None:
        if self.lines["contacts"].has_focus:
            self.action_save()
        else:
            self.focus_next(Input)

    def action_save(self) -> None:
        said = Answers(**{key: line.value.strip() for key, line in self.lines.items()})
        profile = self._home.profile
        self._home.desk.chore("first", lambda: write(profile, said), self._written)

    def _written(self) -> None:
        app = self._home
        self.dismiss()
        app.desk.reopen()

    def trouble(self, sentence: str) -> None:
        """What must be put right first."""
        self.note.update(content([cell(sentence, "bad")]))
        self.note.scroll_visible(animate=False)

    def action_leave(self) -> None:
        self.dismiss()


def held(engine: Engine) -> Answers:
    """What is in the config of an open profile."""
    config = engine.config
    mail, calendar, contacts = config.mail, config.calendar, config.contacts
    return Answers(
        config.me.name, config.me.email, ", ".join(map(str, config.files.roots)), str(mail.maildir) if mail else "",
        str(calendar.vdir) if calendar else "", str(contacts.vdir) if contacts else "",
    )  # fmt: skip


def usual() -> list[str]:
    """The usual folders that are there."""
    return [name for name in _USUAL.split(", ") if Path(name).expanduser().is_dir()]


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
