"""Who started which task: the tasks that an agent has brought into the world."""

import attrs
from trio.abc import Instrument
from trio.lowlevel import Task, current_task

from ..._core.life import Life
from .play import Turn


@attrs.define(eq=False)
class Offspring(Instrument):
    """Follows the tasks of an agent, and theirs, until they exit.

    Documented hooks of Trio alone. None of them may raise.
    """

    lives: list[Life]
    alive: dict[Task, None] = attrs.field(factory=dict[Task, None])
    turn: Turn | None = None  # the one that goes on
    steps: int = 0  # of all tasks that have come since
    own_steps: int = 0  # of the agent and its tasks
    _new: set[Task] = attrs.field(factory=set[Task])

    def before_task_step(self, task: Task) -> None:
        """Count the steps; when those of Trio's own tasks come, Trio tosses up."""
        self.steps += task in self._new
        own = bool(self.lives) and task is self.lives[0].task
        self.own_steps += own or task in self.alive

    def task_spawned(self, task: Task) -> None:
        """Note a task that the agent, or one of its tasks, has started."""
        self._new.add(task)
        parent = current_task()
        own = bool(self.lives) and parent is self.lives[0].task
        if own and self.turn is not None:
            self.turn.helpers.append(task)
        if own or parent in self.alive:
            self.alive[task] = None

    def task_exited(self, task: Task) -> None:
        """Forget a task."""
        self.alive.pop(task, None)

    def at_work_for(self, turn: Turn) -> Task | None:
        """Return a task that a turn has started, that is no agent, and that goes on."""
        agents = [life.task for life in self.lives]
        for task in turn.helpers:
            if task in self.alive and task not in agents:
                return task
        return None
