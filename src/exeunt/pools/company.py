"""The workers of a pool, and the agent that stands in front of them."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import attrs

from .._core.agent import Agent
from .._core.front import Front
from .._core.life import Life
from .._core.setting import Setting
from .._core.start import ready
from .._model.lifecycle import State
from .._model.restarts import Backoff, Budget, Restart, Strategy
from ..supervision.child import Child
from ..supervision.stage import open_troupe
from ..supervision.troupe import Troupe
from .seats import KeyedSeats, Seats
from .sharing import Shared, Tap

M = TypeVar("M")


@attrs.define
class Plan:
    """What a pool is to be."""

    size: int
    make: Callable[[], Agent[Any]]
    key: Callable[[Any], Hashable] | None
    restart_on: tuple[type[Exception], ...]
    budget: tuple[int, float]
    backoff: Backoff | None
    cleanup: float


class Company(Front[M]):
    """Keeps as many workers as it should have, and has no turns of its own."""

    __slots__ = ("_plan", "_running", "_shared", "_troupe", "life")

    def __init__(self, plan: Plan, running: "list[Company[M]]") -> None:
        self._plan = plan
        self._running = running
        self.life: Life
        self._shared: Shared
        self._troupe: Troupe

    async def attend(self, life: Life) -> None:
        """Have what comes into the mailbox of *life* handled by the workers."""
        self.life = life
        self._shared = self._share(life)
        life.crew = []
        budget = Budget(*self._plan.budget)
        stage = open_troupe(Strategy.ONE_FOR_ONE, budget, self._plan.backoff)
        try:
            async with stage as self._troupe:
                for _ in range(self._plan.size):
                    await ready(self._hire().life)
                self._running.append(self)
                life.ready()
                self.fill()
                await self._shared.closing.wait()
        except BaseExceptionGroup as group:
            if len(group.exceptions) > 1:
                raise
            raise group.exceptions[0] from None  # as it would come out of an agent
        finally:
            if self in self._running:
                self._running.remove(self)

    def fill(self) -> None:
        """Have as many workers as there should be."""
        staff = [w for w in self._troupe.children.values() if not w.dismissed]
        for worker in staff[self._plan.size :]:
            worker.dismissed = True
            worker.life.stop()
        for _ in range(self._plan.size - len(staff)):
            self._hire()

    def _share(self, life: Life) -> Shared:
        if isinstance(life.mailbox, Shared):  # the pool is started again
            life.mailbox.seats.reopen()
            return life.mailbox
        key = self._plan.key
        seats = Seats() if key is None else KeyedSeats(key)
        life.mailbox = shared = Shared(life.mailbox, seats)
        if life.state is State.DRAINING:
            shared.closing.set()
        return shared

    def _hire(self) -> "Worker":
        setting = Setting(
            name=self._troupe.name_for(None, f"{self.life.name}/1"),
            cleanup=self._plan.cleanup,
            mailbox=lambda: Tap(self._shared, self._shared.seats.sit()),
        )
        # Permanent, since one that ends without a crash has to be replaced.
        worker = Worker(
            troupe=self._troupe,
            factory=self._plan.make,
            args=(),
            setting=setting,
            restart=Restart.PERMANENT,
            restart_on=self._plan.restart_on,
            group=None,
            uses=[],
            pool=self.life,
        )
        worker.begin()
        return worker


@attrs.define(eq=False, kw_only=True)
class Worker(Child):
    """One worker: its life counts for the pool's."""

    pool: Life

    def begin(self) -> None:
        """Bring the agent into being; to itself, it is the pool."""
        super().begin()
        self.troupe.children[self.life.name] = self
        self.life.handle = self.pool.handle
        self.pool.crew = [*self.pool.crew, self.life]
        self.life.watch(Account(self.pool, self.life))

    def settled(self, life: Life) -> None:
        """Hear that the worker may have nothing left to do: and the pool, perhaps."""
        super().settled(life)
        if self.pool.keeper is not None:
            self.pool.keeper.settled(self.pool)


@attrs.define(eq=False)
class Account:
    """What a worker leaves to its pool: the count of its messages."""

    pool: Life
    worker: Life

    def release(self) -> None:
        """Take over the account of the worker, which has ended."""
        pool, worker = self.pool, self.worker
        pool.crew = [life for life in pool.crew if life is not worker]
        pool.handled += worker.handled
        pool.failed += worker.failed
        pool.interrupted += worker.interrupted
        pool.abandoned += worker.abandoned
        pool.dropped += worker.dropped
        pool.undelivered += worker.undelivered
        pool.restarts += worker.restarts


def checked_size(size: object) -> int:
    """Return *size*, or complain that no pool can have it."""
    if not isinstance(size, int) or isinstance(size, bool):
        raise TypeError(f"size is a number of workers, an int, not {size!r}")
    if size < 1:
        raise ValueError(f"a pool has 1 worker or more, not {size}")
    return size
