"""Wherever a power cut or a failing disk stops an effect, the world is the old or the new one, and probe says which."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path

import pytest

from nearhand.connectors import atomic
from nearhand.connectors.base import Call, Effect, World
from nearhand.connectors.errors import ConnectorError
from nearhand.connectors.files import archives, copying, packing, trash
from nearhand.connectors.files import effects as file_effects
from nearhand.connectors.files.connector import FilesConnector

World_ = dict[str, object]
VERBS = ("mkdir", "rmdir", "move", "rename", "move folder", "copy", "copy folder", "zip", "unzip", "put", "trash",
         "restore", "across", "across folder")  # fmt: skip


class Stage:
    """A small home, and one effect to be done in it."""

    def __init__(self, folder: Path, other: Path, verb: str) -> None:
        self.root, self.other = folder / "home", other / "other"
        (self.root / "Taxes" / "old").mkdir(parents=True)
        (self.root / "target").mkdir()
        self.other.mkdir()
        (self.root / "Taxes" / "a.txt").write_text("tax")
        (self.root / "Taxes" / "old" / "b.txt").write_text("old")
        (self.root / "x.txt").write_text("x" * 1000)
        for path in (self.root / "Taxes", *(self.root / "Taxes").rglob("*"), self.root / "x.txt"):
            os.utime(path, (1_700_000_000, 1_700_000_000))
        self.files = FilesConnector([self.root, self.other], folder / "trash")
        self.effect = self._effect(verb)
        self.back = self.files.inverse(self.effect)

    def _effect(self, verb: str) -> Effect:
        target = str(self.root / "target")
        file, folder = self.files.load(str(self.root / "x.txt")), self.files.load(str(self.root / "Taxes"))
        across = {"to": str(self.other)}
        match verb:
            case "rmdir":
                return Effect("files", "rmdir", target, "like:empty")
            case "put":
                return self.files.plan_puts(target, [("a.bin", b"bytes")])[0]
            case "unzip":
                for effect in self.files.expand(Call("files.zip", (folder,), {"name": "p"})):
                    self.files.apply(effect)
                packed = self.files.load(str(self.root / "p.zip"))
                return self.files.expand(Call("files.unzip", (packed,), {"to": target}))[0]
            case "restore":
                gone = self.files.expand(Call("files.trash", (file,)))[0]
                back = self.files.inverse(gone)
                self.files.apply(gone)
                return back
        calls = {
            "mkdir": Call("files.new_folder", (), {"in": target, "name": "New"}),
            "move": Call("files.move", (file,), {"to": target}),
            "rename": Call("files.rename", (file,), {"name": "y"}),
            "move folder": Call("files.move", (folder,), {"to": target}),
            "copy": Call("files.copy", (file,), {"to": target}),
            "copy folder": Call("files.copy", (folder,), {"to": target}),
            "zip": Call("files.zip", (folder, file), {"to": target}),
            "trash": Call("files.trash", (file,)),
            "across": Call("files.move", (file,), across),
            "across folder": Call("files.move", (folder,), across),
        }
        return self.files.expand(calls[verb])[0]

    def world(self) -> World_:
        found: World_ = {}
        for root in (self.root, self.other):
            for path in root.rglob("*"):
                inside = str(path.relative_to(root.parent))
                if "/." not in inside:
                    found[inside] = path.read_bytes() if path.is_file() else "folder"
        return found

    def rubbish(self) -> list[Path]:
        return [path for root in (self.root, self.other) for path in root.rglob(".nearhand-*")]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Callable[[str], Stage]]:
    shared = "/dev/shm" if Path("/dev/shm").is_dir() else None
    opened: list[tempfile.TemporaryDirectory[str]] = []

    def make(verb: str) -> Stage:
        opened.append(tempfile.TemporaryDirectory(dir=shared))
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        return Stage(folder, Path(opened[-1].name), verb)

    yield make
    for each in opened:
        each.cleanup()


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str], None]], None]:
    return lambda replacement: monkeypatch.setattr(atomic, "hook", replacement)


def passed_by(place: Stage, hook: Callable[[Callable[[str], None]], None]) -> list[str]:
    """The failpoints that an effect passes, in order; the effect is done."""
    names: list[str] = []
    hook(names.append)
    place.files.apply(place.effect)
    hook(lambda name: None)
    return names


def stop_at(number: int, stop: Callable[[], None]) -> Callable[[str], None]:
    count = 0

    def act(name: str) -> None:
        nonlocal count
        count += 1
        if count == number:
            stop()

    return act


def killed(work: Callable[[], object]) -> int:
    """Run in a child that may die; its exit status."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("verb", VERBS)
