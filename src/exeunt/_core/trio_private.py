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
  tasks lets a test choose each next step. The stand-in, made of documented parts, is
  `exeunt.testing.schedules.gate`; should that fail too, a seed decides on batches.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from inspect import signature
from math import inf
from time import perf_counter
from types import FrameType
from typing import Any, NoReturn

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
_knows_runq = hasattr(Task, "_runner") and hasattr(_private("Runner"), "runq")


_knows_seeds = None not in (
    _private("_ALLOW_DETERMINISTIC_SCHEDULING"),
    _private("_r"),
)


def _home_by_runner() -> object:
    try:
        return _run_context.runner
    except AttributeError:
        raise RuntimeError("not in a Trio run") from None


def _undisturbed_by_attribute(home: object) -> Task | None:
    try:
        task: Any = _run_context.task
    except AttributeError:
        return None
    if task._runner is home and not task._cancel_status.effectively_cancelled:
        return task  # type: ignore[no-any-return]
    return None


def _home_by_token() -> object:
    return current_trio_token()


def _undisturbed_by_deadline(home: object) -> Task | None:
    try:
        here = current_trio_token()
    except RuntimeError:
        return None
    calm = here is home and trio.current_effective_deadline() != -inf
    return current_task() if calm else None


class _Here:
    """Stands in for what Trio keeps of the run in this thread."""

    @property
    def task(self) -> Task:
        try:
            return current_task()
        except RuntimeError:
            raise AttributeError("task") from None


def task_here() -> Task | None:
    """Return the current task; where Trio itself cancels or wakes, there is none."""
    return getattr(here, "task", None)


here: Any = _Here() if _run_context is None else _run_context
"""Its ``task`` is the current one; where there is none, it has no such attribute.

`trio.lowlevel.current_task` says the same, and takes twice as long.
"""

home: Callable[[], object]
"""Return what identifies the current Trio run."""

undisturbed: Callable[[object], Task | None]
"""Return the current task, if it belongs to the run *home* and is not cancelled."""

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


def await_frames(task: Task) -> list[tuple[FrameType, int]]:
    """Return where *task* waits: frames with their lines, the outermost first.

    Nowhere, once the task has ended: `trio.lowlevel.Task.iter_await_frames` of older
    Trios raises then.
    """
    ended = getattr(task.coro, "cr_frame", None) is None
    return [] if ended else [*task.iter_await_frames()]


Pick = Callable[[Callable[[], list[Task]]], Task | None]
"""Gets what returns the tasks that can run, and returns the one to run."""


def can_steer() -> bool:
    """Return whether `steer` works with this Trio."""
    return _knows_runq


def steer(pick: Pick) -> None:
    """Let *pick* choose every next task of the current run.

    *pick* is called once in each pass of Trio's loop. It may wake or cancel tasks,
    then asks for those that can run, the longest waiting first, and returns the one
    to run, or None to let the pass go by. Their order depends on nothing but the
    run: not on addresses, not on hashes. It must not raise.
    """
    task: Any = current_task()
    runner = task._runner
    # First the new queue, then what is in the old one: a signal may wake a task
    # in between.
    waiting, runner.runq = runner.runq, _SteeredQueue(pick)
    runner.runq.extend(waiting)


@contextmanager
def seeded(seed: int) -> Generator[None]:
    """Let *seed* decide the order of Trio's batches, where `steer` cannot.

    Where these names are gone as well, Trio tosses its coin.
    """
    trio_run: Any = import_module("trio._core._run")
    if not _knows_seeds:
        yield
        return
    before, state = trio_run._ALLOW_DETERMINISTIC_SCHEDULING, trio_run._r.getstate()
    trio_run._ALLOW_DETERMINISTIC_SCHEDULING = True
    trio_run._r.seed(seed)
    try:
        yield
    finally:
        trio_run._ALLOW_DETERMINISTIC_SCHEDULING = before
        trio_run._r.setstate(state)


def place_among(ready: Sequence[Task], task: Task, arriving: int) -> int:
    """Return where *task* goes among those that can run.

    Tasks woken in the same pass arrive in the order of a set, so among the last
    *arriving* ones the number of their birth decides, not the order of their arrival.
    """
    place = len(ready)
    for _ in range(arriving):
        if birth_of(ready[place - 1]) < birth_of(task):
            break
        place -= 1
    return place


