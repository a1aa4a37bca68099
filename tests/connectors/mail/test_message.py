"""Reading mail: ordinary, odd, broken and hostile, each within its limits."""

from __future__ import annotations

import base64
import contextlib
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.connectors.base import Person
from nearhand.connectors.errors import ConnectorError, LimitError, UnreadableError
from nearhand.connectors.mail import headers, message, mime
from nearhand.connectors.mail.webtext import to_text

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "hostile"
HOSTILE = sorted(path for path in (SHARED / "mail").rglob("*") if path.is_file()) if SHARED.is_dir() else []


def mail(*lines: str, body: str = "Hi\n") -> bytes:
    return ("\n".join(lines) + "\n\n" + body).encode("utf-8")


MIXED = mail(
    "From: Olga Petrova <olga@example.org>",
    "Subject: Papers",
    'Content-Type: multipart/mixed; boundary="b 1"',
    body="""preamble
--b 1
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe
--inner
Content-Type: text/html

<p>never seen</p>
--inner--
--b 1
Content-Type: application/pdf; name="../../x/Floor plan.pdf"
Content-Transfer-Encoding: base64
Content-Disposition: attachment

JVBERi0=
--b 1
Content-Type: message/rfc822

Subject: inside
Content-Type: text/plain

hidden from the outer text
--b 1--
epilogue
""",
)


def test_a_mail_with_parts_gives_its_text_and_its_attachments() -> None:
    letter = message.read(MIXED)
    assert letter.text == "Grüße"
    assert next((a.name, a.type, a.size) for a in letter.attachments) == ("Floor plan.pdf", "application/pdf", 5)
    assert message.attachment_bytes(MIXED, 0) == b"%PDF-"
    assert letter.attachments[1].type == "message/rfc822"
    assert message.attachment_bytes(MIXED, 1).startswith(b"Subject: inside")


def test_line_ends_of_windows_make_no_difference() -> None:
    unix, windows = message.read(MIXED), message.read(MIXED.replace(b"\n", b"\r\n"))
    assert (unix.text, unix.subject, unix.senders) == (windows.text, windows.subject, windows.senders)
    assert message.attachment_bytes(MIXED.replace(b"\n", b"\r\n"), 0) == b"%PDF-"


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("=?utf-8?b?w4RybWVs?=", "Ärmel"),
        ("=?utf-8?q?Caf=C3?= =?utf-8?q?=A9?=", "Café"),
        ("a =?nonsense?q?b=FCc?= d", "a büc d"),
        ("=?utf-8?b?!!!?= x", "=?utf-8?b?!!!?= x"),
        ("=?punycode?q?abc?=", "abc"),
        ("Plain\u202eevil\u200b", "Plainevil"),
        ("=?utf-8?q?a=0D=0ABcc:_x@y?=", "a Bcc: x@y"),
        ("", ""),
    ],
)
def test_subjects_are_read_as_one_harmless_line(subject: str, expected: str) -> None:
    found = message.read(mail("From: a@b.example", f"Subject: {subject}")).subject
    assert found == expected or (subject.startswith("=?utf-8?b?!") and "\n" not in found)


def test_eight_bit_headers_are_read_whatever_they_are() -> None:
    latin = "From: Jörg <j@example.org>\nSubject: Grüße\n\n".encode("latin-1")
    assert message.read(latin).subject == "Grüße"
    assert message.read(latin.decode("latin-1").encode()).senders == (Person("Jörg", "j@example.org"),)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"Keller, Robin" <r@x.example>', [Person("Keller, Robin", "r@x.example")]),
        ("Keller, Robin <r@x.example>", [Person("Keller, Robin", "r@x.example")]),
        ("=?utf-8?q?evil=40x=2Ecom=3E=2C?= <real@x.example>", [Person("evil@x.com>,", "real@x.example")]),
        ("Friends: a@x.example, b@x.example;", [Person("", "a@x.example"), Person("", "b@x.example")]),
        ("undisclosed-recipients:;", []),
        ("(" * 5000 + " <a@x.example>", [Person("", "a@x.example")]),
        ("Nobody", [Person("Nobody")]),
    ],
)
def test_people_are_taken_apart_before_their_names_are_decoded(value: str, expected: list[Person]) -> None:
    found = message.read(mail("From: a@b.example", f"To: {value}")).to
    assert [p.address for p in found] == [p.address for p in expected]
    if "((((" not in value:
        assert list(found) == expected


@pytest.mark.parametrize(
    "value", ["", "yesterday", "Mon, 99 Foo 99999 77:77:77 +9999", "0", "Thu, 1 Jan 1970 00:00:00 +0000", "\x00" * 99]
)
def test_an_insane_date_is_no_date(value: str) -> None:
    assert message.read(mail("From: a@b.example", f"Date: {value}")).date is None


