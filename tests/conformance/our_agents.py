"""Agents that do it right, each with something more to be got wrong."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import attrs
import trio
from wrong_agents import Add, Counter, Message, Total

from exeunt import Agent, Pool, Reply, Request, start
from exeunt.exceptions import Refusal


@attrs.define
class Clerk(Counter):
    """Has a lifespan with something to do at both ends, and refuses at times."""

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        await trio.sleep(1)
        try:
            yield
        finally:
            await trio.sleep(1)

    async def handle(self, message: Message) -> int | None:
        answer = await super().handle(message)
        if isinstance(message, Total) and self.total % 2:
            raise Refusal("odd")
        return answer


@attrs.define
class Ticking(Counter):
    """Sets a timer of its own, and counts its ticks too."""

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        self.context.timers.repeat("tick", Add(1), delay=3)
        yield


@attrs.define
class Deferring(Counter):
    """Has a task of its own answer."""

    nursery: Any = None

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with trio.open_nursery() as self.nursery:
            yield
            self.nursery.cancel_scope.cancel()

    async def handle(self, message: Message) -> int | None:
        if isinstance(message, Total):
            reply = self.context.defer(message)
            self.nursery.start_soon(self.answer, reply)
            return None
        return await super().handle(message)

    async def answer(self, reply: Reply[int]) -> None:
        await trio.sleep(1)
        reply.send(self.total)


@attrs.define
class Becoming(Counter):
    """Postpones what it is asked before something has been added."""

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        self.context.timers.once("first", Add(0), after=2)
        yield

    async def handle(self, message: Message) -> int | None:
        if isinstance(message, Add):
            self.context.become(self.ready)
            self.total += message.number
        else:
            self.context.postpone(message)
        return None

    async def ready(self, message: Message) -> int | None:
        return await super().handle(message)


@attrs.define
class Heartbeat(Deferring):
    """A message starts what goes on beside the messages after it."""

    async def add(self, number: int) -> None:
        self.nursery.start_soon(trio.sleep_forever)


class CountTo(Request[AsyncIterator[int]]):
    pass


class Streaming(Agent[Message | CountTo]):
    async def handle(self, message: Message | CountTo) -> Any:
        return self.count() if isinstance(message, CountTo) else 0

    async def count(self) -> AsyncGenerator[int]:
        for number in range(3):
            await trio.sleep(1)
            yield number


@attrs.define
class Blocking(Counter):
    """Its blocking work is faked, since no clock of ours makes a thread faster."""

    in_thread: Callable[[int], Any] = trio.sleep

    async def add(self, number: int) -> None:
        await self.in_thread(number)
        self.total += number


@attrs.define
class Parent(Counter):
    """Has agents of its own do the work."""

    crew: Any = None

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with trio.open_nursery() as nursery:
            self.crew = await start(nursery, Pool(2, Counter))
            yield
            await self.crew.aclose()

    async def add(self, number: int) -> None:
        await self.crew.send(Add(number))
