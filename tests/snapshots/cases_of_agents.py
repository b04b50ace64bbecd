"""Errors about starting agents, and about agents that are wrong in themselves."""

import warnings
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from math import inf

import trio
from provoking import Add, Counter, case, end_when_blocked, raised_at_once_by, raised_by

from exeunt import Agent, Handle, start, start_soon


@case("a capacity that is no number")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_by(start, nursery, Counter, capacity="8")


@case("a capacity that is a truth value")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_by(start, nursery, Counter, capacity=True)


@case("a capacity that is infinite")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_by(start, nursery, Counter, capacity=inf)


@case("a negative capacity")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_by(start, nursery, Counter, capacity=-1)


@case("a cleanup that is no number")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_by(start, nursery, Counter, cleanup=None)


@case("an infinite cleanup")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_by(start, nursery, Counter, cleanup=inf)


@case("a negative cleanup")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_by(start, nursery, Counter, cleanup=-0.5)


@case("a factory that cannot be called")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_by(start, nursery, 42)


@case("a factory that returns no agent")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_by(start, nursery, dict, name="counter")


@case("a factory that returns an agent that was started before")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = Counter()

    def get_counter() -> Counter:
        return counter

    await start(nursery, get_counter)
    return await raised_by(start, nursery, get_counter)


@case("a name that is no string")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_by(start, nursery, Counter, name=7)


@case("a start into something that is no nursery")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_by(start, Counter, nursery)


@case("a start into a closed nursery")
async def _(nursery: trio.Nursery) -> BaseException:
    async with trio.open_nursery() as closed:
        pass
    return await raised_by(start, closed, Counter)


@case("a start_soon into a closed nursery")
async def _(nursery: trio.Nursery) -> BaseException:
    async with trio.open_nursery() as closed:
        pass
    return raised_at_once_by(start_soon, closed, Counter, name="counter")


class SlowToStart(Counter):
    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        await trio.sleep_forever()
        yield


@case("a start whose agent is cancelled before it is ready")
async def _(nursery: trio.Nursery) -> BaseException:
    its_nursery = await nursery.start(open_nursery)
    nursery.start_soon(end_when_blocked, its_nursery.cancel_scope.cancel)
    return await raised_by(start, its_nursery, SlowToStart, name="slow")


async def open_nursery(
    *, task_status: trio.TaskStatus[trio.Nursery] = trio.TASK_STATUS_IGNORED
) -> None:
    async with trio.open_nursery() as nursery:
        task_status.started(nursery)
        await trio.sleep_forever()


# --- wrong agents ---


@case("a handler that is not async")
async def _(nursery: trio.Nursery) -> BaseException:
    def handle(agent: Agent[Add], message: Add) -> None: ...

    return raised_at_once_by(type, "Adder", (Agent,), {"handle": handle})


@case("a lifespan that is no context manager")
async def _(nursery: trio.Nursery) -> BaseException:
    async def lifespan(agent: Agent[Add]) -> AsyncGenerator[None]:
        yield

    return raised_at_once_by(type, "Adder", (Counter,), {"lifespan": lifespan})


@case("a message that the handler has no case for")
async def _(nursery: trio.Nursery) -> BaseException:
    async def crash() -> None:
        async with trio.open_nursery() as its_nursery:
            counter = await start(its_nursery, Counter)
            await counter.send("three")

    return await raised_by(crash)


@case("a context before the start")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(lambda: Counter().context)


@case("a handle that is made by hand")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Handle)


@case("a lifespan that fails when it is left")
async def _(nursery: trio.Nursery) -> BaseException:
    class Clumsy(Counter):
        @asynccontextmanager
        async def lifespan(self) -> AsyncGenerator[None]:
            yield
            raise OSError("the disk is full")

    async def stop_it() -> None:
        async with trio.open_nursery() as its_nursery:
            clumsy = await start(its_nursery, Clumsy, name="clumsy")
            clumsy.stop()

    return await raised_by(stop_it)


@case("a lifespan that takes too long to leave")
async def _(nursery: trio.Nursery) -> BaseException:
    class SlowToLeave(Counter):
        @asynccontextmanager
        async def lifespan(self) -> AsyncGenerator[None]:
            yield
            await trio.sleep(60)

    slow = await start(nursery, SlowToLeave, name="slow", cleanup=2.5)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        await slow.aclose()
    warning = caught[0].message
    assert isinstance(warning, Warning)
    return warning
