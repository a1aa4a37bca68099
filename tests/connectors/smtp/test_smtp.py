"""Handing mail to a real SMTP server: accepted, rejected, later, or uncertain, and never to anybody else."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nearhand.connectors.errors import DeniedError, NetworkError, SignInError, TrustError
from nearhand.connectors.mail.outgoing import Departure
from nearhand.connectors.network.endpoints import Endpoint
from nearhand.connectors.network.ledger import NetworkLedger
from nearhand.connectors.network.login import Login
from nearhand.connectors.network.wire import Wire
from nearhand.connectors.smtp.session import SmtpSession, check

from ...servers import certificates
from ...servers.cutting import Cutting
from ...servers.dovecot import PASSWORD
from ...servers.submission import Submission

RAW = (
    b"Message-ID: <1@keller.example>\nFrom: robin@keller.example\nTo: olga@brandt.example\nSubject: Hi\n\n"
    b".\n..\nA line\n.hidden\r\nEnd\n"
)


def departure(raw: bytes = RAW, *recipients: str) -> Departure:
    goes_to = recipients or ("olga@brandt.example", "secret@copy.example")
    return Departure("r", raw, "robin@keller.example", goes_to, (), "1@keller.example", "Hi", None, "")


@pytest.fixture
def server() -> Iterator[Submission]:
    with Submission.started() as made:
        yield made


def session(
    tmp_path: Path, endpoint: Endpoint, login: Login | None = None, ca_file: Path | None = None
) -> SmtpSession:
    return SmtpSession(Wire([endpoint], NetworkLedger(tmp_path / "n.db"), ca_file), endpoint, login, timeout=20)


def test_a_mail_arrives_byte_for_byte_and_hidden_copies_stay_hidden(tmp_path: Path, server: Submission) -> None:
    with session(tmp_path, server.endpoint) as smtp:
        said = smtp.submit(departure())
    assert said.accepted and said.reply == "250 taken"
    (got,) = server.got
    assert got.content == RAW.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert got.rcpt_tos == ["olga@brandt.example", "secret@copy.example"]
    assert b"secret" not in got.content
    (connection,) = NetworkLedger(tmp_path / "n.db").connections()
    assert connection.purpose == "sending mail" and connection.sent > len(RAW) and connection.outcome == "ok"


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # over TLS from the first byte there is no STARTTLS to require
@pytest.mark.parametrize("starttls", [False, True])
def test_over_tls_it_signs_in_and_sends(tmp_path: Path, starttls: bool) -> None:
    made = certificates.make(tmp_path, "127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.cert_file, made.key_file)
    with Submission.started(context, starttls) as server:
        with session(tmp_path, server.endpoint, Login("robin", PASSWORD), made.ca_file) as smtp:
            assert smtp.submit(departure()).accepted
        with pytest.raises(SignInError, match="does not let robin in"):
            session(tmp_path, server.endpoint, Login("robin", "wrong"), made.ca_file)
        with pytest.raises(TrustError, match="ca_file"):
            session(tmp_path, server.endpoint, Login("robin", PASSWORD))
    assert len(server.got) == 1


def test_a_server_that_offers_no_encryption_is_told_nothing(tmp_path: Path, server: Submission) -> None:
    from nearhand.connectors.network.endpoints import Privacy

    with pytest.raises(TrustError, match="offers no encryption"):
        session(tmp_path, replace(server.endpoint, privacy=Privacy.STARTTLS), Login("robin", PASSWORD))


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(("answer", "later"), [("550 no", False), ("451 not now", True)])
def test_a_refusal_is_told_and_nobody_gets_anything(
    tmp_path: Path, server: Submission, command: str, answer: str, later: bool
) -> None:
    server.answers[command] = answer
    with session(tmp_path, server.endpoint) as smtp:
        said = smtp.submit(departure())
        assert (said.accepted, said.later) == (False, later) and said.reply.startswith(answer)
        server.answers.clear()
        assert smtp.submit(departure()).accepted  # the line is fit for the next mail
    assert len(server.got) == 1


def test_a_line_cut_before_the_final_dot_means_later(tmp_path: Path, server: Submission) -> None:
    with Cutting(server.endpoint) as line, session(tmp_path, line.endpoint) as smtp:
        smtp.submit(departure())
        total = line.counted["sent"] - len(b".\r\n")
    server.got.clear()
    for at in range(1, total, 23):
        with Cutting(server.endpoint, after_sent=at) as line:
            try:
                with session(tmp_path, line.endpoint) as smtp:
                    said = smtp.submit(departure())
            except NetworkError:
                continue  # it did not even begin
            assert not said.accepted and said.later
    assert server.got == []


def test_a_server_that_drips_is_given_up_and_nothing_has_gone(tmp_path: Path, server: Submission) -> None:
    with Cutting(server.endpoint, drip=0.05) as line, pytest.raises(NetworkError, match="too slow"):
        SmtpSession(Wire([line.endpoint], NetworkLedger(tmp_path / "n.db")), line.endpoint, None, timeout=1.0)
    assert server.got == []


@pytest.mark.parametrize("why", ["expired", "wrong host"])
@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_a_certificate_that_proves_nothing_is_not_believed(tmp_path: Path, why: str) -> None:
    made = certificates.make(tmp_path, "other.example" if why == "wrong host" else "127.0.0.1", expired=why == "expired")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(made.cert_file, made.key_file)
    with Submission.started(context) as server, pytest.raises(TrustError, match="could not prove"):
        session(tmp_path, server.endpoint, Login("robin", PASSWORD), made.ca_file)


def test_a_line_cut_between_the_final_dot_and_its_answer_is_uncertain(tmp_path: Path, server: Submission) -> None:
    server.hangs_up = True
    with session(tmp_path, server.endpoint) as smtp, pytest.raises(NetworkError):
        smtp.submit(departure())
    assert len(server.got) == 1


@pytest.mark.parametrize(
    "bad",
    [
        departure(RAW, "other@x.example"),
        departure(RAW.replace(b"Subject", b"Bcc: more@x.example\nSubject")),
        departure(RAW.replace(b"Subject", b"Cc: more@x.example\nSubject")),
        departure(RAW, "olga@brandt.example", "a@b.example>\r\nRCPT TO:<evil@x.example"),
        replace(departure(), sender="robin@keller.example>\r\nDATA"),
        replace(departure(), message_id=""),
    ],
)
def test_what_is_not_addressed_as_approved_is_not_sent(bad: Departure) -> None:
    with pytest.raises(DeniedError):
        check(bad)
