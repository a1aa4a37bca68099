"""The comparison behind every synchronization, and the merge of two versions, as pure functions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nearhand.connectors.dav.merge import merge, retitled, same, uid_of
from nearhand.connectors.dav.plan import Change, Kind, Pair, plan, vanished

from .dav_side import CARD, EVENT, text

NAMES = st.sampled_from("abcdef")
VERSIONS = st.sampled_from(["1", "2", "3"])


def event(title: str, more: str = "") -> str:
    return text(EVENT, "e@x", title, more).decode()


# --- plan -----------------------------------------------------------------------------------------------------------


def carried_out(changes: list[Change], here: dict[str, str], there: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Both sides after the changes, with a merge that knows both."""
    here, there = dict(here), dict(there)
    for change in changes:
        name = change.ref or change.href
        match change.kind:
            case Kind.UPLOAD | Kind.UPDATE:
                there[name] = here[name]
            case Kind.FETCH | Kind.REFRESH:
                here[name] = there[name]
            case Kind.TRASH:
                del here[name]
            case Kind.REMOVE:
                del there[name]
            case Kind.MERGE:
                here[name] = there[name] = "+".join(sorted({here[name], there[name]}))
    return here, there


@given(st.dictionaries(NAMES, VERSIONS), st.dictionaries(NAMES, VERSIONS), st.dictionaries(NAMES, VERSIONS))
def test_after_the_changes_both_sides_are_the_same_and_no_change_is_lost(
    here: dict[str, str], there: dict[str, str], last: dict[str, str]
) -> None:
    pairs = [Pair(name, name, version, version) for name, version in last.items()]
    twins = {name: name for name in here if name in there and name not in last}
    after_here, after_there = carried_out(plan(here, there, pairs, twins), here, there)
    assert after_here == after_there
    for side in (here, there):
        for name, version in side.items():
            if version != last.get(name):
                assert version in after_here[name]


@given(st.dictionaries(NAMES, VERSIONS))
def test_what_is_in_step_needs_nothing(both: dict[str, str]) -> None:
    assert plan(both, both, [Pair(name, name, version, version) for name, version in both.items()]) == []


def test_what_is_made_comes_before_what_is_taken_away() -> None:
    last = [Pair("old", "old", "1", "1"), Pair("gone", "gone", "1", "1")]
    kinds = [change.kind for change in plan({"new": "1", "gone": "1"}, {"old": "1", "more": "1"}, last)]
    assert kinds == [Kind.FETCH, Kind.UPLOAD, Kind.TRASH, Kind.REMOVE]


def test_one_thing_may_vanish_but_not_everything() -> None:
    assert not vanished([], ["a"])
    assert not vanished(["b"], ["a", "b"])
    assert vanished([], ["a", "b"])
    assert vanished(["new"], ["a", "b"])


# --- merge ----------------------------------------------------------------------------------------------------------


def test_changes_of_different_properties_are_put_together_and_unknown_lines_keep_their_bytes() -> None:
    odd = 'X-ODD;X-P="a;b":kept\\, as\r\n  it is'
    base = event("Lunch", f"LOCATION:Here\r\n{odd}")
    merged = merge(base, event("Long lunch", f"LOCATION:Here\r\n{odd}"), event("Lunch", f"LOCATION:There\r\n{odd}"))
    assert merged == event("Long lunch", f"LOCATION:There\r\n{odd}")


def test_the_same_property_changed_in_two_ways_is_no_merge() -> None:
    assert merge(event("Lunch"), event("Breakfast"), event("Dinner")) is None


def test_start_and_end_belong_together() -> None:
    base = event("Lunch")
    moved = base.replace("T090000Z", "T080000Z")
    longer = base.replace("T100000Z", "T120000Z")
    assert merge(base, moved, longer) is None
    assert merge(base, moved, moved) == moved


def test_attendees_are_merged_one_by_one() -> None:
    base = event("Lunch", "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:robin@x.example")
    ours = event("Lunch", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:robin@x.example")
    theirs = event("Lunch", "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:robin@x.example\r\nATTENDEE:mailto:olga@x.example")
    merged = merge(base, ours, theirs) or ""
    assert "PARTSTAT=ACCEPTED:mailto:robin" in merged and "olga" in merged and "NEEDS-ACTION" not in merged


def test_counters_and_stamps_take_the_later_value() -> None:
    base, ours, theirs = (event("Lunch", f"SEQUENCE:{n}\r\nLAST-MODIFIED:2026010{n}T000000Z") for n in (1, 9, 5))
    assert merge(base, ours, theirs) == ours


def test_exceptions_of_a_series_are_merged_one_by_one() -> None:
    def changed(day: str, title: str) -> str:
        return f"BEGIN:VEVENT\r\nUID:e@x\r\nRECURRENCE-ID:{day}\r\nDTSTART:{day}\r\nSUMMARY:{title}\r\nEND:VEVENT\r\n"

    base = event("Lunch", "RRULE:FREQ=DAILY")
    ours = base.replace("END:VCALENDAR", changed("20260305T090000Z", "One") + "END:VCALENDAR")
    theirs = base.replace("END:VCALENDAR", changed("20260306T090000Z", "Two") + "END:VCALENDAR")
    merged = merge(base, ours, theirs) or ""
    assert "SUMMARY:One" in merged and "SUMMARY:Two" in merged and merged.count("BEGIN:VEVENT") == 3
    assert merge(ours, base, ours.replace("SUMMARY:One", "SUMMARY:Other")) is None, "removed here, changed there"


def test_a_task_that_both_completed_is_completed() -> None:
    base = event("Milk", "STATUS:NEEDS-ACTION")
    ours, theirs = (event("Milk", f"STATUS:COMPLETED\r\nCOMPLETED:2026030{n}T000000Z") for n in (1, 2))
    assert merge(base, ours, theirs) == theirs


def test_contacts_are_merged_too() -> None:
    base, ours, theirs = (
        text(CARD, "o", "Olga", more).decode() for more in ("TEL:1", "TEL:1\r\nTEL:2", "TEL:1\r\nEMAIL:o@x.example")
    )
    merged = merge(base, ours, theirs) or ""
    assert "TEL:1" in merged and "TEL:2" in merged and "EMAIL:o@x.example" in merged


@given(st.permutations(["SUMMARY:Lunch", "LOCATION:Here", "X-A:1", "CATEGORIES:A,B", "SEQUENCE:3"]))
def test_the_order_of_lines_says_nothing(lines: list[str]) -> None:
    plain = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\n{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    assert same(plain.format("\r\n".join(lines)), plain.format("\r\n".join(sorted(lines))))


def test_what_cannot_be_read_is_neither_merged_nor_the_same() -> None:
    assert merge(event("a"), "BEGIN:VCALENDAR", event("b")) is None
    assert not same("BEGIN:VCALENDAR", event("a"))
    assert uid_of("nonsense") == ""


def test_a_copy_has_another_uid_a_mark_and_invites_nobody() -> None:
    copy = retitled(event("Lunch", "ORGANIZER:mailto:o@x.example\r\nATTENDEE:mailto:p@x.example"), "(mine)", lambda u: f"{u}-2")
    assert uid_of(copy) == "e@x-2" and "SUMMARY:Lunch (mine)" in copy and "mailto" not in copy
