"""How families of larger models write calls: the same plan comes back from each, and anything else is no plan."""

from __future__ import annotations

import pytest

from nearhand.models import evaluate
from nearhand.models.families import FAMILIES, PLAIN, Family, family
from nearhand.models.language import PlanError, parse

BY_NAME = {each.name: each for each in FAMILIES}


@pytest.mark.parametrize("each", FAMILIES, ids=lambda each: each.name)
def test_every_plan_of_the_suite_comes_back(each: Family) -> None:
    for case in evaluate.suite():
        assert each.read(each.said(case.row.turn.plan)) == case.row.turn.plan


def test_the_family_is_told_by_a_mark_in_the_template() -> None:
    told = {
        "{% if tools %}<tools>…</tools> <tool_call>": "hermes",
        "[AVAILABLE_TOOLS] [TOOL_CALLS]": "mistral",
        "<|tool_call|>": "phi",
        "<|start_header_id|> <|python_tag|>": "llama",
        "<start_of_turn>": "xlam",
        "": "xlam",
    }
    assert {template: family(template).name for template in told} == told


def test_calls_are_laid_out_as_the_family_has_them() -> None:
    plan = parse('mail.find from="Ivo" ; mail.reply what=$1 say="fine"')
    assert BY_NAME["hermes"].said(plan) == (
        '<tool_call>\n{"name": "mail_find", "arguments": {"from": ["Ivo"]}}\n</tool_call>\n'
        '<tool_call>\n{"name": "mail_reply", "arguments": {"what": ["$1"], "say": "fine"}}\n</tool_call>'
    )
    assert BY_NAME["llama"].said(plan) == (
        '{"name": "mail_find", "parameters": {"from": ["Ivo"]}}; '
        '{"name": "mail_reply", "parameters": {"what": ["$1"], "say": "fine"}}'
    )
    assert BY_NAME["mistral"].said(plan).startswith('[TOOL_CALLS][{"name"') and PLAIN.said(plan).startswith('[{"name"')


@pytest.mark.parametrize("text", [
    "", "[]", "[", "{}", "null", '["files_find"]', '[{"name": "files_find"}]', '[{"name": 1, "arguments": {}}]',
    '[{"name": "files_find", "arguments": []}]', '[{"name": "shell", "arguments": {}}]',
    '[{"name": "files_find", "arguments": {"what": 7}}]', '[{"name": "files_find", "arguments": {"what": {"a": "b"}}}]',
    '[{"name": "files_find", "arguments": {"path": "x"}}]', '[{"name": "files_find", "arguments": {}}{}]',
    '[{"name": "files_find", "arguments": {}}] ', 'Sure: [{"name": "files_find", "arguments": {}}]',
    '[{"name": "files_find", "arguments": {"if_any": "now"}}]', "[" * 100_000 + "]",
])  # fmt: skip
def test_what_is_no_list_of_calls_is_no_plan(text: str) -> None:
    with pytest.raises(PlanError):
        PLAIN.read(text)
