"""Errors about messages that are not accepted."""

import trio
from provoking import (
    Add,
    Counter,
    Quotient,
    Wait,
    case,
    crashed,
    end_when_blocked,
    in_another_run,
    raised_at_once_by,
    raised_by,
)

from exeunt import start


@case("a full mailbox")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await start(nursery, Counter, name="counter", capacity=2)
    counter.send_nowait(Add(1))
    counter.send_nowait(Add(2))
    return raised_at_once_by(counter.send_nowait, Add(3))


@case("a message sent after stop")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await start(nursery, Counter, name="counter")
    counter.stop()
    return await raised_by(counter.send, Add(3))


@case("a message sent after cancel")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await start(nursery, Counter, name="counter")
    counter.cancel("out of money")
    return await raised_by(counter.send, Add(3))


@case("a message sent after the end")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await start(nursery, Counter, name="counter")
    await counter.aclose()
    return raised_at_once_by(counter.send_nowait, Add(3))


@case("a message sent after a crash")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await crashed(Quotient(0))
    return await raised_by(counter.send, Add(3))


@case("a message that waits for room when the agent is stopped")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await start(nursery, Counter, name="counter", capacity=0)
    await counter.send(Wait())
    nursery.start_soon(end_when_blocked, counter.stop)
    return await raised_by(counter.send, Add(3))


@case("a message sent from another thread")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await start(nursery, Counter, name="counter")
    send = counter.send_nowait
    return await trio.to_thread.run_sync(raised_at_once_by, send, Add(3))


@case("a message sent from another run")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await start(nursery, Counter, name="counter")
    return await in_another_run(counter.send, Add(3))


@case("a stop from another thread")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await start(nursery, Counter, name="counter")
    return await trio.to_thread.run_sync(raised_at_once_by, counter.stop)
