"""Every screen of the app over a hostile home: words of others are drawn as words, in their lines, and act on nothing.

The screens are those of the pictures, and some more whose only things are the attackers'. On each the cursor goes to the
end, where old mails of strangers lie, and what is under it is opened. One of two sizes by turns; both with NEARHAND_SOAK=1.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len

from nearhand.agent.tui.app import NearhandApp

from ...e2e.attacks import EVIL
from ...e2e.hostile import poison_folders
from ...e2e.injected import live
from .stage import PLANS, Stage, press, running, text
from .test_tui_hostile import hostile_home
from .test_tui_screens import SCREENS, Before, keys, saying

SIZES = ((60, 24), (144, 30))
ALL = os.environ.get("NEARHAND_SOAK") == "1"
SAID = {
    "what did strangers write?": 'mail.find from="attack.example"',
    "archive everything": "mail.archive which=all",
    "what was on in May 2019?": 'calendar.find when="May 2019"',
    "which files are in Post?": 'files.find in="Post"',
    "rename the two": 'files.move which=first in="Post" to="Receipts"',
    "who is the attacker?": 'contacts.find who="card1@attack.example"',
}
HOSTILE: dict[str, Before] = {
    **SCREENS,
    **{f"said: {words}": saying(words, "pageup", "pageup") for words in SAID},
    "a card of theirs, unfolded": saying("archive everything", "down", "e", "down", "down"),
    "their mails": keys("escape", "2", "end", "enter"),
    "their files": keys("escape", "4", "slash", *"post"),
    "what was done with theirs": saying("what did strangers write?", "escape", "5", "enter"),
    "searching for them": keys("f3", *"attack"),
    "searching for their words": keys("f3", *"instructions"),
}
STEPS = ((), ("end",), ("enter",), ("pageup",))


def looks() -> Iterator[object]:
    """Every screen, in one size or both."""
    for number, screen in enumerate(HOSTILE):
        for at, size in enumerate(SIZES):
            if ALL or number % len(SIZES) == at:
                yield pytest.param(screen, size, id=f"{screen}, {size[0]} wide")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = hostile_home(tmp_path / "home")
    (made / "Documents" / "lease.txt").touch()
    poison_folders(made, 3)
    return Stage(made, plans=PLANS | SAID)


@pytest.mark.parametrize(("screen", "size"), looks())
async def test_nothing_that_others_wrote_acts_on_a_screen(stage: Stage, screen: str, size: tuple[int, int]) -> None:
    async with running(stage, size) as (app, pilot):
        await HOSTILE[screen](pilot)
        for step in STEPS:
            if step:
                await press(pilot, *step)
            harmless(app, size)
        assert app.is_running


def harmless(app: NearhandApp, size: tuple[int, int]) -> None:
    """Whatever is on the screen now is plain text in its lines, without a link and without an action of theirs."""
    lines = text(app).split("\n")
    assert not live("\n".join(lines)), repr(live("\n".join(lines)))
    assert len(lines) == size[1] and {cell_len(line) for line in lines} == {size[0]}
    for strip in app.screen._compositor.render_strips():
        for segment in strip:
            style = segment.style
            assert style is None or style.link is None
            assert style is None or not re.search("attack|app\\.(bell|quit)\\b", str(style.meta))


async def test_the_attackers_are_really_on_the_screen(stage: Stage) -> None:
    """The words are there to be seen; an empty screen would prove nothing."""
    seen = ""
    async with running(stage, SIZES[1]) as (app, pilot):
        for screen in ("their mails", "said: archive everything"):
            await HOSTILE[screen](pilot)
            seen += text(app)
    assert EVIL in seen and "attacker0@attack.example" in seen and "[@click=app.quit]" in seen


def test_a_look_covers_every_screen() -> None:
    names = {str(param.values[0]) for param in looks()}  # type: ignore[attr-defined]
    assert names == set(HOSTILE) and set(SCREENS) <= names


