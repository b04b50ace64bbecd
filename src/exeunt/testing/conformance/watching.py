"""An agent under observation: it lives in another's place and notes what happens.

What it adds to a turn takes no step of Trio's scheduler, so a watched agent behaves
like the agent itself.
"""

# pyright: reportIncompatibleVariableOverride=false

from collections.abc import Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

import attrs
import trio

from ..._core.agent import Agent, has_lifespan
from .play import Turn

if TYPE_CHECKING:
    from ..._core.life import Life

Handler = Callable[[Any], Awaitable[object]]


_TIMES = 20


class Evicted(BaseException):
    """What a task gets that does not leave by any other means."""


class Observer(Protocol):
    """Who takes the notes."""

    async def turn(self, handler: Handler, message: object) -> object:
        """Have *message* handled."""
        ...

    def note(self, what: str, number: int | None = None, detail: object = None) -> None:
        """Write down an event."""
        ...

    async def before_leaving(self) -> None:
        """Do what is to be done before lifespan is left."""
        ...

    async def after_leaving(self) -> None:
        """Do what is to be done when it has been left."""
        ...


def watched(
    agent: Agent[Any], observer: Observer, *, always_at_length: bool
) -> "Watched":
    """Return an agent that does the same under the eyes of *observer*."""
    at_length = always_at_length or has_lifespan(agent)
    kind = WatchedAtLength if at_length else Watched
    return kind(agent, observer)


class Watched(Agent[Any]):
    """Has its messages handled by another agent."""

    def __init__(self, agent: Agent[Any], observer: Observer) -> None:
        self._agent = agent
        self._observer = observer

    # The runtime tells an agent whose life it lives; the one inside has to know.
    @property
    def _life(self) -> "Life":
        return self._agent._life  # pyright: ignore[reportPrivateUsage]

    @_life.setter
    def _life(self, life: "Life") -> None:
        object.__setattr__(self._agent, "_life", life)

    async def handle(self, message: Any) -> object:
        """Handle *message* like the agent inside."""
        return await self._observer.turn(self._agent.handle, message)


class WatchedAtLength(Watched):
    """An agent with a lifespan."""

    def lifespan(self) -> AbstractAsyncContextManager[object]:
        """Return the lifespan of the agent inside."""
        return _WatchedLifespan(self._agent.lifespan(), self._observer)


@attrs.define(eq=False)
class _WatchedLifespan(AbstractAsyncContextManager[object]):
    lifespan: AbstractAsyncContextManager[object]
    observer: Observer

    async def __aenter__(self) -> object:
        self.observer.note("entering")
        value = await self.lifespan.__aenter__()
        self.observer.note("entered")
        return value

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        self.observer.note("leaving")
        await self.observer.before_leaving()  # noqa: ASYNC102 - the runtime shields it
        try:
            swallows = await self.lifespan.__aexit__(kind, error, traceback)  # noqa: ASYNC102
        except BaseException as raised:
            self.observer.note("gone", None, raised)
            raise
        self.observer.note("gone")
        await self.observer.after_leaving()  # noqa: ASYNC102
        return swallows


@attrs.define(eq=False)
class Becoming:
    """What an agent has become, still watched."""

    handler: Handler
    observer: Observer

    async def __call__(self, message: object) -> object:
        """Handle *message*."""
        return await self.observer.turn(self.handler, message)


@attrs.define(eq=False)
class Overheard(Awaitable[object]):
    """A handler at work, and whether it is told that its agent is cancelled.

    Trio sends a task what it has waited for, as an `outcome.Outcome`; whatever the
    handler then makes of a `trio.Cancelled`, it went by here.
    """

    work: Awaitable[object]
    turn: Turn
    is_cancelled: Callable[[], bool]

    def __await__(self) -> Generator[Any, Any, object]:
        steps: Any = self.work.__await__()
        sent: Any = None
        times = 0
        while True:
            try:
                # Who asks again and again would do so for ever, in no time.
                self.turn.evicted = times > _TIMES
                trap = steps.throw(Evicted()) if self.turn.evicted else steps.send(sent)
            except StopIteration as stop:
                return stop.value
            sent = yield trap
            told = isinstance(getattr(sent, "error", None), trio.Cancelled)
            times += told
            if told and self.is_cancelled():
                self.turn.cancelled = True
