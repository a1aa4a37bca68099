"""Whatever a server of calendars does, nothing is lost, nothing is doubled, and the person is told."""

from __future__ import annotations

import importlib.util
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NoReturn

import pytest

from nearhand.connectors.dav.report import How
from nearhand.connectors.errors import (
    ConnectorError,
    ElsewhereError,
    LaterError,
    NetworkError,
    SignInError,
    TrustError,
)
from nearhand.connectors.network import web

from ...servers import certificates, dav
from ...servers.cutting import Cutting
from .dav_side import CARD, EVENT, Side, text

if importlib.util.find_spec("radicale") is None or importlib.util.find_spec("xandikos") is None:
    pytest.skip(dav.HOW, allow_module_level=True)


@pytest.fixture(scope="module")
def xandikos() -> Iterator[dav.Server]:
    """Quicker than Radicale, because it keeps connections."""
    with dav.xandikos() as server:
        yield server


@pytest.fixture
def proxy(xandikos: dav.Server) -> Iterator[dav.Faulty]:
    with dav.faulty(xandikos.endpoint) as found:
        yield found


@pytest.fixture
def one(tmp_path: Path, proxy: dav.Faulty) -> Iterator[Side]:
    side = Side(tmp_path / "one", f"{proxy.url}robin/")
    side.empty_server()
    for name in "ab":
        side.put(f"team/{name}.ics", text(EVENT, f"{name}@x", f"Event {name}"))
    assert side.sync().clean
    yield side
    side.close()


@pytest.fixture
def two(tmp_path: Path, xandikos: dav.Server, one: Side) -> Iterator[Side]:
    side = Side(tmp_path / "two", xandikos.url)
    assert side.sync().clean
    yield side
    side.close()


def edit(side: Side) -> None:
    """A change, a new entry and a removal on one side."""
    side.put("team/a.ics", text(EVENT, "a@x", "Changed a"))
    side.put("team/c.ics", text(EVENT, "c@x", "Event c"))
    (side.root / "team/b.ics").unlink()


def test_412_on_every_write_changes_nothing_and_is_told(one: Side, two: Side, proxy: dav.Faulty) -> None:
    edit(one)
    proxy.fault = lambda method, path: dav.Instead(412) if method in ("PUT", "DELETE") else None
    report = one.sync()
    assert {deed.how for deed in report.deeds} == {How.WAITS} and len(report.deeds) == 3
    proxy.fault = lambda method, path: None
    assert one.sync().clean and two.sync().clean
    assert "Changed a" in two.texts() and "Event c" in two.texts() and "Event b" not in two.texts()
    assert len(one.files()) == len(two.files()) == 2


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_an_error_of_the_server_is_told_and_loses_nothing(one: Side, proxy: dav.Faulty, status: int) -> None:
    edit(one)
    before = one.files()
    proxy.fault = lambda method, path: dav.Instead(status) if method == "PUT" else None
    with pytest.raises(NetworkError, match=r"127\.0\.0\.1"):
        one.sync()
    proxy.fault = lambda method, path: None
    assert one.sync().clean and one.files() == before


def test_a_server_that_asks_to_wait_is_waited_for(tmp_path: Path, one: Side, proxy: dav.Faulty) -> None:
    waits: list[float] = []
    side = Side(tmp_path / "patient", f"{proxy.url}robin/", pause=waits.append)
    answers = [dav.Instead(503, {"Retry-After": "7"}), dav.Instead(429, {"Retry-After": "Mon, 02 Mar 2026 10:00:09 GMT",
               "Date": "Mon, 02 Mar 2026 10:00:00 GMT"})]  # fmt: skip
    proxy.fault = lambda method, path: answers.pop(0) if answers else None
    assert side.sync().clean
    assert waits == [7.0, 9.0], "a date counts from the server's clock, however wrong ours is"
    side.close()


def test_a_server_that_asks_to_wait_too_long_is_left_alone(one: Side, proxy: dav.Faulty) -> None:
    proxy.fault = lambda method, path: dav.Instead(503, {"Retry-After": "3600"})
    with pytest.raises(LaterError, match="60 minutes"):
        one.sync()


@pytest.mark.parametrize("status", [413, 507])
def test_a_server_without_room_is_told_and_what_is_new_stays_here(one: Side, two: Side, proxy: dav.Faulty, status: int) -> None:
    edit(one)
    before = one.files()
    proxy.fault = lambda method, path: dav.Instead(status) if method == "PUT" else None
    report = one.sync()
    assert sorted(deed.how for deed in report.deeds) == [How.DONE, How.FAILED, How.FAILED], "what needs no room is done"
    assert "no room" in str(report.deeds[0]) and one.files() == before
    proxy.fault = lambda method, path: None
    assert one.sync().clean and two.sync().clean
    assert "Changed a" in two.texts() and "Event c" in two.texts()


