"""`nearhand connect`: asks where things are, and writes it into config.toml.

Folders on this machine; for an account on servers `cli/account.py` takes over. Asks nothing that was said already.
"""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from nearhand.agent.cli.options import UsageError
from nearhand.agent.cli.session import Session
from nearhand.agent.config.edit import Value, change
from nearhand.agent.config.settings import Config, load
from nearhand.agent.errors import AgentError
from nearhand.agent.paths import Profile
from nearhand.agent.showing import show

_USUAL = {
    "files": ("~/Documents", "~/Downloads"),
    "mail": ("~/Mail",),
    "calendar": ("~/.calendars",),
    "contacts": ("~/.contacts",),
}
_QUESTIONS = {
    "files": "Which folders may Nearhand see? One a line, an empty line ends.",
    "mail": "Where is your Maildir (the folder with cur, new and tmp)?",
    "calendar": "Where are your calendars (one folder each, one .ics file per entry)?",
    "contacts": "Where are your contacts (one .vcf file per person)?",
}
_KEYS = {"files": "roots", "mail": "maildir", "calendar": "vdir", "contacts": "vdir"}
_SERVERS = "Is it on a server (s), or only in a folder on this computer (f)? [s/f] "


def connect(session: Session, options: Namespace) -> int:
    """Ask for the folders of one area, check them, and write them down."""
    area, profile = str(options.what), Profile(session.profile)
    if area != "files" and not options.folders and _on_a_server(session, options):
        from nearhand.agent.cli.account import connect_account

        return connect_account(session, options)
    if not options.folders and not session.interactive:
        raise UsageError(f"Nobody can be asked here. Name the folder: nearhand connect {area} DIR")
    folders = list(options.folders) or _asked(session, area)
    if area != "files" and len(folders) != 1:
        raise UsageError(f"One folder is needed, not {len(folders)}: nearhand connect {area} DIR")
    _ready(session, area, folders)
    if session.interactive:
        _person(session, profile)
    named = [_short(folder) for folder in folders]
    value: Value = named if area == "files" else named[0]
    dropped = [each for each in _before(profile) if each not in named] if area == "files" else []
    change(profile, area, {_KEYS[area]: value})
    said = f"Connected {area}: {', '.join(named)}. It is written in {profile.config}."
    if dropped:
        said += f" No longer seen: {', '.join(dropped)}. To keep a folder, name it together with the others."
    if session.json:
        session.tell({"status": "done", "answer": said, "config": str(profile.config)})
    else:
        session.say([show.plain(said), session.paint.faint("Check it with: nearhand doctor")])
    return 0


def _before(profile: Profile) -> list[str]:
    """The folders of files that were connected until now."""
    try:
        files = load(profile).files if profile.config.is_file() else None
    except AgentError:
        return []  # what is wrong in the file is said when the folders are written
    return [_short(root) for root in files.roots] if files else []


def _on_a_server(session: Session, options: Namespace) -> bool:
    """Whether an account is meant: said on the command line, or asked."""
    from nearhand.agent.cli.account import means_servers

    return means_servers(options) or (session.interactive and session.ask(_SERVERS).lower().startswith("s"))


def _asked(session: Session, area: str) -> list[Path]:
    usual = [Path(os.path.expanduser(text)) for text in _USUAL[area] if Path(os.path.expanduser(text)).is_dir()]
    offer = f" [{', '.join(map(_short, usual))}]" if usual else ""
    session.say([_QUESTIONS[area] + offer])
    typed: list[str] = []
    while line := session.ask("> "):
        typed.append(line)
        if area != "files":
            break
    found = [Path(os.path.expanduser(text)) for text in typed] or usual
    if session.stop.is_set() or not found:
        raise AgentError("No folder was named, so nothing was changed.")
    return found


def _ready(session: Session, area: str, folders: Sequence[Path]) -> None:
    """Make folders that are not there, if the person wants that; never unasked."""
    for folder in folders:
        if folder.is_dir():
            continue
        if not session.interactive or session.ask(f"{show.plain(str(folder))} is not there. Make it? [y/N] ") != "y":
            raise AgentError(f"{folder} is not a folder that is there. Make it first, or name another.")
        for part in ("cur", "new", "tmp") if area == "mail" else ("",):
            (folder / part).mkdir(parents=True, exist_ok=True)


def _person(session: Session, profile: Profile) -> None:
    """Name and address, asked once."""
    try:
        known = load(profile) if profile.config.is_file() else Config()
    except AgentError:
        return  # what is wrong in the file is said when the folders are written
    asked = {key: session.ask(f"{question} ") for key, question in _ME.items() if not getattr(known.me, key)}
    given = {key: value for key, value in asked.items() if value}
    if given:
        change(profile, "me", given)


_ME = {"name": "Your name, as others should read it:", "email": "Your mail address:"}


def _short(folder: Path) -> str:
    """As a person writes it: with ~ for the home folder; never relative."""
    whole, home = folder.absolute(), Path.home()
    return f"~/{whole.relative_to(home)}" if whole.is_relative_to(home) and whole != home else str(whole)
