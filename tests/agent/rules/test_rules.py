"""Rules are readable files; they keep the contract of connectors, and a broken one is shown, never dropped."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.agent.rules.connector import RulesConnector
from nearhand.agent.rules.files import Rule, edited, parsed, written
from nearhand.connectors.base import Call, Connector, Effect, World
from nearhand.connectors.errors import ConflictError, DeniedError, NotFoundError, UnreadableError
from nearhand.connectors.testing import ConnectorContract

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
LATER = "from now on newsletters land in Later"
PLAN = 'mail.move what=$1 to="Later"'
BY_HAND = """\
# Mine. Keep.
name = "bank"   # the file is called so too
created = 2026-01-02T08:00:00+01:00
request = "mail from Nordbank goes to Bank"
plan = 'mail.move what=$1 to="Bank"'
paused = false  # on since January

[trigger]
event = "mail"
from = ["Nordbank", "Nordbank Service"]
"""


@pytest.fixture
def rules(tmp_path: Path) -> RulesConnector:
    found = RulesConnector(tmp_path / "rules", lambda: NOW)
    (tmp_path / "rules" / "bank.toml").write_text(BY_HAND, encoding="utf-8")
    return found


def added(rules: RulesConnector, request: str = LATER, plan: str = PLAN, **facts: object) -> str:
    (effect,) = rules.expand(Call("rules.add", (), {"request": request, "plan": plan, **facts}))
    return rules.apply(effect).ref


def snapshot(rules: RulesConnector) -> dict[str, bytes]:
    root = rules.store.root
    return {p.name: p.read_bytes() for p in sorted(root.iterdir()) if p.is_file()}


class TestContract(ConnectorContract):
    @pytest.fixture
    def connector(self, rules: RulesConnector) -> RulesConnector:
        (rules.store.root / "broken.toml").write_text('name = "broken"\nrequst = "?"\n')
        return rules

    def effects(self, connector: Connector) -> Sequence[Effect]:
        bank, broken = connector.load("bank.toml"), connector.load("broken.toml")
        calls = (
            Call("rules.add", (), {"request": LATER, "plan": PLAN, "event": "mail", "kind": "newsletter"}),
            Call("rules.pause", (bank,)),
            Call("rules.remove", (bank, broken)),
        )
        return [effect for call in calls for effect in connector.expand(call)]

    def snapshot(self, connector: Connector) -> object:
        assert isinstance(connector, RulesConnector)
        return snapshot(connector)


def test_an_added_rule_is_a_file_that_a_person_can_read(rules: RulesConnector) -> None:
    ref = added(rules, event="mail", kind=("newsletter",), **{"from": ("Olga", "Jon")})
    assert ref == "now-newsletters-land-later.toml"
    table = tomllib.loads((rules.store.root / ref).read_text())
    assert table["request"] == LATER
    assert table["plan"] == PLAN
    assert table["created"] == NOW
    assert table["trigger"] == {"event": "mail", "kind": "newsletter", "from": ["Olga", "Jon"]}


def test_a_rule_comes_back_as_it_was_added(rules: RulesConnector) -> None:
    ref = added(rules, event="mail")
    assert rules.rule(ref) == Rule(ref.removesuffix(".toml"), NOW, False, LATER, PLAN, {"event": ("mail",)})


def test_the_title_of_a_rule_is_what_the_person_said(rules: RulesConnector) -> None:
    item = rules.load("bank.toml")
    assert (item.kind, item.title, item.extra["paused"]) == ("rule", "mail from Nordbank goes to Bank", "")
    assert item.when == datetime.fromisoformat("2026-01-02T08:00:00+01:00")


def test_two_rules_with_the_same_words_are_two_files(rules: RulesConnector) -> None:
    assert added(rules) != added(rules)
    assert len(list(rules.scan())) == 3
    assert all("unreadable" not in rules.load(ref).extra for ref, _ in rules.scan())


def test_pausing_keeps_comments_and_layout(rules: RulesConnector) -> None:
    (effect,) = rules.expand(Call("rules.pause", (rules.load("bank.toml"),)))
    assert rules.preview(effect).text == "The rule “mail from Nordbank goes to Bank” is paused."
    rules.apply(effect)
    assert (rules.store.root / "bank.toml").read_text() == BY_HAND.replace("paused = false", "paused = true")
    assert rules.load("bank.toml").extra["paused"] == "yes"


def test_pausing_a_paused_rule_does_nothing(rules: RulesConnector) -> None:
    rules.apply(rules.expand(Call("rules.pause", (rules.load("bank.toml"),)))[0])
    assert rules.expand(Call("rules.pause", (rules.load("bank.toml"),))) == []


def test_taking_a_pause_back_says_that_the_rule_goes_on(rules: RulesConnector) -> None:
    (effect,) = rules.expand(Call("rules.pause", (rules.load("bank.toml"),)))
    back = rules.inverse(effect)
    rules.apply(effect)
    assert rules.preview(back).text == "The rule “mail from Nordbank goes to Bank” goes on."
    rules.apply(back)
    assert (rules.store.root / "bank.toml").read_text() == BY_HAND


def test_pausing_a_rule_without_the_line_adds_it() -> None:
    text = BY_HAND.replace("paused = false  # on since January\n", "")
    rule = Rule(**{**_fields(parsed(text.encode(), "bank")), "paused": True})  # type: ignore[arg-type]
    assert edited(text, rule) == f"paused = true\n{text}"


def test_pausing_is_not_fooled_by_a_text_that_looks_like_the_line() -> None:
    text = BY_HAND.replace('request = "mail', 'request = """\npaused = false\nmail').replace(
        'goes to Bank"', 'goes to Bank"""'
    )
    rule = Rule(**{**_fields(parsed(text.encode(), "bank")), "paused": True})  # type: ignore[arg-type]
    assert parsed(edited(text, rule).encode(), "bank") == rule


