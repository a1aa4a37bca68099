"""Builds the acts of `rules.*` and `text.polish` steps."""

from __future__ import annotations

from dataclasses import replace

from nearhand.agent.asking import QuestionError
from nearhand.agent.calls.act import Act
from nearhand.agent.calls.found import Found, Words
from nearhand.agent.home import Home
from nearhand.agent.resolve.selecting import select
from nearhand.agent.rules.files import grant_lines
from nearhand.agent.texts.polish import polish
from nearhand.connectors.base import Call
from nearhand.models.language import Plan


def rules_added(plan: Plan, request: str, home: Home) -> list[tuple[int, Act]]:
    """Keep rules: the person's words and the plan they came to; each with the number (from 0) of its step."""
    from nearhand.agent.rules.making import each_of  # only few requests make a rule

    return [(start, _kept(number, own, request, home)) for number, (start, own) in enumerate(each_of(plan), 1)]


def _kept(number: int, plan: Plan, request: str, home: Home) -> Act:
    from nearhand.agent.rules.making import draft_of

    draft = draft_of(plan, request, home)
    args: dict[str, object] = {**draft.trigger, "request": request, "plan": draft.plan, "number": str(number)}
    args |= {"grant": "\n".join(grant_lines(draft.grant))}
    return Act("rules", Call("rules.add", (), args), text=f"Keep the rule “{request}”")


def rules(words: Words) -> tuple[list[Act], Found]:
    """Pause or remove rules."""
    found = select(words)
    return [Act("rules", Call(words.step.action, found.items))], found


def text(words: Words) -> tuple[list[Act], Found]:
    """Polish: a text file gets a corrected copy beside it."""
    files = replace(words, step=replace(words.step, action="files.open"))
    items = [item for item in select(files).items if {"text", "document"} & item.tags] if words.has("what") else []
    if not items:
        raise QuestionError("what", "Which text should be polished?")
    item = items[0]
    new = polish(item.text)
    stem, dot, ending = item.title.rpartition(".")
    name = (
        f"{stem} (polished){dot}{ending if ending in ('txt', 'md') else 'txt'}" if dot else f"{item.title} (polished)"
    )
    effects = words.home.plan_puts(item.ref.rpartition("/")[0], [(name, new.encode("utf-8", "replace"))])
    return [Act("files", Call("text.polish", (item,)), effects=tuple(effects))], Found(items=(item,))
