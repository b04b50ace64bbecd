"""From a scene that breaks a law to a smaller one that breaks it too."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import attrs

from ..schedules.schedule import Schedule
from .scene import Line, Scene

T = TypeVar("T")
Case = tuple[Scene, tuple[int, ...]]

_BUDGET = 200


def smallest(case: Case, fails: Callable[[Scene, Schedule], bool]) -> Case:
    """Return the smallest case nearby that *fails*, trying some hundred at the most."""
    budget = _BUDGET
    improved = True
    while improved:
        improved = False
        for smaller in _smaller(case):
            if not budget:
                return case
            budget -= 1
            if fails(smaller[0], Schedule(smaller[1])):
                case, improved = smaller, True
                break
    return case


def _smaller(case: Case) -> Iterator[Case]:
    scene, choices = case
    for lines in _shorter(scene.lines):
        yield attrs.evolve(scene, lines=lines), choices
    for ends in _shorter(scene.ends):
        yield attrs.evolve(scene, ends=ends), choices
    if scene.cut is not None:
        for cut in (None, scene.cut // 2, scene.cut - 1):
            yield attrs.evolve(scene, cut=cut), choices
    for fewer in _fewer(choices):
        yield scene, fewer
    for place, line in enumerate(scene.lines):
        for plain in _plainer(line):
            lines = (*scene.lines[:place], plain, *scene.lines[place + 1 :])
            yield attrs.evolve(scene, lines=lines), choices
    for place, end in enumerate(scene.ends):
        for at in (end.at - 2, end.at - 1, end.at - 0.5):
            if at >= 0:
                earlier = attrs.evolve(end, at=at)
                ends = (*scene.ends[:place], earlier, *scene.ends[place + 1 :])
                yield attrs.evolve(scene, ends=ends), choices


def _shorter(them: tuple[T, ...]) -> Iterator[tuple[T, ...]]:
    size = len(them)
    while size:
        for start in range(0, len(them), size):
            yield them[:start] + them[start + size :]
        size //= 2


def _fewer(choices: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    size = len(choices)
    while size:
        for start in range(0, len(choices), size):
            block = choices[start : start + size]
            if start + size >= len(choices):
                yield choices[:start]
            elif any(block):
                yield (*choices[:start], *[0] * size, *choices[start + size :])
        size //= 2


def _plainer(line: Line) -> Iterator[Line]:
    if line.crash is not None:
        yield attrs.evolve(line, crash=None)
    if line.slow is not None:
        yield attrs.evolve(line, slow=None)
    if line.patience is not None:
        yield attrs.evolve(line, patience=None)
    if line.after:
        yield attrs.evolve(line, after=0)
    if line.sender:
        yield attrs.evolve(line, sender=0)
