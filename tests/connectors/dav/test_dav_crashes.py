"""Runs that are killed anywhere converge, and two Nearhands that write at the same time lose nothing.

The default counts are small (25 kills, 25 interleavings); NEARHAND_SOAK=1 makes 1,000 of each, a larger number that many.
NEARHAND_SEED draws others, so that a long run can be done in pieces.
"""

from __future__ import annotations

import importlib.util
import os
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nearhand.connectors import atomic
from nearhand.connectors.dav.state import DavState
from nearhand.connectors.vdir.contentlines import parse

from ...servers import dav
from .dav_side import EVENT, Side, text

if importlib.util.find_spec("xandikos") is None:
    pytest.skip(dav.HOW, allow_module_level=True)

_ASKED = os.environ.get("NEARHAND_SOAK", "")
SOAK = int(_ASKED) if _ASKED.isdigit() else 0
COUNT = 1000 if SOAK == 1 else SOAK or 25
ENTRIES = 100 if SOAK else 6
SEED = int(os.environ.get("NEARHAND_SEED", "0"))


@pytest.fixture(scope="module")
def server() -> Iterator[dav.Server]:
    with dav.xandikos() as found:
        yield found


def said(side: Side) -> list[str]:
    """What the entries of a side say, in whatever order servers put it."""
    found = []
    for data in side.files().values():
        lines = [f"{line.name}:{line.value}" for block in parse(data.decode()).walk() for line in block.parts
                 if hasattr(line, "value") and getattr(line, "name", "") in ("UID", "SUMMARY", "LOCATION", "COMMENT")]  # fmt: skip
        found.append("\n".join(sorted(lines)))
    return sorted(found)


def settled(*sides: Side) -> None:
    """Both run until there is nothing to do."""
    for _ in range(6):
        if not [deed for side in sides for deed in side.sync().deeds]:
            return
    raise AssertionError("they do not come to rest")


# --- kills ----------------------------------------------------------------------------------------------------------


def killed_after(steps: int, folder: Path, url: str) -> bool:
    """Synchronize in a process that dies, as by kill -9, at one of the moments that matter; whether it died."""
    child = os.fork()
    if not child:
        left = [steps]

        def step(name: str = "") -> None:
            left[0] -= 1
            if left[0] < 0:
                os._exit(137)

        def around(act: Callable[..., object]) -> Callable[..., object]:
            def acted(*args: object, **kwargs: object) -> object:
                step()
                found = act(*args, **kwargs)
                step()
                return found

            return acted

        try:
            atomic.hook = step
            for name in ("keep", "intend", "in_step", "bind", "drop"):
                setattr(DavState, name, around(getattr(DavState, name)))
            side = Side(folder, url)
            vars(side.web)["_exchange"] = around(side.web._exchange)
            side.sync()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 137


def test_runs_killed_anywhere_converge_to_the_same_state(tmp_path: Path, server: dav.Server) -> None:
    chance = random.Random(4 + SEED)
    two = Side(tmp_path / "two", server.url)
    two.empty_server()
    first = tmp_path / "one"
    (first / "store" / "team").mkdir(parents=True)
    expected = {f"{owner}{n}": "as new" for owner in "ab" for n in range(ENTRIES)}
    for uid, title in expected.items():
        (first / "store" / "team" / f"{uid}.ics").write_bytes(text(EVENT, uid, title))
    died = 0
    for number in range(COUNT):
        cut = killed_after(chance.randrange(1, 60 if SOAK else 40), first, server.url)
        died += cut
        changed = [(first / "store" / "team", f"a{chance.randrange(ENTRIES)}")]
        if not cut and two.sync().clean:  # whoever changes what a killed run has just sent gets both versions
            changed.append((two.root / "team", f"b{chance.randrange(ENTRIES)}"))
        for folder, uid in changed:
            expected[uid] = f"change {number}"
            (folder / f"{uid}.ics").write_bytes(text(EVENT, uid, expected[uid]))
        two.sync()
    assert died > COUNT // 2
    one = Side(first, server.url)
    settled(one, two)
    wanted = sorted(f"SUMMARY:{title}\nUID:{uid}" for uid, title in expected.items())
    assert said(one) == said(two) == wanted
    one.close(), two.close()


