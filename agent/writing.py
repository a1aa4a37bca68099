"""The larger model of one home: there only if the person added one, at work only while a text or a plan is wanted.

A text is text and nothing else: control characters go, its length is bounded, and policy knows it as words that nobody
has read yet. A plan is made from the person's words and those of the turn before; no content ever stands beside them.
Deliberately not here: what is asked of the model (`calls/writing.py`, `understanding.py`), its process (models).
"""

from __future__ import annotations

import threading
import time

from nearhand.agent.asking import no_generalist
from nearhand.agent.config.settings import Model
from nearhand.agent.errors import AgentError
from nearhand.agent.showing import show
from nearhand.connectors.errors import NearhandError
from nearhand.models.language import Plan
from nearhand.models.tasks import Asked, Task, Written
from nearhand.models.writer import IDLE_SECONDS, StoppedError, TextSource, Writer

MOST = 4000
"""Characters that a text may have, so that a card shows it whole."""
_LEAST_IDLE = 10.0
_LONG, _WAITS, _REST = 10.0, 2, 600.0
"""After so many waits of so many seconds in a row that brought no plan, it is asked for none for so long."""


class Writing:
    """Texts and plans for one home. What was written last is kept, so that a card that was changed costs nothing."""

    def __init__(self, chosen: Model, idle: float = IDLE_SECONDS) -> None:
        """`idle`: after so many seconds without a text the model's process ends."""
        larger, rests = chosen.generalist, max(idle, _LEAST_IDLE)
        self.source: TextSource | None = Writer(larger, chosen.generalist_sha256, rests) if larger else None
        self.stop = threading.Event()
        """The engine's: it ends a text in the middle."""
        self._last: tuple[Task, Written] | None = None
        self._waits, self._rests_until = 0, 0.0

    @property
    def there(self) -> bool:
        """Whether a larger model was added."""
        return self.source is not None

    def need(self) -> None:
        """Raise QuestionError if there is none."""
        if self.source is None:
            raise no_generalist()

    def write(self, task: Task) -> Written:
        """A text, as plain text. Raises QuestionError if no larger model was added."""
        if self.source is None:
            raise no_generalist()
        if self._last is not None and self._last[0] == task:
            return self._last[1]
        found = self.source.write(task, self.stop)
        text = show.block(found.text).strip()[:MOST]
        if not text:
            why = f" within {task.seconds:.0f} seconds" if found.cut == "time" else ""
            raise AgentError(f"The larger model wrote nothing{why}; nothing was done. Try a smaller text or model.")
        made = Written(text, found.read, found.cut or ("length" if len(found.text) > MOST else ""))
        self._last = (task, made)
        return made

    def plan(self, asked: Asked) -> Plan:
        """A plan of a request. Raises NearhandError if there is none."""
        if self.source is None:
            raise no_generalist()
        if time.monotonic() < self._rests_until:
            raise AgentError("The larger model was too slow for plans; it is not asked for a while.")
        begun = time.monotonic()
        try:
            found = self.source.plan(asked, self.stop)
        except StoppedError:
            raise
        except NearhandError:
            self._in_vain(time.monotonic() - begun)
            raise
        self._waits = 0
        return found

    def _in_vain(self, seconds: float) -> None:
        """Remember a wait that brought no plan; after some in a row nobody is made to wait for a while."""
        self._waits = self._waits + 1 if seconds >= _LONG else 0
        if self._waits >= _WAITS:
            self._waits, self._rests_until = 0, time.monotonic() + _REST

    def close(self) -> None:
        """End the model's process."""
        if self.source is not None:
            self.source.close()
