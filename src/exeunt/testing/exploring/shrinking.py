"""From a schedule that fails to the smallest one nearby that fails in the same way."""

import traceback
from collections.abc import Callable, Iterator
from itertools import pairwise

from ..._core.failures import as_group
from ..schedules.rules import Run
from ..schedules.schedule import deviations_of
from .depth_first import DepthFirst

Choices = tuple[int, ...]
Kind = tuple[tuple[str, str, int], ...]


def kind_of(error: BaseException) -> Kind:
    """Return what two failures have in common if they are the same failure."""
    group = as_group(error)
    if group is not None:
        kinds = {kind for each in group.exceptions for kind in kind_of(each)}
        return tuple(sorted(kinds))
    frames = traceback.extract_tb(error.__traceback__)
    file, line = (frames[-1].filename, frames[-1].lineno or 0) if frames else ("", 0)
    return ((type(error).__name__, file, line),)


def shrink(run: Run, attempt: Callable[[Choices], Run], budget: int) -> Choices:
    """Return the smallest choices found that make *attempt* fail like *run*.

    Few deviations count first, then early ends, then small numbers.

    Args:
        run: one that failed.
        attempt: runs the program with these choices.
        budget: how many attempts there may be.
    """
    shrinker = _Shrinker(run, attempt, budget)
    shrinker.improve()
    shrinker.look_nearby()
    shrinker.improve()
    return shrinker.best


class _Shrinker:
    def __init__(
        self, run: Run, attempt: Callable[[Choices], Run], budget: int
    ) -> None:
        assert run.error is not None
        self.best = _cut(tuple(run.choices))
        self._kind = kind_of(run.error)
        self._attempt = attempt
        self._left = budget
        self._tried: set[Choices] = set()

    def improve(self) -> None:
        """Make the best smaller as long as one of the ways does."""
        while any([self._shortens(way) for way in _WAYS]):  # noqa: C419 - all of them
            pass

    def look_nearby(self) -> None:
        """Try the schedules with fewer deviations, beginning with the fewest."""
        for bound in range(deviations_of(self.best)):
            listed = DepthFirst(bound, holding=True)
            for choices in listed:
                if self._left <= 0:
                    return
                run = self._run(tuple(choices))
                if self._is_same(run):
                    self.best = _cut(tuple(choices))
                    return
                listed.learn(run)

    def _shortens(self, way: Callable[[Choices], Iterator[Choices]]) -> bool:
        improved = False
        while any(self._is_better(_cut(choices)) for choices in way(self.best)):
            improved = True
        return improved

    def _is_better(self, choices: Choices) -> bool:
        if choices in self._tried or self._left <= 0:
            return False
        if _cost(choices) >= _cost(self.best):
            return False
        if not self._is_same(self._run(choices)):
            return False
        self.best = choices
        return True

    def _run(self, choices: Choices) -> Run:
        self._tried.add(choices)
        self._left -= 1
        return self._attempt(choices)

    def _is_same(self, run: Run) -> bool:
        return run.error is not None and kind_of(run.error) == self._kind


def _cost(choices: Choices) -> tuple[int, int, int]:
    return deviations_of(choices), len(choices), sum(map(abs, choices))


def _cut(choices: Choices) -> Choices:
    end = len(choices)
    while end and not choices[end - 1]:
        end -= 1
    return choices[:end]


def _deviant(choices: Choices) -> list[int]:
    return [place for place, number in enumerate(choices) if number]


def _without_some(choices: Choices) -> Iterator[Choices]:
    deviant = _deviant(choices)
    size = len(deviant)
    while size:
        for start in range(0, len(deviant), size):
            gone = set(deviant[start : start + size])
            yield tuple(0 if at in gone else i for at, i in enumerate(choices))
        size //= 2


def _holding_back(choices: Choices) -> Iterator[Choices]:
    deviant = _deviant(choices)
    for first, place in enumerate(deviant):
        size = len(deviant) - first
        while size > 1:
            gone = set(deviant[first : first + size])
            rest = (0 if at in gone else i for at, i in enumerate(choices))
            yield tuple(-1 if at == place else i for at, i in enumerate(rest))
            size -= max(1, size // 4)


def _without_places(choices: Choices) -> Iterator[Choices]:
    size = max(1, len(choices) // 2)
    while size:
        for start in range(0, len(choices), size):
            yield choices[:start] + choices[start + size :]
        size //= 2


def _with_one_for_two(choices: Choices) -> Iterator[Choices]:
    for first, second in pairwise(_deviant(choices)):
        for moved in range(first, second):
            trial = [*choices]
            trial[first] = trial[second] = 0
            for number in (1, -1, 2):
                trial[moved] = number
                yield tuple(trial)


def _with_smaller_numbers(choices: Choices) -> Iterator[Choices]:
    for place, number in enumerate(choices):
        for smaller in range(1, abs(number)):
            signed = smaller if number > 0 else -smaller
            yield (*choices[:place], signed, *choices[place + 1 :])


_WAYS = (
    _without_some,
    _holding_back,
    _without_places,
    _with_one_for_two,
    _with_smaller_numbers,
)
