"""What a sweep has gone through."""

from collections.abc import Iterable

import attrs

from ..._model.words import counted
from ..exploring.story import Place


@attrs.frozen(kw_only=True)
class Sweep:
    """What was swept, when nothing failed.

    Attributes:
        scenario: the name of the scenario.
        done: what was done to it, in words.
        points: how many runs were disturbed, each at another place.
        schedules: in how many orders of steps.
        runs: how many runs there were: one for each point, and for each order a first
            one without a disturbance.
        hit: the ``await`` lines of the program that were cut short by a disturbance.
        missed: the others, in the functions that have waited: no disturbance has cut
            them short. They are shielded, or nothing has ever been waited for there.
        seams: where agents have crashed and which failpoints have failed, in words.
        controlled: whether this Trio could be steered at all.
    """

    scenario: str
    done: str
    points: int
    schedules: int
    runs: int
    hit: tuple[Place, ...] = ()
    missed: tuple[Place, ...] = ()
    seams: tuple[str, ...] = ()
    controlled: bool = True

    def __str__(self) -> str:
        told = (
            f"{self.scenario} held: {self.done} at {counted(self.points, 'point')} in "
            f"{counted(self.schedules, 'order')} of steps, {self.runs:,} runs."
        )
        if not self.controlled:
            return f"{told} This Trio could not be steered, so nothing was swept."
        if not self.points:
            return f"{told} There was nothing to disturb."
        lines = [told, *(f"  {seam}" for seam in self.seams)]
        if self.hit or self.missed:
            number = len(self.hit) + len(self.missed)
            lines.append(
                f"Cut short: {len(self.hit)} of {counted(number, 'await line')}."
            )
        if self.missed:
            lines += ["Never cut short:", *(f"  {line}" for line in self.missed)]
        return "\n".join(lines)


def in_order(places: Iterable[Place]) -> tuple[Place, ...]:
    """Return these places in the order of the program's text."""
    return tuple(sorted(places, key=lambda place: (place.file, place.line)))
