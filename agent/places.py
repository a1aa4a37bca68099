"""Where things are or go, as the person calls it: folders, mailboxes, calendars, lists, groups.

What cannot be told is asked: with what comes near, or with all that it may be. Deliberately not here: how names are
compared (`resolve/what.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nearhand.agent.asking import QuestionError
from nearhand.agent.resolve import what

if TYPE_CHECKING:
    from nearhand.agent.home import Home

_CALLED = {"mail": "mailbox", "calendar": "calendar", "tasks": "list", "contacts": "group", "rules": "place"}


class Places:
    """The places of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def named(self, area: str, text: str, new: bool = False) -> str:
        """A folder, mailbox, calendar or list by what it is called; with `new` one that is not there is proposed."""
        if area == "files":
            return self.folder(text, "in", new=False)
        key = f"place:{area}:{text}"
        if isinstance(picked := self._home.picked.get(key), str):
            return picked
        match self._found(area, text):
            case what.Found(name):
                return name
            case what.Ambiguous(candidates):
                raise QuestionError("in", f"Which “{text}” do you mean?", candidates, candidates, key)
            case what.Unknown(suggestions, proposal, longer):
                if new and not suggestions:
                    return proposal
                near = suggestions if new else suggestions or longer
                raise QuestionError("in", f"There is no {_CALLED[area]} called “{text}”.", near, near, key)
        raise AssertionError(area)

    def names(self, area: str) -> list[str]:
        """The names of every mailbox, calendar or list, empty ones too."""
        listed = getattr(self._home.connectors.get(area), "folders", None)
        return sorted({*self._home.index.places(area), *(listed() if listed else ())})

    def mailbox(self, text: str) -> str:
        """A mailbox as a target; a new one is made under the name that was said."""
        key = f"place:mail:{text}"
        if isinstance(picked := self._home.picked.get(key), str):
            return picked
        match self._found("mail", text):
            case what.Found(name):
                return name
            case what.Ambiguous(candidates):
                raise QuestionError("to", f"Which “{text}” do you mean?", candidates, candidates, key)
            case what.Unknown(suggestions, proposal):
                if suggestions:
                    told = f"There is no mailbox called “{text}”. Did you mean one of these?"
                    raise QuestionError("to", told, suggestions, suggestions, key)
                return proposal
        raise AssertionError(text)

    def folder(self, text: str, slot: str, new: bool = True) -> str:
        """The absolute path of a folder inside the roots; one that is not there is proposed as new."""
        key = f"place:files:{text}"
        if isinstance(picked := self._home.picked.get(key), str):
            return picked
        self._home.fresh("files")
        roots = [Path(root) for root in self._home.config.files.roots]
        match what.folder(text, roots, self._home.index.folders()):
            case what.Found(path):
                return path
            case what.Ambiguous(candidates):
                told = f"Which folder “{text}” do you mean?"
                raise QuestionError(slot, told, self._told(candidates), candidates, key)
            case what.Unknown(suggestions, proposal, longer):
                if new and proposal and not suggestions:
                    return proposal
                near = suggestions if new else suggestions or longer
                raise QuestionError(slot, f"There is no folder called “{text}”.", self._told(near), near, key)
        raise AssertionError(text)

    def _found(self, area: str, text: str) -> what.Answer:
        self._home.fresh(area)
        return what.place(text, area, self.names(area))

    def _told(self, folders: Sequence[str]) -> list[str]:
        """Folders as a person names them: from their root on, with its name where there are several roots."""
        tops = [Path(root).resolve() for root in self._home.config.files.roots]
        inside = [(Path(each), next((top for top in tops if Path(each).is_relative_to(top)), None)) for each in folders]
        return [str(path.relative_to(top.parent)) if top else str(path) for path, top in inside]
