"""The background service: one process for a profile that runs the rules, keeps the model, and answers its clients.

    main thread   waits for a hint or a moment ─► Works.step (scan, rules) ─► rests the model
    clients       one thread lets them in; each has one that reads and one that acts (`daemon/talk.py`)
Nothing is polled: without an event and without a timer it sleeps. Deliberately not here: sockets, protocol, rules.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta

from nearhand.agent.config.settings import Config, load
from nearhand.agent.daemon.clients import Clients
from nearhand.agent.daemon.lock import held
from nearhand.agent.daemon.log import NAME, logging_to
from nearhand.agent.daemon.loop import Works
from nearhand.agent.daemon.model import Resting
from nearhand.agent.daemon.notices import Notices
from nearhand.agent.daemon.parts import Parts
from nearhand.agent.daemon.socket import forget_manager, keep_manager, tell_manager, watchdog_seconds
from nearhand.agent.daemon.sync import Syncing
from nearhand.agent.effects.outcomes import words
from nearhand.agent.errors import AgentError
from nearhand.agent.home import Progress
from nearhand.agent.loop import Engine, open_engine
from nearhand.agent.paths import Profile
from nearhand.agent.privacy.sealing import launcher_outside, seal_engine
from nearhand.agent.reply import Reply
from nearhand.agent.version import version
from nearhand.agent.work import Firing, Notice, Servers
from nearhand.connectors.sealed.parsing_apart import Apart
from nearhand.models import footprint

_LOG = logging.getLogger(NAME)
_TICK = 30.0
"""The longest sleep before a timer: a suspend or a new clock is noticed within it."""
_QUIET = 20.0
"""Seconds without anything to do after which the process that reads what others wrote ends; less than a tick."""
_STUCK = 600.0
"""A rule that gives no sign of life for so long is hung; the service manager starts everything anew."""
_RETRY = timedelta(minutes=1)
_JUMP = 5.0


class _RestartError(Exception):
    """The config wants another seal than this process has."""


class Daemon:
    """One profile's background service, and what its clients see of it."""

    def __init__(self, profile: Profile, parts: Parts) -> None:
        self._profile, self._parts = profile, parts
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._ending = False
        self._since = datetime.now(UTC).replace(microsecond=0)
        self._rules_stop = threading.Event()
        """The stop flag of the engine that the rules have now."""
        self._alive: float | None = None
        """When the rules last gave a sign of life; None while they sleep."""
        self._ran = 0
        self._clocks = time.time() - time.monotonic()
        self._told = ""
        """What was said last about rules that cannot begin."""
        self._retry = self._since
        self._syncing: Syncing | None = None
        self._notices: Notices | None = None
        self._shows = True
        """Whether the person wants notices on the desktop."""

    def run(self) -> None:
        """Serve until told to end; raises RunningError if another one does, ConfigError if nothing is set up."""
        with held(self._profile.lock), logging_to(self._profile.log), ExitStack() as stack:
            stack.callback(forget_manager)
            config = load(self._profile)
            self._network = _network(config)
            self._planner = Resting(
                lambda: self._parts.planner(load(self._profile)), config.daemon.model_idle_seconds, self._wake_up
            )
            stack.callback(self._planner.end)
            self._clients = Clients(self._profile.socket, self)
            stack.callback(self._clients.close)
            servers = self._parts.servers(self._profile, config)  # what they need of the keyring is out of reach later
            held_by_kernel = seal_engine(config, (self._clients.fileno(), *keep_manager()))
            _LOG.info("sealed: %s", held_by_kernel)
            stack.enter_context(self._signals())
            self._clients.start(self._beat, watchdog_seconds())
            self._open_notices(stack)
            self._open_servers(servers, config, stack)
            tell_manager(f"READY=1\nMAINPID={os.getpid()}")
            _LOG.info("version %s serves", version())
            stack.callback(tell_manager, "STOPPING=1")
            self._serve()
            _LOG.info("ends")

    # --- the rules ----------------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        """Run the rules, with a new engine whenever the config was changed."""
        while not self._ending:
            settings = self.settings()
            try:
                with self.opened(lambda *_: self._sign()) as engine:
                    if _network(engine.config) != self._network:
                        raise _RestartError
                    self._follow(engine.config)
                    self._serve_with(engine, settings)
            except _RestartError:
                said = "What may reach the network was changed, which a running process cannot follow. Start it again."
                raise AgentError(f"{said} (A service does that by itself.)") from None
            except Exception as error:
                self._cannot_begin(error)
                while not self._ending and self.settings() == settings and not self._retry_due():
                    self._sleep(self._retry)
            else:
                self._told = ""
            self._planner.end()

    def _follow(self, config: Config) -> None:
        """Take over what may have been changed in [daemon]."""
        self._planner.idle = config.daemon.model_idle_seconds
        self._shows = config.daemon.notifications
        if self._syncing is not None:
            self._syncing.every = config.daemon.sync_minutes * 60.0

    def _cannot_begin(self, error: Exception) -> None:
        """There is no engine for the rules; clients are told the same when they ask for something."""
        _LOG.warning("the rules cannot begin: %s", type(error).__name__)
        self._retry = datetime.now(UTC) + _RETRY
        said = words(error)
        if said != self._told:
            self._told = said
            self._tell(Notice("The rules cannot work right now.", said))

    def _retry_due(self) -> bool:
        return datetime.now(UTC) >= self._retry

    def _serve_with(self, engine: Engine, settings: object) -> None:
        self._rules_stop = engine.stop
        if self._ending or self._profile.held.exists():
            engine.stop.set()
        watcher = self._parts.watcher(engine)
        runner = self._parts.runner(engine, self._tell)
        works = Works(watcher, runner, engine.stop, self._tell, lambda: engine.home.clock.now, self._rule_ran)
        watcher.start(self._wake_up)
        try:
            while not self._ending and self.settings() == settings:
                self._sign()
                works.step()
                self._sleep(works.next(), engine.home.reads)
        finally:
            watcher.stop()
            runner.close()

    def _rule_ran(self, firing: Firing, reply: Reply) -> None:
        self._ran += 1
        self._sign()
        self._clients.publish({"event": "rule", "rule": firing.rule, "status": reply.status, "turns": reply.journal})

    def _sleep(self, until: datetime | None, reads: Apart | None = None) -> None:
        """Wait for a hint, for a moment, or until the model or the process that reads may rest."""
        self._alive = None
        if self._planner.rest():
            _LOG.info("the model rests")
        waits = [seconds for seconds in (self._planner.left(),) if seconds is not None]
        if until is not None:
            waits.append(min(_TICK, max(0.0, (until - datetime.now(UTC)).total_seconds())))
        if reads is not None and reads.sealed is not None:
            waits.append(_QUIET)
        begun = time.monotonic()
        with suppress(queue.Empty):
            self._wakes.get(timeout=min(waits) if waits else None)
        if reads is not None and time.monotonic() - begun >= _QUIET:
            reads.close()  # it begins anew when something is read
        while not self._wakes.empty():
            self._wakes.get()
        before, self._clocks = self._clocks, time.time() - time.monotonic()
        if abs(self._clocks - before) > _JUMP:
            _LOG.info("the clock moved by %.0f s, or the machine slept", self._clocks - before)

    def _wake_up(self) -> None:
        """Let the main thread look; callable from every thread and from signal handlers."""
        if self._wakes.empty():
            self._wakes.put(None)

    def _sign(self) -> None:
        self._alive = time.monotonic()

    def _beat(self) -> None:
        """Tell the service manager that nothing hangs."""
        since = self._alive
        if since is None or time.monotonic() - since < _STUCK:
            tell_manager("WATCHDOG=1")

    # --- notices and accounts -----------------------------------------------------------------------------------------

    def _open_notices(self, stack: ExitStack) -> None:
        send = self._parts.desktop()
        if send is not None:
            outside = launcher_outside()
            self._notices = Notices(outside.notify if outside else send)
            stack.callback(self._notices.close)

    def _open_servers(self, servers: Servers | None, config: Config, stack: ExitStack) -> None:
        if servers is not None:
            self._syncing = Syncing(servers, config.daemon.sync_minutes * 60.0, self._synced, self._tell)
            stack.callback(self._syncing.close)
            self._syncing.start()

    def _synced(self) -> None:
        self._clients.publish({"event": "sync"})
        self._wake_up()

    def _tell(self, notice: Notice) -> None:
        self._clients.publish({"event": "notice", "title": notice.title, "text": notice.text,
                               "about": notice.about, "turn": notice.turn})  # fmt: skip
        if self._notices is not None and self._shows:
            self._notices.tell(notice)

    # --- what clients see ---------------------------------------------------------------------------------------------

    def opened(self, progress: Progress) -> AbstractContextManager[Engine]:
        """An engine of this profile that shares the model."""
        return open_engine(self._profile.folder, None, self._planner, progress)

    def settings(self) -> object:
        """Different after the config was changed."""
        try:
            found = self._profile.config.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino

    def wake(self) -> None:
        """Start the model."""
        self._planner.wake()

    def status(self) -> dict[str, object]:
        """How everything stands."""
        return {
            "version": version(), "pid": os.getpid(), "since": self._since.isoformat(),
            "held": self._profile.held.exists(), "model": "ready" if self._planner.awake else "rests",
            "clients": self._clients.count(), "rules_run": self._ran, "accounts": self._syncing is not None,
            "memory": footprint.current(), "threads": threading.active_count(),
        }  # fmt: skip

    def hold(self) -> str:
        """Stop everything that runs, and let no rule begin until `resume`, even after a restart."""
        self._rules_stop.set()
        self._clients.stop()
        self._profile.held.touch(0o600)
        _LOG.info("held by the person")
        return "Stopped. No rule runs until you say: nearhand daemon start"

    def resume(self) -> str:
        """Let the rules go on."""
        was_held = self._profile.held.exists()
        self._profile.held.unlink(missing_ok=True)
        if not self._ending:
            self._rules_stop.clear()
        self._wake_up()
        return "The rules go on." if was_held else "It runs."

    def quit(self) -> str:
        """End; whatever runs stops before its next effect."""
        self._ending = True
        self._rules_stop.set()
        self._clients.stop()
        self._wake_up()
        return "The background service ends."

    def sync(self) -> str:
        """Bring the accounts into step."""
        if self._syncing is None:
            raise AgentError("No account is connected. Run: nearhand connect")
        return self._syncing.now()

    def answered(self, reply: Reply) -> None:
        """A client's request has ended; the others are told that there is something new."""
        self._clients.publish({"event": "turn", "status": reply.status, "turns": reply.journal})
        self._wake_up()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """SIGTERM and SIGINT end it, SIGHUP makes it look at the config."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        wanted = {signal.SIGTERM: self._ended, signal.SIGINT: self._ended, signal.SIGHUP: lambda *_: self._wake_up()}
        before = {number: signal.signal(number, handler) for number, handler in wanted.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _ended(self, *_: object) -> None:
        self._ending = True
        self._rules_stop.set()
        self._clients.interrupt()
        self._wake_up()


def _network(config: Config) -> object:
    """What the seal and the fences depend on."""
    return config.privacy.mode, config.accounts
