"""Every key of the app has an id by which it can be changed, and the page about keys lists them all as they are."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from textual.binding import Binding

import nearhand.agent.tui as package
from nearhand.agent.tui.keys import KEYS

PAGE = Path(__file__).parents[3] / "docs" / "app" / "keys.md"
PLACES = ("widgets", "panes", "screens")


def bindings() -> dict[str, Binding]:
    """Every key of the app, its widgets, panes and screens, by its id."""
    found = list(KEYS)
    here = Path(str(package.__file__)).parent
    for path in sorted(path for place in PLACES for path in (here / place).glob("[a-z]*.py")):
        module = import_module(f"{package.__name__}.{path.parent.name}.{path.stem}")
        for kind in vars(module).values():
            if isinstance(kind, type) and kind.__module__ == module.__name__:
                found += vars(kind).get("BINDINGS", [])
    named = [each for each in found if isinstance(each, Binding)]
    assert len(named) == len(found) and all(each.id for each in named), "a key without an id cannot be changed"
    assert len({each.id for each in named}) == len(named), "two keys have one id"
    return {str(each.id): each for each in named}


def lines() -> list[str]:
    """The table of the page."""
    first = {"app.today": "Today"}  # the footer says "Panes" there, for all nine
    found = sorted(bindings().items())
    return [f"| `{name}` | `{each.key}` | {first.get(name, each.description)} |" for name, each in found]


def test_the_page_about_keys_lists_every_key_by_its_id() -> None:
    told = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert told == lines()
