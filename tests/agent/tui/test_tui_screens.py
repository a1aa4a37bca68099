"""Every screen as a picture, at three widths and in two themes, from the sample home with its clock standing still.

What changed on purpose is taken over with (all of them, else the others are deleted):
    NEARHAND_PICTURES=1 NEARHAND_SOAK=1 pytest tests/agent/tui/test_tui_screens.py --snapshot-update
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from nearhand.agent.tui.settings import Settings

from .stage import ANSWER, ASK, FILE, LOOK, Stage, press, same_place, say, settled

pytestmark = pytest.mark.skipif(not os.environ.get("NEARHAND_PICTURES"), reason="pictures: NEARHAND_PICTURES=1")
Before = Callable[[Pilot[None]], Awaitable[None]]
SIZES = {"narrow": (60, 24), "normal": (96, 28), "wide": (144, 30)}
THEMES = ("nearhand-dark", "nearhand-light")


def keys(*pressed: str) -> Before:
    async def before(pilot: Pilot[None]) -> None:
        await press(pilot, *pressed)

    return before


def saying(request: str, *pressed: str) -> Before:
    async def before(pilot: Pilot[None]) -> None:
        await say(pilot, request)
        await press(pilot, *pressed)

    return before


SCREENS: dict[str, Before] = {
    "today": keys("escape"),
    "mail": keys("escape", "2", "enter"),
    "calendar-week": keys("escape", "3"),
    "calendar-month": keys("escape", "3", "v"),
    "files": keys("escape", "4", "slash", *"scan"),
    "activity": saying(LOOK, "escape", "5"),
    "rules": keys("escape", "6"),
    "outbox": saying(ANSWER, "a", "escape", "7"),
    "privacy": keys("escape", "8"),
    "model": keys("escape", "9"),
    "card": saying(FILE),
    "card-outward": saying(ANSWER, "down", "e"),
    "question": saying(ASK),
    "search": keys("f3", *"olga"),
    "settings": keys("f2"),
    "help": keys("f1"),
    "jump": keys("ctrl+o"),
}


@pytest.fixture
def place() -> Iterator[Path]:
    with same_place() as made:
        yield made


def still(before: Before) -> Before:
    """The same, with cursors that do not blink."""

    async def run(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await before(pilot)
        for line in pilot.app.screen.query(Input):
            line.cursor_blink = False
        await pilot.pause(0.1)
        await settled(pilot)

    return run


EVERY = [(width, theme) for width in SIZES for theme in THEMES]
USUAL = EVERY if os.environ.get("NEARHAND_SOAK") == "1" else [("narrow", THEMES[0]), ("normal", THEMES[1])]
"""By default 2 of the 6 pictures of each screen are compared; all of them with NEARHAND_SOAK=1."""


@pytest.mark.parametrize(("width", "theme"), USUAL)
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_looks_as_it_did(
    screen: str, width: str, theme: str, place: Path, snap_compare: Callable[..., bool]
) -> None:
    stage = Stage(place, settings=Settings(theme=theme))
    assert snap_compare(stage.app(), terminal_size=SIZES[width], run_before=still(SCREENS[screen]))


@pytest.mark.parametrize("width", SIZES)
def test_the_first_steps_look_as_they_did(width: str, tmp_path: Path, snap_compare: Callable[..., bool]) -> None:
    from contextlib import contextmanager

    from nearhand.agent.config.table import ConfigError

    stage = Stage(Path("/nowhere/robin"))

    @contextmanager
    def unopened(progress: object) -> Iterator[None]:
        try:
            raise FileNotFoundError
        except FileNotFoundError:
            raise ConfigError("There is no /nowhere/robin/config.toml yet.") from None
        yield

    stage.open = unopened  # type: ignore[method-assign,assignment]
    assert snap_compare(stage.app(), terminal_size=SIZES[width], run_before=still(keys()))
