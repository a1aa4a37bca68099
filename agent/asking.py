"""How a resolver says that it cannot go on alone: it asks, or it refuses. The loop turns both into a reply."""

from __future__ import annotations

from collections.abc import Sequence

from nearhand.connectors.base import Item, Person, Span
from nearhand.connectors.errors import NearhandError

Pick = Item | Person | Span | str
"""Something that a person can choose from a list."""


CLASH = "clash"
"""The key of the question what to do where a name is taken."""


class QuestionError(NearhandError):
    """Something is missing or may mean several things; the person is asked, with the choices."""

    def __init__(
        self, slot: str, text: str, choices: Sequence[str] = (), picks: Sequence[Pick] = (), key: str = ""
    ) -> None:
        """`picks` are what the choices stand for; `key` is where the picked one belongs (see `Home.picked`)."""
        super().__init__(text)
        self.slot = slot
        self.choices = tuple(choices)
        self.picks = tuple(picks)
        self.key = key


class RefusedError(NearhandError):
    """Nearhand does not do this, whatever the person answers."""


def which_of(items: Sequence[Item], key: str = "", slot: str = "which", most: int = 9) -> QuestionError:
    """The question which of several things is meant."""
    shown = _apart(items[:most])
    more = f" (and {len(items) - most} more)" if len(items) > most else ""
    return QuestionError(slot, f"Which one do you mean? There are {len(items)}{more}.", shown, items[:most], key)


def _apart(items: Sequence[Item]) -> list[str]:
    """A line for each; those that would read the same also say where they are, and at last which of them they are."""
    lines = [describe(item) for item in items]
    places = [f" in {item.place}" if item.place else "" for item in items]
    for more in (places, [f", number {n}" for n in range(1, len(items) + 1)]):
        twice = {line for line in lines if lines.count(line) > 1}
        lines = [f"{a}{b}" if a in twice else a for a, b in zip(lines, more, strict=True)]
    return lines


def chosen(text: str, choices: Sequence[str]) -> int | None:
    """Which choice an answer means: its number, its place in the row, or words that only it has."""
    said = text.strip().strip(".!").casefold()
    if said.isdigit() and 1 <= int(said) <= len(choices):
        return int(said) - 1
    for word, place in _PLACES.items():
        if said in (word, f"the {word}", f"the {word} one", f"{word} one") and -len(choices) <= place < len(choices):
            return place % len(choices)
    fits = [i for i, choice in enumerate(choices) if all(part in choice.casefold() for part in said.split())]
    return fits[0] if said and len(fits) == 1 else None


_PLACES = {"first": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1}


def no_generalist() -> QuestionError:
    """What is said where only a larger model could go on."""
    return QuestionError(
        "text", "That needs a larger model, and none is installed (nearhand model add PATH). I can show you the text, "
        "or send words that you give me.",
    )  # fmt: skip


def describe(item: Item) -> str:
    """One line by which a person can tell an item from others."""
    when = (
        f"{item.when:%a %d %b %Y %H:%M}"
        if item.when and not item.all_day
        else f"{item.when:%a %d %b %Y}"
        if item.when
        else ""
    )
    match item.kind:
        case "mail":
            sender = next((person for role, person in item.people if role == "from"), None)
            return f"“{item.title}” from {sender.name or sender.address if sender else 'nobody'}, {when}"
        case "event":
            return f"{item.title}, {when}"
        case "task":
            return item.title + (f", due {when}" if when else "")
        case "file" | "folder":
            return f"{item.place}/{item.title}" if item.place else item.title
    return item.title
