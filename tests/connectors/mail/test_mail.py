"""The mail connector: items, effects, their inverses, the Outbox, and what other programs do meanwhile."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from nearhand.connectors.base import Call, Effect, Item, Person, Source, World
from nearhand.connectors.errors import ConflictError, ConnectorError, DeniedError, ExistsError, NotFoundError
from nearhand.connectors.mail.connector import MailConnector
from nearhand.connectors.testing import ConnectorContract, journaled

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "hostile"
HOSTILE = sorted(path for path in (SHARED / "mail").rglob("*") if path.is_file()) if SHARED.is_dir() else []
ME = Person("Robin Keller", "robin@keller.example")
OLGA = Person("Olga Petrova", "olga@example.org")
ZONE = ZoneInfo("Europe/Berlin")
DATE = datetime(2026, 3, 2, 9, 30, tzinfo=ZONE)
FIXED = {"date": DATE, "message_id": "fixed@keller.example"}
INVOICE = b"""From: Olga Petrova <olga@example.org>
To: Robin Keller <robin@keller.example>, Max <max@example.org>
Cc: Ida <ida@example.org>
Subject: Invoice
Date: Mon, 2 Feb 2026 08:00:00 +0000
Message-ID: <invoice@example.org>
References: <first@example.org> <second@example.org>
In-Reply-To: <second@example.org>
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

Here it is.
--b
Content-Type: application/pdf; name="invoice.pdf"
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="invoice.pdf"

JVBERi0=
--b--
"""
NEWS = b"From: news@shop.example\nTo: robin@keller.example\nSubject: Sale\nList-Id: <x>\n\nBuy!\n"
MAILS = {
    "new/1700000001.M1.host": INVOICE,
    "cur/1700000002.M2.host,U=7:2,FRS": NEWS,
    ".Bank/cur/1700000003.M3.host:2,": NEWS,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "Mail"
    for sub in ("cur", "new", "tmp"):
        (root / sub).mkdir(parents=True)
    for place, data in MAILS.items():
        put(root, place, data)
    return root


@pytest.fixture
def connector(root: Path) -> MailConnector:
    return MailConnector(root, ME, ZONE)


def put(root: Path, place: str, data: bytes) -> Path:
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def item(connector: MailConnector, word: str, folder: str = "INBOX") -> Item:
    found = [connector.load(ref) for ref, _ in connector.scan() if ref.startswith(folder + "/")]
    return next(each for each in found if word in each.title)


def world(connector: MailConnector) -> dict[str, object]:
    """Every mail with its flags and bytes, but for the trash."""
    found = {ref: connector.store.find(ref) for ref, _ in connector.scan() if not ref.startswith(".Trash/")}
    return {ref.replace(",U=7", ""): (entry.flags, connector.store.read(entry)) for ref, entry in found.items()}


def run(connector: MailConnector, action: str, *items: Item, **args: object) -> list[Effect]:
    effects = list(connector.expand(Call(action, items, {**FIXED, **args})))
    for effect in effects:
        connector.apply(effect)
    return effects


class TestMailKeepsTheContract(ConnectorContract):
    def effects(self, connector: MailConnector) -> Sequence[Effect]:  # type: ignore[override]
        invoice, news = item(connector, "Invoice"), item(connector, "Sale")
        calls = [
            Call("mail.move", (invoice, news), {"to": "Family/School"}),
            Call("mail.move", (news,), {"to": "bank"}),
            Call("mail.archive", (invoice,)),
            Call("mail.trash", (news,)),
            Call("mail.mark_read", (invoice,)),
            Call("mail.mark_unread", (news,)),
            Call("mail.flag", (invoice,)),
            Call("mail.unflag", (news,)),
            Call("mail.send", (), {**FIXED, "to": (OLGA,), "text": "hello"}),
            Call("mail.draft", (), {**FIXED, "to": (OLGA,), "text": "hello"}),
            Call("mail.reply", (invoice,), {**FIXED, "text": "thanks"}),
            Call("mail.forward", (invoice,), {**FIXED, "to": (OLGA,), "text": "look"}),
        ]
        return [effect for call in calls for effect in connector.expand(call)]

    def snapshot(self, connector: MailConnector) -> object:  # type: ignore[override]
        return world(connector)


def test_a_mail_is_an_item_with_all_that_can_be_searched(connector: MailConnector) -> None:
    found = item(connector, "Invoice")
    assert (found.kind, found.title, found.place, found.source) == ("mail", "Invoice", "Inbox", Source.OUTSIDE)
    assert found.when == datetime(2026, 2, 2, 8, tzinfo=UTC) and found.size == len(INVOICE)
    assert [role for role, _ in found.people] == ["from", "to", "to", "cc"] and found.people[0] == ("from", OLGA)
    assert found.tags == {"unread", "unflagged", "unanswered", "attachment"} and found.text == "Here it is."
    assert found.extra["thread"] == "first@example.org" and found.extra["attachments"] == "invoice.pdf"
    assert item(connector, "Sale").tags == {"read", "flagged", "answered", "newsletter"}
    assert connector.attachments(found.ref) == [("invoice.pdf", "application/pdf", 5)]
    assert connector.attachment_bytes(found.ref, 0) == b"%PDF-"
    assert connector.thread(found.ref) == "first@example.org" and connector.folders() == ["Inbox", "Bank"]


def test_reading_does_not_mark_as_read(connector: MailConnector) -> None:
    before = world(connector)
    for ref, _ in connector.scan():
        connector.load(ref)
    assert world(connector) == before


def test_what_the_person_wrote_is_their_own(root: Path, connector: MailConnector) -> None:
    for folder in (".Sent", ".Drafts", ".Outbox"):
        put(root, f"{folder}/cur/1.x:2,S", NEWS)
        assert connector.load(f"{folder}/1.x").source is Source.OWN


@pytest.mark.parametrize(
    ("date", "received", "expected"),
    [
        ("garbage", "", datetime(2023, 11, 14, 22, 13, 29, tzinfo=UTC)),
        (
            "Tue, 19 Jan 2038 03:14:07 +0000",
            "by mx; Mon, 2 Feb 2026 08:00:00 +0000",
            datetime(2026, 2, 2, 8, tzinfo=UTC),
        ),
        (
            "Mon, 2 Feb 2026 09:00:00 +0100",
            "by mx; Mon, 2 Feb 2026 08:01:00 +0000",
            datetime(2026, 2, 2, 8, tzinfo=UTC),
        ),
    ],
)
def test_a_time_nobody_can_believe_is_replaced_by_that_of_delivery(
    root: Path, connector: MailConnector, date: str, received: str, expected: datetime
) -> None:
    put(root, "cur/1700000009.a:2,", f"Received: {received}\nFrom: a@b.example\nDate: {date}\n\n".encode())
    assert connector.load("INBOX/1700000009.a").when == expected


def test_a_mail_that_cannot_be_read_is_still_an_item(root: Path, connector: MailConnector) -> None:
    put(root, "cur/1.a:2,", b"Subject: too many\n" + b"X: y\n" * 2000 + b"\n")
    put(root, "cur/2.b:2,", b"\x00\xff")
    with put(root, "cur/3.c:2,", b"Subject: huge\n\n").open("ab") as file:
        file.truncate(51 * 1024 * 1024)
    many, binary, huge = (connector.load(f"INBOX/{name}") for name in ("1.a", "2.b", "3.c"))
    assert (many.title, binary.title, huge.title) == ("too many", "(unreadable mail)", "huge")
    assert all(each.extra["unreadable"] and not each.tags and each.when for each in (many, binary, huge))
    run(connector, "mail.trash", many, binary, huge)
    assert sum(ref.startswith(".Trash/") for ref, _ in connector.scan()) == 3


@pytest.mark.skipif(not HOSTILE, reason="shared/data/hostile is not beside this checkout")
def test_every_hostile_mail_loads(root: Path, connector: MailConnector) -> None:
    for number, path in enumerate(HOSTILE):
        put(root, f".Hostile/cur/{number}.x:2,", path.read_bytes())
    for number, path in enumerate(HOSTILE):
        start = time.process_time()
        found = connector.load(f".Hostile/{number}.x")
        assert found.title and found.title.isprintable() and found.when and found.when.tzinfo, path
        assert time.process_time() - start < 2, path


@pytest.mark.skipif(not HOSTILE, reason="shared/data/hostile is not beside this checkout")
def test_every_hostile_mail_can_be_answered_and_passed_on_or_says_why_not(root: Path, connector: MailConnector) -> None:
    for number, path in enumerate(HOSTILE):
        put(root, f".Hostile/cur/{number}.x:2,", path.read_bytes())
        found = connector.load(f".Hostile/{number}.x")
        for action in ("mail.reply_all", "mail.forward"):
            try:
                effects = connector.expand(Call(action, (found,), {**FIXED, "to": (OLGA,), "text": "x"}))
            except ConnectorError as error:
                assert str(error)
            else:
                assert b"X-Injected" not in base64.b64decode(effects[0].args["raw"]).partition(b"\n\n")[0]


def test_mail_is_moved_to_the_mailbox_a_person_means(connector: MailConnector) -> None:
    effects = run(connector, "mail.move", item(connector, "Sale"), to="bank")
    assert effects[0].args["to"] == ".Bank"
    assert {ref for ref, _ in connector.scan()} >= {".Bank/1700000002.M2.host", ".Bank/1700000003.M3.host"}


def test_moving_to_where_it_is_does_nothing(connector: MailConnector) -> None:
    assert run(connector, "mail.move", item(connector, "Sale", ".Bank"), to="Bank") == []
    assert run(connector, "mail.mark_read", item(connector, "Sale")) == []


def test_two_mails_of_one_name_both_arrive(root: Path, connector: MailConnector) -> None:
    put(root, ".Family/cur/1700000003.M3.host:2,S", INVOICE)
    run(connector, "mail.archive", item(connector, "Sale", ".Bank"), item(connector, "Invoice", ".Family"))
    assert {ref for ref, _ in connector.scan() if ref.startswith(".Archive/")} == {
        ".Archive/1700000003.M3.host",
        ".Archive/1700000003.M3.host.2",
    }


def test_a_move_can_be_undone_though_the_mail_was_read_since(root: Path, connector: MailConnector) -> None:
    effect = run(connector, "mail.archive", item(connector, "Invoice"))[0]
    entry = connector.store.find(".Archive/1700000001.M1.host")
    entry.path.rename(root / ".Archive" / "cur" / "1700000001.M1.host:2,S")
    connector.apply(connector.inverse(effect))
    assert connector.load("INBOX/1700000001.M1.host").tags >= {"read"}


def test_a_mailbox_made_for_a_move_goes_when_the_move_is_undone(root: Path, connector: MailConnector) -> None:
    effect = run(connector, "mail.move", item(connector, "Invoice"), to="Boiler")[0]
    back = connector.inverse(effect)
    connector.apply(back)
    assert not (root / ".Boiler").exists()
    connector.apply(replace(connector.inverse(back), seen=connector.load(back.args["to"] + "/" + back.args["as"]).version))
    assert connector.load(".Boiler/1700000001.M1.host").title == "Invoice"


@pytest.mark.parametrize("kept", ["new/1700000009.M9.host", "maildirfolder", "courierimapacl", "../.Boiler.Old/cur/x:2,S"])
def test_a_mailbox_made_for_a_move_stays_when_anything_is_in_it(root: Path, connector: MailConnector, kept: str) -> None:
    effect = run(connector, "mail.move", item(connector, "Invoice"), to="Boiler")[0]
    put(root, f".Boiler/{kept}", INVOICE)
    connector.apply(connector.inverse(effect))
    assert (root / ".Boiler" / kept).exists() and ".Boiler" in connector.store.folders()


def test_a_mailbox_that_was_there_or_that_everybody_has_stays(root: Path, connector: MailConnector) -> None:
    for to in ("Bank", "Trash"):
        effect = run(connector, "mail.move", item(connector, "Invoice"), to=to)[0]
        connector.apply(connector.inverse(effect))
    assert {".Bank", ".Trash"} <= set(connector.store.folders())


def test_a_mail_changed_since_the_plan_is_a_conflict(root: Path, connector: MailConnector) -> None:
    effects = connector.expand(Call("mail.trash", (item(connector, "Invoice"),)))
    (root / "new" / "1700000001.M1.host").rename(root / "cur" / "1700000001.M1.host:2,S")
    with pytest.raises(ConflictError):
        connector.apply(effects[0])
    with pytest.raises(ConflictError):
        connector.expand(Call("mail.reply", (replace(item(connector, "Invoice"), version="1-2-3:2,"),), {"text": "x"}))


def test_a_mail_taken_away_by_another_program_is_not_found(root: Path, connector: MailConnector) -> None:
    effects = connector.expand(Call("mail.trash", (item(connector, "Invoice"),)))
    (root / "new" / "1700000001.M1.host").rename(root / ".Bank" / "cur" / "1700000001.M1.host:2,")
    assert connector.probe(effects[0]) is World.NEITHER
    with pytest.raises(NotFoundError):
        connector.apply(effects[0])


def test_a_reply_marks_the_mail_as_answered(connector: MailConnector) -> None:
    effects = run(connector, "mail.reply", item(connector, "Invoice"), text="Thanks!")
    assert [effect.verb for effect in effects] == ["add", "flags"]
    assert "answered" in item(connector, "Invoice").tags


def test_a_new_mail_is_never_put_there_twice(connector: MailConnector) -> None:
    effect = run(connector, "mail.send", to=(OLGA,), text="hello")[0]
    with pytest.raises(ExistsError):
        connector.apply(effect)
    assert connector.probe(effect) is World.AFTER


def test_a_mail_that_left_the_outbox_is_not_taken_for_one_that_never_came(connector: MailConnector) -> None:
    effect = run(connector, "mail.send", to=(OLGA,), text="hello")[0]
    connector.apply(connector.sent(connector.waiting()[0]))
    assert connector.probe(effect) is World.NEITHER


def test_the_outbox_gives_the_final_bytes_without_hidden_copies(connector: MailConnector) -> None:
    hold = DATE + timedelta(seconds=10)
    secret = Person("", "secret@example.org")
    run(connector, "mail.send", to=(OLGA,), bcc=(secret,), subject="S", text="hello", not_before=hold, digest="abc123")
    found = connector.release(connector.waiting()[0])
    assert (found.sender, found.recipients) == (ME.address, ("olga@example.org", "secret@example.org"))
    assert b"secret" not in found.raw and b"X-Nearhand" not in found.raw and b"\n\nhello\n" in found.raw
    assert (found.not_before, found.digest, found.message_id) == (hold, "abc123", "fixed@keller.example")


def test_a_withdrawn_mail_can_be_put_back(connector: MailConnector) -> None:
    run(connector, "mail.send", to=(OLGA,), text="hello")
    ref = connector.waiting()[0]
    effect = connector.withdraw(ref)
    connector.apply(effect)
    assert connector.waiting() == []
    connector.apply(journaled(connector.inverse(effect)))
    assert connector.waiting() == [ref]


def test_a_mail_edited_in_the_outbox_is_not_withdrawn_by_undo(connector: MailConnector) -> None:
    effect = run(connector, "mail.send", to=(OLGA,), text="hello")[0]
    path = connector.store.find(connector.waiting()[0]).path
    path.write_bytes(path.read_bytes() + b"more\n")
    with pytest.raises(ConflictError):
        connector.apply(connector.inverse(effect))


def test_an_outbox_mail_that_cannot_say_when_it_may_go_does_not_go(root: Path, connector: MailConnector) -> None:
    put(root, ".Outbox/cur/1.a:2,S", b"From: r@k.example\nTo: o@e.example\nX-Nearhand-Not-Before: soon\n\nx\n")
    with pytest.raises(DeniedError):
        connector.release(".Outbox/1.a")
    with pytest.raises(DeniedError):
        connector.withdraw("INBOX/1700000001.M1.host")


def test_a_draft_can_be_sent(connector: MailConnector) -> None:
    run(connector, "mail.draft", subject="Plan", text="See you", to=(OLGA,))
    run(connector, "mail.send", item(connector, "Plan", ".Drafts"), message_id="second@keller.example")
    sent = connector.letter(connector.waiting()[0])
    assert (sent.subject, sent.text, sent.to) == ("Plan", "See you", (OLGA,))
    assert not [ref for ref, _ in connector.scan() if ref.startswith(".Drafts/")]


def test_attachments_come_with_safe_names_and_none_twice(root: Path, connector: MailConnector) -> None:
    put(
        root,
        "cur/5.e:2,",
        INVOICE.replace(b"Subject: Invoice", b"Subject: Again").replace(b"invoice.pdf", b"../INVOICE.pdf"),
    )
    files = connector.attachment_files(
        Call("mail.save_attachments", (item(connector, "Invoice"), item(connector, "Again")))
    )
    assert files == [("invoice.pdf", b"%PDF-"), ("INVOICE (2).pdf", b"%PDF-")]


def test_a_new_mail_is_shown_in_full_before_it_goes(connector: MailConnector) -> None:
    effect = connector.expand(Call("mail.send", (), {**FIXED, "to": (OLGA,), "subject": "Hi", "text": "one\ntwo"}))[0]
    preview = connector.preview(effect)
    assert "Olga Petrova <olga@example.org>" in preview.text and "Outbox" in preview.text
    assert "+two\n" in preview.diff and "+From: Robin Keller <robin@keller.example>\n" in preview.diff


@pytest.mark.parametrize("action", ["mail.expunge", "mail.delete", "files.move", ""])
def test_there_is_no_way_to_delete_for_good(connector: MailConnector, action: str) -> None:
    with pytest.raises(DeniedError):
        connector.expand(Call(action, (item(connector, "Invoice"),)))
    with pytest.raises(DeniedError):
        connector.apply(Effect("mail", "delete", "INBOX/1700000001.M1.host", "x"))


def test_a_hundred_thousand_mails_are_scanned_quickly(root: Path, connector: MailConnector) -> None:
    for number in range(5000):
        os.close(os.open(root / "cur" / f"{number}.x:2,S", os.O_CREAT))
    start = time.process_time()
    assert sum(1 for _ in connector.scan()) == 5003
    assert time.process_time() - start < 0.5  # a twentieth of 100,000


CRASH = """
import json, sys
from pathlib import Path
from zoneinfo import ZoneInfo
from nearhand.connectors.base import Effect, Person
from nearhand.connectors.mail.connector import MailConnector
connector = MailConnector(Path(sys.argv[1]), Person("R", "r@k.example"), ZoneInfo("UTC"))
connector.apply(Effect(**json.load(sys.stdin)))
"""


@pytest.mark.parametrize("action", ["mail.archive", "mail.mark_read", "mail.send"])
@pytest.mark.parametrize(
    "point", ["write.data", "write.synced", "rename.before", "rename.done", "rename.synced", "mkdir.done"]
)
def test_after_a_kill_looking_decides_and_the_effect_or_its_undo_works(
    root: Path, connector: MailConnector, action: str, point: str
) -> None:
    import json
    from dataclasses import asdict

    before = world(connector)
    effect = connector.expand(
        Call(
            action,
            (item(connector, "Invoice"),) if action != "mail.send" else (),
            {**FIXED, "to": (OLGA,), "text": "x"},
        )
    )[0]
    environment = {**os.environ, "NEARHAND_FAILPOINT": point}
    subprocess.run(
        [sys.executable, "-c", CRASH, str(root)],
        input=json.dumps(asdict(effect)).encode(),
        env=environment,
        timeout=30,
        check=False,
        capture_output=True,
    )
    fresh = MailConnector(root, ME, ZONE)
    state = fresh.probe(effect)
    assert state in (World.BEFORE, World.AFTER)
    if state is World.BEFORE:
        fresh.apply(effect)
    assert fresh.probe(effect) is World.AFTER
    fresh.apply(fresh.inverse(effect))
    assert world(fresh) == before
