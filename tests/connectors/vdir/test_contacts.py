"""Contacts: what a card says, and changes that keep every other line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearhand.connectors.base import Call, Connector, Effect, Person, Span
from nearhand.connectors.errors import DeniedError
from nearhand.connectors.testing import ConnectorContract
from nearhand.connectors.vdir.contacts import ContactConnector

HOSTILE = Path(__file__).resolve().parents[4] / "shared" / "data" / "hostile" / "ics"
OLGA = """BEGIN:VCARD\r
VERSION:3.0\r
FN:Olga Petrova\r
N:Petrova;Olga;;;\r
NICKNAME:Olly\r
EMAIL;TYPE=HOME:olga@x.example\r
item1.EMAIL;type=pref:olga@work.example\r
TEL;TYPE=CELL:+49 30 1234\r
ADR;TYPE=HOME:;;Main St 1\\, back;Berlin;;10115;Germany\r
ORG:Site;Plans\r
BDAY:1990-04-05\r
NOTE:Likes tea.\\nrelation: sister\r
PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgICAgMCAgIDAwMD\r
 BAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8QEBEQCgwSExIQEw8QEBD/yQALCAAB\r
X-ABRELATEDNAMES;item2.x=1:x\r
item3.X-ABRELATEDNAMES;type=pref:Tom Petrov\r
item3.X-ABLabel:_$!<Brother>!$_\r
END:VCARD\r
"""


def make(root: Path) -> ContactConnector:
    (root / "friends").mkdir(parents=True)
    (root / "olga.vcf").write_bytes(OLGA.encode())
    (root / "friends" / "tom.vcf").write_text("BEGIN:VCARD\nVERSION:4.0\nN:Petrov;Tom;;Dr.;\nBDAY:--0203\nEND:VCARD\n")
    return ContactConnector(
        root, Person("Robin Keller", "r@x.example"), clock=lambda: datetime(2026, 11, 2, tzinfo=UTC)
    )


@pytest.fixture
def people(tmp_path: Path) -> ContactConnector:
    return make(tmp_path / "c")


class TestContract(ConnectorContract):
    @pytest.fixture
    def connector(self, tmp_path: Path) -> ContactConnector:
        return make(tmp_path / "c")

    def effects(self, connector: Connector) -> Sequence[Effect]:
        olga = connector.load("olga.vcf")
        calls = (
            Call("contacts.add", (), {"name": "Ann Lee", "email": "ann@x.example"}),
            Call("contacts.change", (olga,), {"phone": "+49 30 99"}),
        )
        return [effect for call in calls for effect in connector.expand(call)]

    def snapshot(self, connector: Connector) -> object:
        assert isinstance(connector, ContactConnector)
        root = connector.store.root
        return {
            str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*.vcf")) if ".trash" not in p.parts
        }


def test_a_card_says_who_it_is(people: ContactConnector) -> None:
    item = people.load("olga.vcf")
    assert item.title == "Olga Petrova"
    assert item.people == (
        ("self", Person("Olga Petrova", "olga@x.example")),
        ("self", Person("Olga Petrova", "olga@work.example")),
    )
    assert item.extra == {
        "emails": "olga@x.example\nolga@work.example", "phones": "+49 30 1234", "birthday": "1990-04-05",
        "address": "Main St 1, back, 10115 Berlin, Germany", "nickname": "Olly", "org": "Site, Plans",
        "relation": "sister", "related": ": x\nbrother: Tom Petrov",
    }  # fmt: skip


def test_a_card_without_a_full_name_is_called_by_its_parts(people: ContactConnector) -> None:
    item = people.load("friends/tom.vcf")
    assert (item.title, item.place, item.extra["birthday"]) == ("Dr. Tom Petrov", "friends", "--02-03")
    assert item.people == (("self", Person("Dr. Tom Petrov", "")),)


def test_a_change_touches_one_line(people: ContactConnector) -> None:
    [effect] = people.expand(Call("contacts.change", (people.load("olga.vcf"),), {"email": "o@new.example"}))
    assert effect.args["text"] == OLGA.replace("olga@x.example", "o@new.example")
    assert people.preview(effect).text == "Olga Petrova: the mail address is now o@new.example, olga@work.example."
    assert people.preview(effect).diff.count("\n+") == 2


def test_a_new_person_can_be_read_again(people: ContactConnector) -> None:
    born = Span(datetime(1980, 2, 3, tzinfo=UTC), datetime(1980, 2, 3, tzinfo=UTC) + timedelta(days=1))
    args = {"name": "Ann; Lee", "email": "ann@x.example", "phone": "030/12", "where": "Long Rd 3, York", "when": born}
    [effect] = people.expand(Call("contacts.add", (), args))
    item = people.load(people.apply(effect).ref)
    assert (item.title, item.extra["phones"], item.extra["address"]) == ("Ann; Lee", "030/12", "Long Rd 3, York")
    assert item.extra["birthday"] == "1980-02-03"


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "a@b\r\nX:1"), ("email", "nobody"), ("email", "a@b,c@d"), ("phone", "call me"), ("phone", "1\n2;x")],
)
def test_what_is_no_address_or_number_is_refused(people: ContactConnector, field: str, value: str) -> None:
    with pytest.raises(DeniedError):
        people.expand(Call("contacts.change", (people.load("olga.vcf"),), {field: value}))


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=60).filter(lambda s: bool(s.strip())), st.text(max_size=60))
def test_a_name_and_an_address_never_make_lines_of_their_own(
    tmp_path_factory: pytest.TempPathFactory, name: str, where: str
) -> None:
    people = ContactConnector(tmp_path_factory.mktemp("c"), clock=lambda: datetime(2026, 11, 2, tzinfo=UTC))
    [effect] = people.expand(Call("contacts.add", (), {"name": name, "where": where, "uid": "u"}))
    names = {
        line.partition(":")[0].partition(";")[0]
        for line in effect.args["text"].split("\r\n")
        if line and line[0] != " "
    }
    assert names <= {"BEGIN", "END", "VERSION", "UID", "FN", "N", "ADR"}


@pytest.mark.skipif(not HOSTILE.is_dir(), reason="the hostile cards lie in shared/data, which is not here")
def test_every_hostile_card_loads(people: ContactConnector) -> None:
    for path in sorted(HOSTILE.rglob("*vc*")):
        if path.is_file():
            (people.store.root / "h.vcf").write_bytes(path.read_bytes())
            assert people.load("h.vcf").title, path
