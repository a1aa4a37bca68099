"""News of an inbox come by IDLE, or by looking, and a broken line is followed by a look."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from nearhand.connectors.errors import SignInError
from nearhand.connectors.imap.session import ImapSession
from nearhand.connectors.imap.watch import watch
from nearhand.connectors.network.login import Login
from nearhand.connectors.network.wire import Wire

from ...servers.cutting import Cutting
from ..conftest import Post
from .test_mail_sync import fill


class Watching:
    """A watch in a thread of its own."""

    def __init__(self, connect: Callable[[], ImapSession], **options: float) -> None:
        self.news, self.stop, self.troubles = 0, threading.Event(), list[str]()
        arguments = (connect, self._news, self.stop, self.troubles.append)
        self._thread = threading.Thread(target=watch, args=arguments, kwargs=options)

    def _news(self) -> None:
        self.news += 1

    def __enter__(self) -> Watching:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join()

    def heard(self, count: int) -> bool:
        """Wait, for half a minute at most, until there were so many."""
        until = time.monotonic() + 30
        while self.news < count and time.monotonic() < until:
            time.sleep(0.02)
        return self.news >= count


def test_a_mail_that_arrives_is_news_and_idle_is_asked_again_and_again(post: Post) -> None:
    with Watching(post.session, idle_seconds=0.3) as watching:
        assert watching.heard(1)
        time.sleep(1.0)
        assert watching.news == 1  # silence, and several IDLEs, are none
        with post.session() as session:
            fill(session, 1)
        assert watching.heard(2)


def test_without_idle_it_looks_every_so_often(post: Post) -> None:
    def connect() -> ImapSession:
        session = post.session()
        session.capabilities -= {"IDLE"}
        return session

    with Watching(connect, poll_seconds=0.2) as watching:
        assert watching.heard(1)
        with post.session() as session:
            fill(session, 1)
        assert watching.heard(2)


def test_a_line_that_breaks_is_told_and_made_again(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    from nearhand.connectors.imap import watch as imap_watch

    monkeypatch.setattr(imap_watch, "_FIRST_PAUSE", 0.05)
    with (
        Cutting(post.server.endpoint, after_received=1500) as line,
        Watching(lambda: post.session(line.endpoint), idle_seconds=0.2) as watching,
    ):
        assert watching.heard(2)
    assert watching.troubles and "127.0.0.1" in watching.troubles[0]


def test_a_wrong_password_is_not_tried_again(post: Post) -> None:
    def connect() -> ImapSession:
        wire = Wire([post.server.endpoint], post.ledger)
        return ImapSession(wire, post.server.endpoint, Login(post.user, "old"), "mail")

    with pytest.raises(SignInError):
        watch(connect, lambda: None, threading.Event())
    assert len(post.ledger.connections()) == 1
