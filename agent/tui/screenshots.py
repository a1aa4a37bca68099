"""Pictures of every pane, drawn from the sample home:  python -m nearhand.agent.tui.screenshots [DIR]

The plans are written down here, so that the pictures are the same on every machine; all else is the real app.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from textual.pilot import Pilot

from nearhand.agent import sample
from nearhand.agent.loop import open_engine
from nearhand.agent.paths import Profile
from nearhand.agent.tui.app import NearhandApp
from nearhand.agent.tui.settings import Settings
from nearhand.agent.tui.widgets.card import PlanCard
from nearhand.models.worker import ScriptedPlanner

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=ZoneInfo("Europe/Berlin"))
PLANS = {
    "lunch with Olga on Friday at noon": 'calendar.add who="Olga" when="on Friday at noon" name="lunch"',
    "put the scans into Receipts": 'files.move what="scans" to="Receipts"',
    "tell Viktor the offer comes tomorrow": 'mail.send to="Viktor" say="the offer comes tomorrow"',
    "tell Max I am late": 'mail.send to="Max" say="I am late"',
    "from now on move newsletters to Later": 'rules.add event=mail kind=newsletter ; mail.move what=$1 to="Later"',
}
LUNCH, SCANS, OFFER, LATE, RULE = PLANS
SIZE = (104, 28)
SHOTS: tuple[tuple[str, Sequence[str]], ...] = (
    ("today", ("escape",)),
    ("card", (f"say {LUNCH}",)),
    ("files", ("a", f"say {SCANS}", "A", "escape", "4", "down")),
    ("outward", (f"say {OFFER}",)),
    ("outbox", ("a", "escape", "7")),
    ("question", (f"say {LATE}",)),
    ("mail", ("escape", "escape", "2")),
    ("calendar", ("3", "v")),
    ("rules", (f"say {RULE}", "a", "escape", "6")),
    ("activity", ("5", "down")),
    ("privacy", ("8",)),
    ("model", ("9",)),
    ("search", ("f3", *"olga")),
    ("settings", ("escape", "f2")),
)
"""Name of each picture, and what is done before it; one follows the other."""


async def draw(folder: Path) -> list[Path]:
    """Draw every picture into a folder."""
    PlanCard.GRACE = 0.0
    base = Path(tempfile.gettempdir()) / "nearhand-sample"
    shutil.rmtree(base, ignore_errors=True)
    home = sample.build(base, NOW)
    folder.mkdir(parents=True, exist_ok=True)
    app = NearhandApp(
        lambda progress: open_engine(home, NOW, ScriptedPlanner(PLANS), progress), Profile(home), Settings(), NOW
    )
    made = []
    async with app.run_test(size=SIZE) as pilot:
        for name, steps in SHOTS:
            for step in steps:
                await _do(app, pilot, step)
            path = folder / f"{name}.svg"
            path.write_text(app.export_screenshot(title="nearhand"), encoding="utf-8")
            made.append(path)
    shutil.rmtree(base, ignore_errors=True)
    return made


async def _do(app: NearhandApp, pilot: Pilot[None], step: str) -> None:
    await _settled(app, pilot)
    if step.startswith("say "):
        app.prompt.line.focus()
        app.say(step.removeprefix("say "))
    else:
        await pilot.press(step)
    await _settled(app, pilot)


async def _settled(app: NearhandApp, pilot: Pilot[None]) -> None:
    """Wait until the engine has nothing left to do, and that is on the screen."""
    await pilot.pause()
    while not app.desk.idle:
        await pilot.pause(0.01)
    await pilot.pause()


if __name__ == "__main__":
    for drawn in asyncio.run(draw(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/app/pictures"))):
        print(drawn)
