"""Values as JSON: what goes in comes out, and nothing else can come out."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.agent.effects.encoding import canonical, parsed
from nearhand.agent.effects.steps import Later, Made, Ready
from nearhand.agent.errors import JournalError
from nearhand.connectors.base import Call, Effect, Item, Person, Shift, Source, Span

BERLIN = datetime(2026, 3, 29, 1, 30, tzinfo=ZoneInfo("Europe/Berlin"))
ITEM = Item("mail", "INBOX/1", "v1", "mail", "Grüße", when=BERLIN, people=(("from", Person("Olga", "o@x.example")),),
            tags=frozenset({"unread", "flagged"}), source=Source.OUTSIDE, extra={"thread": "t"})  # fmt: skip
VALUES = (
    None, True, 3, 1.5, "text", "\udcff\x00", (1, ("a",)), {"key": (1,)}, frozenset({"b", "a"}), ITEM, BERLIN,
    datetime(2026, 1, 1, tzinfo=UTC), date(2026, 1, 1), time(9, 30), timedelta(days=-1, seconds=5, microseconds=7),
    Span(BERLIN, None, "day"), Shift(1, -2, timedelta(hours=1)), Effect("files", "move", "/a", "v", {"to": "/b"}),
    Call("files.move", (ITEM,), {"to": Made(0), "people": (Person("a", "b"),)}), Ready((Effect("a", "b", ""),), (1,)),
    Later("files", Call("files.move"), "then", (0,)),
)  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_every_value_of_the_field_survives(value: object) -> None:
    assert parsed(canonical(value)) == value


@given(st.dictionaries(st.text(), st.text()), st.text(), st.text())
def test_effects_with_any_text_in_them_survive(args: dict[str, str], ref: str, seen: str) -> None:
    effect = Effect("files", "move", ref, seen, args)
    assert parsed(canonical(effect)) == effect


def test_a_zone_is_kept_by_its_name() -> None:
    back = parsed(canonical(BERLIN))
    assert isinstance(back, datetime) and back.tzinfo == BERLIN.tzinfo


def test_the_order_of_keys_does_not_matter() -> None:
    assert canonical({"a": "1", "b": "2"}) == canonical({"b": "2", "a": "1"})


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(JournalError, match="object"):
        canonical(object())


@pytest.mark.parametrize("text", ["{", '{"$":"Path","of":"x"}', '{"$":"os.system"}', '{"a":1}', '{"$":"Effect","x":1}'])
def test_text_that_was_never_written_makes_no_object(text: str) -> None:
    with pytest.raises(JournalError):
        parsed(text)


def test_canonical_text_is_plain_ascii_json() -> None:
    assert json.loads(canonical(ITEM)) and canonical(ITEM).isascii()
