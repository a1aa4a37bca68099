"""What the engine's thread tells the app. Each is a value; nothing in it can be changed, and no widget is in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.message import Message

from nearhand.agent.tui.looks.values import Facts

if TYPE_CHECKING:
    from nearhand.agent.approve import Card
    from nearhand.agent.reply import Reply


class Opened(Message, bubble=False):
    """The profile is open."""

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self.facts = facts


class NotOpened(Message, bubble=False):
    """The profile cannot be opened; `first` if there is none yet."""

    def __init__(self, sentence: str, first: bool) -> None:
        super().__init__()
        self.sentence, self.first = sentence, first


class CardShown(Message, bubble=False):
    """Somebody has to say yes or no."""

    def __init__(self, card: Card) -> None:
        super().__init__()
        self.card = card


class Replied(Message, bubble=False):
    """A request has come to its end."""

    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


class Seen(Message, bubble=False):
    """Something was looked up; `deliver` hands it to whoever asked."""

    def __init__(self, key: str, deliver: Callable[[], None]) -> None:
        super().__init__()
        self.key, self.deliver = key, deliver


class Trouble(Message, bubble=False):
    """Something could not be looked up."""

    def __init__(self, key: str, sentence: str) -> None:
        super().__init__()
        self.key, self.sentence = key, sentence


class Progressed(Message, bubble=False):
    """How far long work is."""

    def __init__(self, what: str, done: int, total: int) -> None:
        super().__init__()
        self.what, self.done, self.total = what, done, total


class Changed(Message, bubble=False):
    """An area of the index is not what it was; what is shown of it should be looked up again."""

    def __init__(self, area: str) -> None:
        super().__init__()
        self.area = area


class Served(Message, bubble=False):
    """Whether requests go to the background service now."""

    def __init__(self, served: bool) -> None:
        super().__init__()
        self.served = served


class Waits(Message, bubble=False):
    """How many plans wait for a yes."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count


class Noticed(Message, bubble=False):
    """Something happened that nobody asked for; `lasts` if it must not go away by itself."""

    def __init__(self, sentence: str, lasts: bool = False) -> None:
        super().__init__()
        self.sentence, self.lasts = sentence, lasts
