"""Async tests of Hypothesis: a schedule that is drawn steers the run of its example.

Hypothesis calls what pytest-trio has made of the test, and that runs the test itself.
So there is something to do on either side: outside, where the run is not there yet, it
gets a clock that jumps; inside, the rest of the run is taken over.
"""

from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from functools import partial, wraps
from inspect import iscoroutinefunction
from typing import Any

import attrs
import pytest
from trio.abc import Clock
from trio.testing import MockClock

from ..schedules.schedule import Schedule, Tape
from .conducting import alone, conductor_of, counted, not_stalled, rules_of

_CLOCK = "exeunt_clock"  # among the arguments, where pytest-trio finds it


@attrs.define
class Examples:
    """The examples of one test.

    Attributes:
        test: the test, which is async.
        without: how many have drawn no schedule.
        last: the schedule that was drawn last.
    """

    _handle: Any
    test: Any = attrs.field(init=False)
    without: int = 0
    last: Schedule | None = None

    def __attrs_post_init__(self) -> None:
        self.test = self._handle.inner_test

    @contextmanager
    def steered(self) -> Generator[None]:
        """Have the test steered by what it draws; before pytest-trio sees it."""
        self._handle.inner_test = steered(self.test)
        try:
            yield
        finally:
            self._handle.inner_test = self.test

    def given_clocks(self) -> None:
        """Have the runs get clocks that jump; after pytest-trio has seen the test."""
        run: Any = self._handle.inner_test

        @wraps(self.test)  # Hypothesis tells the tests apart by their source
        def run_example(**drawn: Any) -> object:
            __tracebackhide__ = True
            self.last = schedule_among(drawn.values())
            if self.last is None:
                self.without += 1
            elif clock_among(drawn.values()) is None:
                drawn[_CLOCK] = MockClock(autojump_threshold=0)
            try:
                return run(**drawn)
            except BaseException as error:  # noqa: ASYNC103 - raised below
                failure = alone(error)
            raise failure  # out here, where it keeps its own context

        vars(run_example).update(run.__dict__)
        self._handle.inner_test = run_example


def examples_of(item: pytest.Item) -> Examples | None:
    """Return the examples of an async test that Hypothesis and pytest-trio run."""
    handle = getattr(getattr(item, "obj", None), "hypothesis", None)
    asynchronous = iscoroutinefunction(getattr(handle, "inner_test", None))
    marked = item.get_closest_marker("trio") is not None
    return Examples(handle) if asynchronous and marked else None


def steered(test: Callable[..., Any]) -> Callable[..., Any]:
    """Return *test*, run under the schedule among its arguments, if there is one."""

    @wraps(test)
    async def run_steered(*args: Any, **drawn: Any) -> None:
        __tracebackhide__ = True
        schedule, clock = schedule_among(drawn.values()), clock_among(drawn.values())
        drawn.pop(_CLOCK, None)
        if schedule is None or clock is None:
            await test(*args, **drawn)
            return
        chooser = Tape(schedule.choices)
        conductor = conductor_of(chooser, rules_of(schedule), clock)
        schedule.is_run_as(conductor.run)
        with counted(conductor.run):
            example = partial(test, *args, **drawn)
            await conductor.lead(not_stalled, (example, conductor.patience))

    return run_steered


def schedule_among(arguments: Iterable[object]) -> Schedule | None:
    """Return the schedule among *arguments*."""
    return next((each for each in arguments if isinstance(each, Schedule)), None)


def clock_among(arguments: Iterable[object]) -> Clock | None:
    """Return the clock among *arguments*."""
    return next((each for each in arguments if isinstance(each, Clock)), None)
