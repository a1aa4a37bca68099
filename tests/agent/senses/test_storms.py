"""When a place in which very much happens is looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nearhand.agent.senses import storms
from nearhand.agent.senses.storms import Storms

Lulls = Callable[..., bool]


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        """The moment."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(storms, "time", made)
    return made


@pytest.fixture
def lulls(tmp_path: Path, clock: Clock) -> Lulls:
    """Asks a storm in `tmp_path`, so many seconds later, whether it lulls."""
    storm = Storms()
    storm.begin("here")

    def asked(later: float = 0.15, rest: float = 0.0) -> bool:
        clock.now += later
        return storm.lulls("here", {str(tmp_path): True}, rest)

    return asked


def _more(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()


def test_it_lulls_once_no_name_comes_any_more(tmp_path: Path, lulls: Lulls) -> None:
    assert not lulls()
    _more(tmp_path, "a", "deep/b")
    assert not lulls()
    _more(tmp_path, "deep/c")
    assert not lulls()
    assert lulls()


def test_names_are_not_counted_all_the_time(lulls: Lulls) -> None:
    assert not lulls()
    assert not lulls(0.01)
    assert lulls()


def test_fewer_names_are_no_storm(tmp_path: Path, lulls: Lulls) -> None:
    _more(tmp_path, "a", "b")
    lulls()
    (tmp_path / "a").unlink()
    assert lulls()


def test_a_rest_is_kept_where_nothing_is_new_since_the_last_look(tmp_path: Path, lulls: Lulls) -> None:
    lulls()
    assert lulls(rest=1.0), "never looked at"
    assert not lulls(rest=1.0)
    _more(tmp_path, "a")
    assert not lulls(rest=1.0), "still growing"
    assert lulls(rest=1.0)


def test_while_ever_more_comes_it_is_looked_at_now_and_then(tmp_path: Path, lulls: Lulls) -> None:
    looks = 0
    for number in range(300):
        _more(tmp_path, str(number))
        looks += lulls()
    assert looks == 4, "45 seconds"


def test_hidden_names_and_folders_that_are_gone_do_not_count(tmp_path: Path) -> None:
    _more(tmp_path, ".a", "b", ".c/d", "e/f", "e/.g")
    assert storms._count(str(tmp_path), True) == 3 and storms._count(str(tmp_path), False) == 2
    assert storms._count(str(tmp_path / "gone"), True) == 0