def test_a_date_without_a_zone_is_taken_as_utc() -> None:
    found = message.read(mail("From: a@b.example", "Date: Tue, 3 Feb 2026 14:05:00 -0000")).date
    assert found == datetime(2026, 2, 3, 14, 5, tzinfo=UTC)


def test_html_gives_what_a_reader_sees_and_nothing_hidden() -> None:
    html = """<html><head><title>t</title><style>p{}</style></head><body><!-- secret1 -->
    <p>Dear&nbsp;Robin,<br>see <b title="a>b">you</b></p><script>secret2()</script>
    <div style="DISPLAY : none">secret3 <div>secret4</div></div><span hidden>secret5</span>
    <p style='font-size:0'>secret6<p>after</p><div style="display&#58;none">secret7</div>
    <img src="http://x/track.gif" alt="secret8"> 1 < 2 &amp; done</body></html>"""
    text = to_text(html)
    assert "secret" not in text
    assert [line.strip() for line in text.split("\n") if line.strip()] == [
        "Dear Robin,",
        "see you",
        "after",
        "1 < 2 & done",
    ]


@pytest.mark.parametrize(
    "html",
    [
        "<!--" * 500_000,
        "<a " * 600_000,
        "<" * 2_000_000,
        '<a b="' * 300_000,
        "<div hidden>" * 160_000,
        "</div>" * 300_000,
        "<script>" * 250_000,
        "&#" * 900_000,
        "<p style=" + "style=" * 300_000,
        "<a b='>" * 250_000,
    ],
)
def test_html_bombs_take_little_time(html: str) -> None:
    start = time.process_time()
    to_text(html)
    assert time.process_time() - start < 2


def nested(depth: int) -> bytes:
    lines = ["Subject: deep"]
    for level in range(depth):
        lines += [f"Content-Type: multipart/mixed; boundary=b{level}", "", f"--b{level}"]
    return "\n".join([*lines, "", "x"]).encode()