class _SteeredQueue(deque[Task]):
    """Trio's queue of runnable tasks, cut down to one task a batch.

    Trio takes a batch as ``list(runq)`` and then calls ``runq.clear()``: the first
    yields the chosen task alone, the second leaves all the others where they are.
    """

    def __init__(self, pick: Pick) -> None:
        super().__init__()
        self._pick = pick
        self._chosen: Task | None = None
        self._arriving = 0  # how many have come since the last pass

    def append(self, task: Task, /) -> None:
        self.insert(place_among(self, task, self._arriving), task)
        self._arriving += 1

    def extend(self, tasks: Iterable[Task], /) -> None:
        for task in tasks:
            self.append(task)

    def __iter__(self) -> Iterator[Task]:
        self._chosen = self._pick(lambda: [*super(_SteeredQueue, self).__iter__()])
        self._arriving = 0
        return iter(() if self._chosen is None else (self._chosen,))

    def clear(self) -> None:
        if self._chosen is not None:
            self.remove(self._chosen)


def birth_of(task: Task) -> int:
    """Return which task of its run *task* is: so siblings can be put in order."""
    number: int = getattr(task, "_counter", 0)
    return number


_knows_sleep = hasattr(Task, "_next_send_fn")
_knows_abort = hasattr(Task, "_attempt_abort") and hasattr(Task, "_abort_func")


def is_asleep(task: Task) -> bool:
    """Return whether *task* waits: it neither runs nor has been woken to."""
    each: Any = task
    woken = _knows_sleep and each._next_send_fn is not None
    return not woken and task is not _running()


def _running() -> Task | None:
    try:
        return current_task()
    except RuntimeError:
        return None


def break_off(task: Task, raise_error: Callable[[], NoReturn]) -> bool:
    """Wake a sleeping *task* with an exception, even if it shields itself.

    As Trio does with a `KeyboardInterrupt`. Return whether that could be done.
    """
    each: Any = task
    if not _knows_abort or each._abort_func is None:
        return False
    each._attempt_abort(raise_error)
    return True


_takes_time = _private("SystemClock")


def precise_time() -> Callable[[], float]:
    """Return what tells the time of this run, from any beginning, quickly."""
    clock = trio.lowlevel.current_clock()
    # Trio's own clock adds a constant to this one, through a call in Python.
    return perf_counter if type(clock) is _takes_time else clock.current_time


def main_task() -> Task | None:
    """Return the task that this run was begun for, if that can be known."""
    runner = getattr(_run_context, "runner", None)
    return getattr(runner, "main_task", None)


def failures_in(nursery: trio.Nursery) -> Sequence[BaseException]:
    """Return what has come out of the tasks of *nursery* so far, as far as is known."""
    return getattr(nursery, "_pending_excs", ())


def is_over(nursery: trio.Nursery) -> bool:
    """Return whether nobody is left in *nursery*, and nobody can be started there."""
    closed: bool | None = getattr(nursery, "_closed", None)
    if closed is None:
        return nursery not in nursery.parent_task.child_nurseries
    return closed


def canceller_of(nursery: trio.Nursery) -> trio.CancelScope | None:
    """Return the outermost scope whose cancellation reaches *nursery*, if there is one.

    Unlike ``cancel_called``, looking does not make a deadline expire.
    """
    scope: Any = nursery.cancel_scope
    status = getattr(nursery, "_cancel_status", None)
    if not _knows_cancellation or status is None:
        return scope if scope.cancel_called else None
    found: trio.CancelScope | None = None
    while status is not None and status.effectively_cancelled:
        found = status._scope
        status = status.parent if status.parent_cancellation_is_visible_to_us else None
    return found


def reason_of(scope: trio.CancelScope) -> tuple[str, str | None]:
    """Return Trio's word for what has cancelled *scope*, and the reason if it knows."""
    each: Any = getattr(scope, "_cancel_reason", None)
    if each is not None:
        return each.source, each.reason
    expired = scope.deadline <= trio.current_time()
    return ("deadline" if expired else ""), None


def deadline_around(nursery: trio.Nursery) -> float:
    """Return when *nursery* is cancelled if nothing happens before, or infinity."""
    status: Any = getattr(nursery, "_cancel_status", None)
    soonest = nursery.cancel_scope.deadline
    while _knows_cancellation and status is not None and not status._scope.shield:
        soonest, status = min(soonest, status._scope.deadline), status.parent
    return soonest
