"""Two kinds of mailboxes, looked at in the same way."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import attrs
import trio

from ..._core.agent import Agent
from ..._core.handle import Handle
from ..._core.start import start
from ..._model.outcome import Outcome

Take = Callable[[object], Awaitable[None]]
Pair = tuple[trio.abc.SendChannel[Any], trio.abc.ReceiveChannel[Any]]


class Box(Protocol):
    """What messages are put into by some, and taken out of by one."""

    async def receive(self, take: Take, ready: trio.Event) -> None:
        """Take out one message after the other, until there will be no more."""
        ...

    async def send(self, message: object) -> None:
        """Put *message* in, waiting for room."""
        ...

    def send_nowait(self, message: object) -> None:
        """Put *message* in, if there is room."""
        ...

    async def close_sending(self) -> None:
        """Put nothing in any more."""
        ...

    async def close_receiving(self) -> None:
        """Take nothing out any more."""
        ...

    @property
    def outcome(self) -> Outcome | None:
        """What is known at the end, if it is an agent's."""
        ...


class PairBox:
    """Two ends that somebody has made."""

    outcome: Outcome | None = None

    def __init__(self, maker: Callable[[], Pair]) -> None:
        self._sending, self._receiving = _pair(maker)

    async def receive(self, take: Take, ready: trio.Event) -> None:
        """Receive until the end of the channel, or until it is closed here."""
        ready.set()
        while True:
            try:
                message = await self._receiving.receive()
            except (trio.EndOfChannel, trio.ClosedResourceError):
                return
            await take(message)

    async def send(self, message: object) -> None:
        """Send."""
        await self._sending.send(message)

    def send_nowait(self, message: object) -> None:
        """Send at once, if the channel can."""
        sending: Any = self._sending
        sending.send_nowait(message)

    async def close_sending(self) -> None:
        """Close this end at this instant."""
        await trio.aclose_forcefully(self._sending)

    async def close_receiving(self) -> None:
        """Close this end at this instant."""
        await trio.aclose_forcefully(self._receiving)


def _pair(maker: Callable[[], Pair]) -> Pair:
    if not callable(maker):
        raise TypeError(f"maker is a function that returns two ends, not {maker!r}")
    made: Any = maker()
    try:
        sending, receiving = made
    except TypeError:
        raise TypeError(
            f"maker returned {made!r}, and not a send end with a receive end"
        ) from None
    return sending, receiving


@attrs.define
class _Taker(Agent[Any]):
    take: Take

    async def handle(self, message: Any) -> None:
        await self.take(message)


class AgentBox:
    """The mailbox of an agent."""

    def __init__(self, **options: Any) -> None:
        self._options = options
        self._handle: Handle[Any]

    @property
    def outcome(self) -> Outcome | None:
        """What the agent's outcome says."""
        return self._handle.outcome

    async def receive(self, take: Take, ready: trio.Event) -> None:
        """Let an agent live."""
        async with trio.open_nursery() as nursery:
            self._handle = await start(nursery, _Taker, take, **self._options)
            ready.set()

    async def send(self, message: object) -> None:
        """Send."""
        await self._handle.send(message)

    def send_nowait(self, message: object) -> None:
        """Send at once."""
        self._handle.send_nowait(message)

    async def close_sending(self) -> None:
        """Stop the agent."""
        self._handle.stop()

    async def close_receiving(self) -> None:
        """Cancel it."""
        self._handle.cancel()
