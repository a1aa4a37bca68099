"""A line that misbehaves, between a client and a real server: cut after so many bytes, or slow as a drip.

    with Cutting(server.endpoint, after_received=500) as line: connect to line.endpoint
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from dataclasses import replace

from nearhand.connectors.network.endpoints import Endpoint


class Cutting:
    """One proxy; the limits count over all its connections, so that a cut comes once."""

    def __init__(
        self, target: Endpoint, after_sent: int | None = None, after_received: int | None = None, drip: float = 0.0
    ) -> None:
        self._target, self._drip = target, drip
        self._left = {"sent": after_sent, "received": after_received}
        self.counted = {"sent": 0, "received": 0}
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Cutting:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self.endpoint = replace(self._target, port=self._listener.getsockname()[1])
        self._closing = False
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        self._cut()
        for thread in self._threads:
            thread.join()
        self._listener.close()

    def _start(self, work: object, *args: object) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closing:
            with suppress(TimeoutError):
                client, _ = self._listener.accept()
                server = socket.create_connection((self._target.host, self._target.port))
                self._sockets += [client, server]
                self._start(self._pump, client, server, "sent")
                self._start(self._pump, server, client, "received")

    def _pump(self, source: socket.socket, goal: socket.socket, way: str) -> None:
        with suppress(OSError):
            while data := source.recv(1 if self._drip and way == "received" else 65536):
                left = self._left[way]
                if left is not None and self.counted[way] + len(data) >= left:
                    goal.sendall(data[: max(0, left - self.counted[way])])
                    self.counted[way] = left
                    self._left = {"sent": None, "received": None}
                    break
                self.counted[way] += len(data)
                goal.sendall(data)
                if self._drip and way == "received":
                    time.sleep(self._drip)
        for each in (source, goal):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _cut(self) -> None:
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