# --- two at once ----------------------------------------------------------------------------------------------------


class Turns:
    """Lets several threads go on one request at a time, in an order that chance (with a seed) gives."""

    def __init__(self, seed: int, names: list[str]) -> None:
        self._chance = random.Random(seed)
        self._changed = threading.Condition()
        self._waiting: set[str] = set()
        self._alive = set(names)
        self._next = ""

    def wait(self, name: str) -> None:
        with self._changed:
            self._waiting.add(name)
            self._choose()
            self._changed.wait_for(lambda: self._next == name, 120)
            self._next = ""
            self._waiting.discard(name)

    def leave(self, name: str) -> None:
        with self._changed:
            self._alive.discard(name)
            self._choose()

    def _choose(self) -> None:
        if not self._next and self._alive and self._waiting >= self._alive:
            self._next = self._chance.choice(sorted(self._waiting))
            self._changed.notify_all()


def edit(side: Side, chance: random.Random, token: str) -> None:
    """One change that says something nobody else says; what stood there stays."""
    entries = sorted(path for path in side.root.glob("team/*.ics"))
    kind = chance.choice(("title", "place", "comment", "new"))
    if kind == "new" or not entries:
        side.put(f"team/{token}.ics", text(EVENT, token, f"New {token}"))
        return
    path = chance.choice(entries)
    before = path.read_bytes().decode()
    if kind == "title":
        after = before.replace("SUMMARY:", f"SUMMARY:{token} ", 1)
    elif kind == "place" and "LOCATION:" in before:
        after = before.replace("LOCATION:", f"LOCATION:{token} ", 1)
    else:
        name = "LOCATION" if kind == "place" else "COMMENT"
        after = before.replace("END:VEVENT", f"{name}:{token}\r\nEND:VEVENT", 1)
    path.write_bytes(after.encode())


def work(name: str, seed: int, folder: Path, url: str, turns: Turns, tokens: list[str], errors: list[str]) -> None:
    chance = random.Random(f"{seed}{name}")
    side = Side(folder, url)
    try:
        ask = side.web._exchange
        vars(side.web)["_exchange"] = lambda *args: (turns.wait(name), ask(*args))[1]
        for number in range(2):
            for each in range(chance.randrange(1, 3)):
                token = f"{name}{seed}x{number}x{each}"
                tokens.append(token)
                edit(side, chance, token)
            side.sync()
    except Exception as error:
        errors.append(repr(error))
    finally:
        turns.leave(name)
        side.close()


def test_two_that_edit_one_account_in_any_order_lose_nothing(tmp_path: Path, server: dav.Server) -> None:
    one, two = (Side(tmp_path / name, server.url) for name in ("one", "two"))
    one.empty_server()
    tokens: list[str] = []
    for seed in range(COUNT):
        if seed % 25 == 0:
            for path in one.root.glob("team/*.ics"):
                path.unlink()
            tokens = [f"start{seed}"]
            one.put("team/start.ics", text(EVENT, f"start{seed}", f"start{seed}"))
            one.sync(accept=lambda name: True), two.sync(accept=lambda name: True)
        turns, errors = Turns(seed + 10_000 * SEED, ["one", "two"]), list[str]()
        threads = [threading.Thread(target=work, args=(name, seed + 10_000 * SEED, tmp_path / name, server.url, turns, tokens, errors))
                   for name in ("one", "two")]  # fmt: skip
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        if seed % 5 == 4 or seed == COUNT - 1:
            settled(one, two)
            everything = one.texts().replace("\r\n ", "")
            assert [token for token in tokens if token not in everything] == [], f"lost after {seed + 1} interleavings"
            assert said(one) == said(two)
    one.close(), two.close()
