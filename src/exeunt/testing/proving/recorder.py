"""Looks on at one run, and writes down what each step touched and what it waited for.

It sees the steps as an instrument, by Trio's documented hooks. What they touch it is
told, by `operations` for Trio's own objects and by `attributes` for the runtime's.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import attrs
import trio
from trio.abc import Instrument
from trio.lowlevel import Task

from ..exploring.story import is_main
from .footprint import WORLD, Footprint, How, Names, Place

recorder: ContextVar["Recorder | None"] = ContextVar("recorder", default=None)
"""Who writes down what this run touches, if it is one of a proof."""


def touch(name: object, *, write: bool = True) -> None:
    """Say that the current step uses something that tasks share.

    `prove` knows what goes through Trio's primitives and through agents. Of a variable,
    a list or a file that several tasks use, it knows nothing, and would take steps
    that race for it to be in any order. Call this in the same step, that is with no
    ``await`` between it and the use. Outside of a proof it does nothing.

    Args:
        name: what is used; the same for the same thing. Any hashable value, such as a
            word.
        write: whether it is changed; only reading goes together with reading.

    Example::

        touch("balance")
        account.balance -= 10
    """
    looking = recorder.get()
    if looking is not None:
        looking.touch(("touch", name), How.WRITE if write else How.READ)


@attrs.define(eq=False)
class Step:
    """What one step did.

    Attributes:
        task: the number of the task that took it.
        footprint: what it touched.
        after: earlier steps without which it could not have come.
        afresh: whether all was at rest before, and only the clock could go on.
    """

    task: int
    footprint: Footprint
    after: set[int]
    afresh: bool


@attrs.define(eq=False)
class Recorder(Instrument):
    """The record of one run."""

    names: Names
    steps: list[Step] = attrs.field(factory=list[Step])
    now: Footprint = attrs.field(factory=dict[Place, int])
    numbers: dict[Task, int] = attrs.field(factory=dict[Task, int])
    busy_with: dict[Task, list[Place]] = attrs.field(factory=dict[Task, list[Place]])
    current: Task | None = None
    objects: dict[int, int] = attrs.field(factory=dict[int, int])
    shadows: dict[int, Any] = attrs.field(factory=dict[int, Any])
    kept: list[object] = attrs.field(factory=list[object])  # so no id is used twice
    refused: str | None = None
    _runnable: dict[Task, None] = attrs.field(factory=dict[Task, None])
    _pending: dict[Task, set[int]] = attrs.field(factory=dict[Task, set[int]])
    _counts: dict[int, int] = attrs.field(factory=dict[int, int])
    _ends: dict[trio.Nursery, set[int]] = attrs.field(
        factory=dict[trio.Nursery, set[int]]
    )
    _nurseries: dict[Task, tuple[trio.Nursery, ...]] = attrs.field(
        factory=dict[Task, tuple[trio.Nursery, ...]]
    )
    _begun: set[Task] = attrs.field(factory=set[Task])
    _cancelled: set[trio.CancelScope] = attrs.field(factory=set[trio.CancelScope])
    _main: Task | None = None
    _over: bool = False
    _exited: Task | None = None
    _in_step: bool = False
    _afresh: bool = False

    # What is told about the step under way.

    def touch(self, place: object, how: int) -> None:
        """Note that the step under way touches the place of this name."""
        number = self.names.number(place)
        self.now[number] = self.now.get(number, 0) | how

    def name(self, thing: object) -> int:
        """Name something that the step under way has just made."""
        number = self.objects[id(thing)] = self._next_name("object")
        return number

    def number_of(self, thing: object) -> int:
        """Return the number of an object, or of its class if it was made elsewhere."""
        number = self.objects.get(id(thing))
        if number is None:
            number = self.names.number(("all", type(thing)))
        return number

    def here(self) -> int:
        """Return the index of the step under way."""
        return len(self.steps) - 1

    def follow(self, step: int) -> None:
        """Note that the current task's next step could not come before *step*."""
        if self.current is not None:
            self._wait(self.current, step)

    def wait_at(self, place: object) -> None:
        """Note that the current task may be about to wait there."""
        self.touch(place, How.READ)
        if self.current is not None:
            self.busy_with[self.current].append(self.names.number(place))

    def cancel(self, owner: Task | None) -> None:
        """Note that a cancellation reaches this task and all that it has begun."""
        if owner is None:
            return
        for task, number in self.numbers.items():
            # Also those that have ended, since it could have come earlier.
            if _is_below(task, owner):
                self.touch(("cancelled", number), How.WRITE)
                # What it waits for may come, or be given up.
                self.now.update(dict.fromkeys(self.busy_with.get(task, ()), How.WRITE))

    def refuse(self, why: str) -> None:
        """Note that the scenario does what nothing can be proved about."""
        self.refused = self.refused or why

    # What Trio tells.

    def task_spawned(self, task: Task) -> None:
        """Name the task; it could not have begun before the step under way."""
        self.numbers[task] = self._next_name("task")
        self.busy_with[task] = []
        nursery = task.parent_nursery
        if nursery is None or self.current is None:
            return
        parent = nursery.parent_task
        if parent in self.numbers:
            self.touch(("cancelled", self.numbers[parent]), How.READ)
        if not _holds_open(self.current, nursery):
            self.touch_world()  # it may come too late: the nursery may be closed

    def touch_world(self) -> None:
        """Note that nothing is known of what the step under way touches."""
        self.now[WORLD] = How.WRITE

    def task_scheduled(self, task: Task) -> None:
        """Note which step has woken the task."""
        if not self._in_step and not self._runnable:
            self._afresh = True
        elif self.steps and task is not self.current:
            self._wait(task, self.here())
        self._runnable[task] = None

    def before_task_step(self, task: Task) -> None:
        """Begin the record of a step."""
        del self._runnable[task]
        self._in_step = True
        if not self._is_seen(task):
            self.current, self.now = None, {}
            return
        self.current = task
        self.busy_with[task] = []
        self.now = {
            WORLD: How.READ,
            self.names.number(("cancelled", self.numbers[task])): How.READ,
        }
        after = self._pending.pop(task, set())
        number = self.numbers[task]
        self.steps.append(Step(number, self.now, after, self._afresh))
        self._afresh = False

    def after_task_step(self, task: Task) -> None:
        """Note what came of the step that nobody has told."""
        self._in_step = False
        if self.current is None:
            return
        self._note_cancellations(task)
        before = self._nurseries.get(task, ())
        self._nurseries[task] = open_now = tuple(task.child_nurseries)
        for nursery in before:
            if nursery not in open_now:  # so all its tasks have ended
                self.steps[-1].after |= self._ends.pop(nursery, set())
        if not self._runnable:
            self.now = {}  # what comes now is the clock's doing
            self.current = None

    def task_exited(self, task: Task) -> None:
        """Note that the step under way is the task's last."""
        nursery = task.parent_nursery
        self._over = self._over or task is self._main
        if nursery is not None:
            self._ends.setdefault(nursery, set()).add(self.here())
        self.busy_with.pop(task, None)
        self._exited = task

    def _is_seen(self, task: Task) -> bool:
        """Return whether the step is the program's, and not of Trio's own coming up.

        The first step of a task of Trio's own is not chosen by anybody.
        """
        if self._main is None and is_main(task):
            self._main = task
        new = task not in self._begun
        self._begun.add(task)
        return (
            self._main is not None
            and not self._over
            and not (new and _is_trios_own(task))
        )

    def _note_cancellations(self, task: Task) -> None:
        nurseries = [*task.child_nurseries]
        if self._exited is task and task.parent_nursery is not None:
            nurseries.append(task.parent_nursery)
        for nursery in nurseries:
            scope = nursery.cancel_scope
            if scope not in self._cancelled and scope.cancel_called:
                self._cancelled.add(scope)
                self.cancel(nursery.parent_task)

    def _wait(self, task: Task, step: int) -> None:
        self._pending.setdefault(task, set()).add(step)

    def _next_name(self, kind: str) -> int:
        maker = -1 if self.current is None else self.numbers[self.current]
        count = self._counts[maker] = self._counts.get(maker, 0) + 1
        return self.names.number((kind, maker, count))


@contextmanager
def unseen() -> Generator[None]:
    """Look at something without that being noted."""
    token = recorder.set(None)
    try:
        yield
    finally:
        recorder.reset(token)


def _is_trios_own(task: Task) -> bool:
    return len([*_line_of(task)]) <= 2 and not is_main(task)


def _is_below(task: Task, other: Task) -> bool:
    return any(each is other for each in _line_of(task))


def _line_of(task: Task) -> Iterator[Task]:
    each: Task | None = task
    while each is not None:
        yield each
        nursery = each.parent_nursery
        each = None if nursery is None else nursery.parent_task


def _holds_open(spawner: Task, nursery: trio.Nursery) -> bool:
    """Return whether the nursery cannot close while *spawner* runs."""
    parent = nursery.parent_task
    inside: trio.Nursery | None = None
    for task in _line_of(spawner):
        if task is parent:
            open_now = [*parent.child_nurseries]
            if inside is None or inside not in open_now or nursery not in open_now:
                return inside is None
            return open_now.index(nursery) <= open_now.index(inside)
        inside = task.parent_nursery
    return False
