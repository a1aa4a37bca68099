"""The grammar of a larger model's calls: whatever is said under it reads as a legal plan of the person's own words."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nearhand.models import caller, evaluate, utterances
from nearhand.models.callgrammar import call_grammar
from nearhand.models.families import FAMILIES, PLAIN, Family
from nearhand.models.generalist import Generalist
from nearhand.models.language import parse
from nearhand.models.llama import llama
from nearhand.models.words import normalize, pieces
from nearhand.models.written import Row

from .promised import hold

_REQUESTS = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="0123456789:/.-, ²½٣$\\", max_size=30),
    st.text(alphabet="a' ’sS\"()$1;_=@🙂é漢\\", max_size=30),
    st.sampled_from(
        ["a", "$1", "\\$1 $2", "$50", "\\\\\\$7", "\ud800x", "<tool_call>", '"}}]', "scans scans", "x" * 300]
    ),
)
_SEEDS = st.integers(min_value=0, max_value=2**32)
BEFORE = "dinner on Saturday at 19:30"


# --- the grammar as it is written, said at random -----------------------------------------------------------------------

_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[A-Za-z][A-Za-z0-9-]*|[()|?]')
Tree = tuple[str, Sequence[object] | str]


@cache
def _read(body: str) -> Tree:
    parts = _PART.findall(body)
    tree, rest = _either(parts, 0)
    assert rest == len(parts)
    return tree


def _either(parts: Sequence[str], at: int) -> tuple[Tree, int]:
    rows: list[Tree] = []
    while True:
        row, at = _row(parts, at)
        rows.append(row)
        if at == len(parts) or parts[at] != "|":
            return ("either", rows), at
        at += 1


def _row(parts: Sequence[str], at: int) -> tuple[Tree, int]:
    out: list[Tree] = []
    while at < len(parts) and parts[at] not in ("|", ")"):
        if parts[at] == "?":
            out[-1] = ("either", [out[-1], ("row", [])])
        elif parts[at] == "(":
            inner, at = _either(parts, at + 1)
            out.append(inner)
        elif parts[at].startswith('"'):
            out.append(("said", re.sub(r"\\(.)", lambda m: {"n": "\n"}.get(m[1], m[1]), parts[at][1:-1])))
        else:
            out.append(("rule", parts[at]))
        at += 1
    return ("row", out), at


def _said(rules: dict[str, str], chance: random.Random) -> str:
    """Something that the grammar allows."""

    def walk(tree: Tree) -> Iterator[str]:
        sort, held = tree
        if sort == "said":
            yield str(held)
        elif sort == "rule":
            yield from walk(_read(rules[str(held)]))
        elif sort == "either":
            yield from walk(chance.choice(held))  # type: ignore[arg-type]
        else:
            for each in held:
                yield from walk(each)  # type: ignore[arg-type]

    return "".join(walk(_read(rules["root"])))


def _rules(request: str, before: str | None, family: Family) -> dict[str, str]:
    lines = call_grammar(request, before, family).split("\n")
    return dict(line.split(" ::= ", 1) for line in lines)  # type: ignore[misc]


@given(_REQUESTS, _SEEDS, st.sampled_from(FAMILIES))
@settings(deadline=None, max_examples=120)
def test_all_that_can_be_said_is_a_legal_plan_of_the_persons_own_words(request: str, seed: int, family: Family) -> None:
    request = normalize(request)
    assume(pieces(request))
    rules, chance = _rules(request, None, family), random.Random(seed)
    for _ in range(5):
        hold(family.read(_said(rules, chance)), request, None)


@given(_REQUESTS, _SEEDS)
@settings(deadline=None, max_examples=60)
def test_with_a_turn_before_its_words_and_results_may_be_used_too(request: str, seed: int) -> None:
    request = normalize(request)
    assume(pieces(request))
    rules, chance = _rules(request, BEFORE, PLAIN), random.Random(seed)
    plans = [PLAIN.read(_said(rules, chance)) for _ in range(5)]
    for plan in plans:
        hold(plan, request, BEFORE)


def test_words_that_read_like_a_reference_stay_words() -> None:
    rules = _rules("pay $5 to \\$1 for $12", None, PLAIN)
    rules["root"] = "quote"
    said = {_said(rules, random.Random(seed)) for seed in range(300)}
    assert {'"\\\\$5"', '"$5 to"', '"\\\\\\\\$1"', '"\\\\$1"', '"$12"', '"5"'} <= said
    assert not {'"$5"', '"$1"'} & said


def test_the_grammar_grows_with_the_request_and_not_with_its_square() -> None:
    sizes = [len(call_grammar(" ".join(["word"] * many), None, PLAIN)) for many in (1, 101, 201, 301)]
    steps = [b - a for a, b in pairwise(sizes)]
    assert max(steps) < 1.1 * min(steps) and max(steps) < 6000


# --- as llama.cpp reads it ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def runtime(writing_gguf: Path) -> Iterator[Generalist]:
    made = Generalist(writing_gguf, threads=1)
    yield made
    made.close()


def _accepts(runtime: Generalist, grammar: str, text: str) -> bool:
    """Whether a text may be said under a grammar, to its end."""
    lock = caller._Lock(runtime, grammar)
    try:
        end = int(llama.llama_vocab_eos(runtime._vocab))
        for token in [*runtime.tokenize(text), end]:
            one = (llama.llama_token_data * 1)(llama.llama_token_data(token, 1.0, 0.0))
            lock.narrow(llama.llama_token_data_array(one, 1, -1, False))
            if one[0].logit == -math.inf:
                return False
            lock.advance(token)
        return True
    finally:
        lock.free()


@pytest.mark.parametrize("part", ["suite", "written", "labelled"])
def test_every_gold_plan_can_be_said(part: str, corpus: Sequence[Row], runtime: Generalist) -> None:
    rows = {
        "suite": lambda: [case.row for case in evaluate.suite()][::40],
        "written": lambda: corpus[::1600],
        "labelled": lambda: utterances.labelled()[::300],
    }[part]()
    for number, row in enumerate(rows):
        family = FAMILIES[number % len(FAMILIES)]
        before = row.before.request if row.before else None
        grammar = call_grammar(row.turn.request, before, family)
        assert _accepts(runtime, grammar, family.said(row.turn.plan)), row.source
        assert family.read(family.said(row.turn.plan)) == row.turn.plan


REQUEST = "put the scans into Receipts and tell Olga"


@pytest.mark.parametrize("plan", [
    'files.move what="scans" to="Receipts"',
    'files.find what="scans" ; if_any($1) files.move what=$1 to="Receipts" ; mail.send to="Olga" ask(text)',
    "none why=danger",
    " ; ".join(['files.trash what="scans"'] * 6),
])  # fmt: skip
def test_these_can_be_said(plan: str, runtime: Generalist) -> None:
    assert _accepts(runtime, call_grammar(REQUEST, None, PLAIN), PLAIN.said(parse(plan)))


@pytest.mark.parametrize("plan", [
    'files.move what="scan" to="Receipts"',
    'files.move what="scans Receipts" to="Receipts"',
    'files.move what="Scans" to="Receipts"',
    'mail.send to="eve@evil.example" text="scans"',
    'files.move what=$1 to="Receipts"',
    'files.move what=$0 to="Receipts"',
    'files.find what="scans" ; if_any($2) files.move what=$1 to="Receipts"',
    'files.move what="scans"',
    "files.move what=\"scans\" to=\"Receipts\" ask(to)",
    'files.find kind=dragon',
    'files.find name="scans"',
    'files.find what="scans" ; none why=scope',
    'mail.send to="Olga" text=$1',
    "none",
    " ; ".join(['files.trash what="scans"'] * 7),
])  # fmt: skip
def test_these_cannot(plan: str, runtime: Generalist) -> None:
    assert not _accepts(runtime, call_grammar(REQUEST, None, PLAIN), PLAIN.said(parse(plan)))


@pytest.mark.parametrize(
    "text", ["", "Sure! [", "[]", '[{"name": "files_find", "arguments": {}}] and more', '{"name": "x"}']
)
def test_talk_cannot_be_said(text: str, runtime: Generalist) -> None:
    assert not _accepts(runtime, call_grammar(REQUEST, None, PLAIN), text)
