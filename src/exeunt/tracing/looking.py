"""What Trio shows of its tasks and nurseries, noted down as it changes.

Trio tells an `Instrument` of tasks and of their steps. Of a nursery it tells nothing,
so where one is opened, cancelled or closed is found by comparing: whenever something
has happened to a task, with the nurseries that it has opened and with those around it.
"""

from collections import deque
from collections.abc import Callable, Iterator
from time import perf_counter
from traceback import walk_tb
from types import FrameType
from typing import Any
from weakref import WeakKeyDictionary

import attrs
import trio
from trio.abc import Instrument
from trio.lowlevel import Task, enable_ki_protection

from .._core.failures import without_cancelled
from .._core.journal import Note
from .._core.trio_private import (
    await_frames,
    birth_of,
    canceller_of,
    deadline_around,
    failures_in,
    is_over,
    main_task,
    reason_of,
)
from .._model.words import complaint
from ..stalls.stack import is_ours, is_trios, own_frames
from .naming import name_of, started_into

LONG = 0.1  # seconds; a step that is longer is noted


@attrs.define(eq=False)
class Seen:
    """What was seen of a nursery that is open."""

    outer: trio.Nursery | None
    is_supervisors: bool
    failures: int = 0
    cancelled: bool = False
    inner: dict[trio.Nursery, None] = attrs.field(factory=dict[trio.Nursery, None])


class Nurseries:
    """Those that are open."""

    def __init__(self, add: Callable[[Note], object], now: Callable[[], float]) -> None:
        self.add = add
        self.now = now
        self._open: dict[trio.Nursery, Seen] = {}
        self._opened: dict[Task, list[trio.Nursery]] = {}  # by whom, the last at last
        # Those from which a task moves to another when it has started.
        self._moving = WeakKeyDictionary[trio.Nursery, trio.Nursery]()

    def meet(self, nursery: trio.Nursery | None, kind: str = "nursery") -> None:
        """Note down a nursery that was not known, and those around it."""
        if nursery is None or nursery in self._open or nursery in self._moving:
            return
        if is_over(nursery) or _is_trios(nursery):
            return
        target = started_into(nursery)
        if target is not None:
            self._moving[nursery] = target
            self.meet(target)
            return
        outer = self._met(around(nursery))
        self._open[nursery] = Seen(outer, kind == "supervisor")
        self._opened.setdefault(nursery.parent_task, []).append(nursery)
        if outer in self._open:
            self._open[outer].inner[nursery] = None
        name = name_of(nursery) or kind
        deadline = deadline_around(nursery)
        self.add(("nursery", self.now(), nursery, outer, name, kind, deadline))

    def place_of(self, task: Task) -> trio.Nursery | None:
        """Return the nursery in which *task* runs, or will run when it has started."""
        return self._met(task.parent_nursery)

    def _met(self, nursery: trio.Nursery | None) -> trio.Nursery | None:
        self.meet(nursery)
        return nursery if nursery is None else self._moving.get(nursery, nursery)

    def meet_all_in(self, task: Task) -> Iterator[Task]:
        """Note down the nurseries in the tree below *task*, and return its tasks."""
        tasks = deque([task])
        while tasks:
            task = tasks.popleft()
            yield task
            for nursery in task.child_nurseries:
                self.meet(nursery)
                tasks.extend(sorted(nursery.child_tasks, key=birth_of))

    def hurry(self, nursery: trio.Nursery, reason: str | None, who: object) -> None:
        """Note down that a supervisor tells everybody to leave, and why."""
        self.look_from(nursery.parent_task)
        seen = self._open.get(nursery)
        if seen is not None and not seen.cancelled:  # else it is only passed on
            seen.cancelled = True
            self.add(("hurried", self.now(), nursery, reason, who))

    def look_from(self, task: Task) -> None:
        """Note down what has changed in what *task* has opened, and around it."""
        opened = [*self._opened.get(task, ())]
        for nursery in opened:  # outside first: what is only passed on is not said
            self._look_for_cancel(nursery, self._open[nursery])
        for nursery in reversed(opened):
            self._look_at(nursery)
        for nursery in [*self._way_out(task)][::-1]:
            self.meet(nursery)
            self._look_at(nursery)

    def look_for_cancels(self, task: Task) -> None:
        """Note down what has been cancelled around *task*, which has ended by that."""
        for nursery in [*self._way_out(task)][::-1]:
            if nursery in self._open:
                self._look_for_cancel(nursery, self._open[nursery])

    def failure_of(self, task: Task) -> BaseException | None:
        """Return what has just come out of *task*, which has ended, if it is known."""
        nursery = task.parent_nursery
        failures = () if nursery is None else failures_in(nursery)
        seen = self._open.get(nursery) if nursery is not None else None
        known = 0 if seen is None else seen.failures
        if seen is not None:
            seen.failures = len(failures)
        new = failures[known:]
        return next((each for each in new if _is_of(task, each)), None)

    def close(self) -> None:
        """Note down those that are over by now."""
        for nursery in reversed(self._open.copy()):
            self._look_at(nursery)

    def _way_out(self, task: Task) -> Iterator[trio.Nursery]:
        yield from reversed(task.child_nurseries)
        nursery = task.parent_nursery
        while nursery is not None:
            yield nursery
            seen = self._open.get(nursery)
            nursery = around(nursery) if seen is None else seen.outer

    def _look_at(self, nursery: trio.Nursery) -> None:
        seen = self._open.get(nursery)
        if seen is None:
            return
        self._look_for_cancel(nursery, seen)
        if is_over(nursery):
            self._close(nursery, seen)

    def _close(self, nursery: trio.Nursery, seen: Seen) -> None:
        """Note down that a nursery is over, and first, what was in it."""
        for inner in reversed(seen.inner.copy()):
            self._close(inner, self._open[inner])
        self.add(("closed", self.now(), nursery))
        del self._open[nursery]
        if seen.outer in self._open:
            del self._open[seen.outer].inner[nursery]
        owner = nursery.parent_task
        self._opened[owner].remove(nursery)
        if not self._opened[owner]:
            del self._opened[owner]

    def _look_for_cancel(self, nursery: trio.Nursery, seen: Seen) -> None:
        canceller = None if seen.cancelled else canceller_of(nursery)
        own = canceller is nursery.cancel_scope
        if canceller is None or (own and seen.is_supervisors):
            return  # a supervisor says so itself, and cancels when all have left
        seen.cancelled = True
        outer = self._open.get(seen.outer) if seen.outer is not None else None
        if own or outer is None or not outer.cancelled:
            self.add(("cancel", self.now(), nursery, *reason_of(canceller)))


