"""What a step touches, and which steps can therefore change places.

A step is what a task does from one checkpoint to its next. Its *footprint* says which
*places* it touches, and how. A place is a part of something that tasks share: an
attribute of an object of the runtime, one end of a queue, whether a task is cancelled.

Two steps that touch no place in ways that do not go together can change places: one
after the other, each does the same, and what is left is the same. Everything that a
proof claims rests on footprints being complete.
"""

from collections.abc import Hashable
from typing import Final, TypeAlias

import attrs


class How:
    """How a step touches a place.

    Reading goes together with reading, and adding with adding, since what is added is
    the same in either order. Nothing else goes together. Bits, as a step may do both;
    plain numbers, since enums would take a quarter of the time of a proof.
    """

    READ: Final = 1
    ADD: Final = 2
    WRITE: Final = READ | ADD


Place: TypeAlias = int
Footprint: TypeAlias = dict[Place, int]

WORLD: Place = 0
"""Touched by every step; written by those of which nothing better is known."""


def go_together(one: int, other: int) -> bool:
    """Return whether one place can be touched in these two ways in either order."""
    return one == other and one != How.WRITE


def commute(one: Footprint, other: Footprint) -> bool:
    """Return whether two steps with these footprints can change places."""
    if len(other) < len(one):
        one, other = other, one
    return all(
        place not in other or go_together(how, other[place])
        for place, how in one.items()
    )


@attrs.define
class Names:
    """Numbers for what has to be recognised from one run to another.

    A task is named after who began it and how many that one had begun before; an
    object after the task that made it, likewise. So names do not depend on in which
    order steps are taken that have nothing to do with each other.
    """

    _known: dict[Hashable, int] = attrs.field(factory=lambda: {"the world": WORLD})

    def number(self, name: Hashable) -> int:
        """Return the number for this name, the same in every run of a proof."""
        number = self._known.get(name)
        if number is None:
            number = self._known[name] = len(self._known)
        return number
