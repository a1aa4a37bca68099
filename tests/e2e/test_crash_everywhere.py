"""Wherever a turn of any kind is cut off, the next start knows what happened, and undo puts back every byte.

Every action of the catalogue that changes something, killed at every failpoint that its effects pass (all prefixes of
its effects, with and without their receipts, are among them), then at random moments: 2,000 by default over all,
10,000 with NEARHAND_SOAK=1. Then a disk that is full, fails to sync, or cannot be written.
"""

from __future__ import annotations

import errno
import os
import random
import subprocess
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from nearhand.agent.effects.execute import Executor
from nearhand.agent.effects.records import State
from nearhand.agent.errors import AgentError
from nearhand.agent.reply import Status
from nearhand.connectors.base import Risk
from nearhand.connectors.catalogue import ACTIONS
from nearhand.models.written import Row

from .crashing import DIED, Death, connectors, counting, hooked, prepared
from .test_requests import CASES, Case
from .world import World, make, row

SOAK = bool(os.environ.get("NEARHAND_SOAK"))
KILLS = 10_000 if SOAK else 2_000
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
BANK = row("rules.add event=mail ; mail.move what=$1 | mails {from:from the bank} go to {2.to:Bank}")
AFTER_A_TURN = {
    "rules.pause": row("rules.pause | pause the {what:bank} rule"),
    "rules.remove": row("rules.remove | remove the {what:bank} rule"),
}
"""These need a rule that is there; it is made before."""
ELSEWHERE = {"agent.undo", "text.compose"}
"""Undo has a test of its own, with every kind; composing needs a generalist model and changes nothing without one."""


def _kinds() -> dict[str, Row]:
    """For each action that changes something, the request with the fewest effects that does it."""
    found: dict[str, Case] = {}
    for case in CASES:
        acting = [s.action for s in case.row.turn.plan.steps if ACTIONS[s.action].risk is not Risk.READ]
        if case.status is Status.DONE and case.lines and acting:
            best = found.get(acting[0])
            if best is None or len(case.lines) < len(best.lines):
                found[acting[0]] = case
    return {action: case.row for action, case in found.items()} | AFTER_A_TURN


KINDS = _kinds()


def test_every_action_that_changes_something_dies_here() -> None:
    changing = {name for name, action in ACTIONS.items() if action.risk is not Risk.READ}
    assert set(KINDS) == changing - ELSEWHERE


@pytest.fixture(params=sorted(KINDS))
def death(request: pytest.FixtureRequest) -> Iterator[Death]:
    """A turn of one kind, ready to run."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        earlier = (BANK,) if request.param in AFTER_A_TURN else ()
        yield prepared(make(Path(folder) / "world"), KINDS[request.param], *earlier)


def test_a_kill_at_every_failpoint_is_decided_by_looking_and_can_be_undone(death: Death) -> None:
    assert {"execute.before_intent", "execute.after_receipt"} <= set(death.points)
    for number, name in enumerate(death.points, 1):
        assert death.die_at(number) == DIED
        death.judge(f"died at {name}, the {number}th")
        death.before.restore()


def test_a_kill_at_a_random_moment_is_decided_by_looking_and_can_be_undone(death: Death) -> None:
    draw = random.Random(len(death.points))
    for number in range(-(-KILLS // len(KINDS))):
        moment = draw.uniform(0, death.seconds * 1.3)
        death.die_after(moment)
        death.judge(f"killed after {moment:.6f} s, the {number}th")
        death.before.restore()


CODES = (errno.ENOSPC, errno.EIO)


def test_a_kill_in_the_middle_of_an_undo_leaves_something_that_a_second_undo_finishes(death: Death) -> None:
    number = 1
    while death.undo_and_die_at(number) == DIED:
        death.judge_undo(f"died at the {number}th failpoint of the undo")
        death.before.restore()
        number += 1
    assert number > 2, "an undo passes no failpoint"


def test_a_disk_that_fails_anywhere_is_told_and_nothing_is_lost(death: Death) -> None:
    """At every place where the disk is asked for something; full and failing by turns, in a soak both at every place."""
    places = [n for n, name in enumerate(death.points, 1) if not name.startswith("execute.")]
    for number in places:
        for code in CODES if SOAK else (CODES[number % 2],):
            outcomes = death.run(counting(number, partial(_fail, code)))
            told = f"{errno.errorcode[code]} at {death.points[number - 1]}, the {number}th"
            wrong = [outcome for outcome in outcomes if outcome.state is not State.DONE]
            assert all(outcome.reason or outcome.state is State.SKIPPED for outcome in wrong), told
            death.judge(told)
            death.before.restore()


def _fail(code: int) -> None:
    raise OSError(code, os.strerror(code))


def test_nothing_is_called_done_that_is_not_on_the_disk(death: Death, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a power cut could still lose when the receipt is written: no new bytes and no changed folder unsynced."""
    synced: set[int] = set()
    honest = os.fsync

    def sync(handle: int) -> None:
        synced.add(os.fstat(handle).st_ino)
        honest(handle)

    monkeypatch.setattr(os, "fsync", sync)
    seen = _stamps(death.world)

    def look(name: str) -> None:
        nonlocal seen
        if name == "execute.after_apply":
            now = _stamps(death.world)
            changed = {path: inode for path, (inode, _) in now.items() if now[path] != seen.get(path)}
            known = {inode for inode, _ in seen.values()}
            fresh = [path for path, inode in changed.items() if inode not in known and Path(path).is_file()]
            folders = {str(Path(path).parent) for path in now.keys() ^ seen.keys()} & now.keys()
            lost = [path for path in (*fresh, *folders) if now[path][0] not in synced]
            assert not [path for path in lost if Path(path).stat().st_size], lost
            seen = now
        elif name == "execute.before_intent":
            seen = _stamps(death.world)

    assert all(outcome.state is State.DONE for outcome in death.run(look))


