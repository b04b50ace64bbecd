"""Errors about overflow policies."""

import trio
from provoking import (
    Add,
    Counter,
    Total,
    Wait,
    case,
    end_when_blocked,
    raised_at_once_by,
    raised_by,
)
from trio.testing import wait_all_tasks_blocked

from exeunt import start


@case("a policy that does not exist")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_by(start, nursery, Counter, overflow="spill")


@case("a policy where there is never room")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_by(start, nursery, Counter, overflow="refuse", capacity=0)


@case("a policy without its key")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_by(start, nursery, Counter, overflow="latest")


@case("a key without its policy")
async def _(nursery: trio.Nursery) -> BaseException:
    return await raised_by(start, nursery, Counter, key=str, overflow="drop_oldest")


@case("a message whose key is not hashable")
async def _(nursery: trio.Nursery) -> BaseException:
    def key(message: Add) -> list[int]:
        return [message.number]

    counter = await start(nursery, Counter, overflow="latest", key=key)  # type: ignore[arg-type]
    return raised_at_once_by(counter.send_nowait, Add(3))


@case("a message that is refused by a policy")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await start(
        nursery, Counter, name="counter", capacity=1, overflow="refuse"
    )
    counter.send_nowait(Add(1))
    return await raised_by(counter.send, Add(3))


@case("a request that is dropped")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await start(
        nursery, Counter, name="counter", capacity=1, overflow="drop_oldest"
    )
    counter.send_nowait(Wait())
    await wait_all_tasks_blocked()
    nursery.start_soon(end_when_blocked, lambda: counter.send_nowait(Add(3)))
    return await raised_by(counter.ask, Total())
