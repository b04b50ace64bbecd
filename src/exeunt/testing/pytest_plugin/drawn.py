"""Async tests of Hypothesis: a schedule that is drawn steers the run of its example.

Hypothesis calls what pytest-trio has made of the test, and that runs the test itself.
So there is something to do on either side: outside, where the run is not there yet, it
gets a clock that jumps; inside, the rest of the run is taken over.
"""

import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from functools import partial, wraps
from inspect import iscoroutinefunction
from typing import Any

import attrs
import pytest
from trio.abc import Clock
from trio.lowlevel import add_instrument, current_task, remove_instrument
from trio.testing import MockClock

from ..exploring.story import raised
from ..schedules.rules import Chooser
from ..schedules.schedule import Schedule, Tape
from .conducting import (
    Films,
    StoryOfTest,
    alone,
    conductor_of,
    counted,
    filmed,
    not_stalled,
    rules_of,
)
from .drawing import Sheet

# Among the arguments, where pytest-trio finds them.
_OURS = _CLOCK, _FILM = "exeunt_clock", "exeunt_film"


@attrs.define
class Examples:
    """The examples of one test.

    Attributes:
        test: the test, which is async.
        without: how many have drawn no schedule.
        last: the schedule that was drawn last.
        story: what happened in the last example, if Hypothesis shows that.
    """

    _handle: Any
    _sheet: Sheet
    test: Any = attrs.field(init=False)
    without: int = 0
    last: Schedule | None = None
    story: str = ""

    def __attrs_post_init__(self) -> None:
        self.test = self._handle.inner_test

    @contextmanager
    def steered(self) -> Generator[None]:
        """Have the test steered by what it draws; before pytest-trio sees it."""
        self._handle.inner_test = self._steered()
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
            self.last, self.story = schedule_among(drawn.values()), ""
            if self.last is None:
                self.without += 1
            elif clock_among(drawn.values()) is None:
                drawn[_CLOCK] = MockClock(autojump_threshold=0)
            try:
                with filmed(self._films()) as film:
                    return run(**drawn, **dict(zip([_FILM], film, strict=False)))
            except BaseException as error:  # noqa: ASYNC103 - raised below
                failure = alone(error)
            raise failure  # out here, where it keeps its own context

        vars(run_example).update(run.__dict__)
        self._handle.inner_test = run_example

    def told(self) -> str:
        """Return what to tell of the last example."""
        replayed = f"The last example drew the schedule {str(self.last)!r}"
        return f"{replayed}:\n{self.story}" if self.story else f"{replayed}."

    def _films(self) -> Films | None:
        """Have the example shown that Hypothesis shows, too."""
        sheet = self._sheet
        return sheet.films_again if sheet.films == "every" or is_shown() else None

    def _steered(self) -> Callable[..., Any]:
        """Return the test, run under the schedule among its arguments."""
        test = self.test

        @wraps(test)
        async def run_steered(*args: Any, **drawn: Any) -> None:
            __tracebackhide__ = True
            current_task().name = test.__name__
            schedule = schedule_among(drawn.values())
            clock = clock_among(drawn.values())
            drawn = {name: each for name, each in drawn.items() if name not in _OURS}
            example = partial(test, *args, **drawn)
            if schedule is None or clock is None:
                await example()
            elif is_shown():
                story = StoryOfTest(schedule.choices)
                with self._telling(story):
                    await steer(example, schedule, clock, story)
            else:
                await steer(example, schedule, clock, Tape(schedule.choices))

        return run_steered

    @contextmanager
    def _telling(self, story: StoryOfTest) -> Generator[None]:
        """Note what happens in the block, if it fails."""
        add_instrument(story)
        try:
            yield
        except BaseException as error:
            self.story = "\n".join([story.told(), *raised(alone(error))])
            raise
        finally:
            remove_instrument(story)


async def steer(
    example: Callable[[], Any], schedule: Schedule, clock: Clock, chooser: Chooser
) -> None:
    """Let *chooser* decide about the rest of the run."""
    __tracebackhide__ = True
    conductor = conductor_of(chooser, rules_of(schedule), clock)
    schedule.is_run_as(conductor.run)
    with counted(conductor.run):
        await conductor.lead(not_stalled, (example, conductor.patience))


def is_shown() -> bool:
    """Return whether Hypothesis runs this example to show it, as the smallest."""
    control: Any = sys.modules["hypothesis.control"]  # the plugin does without it
    return bool(control.current_build_context().is_final)


def examples_of(item: pytest.Item, sheet: Sheet) -> Examples | None:
    """Return the examples of an async test that Hypothesis and pytest-trio run."""
    handle = getattr(getattr(item, "obj", None), "hypothesis", None)
    asynchronous = iscoroutinefunction(getattr(handle, "inner_test", None))
    marked = item.get_closest_marker("trio") is not None
    return Examples(handle, sheet) if asynchronous and marked else None


def schedule_among(arguments: Iterable[object]) -> Schedule | None:
    """Return the schedule among *arguments*."""
    return next((each for each in arguments if isinstance(each, Schedule)), None)


def clock_among(arguments: Iterable[object]) -> Clock | None:
    """Return the clock among *arguments*."""
    return next((each for each in arguments if isinstance(each, Clock)), None)
