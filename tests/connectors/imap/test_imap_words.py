"""The words of IMAP: what is said is harmless, what is heard is understood or left out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.connectors.errors import DeniedError
from nearhand.connectors.imap import words as imap_words
from nearhand.connectors.imap.words import Fetched, Mailbox, Status, fetched, quoted, uid_set, uids_in
from nearhand.connectors.network.login import Login


@pytest.mark.parametrize("text", ["a\r\nb", "a\nDELETE INBOX", "a\0b", "\x1b[2J", "Ärger", "a\x7f"])
def test_no_control_or_foreign_character_becomes_an_argument(text: str) -> None:
    with pytest.raises(DeniedError):
        quoted(text)


def test_quotes_and_backslashes_stay_inside() -> None:
    assert quoted('a"b\\c') == '"a\\"b\\\\c"'


@pytest.mark.parametrize("secret", ["a\r\nb", "x\0y", "\x01"])
def test_a_secret_with_a_control_character_is_refused_and_none_is_printed(secret: str) -> None:
    with pytest.raises(DeniedError):
        Login("robin", secret)
    assert "hush" not in repr(Login("robin", "hush", "hush"))


@given(st.sets(st.integers(1, 300)))
def test_a_set_of_uids_is_read_as_it_was_written(uids: set[int]) -> None:
    assert uids_in(uid_set(uids)) == sorted(uids)


def test_a_set_that_stands_for_billions_is_not_counted_out() -> None:
    assert uids_in("1:4294967295") == []


def test_a_listing_is_read() -> None:
    line = b'3 (UID 7 RFC822.SIZE 1234 INTERNALDATE " 2-Nov-2026 09:00:00 +0100" FLAGS (\\Seen $Forwarded Custom UID))'
    assert list(fetched([line])) == [Fetched(7, "PS", 1234, datetime(2026, 11, 2, 8, tzinfo=UTC))]


def test_a_keyword_called_uid_does_not_pass_for_one() -> None:
    assert list(fetched([b"3 (FLAGS (UID 9) UID 7)"])) == [Fetched(7, "", 0)]


def test_a_literal_is_never_read_as_an_answer() -> None:
    parts = [(b"3 (UID 7 BODY[] {22}", b"UID 9 FLAGS (\\Deleted)"), b" FLAGS (\\Seen))"]
    assert list(fetched(parts)) == [Fetched(7, "S", data=b"UID 9 FLAGS (\\Deleted)")]


def test_an_answer_without_a_uid_is_left_out() -> None:
    assert list(fetched([b"3 (FLAGS (\\Seen))", None, b"rubbish"])) == []


@given(st.lists(st.binary(max_size=60)))
def test_whatever_a_server_says_reading_it_does_not_raise(lines: list[bytes]) -> None:
    list(fetched(lines))
    for line in lines:
        imap_words.mailbox(line)
        imap_words.status(line)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b'(\\HasNoChildren \\Sent) "/" "Sent Items"', Mailbox("Sent Items", "/", frozenset({"\\hasnochildren", "\\sent"}))),
        (b'() NIL INBOX', Mailbox("INBOX", "", frozenset())),
        ((b'() "." {7}', b'a"b\\c&-'), Mailbox('a"b\\c&-', ".", frozenset())),
        (b'() "/" "a\\"b"', Mailbox('a"b', "/", frozenset())),
        (b"nonsense", None),
        ((b'() "." {5}', b"a\r\nbc"), None),
    ],
)
def test_a_mailbox_is_read(line: imap_words.Part, found: Mailbox | None) -> None:
    assert imap_words.mailbox(line) == found


def test_a_status_is_read() -> None:
    line = b'"Sent Items" (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 17 HIGHESTMODSEQ 44)'
    assert imap_words.status(line) == ("Sent Items", Status(17, 9, 3, 44))
