"""Real folders, a real Maildir and real watchdog: every change becomes one event, whatever is lost on the way."""

from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nearhand.agent.reply import Status
from nearhand.agent.senses import perceive
from nearhand.agent.senses.perceive import PlaceWatcher, watcher
from nearhand.agent.senses.places import Place, look
from nearhand.agent.work import Event
from nearhand.connectors import watch
from nearhand.connectors.base import Connector
from nearhand.connectors.watch import Watch

from ..rules import rules_desk
from ..rules.rules_desk import Desk

SOAK = bool(os.environ.get("NEARHAND_SOAK"))
BURST = int(os.environ.get("NEARHAND_BURST", 100_000 if SOAK else 2_000))
"""Files that come at once while the rules are at work; 100,000 with NEARHAND_SOAK=1, or as many as NEARHAND_BURST says."""
PHOTOS = "rules.add event=file kind=photo ; files.move what=$1 | Photos that land in {in:Downloads} go to {2.to:Camera}"
NEW = "rules.add event=file ; agent.notify what=$1 | tell me about each new file"
MAIL = "rules.add event=mail ; agent.notify what=$1 | tell me about each mail from {from:Olga}"


@pytest.fixture
def desk() -> Iterator[Desk]:
    with tempfile.TemporaryDirectory(prefix="nearhand-rules-", dir=rules_desk.fast()) as folder, \
            rules_desk.opened(rules_desk.make(Path(folder) / "home")) as opened:
        yield opened


@pytest.fixture
def eyes(desk: Desk) -> Iterator[PlaceWatcher]:
    desk.rule(NEW)
    desk.rule(MAIL)
    found = watcher(desk.engine)
    assert found.scan() == []
    yield found
    found.stop()


def looked(eyes: PlaceWatcher, every: bool = True) -> list[Event]:
    """Everything that is told until nothing has to settle any more."""
    told: list[Event] = []
    for _ in range(100):
        if every:
            eyes._due = set(eyes._places)
        found = eyes.scan()
        told += found
        eyes.seen(found)
        if not found and not eyes.waiting:
            return told
        time.sleep(0.03)
    return told


def names(events: list[Event]) -> list[tuple[str, str]]:
    return sorted((event.change.value, Path(event.ref).name.partition(":")[0]) for event in events)


def test_what_comes_is_told_once_and_again_only_until_it_was_dealt_with(desk: Desk, eyes: PlaceWatcher) -> None:
    desk.put("Documents/a/b.txt")
    eyes._due = set(eyes._places)
    eyes.scan()
    time.sleep(0.25)
    eyes._due = set(eyes._places)
    first = eyes.scan()
    assert names(list(first)) == [("new", "a"), ("new", "b.txt")]
    assert eyes.scan() == first
    eyes.seen(first)
    assert eyes.scan() == [] and looked(eyes) == []


def test_a_file_that_is_open_for_writing_has_not_settled(desk: Desk, eyes: PlaceWatcher) -> None:
    with (desk.base / "Documents" / "a.txt").open("w") as file:
        file.write("x")
        file.flush()
        for _ in range(12):
            eyes._due = set(eyes._places)
            assert eyes.scan() == []
            time.sleep(0.03)
    assert names(looked(eyes)) == [("new", "a.txt")]


def test_a_change_and_a_move_are_told_as_what_they_are(desk: Desk, eyes: PlaceWatcher) -> None:
    path = desk.put("Documents/a.txt")
    looked(eyes)
    path.write_text("longer")
    assert names(looked(eyes)) == [("changed", "a.txt")]
    path.rename(desk.base / "Downloads" / "b.txt")
    assert names(looked(eyes)) == [("new", "b.txt")]
    born = {each.ref: each.born for each in eyes.store.seen("files").values()}
    assert born[str(desk.base / "Downloads" / "b.txt")] == 1 or len(set(born.values())) == len(born)


