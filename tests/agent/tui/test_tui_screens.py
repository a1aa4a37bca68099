"""Every screen as a picture, at three widths and in two themes, from the sample home with its clock standing still.

Nothing in a picture hangs on the machine: the home lies at a fixed place, the model is a file of the test, nothing moves
or blinks, and each key waits for what the one before it led to. What changed on purpose is taken over with (all of them,
else the others are deleted):
    NEARHAND_SOAK=1 pytest tests/agent/tui/test_tui_screens.py --snapshot-update
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from nearhand.agent.model_file import sha256
from nearhand.agent.tui.settings import Settings

from ..test_model_file import header
from .stage import ANSWER, ASK, FILE, LOOK, Stage, press, same_place, say, settled

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
        await keys(*pressed)(pilot)

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
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.delenv("NO_COLOR", raising=False)
    with same_place() as made:
        model = made / "model.gguf"
        model.write_bytes(header())
        with (made / "config.toml").open("a") as config:
            config.write(f'\n[model]\npath = "{model}"\nsha256 = "{sha256(model)}"\n')
        yield made


def still(before: Before) -> Before:
    """The same, with cursors that do not blink."""

    async def run(pilot: Pilot[None]) -> None:
        await settled(pilot)
        await before(pilot)
        for screen in pilot.app.screen_stack:
            for line in screen.query(Input):
                line.cursor_blink = False
        await settled(pilot)

    return run


EVERY = [(width, theme) for width in SIZES for theme in THEMES]
WHOLE = os.environ.get("NEARHAND_SOAK") == "1"
"""Whether all pictures are compared; else 1 of the 6 of each screen, every width and theme among them."""
SELDOM = pytest.mark.skipif(not WHOLE, reason="one of six pictures of a screen is compared; NEARHAND_SOAK=1: all")


def looks() -> Iterator[object]:
    """Every screen in every width and theme."""
    for number, screen in enumerate(SCREENS):
        for at, look in enumerate(EVERY):
            yield pytest.param(screen, *look, marks=[] if at == number % len(EVERY) else SELDOM)


@pytest.mark.parametrize(("screen", "width", "theme"), looks())
def test_a_screen_looks_as_it_did(
    screen: str, width: str, theme: str, place: Path, snap_compare: Callable[..., bool]
) -> None:
    stage = Stage(place, settings=Settings(theme=theme))
    assert snap_compare(stage.app(), terminal_size=SIZES[width], run_before=still(SCREENS[screen]))


@pytest.mark.parametrize("width", [pytest.param(w, marks=[] if w == "normal" else SELDOM) for w in SIZES])
def test_the_first_steps_look_as_they_did(
    width: str, tmp_path: Path, snap_compare: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import contextmanager

    from nearhand.agent.config.table import ConfigError

    for folder in ("Documents", "Downloads"):
        (tmp_path / folder).mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
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


def test_no_picture_is_left_over() -> None:
    here = Path(__file__)
    kept = {picture.stem for picture in (here.parent / "__snapshots__" / here.stem).iterdir()}
    screens = {f"test_a_screen_looks_as_it_did[{screen}-{width}-{theme}]" for screen in SCREENS for width, theme in EVERY}
    assert kept == screens | {f"test_the_first_steps_look_as_they_did[{width}]" for width in SIZES}
