"""Run a Trio program in an order of one's choice.

Trio promises no order among the tasks that can run, but in fact takes all of them in
one batch and at most reverses it. Most orders that it is free to take, and that other
latencies would bring about, never come up in a test. Here any task that can run may
be the next, and it takes one step, from one checkpoint to its next: what Trio's
documentation allows, hence more than today's Trio does.
"""

import warnings
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeVar, TypeVarTuple, final

import trio
import trio.testing
from trio.lowlevel import Task

from .._core.trio_private import can_steer, steer

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_HORIZON = 1e9  # virtual seconds, some thirty years
_MAX_STEPS = 100_000


class Stalled(Exception):
    """The program under test gets nowhere any more, or goes on for too long.

    Either nothing happened for thirty years of virtual time, as when every task waits
    and nothing can wake one; or it took 100,000 steps, as when tasks wake each other
    without an end. A program that shields itself from cancellation without a deadline
    cannot be ended in the first case.
    """


class UncontrolledSchedule(RuntimeWarning):
    """This Trio cannot be steered: the run took whatever order Trio chose.

    Nothing was explored. Use a version of Trio that exeunt supports.
    """


@final
class Schedule:
    """An order in which the tasks of a Trio program take their steps.

    At each step at which more than one task can run, the next number is taken: the
    task at that index goes (modulo their number), counted from the one that has
    waited longest. When the numbers are used up, that is the one that goes; so the
    empty schedule is first come, first served, and every number that is not 0 is one
    deviation.

    The same program with the same schedule takes the same steps, on every Python and
    every Trio that exeunt supports, as far as the program itself is deterministic.
    Threads and real input or output are not.

    Args:
        choices: the numbers, none of them negative.

    Example::

        Schedule([0, 0, 1]).run(main)
    """

    __slots__ = ("choices", "decisions", "steps")

    def __init__(self, choices: Iterable[int] = ()) -> None:
        self.choices: tuple[int, ...] = tuple(choices)
        self.decisions: int = 0
        self.steps: int = 0

    def __repr__(self) -> str:
        return f"Schedule({[*self.choices]})"

    def run(
        self,
        program: Callable[[*Ts], Awaitable[T]],
        *args: *Ts,
        before: Mapping[int, Callable[[], object]] | None = None,
    ) -> T:
        """Run *program* in this order, like `trio.run`, and return its result.

        Time is virtual: it jumps to the next deadline when nothing else can happen.
        Afterwards ``steps`` tells how many steps the run took, and ``decisions`` at
        how many of them there was a choice.

        Args:
            program: an async function.
            args: its arguments.
            before: what to call before which step, counted from 0; to disturb the
                program there, for example by cancelling a scope. It must not raise.

        Returns:
            What *program* returned.

        Raises:
            Stalled: the program can get nowhere any more.
            Exception: whatever *program* raised.
        """
        self.decisions = self.steps = 0
        clock = trio.testing.MockClock(autojump_threshold=0)
        try:
            return trio.run(self._steered, program, args, before or {}, clock=clock)
        except trio.TrioInternalError as error:
            if isinstance(error.__cause__, Stalled):
                raise error.__cause__ from None
            raise

    async def _steered(
        self,
        program: Callable[[*Ts], Awaitable[T]],
        args: tuple[*Ts],
        before: Mapping[int, Callable[[], object]],
    ) -> T:
        with trio.move_on_after(_HORIZON) as patience:

            def choose(ready: list[Task]) -> int:
                if self.steps == _MAX_STEPS:
                    patience.cancel()
                if self.steps == 2 * _MAX_STEPS:
                    raise Stalled(f"it shields itself for {_MAX_STEPS:,} steps")
                return self._choose(len(ready))

            _steer_or_warn(choose, self._disturber(before))
            return await program(*args)
        raise Stalled(
            f"after {self.steps} steps nothing happened any more: every task waits"
            if self.steps < _MAX_STEPS
            else f"the program went on for more than {_MAX_STEPS:,} steps"
        )

    def _disturber(
        self, before: Mapping[int, Callable[[], object]]
    ) -> Callable[[], None]:
        def disturb() -> None:
            if self.steps in before:
                before[self.steps]()
            self.steps += 1

        return disturb

    def _choose(self, options: int) -> int:
        if options == 1:
            return 0
        decision = self.decisions
        self.decisions += 1
        return self.choices[decision] % options if decision < len(self.choices) else 0


def _steer_or_warn(
    choose: Callable[[list[Task]], int], disturb: Callable[[], None]
) -> None:
    if can_steer():
        steer(choose, disturb)
    else:
        warnings.warn(
            f"exeunt cannot steer Trio {trio.__version__}: this run explores nothing",
            UncontrolledSchedule,
            stacklevel=2,
        )
