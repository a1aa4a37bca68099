"""Notices: plain, short, escaped, never in anybody's way."""

from __future__ import annotations

import sys
import threading
import types

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.agent.daemon.notices import Notices, worded
from nearhand.agent.showing.show import width
from nearhand.agent.work import Notice


@given(st.text(), st.text(), st.text())
def test_nothing_from_outside_is_markup_or_more_than_a_short_line(title: str, text: str, about: str) -> None:
    shown_title, shown = worded(Notice(title, text, about), True)
    assert width(shown_title) <= 80 and not set("<>") & set(shown) and "\n" not in shown_title + shown
    assert not any(ord(char) < 32 for char in shown_title + shown)


def test_a_title_from_outside_is_quoted_and_cut() -> None:
    about = '<a href="http://evil.example">pay</a> ' + "x" * 500
    _, shown = worded(Notice("Olga wrote.", "A new mail.", about), True)
    assert shown.startswith('A new mail. “&lt;a href="http://evil.example"&gt;pay&lt;/a&gt; xxx') and len(shown) < 140


def test_a_desktop_without_markup_gets_it_as_it_is() -> None:
    assert worded(Notice("T", "a & b"), False) == ("T", "a & b")


def test_many_at_once_become_one() -> None:
    shown: list[tuple[str, str]] = []
    go = threading.Event()

    def send(title: str, text: str) -> None:
        go.wait(60)
        shown.append((title, text))

    notices = Notices(send)
    for number in range(50):
        notices.tell(Notice(f"Notice {number}."))
    go.set()
    notices.close()
    assert 1 <= len(shown) <= 4 and shown[-1][0].endswith("things happened.")


def test_a_desktop_that_hangs_or_fails_costs_nothing() -> None:
    go = threading.Event()

    def send(title: str, text: str) -> None:
        go.wait(60)
        raise OSError("no bus")

    notices = Notices(send)
    for _ in range(10_000):
        notices.tell(Notice("x"))
    go.set()
    notices.close()


def test_the_desktops_library_is_asked_with_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str, str]] = []

    class DesktopNotifier:
        def __init__(self, app_name: str) -> None:
            self.app_name = app_name

        async def send(self, title: str, message: str) -> None:
            asked.append((self.app_name, title, message))

    monkeypatch.setitem(sys.modules, "desktop_notifier", types.SimpleNamespace(DesktopNotifier=DesktopNotifier))
    from nearhand.agent.daemon.notices_desktop import send

    send("A rule waits.", "nearhand approve 3")
    assert asked == [("Nearhand", "A rule waits.", "nearhand approve 3")]
