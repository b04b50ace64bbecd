"""An agent's turns, seen from outside: an understudy lives its life in its place."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import Any

from ..._core.agent import Agent
from ..._core.front import Front
from ..._core.life import Life
from ..faults.faulty import Struck  # pyright: ignore[reportPrivateUsage]

Handler = Callable[[Any], Awaitable[object]]
Turn = Callable[[Life, Handler, Any], Awaitable[object]]


def with_understudy(
    factory: Callable[[], Agent[Any]], turn: Turn
) -> Callable[[], Agent[Any]]:
    """Make a factory whose agents take each turn by way of *turn*.

    Args:
        factory: as for `start`, without arguments.
        turn: an async function of the agent's life, a handler and a message. It
            returns what the handler returns for the message.

    Returns:
        The new factory.
    """
    return partial(_make, factory, turn)


def _make(factory: Callable[[], Agent[Any]], turn: Turn) -> Agent[Any]:
    agent: Agent[Any] = factory()
    # The runtime complains of what is no agent, and a front has no turns of its own.
    left_alone: Any = isinstance(agent, Front) or not isinstance(agent, Agent)
    return agent if left_alone or hasattr(agent, "_life") else _Understudy(agent, turn)


class _Understudy(Agent[Any]):
    """Lives the life of an agent in its place."""

    __slots__ = ("agent", "behaviour", "turn")

    def __init__(self, agent: Agent[Any], turn: Turn) -> None:
        self.agent = agent
        self.turn = turn
        self.behaviour: Handler = agent.handle

    def lifespan(self) -> AbstractAsyncContextManager[object]:
        """Let the agent share this life, and be its lifespan."""
        object.__setattr__(self.agent, "_life", self._life)  # it may be frozen
        lifespan = self.agent.lifespan()
        self._life.__class__ = _WatchedLife
        return lifespan

    async def handle(self, message: Any) -> object:
        """Have the agent handle *message*."""
        return await self.turn(self._life, self.behaviour, message)


class _WatchedLife(Life):
    """The life of such an agent: a new behaviour has its turns seen too."""

    __slots__ = ()

    def become(self, handler: Handler) -> None:
        """Let *handler* have the next message, by way of the understudy."""
        understudy: _Understudy = self.handler.__self__
        faulty = understudy.agent if isinstance(understudy.agent, Struck) else None
        (faulty or understudy).behaviour = handler
        super().become(self.handler)
