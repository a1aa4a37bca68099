"""The door: a sealed process, which can make no socket, reaches the daemon of its profile and nobody else."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from nearhand.agent.daemon import door
from nearhand.agent.daemon.remote import Remote
from nearhand.agent.paths import Profile

from .daemon_world import make_home, served

SEALED = """
import json, socket, sys
from pathlib import Path
from nearhand.agent.config.settings import Config
from nearhand.agent.daemon import door
from nearhand.agent.daemon.remote import Remote
from nearhand.agent.privacy import sealing
way = door.start(Path(sys.argv[1]))
sealing.own_process()
held = sealing.seal_engine(Config(), (way.fileno(),))
try:
    socket.socket(socket.AF_UNIX)
    made = "yes"
except PermissionError:
    made = "no"
remote = Remote(way.connect())
print(json.dumps([list(held.kernel), made, remote.do("where are the notes?").status]))
remote.close()
way.close()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the seal is on Linux")
def test_a_sealed_process_reaches_the_daemon_though_it_can_make_no_socket(tmp_path: Path) -> None:
    home = make_home(tmp_path / "p")
    with served(home):
        command = [sys.executable, "-P", "-c", SEALED, str(Profile(home).socket)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    kernel, made, status = json.loads(done.stdout)
    assert status == "done" and made == ("no" if kernel else "yes")


def test_the_door_finds_nobody_then_somebody_and_again_nobody(tmp_path: Path) -> None:
    home = make_home(tmp_path / "p")
    way = door.start(Profile(home).socket)
    try:
        assert way.connect() is None
        for _ in range(2):
            with served(home):
                channel = way.connect()
                assert channel is not None
                remote = Remote(channel)
                assert isinstance(remote.ask("status", "status"), dict)
                remote.close()
            assert way.connect() is None
    finally:
        way.close()


def test_a_doorkeeper_that_was_killed_means_nobody_is_there(tmp_path: Path) -> None:
    home = make_home(tmp_path / "p")
    way = door.start(tmp_path / "nowhere.sock")
    way.close()
    with served(home):
        assert way.connect() is None
