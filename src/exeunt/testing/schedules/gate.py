"""Steer Trio by documented parts alone: a task asks at a gate before it steps.

Trio steps a task by ``task.context.run``. `trio.lowlevel.Task.context` is documented
and can be replaced, so a stand-in decides there whether the task may go. To one that
may not, it answers in the task's place what a checkpoint would have answered, and
Trio comes back to it in its next pass.

Every pass takes all the tasks that can run, so this is slower than the queue of
`exeunt._core.trio_private` the more tasks there are. The orders are the same.
"""

from collections.abc import Callable
from contextvars import Context
from typing import Any

from trio.abc import Instrument
from trio.lowlevel import (
    Task,
    add_instrument,
    cancel_shielded_checkpoint,
    current_root_task,
)

from ..._core.trio_private import Pick, place_among


def steer_by_gate(pick: Pick) -> Callable[[], bool]:
    """Let *pick* choose every next task of the current run, if that can be had.

    Returns:
        What tells, once the program has run, whether it could be had: whether Trio
        has stepped its tasks through their contexts.
    """
    gate = _Gate(pick)
    root = current_root_task()
    assert root is not None
    for task in _family(root):
        gate.task_spawned(task)
    add_instrument(gate)
    return gate.has_worked


class _Gate(Instrument):
    """Lets one task through in each pass of Trio's loop."""

    def __init__(self, pick: Pick) -> None:
        self._pick = pick
        self._ready: list[Task] = []
        self._arriving = 0
        self._held: set[Task] = set()
        self._decided = False
        self._chosen: Task | None = None
        self._steps_begun = 0
        self._steps_seen = 0

    def has_worked(self) -> bool:
        """Return whether every step began at the gate."""
        return self._steps_seen == self._steps_begun

    def task_spawned(self, task: Task) -> None:
        """Stand in for the task's context."""
        stand_in: Any = _StandIn(task, self)
        task.context = stand_in

    def task_scheduled(self, task: Task) -> None:
        """Note that the task can run now, unless it could already."""
        if task not in self._held:
            self._ready.insert(place_among(self._ready, task, self._arriving), task)
            self._arriving += 1

    def before_io_wait(self, timeout: float) -> None:
        """Begin a new pass, with a new choice if the last one has had its step."""
        del timeout
        if self._chosen is None:
            self._decided = False
        if not self._ready:
            self._pick(self._ready.copy)  # nothing is to do, and it may want to know

    def before_task_step(self, task: Task) -> None:
        """Count the steps, whether they come to the gate or not."""
        del task
        self._steps_begun += 1

    def lets_through(self, task: Task) -> bool:
        """Return whether *task* may take its step now."""
        self._steps_seen += 1
        if task not in self._ready:
            return True  # it was on its way before the gate was there
        if not self._decided:
            self._decided = True
            self._chosen = self._pick(self._ready.copy)
            self._arriving = 0
        if task is not self._chosen:
            self._held.add(task)
            return False
        self._chosen = None
        self._ready.remove(task)
        self._held.discard(task)
        return True


class _StandIn:
    """Stands where Trio expects the context of a task, and asks at the gate."""

    def __init__(self, task: Task, gate: _Gate) -> None:
        self._task = task
        self._gate = gate
        self._context: Context = task.context
        self._kept: tuple[Callable[[Any], Any], Any] | None = None

    def run(self, send: Callable[[Any], Any], value: object) -> object:
        """Step the task, or keep what it would have been sent for later."""
        if self._kept is None:
            self._kept = send, value
        if not self._gate.lets_through(self._task):
            return _NOT_YET
        (send, value), self._kept = self._kept, None
        return self._context.run(send, value)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)


def _what_a_checkpoint_answers() -> object:
    coroutine = cancel_shielded_checkpoint()  # noqa: ASYNC105
    answer = coroutine.send(None)
    coroutine.close()
    return answer


_NOT_YET = _what_a_checkpoint_answers()


def _family(task: Task) -> list[Task]:
    children = [
        child for nursery in task.child_nurseries for child in nursery.child_tasks
    ]
    return [task, *(each for child in children for each in _family(child))]
