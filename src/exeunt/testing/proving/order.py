"""Which of a run's steps had to come before which, and where that could be otherwise.

A step *happens before* another if a chain leads from it to the other, each link of
which is one of these: the same task took both steps; the first woke or began the
task of the second; all was at rest between them; or they touch the same place in ways
that do not go together. Runs that differ only in the order of steps which do not
happen before each other lead to the same.

Two steps *race* if they are linked in the last way alone. Only for races can another
order lead to something else.
"""

from collections.abc import Sequence

import attrs

from .footprint import Place, go_together
from .recorder import Step

Clock = dict[int, int]
"""For each task, the last of its steps that happened before, by index."""


class _Trail:
    """The last steps that touched a place: those that go together, and those before."""

    __slots__ = ("before", "how", "last")

    def __init__(self, how: int) -> None:
        self.how = how
        self.last: list[int] = []
        self.before: list[int] = []

    def come(self, step: int, how: int) -> list[int]:
        """Add a step, and return the last ones it cannot change places with."""
        if not self.last or not go_together(self.how, how):
            self.before, self.last, self.how = self.last, [], how
        self.last.append(step)
        return self.before


@attrs.define
class Order:
    """The order in which the steps of one run happened."""

    steps: Sequence[Step]
    clocks: list[Clock] = attrs.field(factory=list[Clock])
    races: list[tuple[int, int]] = attrs.field(factory=list[tuple[int, int]])
    _latest: Clock = attrs.field(factory=dict[int, int])
    _rest: Clock = attrs.field(factory=dict[int, int])
    _trails: dict[Place, _Trail] = attrs.field(factory=dict[Place, _Trail])

    def __attrs_post_init__(self) -> None:
        for index in range(len(self.steps)):
            self._add(index)

    def happened_before(self, first: int, second: int) -> bool:
        """Return whether step *first* happened before step *second*."""
        return self.clocks[second].get(self.steps[first].task, -1) >= first

    def overtaking(self, first: int, second: int) -> list[int]:
        """Return the tasks that can begin to bring *second* about before *first*.

        *second* can come before *first* if all goes ahead that does not happen after
        *first*. Of those steps, the ones that wait for no other of them can begin.
        """
        ahead = [
            step
            for step in range(first + 1, second)
            if not self.happened_before(first, step)
        ]
        begun: dict[int, int] = {}  # the first step of each task
        able: list[int] = []
        for step in (*ahead, second):
            task = self.steps[step].task
            if task in begun:
                continue
            clock = self.clocks[step]
            if all(clock.get(other, -1) < at for other, at in begun.items()):
                able.append(task)
            begun[task] = step
        return able

    def _add(self, index: int) -> None:
        step = self.steps[index]
        if step.afresh:
            self._rest = {**self._latest}
        clock = dict(self._rest)
        for earlier in (self._latest.get(step.task, -1), *step.after):
            if 0 <= earlier < index:
                self._join(clock, earlier)
        for earlier in sorted(self._conflicting(index, step), reverse=True):
            if clock.get(self.steps[earlier].task, -1) < earlier:
                self.races.append((earlier, index))
                self._join(clock, earlier)
        clock[step.task] = index
        self.clocks.append(clock)
        self._latest[step.task] = index

    def _conflicting(self, index: int, step: Step) -> set[int]:
        found: set[int] = set()
        for place, how in step.footprint.items():
            trail = self._trails.get(place)
            if trail is None:
                trail = self._trails[place] = _Trail(how)
            found.update(trail.come(index, how))
        return found

    def _join(self, clock: Clock, earlier: int) -> None:
        for task, at in self.clocks[earlier].items():
            if clock.get(task, -1) < at:
                clock[task] = at
