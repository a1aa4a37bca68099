"""Standing permissions: as narrow as they say, for a while, taken back at once, and never more than one key's worth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nearhand.agent.calls.act import Act
from nearhand.agent.calls.act import path as path_value
from nearhand.agent.paths import Profile
from nearhand.agent.policy import grants
from nearhand.agent.policy.rules import Allow, Ask, Case, Deny, Origin, Role, Setting, Value, judge
from nearhand.connectors.base import Call, Item

NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
ROOT = "/home/robin/Documents"
OLGA = Value(Role.RECIPIENT, "Olga@brandt.example", Origin.CONTACT)
MAX = Value(Role.RECIPIENT, "max@lindqvist.example", Origin.CONTACT)
MOVE = Act(
    "files",
    Call("files.move", (Item("files", f"{ROOT}/In/a.pdf", "1", "file", "a.pdf"),), {"to": f"{ROOT}/Receipts"}),
    values=(path_value(f"{ROOT}/Receipts"), path_value(f"{ROOT}/In/a.pdf")),
)
WRITTEN_TO = frozenset({"olga@brandt.example", "max@lindqvist.example"})


def setting(*held: grants.Grant) -> Setting:
    return Setting((ROOT,), written_to=WRITTEN_TO, granted=frozenset((g.action, g.scope) for g in held))


def send(*people: Value) -> Act:
    return Act("mail", Call("mail.send"), values=people)


def case(act: Act, **more: object) -> Case:
    return Case(act.call.action, values=act.values, **more)  # type: ignore[arg-type]


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    return Profile(tmp_path)


def test_what_was_granted_runs_without_a_key() -> None:
    for act in (MOVE, send(OLGA)):
        assert isinstance(judge(case(act), setting()), Ask)
        assert isinstance(judge(case(act), setting(*grants.wanted([act], NOW))), Allow)


def test_another_folder_another_person_another_action_and_more_people_are_asked() -> None:
    held = setting(*grants.wanted([MOVE, send(OLGA)], NOW))
    elsewhere = (path_value(f"{ROOT}/Taxes"), path_value(f"{ROOT}/In/a.pdf"))
    deeper = (path_value(f"{ROOT}/Receipts"), path_value(f"{ROOT}/In/deep/er/a.pdf"))
    for values in (elsewhere, deeper):
        assert isinstance(judge(Case("files.move", values=values), held), Ask)
    assert isinstance(judge(case(send(MAX)), held), Ask)
    assert isinstance(judge(case(send(OLGA, MAX)), held), Ask)
    assert isinstance(judge(Case("mail.forward", values=(OLGA,)), held), Ask)
    assert isinstance(judge(Case("files.trash", values=MOVE.values), held), Ask)
    assert isinstance(judge(Case("files.move"), held), Ask)


def test_a_grant_never_answers_for_doubt_numbers_or_strangers_and_never_lifts_a_refusal() -> None:
    held = setting(*grants.wanted([MOVE, send(OLGA)], NOW))
    assert isinstance(judge(case(MOVE, confidence=0.1), held), Ask)
    assert isinstance(judge(case(MOVE, count=21), held), Ask)
    stranger = Setting(("/",), granted=held.granted)
    assert isinstance(judge(case(send(OLGA)), stranger), Ask)
    outside = Value(Role.RECIPIENT, "olga@brandt.example", Origin.OUTSIDE)
    assert isinstance(judge(case(send(outside)), held), Deny)
    off_root = Setting(("/elsewhere",), granted=held.granted)
    assert isinstance(judge(case(MOVE), off_root), Deny)


def test_nothing_narrow_means_no_grant() -> None:
    assert grants.wanted([Act("mail", Call("mail.archive"))], NOW) == ()
    assert grants.wanted([MOVE, Act("mail", Call("mail.archive"))], NOW) == ()


def test_grants_are_kept_prolonged_revoked_and_end(profile: Profile) -> None:
    made = grants.wanted([send(OLGA)], NOW)
    grants.add(profile, made, NOW)
    grants.add(profile, grants.wanted([send(OLGA)], NOW + timedelta(days=1)), NOW)
    held = grants.valid(profile, NOW)
    assert [(g.action, g.scope) for g in held] == [("mail.send", "olga@brandt.example")]
    assert held[0].until == NOW + timedelta(days=91)
    assert grants.valid(profile, NOW + timedelta(days=92)) == ()
    grants.revoke(profile, held[0], NOW)
    assert grants.valid(profile, NOW) == ()
    assert profile.grants.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"action": "mail.send"}]', '[{"action": "rm", "scope": "x", "until": "2099-01-01T00:00:00+00:00"}]',
                                  '[{"action": "mail.send", "scope": "", "until": "2099-01-01T00:00:00+00:00"}]',
                                  '[{"action": "mail.send", "scope": "a@b", "until": "2099-01-01"}]'])  # fmt: skip
def test_a_file_that_cannot_be_read_or_says_too_much_grants_nothing(profile: Profile, text: str) -> None:
    profile.grants.write_text(text)
    assert grants.valid(profile, NOW) == ()
