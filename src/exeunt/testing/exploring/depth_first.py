"""Every schedule with few deviations, one after the other."""

from collections.abc import Iterator

from ..schedules.rules import Run
from ..schedules.schedule import deviations_of


class DepthFirst:
    """Lists the schedules with at most *bound* deviations, depth first.

    Iterate: each schedule has to be run and its run given to `learn` before the next
    is asked for. When the list is at its end, every such schedule has been seen.

    Args:
        bound: how many deviations there may be; None for any number.
        holding: whether tasks may be held back too. That adds no orders, but many
            orders are near then that are far otherwise.
    """

    def __init__(self, bound: int | None, *, holding: bool = False) -> None:
        self._bound = bound
        self._holding = holding
        self._run: Run | None = None

    def learn(self, run: Run) -> None:
        """Take in where there were which choices in the last run."""
        self._run = run

    def __iter__(self) -> Iterator[list[int]]:
        choices: list[int] | None = []
        while choices is not None:
            yield choices
            assert self._run is not None
            choices = self._after(choices, self._run.options)

    def _after(self, choices: list[int], options: list[int]) -> list[int] | None:
        choices = [*choices, *[0] * (len(options) - len(choices))]
        for place in reversed(range(len(options))):
            following = self._next(choices[place], options[place])
            if following is None:
                continue
            changed = [*choices[:place], following]
            if self._bound is None or deviations_of(changed) <= self._bound:
                return changed
        return None

    def _next(self, number: int, options: int) -> int | None:
        if number >= 0:
            if number + 1 < options:
                return number + 1
            return -1 if self._holding and options > 1 else None
        return number - 1 if 1 - number < options else None
