"""Errors about pools."""

from typing import Any

import trio
from provoking import (
    Add,
    Counter,
    Quotient,
    Wait,
    case,
    in_another_run,
    raised_at_once_by,
    raised_by,
)

from exeunt import Pool, start
from exeunt.exceptions import AgentClosed


def number_of(message: Any) -> Any:
    return message.number


def no_key(_: object) -> Any:
    return []


async def started(
    nursery: trio.Nursery, pool: Pool[Any], **options: Any
) -> BaseException:
    return await raised_by(start, nursery, pool, **options)


@case("a pool of no number")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Pool, "4", Counter)


@case("a pool of a truth value")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Pool, True, Counter)


@case("a pool of nobody")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Pool, 0, Counter)


@case("a pool of what cannot be called")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Pool, 4, 42)


@case("a pool whose key is no function")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Pool, 4, Counter, key="number")


@case("a pool of permanent workers")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Pool, 4, Counter, restart="permanent")


@case("a pool with a negative number of restarts")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Pool, 4, Counter, restart="transient", max_restarts=-1)


@case("a pool with a backoff that is none")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Pool, 4, Counter, restart="transient", backoff=1)


@case("a pool that is to forgive an interrupt")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Pool, 4, Counter, restart_on=KeyboardInterrupt)


@case("a pool that is resized to nobody")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Pool(4, Counter).resize, 0)


@case("a pool that is resized from another run")
async def _(nursery: trio.Nursery) -> BaseException:
    pool = Pool(1, Counter)
    counter = await start(nursery, pool)

    async def resize() -> None:
        pool.resize(2)

    error = await in_another_run(resize)
    counter.stop()
    return error


@case("a pool with a key and no room")
async def _(nursery: trio.Nursery) -> BaseException:
    return await started(nursery, Pool(2, Counter, key=number_of), capacity=0)


@case("a pool with a key and a policy that drops")
async def _(nursery: trio.Nursery) -> BaseException:
    pool = Pool(2, Counter, key=number_of)
    return await started(nursery, pool, overflow="drop_oldest")


@case("a message to a pool whose key is not hashable")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await start(nursery, Pool(2, Counter, key=no_key))
    error = await raised_by(counter.send, Add(3))
    counter.stop()
    return error


@case("a crash in a pool")
async def _(nursery: trio.Nursery) -> BaseException:
    async def crash() -> None:
        async with trio.open_nursery() as its_nursery:
            counter = await start(its_nursery, Pool(2, Counter), name="counters")
            await counter.send(Quotient(0))

    return await raised_by(crash)


@case("a request on which a worker crashes")
async def _(nursery: trio.Nursery) -> BaseException:
    pool = Pool(2, Counter, restart="transient")
    counter = await start(nursery, pool, name="counters")
    error = await raised_by(counter.ask, Quotient(0))
    counter.stop()
    return error


@case("a worker that ends again and again")
async def _(nursery: trio.Nursery) -> BaseException:
    class Leaver(Counter):
        async def handle(self, message: Any) -> int:
            self.context._life.cancel(None)
            await trio.lowlevel.checkpoint()
            return 0

    async def leave() -> None:
        async with trio.open_nursery() as its_nursery:
            pool = Pool(1, Leaver, max_restarts=0)
            counter = await start(its_nursery, pool, name="counters")
            await counter.send(Wait())

    error = await raised_by(leave)
    assert isinstance(error, AgentClosed)
    return error
