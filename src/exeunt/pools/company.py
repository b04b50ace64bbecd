"""The workers of a pool, and the agent that stands in front of them."""

from collections.abc import Callable, Hashable
from itertools import count
from typing import Any, TypeVar

import attrs
from trio.lowlevel import checkpoint, checkpoint_if_cancelled, current_task

from .._core.agent import Agent
from .._core.ending import retire
from .._core.front import Front
from .._core.life import Life
from .._core.setting import Setting
from .._core.start import ready
from .._model.lifecycle import State
from .._model.restarts import Backoff, Budget, Restart, Strategy
from ..supervision.child import Child
from ..supervision.stage import open_troupe
from ..supervision.troupe import Troupe
from .seats import KeyedSeats, Seat, Seats
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


class Company(Front[M]):
    """Keeps as many workers as it should have, and has no turns of its own."""

    __slots__ = ("_numbers", "_plan", "_running", "_shared", "_troupe", "life")

    def __init__(self, plan: Plan, running: "list[Company[M]]") -> None:
        self._plan = plan
        self._running = running
        self._numbers = count(1)
        self.life: Life
        self._shared: Shared
        self._troupe: Troupe

    async def attend(self, life: Life) -> None:
        """Have what comes into the mailbox of *life* handled by the workers."""
        self.life = life
        self._shared = self._share()
        life.crew = []
        await checkpoint_if_cancelled()  # a worker would begin before it heard of that
        try:
            failure = await self._employ()
        finally:
            self._shared.seats.free.clear()  # also those that nobody came to take
            if self in self._running:
                self._running.remove(self)
        if failure is not None:
            try:
                raise failure
            finally:
                del failure
        if self._shared.waiting:  # those who had to drain it were cancelled
            life.cancel("its workers were cancelled")
            await checkpoint()

    async def _employ(self) -> BaseException | None:
        """Have workers until the end, and return what is to be raised then."""
        budget = Budget(*self._plan.budget)
        stage = open_troupe(Strategy.ONE_FOR_ONE, budget, self._plan.backoff)
        try:
            async with stage as self._troupe:
                await self._open()
                await self._shared.closing.wait()
        except BaseExceptionGroup as group:
            first, *others = group.exceptions
            if others:
                raise
            return first  # as it would come out of an agent
        return None

    async def _open(self) -> None:
        """Have the first workers come in, one after the other."""
        self.life.task = current_task()
        seats = [Seat() for _ in range(self._plan.size)]
        self._shared.seats.sit(*seats)
        for seat in seats:
            await ready(self._hire(seat).life)
            self.life.task = None  # others may help from now on: no wait is an edge
        self._running.append(self)
        self.life.ready()
        self.fill()
        if self.life.keeper is not None:  # the workers may have come to rest before
            self.life.keeper.settled(self.life)

    def fill(self) -> None:
        """Have as many workers as there should be, unless all are about to leave."""
        if self._shared.closing.is_set() or self._troupe.leaving:
            return
        staff = [w for w in self._troupe.children.values() if not w.dismissed]
        for worker in staff[self._plan.size :]:
            worker.dismissed = True
            worker.life.stop()
        for _ in range(self._plan.size - len(staff)):
            self._hire(Seat())

    def _share(self) -> Shared:
        life = self.life
        if isinstance(life.mailbox, Shared):  # the pool is started again
            life.mailbox.seats.reopen()
            return life.mailbox
        key = self._plan.key
        shared = Shared(life, Seats() if key is None else KeyedSeats(key))
        life.mailbox = shared
        if life.state is State.DRAINING:
            shared.closing.set()
        return shared

    def _hire(self, seat: Seat) -> "Worker":
        setting = Setting(
            name=f"{self.life.name}/{next(self._numbers)}",
            cleanup=self.life.cleanup,
            mailbox=lambda: Tap(self._shared, seat),
            pool=self.life,
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

    def keeps(self, life: Life, failure: BaseException) -> bool:
        """Return whether the worker, which has just crashed, is started again."""
        kept = super().keeps(life, failure)
        keeper = self.pool.keeper
        if not kept and (keeper is None or not keeper.may_keep(self.pool)):
            # Before the worker leaves: its goodbye may wait for one of the askers.
            retire(self.pool, failure)
        return kept

    async def let_in(self, life: Life) -> bool:
        """Wait until the next incarnation may begin; return whether it is to."""
        coming = await super().let_in(life)
        self.pool.restarts += coming
        return coming

    def settled(self, life: Life) -> None:
        """Hear that the worker may have nothing left to do: and the pool, perhaps."""
        super().settled(life)
        if self.pool.keeper is not None:
            self.pool.keeper.settled(self.pool)

    def _comes_back(self, life: Life) -> bool:
        pool_goes_on = self.pool.state in {State.STARTING, State.RUNNING}
        return pool_goes_on and super()._comes_back(life)


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


def checked_size(size: object) -> int:
    """Return *size*, or complain that no pool can have it."""
    if not isinstance(size, int) or isinstance(size, bool):
        raise TypeError(f"size is a number of workers, an int, not {size!r}")
    if size < 1:
        raise ValueError(f"a pool has 1 worker or more, not {size}")
    return size
