"""From a schedule that fails to the smallest one nearby that fails in the same way."""

import traceback
from collections.abc import Callable, Iterator
from itertools import pairwise

from .running import Run

Choices = tuple[int, ...]
Kind = tuple[tuple[str, str, int], ...]


def kind_of(error: BaseException) -> Kind:
    """Return what two failures have in common if they are the same failure."""
    if isinstance(error, BaseExceptionGroup):
        return tuple(
            sorted({kind for each in error.exceptions for kind in kind_of(each)})
        )
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    place = ("", 0) if last is None else (last.filename, last.lineno or 0)
    return ((type(error).__name__, *place),)


def shrink(run: Run, attempt: Callable[[Choices], Run], budget: int) -> Run:
    """Return the smallest run that *attempt* finds to fail like *run*.

    Few deviations count first, then early ends, then small numbers.

    Args:
        run: one that failed.
        attempt: runs the program with these choices.
        budget: how many attempts there may be.
    """
    assert run.error is not None
    return _Shrinker(kind_of(run.error), attempt, run, budget).smallest()


class _Shrinker:
    def __init__(
        self, kind: Kind, attempt: Callable[[Choices], Run], best: Run, budget: int
    ) -> None:
        self._kind = kind
        self._attempt = attempt
        self._best = best
        self._left = budget
        self._tried: set[Choices] = set()

    def smallest(self) -> Run:
        improved = True
        while improved:
            improved = sum(self._shortens(way) for way in _WAYS) > 0
        return self._best

    def _shortens(self, way: Callable[[Choices], Iterator[Choices]]) -> bool:
        improved = False
        while any(self._is_better(choices) for choices in way(_short(self._best))):
            improved = True
        return improved

    def _is_better(self, choices: Choices) -> bool:
        choices = _cut(choices)
        if choices in self._tried or self._left <= 0 or _cost(choices) >= self._cost:
            return False
        self._tried.add(choices)
        self._left -= 1
        run = self._attempt(choices)
        if run.error is None or kind_of(run.error) != self._kind:
            return False
        if _cost(_short(run)) >= self._cost:
            return False
        self._best = run
        return True

    @property
    def _cost(self) -> tuple[int, int, int]:
        return _cost(_short(self._best))


def _cost(choices: Choices) -> tuple[int, int, int]:
    return sum(index != 0 for index in choices), len(choices), sum(choices)


def _short(run: Run) -> Choices:
    return _cut(tuple(run.choices))


def _cut(choices: Choices) -> Choices:
    end = len(choices)
    while end and not choices[end - 1]:
        end -= 1
    return choices[:end]


def _without_blocks(choices: Choices) -> Iterator[Choices]:
    deviant = [place for place, index in enumerate(choices) if index]
    size = len(deviant)
    while size:
        for start in range(0, len(deviant), size):
            gone = set(deviant[start : start + size])
            yield tuple(0 if at in gone else i for at, i in enumerate(choices))
        size //= 2


def _without_places(choices: Choices) -> Iterator[Choices]:
    size = max(1, len(choices) // 2)
    while size:
        for start in range(0, len(choices), size):
            yield choices[:start] + choices[start + size :]
        size //= 2


def _with_pairs_gone(choices: Choices) -> Iterator[Choices]:
    deviant = [place for place, index in enumerate(choices) if index]
    for first, second in pairwise(deviant):
        for moved in range(first, second):
            trial = [*choices]
            trial[first] = trial[second] = 0
            for index in (1, 2):
                trial[moved] = index
                yield tuple(trial)


def _with_lower_numbers(choices: Choices) -> Iterator[Choices]:
    for place, index in enumerate(choices):
        for lower in range(1, index):
            yield (*choices[:place], lower, *choices[place + 1 :])


_WAYS = (_without_blocks, _without_places, _with_pairs_gone, _with_lower_numbers)
