"""What Trio shows of its tasks and nurseries, noted down as it changes.

Trio tells an `Instrument` of tasks and of their steps. Of a nursery it tells nothing,
so where one is opened, cancelled or closed is found by comparing: whenever something
has happened to a task, with the nurseries that it has opened and with those around it.
"""

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import trio
from trio.abc import Instrument
from trio.lowlevel import Task

from .._core.journal import Note
from .._core.trio_private import (
    await_frames,
    canceller_of,
    deadline_around,
    failures_in,
    is_over,
    main_task,
    reason_of,
)
from .._model.words import complaint
from ..stalls.stack import is_ours, is_trios, own_frames
from .naming import name_of

LONG = 0.1  # seconds; a step that is longer is noted


class Nurseries:
    """Those that are open, each with what was seen of it."""

    def __init__(self, add: Callable[[Note], object], now: Callable[[], float]) -> None:
        self.add = add
        self.now = now
        self._failures: dict[trio.Nursery, int] = {}  # how many, of each open one
        self._cancelled: set[trio.Nursery] = set()
        self._supervisors: set[trio.Nursery] = set()

    def meet(self, nursery: trio.Nursery | None, kind: str = "nursery") -> None:
        """Note down a nursery that was not known, and those around it."""
        if nursery is None or nursery in self._failures or _is_trios(nursery):
            return
        if is_over(nursery):
            return
        outer = around(nursery)
        self.meet(outer)
        self._failures[nursery] = 0
        if kind == "supervisor":
            self._supervisors.add(nursery)
        name = name_of(nursery) or kind
        deadline = deadline_around(nursery)
        self.add(("nursery", self.now(), nursery, outer, name, kind, deadline))

    def hurry(self, nursery: trio.Nursery, reason: str | None, who: object) -> None:
        """Note down that a supervisor tells everybody to leave, and why."""
        self.look_from(nursery.parent_task)
        if nursery not in self._cancelled:  # else it is only passed on
            self._cancelled.add(nursery)
            self.add(("hurried", self.now(), nursery, reason, who))

    def look_from(self, task: Task) -> None:
        """Note down what has changed in what *task* has opened, and around it."""
        for nursery in [*self._way_out(task)][::-1]:
            self.meet(nursery)
            if nursery in self._failures:
                self._look_at(nursery)

    def look_for_cancels(self, task: Task) -> None:
        """Note down what has been cancelled around *task*, which has ended by that."""
        for nursery in [*self._way_out(task)][::-1]:
            if nursery in self._failures and nursery not in self._cancelled:
                self._look_for_cancel(nursery)

    def failure_of(self, task: Task) -> BaseException | None:
        """Return what has just come out of *task*, which has ended, if it is known."""
        nursery = task.parent_nursery
        if nursery is None or nursery not in self._failures:
            return None
        failures = failures_in(nursery)
        known, self._failures[nursery] = self._failures[nursery], len(failures)
        return failures[-1] if len(failures) > known else None

    def close(self) -> None:
        """Note down those that are over by now."""
        for nursery in reversed(self._failures.copy()):
            self._look_at(nursery)

    def _look_at(self, nursery: trio.Nursery) -> None:
        if nursery not in self._cancelled:
            self._look_for_cancel(nursery)
        if is_over(nursery) or nursery not in nursery.parent_task.child_nurseries:
            self.add(("closed", self.now(), nursery))
            del self._failures[nursery]
            self._cancelled.discard(nursery)
            self._supervisors.discard(nursery)

    def _look_for_cancel(self, nursery: trio.Nursery) -> None:
        canceller = canceller_of(nursery)
        own = canceller is nursery.cancel_scope
        if canceller is None or (own and nursery in self._supervisors):
            return  # a supervisor says so itself, and cancels when all have left
        self._cancelled.add(nursery)
        if own or around(nursery) not in self._cancelled:
            self.add(("cancel", self.now(), nursery, *reason_of(canceller)))

    def _way_out(self, task: Task) -> Iterator[trio.Nursery]:
        yield from reversed(task.child_nurseries)
        nursery = task.parent_nursery
        while nursery is not None:
            yield nursery
            nursery = around(nursery)
        yield from [each for each in self._failures if each.parent_task is task]


class TaskWatch(Instrument):
    """Notes down the tasks that begin and end. Costs a message nothing."""

    def __init__(self, nurseries: Nurseries) -> None:
        self.nurseries = nurseries
        self._add = nurseries.add
        self._now = nurseries.now

    def task_spawned(self, task: Task) -> None:
        """Note down a task that begins."""
        is_main, first = task is main_task(), getattr(task.coro, "cr_frame", None)
        ours = first is None or is_ours(first)
        if _is_outermost(task) and not is_main and (ours or is_trios(first)):
            return
        self.nurseries.meet(task.parent_nursery)
        self._add(("task", self._now(), task, is_main, is_main or not ours))

    def task_exited(self, task: Task) -> None:
        """Note down how a task ended."""
        failure = self.nurseries.failure_of(task)
        cancelled = isinstance(failure, trio.Cancelled)
        error = None if failure is None or cancelled else complaint(failure)
        how = "cancelled" if cancelled else "failed" if error else "returned"
        if cancelled:
            self.nurseries.look_for_cancels(task)
        self._add(("end", self._now(), task, how, error))
        self.nurseries.look_from(task)


class StepWatch(TaskWatch):
    """Notes down too what each step has changed, and which ones were long."""

    _began = 0.0

    def before_task_step(self, task: Task) -> None:  # noqa: ARG002 - Trio's
        """Look at the clock on the wall."""
        self._began = perf_counter()

    def after_task_step(self, task: Task) -> None:
        """Note down what has changed."""
        took = perf_counter() - self._began
        if took > LONG and self._began and not _is_outermost(task):
            self._add(("long", self._now(), task, took, str(_place(task) or "")))
        self.nurseries.look_from(task)


class PlaceWatch(StepWatch):
    """Notes down too where in its program each task stands after each of its steps."""

    def after_task_step(self, task: Task) -> None:
        """Note down what has changed, and where the task stands."""
        super().after_task_step(task)
        place = _place(task)
        if place is not None:
            self._add(("stands", self._now(), task, *place))


def around(nursery: trio.Nursery) -> trio.Nursery | None:
    """Return the nursery in whose block *nursery* was opened."""
    owner = nursery.parent_task
    siblings = owner.child_nurseries
    place = siblings.index(nursery) if nursery in siblings else len(siblings)
    return siblings[place - 1] if place else owner.parent_nursery


def _is_trios(nursery: trio.Nursery) -> bool:
    return nursery.parent_task.parent_nursery is None


def _is_outermost(task: Task) -> bool:
    return task.parent_nursery is None or _is_trios(task.parent_nursery)


def _place(task: Task) -> tuple[str, int] | None:
    frames: list[Any] = own_frames(task) if await_frames(task) else []
    if not frames:
        return None
    frame, line = frames[-1]
    return frame.f_code.co_filename, line
