"""One client of the daemon: reads its lines, runs what it asks for one after the other, and answers.

Each has an engine of its own, so that its questions and "it" are its own and a person who thinks about a card keeps
nobody waiting. One thread reads, so that a stop is heard at once; another acts. A client that goes away while it is
asked has not answered: the plan waits in the queue. What was approved is done, whoever has gone.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Protocol

from nearhand.agent.approve import Card
from nearhand.agent.daemon import protocol
from nearhand.agent.daemon.operations import done
from nearhand.agent.daemon.protocol_cards import LATER, card_written
from nearhand.agent.daemon.protocol_replies import written
from nearhand.agent.daemon.socket import Channel
from nearhand.agent.effects.outcomes import words
from nearhand.agent.errors import AgentError
from nearhand.agent.home import Progress
from nearhand.agent.loop import Engine
from nearhand.agent.policy import approvals
from nearhand.agent.reply import Reply
from nearhand.agent.version import version
from nearhand.connectors.errors import NearhandError

MOST_WAITING = 64
"""Requests of one client that may wait."""
_LOG = logging.getLogger("nearhand.daemon")
_NEEDS_MODEL = ("do", "plan")


class Host(Protocol):
    """What a talk needs of the daemon."""

    def opened(self, progress: Progress) -> AbstractContextManager[Engine]:
        """An engine for one client."""

    def settings(self) -> object:
        """Different after the config was changed."""

    def wake(self) -> None:
        """Start the model; somebody will ask it."""

    def status(self) -> dict[str, object]:
        """How everything stands."""

    def hold(self) -> str:
        """Stop everything, and let no rule begin until `resume`."""

    def resume(self) -> str:
        """Let the rules go on."""

    def quit(self) -> str:
        """End the daemon."""

    def sync(self) -> str:
        """Bring the accounts into step."""

    def answered(self, reply: Reply) -> None:
        """A request of a client has ended."""


class GoneError(AgentError):
    """Whoever was asked has gone without an answer."""


class Talk:
    """One connection."""

    def __init__(self, channel: Channel, host: Host, gone: Callable[[Talk], None]) -> None:
        self._channel, self._host, self._gone = channel, host, gone
        self._jobs: queue.Queue[protocol.Request | None] = queue.Queue()
        self._answers: queue.SimpleQueue[tuple[int, bool | None] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._waiting: set[int] = set()
        """Ids of what was asked for and has not ended."""
        self._stopped: set[int] = set()
        self._running = 0
        """Id of what is being done."""
        self._engine: Engine | None = None
        self._greeted = self._subscribed = self._ended = False
        self._shown = 0.0
        self._acting = threading.Thread(target=self._act, name="nearhand-act")
        self._reading = threading.Thread(target=self._read, name="nearhand-read")

    def start(self) -> None:
        """Begin to listen."""
        self._reading.start()

    def end(self) -> None:
        """Stop what it asked for and hang up; what it was asked stays unanswered."""
        self._ended = True
        self.stop_all()
        self._channel.shut()

    def join(self) -> None:
        """Wait until its threads have ended."""
        self._reading.join()

    def tell(self, event: protocol.Message) -> None:
        """Send an event, if it wants any."""
        if self._subscribed:
            self._send(event)

    def stop_all(self) -> None:
        """Stop what is being done and what waits."""
        for number in list(self._waiting):
            self._stop(number)

    # --- reading ------------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        self._acting.start()
        try:
            self._send({"nearhand": protocol.PROTOCOL, "version": version(), "pid": os.getpid()})
            for line in self._channel.lines():
                self._line(line)
        except OSError:
            pass  # it has gone
        finally:
            self._answers.put(None)
            self._jobs.put(None)
            self._acting.join()
            self._channel.close()
            self._gone(self)

    def _line(self, data: bytes | None) -> None:
        if data is None:
            self._send({"id": 0, "error": f"The line is longer than {protocol.MOST_ASKED} bytes, so it was not read."})
            return
        try:
            request = protocol.request(data)
        except protocol.WireError as error:
            self._send({"id": error.id, "error": str(error)})
            return
        if self._greeted:
            self._take(request)
        else:
            self._greet(request)

    def _greet(self, request: protocol.Request) -> None:
        """The first line says which protocol is spoken."""
        if request.op != "hello":
            self._send({"id": request.id, "error": "Say hello first, with your protocol and version."})
        elif request.protocol != protocol.PROTOCOL:
            said = f"This is Nearhand {version()}; {request.version or 'your version'} speaks otherwise. Restart it."
            self._send({"id": request.id, "error": said})
            self._channel.shut()
        else:
            self._greeted = True

    def _take(self, request: protocol.Request) -> None:
        match request.op:
            case "hello":
                pass
            case "say":
                self._answers.put((request.id, None if request.text == LATER else request.yes))
            case "stop" if request.id:
                self._stop(request.id)
            case "stop":
                self._send({"id": 0, "done": self._host.hold()})
            case "status":
                self._send({"id": request.id, "status": self._host.status()})
            case "resume":
                self._send({"id": request.id, "done": self._host.resume()})
            case "quit":
                self._send({"id": request.id, "done": self._host.quit()})
            case "subscribe":
                self._subscribed = True
                self._send({"id": request.id, "done": "You will be told."})
            case _:
                self._keep(request)

    def _keep(self, request: protocol.Request) -> None:
        """Put something into the row of what is to be done."""
        with self._lock:
            fits = request.id > 0 and request.id not in self._waiting and len(self._waiting) < MOST_WAITING
            if fits:
                self._waiting.add(request.id)
        if fits:
            self._jobs.put(request)
        else:
            told = "Give each request a new “id” from 1, and not more than 64 at once. This one was not taken."
            self._send({"id": request.id, "error": told})

    def _stop(self, number: int) -> None:
        with self._lock:
            if number in self._waiting:
                self._stopped.add(number)
            if number == self._running and self._engine is not None:
                self._engine.stop.set()

    # --- acting -------------------------------------------------------------------------------------------------------

    def _act(self) -> None:
        with ExitStack() as stack:
            opened: object = None
            while (job := self._jobs.get()) is not None:
                if self._ended:
                    continue
                try:
                    if job.op in _NEEDS_MODEL:
                        self._host.wake()  # it loads while the engine is opened
                    settings = self._host.settings()
                    if self._engine is None or settings != opened:
                        stack.close()
                        self._engine, opened = stack.enter_context(self._host.opened(self._progress)), settings
                    self._begin(job.id, self._engine)
                    self._send({"id": job.id, **self._done(job, self._engine)})
                except Exception as error:
                    _LOG.warning("a request ended with %s", type(error).__name__)
                    if not isinstance(error, NearhandError):
                        self._engine = None  # whatever it is, the next request begins afresh
                    self._send({"id": job.id, "error": words(error)})
                finally:
                    self._finish(job.id)

    def _begin(self, number: int, engine: Engine) -> None:
        with self._lock:
            self._running = number
            engine.stop.clear()
            if number in self._stopped:
                engine.stop.set()

    def _finish(self, number: int) -> None:
        with self._lock:
            self._running = 0
            self._waiting.discard(number)
            self._stopped.discard(number)

    def _done(self, job: protocol.Request, engine: Engine) -> protocol.Message:
        if job.op == "queue":
            return {"queue": [each.to_json() for each in approvals.waiting(engine)]}
        if job.op == "sync":
            return {"done": self._host.sync()}
        begun = time.perf_counter()
        reply = done(job, engine, (lambda card: self._asked(job.id, card)) if job.yes else None)
        _LOG.info("%s: %s, turn %s, %.0f ms", job.op, reply.status, reply.journal, (time.perf_counter() - begun) * 1000)
        self._host.answered(reply)
        return {"reply": written(reply)}

    def _asked(self, number: int, card: Card) -> bool | None:
        self._send({"id": number, "card": card_written(card)})
        while (answer := self._answers.get()) is not None:
            if answer[0] == number:
                return answer[1]
        raise GoneError("Nobody answered, so it waits. `nearhand approve` lists what does.")

    def _progress(self, what: str, done: int, total: int) -> None:
        engine = self._engine
        if engine is not None and engine.stop.is_set():
            raise AgentError("You stopped it before anything was done.")
        if time.monotonic() - self._shown >= 0.1:
            self._shown = time.monotonic()
            self._send({"id": self._running, "progress": [what, done, total]})

    def _send(self, message: protocol.Message) -> None:
        try:
            self._channel.send(message)
        except OSError:
            self._channel.shut()  # it has gone, or does not read
