"""The terminal app: first frame, from a key to the screen, memory; each beside its limit. With many mails, files, events.

    python tests/bench_tui.py [--scale N] [--keys N]
The first frame is timed in a process of its own, from its start until the first screen is drawn; the limit beside it is a bare
Textual app. Keys are pressed in lists and in the narrowing line, and timed until the app has nothing left to draw.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from nearhand.models.bench import Figure, percentile, spread, table
from nearhand.models.footprint import peak

NOW = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Europe/Berlin"))
_FRAME = """
import time; begun = time.perf_counter()
from pathlib import Path
from nearhand.agent.paths import Profile
from nearhand.agent.tui.app import NearhandApp
from nearhand.agent.tui.settings import Settings
from contextlib import contextmanager
@contextmanager
def never(progress):
    time.sleep(5)
    yield
class App(NearhandApp):
    def _on_first(self): print(1000 * (time.perf_counter() - begun), flush=True); self.exit()
    def on_mount(self):
        self.call_after_refresh(self._on_first)
app = App(never, Profile(Path("/tmp/none")), Settings())
app.run(headless=True, size=(100, 30))
"""
_BARE = """
import time; begun = time.perf_counter()
from textual.app import App
from textual.widgets import Footer, Input, Static, Tabs
class Bare(App):
    def compose(self):
        yield Tabs("a", "b"); yield Static("x"); yield Input(); yield Footer()
    def on_mount(self): self.call_after_refresh(self.first)
    def first(self): print(1000 * (time.perf_counter() - begun), flush=True); self.exit()
Bare().run(headless=True, size=(100, 30))
"""


def frame(code: str, runs: int = 5) -> list[float]:
    """Seconds until the first frame, measured inside the process (Python's own start is not in it)."""
    found = []
    for _ in range(runs):
        done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)
        found.append(float(next(line for line in done.stdout.split("\n") if line[:1].isdigit())) / 1000)
    return found


def fill(home: Path, scale: int) -> None:
    """Many mails, files and events, straight into the folders."""
    for number in range(scale):
        stamp = NOW - timedelta(minutes=number)
        who, subject = f"p{number % 997}", f"Subject {number} about topic {number % 389}"
        raw = f"From: {who}@many.example\nTo: robin@keller.example\nSubject: {subject}\nDate: {stamp:%a, %d %b %Y %H:%M:%S +0100}\n\nText\n"
        (home / f"Mail/cur/{int(stamp.timestamp())}.{number}.home:2,S").write_text(raw)
    for number in range(scale):
        folder = home / f"Archive/{number % 200}"
        folder.mkdir(exist_ok=True)
        (folder / f"document {number} topic {number % 389}.txt").write_text("text")
    for number in range(min(scale // 20, 5000)):
        start = NOW + timedelta(hours=number - 2000)
        lines = ("BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", f"UID:e{number}", f"DTSTART:{start:%Y%m%dT%H%M%SZ}",
                 f"DTEND:{start + timedelta(hours=1):%Y%m%dT%H%M%SZ}", f"SUMMARY:Event {number}", "END:VEVENT", "END:VCALENDAR", "")
        (home / f"calendars/personal/e{number}.ics").write_text("\r\n".join(lines), newline="")


async def keys(home: Path, presses: int) -> list[float]:
    """Seconds from a key to the screen, in lists and while narrowing."""
    from textual.app import App

    from nearhand.agent.loop import open_engine
    from nearhand.agent.paths import Profile
    from nearhand.agent.tui.app import NearhandApp
    from nearhand.agent.tui.settings import Settings
    from nearhand.models.worker import ScriptedPlanner

    app = NearhandApp(lambda told: open_engine(home, NOW, ScriptedPlanner({}), told), Profile(home), Settings(), NOW)
    found: list[float] = []
    async with app.run_test(size=(100, 30)) as pilot:
        while not app.desk.idle:
            await pilot.pause(0.05)
        assert isinstance(app, App)
        for pane in ("2", "4", "3", "1"):
            await pilot.press("escape", pane)
            while not app.desk.idle:
                await pilot.pause(0.01)
            for key in ("down", "up", "pagedown", "slash", *"topic 12", "escape") * max(1, presses // 50):
                begun = time.perf_counter()
                await pilot.press(key)
                found.append(time.perf_counter() - begun)
    return found


def measure(folder: Path, scale: int, presses: int) -> list[Figure]:
    """Every figure, each with its limit."""
    from nearhand.agent import sample
    from nearhand.agent.loop import open_engine
    from nearhand.agent.search.index import Index
    from nearhand.models.worker import ScriptedPlanner

    first, bare = frame(_FRAME), frame(_BARE)
    home = sample.build(folder / "home", NOW)
    fill(home, scale)
    with open_engine(home, NOW, ScriptedPlanner({})) as engine:
        assert isinstance(engine.home.index, Index)
        engine.home.fresh(*engine.home.connectors)
    child = [sys.executable, "-P", __file__, "--inside", str(home), "--keys", str(presses)]
    done = json.loads(subprocess.run(child, capture_output=True, text=True, check=True).stdout.split("\n")[-2])
    pressed = [float(each) for each in done["keys"]]
    return [
        *spread("first frame", first, bare, "a bare Textual app"),
        Figure(f"key to screen, p95, {scale:,} mails and files", 1000 * percentile(pressed, 95), "ms", 50.0, "wanted"),
        Figure("memory of the app", done["memory"] / 1e6, "MB", 200.0, "wanted"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=int, default=100_000)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        import os

        found = asyncio.run(keys(options.inside, options.keys))
        print("\n" + json.dumps({"keys": found, "memory": peak(os.getpid())}))
        return
    with tempfile.TemporaryDirectory(prefix="nearhand-bench-") as folder:
        print(table("The terminal app", measure(Path(folder), options.scale, options.keys)))


if __name__ == "__main__":
    main()
