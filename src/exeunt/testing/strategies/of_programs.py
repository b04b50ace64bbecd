"""Smaller messages for a program that fails."""

import copy
from collections.abc import Mapping
from typing import Any

import attrs
from hypothesis import HealthCheck, Phase, find, settings, strategies as st
from hypothesis.errors import NoSuchExample

from ..programs.printing import Script
from ..programs.program import SAYING, Program, Step
from ..programs.rehearsing import Rehearsal

__all__ = ["with_smaller_messages"]

_ALL: Any = list(HealthCheck)
_FIND = settings(
    database=None,
    deadline=None,
    derandomize=True,
    max_examples=300,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=_ALL,
)


def with_smaller_messages(
    rehearsal: Rehearsal, script: Script, by_type: Mapping[Any, st.SearchStrategy[Any]]
) -> Script:
    """Return a script of the same steps, with the smallest messages that were found."""
    fails = rehearsal.fails_like(script)
    schedule = script.schedule

    def fails_with(arguments: tuple[Any, ...]) -> bool:
        return fails((_with(script.program, arguments), schedule))

    drawn = st.tuples(*(_like(step, by_type) for step in script.program.steps))
    try:
        arguments = find(drawn, fails_with, settings=_FIND)
    except NoSuchExample:
        return script
    return rehearsal.script(_with(script.program, arguments), schedule) or script


def _with(program: Program, arguments: tuple[Any, ...]) -> Program:
    both = zip(program.steps, arguments, strict=True)
    steps = (attrs.evolve(step, argument=copy.copy(new)) for step, new in both)
    return attrs.evolve(program, steps=tuple(steps))


def _like(
    step: Step, by_type: Mapping[Any, st.SearchStrategy[Any]]
) -> st.SearchStrategy[Any]:
    """Return a strategy for messages of the same type, if there is one."""
    drawn = by_type.get(type(step.argument)) if step.deed in SAYING else None
    return st.just(step.argument) if drawn is None else drawn
