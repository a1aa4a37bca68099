"""Real CalDAV servers on loopback, in folders of their own, gone when the block ends: Radicale and Xandikos.

    with radicale() as server: server.url, server.endpoint        (signs in as robin, USER and PASSWORD)
    with faulty(server.endpoint, certificates) as proxy: proxy.url, proxy.fault = ...

`faulty` stands in front of one: it can speak TLS, answer in its place, and cut connections.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from nearhand.connectors.network.endpoints import Endpoint, Privacy

from .certificates import Certificates

USER, PASSWORD = "robin", "correct-horse"
HOW = 'Radicale or Xandikos is not installed. Run: pip install -e ".[test]"'


@dataclass(frozen=True, slots=True)
class Server:
    """One that runs."""

    url: str
    folder: Path
    ca_file: Path | None = None

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint.of(self.url)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def radicale(certificates: Certificates | None = None) -> Iterator[Server]:
    """A Radicale that keeps nothing beyond the block."""
    with tempfile.TemporaryDirectory(prefix="nh-radicale-") as name:
        folder, port = Path(name), free_port()
        set_password(folder, PASSWORD)
        options = {
            "--storage-filesystem-folder": str(folder / "data"), "--server-hosts": f"127.0.0.1:{port}",
            "--auth-type": "htpasswd", "--auth-htpasswd-filename": str(folder / "users"),
            "--auth-htpasswd-encryption": "plain", "--auth-delay": "0", "--auth-cache-logins": "False",
            "--logging-level": "warning",
        }  # fmt: skip
        if certificates:
            options |= {"--server-ssl": "True", "--server-certificate": str(certificates.cert_file),
                        "--server-key": str(certificates.key_file)}  # fmt: skip
        words = [word for pair in options.items() for word in pair]
        with _running([sys.executable, "-m", "radicale", "--config", "", *words], folder, port):
            url = f"{'https' if certificates else 'http'}://{USER}@127.0.0.1:{port}/"
            yield Server(url, folder, certificates.ca_file if certificates else None)


def set_password(folder: Path, password: str) -> None:
    """What Radicale asks for from now on."""
    (folder / "users").write_text(f"{USER}:{password}\n")


@contextmanager
def xandikos() -> Iterator[Server]:
    """A Xandikos with a first calendar and address book; it asks for no password."""
    with tempfile.TemporaryDirectory(prefix="nh-xandikos-") as name:
        folder, port = Path(name), free_port()
        words = ["serve", "-d", str(folder / "data"), "--state-dir", str(folder / "state"), "--defaults",
                 "--current-user-principal", f"/{USER}/", "-l", "127.0.0.1", "-p", str(port)]  # fmt: skip
        with _running([sys.executable, "-m", "xandikos", *words], folder, port):
            yield Server(f"http://{USER}@127.0.0.1:{port}/{USER}/", folder)


@contextmanager
def _running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "HOME": str(folder)})
    try:
        for _ in range(1200):
            if process.poll() is not None:
                raise RuntimeError(f"It did not start: {(folder / 'log').read_text()[-2000:]}")
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass(frozen=True, slots=True)
class Instead:
    """An answer in place of the server's."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


CUT = "cut"
"""The request never reaches the server."""
LOST = "lost"
"""It reaches the server, but the answer is lost."""
Fault = Callable[[str, str], "Instead | str | None"]
"""Given method and path: None lets it pass."""


class Faulty:
    """The server in front of the server."""

    def __init__(self, behind: Endpoint, port: int, scheme: str, ca_file: Path | None) -> None:
        self.behind, self.ca_file = behind, ca_file
        self.url = f"{scheme}://{USER}@127.0.0.1:{port}/"
        self.fault: Fault = lambda method, path: None
        self.seen: list[tuple[str, str]] = []
        """Every request that came, in order."""

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint.of(self.url)


@contextmanager
def faulty(behind: Endpoint, certificates: Certificates | None = None) -> Iterator[Faulty]:
    """A server that passes everything on until told otherwise."""
    assert behind.privacy is Privacy.PLAIN
    port = free_port()
    proxy = Faulty(behind, port, "https" if certificates else "http", certificates.ca_file if certificates else None)
    server = _Listener(("127.0.0.1", port), _handler(proxy))
    if certificates:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.cert_file, certificates.key_file)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is nothing to report."""


def _handler(proxy: Faulty) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 60

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            proxy.seen.append((self.command, self.path))
            fault = proxy.fault(self.command, self.path)
            if isinstance(fault, Instead):
                self._say(fault.status, {"Content-Length": str(len(fault.body)), **fault.headers}, fault.body)
            elif fault == CUT:
                self.close_connection = True
            else:
                self._pass_on(body, fault == LOST)

        def _pass_on(self, body: bytes, lost: bool) -> None:
            connection = http.client.HTTPConnection(proxy.behind.host, proxy.behind.port, timeout=60)
            try:
                headers = {key: value for key, value in self.headers.items() if key.lower() != "connection"}
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                content = answer.read()
            finally:
                connection.close()
            if lost:
                self.close_connection = True
                return
            dropped = ("connection", "transfer-encoding", "content-length", "date", "server")
            kept = {key: value for key, value in answer.getheaders() if key.lower() not in dropped}
            self._say(answer.status, {**kept, "Content-Length": str(len(content))}, content)

        def _say(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response_only(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler
