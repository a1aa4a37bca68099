"""Which mailbox is which folder."""

from __future__ import annotations

import pytest

from nearhand.connectors.imap.layout import layout
from nearhand.connectors.imap.words import Mailbox


def box(name: str, *attributes: str, delimiter: str = "/") -> Mailbox:
    return Mailbox(name, delimiter, frozenset(attributes))


def test_special_folders_go_by_what_the_server_says_they_are_for() -> None:
    found = layout([box("INBOX"), box("Gesendet", "\\sent"), box("Papierkorb", "\\trash"), box("Sent")], (), {})
    assert found.boxes == {"INBOX": "INBOX", ".Sent": "Gesendet", ".Trash": "Papierkorb", ".Sent_2": "Sent"}


def test_without_it_they_go_by_their_usual_names() -> None:
    found = layout([box("INBOX"), box("Sent Items"), box("Deleted Messages"), box("Junk E-mail")], (), {})
    assert found.boxes == {
        "INBOX": "INBOX", ".Sent": "Sent Items", ".Trash": "Deleted Messages", ".Junk": "Junk E-mail",
    }  # fmt: skip


def test_a_server_that_keeps_everything_under_inbox_shows_the_same_names() -> None:
    found = layout(
        [box("INBOX", delimiter="."), box("INBOX.Sent", delimiter="."), box("INBOX.A.B", delimiter=".")], [".New"], {}
    )
    assert found.boxes == {"INBOX": "INBOX", ".Sent": "INBOX.Sent", ".A.B": "INBOX.A.B", ".New": "INBOX.New"}
    assert found.made == {".New"}


def test_views_of_all_mail_are_left_out_as_their_mails_lie_elsewhere() -> None:
    boxes = [box("INBOX"), box("[Gmail]/All Mail", "\\all"), box("[Gmail]/Starred", "\\flagged"), box("[Gmail]/Bin", "\\trash")]
    assert layout(boxes, (), {}).boxes == {"INBOX": "INBOX", ".Trash": "[Gmail]/Bin"}


def test_names_keep_dots_and_foreign_letters_apart_from_nesting() -> None:
    found = layout([box("INBOX"), box("v1.2/Sch&APY-n")], (".Stra&AN8-e", ".Outbox"), {})
    folder = next(folder for folder in found.boxes if folder != "INBOX" and folder not in found.made)
    assert found.boxes[folder] == "v1.2/Sch&APY-n" and folder.count(".") == 2
    assert found.boxes[".Stra&AN8-e"] == "Stra&AN8-e"


def test_a_pair_that_was_known_stays() -> None:
    found = layout([box("INBOX"), box("Old"), box("New", "\\sent")], (), {".Sent": "Old"})
    assert found.boxes[".Sent"] == "Old" and found.boxes[".Sent_2"] == "New"


def test_a_second_account_has_a_folder_of_its_own_and_leaves_the_others_alone() -> None:
    folders = ["INBOX", ".Sent", ".work", ".work.Clients", ".Outbox"]
    second = layout([box("INBOX"), box("Sent", "\\sent")], folders, {}, ".work")
    assert second.boxes == {".work": "INBOX", ".work.Sent": "Sent", ".work.Clients": "Clients"}
    first = layout([box("INBOX")], folders, {}, "", [".work"])
    assert set(first.boxes) == {"INBOX", ".Sent"}


@pytest.mark.parametrize("name", ["../../etc", "a/../b", ".", "/", "x\u0000"])
def test_a_name_that_could_lead_out_of_the_maildir_stays_inside(name: str) -> None:
    from nearhand.connectors.mail.mailboxes import acceptable

    assert all(acceptable(folder) for folder in layout([box("INBOX"), box(name)], (), {}).boxes)
