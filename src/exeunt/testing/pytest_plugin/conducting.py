"""One run of one async test, under pytest-trio and in an order of our choice."""

import re
from collections.abc import Awaitable, Callable, Generator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from math import inf
from typing import Any, Literal, TypeAlias, cast

import attrs
import trio
import trio.testing
from trio.abc import Clock, Instrument
from trio.lowlevel import Task

from ..._core.trio_private import seeded
from ...stalls.failing import Stalled, fail_when_stalled
from ..exploring.showing import film_of, show
from ..exploring.story import Narrator, is_main
from ..leaks import nothing_leaks
from ..schedules.conductor import Conductor
from ..schedules.rules import Chooser, Rules, Run
from ..schedules.running import tally
from ..schedules.schedule import Schedule, Tape
from .line import Line, only_waits

Films: TypeAlias = Literal["failing", "every"]

_TASK_OF_TEST = re.compile(r"<test '(.*)'>")


@attrs.define
class Performance:
    """How one test is run; pytest-trio calls it in place of `trio.run`.

    Attributes:
        leaks: whether to look for what the test leaves behind.
        stalls: whether to end a run in which nothing can happen any more.
        chooser: decides which task runs next; None: Trio does.
        rules: what the run may do.
        instruments: who looks on.
        films: which runs are shown, and hence recorded: "failing" ones, or "every" one.
        run: what the last run did, if it was controlled.
        error: what the test has failed with.
    """

    leaks: bool = False
    stalls: bool = False
    chooser: Chooser | None = None
    rules: Rules = attrs.field(factory=Rules)
    instruments: Sequence[Instrument] = ()
    films: Films | None = None
    run: Run | None = None
    error: BaseException | None = None

    def __call__(
        self,
        program: Callable[[], Awaitable[object]],
        *,
        clock: Clock | None = None,
        instruments: Sequence[Instrument] = (),
    ) -> object:
        """Run the test once.

        Raises:
            BaseException: what the test raised; alone, if pytest-trio put it into a
                group of one.
        """
        __tracebackhide__ = True
        try:
            with filmed(self.films) as film:
                return self._run(program, clock, [*instruments, *film])
        except BaseException as error:  # noqa: ASYNC103 - raised below
            failure = alone(error)
        raise failure  # out here, where it keeps its own context

    def _run(
        self,
        program: Callable[[], Awaitable[object]],
        clock: Clock | None,
        instruments: Sequence[Instrument],
    ) -> object:
        __tracebackhide__ = True
        looking_on = [*instruments, *self.instruments]
        if self.stalls:
            looking_on.append(_Names())
        if self.chooser is None:
            if self.stalls:
                program = partial(not_stalled, program)
            return trio.run(self._watched, program, clock=clock, instruments=looking_on)
        if clock is None:
            clock = trio.testing.MockClock(autojump_threshold=0)
        conductor = conductor_of(self.chooser, self.rules, clock)
        self.run = conductor.run
        with counted(conductor.run), seeded(self.rules.seed):
            return trio.run(
                conductor.lead,
                self._watched,
                (partial(not_stalled, program, conductor.patience),),
                clock=clock,
                instruments=looking_on,
            )

    def result(self) -> Run:
        """Return what the last run did, and what the test has failed with."""
        run = self.run or Run()
        error: Any = self.error  # it may be pytest's own, which is no Exception
        run.error = error
        return run

    async def _watched(self, program: Callable[[], Awaitable[object]]) -> object:
        __tracebackhide__ = True
        with nothing_leaks() if self.leaks else nullcontext():
            return await program()


@contextmanager
def filmed(wanted: Films | None) -> Generator[Sequence[Instrument]]:
    """Show the run that is made in the block, with the instruments that this gives."""
    if wanted is None:
        yield ()
        return
    film = film_of()
    try:
        yield (film,)
    except BaseException as error:
        show(film, error)
        raise
    if wanted == "every":
        show(film, None)


class _Names(Instrument):
    """Names the task of a test after it."""

    def task_spawned(self, task: Task) -> None:
        """Take off what pytest-trio puts around the name."""
        found = _TASK_OF_TEST.fullmatch(task.name)
        if found is not None:
            task.name = found[1]


async def not_stalled(
    program: Callable[[], Awaitable[object]], patience: trio.CancelScope | None = None
) -> object:
    """Run *program*, and say who waits for whom when nothing can happen any more.

    Args:
        program: an async function.
        patience: a scope whose deadline is meant for that, and is not needed now.
    """
    __tracebackhide__ = True
    if patience is not None:
        patience.deadline = inf
    with fail_when_stalled():
        try:
            return await program()
        except BaseException:
            # What a stall has led to says less than that it is one.
            await trio.lowlevel.checkpoint_if_cancelled()  # noqa: ASYNC102
            raise


def alone(error: BaseException) -> BaseException:
    """Return what is in a group of one, or behind Trio's internal error."""
    inner: tuple[BaseException, ...] = (error,)
    while len(inner) == 1 and isinstance(inner[0], BaseExceptionGroup):
        inner = cast("Any", inner[0]).exceptions
    error = inner[0] if len(inner) == 1 else error
    stalled = isinstance(error.__cause__, Stalled)
    if isinstance(error, trio.TrioInternalError) and stalled:
        return error.__cause__ or error
    return error


@contextmanager
def counted(run: Run) -> Generator[None]:
    """Add the order of *run* to those that are counted, when the block is left."""
    try:
        yield
    finally:
        seen = tally.get()
        if seen is not None:
            seen.add(tuple(run.order))


def rules_of(schedule: Schedule) -> Rules:
    """Return what a run under *schedule* may do."""
    return Rules(schedule.granularity, schedule.timers, seed=schedule.seed)


def conductor_of(chooser: Chooser, rules: Rules, clock: Clock) -> Conductor:
    """Return the conductor of one run under pytest-trio."""
    if not isinstance(clock, trio.testing.MockClock):
        rules = attrs.evolve(rules, timers=False)
    can_jump: Any = clock  # it need not, without timers
    return AmongFixtures(Run(), chooser, rules, {}, can_jump)


@attrs.define(eq=False)
class AmongFixtures(Conductor):
    """A conductor who lets the tasks of pytest-trio come and go as they like."""

    _line: Line = attrs.field(factory=Line)

    def pick(self, runnable: Callable[[], list[Task]]) -> Task | None:
        """Return the task that takes the next step."""
        idle = [task for task in self._line.of(runnable()) if only_waits(task)]
        if idle:
            task: Task | None = idle[0]
        else:
            task = super().pick(lambda: self._line.of(runnable()))
        self._line.gone(task)
        return task


class StoryOfTest(Narrator):
    """Tells the story of a test without what pytest-trio does."""

    def __init__(self, choices: Sequence[int]) -> None:
        super().__init__(Tape(choices), "the test run")
        self._waited = False

    def before_task_step(self, task: Task) -> None:
        """Note whether the step begins in code of the user's."""
        super().before_task_step(task)
        self._waited = only_waits(task)

    def after_task_step(self, task: Task) -> None:
        """Tell of the step if it is not pytest-trio's alone."""
        if not is_main(task) and not (self._waited and only_waits(task)):
            super().after_task_step(task)
