"""A task that waits for an agent, and the rings that such waits can close.

An agent's own task waits for at most one other agent at a time: that is the edge
which its life keeps in ``waits_for``. So the wait-for graph gives each agent at most
one way out, a ring can only be closed by a new edge, and following the edges from
the agent to be waited for finds it in as many steps as the ring has agents.

Only waits of an agent's *own* task are edges. While a helper task of the agent waits,
the agent can still handle a message and so resolve the wait; calling that a deadlock
would be wrong. For the same reason an edge is taken back in the very instant in which
the wait is resolved or cancelled, not when the waiting task runs next.

Prior art: Dijkstra's ring argument; trio's issues 182 and 1085 ask for the general
case, which needs to know who could still wake a task. Agents know.
"""

from contextvars import ContextVar
from typing import TYPE_CHECKING

import trio
from trio.lowlevel import Abort, RaiseCancelT, Task, current_task

from ..exceptions import Deadlock
from .trio_private import wake_up

if TYPE_CHECKING:
    from .life import Life

_life_here: ContextVar["Life"] = ContextVar("exeunt agent")


def life_of_task(task: Task) -> "Life | None":
    """Return the life of the agent to which *task* belongs, or None.

    Unlike `life_here`, of a pool's worker it is the worker's own.
    """
    return task.context.get(_life_here)


def enter_life(life: "Life") -> None:
    """Note that the current task is the own task of the agent that lives *life*."""
    life.task = current_task()
    _life_here.set(life)


def life_here() -> "Life | None":
    """Return the life of the agent to which the current task belongs, or None.

    Be it the agent's own task or one that it has started. In a pool's worker, it is
    the pool's.
    """
    return _seen_from_outside(_life_here.get(None))


def own_life() -> "Life | None":
    """Return the life of the agent whose own task this is, or None."""
    life = _life_here.get(None)
    # Tasks that an agent starts inherit the variable, but are not the agent.
    return life if life is not None and life.task is current_task() else None


def ring_closed_by(
    waiter: "Life", target: "Life", pools: "frozenset[Life]" = frozenset()
) -> "list[Life]":
    """Return the agents that would wait for each other, or nothing.

    *pools* are those on the way to *target*, of which each worker has to be looked at.
    """
    ring = [waiter]
    while target is not waiter:
        if target.crew:
            way = _way_through(target, waiter, pools)
            return ring + way if way else []
        if target.waits_for is None:
            return []
        ring.append(target)
        target = target.waits_for
    return ring


def _way_through(
    pool: "Life", waiter: "Life", pools: "frozenset[Life]"
) -> "list[Life]":
    """Return the way from *pool* to *waiter*, if all of its workers are on it.

    One who is not may come to handle what is waited for.
    """
    if pool in pools:
        return [pool]  # this worker waits for its own pool, like all the others
    found: list[Life] = []
    for worker in pool.crew:
        way = ring_closed_by(waiter, worker, pools | {pool})
        if not way:
            return []
        found = found or [pool, *way[1:]]
    return found


def _seen_from_outside(life: "Life | None") -> "Life | None":
    return life if life is None or life.pool is None else life.pool


class Wait:
    """One task's wait for one agent."""

    __slots__ = ("_error", "_task", "_waiter")

    def __init__(self, target: "Life", message: object = None) -> None:
        """Say that the current task is about to wait for *target*.

        Raises:
            Deadlock: the wait would close a ring.
        """
        self._error: BaseException | None = None
        self._task: Task | None = None
        self._waiter = waiter = own_life()
        if waiter is not None:
            ring = ring_closed_by(waiter, target)
            if type(self) is Wait and waiter.pool is target:
                ring = [waiter, target]  # no worker lives to see its pool's end
            if ring:
                raise _deadlock(ring, message)
            waiter.waits_for = target

    @property
    def origin(self) -> "Life | None":
        """The life of the agent to which the task that sleeps belongs."""
        here = None if self._task is None else self._task.context.get(_life_here)
        return _seen_from_outside(here)

    @property
    def parked(self) -> bool:
        """Whether the task sleeps."""
        return self._task is not None

    async def park(self) -> None:
        """Sleep until `release` is called or the wait is cancelled."""
        self._task = current_task()
        await trio.lowlevel.wait_task_rescheduled(self._on_cancel)

    def release(self) -> None:
        """Wake the task, if it sleeps, and take the edge back."""
        self.take_back()
        if self._task is not None:
            task, self._task = self._task, None
            wake_up(task)

    def raise_error(self) -> None:
        """Raise what the wait has ended with, if it has ended badly."""
        error, self._error = self._error, None
        try:
            if error is not None:
                raise error
        finally:
            del error  # its traceback leads back here

    def take_back(self) -> None:
        """Take the edge back: the task does not wait for the agent any more."""
        if self._waiter is not None:
            self._waiter.waits_for = None
            self._waiter = None

    def _on_cancel(self, _raise_cancel: RaiseCancelT) -> Abort:
        self._task = None
        self.take_back()
        return Abort.SUCCEEDED


def _deadlock(ring: "list[Life]", message: object) -> Deadlock:
    names = tuple(life.name for life in ring)
    if len(ring) == 1:
        text = f"agent {names[0]!r} would wait for itself"
    else:
        path = " -> ".join((*names, names[0]))
        text = f"agents would wait for each other for ever: {path}"
    return Deadlock(
        f"{text}. Send instead of asking, defer the reply, or wait in another task",
        message=message,
        ring=names,
    )
