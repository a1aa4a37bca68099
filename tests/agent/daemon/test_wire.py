"""The protocol between the daemon and its clients: lines, requests, replies."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.agent.approve import Argument, Card, CardStep
from nearhand.agent.daemon import protocol as wire
from nearhand.agent.daemon import protocol_cards as wire_cards
from nearhand.agent.daemon import protocol_replies as wire_replies
from nearhand.agent.effects.outcomes import Outcome
from nearhand.agent.effects.records import State
from nearhand.agent.policy.grants import Grant
from nearhand.agent.reply import Reply, Result, Status
from nearhand.connectors.base import Effect, Item, Person, Receipt, Risk, Source
from nearhand.models.language import parse

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


@given(st.lists(st.binary(max_size=30).filter(lambda line: b"\n" not in line)), st.data())
def test_lines_arrive_whole_however_they_are_cut(lines: list[bytes], data: st.DataObject) -> None:
    sent = b"".join(line + b"\n" for line in lines)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(sent)))))
    reader = wire.Lines(30)
    parts = [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    assert [line for part in parts for line in reader.feed(part)] == lines


@given(st.lists(st.integers(0, 25)), st.integers(1, 9))
def test_a_line_that_is_too_long_is_told_once_and_the_next_one_is_read(sizes: list[int], step: int) -> None:
    sent = b"".join(b"x" * size + b"\n" for size in sizes)
    reader = wire.Lines(10)
    found = [line for at in range(0, len(sent), step) for line in reader.feed(sent[at : at + step])]
    assert found == [b"x" * size if size <= 10 else None for size in sizes]


def test_a_line_without_an_end_takes_no_more_memory_than_is_allowed() -> None:
    reader = wire.Lines(100)
    assert [line for _ in range(1000) for line in reader.feed(b"y" * 1000)] == [None]
    assert list(reader.feed(b"\n{}\n")) == [b"{}"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
_NEARLY = st.fixed_dictionaries(
    {}, optional={"op": st.sampled_from(sorted(wire.OPS)) | _JSON, "id": _JSON, "text": _JSON, "numbers": _JSON,
                  "yes": _JSON, "asks": _JSON, "protocol": _JSON, "version": _JSON, "plan": _JSON, "items": _JSON, "ref": _JSON})  # fmt: skip


@given(st.binary() | _JSON.map(lambda v: json.dumps(v).encode()) | _NEARLY.map(lambda v: json.dumps(v).encode()))
def test_whatever_is_in_a_line_it_is_a_request_or_a_sentence(line: bytes) -> None:
    try:
        found = wire.request(line)
    except wire.WireError as error:
        assert str(error).endswith(".") and error.id >= 0
    else:
        assert found.op in wire.OPS and all(number > 0 for number in found.numbers)


def test_nesting_that_would_exhaust_the_reader_is_a_sentence() -> None:
    with pytest.raises(wire.WireError, match="not one JSON object"):
        wire.request(b"[" * 200_000)


def test_a_mistake_carries_the_number_of_its_request() -> None:
    with pytest.raises(wire.WireError) as told:
        wire.request(b'{"op": "fly", "id": 7}')
    assert told.value.id == 7 and "approve" in str(told.value)


def test_half_a_surrogate_is_refused_like_on_the_command_line() -> None:
    with pytest.raises(wire.WireError, match="UTF-8"):
        wire.request(b'{"op": "do", "id": 1, "text": "\\ud800"}')


@pytest.mark.parametrize(("mine", "theirs", "is_newer"), [("0.1.0", "0.2.0", True), ("0.10.0", "0.9.9", False),
                                                          ("1.0", "1.0", False), ("(not installed)", "0.1", True)])  # fmt: skip
def test_versions_are_compared_by_their_numbers(mine: str, theirs: str, is_newer: bool) -> None:
    assert wire.newer(mine, theirs) is is_newer


EFFECT = Effect("mail", "put", "", "", {"raw": "A" * 1000})
ITEM = Item("mail", "INBOX/1", "v", "mail", "Hi \x1b[2J “there”", when=NOW, people=(("from", Person("Olga", "o@x.example")),),
            tags=frozenset({"unread"}), text="secret words", source=Source.OUTSIDE, extra={"thread": "t"})  # fmt: skip
REPLY = Reply(
    Status.ASK, "mail \U0001f40c", "Which?", parse('mail.find from="Olga" ; mail.archive what=$1'),
    (Result("mail.find", (ITEM,)), Result("mail.archive", (), (
        Outcome("Move it.", State.DONE, "It is there.", EFFECT, Receipt(EFFECT, "Archive/1", "w", "seen"), 4),
        Outcome("Move that.", State.SKIPPED)), ("a line",), "-a\n+b", {"count": "3"}, "No reason.")),
    "Which?", "what", ("one", "two"), (12,), 0.5, {"plan": 3.5},
)  # fmt: skip


def test_a_reply_arrives_as_everything_that_is_shown_of_it() -> None:
    found = wire_replies.read(wire.table(wire.line(wire_replies.written(REPLY)).rstrip(b"\n")))
    assert found.to_json() == REPLY.to_json()
    assert found.plan == REPLY.plan and found.results[0].items[0].tags == ITEM.tags


def test_the_text_of_items_and_the_bytes_of_effects_stay_behind() -> None:
    sent = wire.line(wire_replies.written(REPLY))
    assert b"secret words" not in sent and b"AAAA" not in sent


def test_a_card_arrives_as_it_is_shown() -> None:
    step = CardStep(0, "mail.send", Risk.OUTWARD, ("Send it.",), (Argument("to", "Olga", "Olga <o@x.example>"),),
                    (replace(ITEM, text=""),), 2, "-a")  # fmt: skip
    card = Card(("Send it.", "Bin it."), ("Others will see this.",), "-a\n+b", Risk.OUTWARD, 0.75, 0.5,
                parse('mail.send to="Olga" say="hi" ; mail.archive what=$1'), (step,),
                (Grant("mail.send", "o@x.example", NOW),), unread=True)  # fmt: skip
    assert wire_cards.card_read(json.loads(wire.line(wire_cards.card_written(card)))) == card


@given(_JSON)
def test_an_answer_that_is_none_is_a_sentence(found: object) -> None:
    for read in (wire_replies.read, wire_cards.card_read):
        with pytest.raises(wire.WireError, match="Restart it"):
            read(found)


@given(st.sampled_from(sorted(wire_replies.written(REPLY))), _JSON)
def test_an_answer_with_a_wrong_part_is_a_sentence_or_a_reply(part: str, value: object) -> None:
    try:
        found = wire_replies.read({**wire_replies.written(REPLY), part: value})
    except wire.WireError:
        return
    assert isinstance(found, Reply)
