"""Which of many effects worked on a thing, above it, or in it, without comparing each with every other."""

from __future__ import annotations

from collections.abc import Iterator

from nearhand.agent.effects.records import Record


class Touched:
    """The refs that some effects worked on, each effect under a number."""

    def __init__(self) -> None:
        self._at: dict[tuple[str, str], int] = {}
        self._inside: dict[tuple[str, str], int] = {}
        """For each folder: the first effect that worked on something in it."""

    def add(self, record: Record, number: int) -> None:
        """Note what an effect works on, before and after it and on the way back."""
        area = record.effect.connector
        for ref in filter(None, (record.effect.ref, record.inverse.ref, record.ref)):
            self._at.setdefault((area, ref), number)
            for folder in _above(ref):
                self._inside.setdefault((area, folder), number)

    def by(self, record: Record) -> int | None:
        """The first of the noted effects that worked on what this one leaves behind, on what holds it, or in it."""
        area, left = record.effect.connector, record.inverse.ref
        if not left:
            return None
        places = (self._inside.get((area, left)), *(self._at.get((area, ref)) for ref in (left, *_above(left))))
        return min((number for number in places if number is not None), default=None)


def _above(ref: str) -> Iterator[str]:
    """Everything that a ref lies in, the nearest first."""
    while ref := ref.rpartition("/")[0]:
        yield ref
