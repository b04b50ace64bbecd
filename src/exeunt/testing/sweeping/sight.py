"""Who sees which ``await`` lines of a program a cancellation has come to."""

import dis
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cache
from types import CodeType

import attrs
from trio.abc import Instrument
from trio.lowlevel import Task, current_statistics

from ..._core.trio_private import await_frames
from ...stalls.stack import own_frames
from ..exploring.story import Place


@attrs.define(eq=False)
class Sight(Instrument):
    """Sees where the tasks of one run stand.

    Attributes:
        main: the task that runs the scenario.
        codes: the functions of the program in which a task has waited.
        hit: the lines whose ``await`` was cut short by the blow.
        saw_the_end: whether Trio has let it look on to the end of the run, as it does
            not if there is a mistake in here.
        idle_moments: how often every task has waited.
        at_idle: called with the number of each such moment.
    """

    main: Task | None = None
    at_idle: Callable[[int], object] | None = None
    saw_the_end: bool = False
    idle_moments: int = 0
    codes: set[CodeType] = attrs.field(factory=set[CodeType])
    hit: set[Place] = attrs.field(factory=set[Place])
    _runnable: set[Task] = attrs.field(factory=set[Task])
    _stepping: Task | None = None
    _striking: bool = False
    _struck: bool = False
    _owner: Task | None = None

    def before_io_wait(self, timeout: float) -> None:
        """Note that every task waits, for something that is yet to come."""
        del timeout  # which is 0 on a clock that jumps
        if self._runnable or current_statistics().seconds_to_next_deadline <= 0:
            return
        moment = self.idle_moments
        self.idle_moments += 1
        if self.at_idle is not None:
            self.at_idle(moment)

    def task_scheduled(self, task: Task) -> None:
        """Note that *task* can run; if it has not waited at all, it is cancelled."""
        self._runnable.add(task)
        at_once = self._struck and task is self._stepping and _is_cut_short(task)
        if self._striking or at_once:
            self._note(task)

    def before_task_step(self, task: Task) -> None:
        """Note who goes."""
        self._runnable.discard(task)
        self._stepping = task

    def after_task_step(self, task: Task) -> None:
        """Note where the task stands now."""
        self._stepping = None
        self.codes.update(frame.f_code for frame, _ in own_frames(task))

    def after_run(self) -> None:
        """Note that it is over."""
        self.saw_the_end = True

    @contextmanager
    def striking(self, owner: Task | None) -> Generator[None]:
        """See whom the blow strikes that is dealt in this block.

        Args:
            owner: the task whose block is struck, if it is one's.
        """
        self._owner = owner
        self._struck = self._striking = True
        try:
            yield
        finally:
            self._striking = False

    def strike_main(self) -> None:
        """Note that the main task is struck, unless it is on its way."""
        if self.main is not None and self.main not in self._runnable:
            self._see(self.main)

    def _note(self, task: Task) -> None:
        self._see(task)
        # Those who wait at the end of a nursery hear of it when all others have left.
        above = list(_up_to(self._owner, task))
        for each in above:
            if each not in self._runnable:
                self._see(each)

    def _see(self, task: Task) -> None:
        for frame, line in own_frames(task):
            self.codes.add(frame.f_code)
            self.hit.add(Place(frame.f_code.co_filename, line))

    def standing(self, program: str) -> list[tuple[str, Place]]:
        """Return where each task stands; *program* is the name of the main task."""
        found: list[tuple[str, Place]] = []
        for task in _all_below(self.main):
            frames = own_frames(task)
            if frames:
                frame, line = frames[-1]
                own = task.name.rsplit(".", 1)[-1]
                name = program if task is self.main else own
                found.append((name, Place(frame.f_code.co_filename, line)))
        return found


@cache
def await_lines(code: CodeType) -> frozenset[Place]:
    """Return the lines of a function at which it can wait."""
    return frozenset(
        Place(code.co_filename, at.positions.lineno)
        for at in dis.get_instructions(code)
        if at.opname == "SEND"
        and at.positions is not None
        and at.positions.lineno is not None
    )


def _is_cut_short(task: Task) -> bool:
    """Return whether what *task* is told in its own step is to give up."""
    names = {frame.f_code.co_name for frame, _ in await_frames(task)}
    return "cancel_shielded_checkpoint" not in names


def _up_to(owner: Task | None, task: Task) -> Iterator[Task]:
    above: list[Task] = []
    while owner is not None and task is not owner and task.parent_nursery is not None:
        task = task.parent_nursery.parent_task
        above.append(task)
    if above and above[-1] is owner:
        yield from above


def _all_below(task: Task | None) -> Iterator[Task]:
    if task is not None:
        yield task
        for nursery in task.child_nurseries:
            for child in sorted(nursery.child_tasks, key=lambda each: each.name):
                yield from _all_below(child)
