"""The plan that comes out is the likeliest one, not the one that begins most likely; declining has a price of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from nearhand.models.language import parse
from nearhand.models.planner import Planner
from nearhand.models.testing import RandomRuntime
from nearhand.models.vocab import encode, prompt, segment

REQUEST = "put the lease into Legal"
MOVE, COPY, FIND = 'files.move what="lease" to="Legal"', 'files.copy what="lease" to="Legal"', 'files.find what="lease"'
NONE = "none why=nothing"


class Believing(RandomRuntime):
    """A model that holds each of some plans for so likely, and all others for next to impossible."""

    def __init__(self, plans: Mapping[str, float], refuse: float | None = None) -> None:
        super().__init__(0)
        asked = segment(REQUEST, self.tokenize)
        self._refuse, self._head = refuse, len(prompt(asked))
        self._plans = {tuple(encode(parse(plan), [asked])): share for plan, share in plans.items()}
        self.reads = 0

    def feed(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        self.fed += tokens
        self.reads += 1
        so_far, found = tuple(self.fed[self._head :]), np.full(self.size, 1e-9)
        for plan, share in self._plans.items():
            if plan[: len(so_far)] == so_far and len(plan) > len(so_far):
                found[plan[len(so_far)]] += share
        return np.log(found).astype(np.float32)

    def number(self, key: str) -> float | None:
        return self._refuse if key.endswith("refuse") else None


def planned(plans: Mapping[str, float], refuse: float | None = None) -> tuple[str, float, int]:
    runtime = Believing(plans, refuse)
    got = Planner(runtime).plan(REQUEST)
    return str(got.plan), got.confidence, runtime.reads


def test_the_likeliest_plan_is_found_where_another_begins_more_likely() -> None:
    longer, other = 'files.move what="lease"  ask(to)', 'files.move to="Legal" ask(what)'
    plan, confidence, _ = planned({MOVE: 0.2, longer: 0.2, other: 0.2, COPY: 0.4})
    assert plan == COPY and confidence == pytest.approx(0.4, rel=1e-3)


def test_nothing_else_is_followed_where_one_plan_is_likelier_than_any_beginning() -> None:
    _, _, sure = planned({MOVE: 0.9, COPY: 0.06, FIND: 0.04})
    _, _, alone = planned({MOVE: 1.0})
    assert sure == alone


@pytest.mark.parametrize("seed", range(12))
def test_following_what_was_passed_by_never_finds_less(seed: int) -> None:
    found = Planner(RandomRuntime(seed)).plan(REQUEST)
    straight = Planner(RandomRuntime(seed))
    straight.detours = 0
    first = straight.plan(REQUEST)
    assert found.score * found.plan_tokens >= first.score * first.plan_tokens - 1e-9


def test_declining_is_decided_first_and_by_its_own_price() -> None:
    shares = {MOVE: 0.3, COPY: 0.3, NONE: 0.4}
    assert planned(shares, refuse=0.35)[0] == NONE
    acting = {MOVE: 0.35, COPY: 0.35, NONE: 0.3}
    plan, confidence, _ = planned(acting, refuse=0.35)
    assert plan in (MOVE, COPY) and confidence == pytest.approx(0.35, rel=1e-3)
    assert planned(shares)[0] == planned(shares, refuse=0.9)[0] == NONE


def test_what_is_missing_is_asked_for_a_little_sooner_if_the_file_says_so() -> None:
    asks = 'files.move what="lease" ask(to)'
    planner = Planner(Believing({MOVE: 0.6, asks: 0.4}))
    assert str(planner.plan(REQUEST).plan) == MOVE
    planner.asking = 1.0
    assert str(planner.plan(REQUEST).plan) == asks
    planner.asking = -1.0
    assert str(planner.plan(REQUEST).plan) == MOVE


def test_everything_at_once_is_a_danger_however_likely() -> None:
    assert planned({"mail.trash which=all": 0.9, FIND: 0.1})[0] == "none why=danger"
    assert planned({'files.trash in="Legal" which=all': 0.9, FIND: 0.1})[0] == 'files.trash in="Legal" which=all'
