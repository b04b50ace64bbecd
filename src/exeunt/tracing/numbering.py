"""Numbers for agents, tasks and scopes, in the order in which they appear."""

from collections import OrderedDict
from collections.abc import Callable
from itertools import count
from typing import Any

import trio
from trio.lowlevel import Task

from .._core.life import Life
from .._core.trio_private import home
from .._core.waiting import life_of_task
from .._model.events import AgentStarted, TaskStarted

RUN = 0
"""The number of the scope around everything."""

_REMEMBERED = 1_000  # agents that have left and may yet be sent to


class Numbers:
    """Who is who."""

    def __init__(self, make: Callable[..., None]) -> None:
        self._make = make
        self._home = home()
        self._next = count(1)
        self._next_scope = count(RUN + 1)
        self.lose_track()

    def lose_track(self) -> None:
        """Notes are missing: whoever turns up is introduced anew."""
        self._figures: dict[Life | Task, int] = {}
        self._scopes: dict[trio.Nursery, int] = {}
        self._places: dict[Task, trio.Nursery | None] = {}
        self._own: dict[Task, Life] = {}  # the own tasks of agents
        self._gone: OrderedDict[Life, None] = OrderedDict()

    def of(self, who: Life | Task) -> int:
        """Return the number of an agent or a task, which may be met only now."""
        if isinstance(who, Task):
            who = self._own.get(who, who)
        known = self._figures.get(who)
        if known is not None:
            return known
        if isinstance(who, Life):
            return self.meet_agent(who, who.task)
        return self.meet_task(who)

    def place(self, task: Task, nursery: trio.Nursery | None) -> None:
        """Hear where a task runs."""
        self._places[task] = nursery

    def _scope_of(self, task: Task) -> int:
        return self.of_scope(self._places.get(task, task.parent_nursery))

    def of_scope(self, nursery: trio.Nursery | None) -> int:
        """Return the number of a nursery; Trio's own are the run."""
        if nursery is None or nursery.parent_task.parent_nursery is None:
            return RUN
        if nursery not in self._scopes:
            self._scopes[nursery] = next(self._next_scope)
        return self._scopes[nursery]

    def meet_agent(
        self, life: Life, task: Task | None, by: Life | Task | None = None
    ) -> int:
        """Introduce an agent."""
        starter = None if by is None else self.of(by)
        pool = None if life.pool is None else self.of(life.pool)
        number = self._figures[life] = next(self._next)
        if task is not None:
            self._own[task] = life
        self._make(
            AgentStarted,
            agent=number,
            scope=None if task is None else self._scope_of(task),
            name=life.name,
            type=life.type,
            capacity=life.mailbox.capacity,
            by=starter,
            pool=pool,
        )
        return number

    def meet_task(self, task: Task, *, main: bool = False) -> int:
        """Introduce a task that is no agent."""
        life = self._life_in(task)
        if life is not None and life.task is task:  # it is older than the journal
            return self.of(life)
        agent = None if life is None else self.of(life)
        number = self._figures[task] = next(self._next)
        self._make(
            TaskStarted,
            task=number,
            scope=self._scope_of(task),
            name=task.name.rsplit(".", 1)[-1],
            main=main,
            agent=agent,
        )
        return number

    def agent_of(self, task: Task | None) -> Life | None:
        """Return the agent to which *task* belongs, be it its own or a helper."""
        if task is None:
            return None
        return self._own.get(task) or self._life_in(task)

    def _life_in(self, task: Task) -> Life | None:
        life = life_of_task(task)
        # A thread takes the context along, also into a run of its own.
        return life if life is not None and life.home is self._home else None

    def of_task(self, task: Task) -> int | None:
        """Return the number of a task that is no agent, if it was met."""
        return self._figures.get(task)

    def left(self, life: Life) -> None:
        """Remember an agent that has left for a while: messages may come yet."""
        self._gone[life] = None
        if len(self._gone) > _REMEMBERED:
            oldest, _ = self._gone.popitem(last=False)
            del self._figures[oldest]

    def has_left(self, life: Life) -> bool:
        """Return whether an agent has left lately."""
        return life in self._gone

    def agent_in(self, task: Task) -> Life | None:
        """Return the agent whose own task this is."""
        return self._own.get(task)

    def forget(self, what: Any) -> None:
        """A task has ended, or a nursery has closed."""
        self._figures.pop(what, None)
        self._scopes.pop(what, None)
        self._own.pop(what, None)
        self._places.pop(what, None)
