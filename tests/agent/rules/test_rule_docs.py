"""Every rule of docs/rules.md does what the page says, on real folders, a real Maildir and real calendars."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from nearhand.agent.reply import Status
from nearhand.agent.rules.files import parsed
from nearhand.models.planner import SHIPPED
from nearhand.models.worker import Worker, pinned
from nearhand.models.written import read_line

from ...e2e.home import pdf
from . import rules_desk
from .rules_desk import ZONE, Desk

PAGE = (Path(__file__).parents[3] / "docs" / "rules.md").read_text(encoding="utf-8")
RULES = re.findall(r"^<!-- (rules\.add .+ \| .+) -->$", PAGE, re.M)
NOW = datetime.now(ZONE).replace(microsecond=0)
NEWS = [("List-Id", "<n.example>"), ("List-Unsubscribe", "<https://n.example/off>"), ("Precedence", "bulk")]


@pytest.fixture(scope="module")
def compiled() -> dict[str, str]:
    """What the shipped model makes of the words of the page."""
    worker = Worker(SHIPPED, pinned(), threads=1)
    try:
        asked = (read_line(line).turn.request for line in RULES)
        return {request: str(worker.plan(request).plan) for request in asked}
    finally:
        worker.close()


@pytest.fixture(params=["as the page says", "as the shipped model says"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    with tempfile.TemporaryDirectory(prefix="nearhand-rules-", dir=rules_desk.fast()) as folder:
        base = rules_desk.make(Path(folder) / "home")
        for name in ("Bills", "Scores", "Screenshots", "Backups", "Ledger"):
            (base / "Documents" / name).mkdir()
        with rules_desk.opened(base, NOW) as opened:
            if request.param == "as the shipped model says":
                opened.planner.plans |= request.getfixturevalue("compiled")
            yield opened


def begun(desk: Desk, number: int) -> None:
    desk.rule(RULES[number - 1])
    desk.go()


def test_there_are_ten() -> None:
    assert len(RULES) == 10


def test_the_file_on_the_page_can_be_read() -> None:
    text = re.search(r"```toml\n(.+?)```", PAGE, re.S)
    assert text is not None
    rule = parsed(text[1].encode(), "the page")
    assert rule.trigger["event"] == ("file",) and rule.grant.may[0].action == "files.move"


def test_1_a_bill_is_filed_and_its_due_date_becomes_a_task(desk: Desk) -> None:
    begun(desk, 1)
    desk.put("Downloads/scan_0012.pdf", pdf("Water bill. Please pay by 5 December 2027."))
    desk.put("Downloads/scan_0013.pdf", pdf("A letter from aunt Ada."))
    desk.go()
    assert desk.files("Documents/Bills") == ["scan_0012.pdf"] and desk.files("Downloads") == ["scan_0013.pdf"]
    (task,) = [p.read_text() for p in (desk.base / "calendars").rglob("*.ics")]
    assert "SUMMARY:Scan_0012.pdf" in task and "DUE;VALUE=DATE:20271205" in task


def test_2_the_briefing_comes_at_eight(desk: Desk) -> None:
    desk.at(datetime(2027, 3, 1, 6))
    begun(desk, 2)
    desk.at(datetime(2027, 3, 1, 8))
    desk.go()
    assert ["events" in notice.text for notice in desk.notices] == [True]


def test_3_olga_is_announced(desk: Desk) -> None:
    begun(desk, 3)
    desk.mail("Dinner?")
    desk.go()
    assert [notice.about for notice in desk.notices] == ["Dinner?"]


def test_4_the_score_is_opened_an_hour_before(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    (desk.base / "Documents" / "Scores").rmdir()
    desk.put("Documents/score brahms.pdf")
    desk.event("Rehearsal", datetime(2027, 3, 1, 19))
    desk.at(datetime(2027, 3, 1, 9))
    begun(desk, 4)
    monkeypatch.setattr(desk.engine.home, "show", lambda item: opened.append(item.title))
    desk.at(datetime(2027, 3, 1, 18, 1))
    desk.go()
    assert opened == ["score brahms.pdf"]


def test_5_newsletters_go_after_three_days(desk: Desk) -> None:
    begun(desk, 5)
    desk.mail("Issue 7", "News <news@n.example>", headers=NEWS, when=NOW)
    desk.go()
    desk.later(days=2)
    desk.go()
    assert len(desk.mails()) == 1
    desk.later(days=1, minutes=1)
    desk.go()
    assert desk.mails() == [] and len(desk.mails(".Archive")) == 1


def test_6_attachments_are_kept_and_the_mail_is_archived(desk: Desk) -> None:
    begun(desk, 6)
    desk.mail("The parts", files=[("alto.pdf", b"%PDF")])
    desk.mail("No parts")
    desk.go()
    assert desk.files("Documents/Scores") == ["alto.pdf"] and len(desk.mails()) == len(desk.mails(".Archive")) == 1


def test_7_screenshots_are_moved(desk: Desk) -> None:
    begun(desk, 7)
    desk.put("Downloads/Screenshot 2027-01-01.png", b"png")
    desk.go()
    assert desk.files("Documents/Screenshots") == ["Screenshot 2027-01-01.png"]


def test_8_a_week_before_a_birthday_there_is_a_task(desk: Desk) -> None:
    desk.at(datetime(2027, 3, 1, 12))
    (desk.base / "calendars" / "personal" / "b.ics").write_text(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:b\r\nDTSTAMP:20260101T000000Z\r\n"
        "DTSTART;VALUE=DATE:20200310\r\nRRULE:FREQ=YEARLY\r\nSUMMARY:Birthday of Olga\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    begun(desk, 8)
    assert desk.tasks() == []
    desk.at(datetime(2027, 3, 3, 9, 1))
    desk.go()
    desk.go()
    assert desk.tasks() == ["Buy a present"]


def test_9_the_month_is_packed_on_its_first_day(desk: Desk) -> None:
    desk.put("Documents/Ledger/march.csv", "1,2")
    desk.at(datetime(2027, 3, 20, 12))
    begun(desk, 9)
    desk.at(datetime(2027, 4, 1, 9, 1))
    desk.go()
    assert desk.files("Documents/Backups") == ["Ledger.zip"]


def test_10_an_answer_waits_for_a_yes(desk: Desk) -> None:
    begun(desk, 10)
    desk.mail("Are you there?")
    desk.go()
    assert desk.mails(".Outbox") == []
    (entry,) = desk.engine.journal.waiting()
    assert desk.engine.approve(entry.id).status is Status.DONE and len(desk.mails(".Outbox")) == 1


def test_every_rule_can_be_tried_before_it_is_kept(desk: Desk) -> None:
    desk.put("Documents/Ledger/march.csv", "1,2")
    desk.put("Documents/score.pdf")
    desk.event("Rehearsal", (NOW - timedelta(days=3)).replace(tzinfo=None))
    before = {p: p.read_bytes() for p in desk.base.rglob("*") if p.is_file() and p.suffix in (".ics", ".pdf", ".csv")}
    for line in RULES:
        cards: list = []
        desk.ask(line, cards)
        assert any("last 30 days" in text or "due next" in text for text in cards[0].lines), line
    after = {p: p.read_bytes() for p in desk.base.rglob("*") if p.is_file() and p.suffix in (".ics", ".pdf", ".csv")}
    assert before == after and desk.files("Documents/Backups") == []
