"""Tells the person something while they are not looking: on the desktop if there is one, else not at all.

Whatever is told also stands in the queue or the log, so a notice that nobody sees loses nothing. What comes from
outside is at most a title: plain, short, escaped where the desktop would read markup. Deliberately not here: the
desktop's own library (`notices_desktop.py`).
"""

from __future__ import annotations

import html
import os
import queue
import sys
import threading
from collections.abc import Callable
from importlib.util import find_spec

from nearhand.agent.showing.show import cut, plain
from nearhand.agent.work import Notice

_WIDTH = 80
_KEPT = 100
"""Notices that may wait for a slow desktop; more are left out."""
_FEW = 3
"""So many at once are shown one by one; more become one."""
Send = Callable[[str, str], None]
"""Shows a title and a text; may raise anything."""


def there_is_a_desktop() -> bool:
    """Whether a notice could be shown."""
    graphical = sys.platform == "darwin" or bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS"))
    return graphical and find_spec("desktop_notifier") is not None


def worded(notice: Notice, markup: bool) -> tuple[str, str]:
    """Title and text as they are shown."""
    title = cut(plain(notice.title), _WIDTH)
    about = f"“{cut(plain(notice.about), _WIDTH)}”" if notice.about else ""
    body = " ".join(part for part in (plain(notice.text), about) if part)
    return title, html.escape(body, quote=False) if markup else body


class Notices:
    """Shows notices from a thread of its own, so that a slow desktop keeps nobody waiting."""

    def __init__(self, send: Send, markup: bool = sys.platform != "darwin") -> None:
        self._send, self._markup = send, markup
        self._waiting: queue.Queue[Notice | None] = queue.Queue(_KEPT)
        self._thread = threading.Thread(target=self._showing, name="nearhand-notices")
        self._thread.start()

    def tell(self, notice: Notice) -> None:
        """Show a notice soon; never waits, never raises."""
        try:
            self._waiting.put_nowait(notice)
        except queue.Full:
            return

    def close(self) -> None:
        """End the thread; what still waits is left out."""
        while True:
            try:
                self._waiting.put_nowait(None)
                break
            except queue.Full:
                self._waiting.get()
        self._thread.join()

    def _showing(self) -> None:
        while True:
            batch = [self._waiting.get()]
            while not self._waiting.empty():
                batch.append(self._waiting.get())
            notices = [notice for notice in batch if notice is not None]
            for notice in notices if len(notices) <= _FEW else [_together(notices)]:
                self._show(notice)
            if None in batch:
                return

    def _show(self, notice: Notice) -> None:
        try:
            self._send(*worded(notice, self._markup))
        except Exception:  # a desktop that is not there is no reason to stop
            return


def _together(notices: list[Notice]) -> Notice:
    return Notice(f"{len(notices)} things happened.", "nearhand log shows them; nearhand approve lists what waits.")
