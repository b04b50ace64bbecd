"""Agents of users who got something wrong, each with the law that has to say so."""

import itertools
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import attrs
import trio

from exeunt import Agent, Reply, Request


@attrs.define
class Add:
    number: int


@attrs.frozen
class Total(Request[int]):
    pass


Message = Add | Total


def an_add(random: Random) -> Add:
    return Add(random.randrange(10))


@attrs.define
class Counter(Agent[Message]):
    """Does it right."""

    total: int = 0

    async def handle(self, message: Message) -> int | None:
        match message:
            case Add(number):
                await self.add(number)
            case Total():
                return self.total
        return None

    async def add(self, number: int) -> None:
        await trio.sleep(1)
        self.total += number


class SwallowsCancelled(Counter):
    async def add(self, number: int) -> None:
        try:
            await super().add(number)
        except BaseException:
            self.total += number


class TriesAgainForEver(Counter):
    async def add(self, number: int) -> None:
        while True:
            try:
                return await super().add(number)
            except trio.Cancelled:
                await trio.lowlevel.cancel_shielded_checkpoint()


class WorksUnderAShield(Counter):
    async def add(self, number: int) -> None:
        with trio.CancelScope(shield=True):
            await trio.sleep(60)


class WaitsForEver(Counter):
    async def add(self, number: int) -> None:
        await trio.sleep_forever()


class WaitsForEverUnderAShield(Counter):
    async def add(self, number: int) -> None:
        with trio.CancelScope(shield=True):
            await trio.sleep_forever()


class NeverLeavesItsLifespan(Counter):
    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)
            yield


class LeavesItsLifespanWithAnError(Counter):
    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        yield
        raise ConnectionError("it was closed before")


class LeavesItsLifespanWithAnErrorWhenCancelled(Counter):
    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        try:
            yield
        except trio.Cancelled:
            raise ConnectionError("it was in use") from None


class LeavesAScopeOpen(Counter):
    async def add(self, number: int) -> None:
        trio.CancelScope(shield=True).__enter__()
        await super().add(number)


class LeavesATaskBehind(Counter):
    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        trio.lowlevel.spawn_system_task(trio.sleep, 10_000)
        yield


class LeavesATaskInAGlobalNursery(Counter):
    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        nursery = trio.lowlevel.current_task().parent_nursery
        assert nursery is not None
        nursery.start_soon(trio.sleep, 10_000)
        yield


@attrs.define
class KeepsAReply(Counter):
    replies: list[Any] = attrs.field(factory=list)

    async def handle(self, message: Message) -> int | None:
        if isinstance(message, Total):
            self.replies.append(self.context.defer(message))
        return None


class LosesAReply(Counter):
    async def handle(self, message: Message) -> int | None:
        if isinstance(message, Total):
            self.context.defer(message)
        return None


@attrs.define
class AnswersTooLate(Counter):
    nursery: Any = None

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with trio.open_nursery() as self.nursery:
            yield

    async def handle(self, message: Message) -> int | None:
        if isinstance(message, Total):
            self.nursery.start_soon(self.answer, self.context.defer(message))
        return None

    async def answer(self, reply: Reply[int]) -> None:
        await trio.sleep(5000)
        reply.send(self.total)


@attrs.define
class HandlesTwoAtOnce(Counter):
    nursery: Any = None

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with trio.open_nursery() as self.nursery:
            yield

    async def add(self, number: int) -> None:
        self.nursery.start_soon(super().add, number)


class ChangesTheMessage(Counter):
    async def handle(self, message: Message) -> int | None:
        if isinstance(message, Add):
            message.number += 1
        return await super().handle(message)


class ReplacesTheCrash(Counter):
    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        try:
            yield
        except Exception:
            raise ConnectionError("something went wrong") from None


class CrashesByItself(Counter):
    async def add(self, number: int) -> None:
        assert number < 7


class SendsToItself(Counter):
    """Which is refused while it drains."""

    async def add(self, number: int) -> None:
        if number == 3:
            await self.context.handle.send(Add(4))


numbers = itertools.count()


class DependsOnThePast(Counter):
    async def add(self, number: int) -> None:
        self.total += next(numbers)


class DependsOnChance(Counter):
    async def add(self, number: int) -> None:
        await trio.sleep(Random().random())


WRONG: list[tuple[Callable[[], Agent[Message]], int]] = [
    (SwallowsCancelled, 8),
    (TriesAgainForEver, 8),
    (WorksUnderAShield, 8),
    (WaitsForEver, 5),
    (WaitsForEverUnderAShield, 5),
    (NeverLeavesItsLifespan, 8),
    (LeavesItsLifespanWithAnError, 6),
    (LeavesItsLifespanWithAnErrorWhenCancelled, 25),
    (LeavesAScopeOpen, 26),
    (LeavesATaskBehind, 26),
    (LeavesATaskInAGlobalNursery, 26),
    (KeepsAReply, 5),
    (LosesAReply, 5),
    (AnswersTooLate, 5),
    (HandlesTwoAtOnce, 12),
    (ChangesTheMessage, 1),
    (ReplacesTheCrash, 10),
    (CrashesByItself, 6),
    (SendsToItself, 6),
    (DependsOnThePast, 24),
    (DependsOnChance, 24),
]
