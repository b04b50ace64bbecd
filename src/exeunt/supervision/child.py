"""One agent of a supervisor, and the rules it lives by."""

from collections.abc import Callable
from contextlib import suppress
from logging import Logger, getLogger
from math import inf
from typing import TYPE_CHECKING, Any

import attrs
import trio

from .._core.agent import Agent
from .._core.failures import leaves
from .._core.inside import leads_to, redirect
from .._core.life import Life
from .._core.setting import Setting
from .._core.start import begin
from .._model.lifecycle import State
from .._model.restarts import Restart
from ..exceptions import AgentClosed

if TYPE_CHECKING:
    from .group import Group
    from .troupe import Troupe

log: Logger = getLogger("exeunt")


@attrs.define(eq=False)
class Child:
    """An agent that is looked after. It is the keeper of that agent's life."""

    troupe: "Troupe"
    factory: Callable[..., Agent[Any]]
    args: tuple[object, ...]
    setting: Setting
    restart: Restart
    restart_on: tuple[type[Exception], ...]
    group: "Group | None"
    uses: "list[Child] | None"
    life: Life = attrs.field(init=False)
    gate: trio.Event | None = None  # where it waits until it may come in again
    pause: trio.CancelScope | None = None  # in which it waits
    waiting: bool = False
    dismissed: bool = False
    claimed: bool = True  # somebody has its handle
    crashes: int = 0  # in a row
    came: float = inf  # when its incarnation was ready

    def members(self) -> "list[Child]":
        """Return itself, as a group of one."""
        return [self]

    def begin(self) -> None:
        """Bring the agent into being."""
        self.life = begin(
            self.troupe.nursery, self.factory, self.args, self.setting, self
        )

    def may_keep(self, life: Life) -> bool:  # noqa: ARG002 - a keeper's
        """Return whether there are crashes after which the agent is started again."""
        return self.restart is not Restart.TEMPORARY and bool(self.restart_on)

    def keeps(self, life: Life, failure: BaseException) -> bool:
        """Return whether the agent, which has just crashed, is started again."""
        if self.restart is Restart.TEMPORARY:
            return False
        if not all(isinstance(leaf, self.restart_on) for leaf in leaves(failure)):
            return False
        return self._may_return(failure, f"agent {life.name!r} crashed")

    async def let_in(self, life: Life) -> bool:
        """Wait until the next incarnation may begin; return whether it is to."""
        life.error = None  # forgiven, even if it is cancelled before it comes in
        self.came = inf
        if life.state is State.DRAINING and life.nothing_left:
            return False
        with trio.CancelScope() as self.pause:
            await self._wait_for_its_turn()
        return not self.pause.cancelled_caught

    def called_off(self, life: Life) -> None:  # noqa: ARG002 - a keeper's
        """Hear that there is nothing left for another incarnation to do."""
        if self.pause is not None:
            self.pause.cancel()

    async def _wait_for_its_turn(self) -> None:
        if self.gate is None:
            await trio.sleep(self.patience)
            return
        self.waiting = True
        self.troupe.arrived(self)
        try:
            await self.gate.wait()
            if self.troupe.hurried:
                await trio.sleep_forever()  # it is cancelled when it is its turn
        finally:
            self.waiting = False

    def came_in(self, life: Life) -> None:
        """Hear that an incarnation is ready."""
        self.came = trio.current_time()
        if not life.again:  # it may have been called out in this instant
            self.gate = None
            self.troupe.arrived(self)

    def settled(self, life: Life) -> None:  # noqa: ARG002
        """Hear that the agent may have nothing left to do."""
        if self.troupe.idlers:
            self.troupe.settled(self)

    def ended(self, life: Life) -> None:
        """Hear that the life is over, and see to its error if there is one."""
        error = None if life.start_awaited else life.error
        if error is None and self._comes_back(life):
            self._come_back(life)
        else:
            self.troupe.lose(self, error)
        self.settled(life)

    @property
    def name(self) -> str:
        """The agent's name."""
        return self.life.name

    @property
    def patience(self) -> float:
        """How many seconds to wait before the next incarnation."""
        backoff = self.troupe.backoff
        if backoff is None:
            return 0.0
        return backoff.delay(self.crashes, backoff.chance())

    def _comes_back(self, life: Life) -> bool:
        never_ready = life.starter is not None  # and who started it hears of that
        if self.restart is not Restart.PERMANENT or never_ready:
            return False
        if self.troupe.leaving or self.dismissed or not self.claimed:
            return False
        what = f"agent {life.name!r} was {life.reason}"
        failure = AgentClosed(f"{what}, and not by its supervisor", agent=life.name)
        if self._may_return(failure, what):
            return True
        self.troupe.fail(failure)
        return False

    def _come_back(self, life: Life) -> None:
        """Let the handle lead to a new life: the old one has ended for good."""
        self.troupe.note(life.outcome)
        self.begin()
        self.life.again = True  # it comes in like one that has crashed
        if leads_to(life.handle, life):  # a worker's leads to its pool
            redirect(life.handle, self.life)

    def _may_return(self, failure: BaseException, what: str) -> bool:
        troupe, now = self.troupe, trio.current_time()
        if not troupe.budget.spend(now, failure):
            troupe.exhausted()
            return False
        lived_long = (
            troupe.backoff is not None and now - self.came > troupe.backoff.most
        )
        self.crashes = 1 if lived_long else self.crashes + 1
        with suppress(Exception):  # nothing here may depend on who listens
            log.warning("%s and is started again", what, exc_info=failure)
        troupe.broke(self)
        return True
