"""Values of the field as JSON and back, for the journal and for digests.

A closed list of types: nothing in a journal can make any other object. `canonical` is the one text form of a value, so
equal values have equal digests. Deliberately not here: files, hashes, and schema changes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from pathlib import PurePath
from typing import TypeAlias
from zoneinfo import ZoneInfo

from nearhand.agent.effects.steps import Later, Made, Ready
from nearhand.agent.errors import JournalError
from nearhand.connectors.base import Call, Effect, Item, Person, Receipt, Shift, Source, Span

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

_CLASSES: Mapping[str, Callable[..., object]] = {
    cls.__name__: cls for cls in (Call, Effect, Item, Later, Made, Person, Ready, Receipt, Shift, Source, Span)
}
_TAG = "$"


def canonical(value: object) -> str:
    """The one JSON text of a value: ASCII, keys sorted, no spaces."""
    return json.dumps(encode(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def parsed(text: str) -> object:
    """The value that `canonical` wrote; raises JournalError for anything it could not have written."""
    try:
        return decode(json.loads(text, parse_constant=_no_number, parse_float=_finite))
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, OSError) as error:  # OSError: odd zones
        raise JournalError("An entry of the journal cannot be read. Run `nearhand doctor` to see which.") from error


def _no_number(text: str) -> float:
    """NaN and the infinities are nothing that `canonical` writes."""
    raise ValueError(text)


def _finite(text: str) -> float:
    """A number that is too large for one ("1e999") would be read as infinity."""
    number = float(text)
    return number if math.isfinite(number) else _no_number(text)


def encode(value: object) -> Json:
    """A value as JSON; raises JournalError for a type that has no place in a journal."""
    match value:
        case float() if not math.isfinite(value):
            raise JournalError(f"The number {value} cannot be written to the journal. Nothing was done.")
        case None | bool() | int() | float():
            return value
        case str():
            return str(value)
        case Enum():
            return {_TAG: type(value).__name__, "value": encode(value.value)}
        case tuple() | list():
            return [encode(each) for each in value]
        case set() | frozenset():
            return {_TAG: "set", "of": [encode(each) for each in sorted(value)]}
        case Mapping():
            return {_TAG: "map", "of": {str(key): encode(each) for key, each in value.items()}}
        case PurePath():
            return str(value)
        case datetime() | date() | time() | timedelta():
            return _encode_time(value)
    if is_dataclass(value) and type(value).__name__ in _CLASSES:
        return {_TAG: type(value).__name__, **{each.name: encode(getattr(value, each.name)) for each in fields(value)}}
    raise JournalError(f"A value of type {type(value).__name__} cannot be written to the journal. Nothing was done.")


def _encode_time(value: datetime | date | time | timedelta) -> Json:
    if isinstance(value, timedelta):
        return {_TAG: "timedelta", "of": [value.days, value.seconds, value.microseconds]}
    if isinstance(value, datetime):
        zone = value.tzinfo.key if isinstance(value.tzinfo, ZoneInfo) else ""
        return {_TAG: "datetime", "iso": value.isoformat(), "zone": zone}
    return {_TAG: type(value).__name__, "iso": value.isoformat()}


def decode(value: Json) -> object:
    """The value that was encoded; sequences come back as tuples."""
    if isinstance(value, list):
        return tuple(decode(each) for each in value)
    if not isinstance(value, dict):
        return value
    tag = str(value[_TAG])
    if tag in _SPECIAL:
        return _SPECIAL[tag](value)
    return _CLASSES[tag](**{name: decode(each) for name, each in value.items() if name != _TAG})


def _decode_datetime(value: Mapping[str, Json]) -> datetime:
    moment = datetime.fromisoformat(_text(value["iso"]))
    zone = _text(value["zone"])
    return moment.astimezone(ZoneInfo(zone)) if zone else moment


def _decode_map(value: Mapping[str, Json]) -> dict[str, object]:
    inner = value["of"]
    if not isinstance(inner, dict):
        raise TypeError(inner)
    return {key: decode(each) for key, each in inner.items()}


def _decode_set(value: Mapping[str, Json]) -> frozenset[object]:
    inner = value["of"]
    if not isinstance(inner, list):
        raise TypeError(inner)
    return frozenset(decode(each) for each in inner)


def _decode_timedelta(value: Mapping[str, Json]) -> timedelta:
    match value["of"]:
        case [int() as days, int() as seconds, int() as microseconds]:
            return timedelta(days, seconds, microseconds)
        case other:
            raise TypeError(other)


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


_SPECIAL: Mapping[str, Callable[[Mapping[str, Json]], object]] = {
    "map": _decode_map,
    "set": _decode_set,
    "timedelta": _decode_timedelta,
    "datetime": _decode_datetime,
    "date": lambda value: date.fromisoformat(_text(value["iso"])),
    "time": lambda value: time.fromisoformat(_text(value["iso"])),
}
