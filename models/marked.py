"""A marked request as parts, so that values can be exchanged and noise applied without losing the marks."""

from __future__ import annotations

import re
from dataclasses import dataclass

MARK = re.compile(r"\{([a-z0-9_.,]+):([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a marked request; `roles` ((step, slot), ...) is empty outside the marks."""

    text: str
    roles: tuple[tuple[int, str], ...] = ()


def split(marked: str) -> list[Part]:
    """Cut a marked request into plain and marked parts."""
    parts, at = [], 0
    for mark in MARK.finditer(marked):
        if mark.start() > at:
            parts.append(Part(marked[at : mark.start()]))
        roles = [role.rpartition(".") for role in mark[1].split(",")]
        parts.append(Part(mark[2], tuple((int(step or 1), slot) for step, _, slot in roles)))
        at = mark.end()
    if at < len(marked):
        parts.append(Part(marked[at:]))
    return parts
