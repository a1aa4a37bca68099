"""The terminal app: first frame, from a key to the screen, memory; each beside its limit. With many mails, files, events.

    python tests/bench_tui.py [--scale N] [--keys N]
The first frame is timed in a process of its own, from its start until the first screen is drawn; the limit beside it is a bare
Textual app. Keys are pressed in a real terminal, in lists and in the narrowing line, and timed until something is drawn and
until all is. The 100,000 mails and files are made in a folder of TMPDIR.
"""

from __future__ import annotations

import argparse
import os
import pty
import select
import subprocess
import sys
import tempfile
import termios
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from nearhand.models.bench import Figure, percentile, spread, table
from nearhand.models.footprint import peak

NOW = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Europe/Berlin"))
_FRAME = """
import time; begun = time.perf_counter()
import gc; gc.disable()  # as `launch.app` does
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
import gc; gc.disable()
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


def show(home: Path) -> None:
    """The app on the terminal it stands in; its cursor does not blink, so that what is drawn is drawn for a key."""
    from textual.events import DescendantFocus
    from textual.widgets import Input

    from nearhand.agent.loop import open_engine
    from nearhand.agent.paths import Profile
    from nearhand.agent.tui.app import NearhandApp
    from nearhand.agent.tui.settings import Settings
    from nearhand.models.worker import ScriptedPlanner

    class Still(NearhandApp):
        def on_descendant_focus(self, event: DescendantFocus) -> None:  # type: ignore[override]
            super().on_descendant_focus()
            if isinstance(event.widget, Input):
                event.widget.cursor_blink = False

    Still(lambda told: open_engine(home, NOW, ScriptedPlanner({}), told), Profile(home), Settings(), NOW).run()


def keys(home: Path, presses: int) -> tuple[list[float], list[float], int]:
    """Seconds from a key to the first and to the last of what it draws, in lists and while narrowing; bytes of memory.

    Through a real terminal pair. Escape is pressed too but not timed: a terminal sends the same byte at the beginning of
    other keys, so every program waits (Textual 100 ms) to see whether it was one.
    """
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (30, 100))
    environment = {**os.environ, "TERM": "xterm-256color", "TEXTUAL_ANIMATIONS": "none"}
    command = [sys.executable, "-P", __file__, "--inside", str(home)]
    app = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True)
    first, last = [], []
    try:
        _drawn(ours, 3.0, 60.0)
        for pane in "2431":
            _press(ours, "\x1b"), _press(ours, pane, 1.0)
            for key in ("\x1b[B", "\x1b[A", "\x1b[6~", "/", *"topic 12", "\x1b") * max(1, presses // 50):
                drawn = _press(ours, key)
                if drawn and key != "\x1b":
                    first.append(drawn[0]), last.append(drawn[-1])
        return first, last, peak(app.pid)
    finally:
        app.kill()
        app.wait()
        os.close(ours), os.close(theirs)


def _press(terminal: int, key: str, quiet: float = 0.15) -> list[float]:
    os.write(terminal, key.encode())
    return _drawn(terminal, quiet, 3.0)


def _drawn(terminal: int, quiet: float, most: float) -> list[float]:
    """When something was drawn, in seconds from now, until nothing was for so long."""
    begun, found = time.perf_counter(), []
    while time.perf_counter() - begun < most:
        if not select.select([terminal], [], [], quiet if found else max(quiet, 0.5))[0]:
            break
        os.read(terminal, 1 << 16)
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
    pressed, settled, memory = keys(home, presses)
    there = f"{scale:,} mails and files"
    return [
        *spread("first frame", first, bare, "a bare Textual app"),
        Figure(f"key to screen, p50, {there}", 1000 * percentile(pressed, 50), "ms", 50.0, "wanted"),
        Figure(f"key to screen, p95, {there}", 1000 * percentile(pressed, 95), "ms", 50.0, "wanted"),
        Figure("key to all that it changes, p50", 1000 * percentile(settled, 50), "ms", None, ""),
        Figure("key to all that it changes, p95", 1000 * percentile(settled, 95), "ms", None, ""),
        Figure("memory of the app", memory / 1e6, "MB", 200.0, "wanted"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=int, default=100_000)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        show(options.inside)
        return
    with tempfile.TemporaryDirectory(prefix="nearhand-bench-") as folder:
        print(table("The terminal app", measure(Path(folder), options.scale, options.keys)))


if __name__ == "__main__":
    main()
