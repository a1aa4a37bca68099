"""`nearhand daemon`: run it here, hand it to the service manager, start, stop and pause it, and say how it stands."""

from __future__ import annotations

import os
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

from nearhand.agent.cli.session import Session
from nearhand.agent.daemon import lock as daemon_lock
from nearhand.agent.daemon.socket import connect as raw_connect
from nearhand.agent.errors import AgentError, VersionError
from nearhand.agent.paths import Profile
from nearhand.agent.showing import show

if TYPE_CHECKING:
    from nearhand.agent.daemon.remote import Remote

_START_SECONDS, _STOP_SECONDS = 60.0, 30.0
_STOPPED = "It does not run. Start it now: nearhand daemon start   At every login: nearhand daemon install"


def daemon(session: Session, options: Namespace) -> int:
    """Do what is asked with the background service."""
    return _ACTS[options.act](session, options)


def _run(session: Session, options: Namespace) -> int:
    from nearhand.agent.daemon.main import Daemon
    from nearhand.agent.daemon.parts import usual

    if session.now is not None:
        raise AgentError("The background service lives in the present: leave out --now.")
    if sys.stderr.isatty():
        session.warn("The background service runs here until you press Ctrl-C.")
    served = Daemon(Profile(session.profile), usual())
    os.chdir("/")  # the folder it was started in is not to be kept from being unmounted
    served.run()
    return 0


def _install(session: Session, options: Namespace) -> int:
    from nearhand.agent.config.settings import load
    from nearhand.agent.daemon.service import Service

    service = Service(Profile(session.profile))
    told = service.install(load(service.profile))
    where = f"It is written down in {service.file}."
    return _said(session, " ".join(["The background service runs, now and at every login.", where, *told]))


def _uninstall(session: Session, options: Namespace) -> int:
    from nearhand.agent.daemon.service import Service

    taken = Service(Profile(session.profile)).uninstall()
    said = "It is stopped and does not start at login any more." if taken else "It was not installed."
    return _said(session, f"{said} Rules, journal and log stay as they are.")


def _start(session: Session, options: Namespace) -> int:
    """Start it, or let its rules go on where they were paused."""
    profile = Profile(session.profile)
    if daemon_lock.is_held(profile.lock):
        with closing(_remote(session)) as remote:
            return _said(session, str(remote.ask("resume")))
    from nearhand.agent.config.settings import load
    from nearhand.agent.daemon.service import Service
    from nearhand.agent.daemon.units import command

    load(profile)  # what is wrong with it is told here, not in a log
    profile.held.unlink(missing_ok=True)
    service = Service(profile)
    if service.installed:
        service.start()
    else:
        _detached(command(profile, sys.executable))
    _await(lambda: _answers(profile), _START_SECONDS, "It did not start. Look at: nearhand daemon logs")
    return _said(session, "The background service runs.")


def _stop(session: Session, options: Namespace) -> int:
    """End it. One of another version is told by a signal, because it may not understand."""
    profile = Profile(session.profile)
    if not daemon_lock.is_held(profile.lock):
        return _said(session, "It does not run.")
    try:
        with closing(_remote(session)) as remote:
            remote.ask("quit")
    except VersionError:
        daemon_lock.end(profile.lock)
    _await(lambda: not daemon_lock.is_held(profile.lock), _STOP_SECONDS, "It has not ended yet; it may be finishing.")
    return _said(session, "The background service has ended. Rules wait until it is started again.")


def _pause(session: Session, options: Namespace) -> int:
    if not daemon_lock.is_held(Profile(session.profile).lock):
        raise AgentError(_STOPPED)
    with closing(_remote(session)) as remote:
        return _said(session, remote.hold())


def _status(session: Session, options: Namespace) -> int:
    if not daemon_lock.is_held(Profile(session.profile).lock):
        return _said(session, _STOPPED, 1, {"running": False})
    with closing(_remote(session)) as remote:
        found = remote.ask("status", "status")
    status: dict[str, object] = found if isinstance(found, dict) else {}
    state = "Its rules are paused (nearhand daemon start)." if status.get("held") else "Its rules are at work."
    if session.json:
        return _said(session, f"It runs. {state}", 0, {"running": True, **status})
    since = datetime.fromisoformat(str(status["since"])).astimezone()
    session.say([session.paint.strong(f"It runs. {state}"), *show.table([
        ("version", f"{status['version']} (process {status['pid']})"), ("since", show.moment(since)),
        ("memory", f"{show.size(int(str(status['memory'])))} without the model, which {_model(status)}"),
        ("rules run", str(status["rules_run"])), ("connected", _programs(status["clients"])),
    ], session.columns)])  # fmt: skip
    return 0


def _programs(count: object) -> str:
    """This command is one of them."""
    return "1 program, this one" if count == 1 else f"{count} programs, with this one"


def _logs(session: Session, options: Namespace) -> int:
    from nearhand.agent.daemon.log import tail

    lines = tail(Profile(session.profile).log, options.limit)
    if session.json:
        session.tell({"status": "done", "answer": f"{len(lines)} lines.", "lines": lines})
    else:
        session.say([show.plain(line) for line in lines] or ["There is no log yet."])
    return 0


_ACTS = {"run": _run, "install": _install, "uninstall": _uninstall, "start": _start, "stop": _stop, "pause": _pause,
         "status": _status, "logs": _logs}  # fmt: skip


def _remote(session: Session) -> Remote:
    from nearhand.agent.daemon.remote import connect

    remote = connect(session.profile)
    if remote is None:
        raise AgentError("It runs but does not answer. Wait a moment; if that goes on: nearhand daemon logs")
    return remote


def _detached(words: list[str]) -> None:
    """Start a program that outlives this one and has no terminal."""
    nowhere = [(os.POSIX_SPAWN_OPEN, standard, os.devnull, os.O_RDWR, 0) for standard in (0, 1, 2)]
    os.posix_spawn(words[0], words, os.environ, file_actions=nowhere, setsid=True)


def _answers(profile: Profile) -> bool:
    channel = raw_connect(profile.socket)
    if channel is not None:
        channel.close()
    return channel is not None


def _await(what: Callable[[], bool], seconds: float, else_say: str) -> None:
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            raise AgentError(else_say)
        time.sleep(0.02)


def _model(status: dict[str, object]) -> str:
    return "is ready" if status.get("model") == "ready" else "rests"


def _said(session: Session, sentence: str, code: int = 0, more: dict[str, object] | None = None) -> int:
    if session.json:
        session.tell({"status": "failed" if code else "done", "answer": sentence, **(more or {})})
    else:
        session.say([sentence])
    return code
