"""Calendars, tasks and contacts are kept in step with real servers, in both directions."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from nearhand.connectors.dav.merge import same
from nearhand.connectors.dav.report import How
from nearhand.connectors.dav.report import Side as Where

from ...servers import certificates, dav
from .dav_side import CARD, EVENT, TASK, Side, text

if importlib.util.find_spec("radicale") is None or importlib.util.find_spec("xandikos") is None:
    pytest.skip(dav.HOW, allow_module_level=True)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dav.Server]]:
    """Radicale, plain and over TLS, and Xandikos, plain and behind TLS."""
    trust = certificates.make(tmp_path_factory.mktemp("trust"), "127.0.0.1")
    with ExitStack() as stack:
        xandikos = stack.enter_context(dav.xandikos())
        behind = stack.enter_context(dav.faulty(xandikos.endpoint, trust))
        yield {
            "radicale": stack.enter_context(dav.radicale()),
            "radicale over TLS": stack.enter_context(dav.radicale(trust)),
            "xandikos": xandikos,
            "xandikos over TLS": dav.Server(f"{behind.url}{dav.USER}/", xandikos.folder, trust.ca_file),
        }


@pytest.fixture(params=["radicale", "xandikos over TLS"])
def server(request: pytest.FixtureRequest, servers: dict[str, dav.Server]) -> dav.Server:
    return servers[request.param]


@pytest.fixture
def sides(tmp_path: Path, server: dav.Server) -> Iterator[tuple[Side, Side]]:
    """Two Nearhands on one account, both with an empty calendar of a name of its own."""
    both = [Side(tmp_path / name, server.url, ca_file=server.ca_file) for name in ("one", "two")]
    both[0].empty_server()
    (both[0].root / "team").mkdir()
    for side in both:
        assert side.sync().clean
    yield both[0], both[1]
    for side in both:
        side.close()


def calendar(side: Side) -> str:
    """The folder of the calendar that the fixture has made."""
    return next(c for c in side.store.collections() if side.store.display(c) == "team")


def test_what_is_new_here_reaches_the_other_computer(sides: tuple[Side, Side]) -> None:
    one, two = sides
    one.put("team/a.ics", text(EVENT, "a@x", "Lunch", "X-ODD;X-P=\"a;b\":kept\\, as it is"))
    one.put("team/b.ics", text(TASK, "b@x", "Milk"))
    assert one.sync().clean
    report = two.sync()
    assert report.clean
    assert sorted(deed.title for deed in report.deeds) == ["Lunch", "Milk"]
    assert same(two.files()[f"{calendar(two)}/a.ics"].decode(), one.files()["team/a.ics"].decode())
    assert "X-ODD;X-P=\"a;b\":kept\\, as it is" in two.texts()


def test_what_was_sent_is_not_rewritten_here(sides: tuple[Side, Side]) -> None:
    one, _ = sides
    sent = text(EVENT, "a@x", "Lunch")
    one.put("team/a.ics", sent)
    one.sync()
    one.sync()
    assert one.files()["team/a.ics"] == sent


def test_a_second_run_has_nothing_to_do_and_reads_no_entry(sides: tuple[Side, Side]) -> None:
    one, _ = sides
    one.put("team/a.ics", text(EVENT, "a@x", "Lunch"))
    one.sync()
    assert one.sync().deeds == []
    before = sum(each.received for each in one.ledger.connections())
    assert one.sync().deeds == []
    assert sum(each.received for each in one.ledger.connections()) - before < 20_000


def test_changes_and_removals_go_both_ways(sides: tuple[Side, Side]) -> None:
    one, two = sides
    for name in "abc":
        one.put(f"team/{name}.ics", text(EVENT, f"{name}@x", f"Event {name}"))
    one.sync(), two.sync()
    folder = calendar(two)
    two.put(f"{folder}/a.ics", text(EVENT, "a@x", "Renamed there"))
    (two.root / folder / "b.ics").unlink()
    two.sync()
    report = one.sync()
    assert sorted((deed.side, deed.verb) for deed in report.deeds) == [(Where.HERE, "changed"), (Where.HERE, "removed")]
    assert "Renamed there" in one.texts() and "Event b" not in one.texts()
    assert "Event b" in "".join(path.read_text() for path in (one.root / ".trash").iterdir())


def test_what_is_removed_on_the_server_by_us_keeps_a_copy_in_the_trash_here(sides: tuple[Side, Side]) -> None:
    one, _ = sides
    one.put("team/a.ics", text(EVENT, "a@x", "Lunch"))
    one.put("team/b.ics", text(EVENT, "b@x", "Dinner"))
    one.sync()
    (one.root / "team/a.ics").unlink()
    one.sync()
    assert "Lunch" in "".join(path.read_text() for path in (one.root / ".trash").iterdir())


def test_both_sides_changing_different_things_is_merged(sides: tuple[Side, Side]) -> None:
    one, two = sides
    one.put("team/a.ics", text(EVENT, "a@x", "Lunch", "LOCATION:Here"))
    one.sync(), two.sync()
    folder = calendar(two)
    one.put("team/a.ics", text(EVENT, "a@x", "Long lunch", "LOCATION:Here"))
    two.put(f"{folder}/a.ics", text(EVENT, "a@x", "Lunch", "LOCATION:There"))
    one.sync()
    report = two.sync()
    assert [(deed.verb, deed.how) for deed in report.deeds] == [("merged", How.DONE)]
    one.sync()
    for side in (one, two):
        assert "SUMMARY:Long lunch" in side.texts() and "LOCATION:There" in side.texts()
        assert len(side.files()) == 1


def test_both_sides_changing_the_same_thing_keeps_both_and_says_so(sides: tuple[Side, Side]) -> None:
    one, two = sides
    one.put("team/a.ics", text(EVENT, "a@x", "Lunch"))
    one.sync(), two.sync()
    one.put("team/a.ics", text(EVENT, "a@x", "Breakfast"))
    two.put(f"{calendar(two)}/a.ics", text(EVENT, "a@x", "Dinner", "ATTENDEE:mailto:olga@x.example"))
    one.sync()
    report = two.sync()
    assert [deed.how for deed in report.deeds] == [How.KEPT_BOTH]
    assert "marked" in str(report.deeds[0])
    one.sync()
    for side in (one, two):
        assert "SUMMARY:Breakfast" in side.texts() and "SUMMARY:Dinner (changed here)" in side.texts()
        assert "olga" not in side.texts(), "a copy invites nobody"
    assert one.sync().deeds == two.sync().deeds == []


def test_a_change_wins_over_a_removal(sides: tuple[Side, Side]) -> None:
    one, two = sides
    for name in "ab":
        one.put(f"team/{name}.ics", text(EVENT, f"{name}@x", f"Event {name}"))
    one.sync(), two.sync()
    folder = calendar(two)
    (one.root / "team/a.ics").unlink()
    one.put("team/b.ics", text(EVENT, "b@x", "Changed b"))
    two.put(f"{folder}/a.ics", text(EVENT, "a@x", "Changed a"))
    (two.root / folder / "b.ics").unlink()
    for side in (one, two, one):
        side.sync()
    for side in (one, two):
        assert "Changed a" in side.texts() and "Changed b" in side.texts()


def test_the_same_entries_on_both_sides_before_the_first_run_are_not_doubled(sides: tuple[Side, Side]) -> None:
    one, two = sides
    one.put("team/a.ics", text(EVENT, "a@x", "Lunch"))
    two.put(f"{calendar(two)}/other-name.ics", text(EVENT, "a@x", "Lunch"))
    one.sync(), two.sync()
    assert one.sync().deeds == two.sync().deeds == []
    assert len(one.files()) == len(two.files()) == 1


def test_a_dry_run_lists_and_changes_nothing(sides: tuple[Side, Side]) -> None:
    one, two = sides
    one.put("team/a.ics", text(EVENT, "a@x", "Lunch"))
    one.put("groceries/b.ics", text(TASK, "b@x", "Milk"))
    planned = one.sync(dry=True)
    assert {(deed.side, deed.verb, deed.how) for deed in planned.deeds} == {(Where.SERVER, "new", How.PLANNED)}
    assert len(planned.deeds) == 3
    assert two.sync().deeds == []
    assert one.sync().clean
    assert two.sync(dry=True).deeds and two.files() == {}


def test_a_new_list_here_is_made_on_the_server_and_a_new_one_there_is_made_here(sides: tuple[Side, Side]) -> None:
    one, two = sides
    one.put("Crème & Brot/b.ics", text(TASK, "b@x", "Milk"))
    assert one.sync().clean and two.sync().clean
    assert "Crème & Brot" in [two.store.display(c) for c in two.store.collections()]
    assert "Milk" in two.texts()


def test_everything_vanishing_here_is_told_and_not_passed_on(sides: tuple[Side, Side]) -> None:
    one, two = sides
    for name in "abc":
        one.put(f"team/{name}.ics", text(EVENT, f"{name}@x", f"Event {name}"))
    one.sync(), two.sync()
    for name in "abc":
        (one.root / f"team/{name}.ics").unlink()
    report = one.sync()
    assert not report.clean and "gone from this computer" in report.troubles[0]
    two.sync()
    assert len(two.files()) == 3
    assert one.sync(accept=lambda name: name == "team").clean
    assert "gone from the server" in two.sync().troubles[0]
    assert two.sync(accept=lambda name: name == "team").clean
    assert two.files() == {}


def test_what_somebody_took_back_at_once_is_noticed(sides: tuple[Side, Side]) -> None:
    one, two = sides
    one.put("team/a.ics", text(EVENT, "a@x", "Lunch"))
    one.sync(), two.sync()
    for ref in two.files():
        (two.root / ref).unlink()
    two.sync()
    assert [deed.verb for deed in one.sync().deeds] == ["removed"]
    assert one.files() == two.files() == {}


def test_everything_vanishing_on_the_server_is_told_and_not_passed_on(sides: tuple[Side, Side]) -> None:
    one, two = sides
    for name in "abc":
        one.put(f"team/{name}.ics", text(EVENT, f"{name}@x", f"Event {name}"))
    one.sync(), two.sync()
    for ref in two.files():
        (two.root / ref).unlink()
    two.sync(accept=lambda name: True)
    report = one.sync()
    assert "gone from the server" in report.troubles[0]
    assert len(one.files()) == 3


def test_a_folder_that_is_gone_here_leaves_the_calendar_on_the_server_alone(sides: tuple[Side, Side]) -> None:
    one, two = sides
    one.put("team/a.ics", text(EVENT, "a@x", "Lunch"))
    one.sync(), two.sync()
    (one.root / "team").rename(one.root / ".team")
    report = one.sync()
    assert "left alone on the server" in report.troubles[0]
    assert len(two.files()) == 1 and two.sync().clean
    assert one.sync(accept=lambda name: True).clean
    assert "gone from the server" in two.sync().troubles[0]
    assert "Lunch" in two.texts()


@pytest.mark.parametrize("name", ["radicale over TLS", "xandikos"])
def test_contacts_go_both_ways(tmp_path: Path, servers: dict[str, dav.Server], name: str) -> None:
    one, two = (Side(tmp_path / each, servers[name].url, ca_file=servers[name].ca_file, kind="r") for each in ("one", "two"))
    one.empty_server()
    one.put("olga.vcf", text(CARD, "olga", "Olga Petrova", "TEL:+49 1\r\nX-ODD:1"))
    assert one.sync().clean and two.sync().clean
    assert "Olga Petrova" in two.texts() and "X-ODD:1" in two.texts()
    ref = next(iter(two.files()))
    two.put(ref, two.files()[ref].replace(b"TEL:+49 1", b"TEL:+49 2"))
    two.sync(), one.sync()
    assert "+49 2" in one.texts()
    one.close(), two.close()
