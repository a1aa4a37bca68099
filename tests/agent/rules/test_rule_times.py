"""Moments of rules: missed ones come once, the clock may jump and sleep, and summer time neither loses nor doubles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.agent.resolve.when.spans import repeat
from nearhand.agent.resolve.when.types import Clock
from nearhand.agent.rules.times import last_due, moments, next_due
from nearhand.agent.rules.trigger import Trigger

from . import rules_desk
from .rules_desk import ZONE, Desk

MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=ZONE)
BRIEFING = "rules.add ; agent.briefing | give me a briefing {repeat:every weekday at 8}"
SCORE = "rules.add event=event ; files.open | {by:an hour before} any {what:rehearsal}, open {2.what:the score}"
REMIND = "rules.add event=event ; agent.notify | {by:an hour before} {what:choir} remind me {2.say:to take the folder}"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with rules_desk.opened(rules_desk.make(tmp_path), MONDAY) as opened:
        yield opened


def clock(now: datetime) -> Clock:
    return Clock(now)


def trigger(said: str, now: datetime) -> Trigger:
    found = repeat(said, clock(now.replace(hour=0)))
    assert found is not None
    return Trigger("time", repeat=found)


def said(desk: Desk) -> list[str]:
    return [notice.title for notice in desk.notices]


def test_a_rule_runs_at_its_time_and_not_before(desk: Desk) -> None:
    desk.rule(BRIEFING)
    desk.go()
    assert said(desk) == []
    with desk.working() as works:
        assert works.next() is not None and works.runner.next() == datetime(2026, 11, 23, 8, tzinfo=ZONE)
    desk.later(hours=1)
    desk.go()
    desk.go()
    assert said(desk) == ["give me a briefing every weekday at 8"]


def test_what_was_missed_while_the_machine_was_off_comes_once(desk: Desk) -> None:
    desk.rule(BRIEFING)
    desk.go()
    desk.later(days=12, hours=3)
    desk.go()
    desk.go()
    assert len(said(desk)) == 1


def test_a_clock_that_goes_back_does_not_make_a_rule_run_again(desk: Desk) -> None:
    desk.rule(BRIEFING)
    desk.later(hours=1, minutes=5)
    desk.go()
    desk.later(minutes=-30)
    desk.go()
    desk.later(minutes=45)
    desk.go()
    assert len(said(desk)) == 1


def test_a_clock_that_was_years_ahead_does_not_silence_a_rule(desk: Desk) -> None:
    desk.rule(BRIEFING)
    desk.go()
    desk.at(datetime(2031, 5, 5, 12))
    desk.go()
    desk.at(datetime(2026, 11, 24, 7))
    desk.go()
    before = len(said(desk))
    desk.later(hours=2)
    desk.go()
    assert before <= 1 and len(said(desk)) == before + 1


def test_a_rule_that_was_made_after_its_time_waits_for_the_next_day(desk: Desk) -> None:
    desk.later(hours=3)
    desk.rule(BRIEFING)
    desk.go()
    assert said(desk) == []


def test_an_hour_before_a_rehearsal_the_person_is_reminded_once(desk: Desk) -> None:
    desk.event("Choir", datetime(2026, 11, 23, 19, 30))
    desk.rule(REMIND)
    desk.go()
    with desk.working() as works:
        assert works.runner.next() == datetime(2026, 11, 23, 18, 30, tzinfo=ZONE)
    desk.at(datetime(2026, 11, 23, 18, 31))
    desk.go()
    desk.go()
    assert [n.text for n in desk.notices] == ["Take the folder"]


def test_an_event_that_is_moved_sets_it_off_again_at_its_new_time(desk: Desk) -> None:
    desk.event("Choir", datetime(2026, 11, 23, 19, 30))
    desk.rule(REMIND)
    desk.at(datetime(2026, 11, 23, 18, 31))
    desk.go()
    desk.event("Choir", datetime(2026, 11, 23, 21, 0))
    desk.at(datetime(2026, 11, 23, 20, 1))
    desk.go()
    assert len(desk.notices) == 2


def test_what_is_over_when_the_machine_wakes_is_let_go(desk: Desk) -> None:
    desk.event("Choir", datetime(2026, 11, 23, 19, 30))
    desk.rule(REMIND)
    desk.go()
    desk.at(datetime(2026, 11, 23, 22, 0))
    desk.go()
    assert desk.notices == []


def test_each_occurrence_of_a_series_counts(desk: Desk) -> None:
    desk.event("Choir", datetime(2026, 11, 23, 19, 30), more="RRULE:FREQ=WEEKLY")
    desk.rule(REMIND)
    for week in range(3):
        desk.at(datetime(2026, 11, 23, 18, 31) + timedelta(weeks=week))
        desk.go()
    assert len(desk.notices) == 3


def test_the_score_is_opened_with_the_program_of_the_desktop(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(desk.engine.home, "show", lambda item: opened.append(item.title))
    desk.put("Documents/score brahms.pdf")
    desk.event("Rehearsal", datetime(2026, 11, 23, 19, 30))
    desk.rule(SCORE)
    opened.clear()
    desk.at(datetime(2026, 11, 23, 18, 30))
    desk.go()
    desk.go()
    assert opened == ["score brahms.pdf"]


def test_newsletters_are_archived_after_three_days_if_they_are_still_there(desk: Desk) -> None:
    news = [("List-Id", "<news.example>"), ("List-Unsubscribe", "<https://there.example/off>"), ("Precedence", "bulk")]
    sender = "The News <news@news.example>"
    desk.at(datetime.now(ZONE))
    early = desk.mail("Issue 1", sender, headers=news, when=desk.now - timedelta(days=1))
    desk.rule("rules.add event=mail kind=newsletter ; mail.archive what=$1 | archive newsletters {when:after 3 days}")
    desk.go()
    late = desk.mail("Issue 2", sender, headers=news, when=desk.now)
    desk.go()
    assert desk.mails() == sorted([early, late])
    desk.later(days=2, hours=1)
    desk.go()
    assert desk.mails() == [late] and desk.mails(".Archive") == [early]
    desk.later(days=1)
    desk.go()
    assert desk.mails() == []


def test_a_task_that_goes_overdue_is_told_when_it_does(desk: Desk) -> None:
    desk.at(datetime.now(ZONE).replace(microsecond=0))
    desk.rule("rules.add event=task state=overdue ; agent.notify what=$1 | shout at me when a task goes overdue")
    desk.go()
    due = desk.now + timedelta(hours=2)
    text = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VTODO", "UID:t1", "SUMMARY:Call the bank",
            f"DUE:{due.astimezone(UTC):%Y%m%dT%H%M%SZ}", "END:VTODO", "END:VCALENDAR", ""]  # fmt: skip
    desk.put("calendars/personal/t1.ics", "\r\n".join(text))
    desk.go()
    assert desk.notices == []
    desk.later(hours=2, minutes=1)
    desk.go()
    desk.go()
    assert [notice.about for notice in desk.notices] == ["Call the bank"]


@pytest.mark.parametrize(("day", "hour"), [("2026-03-29", 2), ("2026-10-25", 2)])
def test_an_hour_that_is_skipped_or_doubled_counts_once(day: str, hour: int) -> None:
    begin = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=ZONE)
    found = repeat(f"every day at {hour}:30 am", clock(begin - timedelta(days=1)))
    assert found is not None
    on_that_day = [m for m in moments(found, begin, begin + timedelta(days=1), clock(begin)) if m.date() == begin.date()]
    assert len(on_that_day) == 1
    assert on_that_day[0].astimezone(UTC) > begin.astimezone(UTC)


@given(start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)), gap=st.integers(1, 60 * 24 * 40))
def test_however_long_it_slept_the_last_moment_and_only_that_is_due(start: datetime, gap: int) -> None:
    since = start.replace(tzinfo=ZONE)
    now = (since.astimezone(UTC) + timedelta(minutes=gap)).astimezone(ZONE)
    every = trigger("every day at 8:00", datetime(2025, 12, 30, tzinfo=ZONE))
    due = last_due(every, since, now, clock(now))
    day = now.date() if now.replace(tzinfo=None) >= datetime.combine(now, datetime.min.time().replace(hour=8)) else None
    expected = datetime.combine(day or (now.date() - timedelta(days=1)), datetime.min.time(), ZONE).replace(hour=8)
    assert due == (expected if expected.astimezone(UTC) > since.astimezone(UTC) else None)
    following = next_due(every, now, clock(now))
    assert following is not None and now.astimezone(UTC) < following.astimezone(UTC) <= now.astimezone(UTC) + timedelta(hours=25)
