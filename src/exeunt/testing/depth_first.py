"""Every schedule with few deviations, one after the other."""

from collections.abc import Iterator

from .running import Run


class DepthFirst:
    """Lists the schedules with at most *bound* deviations, depth first.

    Iterate: each schedule has to be run and its run given to `learn` before the next
    is asked for. When the list is at its end, every such schedule has been seen.
    """

    def __init__(self, bound: int | None) -> None:
        self._bound = bound
        self._run: Run | None = None

    def learn(self, run: Run) -> None:
        """Take in where there were which choices in the last run."""
        self._run = run

    def __iter__(self) -> Iterator[list[int]]:
        choices: list[int] | None = []
        while choices is not None:
            yield choices
            assert self._run is not None
            choices = self._after(self._run.choices, self._run.options)

    def _after(self, choices: list[int], options: list[int]) -> list[int] | None:
        for place in reversed(range(len(choices))):
            spent = sum(index != 0 for index in choices[:place])
            if choices[place] + 1 == options[place]:
                continue
            if self._bound is None or spent < self._bound:
                return [*choices[:place], choices[place] + 1]
        return None