def test_a_moved_mail_keeps_who_it_is(desk: Desk, eyes: PlaceWatcher) -> None:
    unique = desk.mail("Hello")
    looked(eyes)
    before = eyes.store.seen("mail")[f"INBOX/{unique}"].born
    (desk.base / "Mail/.Old/cur").mkdir(parents=True)
    (desk.base / "Mail/new" / unique).rename(desk.base / "Mail/.Old/cur" / f"{unique}:2,S")
    looked(eyes)
    assert eyes.store.seen("mail")[f".Old/{unique}"].born == before


def test_a_disk_that_is_unplugged_is_no_deletion(desk: Desk, eyes: PlaceWatcher) -> None:
    for number in range(3):
        desk.put(f"Documents/{number}.txt")
    looked(eyes)
    known = len(eyes.store.seen("files"))
    (desk.base / "Documents").rename(desk.base / "Elsewhere")
    assert looked(eyes) == [] and len(eyes.store.seen("files")) == known and eyes.problems
    (desk.base / "Documents").mkdir()
    assert looked(eyes) == []
    (desk.base / "Documents").rmdir()
    (desk.base / "Elsewhere").rename(desk.base / "Documents")
    assert looked(eyes) == [] and not eyes.problems


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_after_a_suspend_or_a_new_clock_everything_is_looked_at_though_no_hint_came(
    desk: Desk, eyes: PlaceWatcher, jump: float
) -> None:
    looked(eyes)
    desk.put("Documents/meanwhile.txt")
    assert looked(eyes, every=False) == []
    eyes._clocks -= jump  # as far as the clock of the wall has gone its own way
    assert names(looked(eyes, every=False)) == [("new", "meanwhile.txt")]


def hinted(desk: Desk, act: Callable[[], object]) -> list[Event]:
    """What is told when only hints of the real watchdog say where to look."""
    woken = threading.Event()
    eyes = watcher(desk.engine)
    eyes.start(woken.set)
    try:
        looked(eyes)
        woken.clear()
        act()
        assert woken.wait(20), "no hint came"
        told: list[Event] = []
        until = time.monotonic() + 20
        while not told and time.monotonic() < until:
            told = looked(eyes, every=False)
        return told
    finally:
        eyes.stop()


@pytest.mark.parametrize("where", ["Documents/a.txt", "Documents/new/deep/a.txt", "Downloads/a.txt"])
def test_a_hint_is_enough_to_find_a_file(desk: Desk, where: str) -> None:
    desk.rule(NEW)
    (desk.base / "Documents/new").mkdir()
    told = hinted(desk, lambda: desk.put(where))
    assert ("new", "a.txt") in names(told) or ("new", "deep") in names(told)


def test_a_hint_is_enough_to_find_a_mail(desk: Desk) -> None:
    desk.rule(MAIL)
    told = hinted(desk, lambda: desk.mail("Hello"))
    assert [event.connector for event in told] == ["mail"]


def test_no_thread_and_no_descriptor_is_left(desk: Desk) -> None:
    desk.rule(NEW)
    before, open_before = threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        eyes = watcher(desk.engine)
        eyes.start(lambda: None)
        eyes.scan()
        eyes.stop()
    assert threading.active_count() == before and len(list(Path("/proc/self/fd").iterdir())) == open_before


def test_where_the_system_allows_no_more_watches_it_looks_from_time_to_time(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(self: Watch, folder: str, deep: bool) -> object:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Watch, "_schedule", none_left)
    desk.rule(NEW)
    eyes = watcher(desk.engine)
    eyes.start(lambda: None)
    assert any("max_user_watches" in why for why in eyes.problems.values())
    following = eyes.next()
    assert following is not None and (following - desk.now).total_seconds() < 61
    desk.put("Documents/a.txt")
    assert names(looked(eyes)) == [("new", "a.txt")]
    eyes.stop()


