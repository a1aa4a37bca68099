"""What a synchronization did, or would do, one thing at a time: for a person, and for a program that reads JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Side(StrEnum):
    """Where something changes."""

    HERE = "here"
    SERVER = "server"
    BOTH = "both"


class How(StrEnum):
    """How it went."""

    PLANNED = "planned"
    DONE = "done"
    KEPT_BOTH = "kept both"
    """Both sides had changed it in different ways; both versions are there now."""
    WAITS = "waits"
    """It changed while it was looked at; the next run decides."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Deed:
    """One change on one side."""

    side: Side
    verb: str
    """new, changed, removed, merged, or forgotten."""
    title: str
    place: str
    """The calendar, list or address book."""
    how: How = How.DONE
    why: str = ""
    """What went wrong, or what the person should know."""

    @property
    def changed(self) -> bool:
        """Whether something was changed, or would be."""
        return self.how not in (How.WAITS, How.FAILED)

    def __str__(self) -> str:
        where = "on both sides" if self.side is Side.BOTH else "here" if self.side is Side.HERE else "on the server"
        said = f"{self.place}: {self.title} ({self.verb} {where})"
        return f"{said}: {self.how}. {self.why}" if self.how not in (How.DONE, How.PLANNED) else said


@dataclass(slots=True)
class Report:
    """Everything of one run."""

    deeds: list[Deed] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    """Whole collections that were left alone, and why."""

    @property
    def clean(self) -> bool:
        """Whether everything was brought into step."""
        return not self.troubles and all(deed.changed for deed in self.deeds)

    def add(self, other: Report) -> None:
        """Put another report behind this one."""
        self.deeds += other.deeds
        self.troubles += other.troubles
