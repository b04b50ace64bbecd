"""The only file that knows Trio's private names.

Besides, what differs between the versions of Trio that exeunt supports is evened out
here. Three things cannot be had, or not at a bearable price, from Trio's documented
interface. Each is guarded: where the name is gone, a public stand-in takes over.

* *Is this task cancelled?* `trio.lowlevel.checkpoint_if_cancelled` answers, but costs
  a coroutine for every message sent and every message handled; reading the
  attribute that it reads makes a message a third cheaper. The stand-in is
  `trio.current_effective_deadline`, which says the same and is public.
* *Wake that task.* `trio.lowlevel.reschedule` takes any object with an ``unwrap``.
* *Who runs next?* Trio takes whatever is runnable in one batch and may reverse it, so
  that repeating a test explores almost nothing. Replacing the queue of runnable
  tasks lets a test choose each next step. There is no stand-in; `can_steer` says so.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from inspect import signature
from math import inf
from typing import Any

import trio
from trio.lowlevel import Task, current_task, current_trio_token, reschedule


def _private(name: str) -> Any:
    """Return what Trio keeps under *name*, or None if it does not any more."""
    try:
        return getattr(import_module("trio._core._run"), name, None)
    except ImportError:  # pragma: no cover - every supported Trio has the module
        return None


_run_context = _private("GLOBAL_RUN_CONTEXT")
_knows_cancellation = (
    _run_context is not None
    and hasattr(Task, "_runner")
    and hasattr(Task, "_cancel_status")
    and hasattr(_private("CancelStatus"), "effectively_cancelled")
)
_knows_runq = (
    hasattr(Task, "_runner")
    and hasattr(Task, "_counter")
    and hasattr(_private("Runner"), "runq")
)


def _home_by_runner() -> object:
    try:
        return _run_context.runner
    except AttributeError:
        raise RuntimeError("not in a Trio run") from None


def _undisturbed_by_attribute(home: object) -> bool:
    try:
        task = _run_context.task
    except AttributeError:
        return False
    return task._runner is home and not task._cancel_status.effectively_cancelled


def _home_by_token() -> object:
    return current_trio_token()


def _undisturbed_by_deadline(home: object) -> bool:
    try:
        here = current_trio_token()
    except RuntimeError:
        return False
    return here is home and trio.current_effective_deadline() != -inf


home: Callable[[], object]
"""Return what identifies the current Trio run."""

undisturbed: Callable[[object], bool]
"""Return whether the current task belongs to the run *home* and is not cancelled."""

if _knows_cancellation:
    home, undisturbed = _home_by_runner, _undisturbed_by_attribute
else:  # pragma: no cover - the stand-ins are tested by name
    home, undisturbed = _home_by_token, _undisturbed_by_deadline


def is_here(place: object) -> bool:
    """Return whether the current Trio run is the one that `home` has called *place*."""
    try:
        return home() is place
    except RuntimeError:
        return False


class _WakeUp:
    """What a woken task is told, used over and over.

    Trio documents an `outcome.Outcome` here and calls nothing but ``unwrap``; making a
    new ``outcome.Value(None)`` each time costs as much as the rest of the wake-up.
    """

    def unwrap(self) -> None:
        """Let the task go on."""


_WAKE_UP: Any = _WakeUp()


def wake_up(task: Task) -> None:
    """Wake a task that sleeps in `trio.lowlevel.wait_task_rescheduled`."""
    reschedule(task, _WAKE_UP)


_takes_reason = "reason" in signature(trio.CancelScope.cancel).parameters


def cancel_scope(scope: trio.CancelScope, reason: str | None) -> None:
    """Cancel *scope*, with the reason where Trio knows of reasons (0.31)."""
    if _takes_reason:
        scope.cancel(reason=reason)
    else:
        scope.cancel()


def can_steer() -> bool:
    """Return whether `steer` works with this Trio."""
    return _knows_runq


def steer(choose: Callable[[list[Task]], int], disturb: Callable[[], object]) -> None:
    """Let *choose* pick every next task of the current run.

    *choose* gets the tasks that can run, the longest waiting first, and returns the
    index of the one to run. The order it gets them in depends on nothing but the
    run: not on addresses, not on hashes. *disturb* is called before, and may wake or
    cancel tasks. Neither may raise.
    """
    task: Any = current_task()
    runner = task._runner
    # First the new queue, then what is in the old one: a signal may wake a task
    # in between.
    waiting, runner.runq = runner.runq, _SteeredQueue(choose, disturb)
    runner.runq.extend(waiting)


class _SteeredQueue(deque[Task]):
    """Trio's queue of runnable tasks, cut down to one task a batch.

    Trio takes a batch as ``list(runq)`` and then calls ``runq.clear()``: the first
    yields the chosen task alone, the second leaves all the others where they are.
    """

    def __init__(
        self,
        choose: Callable[[list[Task]], int],
        disturb: Callable[[], object],
    ) -> None:
        super().__init__()
        self._choose = choose
        self._disturb = disturb
        self._chosen: list[Task] = []
        self._step = 0
        self._arrived: dict[Task, int] = {}

    def append(self, task: Task, /) -> None:
        self._arrived[task] = self._step
        super().append(task)

    def extend(self, tasks: Iterable[Task], /) -> None:
        for task in tasks:
            self.append(task)

    def __iter__(self) -> Iterator[Task]:
        if not self:
            self._chosen = []
            return iter(())
        self._disturb()
        self._step += 1
        ready = sorted(super().__iter__(), key=self._seniority)
        self._chosen = [ready[self._choose(ready)]]
        return iter(self._chosen)

    def clear(self) -> None:
        for task in self._chosen:
            self.remove(task)
            del self._arrived[task]

    def _seniority(self, task: Any) -> tuple[int, int]:
        # Tasks woken in the same step arrive in the order of a set, so the number
        # of their birth decides, not the order of their arrival.
        return self._arrived[task], task._counter
