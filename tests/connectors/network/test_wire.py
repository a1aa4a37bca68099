"""The one place that opens connections: only to servers on the list, only over TLS that proves itself, all written down."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nearhand.connectors.errors import DeniedError, NetworkError, TrustError
from nearhand.connectors.network.endpoints import Endpoint, Privacy, completed, user_in
from nearhand.connectors.network.ledger import NetworkLedger
from nearhand.connectors.network.wire import Wire

from ...servers import certificates


@contextmanager
def serving(work: Callable[[socket.socket], None], context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server for one connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        try:
            sock, _ = listener.accept()
            with context.wrap_socket(sock, server_side=True) if context else sock as line:
                work(line)
        except OSError:
            pass

    thread = threading.Thread(target=run)
    thread.start()
    yield listener.getsockname()[1]
    listener.close()
    thread.join()


def echo(line: socket.socket) -> None:
    while data := line.recv(100):
        line.sendall(data)


def context(made: certificates.Certificates) -> ssl.SSLContext:
    found = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    found.load_cert_chain(made.cert_file, made.key_file)
    return found


@pytest.fixture
def ledger(tmp_path: Path) -> NetworkLedger:
    return NetworkLedger(tmp_path / "state" / "network.db")


def plain(port: int) -> Endpoint:
    return Endpoint("127.0.0.1", port, Privacy.PLAIN)


@pytest.mark.parametrize(
    ("url", "host", "port", "privacy"),
    [
        ("imaps://robin@imap.example", "imap.example", 993, Privacy.TLS),
        ("imap://robin@IMAP.example:144/", "imap.example", 144, Privacy.STARTTLS),
        ("smtp://smtp.example", "smtp.example", 587, Privacy.STARTTLS),
        ("imap://127.0.0.1:1143", "127.0.0.1", 1143, Privacy.PLAIN),
        ("https://dav.example/robin/", "dav.example", 443, Privacy.TLS),
        ("http://localhost:5232/", "localhost", 5232, Privacy.PLAIN),
    ],
)
def test_a_url_of_the_config_names_a_server(url: str, host: str, port: int, privacy: Privacy) -> None:
    assert Endpoint.of(url) == Endpoint(host, port, privacy)


@pytest.mark.parametrize("url", ["", "imap.example", "ftp://x/", "imaps://", "imaps://x:99999", "imaps://a\nb/"])
def test_a_url_without_a_server_is_refused(url: str) -> None:
    if url == "imaps://a\nb/":  # urlsplit takes line ends out, so what is left is harmless
        assert Endpoint.of(url).host == "ab"
        return
    with pytest.raises(DeniedError, match="names no server"):
        Endpoint.of(url)


@pytest.mark.parametrize(
    ("typed", "scheme", "meant"),
    [
        ("imap.example", "imaps", "imaps://imap.example"),
        (" robin@imap.example:143 ", "imaps", "imap://robin@imap.example:143"),
        ("smtp.example:465", "smtps", "smtps://smtp.example:465"),
        ("smtp.example:587", "smtps", "smtp://smtp.example:587"),
        ("dav.example/robin/", "https", "https://dav.example/robin/"),
        ("dav.example:80", "https", "https://dav.example:80"),
        ("imap://imap.example", "imaps", "imap://imap.example"),
        ("", "imaps", ""),
    ],
)
def test_a_server_as_a_person_types_it_is_reached_privately(typed: str, scheme: str, meant: str) -> None:
    assert completed(typed, scheme) == meant


@pytest.mark.parametrize("typed", ["ftp://imap.example", ":993", "//", "imap example", "imap.example:many"])
def test_what_names_no_server_is_refused_when_it_is_typed(typed: str) -> None:
    with pytest.raises(DeniedError, match="names no server"):
        completed(typed, "imaps")


def test_the_name_in_a_url_is_decoded() -> None:
    assert user_in("imaps://robin%40keller.example@imap.example") == "robin@keller.example"


def test_a_server_that_is_not_on_the_list_is_refused_before_its_name_is_looked_up(ledger: NetworkLedger) -> None:
    wire = Wire([Endpoint("imap.example", 993)], ledger)
    with pytest.raises(DeniedError, match=r"evil\.example:993 is not a server of your config"):
        wire.connect(Endpoint("evil.example", 993), "mail")
    (refused,) = ledger.connections()
    assert (refused.host, refused.sent, refused.received) == ("evil.example", 0, 0)
    assert "not a server of your config" in refused.outcome


def test_another_port_or_less_privacy_on_the_same_host_is_another_server(ledger: NetworkLedger) -> None:
    wire = Wire([Endpoint("127.0.0.1", 993)], ledger)
    for other in (Endpoint("127.0.0.1", 994), Endpoint("127.0.0.1", 993, Privacy.PLAIN)):
        with pytest.raises(DeniedError):
            wire.connect(other, "mail")


def test_without_encryption_only_this_machine_is_reached(ledger: NetworkLedger) -> None:
    away = Endpoint("192.0.2.1", 143, Privacy.PLAIN)
    with pytest.raises(TrustError, match="without encryption"):
        Wire([away], ledger).connect(away, "mail")


def test_what_moves_is_counted_and_written_down(ledger: NetworkLedger) -> None:
    with serving(echo) as port:
        line = Wire([plain(port)], ledger).connect(plain(port), "mail of work")
        line.sendall(b"hello")
        assert line.makefile("rb").read(5) == b"hello"
        (open_,) = ledger.connections()
        assert open_.outcome == "" and open_.ended is None
        line.close()
    (done,) = ledger.connections()
    assert (done.purpose, done.sent, done.received, done.outcome) == ("mail of work", 5, 5, "ok")
    assert done.ended is not None
    (total,) = ledger.traffic()
    assert (total.host, total.connections, total.sent, total.received) == ("127.0.0.1", 1, 5, 5)


def test_the_ledger_cannot_be_rewritten(ledger: NetworkLedger) -> None:
    import sqlite3

    ledger.closed(ledger.opened("a.example", 1, "x"), 1, 1, "ok")
    with sqlite3.connect(ledger.path) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute("UPDATE opened SET host = 'b.example'")
    db.close()
    assert ledger.path.stat().st_mode & 0o777 == 0o600
    assert NetworkLedger(ledger.path.with_name("none")).traffic() == []
    assert ledger.connections()[0].at <= datetime.now(UTC)


def test_a_certificate_of_an_own_authority_is_believed_when_the_config_names_it(
    tmp_path: Path, ledger: NetworkLedger
) -> None:
    made = certificates.make(tmp_path, "localhost")
    with serving(echo, context(made)) as port:
        server = Endpoint("localhost", port)
        line = Wire([server], ledger, made.ca_file).connect(server, "mail")
        line.sendall(b"x")
        assert line.private and line.recv(9) == b"x"
        line.close()


@pytest.mark.parametrize(
    ("hosts", "expired", "known", "why"),
    [
        (("localhost",), False, False, "set `ca_file`"),
        (("localhost",), True, True, "has expired"),
        (("other.example",), False, True, "for another name"),
    ],
)
def test_a_server_that_cannot_prove_who_it_is_gets_nothing(
    tmp_path: Path, ledger: NetworkLedger, hosts: tuple[str, ...], expired: bool, known: bool, why: str
) -> None:
    made = certificates.make(tmp_path, *hosts, expired=expired)
    with serving(echo, context(made)) as port:
        server = Endpoint("localhost", port)
        with pytest.raises(TrustError, match=why):
            Wire([server], ledger, made.ca_file if known else None).connect(server, "mail")
    assert why in ledger.connections()[0].outcome and ledger.connections()[0].sent == 0


def test_a_server_without_tls_is_told_from_one_with_a_bad_certificate(ledger: NetworkLedger) -> None:
    with serving(lambda line: line.sendall(b"* OK hello\r\n" * 100)) as port:
        server = Endpoint("localhost", port)
        with pytest.raises(TrustError, match="does not speak TLS"):
            Wire([server], ledger).connect(server, "mail")


def test_a_slow_drip_is_given_up_although_every_byte_comes_in_time(ledger: NetworkLedger) -> None:
    done = threading.Event()

    def drip(line: socket.socket) -> None:
        while not done.wait(0.05):
            line.sendall(b".")

    with serving(drip) as port:
        line = Wire([plain(port)], ledger).connect(plain(port), "mail", timeout=0.5)
        with pytest.raises(NetworkError, match="too slow"):
            line.makefile("rb").read(10_000)
        done.set()
        line.close()
    assert "too slow" in ledger.connections()[0].outcome


def test_more_than_was_asked_for_is_not_taken(ledger: NetworkLedger) -> None:
    def flood(line: socket.socket) -> None:
        while True:
            line.sendall(b"x" * 65536)

    with serving(flood) as port:
        line = Wire([plain(port)], ledger).connect(plain(port), "mail")
        line.fresh(most=1_000_000)
        with pytest.raises(NetworkError, match="more than was asked for"):
            line.makefile("rb").read(10_000_000)
        line.close()


def test_nobody_answering_is_said_with_the_address(ledger: NetworkLedger) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NetworkError, match=f"127.0.0.1:{port} cannot be reached: connection refused"):
        Wire([plain(port)], ledger).connect(plain(port), "mail")
    unknown = Endpoint("no-such-host.invalid", 993)
    with pytest.raises(NetworkError, match="is not known"):
        Wire([unknown], ledger).connect(unknown, "mail")
