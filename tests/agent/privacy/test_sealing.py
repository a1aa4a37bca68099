"""The program seals itself as its mode wants, what must stay outside does, and an independent witness sees the same."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nearhand.agent import sample
from nearhand.agent.config.settings import Account, Config, Privacy
from nearhand.agent.errors import AgentError
from nearhand.agent.privacy import escape, launcher, sealing
from nearhand.agent.privacy.launcher import Launcher
from nearhand.connectors.sealed import seal
from nearhand.models.llama import sha256

NOW = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo("Europe/Berlin"))
REQUESTS = "what is on tomorrow?\narchive the mails from Nordbank\nany unread mail from Viktor?\n"
ROOT = Path(__file__).parents[3]
linux = pytest.mark.skipif(sys.platform != "linux", reason="the seal and its witnesses are on Linux")
needs_landlock = pytest.mark.skipif(seal.landlock_version() < 6, reason="the kernel has no Landlock 6")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return sample.build(tmp_path / "home", NOW)


def test_a_process_that_is_not_nearhands_own_is_never_sealed() -> None:
    assert sealing.seal_engine(Config()).missing == ("this process is not Nearhand's own",)
    socket.socket().close()


def test_accounts_leave_only_the_ports_of_their_servers() -> None:
    assert sealing.ports_of(Config()) is None
    account = Account("work", "imaps://robin@imap.example:993", "smtps://robin@smtp.example", "https://dav.example/r/")
    config = Config(privacy=Privacy("accounts"), accounts=(account,))
    assert sealing.ports_of(config) == (443, 465, 993)


@linux
@needs_landlock
def test_every_process_says_that_it_is_sealed(home: Path) -> None:
    from nearhand.agent.config.settings import load
    from nearhand.agent.paths import Profile

    found = escape.seals(load(Profile(home)))
    assert found.keys() == {"engine", "model", "reader"}
    assert all(each.whole for each in found.values()), found


@linux
@needs_landlock
def test_the_larger_model_says_so_too(home: Path, writing_gguf: Path) -> None:
    from nearhand.agent.config.settings import Model

    found = escape._seal_of_writer(Model(generalist=writing_gguf, generalist_sha256=sha256(writing_gguf)))
    assert found["writer"].whole, found
    told = escape._writing([sys.executable, "-P", "-m"], Model(generalist=writing_gguf))
    assert told["writer"][3] == "nearhand.models.writer" and escape._writing([], Model()) == {}


# --- what stays outside ----------------------------------------------------------------------------------------------


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Launcher, Path, Path]]:
    """A launcher with one root, whose xdg-open writes down what it was asked for."""
    root, bin_, opened = tmp_path / "root", tmp_path / "bin", tmp_path / "opened"
    root.mkdir()
    bin_.mkdir()
    (bin_ / "xdg-open").write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}.new; mv {opened}.new {opened}\n')
    (bin_ / "xdg-open").chmod(0o755)
    monkeypatch.setenv("PATH", f"{bin_}:{os.environ['PATH']}")
    made = launcher.start([root])
    yield made, root, opened
    made._line.close()
    os.wait()


@linux
def test_the_launcher_opens_what_lies_in_the_folders(outside: tuple[Launcher, Path, Path]) -> None:
    made, root, opened = outside
    (root / "a b.txt").write_text("x")
    made.open(str(root / "a b.txt"))
    for _ in range(500):
        if opened.exists():
            break
        time.sleep(0.01)
    assert opened.read_text() == os.path.realpath(root / "a b.txt")


@linux
def test_the_launcher_opens_nothing_else(outside: tuple[Launcher, Path, Path], tmp_path: Path) -> None:
    made, root, opened = outside
    (tmp_path / "secret").write_text("x")
    (root / "link").symlink_to(tmp_path / "secret")
    for path in (str(tmp_path / "secret"), str(root / "link"), f"{root}/../secret", "https://example.com", "-h", ""):
        with pytest.raises(AgentError, match="not in your folders"):
            made.open(path)
    with pytest.raises(AgentError, match="nothing that is opened"):
        made._ask(["run", "sh"])
    assert not opened.exists()


# --- independent witnesses -------------------------------------------------------------------------------------------


def asked(home: Path, *before: str) -> subprocess.CompletedProcess[str]:
    """A few requests to the real program, planned by the real model, under a witness."""
    command = [*before, sys.executable, "-m", "nearhand.agent.cli.main", "--profile", str(home), "--now", NOW.isoformat()]
    return subprocess.run(
        [*command, "do", "--yes", "--batch"], input=REQUESTS, capture_output=True, text=True, timeout=300, cwd=home
    )


def answered(done: subprocess.CompletedProcess[str]) -> bool:
    return [json.loads(line)["status"] for line in done.stdout.splitlines()] == ["done"] * 3


@linux
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_strace_sees_no_process_touch_a_network(home: Path, tmp_path: Path) -> None:
    done = asked(home, "strace", "-f", "-qq", "-e", "trace=network", "-o", str(tmp_path / "trace"))
    assert answered(done), done.stdout + done.stderr
    trace = (tmp_path / "trace").read_text()
    opened = [line for line in trace.splitlines() if re.search(r"\bsocket(pair)?\(", line)]
    assert opened and all("socketpair(AF_UNIX, SOCK_STREAM" in line for line in opened), opened
    assert not re.search(r"\b(connect|bind|listen)\(|AF_INET|AF_NETLINK|sin_addr|sun_path", trace), trace


@linux
def test_everything_works_where_there_is_no_network_but_loopback(home: Path) -> None:
    witness = ("unshare", "-rn")
    if shutil.which("unshare") is None or subprocess.run([*witness, "true"], capture_output=True).returncode:
        pytest.skip("unshare cannot make a network of its own here")
    done = asked(home, *witness)
    assert answered(done), done.stdout + done.stderr


@linux
@needs_landlock
def test_the_table_of_attempts_is_shown_and_nothing_is_open(home: Path) -> None:
    command = [sys.executable, "-m", "nearhand.agent.cli.main", "--profile", str(home), "privacy", "--verify", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=ROOT)
    told = json.loads(done.stdout)
    assert told["ways"].keys() == {"engine", "model", "reader", "nothing"}
    assert all(len(ways) >= 25 for ways in told["ways"].values())
    assert told["open"] == [] and "none open" in told["answer"] and done.returncode == 0, told
    assert sum(what == "open" for what in told["ways"]["nothing"].values()) >= 15
