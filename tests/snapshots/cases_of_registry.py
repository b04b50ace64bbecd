"""Errors about registries."""

import trio
from provoking import Counter, case, end_when_blocked, raised_at_once_by, raised_by

from exeunt import Key, Registry, start

COUNTER = Key[object]("counter")


@case("a key whose name is no string")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Key, 7)


@case("a registry outside a run")
async def _(nursery: trio.Nursery) -> BaseException:
    return await trio.to_thread.run_sync(raised_at_once_by, Registry)


@case("a registry that is used in another thread")
async def _(nursery: trio.Nursery) -> BaseException:
    return await trio.to_thread.run_sync(raised_at_once_by, Registry().find, COUNTER)


@case("a name that is no key")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Registry().find, "counter")


@case("something under a key that is no handle")
async def _(nursery: trio.Nursery) -> BaseException:
    return raised_at_once_by(Registry().put, COUNTER, 7)


@case("a key that is taken")
async def _(nursery: trio.Nursery) -> BaseException:
    registry = Registry()
    registry.put(COUNTER, await start(nursery, Counter, name="the one"))
    other = await start(nursery, Counter, name="the other")
    return raised_at_once_by(registry.put, COUNTER, other)


@case("an agent under a key that has left")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await start(nursery, Counter, name="counter")
    await counter.aclose()
    return raised_at_once_by(Registry().put, COUNTER, counter)


@case("a wait for a key when the registry is closed")
async def _(nursery: trio.Nursery) -> BaseException:
    registry = Registry()
    nursery.start_soon(end_when_blocked, registry.close)
    return await raised_by(registry.wait, COUNTER)


@case("a registry that was closed")
async def _(nursery: trio.Nursery) -> BaseException:
    registry = Registry()
    registry.close()
    return await raised_by(registry.wait, COUNTER)
