"""What has not happened for a while: "not opened since March" is before March, "not touched for a year" is older."""

from __future__ import annotations

import re

_NOT = r"(?:not|never|\w+n['’]t)(?: [\w'’]+){0,3}?"
_DONE = r"(?:(?:open|touch|us|look|chang|edit|modif|updat|work|read|view|need|see)\w*)(?: \w+){0,3}?"
_SINCE = re.compile(rf"{_NOT} {_DONE} (?:since|after) (?P<day>.+)", re.I)
_FOR = re.compile(
    rf"{_NOT} {_DONE} (?:for|in)(?: over| more than| at least| about)?(?: the)?(?: last| past)? (?P<length>.+)", re.I
)
_THIS = re.compile(rf"{_NOT} {_DONE} (?:this|all) (?P<unit>year|month|week)", re.I)


def said_before(text: str, when: str) -> str:
    """The words of the request from a "not" to the time behind it, if they say that nothing was done since; else ""."""
    found = re.search(rf"\b{_NOT} {_DONE} {re.escape(when)}(?!\w)", text, re.I)
    return found[0] if found else ""


def plain(said: str) -> str:
    """A time that ends where nothing happened any more, in words without the "not"; other words as they are."""
    if found := _SINCE.fullmatch(said):
        return f"before {found['day']}"
    if found := _THIS.fullmatch(said):
        return f"before this {found['unit']}"
    if found := _FOR.fullmatch(said):
        return f"older than {found['length']}"
    return said