def _fields(rule: Rule) -> dict[str, object]:
    return {name: getattr(rule, name) for name in Rule.__slots__}


def test_a_removed_rule_lies_in_the_trash_and_comes_back(rules: RulesConnector) -> None:
    (effect,) = rules.expand(Call("rules.remove", (rules.load("bank.toml"),)))
    back = rules.inverse(effect)
    assert rules.preview(effect).text == "The rule “mail from Nordbank goes to Bank” goes to the trash."
    rules.apply(effect)
    assert not list(rules.scan())
    assert [p.parent.name for p in rules.store.root.rglob("*.toml")] == [".trash"]
    assert rules.preview(back).text == "The rule “mail from Nordbank goes to Bank” comes back from the trash."
    rules.apply(back)
    assert (rules.store.root / "bank.toml").read_text() == BY_HAND


def test_saving_is_previewed_with_the_whole_file(rules: RulesConnector) -> None:
    (effect,) = rules.expand(Call("rules.add", (), {"request": LATER, "plan": PLAN}))
    preview = rules.preview(effect)
    assert preview.text == f"The rule “{LATER}” is saved."
    assert f'+request = "{LATER}"' in preview.diff
    assert rules.probe(effect) is World.BEFORE


def test_a_rule_edited_meanwhile_is_a_conflict(rules: RulesConnector) -> None:
    (effect,) = rules.expand(Call("rules.pause", (rules.load("bank.toml"),)))
    path = rules.store.root / "bank.toml"
    path.write_text(BY_HAND.replace("Bank", "Banks"))
    with pytest.raises(ConflictError):
        rules.apply(effect)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("request =", "requst =", 'Did you mean "request"?'),
        ("event =", "evnt =", 'Did you mean "event"?'),
        ('event = "mail"', 'event = "mial"', 'Did you mean "mail"?'),
        ("paused = false", 'paused = "no"', "must be true or false"),
        ("2026-01-02T08:00:00+01:00", "2026-01-02", "a time with its zone"),
        ('request = "mail', 'request = "\\u001bmail', "invisible"),
        ("plan = 'mail.move what=$1 to=\"Bank\"'", "", '"plan" is missing'),
        ('name = "bank"', 'name = "../bank"', "letters, digits and dashes"),
        ('name = "bank"', 'name = "other"', "one name"),
        ("[trigger]", "[trigger", "not valid TOML"),
        ("[trigger]", "[when]", "means nothing"),
        ('event = "mail"', 'event = ["mail", "file"]', "takes one value"),
        ('event = "mail"', "event = 3", "no text"),
    ],
)
def test_a_rule_broken_by_hand_is_shown_with_what_is_wrong(
    rules: RulesConnector, old: str, new: str, said: str
) -> None:
    assert old in BY_HAND
    (rules.store.root / "bank.toml").write_text(BY_HAND.replace(old, new))
    item = rules.load("bank.toml")
    assert item.title == "bank"
    assert said in item.extra["unreadable"]
    assert "bank.toml" in item.text
    with pytest.raises(UnreadableError):
        rules.rule("bank.toml")
    with pytest.raises(UnreadableError):
        rules.expand(Call("rules.pause", (item,)))


@pytest.mark.parametrize("data", [b"\xff\xfe", b"a" * 70_000, b"[" * 5_000, b"", b"x = " + b"[" * 3_000])
def test_rubbish_in_the_folder_is_unreadable_and_stays(rules: RulesConnector, data: bytes) -> None:
    path = rules.store.root / "rubbish.toml"
    path.write_bytes(data)
    assert "unreadable" in rules.load("rubbish.toml").extra
    assert path.read_bytes() == data


def test_a_rule_without_words_or_plan_is_refused(rules: RulesConnector) -> None:
    for request, plan in (("", PLAN), (LATER, "")):
        with pytest.raises(UnreadableError):
            rules.expand(Call("rules.add", (), {"request": request, "plan": plan}))


def test_facts_that_no_rule_has_are_refused(rules: RulesConnector) -> None:
    with pytest.raises(UnreadableError):
        added(rules, wehn="Friday")


def test_other_calls_and_other_names_are_refused(rules: RulesConnector) -> None:
    with pytest.raises(DeniedError):
        rules.expand(Call("rules.find"))
    for ref in ("../x.toml", "/etc/passwd", ".trash/../x.toml"):
        with pytest.raises((DeniedError, NotFoundError)):
            rules.load(ref)


def test_the_request_may_hold_anything_that_can_be_typed(rules: RulesConnector) -> None:
    said = "if \"Olga\" \\ writes: 'hi' — ünïcode 🙂 [trigger] #no"
    assert rules.rule(added(rules, said)).request == said


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1).filter(str.strip))
def test_every_text_survives_writing_and_reading(words: str) -> None:
    rule = Rule("x", NOW, True, words, words, {"from": (words,), "what": (words, "b")})
    assert parsed(written(rule).encode(), "x") == rule