def test_a_network_share_is_known_by_its_mount(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ("22 1 0:20 / / rw shared:1 - ext4 /dev/vda rw\n"
             "40 22 0:40 / /mnt/my\\040nas rw shared:2 - nfs4 nas:/x rw\n")  # fmt: skip
    monkeypatch.setattr(Path, "read_text", lambda self, **_: lines)
    monkeypatch.setattr(watch.sys, "platform", "linux")
    assert watch.remote("/mnt/my nas/photos") and not watch.remote("/home/mira")


def _stormy(eyes: PlaceWatcher) -> bool:
    return any(place in eyes._storms for place in eyes._places)


def test_in_a_storm_of_hints_nobody_listens_until_it_is_over(desk: Desk) -> None:
    desk.rule(NEW)
    eyes = watcher(desk.engine)
    eyes.start(lambda: None)
    assert eyes.scan() == []
    _pour(desk.base / "Downloads", [], 1_500)
    time.sleep(0.5)
    deaf, told = False, list[Event]()
    until = time.monotonic() + 60
    while (eyes.waiting or len(told) < 1_500) and time.monotonic() < until:
        told += (found := eyes.scan())
        eyes.seen(found)
        deaf = deaf or _stormy(eyes)
        time.sleep(0.02)
    assert deaf and not _stormy(eyes) and len(told) == 1_500
    desk.put("Downloads/one more.jpg")
    time.sleep(0.3)
    assert names(looked(eyes, every=False)) == [("new", "one more.jpg")]
    eyes.stop()


def test_a_burst_while_busy_is_acted_on_exactly_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = desk.rule(PHOTOS)
    path = desk.base / "rules" / ref
    path.write_text(desk.text(ref).replace("most = 50", f"most = {10 * BURST}"))
    from nearhand.agent.rules.desk import RuleDesk

    assert RuleDesk(desk.engine).resumed(ref, lambda card: True).status is Status.DONE
    with desk.working(watching=True) as works:
        quiet: list[float] = []
        seen: list[float] = []
        kept: list[float] = []
        monkeypatch.setattr(perceive, "look", _noting(str(desk.base / "Downloads" / f"{BURST - 1}.jpg"), seen))
        busy = threading.Thread(target=_pour, args=(desk.base / "Downloads", quiet))
        counter = threading.Thread(target=_counted, args=(desk.base / "watch.db", kept))
        busy.start()
        counter.start()
        while busy.is_alive():
            works.step()
        while desk.files("Downloads") and time.monotonic() - quiet[0] < 3600:
            works.step()
            time.sleep(0.01)
        took = time.monotonic() - quiet[0]
        counter.join()
        print(f"{BURST} files: all seen {seen[0] - quiet[0]:.1f} s, on the disk {kept[0] - quiet[0]:.1f} s,"
              f" and all acted on {took:.1f} s after quiet")
    assert desk.files("Downloads") == [] and len(desk.files("Documents")) == BURST
    moved = Counter(record.effect.ref for entry in desk.engine.journal.turns(2 * BURST) for record in entry.effects
                    if record.effect.connector == "files" and record.effect.verb == "move")  # fmt: skip
    assert len(moved) == BURST and set(moved.values()) == {1}


def _noting(last: str, seen: list[float]) -> Callable[[Connector, Place], dict[str, str]]:
    """A look that notes when it has first found the file that came last, and so all of them."""

    def noting(connector: Connector, place: Place) -> dict[str, str]:
        found = look(connector, place)
        if not seen and last in found:
            seen.append(time.monotonic())
        return found

    return noting


def _counted(store: Path, kept: list[float]) -> None:
    """Note when the last file is remembered: every thing is born under a number of its own."""
    base = sqlite3.connect(store)
    until = time.monotonic() + 3600
    while base.execute("SELECT next FROM born").fetchone()[0] <= BURST and time.monotonic() < until:
        time.sleep(0.05)
    kept.append(time.monotonic())
    base.close()


_POUR = """
import os, sys
for number in range(int(sys.argv[2])):
    handle = os.open(f"{sys.argv[1]}/{number}.jpg", os.O_CREAT | os.O_WRONLY | os.O_EXCL)
    os.write(handle, str(number).encode())
    os.close(handle)
"""


def _pour(folder: Path, quiet: list[float], count: int = BURST) -> None:
    """Another program makes the files, as fast as it can."""
    subprocess.run([sys.executable, "-c", _POUR, folder, str(count)], check=True)
    quiet.append(time.monotonic())
