"""From a program that fails to the smallest one nearby that fails in the same way.

Hypothesis often leaves steps in a program that have nothing to do with the failure, and
takes long over it. Runs are cheap, so here each step is tried without.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TypeVar

import attrs

from ..schedules.schedule import Schedule
from .program import Program, Step

T = TypeVar("T")

Trial = tuple[Program, Schedule]

_BUDGET = 2_000  # trials, a few seconds at the most


def smaller(trial: Trial, fails: Callable[[Trial], bool]) -> Trial:
    """Return the smallest trial found that still fails."""
    left, better = _BUDGET, True
    while better:
        better = False
        for candidate in _candidates(*trial):
            if not left:
                return trial
            left -= 1
            if fails(candidate):
                trial, better = candidate, True
                break
    return trial


def _candidates(program: Program, schedule: Schedule) -> Iterator[Trial]:
    """Yield what is smaller in one way, the largest differences first."""
    for steps in _with_fewer(program.steps):
        yield attrs.evolve(program, steps=steps), schedule
    for steps in _with_one_sleep_for_two(program.steps):
        yield attrs.evolve(program, steps=steps), schedule
    for choices in _with_fewer(schedule.choices):
        yield program, Schedule(choices)
    if program.capacity:
        yield attrs.evolve(program, capacity=0), schedule
    for place, step in enumerate(program.steps):
        for simpler in _simpler(step):
            steps = (*program.steps[:place], simpler, *program.steps[place + 1 :])
            yield attrs.evolve(program, steps=steps), schedule
    for place, choice in enumerate(schedule.choices):
        for number in sorted({0, 1, choice - 1}):
            if 0 <= number < choice:
                before, after = schedule.choices[:place], schedule.choices[place + 1 :]
                yield program, Schedule([*before, number, *after])


def _with_fewer(items: tuple[T, ...]) -> Iterator[tuple[T, ...]]:
    size = len(items)
    while size:
        for start in range(len(items) - size, -1, -size):
            yield items[:start] + items[start + size :]
        size //= 2


def _with_one_sleep_for_two(steps: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    for place, (one, two) in enumerate(pairwise(steps)):
        if one.deed == two.deed == "advance" and one.client == two.client:
            both = attrs.evolve(one, argument=one.argument + two.argument)
            yield (*steps[:place], both, *steps[place + 2 :])


def _simpler(step: Step) -> Iterator[Step]:
    if step.crashes:
        yield attrs.evolve(step, crashes=False)
    if step.client:
        yield attrs.evolve(step, client=0)
    if step.deed == "advance" and step.argument != 1:
        yield attrs.evolve(step, argument=1)
