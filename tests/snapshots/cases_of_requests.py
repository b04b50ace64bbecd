"""Errors about asks, about replies, and about rings."""

from functools import partial
from typing import Any

import trio
from provoking import (
    Add,
    Counter,
    Do,
    Doer,
    Quotient,
    Total,
    Wait,
    case,
    do_nothing,
    done_by_a_doer,
    end_when_blocked,
    never_end,
    raised_at_once_by,
    raised_by,
)
from trio.testing import wait_all_tasks_blocked

from exeunt import Agent, Handle, Reply, Request, start


@case("an ask of a message that is no request")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await start(nursery, Counter, name="counter")
    return await raised_by(counter.ask, Add(3))


@case("an ask of a class")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await start(nursery, Counter, name="counter")
    return await raised_by(counter.ask, Total)


@case("an ask after the end")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await start(nursery, Counter, name="counter")
    await counter.aclose()
    return await raised_by(counter.ask, Total())


async def asked_before_a_crash(
    nursery: trio.Nursery, first: object, request: Request[Any]
) -> BaseException:
    """Return what an asker gets from a counter that has crashed."""

    async def ask() -> None:
        errors.append(await raised_by(counter.ask, request))

    errors: list[BaseException] = []
    try:
        async with trio.open_nursery() as its_nursery:
            counter = await start(its_nursery, Counter, name="counter")
            await counter.send(Wait(1))
            await counter.send(first)
            nursery.start_soon(ask)
    except* ZeroDivisionError:
        pass
    await wait_all_tasks_blocked()
    return errors[0]


@case("an ask on which the agent crashes")
async def _(nursery: trio.Nursery) -> BaseException:
    return await asked_before_a_crash(nursery, Add(1), Quotient(0))


@case("an ask that waits when the agent crashes")
async def _(nursery: trio.Nursery) -> BaseException:
    return await asked_before_a_crash(nursery, Quotient(0), Total())


@case("an ask that waits when the agent is cancelled")
async def _(nursery: trio.Nursery) -> BaseException:
    counter = await start(nursery, Counter, name="counter")
    await counter.send(Wait())
    nursery.start_soon(end_when_blocked, counter.cancel)
    return await raised_by(counter.ask, Total())


@case("an ask that is being handled when the agent is cancelled")
async def _(nursery: trio.Nursery) -> BaseException:
    doer = await start(nursery, Doer, name="doer")
    nursery.start_soon(end_when_blocked, doer.cancel)
    return await raised_by(doer.ask, Do(never_end))


# --- replies ---


class Deferrer(Agent[Total]):
    """Defers its replies."""

    def __init__(self, replies: list[Reply[int]]) -> None:
        self.replies = replies

    async def handle(self, message: Total) -> None:
        self.replies.append(self.context.defer(message))


@case("a deferred reply whose agent is cancelled")
async def _(nursery: trio.Nursery) -> BaseException:
    deferrer = await start(nursery, Deferrer, [], name="deferrer")
    nursery.start_soon(end_when_blocked, deferrer.cancel)
    return await raised_by(deferrer.ask, Total())


@case("a deferred reply that is lost")
async def _(nursery: trio.Nursery) -> BaseException:
    replies: list[Reply[int]] = []
    deferrer = await start(nursery, Deferrer, replies, name="deferrer")
    nursery.start_soon(end_when_blocked, replies.clear)
    return await raised_by(deferrer.ask, Total())


@case("a reply that is settled twice")
async def _(nursery: trio.Nursery) -> BaseException:
    replies: list[Reply[int]] = []
    deferrer = await start(nursery, Deferrer, replies)
    nursery.start_soon(deferrer.ask, Total())
    await wait_all_tasks_blocked()
    replies[0].send(1)
    return raised_at_once_by(replies[0].send, 2)


@case("a reply that is settled in another thread")
async def _(nursery: trio.Nursery) -> BaseException:
    replies: list[Reply[int]] = []
    deferrer = await start(nursery, Deferrer, replies)
    nursery.start_soon(deferrer.ask, Total())
    await wait_all_tasks_blocked()
    return await trio.to_thread.run_sync(raised_at_once_by, replies[0].send, 1)


@case("a reply that is deferred in another thread")
async def _(nursery: trio.Nursery) -> BaseException:
    async def defer(doer: Doer, request: Do) -> BaseException:
        defer = doer.context.defer
        return await trio.to_thread.run_sync(raised_at_once_by, defer, request)

    return await done_by_a_doer(nursery, defer)


@case("a reply that is deferred twice")
async def _(nursery: trio.Nursery) -> BaseException:
    async def defer_twice(doer: Doer, request: Do) -> BaseException:
        reply = doer.context.defer(request)
        error = raised_at_once_by(doer.context.defer, request)
        reply.send(error)
        return error

    return await done_by_a_doer(nursery, defer_twice)


@case("a reply to another message")
async def _(nursery: trio.Nursery) -> BaseException:
    async def defer_another(doer: Doer, request: Do) -> BaseException:
        return raised_at_once_by(doer.context.defer, Total())

    return await done_by_a_doer(nursery, defer_another)


@case("a reply when no message is being handled")
async def _(nursery: trio.Nursery) -> BaseException:
    async def give_away(doer: Doer, request: Do) -> None:
        doers.append(doer)

    doers: list[Doer] = []
    doer = await start(nursery, Doer, name="doer")
    request = Do(give_away)
    await doer.ask(request)
    return raised_at_once_by(doers[0].context.defer, request)


@case("an agent that waits for its own end")
async def _(nursery: trio.Nursery) -> BaseException:
    async def wait(doer: Doer, request: Do) -> BaseException:
        return await raised_by(doer.context.handle.wait_closed)

    return await done_by_a_doer(nursery, wait)


@case("an agent that asks itself")
async def _(nursery: trio.Nursery) -> BaseException:
    async def ask(doer: Doer, request: Do) -> BaseException:
        return await raised_by(doer.context.handle.ask, Total())

    return await done_by_a_doer(nursery, ask)


@case("an agent that sends into its own full mailbox")
async def _(nursery: trio.Nursery) -> BaseException:
    async def send(doer: Doer, request: Do) -> BaseException:
        itself = doer.context.handle
        for _ in range(itself.statistics().capacity):
            await itself.send(Do(do_nothing))
        return await raised_by(itself.send, Do(do_nothing))

    return await done_by_a_doer(nursery, send)


async def ring_of(nursery: trio.Nursery, *names: str) -> BaseException:
    """Let each agent ask the next one, and the last one the first."""
    agents = [await start(nursery, Doer, name=name) for name in names]
    request = Do(lambda doer, request: raised_by(agents[0].ask, Total()))
    for agent in reversed(agents[1:]):
        request = Do(partial(ask_further, agent, request))
    error = await agents[0].ask(request)
    assert isinstance(error, BaseException)
    return error


async def ask_further(
    agent: Handle[Do], request: Do, doer: Doer, own_request: Do
) -> object:
    return await agent.ask(request)


@case("a ring of two agents")
async def _(nursery: trio.Nursery) -> BaseException:
    return await ring_of(nursery, "anna", "ben")


@case("a ring of three agents")
async def _(nursery: trio.Nursery) -> BaseException:
    return await ring_of(nursery, "anna", "ben", "carla")
