"""Items come out of the index as they went in."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.agent.showing import card
from nearhand.connectors.base import Item, Person, Source

_START = datetime(2026, 10, 25, 10, tzinfo=ZoneInfo("Europe/Berlin"))
_OLGA = (("organizer", Person("Olga", "o@x.example")),)
_TAGS = frozenset({"recurring", "meeting"})
_ITEM = Item(
    "calendar", "home/1.ics", "v1", "event", "Zahnarzt 🦷", "home", _START, _START + timedelta(hours=1), False, 12,
    _OLGA, _TAGS, "Bring\nthe card", Source.OUTSIDE, {"location": "Weg 3"},
)  # fmt: skip


def test_every_field_comes_back_equal() -> None:
    assert card.read(card.written(_ITEM), _ITEM.text) == _ITEM


def test_the_zone_of_a_time_comes_back_by_name() -> None:
    back = card.read(card.written(_ITEM), "")
    assert back.when is not None and str(back.when.tzinfo) == "Europe/Berlin"


@pytest.mark.parametrize("fold", [0, 1])
def test_the_doubled_hour_of_autumn_keeps_its_side(fold: int) -> None:
    when = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=fold)
    back = card.read(card.written(Item("tasks", "r", "v", "task", "t", when=when)), "")
    assert back.when is not None and back.when.utcoffset() == when.utcoffset()


@given(
    st.text(),
    st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7))])),
)
def test_any_title_and_time_come_back(title: str, when: datetime) -> None:
    item = Item("mail", "INBOX/1", "v", "mail", title, when=when)
    assert card.read(card.written(item), "") == item
