"""Programs with a mistake that only a disturbance brings to light, and without it."""

from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import attrs
import trio

from exeunt import Agent, Handle, Request, start
from exeunt.exceptions import AgentClosed, AgentCrashed
from exeunt.testing.faults.failpoints import failpoint
from exeunt.testing.sweeping.victims import victim


async def pool_slot(good: bool) -> None:
    """A slot is taken before the block that gives it back."""
    free = 2

    async def use() -> None:
        nonlocal free
        free -= 1
        if not good:
            await trio.lowlevel.checkpoint()
        try:
            await trio.sleep(1)
        finally:
            free += 1

    with victim():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(use)
            nursery.start_soon(use)
    assert free == 2


async def pending_table(good: bool) -> None:
    """Who gives up waiting for an answer stays in the table of those who wait."""
    pending: dict[int, trio.Event] = {}

    async def ask(number: int) -> None:
        answered = pending[number] = trio.Event()
        try:
            await answered.wait()
        except trio.Cancelled:
            if good:
                pending.pop(number, None)  # the answer may be on its way
            raise

    async def answer() -> None:
        await trio.sleep(1)
        for number in tuple(pending):
            pending.pop(number).set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(answer)
        with victim():
            async with trio.open_nursery() as askers:
                askers.start_soon(ask, 1)
                askers.start_soon(ask, 2)
        assert not pending


async def half_done_stop(good: bool) -> None:
    """A stop that is cancelled leaves everybody else waiting for the end."""
    closed = trio.Event()

    async def stop() -> None:
        try:
            await trio.lowlevel.checkpoint()  # says goodbye
        finally:
            if good:
                closed.set()
        closed.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(closed.wait)
        with victim():
            await stop()


async def in_flight(good: bool) -> None:
    """The message that is in hand when the cancellation comes is forgotten."""
    send, receive = trio.open_memory_channel[int](3)
    done: list[int] = []
    for number in range(3):
        send.send_nowait(number)
    send.close()

    async def work() -> None:
        async for number in receive:
            if good:
                done.append(number)
            await trio.lowlevel.checkpoint()
            if not good:
                done.append(number)

    with victim():
        await work()
    left = [*iter_nowait(receive)]
    assert [*done, *left] == [0, 1, 2]


def iter_nowait(receive: trio.MemoryReceiveChannel[int]) -> list[int]:
    left: list[int] = []
    with suppress(trio.EndOfChannel, trio.WouldBlock):
        while True:
            left.append(receive.receive_nowait())
    return left


async def dropped_shield(good: bool) -> None:
    """Handing over is not shielded; but only who comes early has to be handed to."""
    line: deque[trio.Event] = deque()
    busy = False

    async def enter() -> None:
        nonlocal busy
        if busy:
            line.append(trio.Event())
            await line[-1].wait()
        busy = True

    async def leave() -> None:
        nonlocal busy
        busy = False
        if line:
            with trio.CancelScope(shield=good):
                await trio.lowlevel.checkpoint()  # notes who comes next
            line.popleft().set()

    async def first() -> None:
        with victim():
            await enter()
            try:
                await trio.lowlevel.checkpoint()
            finally:
                await leave()

    async def second() -> None:
        for _ in range(3):
            await trio.lowlevel.checkpoint()
        await enter()
        await leave()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(first)
        nursery.start_soon(second)


@attrs.frozen
class Transfer(Request[int]):
    amount: int


@attrs.define
class Bank(Agent[Transfer]):
    """Two accounts, kept by somebody else; there are 100 in all."""

    accounts: dict[str, int]
    good: bool

    async def handle(self, message: Transfer) -> int:
        before = dict(self.accounts)
        try:
            self.accounts["alice"] -= message.amount
            failpoint("half way")
            await trio.lowlevel.checkpoint()
            self.accounts["bob"] += message.amount
        except BaseException:
            if self.good:
                self.accounts.update(before)
            raise
        return self.accounts["bob"]


async def half_a_transfer(good: bool) -> None:
    """A turn that is cut short leaves its state half changed."""
    accounts = {"alice": 70, "bob": 30}
    try:
        async with (
            trio.open_nursery() as nursery,
            await start(nursery, Bank, accounts, good) as bank,
        ):
            with victim(bank), suppress(AgentClosed):
                await bank.ask(Transfer(10))
                await bank.ask(Transfer(20))
    finally:
        assert sum(accounts.values()) == 100


class Patient(Agent[Transfer]):
    async def handle(self, message: Transfer) -> int:
        return message.amount


async def deaf_asker(good: bool) -> None:
    """Who takes an error for silence waits for an answer that will never come."""
    answered = trio.Event()

    async def ask(agent: Handle[Transfer]) -> None:
        with suppress(AgentCrashed, AgentClosed):
            await agent.ask(Transfer(1))
            if not good:
                answered.set()
        if good:
            answered.set()

    async with trio.open_nursery() as outside:
        with suppress(BaseExceptionGroup):
            async with trio.open_nursery() as nursery:
                agent = await start(nursery, Patient)
                outside.start_soon(ask, agent)
                await trio.sleep(1)
                agent.stop()
        await answered.wait()


@attrs.define
class Lodger(Agent[str]):
    """Takes a key in its lifespan."""

    keys: list[str]
    good: bool

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        key = self.keys.pop()
        try:
            await trio.lowlevel.checkpoint()
            yield
        except Exception:
            self.keys.append(key)
            raise
        except BaseException:
            if self.good:
                self.keys.append(key)
            raise
        else:
            self.keys.append(key)

    async def handle(self, message: str) -> None:
        await trio.lowlevel.checkpoint()


async def lost_key(good: bool) -> None:
    """What is given back after an `Exception` alone is kept at a Ctrl-C."""
    keys = ["the key"]
    try:
        async with (
            trio.open_nursery() as nursery,
            await start(nursery, Lodger, keys, good) as lodger,
        ):
            await lodger.send("a letter")
    finally:
        assert keys == ["the key"]


Program = Callable[[bool], Awaitable[object]]

CANCELLED: tuple[Program, ...] = (
    pool_slot,
    pending_table,
    half_done_stop,
    in_flight,
    dropped_shield,
    half_a_transfer,
)
CRASHED: tuple[Program, ...] = (half_a_transfer, deaf_asker)
INTERRUPTED: tuple[Program, ...] = (lost_key,)