def test_a_server_that_drips_is_given_up_and_the_next_run_goes_on(
    tmp_path: Path, one: Side, xandikos: dav.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Cutting(xandikos.endpoint, drip=0.02) as line, monkeypatch.context() as patch:
        patch.setattr(web, "_ANSWERS", 1.0)
        slow = Side(tmp_path / "slow", f"http://robin@127.0.0.1:{line.endpoint.port}/robin/")
        with pytest.raises(NetworkError, match="too slow"):
            slow.sync()
        assert slow.files() == {}
        slow.close()
    patient = Side(tmp_path / "slow", xandikos.url)
    assert patient.sync().clean and len(patient.files()) == 2
    patient.close()


@pytest.mark.parametrize("start", [dav.xandikos, dav.radicale])
def test_an_entry_that_a_server_does_not_take_stays_here_and_the_others_go(
    tmp_path: Path, start: Callable[[], AbstractContextManager[dav.Server]]
) -> None:
    with start() as server:
        side = Side(tmp_path / "one", server.url, kind="r")
        side.put("people/odd.vcf", b"BEGIN:VCARD\r\nVERSION:4.0\r\nUID:odd\r\nN:Petrov;Tom;;;\r\nEND:VCARD\r\n")  # no FN
        side.put("people/olga.vcf", text(CARD, "olga", "Olga"))
        side.put("work/tom.vcf", text(CARD, "tom", "Tom"))
        for _ in range(2):
            report = side.sync()
            (failed,) = [deed for deed in report.deeds if not deed.changed]
            assert failed.how is How.FAILED and "does not take odd.vcf as it is written" in failed.why
        side.put("people/odd.vcf", text(CARD, "odd", "Tom"))
        assert side.sync().clean and side.sync().deeds == []
        side.close()


@pytest.mark.parametrize("how", [dav.CUT, dav.LOST])
def test_a_connection_cut_at_any_request_loses_and_doubles_nothing(
    tmp_path: Path, one: Side, two: Side, proxy: dav.Faulty, how: str
) -> None:
    for number in range(40):
        one.put("team/a.ics", text(EVENT, "a@x", f"Change {number}"))
        one.put(f"team/n{number}.ics", text(EVENT, f"n{number}@x", f"New {number}"))
        if number:
            (one.root / f"team/n{number - 1}.ics").unlink()
        proxy.seen.clear()
        count = number

        def fault(method: str, path: str, at: int = count) -> str | None:
            return how if len(proxy.seen) - 1 >= at else None

        proxy.fault = fault
        cut = True
        try:
            one.sync()
            cut = False
        except NetworkError as error:
            assert "broke" in str(error)
        proxy.fault = lambda method, path: None
        assert one.sync().clean and two.sync().clean
        assert f"Change {number}" in two.texts()
        assert sorted(one.files()) == sorted(two.files()) and len(one.files()) == 3
        if not cut:
            return
    pytest.fail("a run that is cut off at every request should have ended")


def test_a_changed_password_is_told(tmp_path: Path) -> None:
    with dav.radicale() as server:
        side = Side(tmp_path / "one", server.url)
        assert side.sync().clean
        dav.set_password(server.folder, "another-one")
        with pytest.raises(SignInError, match="does not accept your name or password"):
            side.sync()
        side.close()


@pytest.mark.parametrize("why", ["expired", "wrong host", "unknown authority"])
def test_a_certificate_that_proves_nothing_is_not_believed(tmp_path: Path, xandikos: dav.Server, why: str) -> None:
    host = "other.example" if why == "wrong host" else "127.0.0.1"
    trust = certificates.make(tmp_path, host, expired=why == "expired")
    with dav.faulty(xandikos.endpoint, trust) as proxy:
        side = Side(tmp_path / "one", proxy.url, ca_file=None if why == "unknown authority" else trust.ca_file)
        with pytest.raises(TrustError, match="could not prove"):
            side.sync()
        assert proxy.seen == []
        side.close()


@pytest.mark.parametrize("method", ["PROPFIND", "REPORT", "PUT"])
def test_a_redirect_off_the_list_is_not_followed(one: Side, two: Side, proxy: dav.Faulty, method: str) -> None:
    edit(one)
    two.put("team/d.ics", text(EVENT, "d@x", "Event d"))
    two.sync()
    away = {"Location": "http://127.0.0.1:1/elsewhere/"}
    proxy.fault = lambda asked, path: dav.Instead(302, away) if asked == method else None
    with pytest.raises((ElsewhereError, NetworkError)):
        report = one.sync()
        raise NetworkError(str([*report.troubles, *report.deeds]))
    assert all(each.port == proxy.endpoint.port for each in one.ledger.connections())


def test_a_redirect_on_the_same_server_is_followed(tmp_path: Path, one: Side, proxy: dav.Faulty) -> None:
    proxy.fault = lambda method, path: dav.Instead(301, {"Location": "/robin/"}) if path == "/dav/" else None
    side = Side(tmp_path / "moved", f"{proxy.url}dav/")
    assert side.sync().clean and len(side.files()) == 2
    side.close()


@pytest.mark.parametrize("body", [b"", b"<html>Please sign in</html>", b"<d:multistatus xmlns:d='DAV:'/>", b"\xff\xfe"])
def test_an_answer_without_sense_removes_nothing(one: Side, proxy: dav.Faulty, body: bytes) -> None:
    (one.root / "team/c.ics").write_bytes(text(EVENT, "c@x", "Event c"))
    odd = dav.Instead(207, {"Content-Type": "application/xml"}, body)
    proxy.fault = lambda method, path: odd if method in ("PROPFIND", "REPORT") else None
    try:
        assert not one.sync().clean
    except ConnectorError as error:
        assert str(error)
    assert len(one.files()) == 3


def test_an_empty_listing_of_a_full_calendar_removes_nothing(one: Side, two: Side, proxy: dav.Faulty) -> None:
    two.put("team/d.ics", text(EVENT, "d@x", "Event d"))
    two.sync()
    empty = dav.Instead(207, {"Content-Type": "application/xml"}, b"<d:multistatus xmlns:d='DAV:'/>")

    def fault(method: str, path: str) -> dav.Instead | None:
        if method == "REPORT":
            return dav.Instead(403)
        return empty if method == "PROPFIND" and path.rstrip("/").endswith("team") else None

    proxy.fault = fault
    report = one.sync()
    assert "gone from the server" in report.troubles[0]
    assert len(one.files()) == 2


def test_a_collection_that_may_only_be_read_is_left_alone(one: Side, proxy: dav.Faulty) -> None:
    edit(one)
    proxy.fault = lambda method, path: dav.Instead(403) if method in ("PUT", "DELETE") else None
    report = one.sync()
    assert {deed.how for deed in report.deeds} == {How.FAILED}
    assert "read-only" in str(report.deeds[0])


def test_the_caldav_package_looks_nothing_up_by_itself(
    tmp_path: Path, xandikos: dav.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No service records, no .netrc, no proxies, no revocation lists: only the wire connects, and only to the server."""
    home = tmp_path / "home"
    home.mkdir()
    (home / ".netrc").write_text("machine 127.0.0.1 login spy password spy\n")
    (home / ".netrc").chmod(0o600)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("NETRC", str(home / ".netrc"))
    reached: list[object] = []
    files: list[str] = []

    def listen(event: str, args: tuple[object, ...]) -> None:
        if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
            reached.append(args[1] if event == "socket.connect" else args[:2])
        elif event == "open" and "netrc" in str(args[0]):
            files.append(str(args[0]))

    hooks.append(listen)
    try:
        side = Side(tmp_path / "one", xandikos.url)
        assert side.sync().clean
        side.close()
    finally:
        hooks.remove(listen)
    port = xandikos.endpoint.port
    assert reached and set(map(str, reached)) <= {str(("127.0.0.1", port))}
    assert files == []


hooks: list[object] = []


def _audit(event: str, args: tuple[object, ...]) -> None:
    for hook in hooks:
        hook(event, args)  # type: ignore[operator]


sys.addaudithook(_audit)


def test_the_session_that_the_caldav_package_made_is_never_asked(
    tmp_path: Path, xandikos: dav.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    import niquests

    def never(*args: object, **kwargs: object) -> NoReturn:
        raise AssertionError("its own session was used")

    monkeypatch.setattr(niquests.Session, "request", never)
    monkeypatch.setattr(niquests.Session, "send", never)
    monkeypatch.setattr(socket, "create_connection", never)
    side = Side(tmp_path / "one", xandikos.url)
    assert side.sync().clean
    side.close()