def _stamps(world: World) -> dict[str, tuple[int, int]]:
    """Inode and size of everything the person owns."""
    found = {str(path): path.lstat() for path in world.home.rglob("*")}
    return {path: (info.st_ino, info.st_size if Path(path).is_file() else 0) for path, info in found.items()}


# --- real disks -----------------------------------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes; only root can have one."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)], capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield place
    subprocess.run(["mount", "-o", "remount,rw", str(place)], capture_output=True)
    subprocess.run(["umount", "-l", str(place)], check=True)


COPY = row("files.copy | copy the {what:holiday} to {to:Archive}")


def test_a_disk_that_is_really_full_is_told_and_nothing_changes(disk: Path) -> None:
    world = make(disk / "world")
    death = prepared(world, COPY)
    free = os.statvfs(disk)
    (disk / "ballast").write_bytes(b"x" * (free.f_bavail * free.f_bsize - 600_000))  # less than the film takes
    outcomes = death.run()
    assert [outcome.state for outcome in outcomes] == [State.FAILED] and "full" in outcomes[0].reason
    (disk / "ballast").unlink()
    assert death.look() == death.first
    death.judge("a full disk")


def test_a_journal_that_cannot_be_written_means_that_nothing_is_done(disk: Path) -> None:
    world = make(disk / "world")
    death = prepared(world, COPY)
    free = os.statvfs(disk)
    (disk / "ballast").write_bytes(b"x" * free.f_bavail * free.f_bsize)
    with pytest.raises(AgentError) as told:
        death.run()
    assert "Nothing is done" in str(told.value)
    (disk / "ballast").unlink()
    assert death.look() == death.first


def test_a_disk_that_became_read_only_is_told_and_nothing_changes(disk: Path, tmp_path: Path) -> None:
    """The journal lies elsewhere; the person's files are on a disk that the system has made read-only after an error."""
    world = make(tmp_path / "own")
    moved = disk / "Archive"
    moved.mkdir()
    config = world.profile / "config.toml"
    config.write_text(config.read_text().replace(f'"{world.home}/Archive"', f'"{moved}"'))
    death = prepared(world, row("files.new_folder | make a folder {name:Garden} in {in:Archive}"))
    (moved / "Garden").rmdir()
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    outcomes = death.run()
    assert [outcome.state for outcome in outcomes] == [State.FAILED] and "permissions" in outcomes[0].reason
    assert list(moved.iterdir()) == [] and death.look() == death.first


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told_and_nothing_changes(tmp_path: Path) -> None:
    death = prepared(make(tmp_path / "world"), COPY)
    (death.world.home / "Archive").chmod(0o500)
    outcomes = death.run()
    (death.world.home / "Archive").chmod(0o700)
    assert [outcome.state for outcome in outcomes] == [State.FAILED] and death.look() == death.first


# --- stopping -------------------------------------------------------------------------------------------------------


class Flag:
    """A stop that is pressed at the n-th failpoint."""

    def __init__(self) -> None:
        self.on = False

    def is_set(self) -> bool:
        return self.on

    def press(self) -> None:
        self.on = True


STOPS = 1_000 if SOAK else 50
SORT = row("files.sort group=kind | tidy up {in:Downloads} by type")


def test_after_a_stop_no_effect_begins() -> None:
    """Pressed anywhere in a turn of many effects: the one that is under way is finished whole, no other begins."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        death = prepared(make(Path(folder) / "world"), SORT)
        draw = random.Random(6)
        for _ in range(STOPS):
            flag, begun = Flag(), list[bool]()
            with death.hands() as opened:
                hands = connectors(death.world)
                for each in hands.values():
                    each.apply = _noting(each.apply, begun, flag)  # type: ignore[method-assign]
                executor = Executor(hands, opened.journal, flag)
                number = draw.randrange(1, len(death.points) + 1)
                with hooked(counting(number, flag.press)):
                    outcomes = executor.run(death.turn, death.steps, death.approved)
            assert not any(begun), f"an effect began after the stop at failpoint {number}"
            assert all(outcome.state in (State.DONE, State.SKIPPED) for outcome in outcomes)
            death.judge(f"stopped at the {number}th failpoint")
            death.before.restore()


def _noting(apply, begun: list[bool], flag: Flag):  # type: ignore[no-untyped-def]
    def act(effect):  # type: ignore[no-untyped-def]
        begun.append(flag.is_set())
        return apply(effect)

    return act