def test_a_kill_anywhere_leaves_the_old_or_the_new_world(
    verb: str, stage: Callable[[str], Stage], hook: Callable[[Callable[[str], None]], None]
) -> None:
    first = stage(verb)
    old = first.world()
    names = passed_by(first, hook)
    new = first.world()
    assert names and old != new
    for number, name in enumerate(names, 1):
        place = stage(verb)
        hook(stop_at(number, lambda: os._exit(137)))
        assert killed(partial(place.files.apply, place.effect)) == 137
        hook(lambda name: None)
        world, said = place.world(), place.files.probe(place.effect)
        half_way = verb.startswith("across") and world == {**old, **new}
        assert world == (new if said is World.AFTER else old) or half_way, f"killed at {name}"
        assert said is not World.NEITHER
        if said is World.BEFORE:
            place.files.apply(place.effect)
        assert place.world() == new and not place.rubbish()
        place.files.apply(place.back)
        assert place.world() == old


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("verb", VERBS)
def test_a_failing_disk_is_told_and_probe_knows_what_became(
    verb: str, code: int, stage: Callable[[str], Stage], hook: Callable[[Callable[[str], None]], None]
) -> None:
    def fail() -> None:
        raise OSError(code, os.strerror(code))

    first = stage(verb)
    old = first.world()
    names = passed_by(first, hook)
    new = first.world()
    for number, name in enumerate(names, 1):
        place = stage(verb)
        hook(stop_at(number, fail))
        try:
            place.files.apply(place.effect)
        except ConnectorError as error:
            assert str(error)
        hook(lambda name: None)
        said = place.files.probe(place.effect)
        assert said is not World.NEITHER, f"failed at {name}"
        assert place.world() == (new if said is World.AFTER else old), f"failed at {name}"
        assert not place.rubbish()


def test_the_environment_kills_a_real_process_at_a_named_place(stage: Callable[[str], Stage]) -> None:
    place = stage("copy")
    program = (
        "import sys, json; from pathlib import Path; from nearhand.connectors.files.connector import FilesConnector;"
        "from nearhand.connectors.base import Effect; a = json.loads(sys.argv[1]);"
        "FilesConnector([Path(p) for p in a['roots']], Path(a['trash'])).apply(Effect(**a['effect']))"
    )
    given = {"roots": [str(place.root), str(place.other)], "trash": str(place.files.trash.folder)}
    told = json.dumps({**given, "effect": asdict(place.effect)})
    environment = {**os.environ, "NEARHAND_FAILPOINT": "copy.verified"}
    done = subprocess.run([sys.executable, "-c", program, told], env=environment, check=False)
    assert done.returncode == 137
    assert place.files.probe(place.effect) is World.BEFORE
    assert place.rubbish()


def test_what_a_crash_left_is_swept_away_later_and_nothing_else_is(stage: Callable[[str], Stage]) -> None:
    place = stage("copy")
    old = place.root / "target" / ".nearhand-0123456789abcdef.part"
    old.mkdir()
    (old / "half.txt").write_text("half")
    fresh = place.root / ".nearhand-0123456789abcdee.part"
    fresh.write_text("just now")
    own = place.root / ".nearhand-notes.part"
    own.write_text("mine")
    for path in (old, own):
        os.utime(path, (0, 0))
    assert place.files.sweep() == 1
    assert (old.exists(), fresh.exists(), own.exists()) == (False, True, True)


def test_every_failpoint_is_passed_by_some_effect(
    stage: Callable[[str], Stage], hook: Callable[[Callable[[str], None]], None]
) -> None:
    declared = {
        name for module in (atomic, archives, copying, file_effects, packing, trash) for name in module.FAILPOINTS
    }
    passed = {name for verb in VERBS for name in passed_by(stage(verb), hook)}
    assert passed == declared