class TaskWatch(Instrument):
    """Notes down the tasks that begin and end. Costs a message nothing."""

    def __init__(self, nurseries: Nurseries) -> None:
        self.nurseries = nurseries
        self._add = nurseries.add
        self._now = nurseries.now

    def look_around(self, task: Task) -> None:
        """Note down who is there, from *task* inwards."""
        for each in self.nurseries.meet_all_in(task):
            self._note(each, each is main_task())

    @enable_ki_protection  # Trio calls it in the middle of a program's own code
    def task_spawned(self, task: Task) -> None:
        """Note down a task that begins."""
        self._note(task, task is main_task())

    def _note(self, task: Task, is_main: bool) -> None:
        first: FrameType | None = getattr(task.coro, "cr_frame", None)
        ours = first is None or is_ours(first)
        machinery = first is None or ours or is_trios(first)
        if _is_outermost(task) and machinery and not is_main:
            return
        place = self.nurseries.place_of(task)
        self._add(("task", self._now(), task, place, is_main, is_main or not ours))

    def task_exited(self, task: Task) -> None:
        """Note down how a task ended."""
        failure = self.nurseries.failure_of(task)
        cancelled = failure is not None and without_cancelled(failure) is None
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
            self._add(("long", self._now(), task, took, _place(task)))
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


def _is_of(task: Task, error: BaseException) -> bool:
    """Return whether *error* has come through *task*, and not out of the block."""
    code = getattr(task.coro, "cr_code", None)
    frames = walk_tb(error.__traceback__)
    return code is None or any(frame.f_code is code for frame, _ in frames)


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
