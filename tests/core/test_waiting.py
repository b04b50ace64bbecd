"""The wait-for graph: its edges, and the rings in it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from exeunt import Agent, Handle, Request, start
from exeunt._core.life import Life
from exeunt._core.mailbox import Mailbox
from exeunt._core.waiting import own_life, ring_closed_by
from exeunt.exceptions import AgentClosed


class Do(Request[Any]):
    def __init__(self, async_fn: Callable[[], Awaitable[object]]) -> None:
        self.async_fn = async_fn


class Doer(Agent[Do]):
    async def handle(self, message: Do) -> object:
        return await message.async_fn()


async def do_nothing() -> None: ...


async def lives(count: int) -> list[Life]:
    return [Life(str(number), Mailbox(1), 5) for number in range(count)]


def chain(*them: Life) -> None:
    for waiter, target in pairwise(them):
        waiter.waits_for = target


async def test_no_ring_without_a_way_back() -> None:
    one, two, three = await lives(3)
    assert ring_closed_by(one, two) == []
    chain(two, three)
    assert ring_closed_by(one, two) == []


async def test_a_ring_of_one() -> None:
    (one,) = await lives(1)
    assert ring_closed_by(one, one) == [one]


async def test_a_ring_begins_with_who_closes_it() -> None:
    one, two, three = await lives(3)
    chain(one, two, three)
    assert ring_closed_by(three, one) == [three, one, two]
    assert ring_closed_by(two, one) == [two, one]


async def test_only_the_own_task_has_the_life(nursery: trio.Nursery) -> None:
    async def look() -> Life | None:
        found["own task"] = own_life()
        async with trio.open_nursery() as helpers:
            helpers.start_soon(look_from_a_helper)
        return own_life()

    async def look_from_a_helper() -> None:
        found["helper"] = own_life()

    found: dict[str, Life | None] = {}
    doer = await start(nursery, Doer)
    assert own_life() is None
    assert await doer.ask(Do(look)) is doer._life
    assert found == {"own task": doer._life, "helper": None}


WAITS: dict[str, Callable[[Handle[Do]], Awaitable[object]]] = {
    "ask": lambda busy: busy.ask(Do(do_nothing)),
    "send": lambda busy: busy.send(Do(do_nothing)),
    "wait_closed": lambda busy: busy.wait_closed(),
    "aclose": lambda busy: busy.aclose(),
}


@pytest.fixture
async def busy(nursery: trio.Nursery) -> Handle[Do]:
    """An agent without room for a message, whose turn does not end by itself."""
    busy = await start(nursery, Doer, name="busy", capacity=0)
    await busy.send(Do(trio.sleep_forever))
    return busy


@pytest.fixture
async def waiter(nursery: trio.Nursery) -> Handle[Do]:
    """An agent that is to wait for the busy one."""
    return await start(nursery, Doer, name="waiter")


@pytest.mark.parametrize("way", WAITS)
async def test_an_edge_ends_with_its_wait(
    way: str, busy: Handle[Do], waiter: Handle[Do]
) -> None:
    async def wait() -> None:
        with suppress(AgentClosed):
            await WAITS[way](busy)

    await waiter.send(Do(wait))
    await wait_all_tasks_blocked()
    assert waiter._life.waits_for is busy._life
    busy.cancel()
    await wait_all_tasks_blocked()
    assert waiter._life.waits_for is None


@pytest.mark.parametrize("way", WAITS)
async def test_an_edge_ends_in_the_instant_of_a_cancellation(
    way: str, busy: Handle[Do], waiter: Handle[Do]
) -> None:
    async def wait() -> None:
        with scope:
            await WAITS[way](busy)

    scope = trio.CancelScope()
    await waiter.send(Do(wait))
    await wait_all_tasks_blocked()
    assert waiter._life.waits_for is busy._life
    scope.cancel()
    assert waiter._life.waits_for is None


async def test_an_old_wait_that_is_resolved_leaves_a_new_edge_alone(
    nursery: trio.Nursery, busy: Handle[Do], waiter: Handle[Do]
) -> None:
    async def ask_in_vain_and_wait_for_busy() -> None:
        with scope:
            await slow.ask(Do(gate.wait))
        await busy.wait_closed()

    gate, scope = trio.Event(), trio.CancelScope()
    slow = await start(nursery, Doer)
    await waiter.send(Do(ask_in_vain_and_wait_for_busy))
    await wait_all_tasks_blocked()
    scope.cancel()
    await wait_all_tasks_blocked()
    gate.set()
    await wait_all_tasks_blocked()
    assert slow.statistics().ledger.handled == 1
    assert waiter._life.waits_for is busy._life


async def test_waiting_for_a_closed_agent_leaves_no_edge(
    nursery: trio.Nursery, waiter: Handle[Do]
) -> None:
    closed = await start(nursery, Doer)
    await closed.aclose()
    outcome = await waiter.ask(Do(closed.wait_closed))
    assert outcome is closed.outcome
    assert waiter._life.waits_for is None


async def test_an_edge_of_a_start_ends_when_the_agent_is_ready(
    nursery: trio.Nursery, waiter: Handle[Do]
) -> None:
    async def start_another() -> None:
        await start(nursery, Slow)

    class Slow(Doer):
        @asynccontextmanager
        async def lifespan(self) -> AsyncGenerator[None]:
            slow.append(self.context.handle)
            await gate.wait()
            yield

    slow: list[Handle[Do]] = []
    gate = trio.Event()
    await waiter.send(Do(start_another))
    await wait_all_tasks_blocked()
    assert waiter._life.waits_for is slow[0]._life
    gate.set()
    await wait_all_tasks_blocked()
    assert waiter._life.waits_for is None


async def test_a_ring_through_a_pool_whose_worker_waits_for_the_pool_itself() -> None:
    waiter, pool, one, two = await lives(4)
    pool.crew = (one, two)
    chain(one, pool)
    assert ring_closed_by(waiter, pool) == []  # the other worker may come to it
    chain(two, waiter)
    assert ring_closed_by(waiter, pool)[0] is waiter
