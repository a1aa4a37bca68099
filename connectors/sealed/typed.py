"""Values of known types as JSON and back: what a sealed process may say, and nothing else.

The reader is led by the type that it expects, never by what it reads, so whatever a process sends that a hostile file
has taken over, only a value of that type comes out, or a TypeError or ValueError. Dataclasses, enums, times, numbers,
text, and tuples, lists, sets and mappings of them. Deliberately not here: what goes into the journal.
"""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from zoneinfo import ZoneInfo

Way = Callable[[typing.Any], typing.Any]
"""From a value to its JSON, or back; what it takes and gives depends on the type it was made for."""


def dumped(kind: object, value: object) -> bytes:
    """A value of a type as ASCII; lone surrogates and all."""
    return json.dumps(_out(kind)(value), separators=(",", ":")).encode("ascii")


def loaded(kind: object, data: bytes) -> object:
    """The value; raises TypeError or ValueError if the data is not exactly of that type."""
    try:
        return _in(kind)(json.loads(data))
    except (KeyError, RecursionError, OverflowError) as error:
        raise ValueError(str(error)) from error


@cache
def _hints(kind: type) -> tuple[object, ...]:
    known = typing.get_type_hints(kind)
    return tuple(known[each.name] for each in fields(kind))


def _is_union(kind: object) -> bool:
    return isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union


def _some(kind: object) -> object:
    """X of `X | None`, the only union there is."""
    (some,) = (each for each in typing.get_args(kind) if each is not type(None))
    return some


@cache
def _out(kind: object) -> Way:
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if kind in (str, int, float, bool):
        return lambda value: value
    if _is_union(kind):
        some = _out(_some(kind))
        return lambda value: None if value is None else some(value)
    if origin is tuple and inside[-1] is not ...:
        each = [_out(one) for one in inside]
        return lambda value: [way(part) for way, part in zip(each, value, strict=True)]
    if origin in (tuple, list, frozenset):
        one = _out(inside[0])
        return (lambda value: sorted(value)) if origin is frozenset else (lambda value: [one(part) for part in value])
    if origin is Mapping:
        return dict
    if kind is datetime:
        return lambda value: [value.isoformat(), getattr(value.tzinfo, "key", None) or ""]
    if kind is timedelta:
        return lambda value: [value.days, value.seconds, value.microseconds]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return lambda value: value.value
    if isinstance(kind, type) and is_dataclass(kind):
        named = [(each.name, _out(hint)) for each, hint in zip(fields(kind), _hints(kind), strict=True)]
        return lambda value: [way(getattr(value, name)) for name, way in named]
    raise TypeError(f"There is no JSON for {kind}.")


@cache
def _in(kind: object) -> Way:
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if kind in (str, int, float, bool):
        return lambda value: _exact(kind, value)
    if _is_union(kind):
        some = _in(_some(kind))
        return lambda value: None if value is None else some(value)
    if origin is tuple and inside[-1] is not ...:
        each = [_in(one) for one in inside]
        return lambda value: tuple(way(part) for way, part in zip(each, _exact(list, value), strict=True))
    if origin in (tuple, list, frozenset):
        one, make = _in(inside[0]), typing.cast(type, origin)
        return lambda value: make(one(part) for part in _exact(list, value))
    if origin is Mapping:
        key, one = (_in(part) for part in inside)
        return lambda value: {key(name): one(part) for name, part in _exact(dict, value).items()}
    if kind is datetime:
        return _moment
    if kind is timedelta:
        return lambda value: timedelta(*(_exact(int, part) for part in _exact(list, value)))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind
    if isinstance(kind, type) and is_dataclass(kind):
        ways = [_in(hint) for hint in _hints(kind)]
        return lambda value: kind(*(way(part) for way, part in zip(ways, _exact(list, value), strict=True)))
    raise TypeError(f"There is no JSON for {kind}.")


def _exact(kind: object, value: object) -> typing.Any:
    if type(value) is not kind:
        raise TypeError(f"{kind} was expected, not {type(value).__name__}.")
    return value


def _moment(value: object) -> datetime:
    text, zone = _exact(list, value)
    moment = datetime.fromisoformat(_exact(str, text))
    if not _exact(str, zone):
        return moment
    return moment.astimezone(ZoneInfo(zone))
