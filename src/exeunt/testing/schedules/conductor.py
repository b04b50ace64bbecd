"""Who picks the task for each step of a run, and ends a run that gets nowhere."""

import time
import warnings
from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from math import inf
from typing import Any, NoReturn

import attrs
import trio
import trio.testing
from trio.lowlevel import (
    Task,
    current_statistics,
    current_task,
    current_trio_token,
)

from ..._core.trio_private import break_off
from ...stalls.failing import Stalled
from ...stalls.looking import below, who_waits
from ...stalls.values import Stall
from .rules import Chooser, Rules, Run
from .steering import steer

HORIZON = 1e9  # virtual seconds, some thirty years
_TO_UNWIND = 1_000  # steps that a program has at least to end when it is cancelled
_GRACE = 2  # real seconds for a thread to end, so that its run can end in order


class UncontrolledSchedule(RuntimeWarning):
    """This Trio cannot be steered: the run took an order that Trio chose.

    That order depends on a seed at best, and schedules make no difference. Use a
    version of Trio that exeunt supports.
    """


class NotAsync(TypeError):
    """What should be run is no async function."""


async def begun(program: Callable[..., Awaitable[Any]], args: tuple[Any, ...]) -> Any:
    """Run *program*, if it is one.

    Raises:
        NotAsync: it is not.
    """
    awaitable: object = program(*args)
    if not isawaitable(awaitable):
        raise NotAsync(
            f"a scenario is an async function, and {program!r} has returned "
            f"{awaitable!r}"
        )
    return await awaitable


@attrs.define(eq=False)
class Conductor:
    """Picks the task for each step of one run, and writes down what was picked."""

    run: Run
    chooser: Chooser
    rules: Rules
    before: Mapping[int, Callable[[], object]]
    clock: trio.testing.MockClock
    patience: trio.CancelScope = attrs.field(factory=trio.CancelScope)
    _numbers: dict[Task, int] = attrs.field(factory=dict[Task, int])
    _batch: list[Task] = attrs.field(factory=list[Task])
    _disturbed: bool = False
    _has_worked: Callable[[], bool] = bool
    _stall: Stall | None = None
    _waits_since: float | None = None
    _is_over: bool = False
    _main: Task = attrs.field(init=False)
    _token: trio.lowlevel.TrioToken = attrs.field(init=False)

    async def lead(
        self, program: Callable[..., Awaitable[Any]], args: tuple[Any, ...]
    ) -> Any:
        """Take over the run that this is called in, then run *program* in it."""
        self.patience.deadline = trio.current_time() + HORIZON
        with self.patience:
            self.take_over()
            try:
                value = await begun(program, args)
            except Exception as error:
                if self._waits_since is None:
                    raise
                raise self._stalled() from error
            finally:
                self._is_over = True
                self.check_control()
            if not self.patience.cancel_called:  # or it has swallowed that
                return value
        raise self._stalled()

    def _stalled(self) -> Stalled:
        if self.run.steps >= self.rules.max_steps:
            return Stalled(
                f"the program went on for more than {self.rules.max_steps:,} steps; "
                "if it does end, allow more with max_steps"
            )
        text = f"after {self.run.steps} steps nothing happened any more"
        if self._stall is None:
            return Stalled(f"{text}: every task waits")
        if self._stall.outside:
            text += (
                ", as virtual time cannot pass while a thread, a socket or a signal is "
                "waited for; put something in its place that waits for Trio alone"
            )
        elif self._waits_since is not None:
            text += ", and one task shields itself"
        return Stalled(text, stall=self._stall)

    def take_over(self) -> None:
        """Steer the run that this is called in, from here on."""
        self._main, self._token = current_task(), current_trio_token()
        self._has_worked = steer(self.pick)

    def check_control(self) -> None:
        """Warn if Trio did not let itself be steered since `take_over`."""
        self.run.controlled = self._has_worked()
        if not self.run.controlled:
            warnings.warn(
                f"exeunt cannot steer Trio {trio.__version__}: the run took an order "
                "that depends on its seed alone, and most orders are out of reach",
                UncontrolledSchedule,
                stacklevel=2,
            )

    def pick(self, runnable: Callable[[], list[Task]]) -> Task | None:
        """Return the task that takes the next step, if one does in this pass."""
        ready = runnable()
        if not ready:
            self._look()
            return None
        if not self._disturbed:
            self._disturbed = True
            if self._disturb():
                ready = runnable()
        task = self._choose(ready)
        if task is not None:
            self._disturbed = False
            self.run.order.append(self._number_of(task, ready))
        return task

    def _number_of(self, task: Task, ready: list[Task]) -> int:
        # Those that were passed over are numbered too, or two tasks of a kind would
        # have the same numbers whichever goes first.
        if task not in self._numbers:
            for each in ready:
                self._numbers.setdefault(each, len(self._numbers))
        return self._numbers[task]

    def _look(self) -> None:
        """See who waits for what if time has run out, while they all stand there."""
        if self._is_over or trio.current_time() < self.patience.deadline:
            return
        if self._stall is None:
            self._stall = attrs.evolve(who_waits(), deadline=inf)
        elif current_statistics().seconds_to_next_deadline == inf:
            # Not even the end of patience has woken anybody.
            now = time.monotonic()
            self._waits_since = now if self._waits_since is None else self._waits_since
            if not self._stall.outside or now - self._waits_since > _GRACE:
                self._token.run_sync_soon(self._break_off)

    def _break_off(self) -> None:
        """End a program that shields itself from the end of patience."""

        def fail() -> NoReturn:
            raise self._stalled()

        if not any(
            break_off(task, fail) for task in reversed([*below(self._main), self._main])
        ):
            raise self._stalled()

    def _disturb(self) -> bool:
        step, limit = self.run.steps, self.rules.max_steps
        if step >= limit and not self._is_over:
            self.patience.cancel()
            if step >= limit + max(limit, _TO_UNWIND):
                raise Stalled(f"it shields itself for {limit:,} steps")
        if step not in self.before:
            return step >= limit
        self.before[step]()
        return True

    def _choose(self, ready: list[Task]) -> Task | None:
        wait = self._until_next_deadline() if self.rules.timers else 0
        if self.rules.granularity == "tick":
            rest = [task for task in self._batch if task in ready]
            wait = 0 if rest else wait  # Trio looks at its clock between two batches
            ready = self._batch = rest or ready
        options = len(ready) + (wait > 0)
        if options == 1:
            return self._taken(ready, 0)
        index = self.chooser.choose(ready, options)
        self.run.choices.append(index)
        self.run.options.append(options)
        if index == len(ready):
            self.clock.jump(wait)
            return None
        return self._taken(ready, index)

    def _taken(self, ready: list[Task], index: int) -> Task:
        task = ready[index]
        if self._batch:
            self._batch = [other for other in self._batch if other is not task]
        return task

    def _until_next_deadline(self) -> float:
        wait = current_statistics().seconds_to_next_deadline
        last = self.patience.deadline - trio.current_time()
        return wait if 0 < wait < last else 0
