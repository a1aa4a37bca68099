"""Reminders as a person would say them, and in the sentence about what changes."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from nearhand.connectors.vdir.event_changes import describe

EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261106T170000Z\r\nDTEND:20261106T180000Z\r\n"
    "SUMMARY:Swim\r\n{}END:VEVENT\r\nEND:VCALENDAR\r\n"
)


def with_alarms(*triggers: str) -> str:
    return EVENT.format(
        "".join(
            f"BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Swim\r\n{trigger}\r\nEND:VALARM\r\n" for trigger in triggers
        )
    )


@pytest.mark.parametrize(
    ("triggers", "said"),
    [
        (["TRIGGER:-PT30M"], "the reminder is now 30 minutes before"),
        (["TRIGGER:-P1DT1H"], "the reminder is now 1 day 1 hour before"),
        (["TRIGGER:-P1W"], "the reminder is now 7 days before"),
        (["TRIGGER:PT0S"], "the reminder is now when it begins"),
        (["TRIGGER:PT5M"], "the reminder is now 5 minutes after"),
        (["TRIGGER;VALUE=DATE-TIME:20261106T070000Z"], "the reminder is now Fri 6 Nov 08:00"),
        (["TRIGGER:-PT30M", "TRIGGER:-P1D"], "the reminder is now 30 minutes before and 1 day before"),
        (["TRIGGER:soon"], "the reminder changes"),
        (["TRIGGER;VALUE=DATE-TIME:soon"], "the reminder changes"),
        ([], "no reminder any more"),
    ],
)
def test_a_changed_reminder_is_said(triggers: list[str], said: str) -> None:
    before, after = with_alarms("TRIGGER:-PT10M"), with_alarms(*triggers)
    assert describe(before, after, ZoneInfo("Europe/Berlin"), "personal") == f"Swim: {said}."


def test_a_new_length_is_said_in_hours_and_minutes() -> None:
    before = EVENT.format("")
    longer = before.replace("T180000Z", "T183000Z")
    later = before.replace("T170000Z", "T190000Z").replace("T180000Z", "T204500Z")
    said = [describe(before, after, ZoneInfo("Europe/Berlin"), "personal") for after in (longer, later)]
    assert said == [
        "Swim on Fri 6 Nov 18:00 now lasts 1 hour 30 minutes.",
        "Swim moves from Fri 6 Nov 18:00 to Fri 6 Nov 20:00 and lasts 1 hour 45 minutes.",
    ]