BOMBS = {
    "deep": nested(1000),
    "messages in messages": b"Content-Type: message/rfc822\n\n" * 1000,
    "many parts": b"Subject: p\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 5000,
    "many headers": b"Subject: h\n" + b"X-A: b\n" * 100_000 + b"\n",
    "long header": b"Subject: " + b"a" * 1_000_000 + b"\n\n",
    "encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 70_000 + b"\n\n",
    "folded words": b"Subject: h\n" + b" =?utf-8?q?a?=\n" * 300 + b"\n",
    "many addresses": b"Subject: a\n" + b"To: " + b"a@b.c, " * 3000 + b"\n\n",
    "dashes": b"Subject: d\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--\n" * 3_000_000,
    "large": b"Subject: l\n\n" + b"x" * (51 * 1024 * 1024),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_before_they_are_parsed(name: str) -> None:
    start = time.process_time()
    with pytest.raises(LimitError):
        message.read(BOMBS[name])
    assert time.process_time() - start < 1


SLOW = {
    "parameters": b"Content-Type: text/plain" + b';"' * 30_000 + b"\n\nx",
    "parameters of parts": b"Content-Type: multipart/mixed; boundary=b\n\n"
    + b"".join(b"--b\nContent-Type: text/plain" + b';"' * 20_000 + b"\n\nx\n" for _ in range(900)),
    "comments": b"To: " + b"(" * 60_000 + b"\n\n",
    "quotes": b"To: " + b'"' * 60_000 + b"\n\n",
    "angles": b"To: " + b"<" * 60_000 + b"\n\n",
    "at signs": b"To: " + b"a@" * 900 + b" <" * 20_000 + b"\n\n",
    "spaces": b"Subject: " + b" \t" * 30_000 + b"=?\n\n",
    "questions": b"Subject: " + b"=?a?q?" + b"?=" * 30_000 + b"\n\n",
    "ids": b"References: " + b"<" * 60_000 + b"\n\n",
    "date": b"Date: " + b"(" * 60_000 + b"\n\n",
    "prefixes": b"Subject: " + b"re :" * 15_000 + b"\n\n",
    "base64": b"Content-Transfer-Encoding: base64\n\n" + b"=" * 10_000_000,
    "quoted": b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=\n" * 5_000_000,
    "uu": b"Content-Transfer-Encoding: x-uuencode\n\nbegin 666 a\n" + b"M\n" * 1_000_000,
    "codec": b"Content-Type: text/plain; charset=punycode\n\n" + b"a-" * 1_000_000,
    "no lines": b"a" * 20_000_000,
    "colons": b"a" * 50_000 + b":\n" * 100,
    "long attachment": b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/x\n\n"
    + b"a\n" * 20_000_000,
}


@pytest.mark.parametrize("name", SLOW)
def test_what_makes_parsers_slow_does_not_make_this_one_slow(name: str) -> None:
    start = time.process_time()
    with contextlib.suppress(ConnectorError):
        message.read(SLOW[name])
    assert time.process_time() - start < 2


def test_a_thing_without_headers_is_unreadable_and_says_so() -> None:
    with pytest.raises(UnreadableError, match="no headers"):
        message.read(b"\x00\x01\x02 binary")
    with pytest.raises(UnreadableError):
        message.read(b"")


def test_a_multipart_without_any_part_is_read_as_text() -> None:
    assert (
        message.read(mail("From: a@b.example", "Content-Type: multipart/mixed; boundary=x", body="words")).text
        == "words"
    )


def test_empty_plain_text_beside_html_gives_the_html() -> None:
    raw = mail(
        "From: a@b.example",
        "Content-Type: multipart/alternative; boundary=x",
        body="--x\nContent-Type: text/plain\n\n\n--x\nContent-Type: text/html\n\n<b>seen</b>\n--x--\n",
    )
    assert message.read(raw).text == "seen"


def test_an_invitation_and_a_newsletter_are_recognised() -> None:
    raw = mail(
        "From: a@b.example",
        "List-Unsubscribe: <https://x>",
        "Content-Type: multipart/mixed; boundary=x",
        body="--x\n\nJoin us\n--x\nContent-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\n--x--\n",
    )
    letter = message.read(raw)
    assert letter.invitation and letter.newsletter and letter.text == "Join us"
    assert [a.name for a in letter.attachments] == ["invite.ics"]
    assert message.invitation(raw) == b"BEGIN:VCALENDAR"


def test_text_is_cut_at_the_limit_and_invisible_characters_go() -> None:
    assert len(message.read(mail("From: a@b.example", body="a" * (message.MAX_TEXT + 5))).text) == message.MAX_TEXT
    assert message.read(mail("From: a@b.example", body="a\u200b\u202e\x1b[31mb\U000e0041c")).text == "a[31mbc"


def test_names_of_attachments_cannot_lead_anywhere() -> None:
    for name in (
        "../../.ssh/id_rsa",
        "C:\\Windows\\x.exe",
        ".bashrc",
        "a\u202egnp.exe",
        "..",
        "x" * 400,
        "",
        "a/",
        "\x00",
    ):
        coded = base64.b64encode(name.encode()).decode()
        raw = mail(
            "From: a@b.example",
            "Content-Type: multipart/mixed; boundary=b",
            body=f'--b\nContent-Type: x/x\nContent-Disposition: attachment; filename="=?utf-8?b?{coded}?="\n\nx\n--b--',
        )
        found = message.read(raw).attachments[0].name
        assert found and "/" not in found and "\\" not in found and not found.startswith(".")
        assert found.isprintable() and len(found.encode()) <= 255


def test_the_subject_of_an_unreadable_mail_is_still_glimpsed() -> None:
    assert message.glimpse(BOMBS["many headers"]) == "h"
    assert message.glimpse(b"\xff\xfe") == ""


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with contextlib.suppress(ConnectorError):
        message.read(raw)


_LINES = st.lists(
    st.sampled_from(
        [
            b"From: a@b",
            b"Content-Type: multipart/mixed; boundary=b",
            b"--b",
            b"--b--",
            b"",
            b"Content-Type: message/rfc822",
            b"Content-Type: text/html; charset=utf-16",
            b"Content-Transfer-Encoding: base64",
            b" folded",
            b"<p>x",
            b"=?x?b?y?=",
            b"Content-Type: multipart/alternative; boundary=c",
            b"--c",
            b"--c--",
            b"\xff\x00",
            b"To: <<@>>, ,;:",
            b"Date: 1",
            b"Content-Disposition: attachment; filename*0*=''%ff",
            b"Content-Transfer-Encoding: x-uuencode",
            b"begin 1 x",
        ]
    ),
    max_size=40,
)


@given(_LINES, st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_any_order_of_mail_like_lines_is_read_or_refused(lines: list[bytes], end: bytes) -> None:
    raw = end.join(lines)
    try:
        letter = message.read(raw)
    except ConnectorError:
        return
    for number in range(len(letter.attachments)):
        message.attachment_bytes(raw, number)


@given(st.binary(max_size=300), st.text(max_size=10))
def test_decoding_never_fails(data: bytes, charset: str) -> None:
    headers.decode(data, charset).encode("utf-8", "surrogatepass")


def test_parts_lie_inside_their_parents() -> None:
    parts = mime.split(MIXED)
    assert [part.type for part in parts] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/pdf",
        "message/rfc822",
        "text/plain",
    ]
    assert all(p.parent.start <= p.start <= p.end <= p.parent.end for p in parts if p.parent)


@pytest.mark.skipif(not HOSTILE, reason="shared/data/hostile is not beside this checkout")
def test_every_hostile_mail_is_read_or_refused_in_time() -> None:
    for path in HOSTILE:
        raw = path.read_bytes()
        start = time.process_time()
        try:
            letter = message.read(raw)
            for number in range(len(letter.attachments)):
                message.attachment_bytes(raw, number)
        except ConnectorError as error:
            assert str(error)
        assert time.process_time() - start < 2, path.name
