"""Pairs of ends by users who got something wrong, each with the law that says so."""

from collections.abc import Callable
from math import inf
from typing import Any

import trio
from trio.abc import ReceiveChannel, SendChannel

CAPACITY = 2


class Sending(SendChannel[Any]):
    """Does it right, with a memory channel behind it."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def send(self, value: Any) -> None:
        await self.inner.send(value)

    def send_nowait(self, value: Any) -> None:
        self.inner.send_nowait(value)

    async def aclose(self) -> None:
        await self.inner.aclose()


class Receiving(ReceiveChannel[Any]):
    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def receive(self) -> Any:
        return await self.inner.receive()

    async def aclose(self) -> None:
        await self.inner.aclose()


class LosesSome(Sending):
    count = 0

    def send_nowait(self, value: Any) -> None:
        self.count += 1
        if self.count % 3:
            super().send_nowait(value)


class SendsTwice(Sending):
    async def send(self, value: Any) -> None:
        await super().send(value)
        await super().send(value)


class RefusesWhatItTakes(Sending):
    def send_nowait(self, value: Any) -> None:
        super().send_nowait(value)
        if self.inner.statistics().current_buffer_used == CAPACITY:
            raise trio.WouldBlock


class HasAnErrorOfItsOwn(Sending):
    def send_nowait(self, value: Any) -> None:
        try:
            super().send_nowait(value)
        except trio.WouldBlock:
            raise BufferError("full") from None


class StaysOpen(Sending):
    async def aclose(self) -> None:
        await trio.lowlevel.checkpoint()


class LooksInNowAndThen(Sending):
    """So who comes at the right moment overtakes those who wait."""

    async def send(self, value: Any) -> None:
        while True:
            try:
                await trio.lowlevel.checkpoint()
                self.inner.send_nowait(value)
            except trio.WouldBlock:
                await trio.sleep(2)
            else:
                return


class LastInFirstOut(Receiving):
    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self.stack: list[Any] = []

    async def receive(self) -> Any:
        if not self.stack:
            self.stack.append(await super().receive())
        try:
            while True:
                self.stack.append(self.inner.receive_nowait())
        except (trio.WouldBlock, trio.EndOfChannel):
            return self.stack.pop()


class ForgetsTheRest(Receiving):
    """When the other end is closed."""

    async def receive(self) -> Any:
        value = await super().receive()
        if not self.inner.statistics().open_send_channels:
            raise trio.EndOfChannel
        return value


def pair(
    sending: type[Sending] = Sending,
    receiving: type[Receiving] = Receiving,
    capacity: float = CAPACITY,
) -> tuple[Sending, Receiving]:
    send, receive = trio.open_memory_channel[Any](capacity)
    return sending(send), receiving(receive)


def never_told() -> tuple[Sending, Receiving]:
    """Somebody else keeps a send end."""
    send, receive = trio.open_memory_channel[Any](CAPACITY)
    made = Sending(send), Receiving(receive)
    made[1].other = send.clone()  # type: ignore[attr-defined]
    return made


Maker = Callable[[], tuple[Sending, Receiving]]
WRONG: dict[str, tuple[Maker, int]] = {
    "loses some": (lambda: pair(LosesSome), 1),
    "sends twice": (lambda: pair(SendsTwice), 1),
    "forgets the rest": (lambda: pair(receiving=ForgetsTheRest), 1),
    "refuses what it takes": (lambda: pair(RefusesWhatItTakes), 1),
    "has an error of its own": (lambda: pair(HasAnErrorOfItsOwn), 2),
    "stays open": (lambda: pair(StaysOpen), 3),
    "never told": (never_told, 3),
    "looks in now and then": (lambda: pair(LooksInNowAndThen), 4),
    "last in, first out": (lambda: pair(receiving=LastInFirstOut), 4),
    "holds too much": (lambda: pair(capacity=inf), 21),
    "holds too little": (lambda: pair(capacity=CAPACITY - 1), 21),
}
