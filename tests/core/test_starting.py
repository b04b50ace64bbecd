"""Agents that end as soon as they begin."""

import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest
import trio
from leavers import Do, Doer, Leaver
from trio.testing import wait_all_tasks_blocked

from exeunt import Handle, Reason, start, start_soon
from exeunt._core.audience import looking_on
from exeunt.exceptions import AgentClosed


class SelfSender(Doer):
    """Has work for itself, and ends, as soon as it is ready."""

    def __init__(self, then: Callable[[Handle[Do]], None]) -> None:
        self.then = then

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        self.then(self.context.handle)
        yield


async def test_a_crash_right_after_the_start_surfaces_once() -> None:
    error = ValueError()

    async def crash() -> None:
        raise error

    with pytest.RaisesGroup(ValueError):
        async with trio.open_nursery() as nursery:
            await start(nursery, SelfSender, lambda self: self.send_nowait(Do(crash)))


async def test_an_agent_that_was_ready_has_been_started(nursery: trio.Nursery) -> None:
    short_lived = await start(nursery, SelfSender, lambda self: self.stop())
    outcome = await short_lived.wait_closed()
    assert outcome.reason is Reason.STOPPED


async def test_an_agent_cancelled_before_its_first_step_leaves_what_it_enters(
    nursery: trio.Nursery,
) -> None:
    async def leave() -> None:
        left.append(leaver)

    left: list[object] = []
    leaver = start_soon(nursery, Leaver, leave)
    leaver.cancel()
    await leaver.wait_closed()
    assert left == [leaver]


async def test_a_start_that_is_cancelled_while_the_agent_fails_loses_nothing() -> None:
    async def fail_when_cancelled() -> None:
        try:
            await trio.sleep_forever()
        finally:
            raise ValueError

    class Entering(Doer):
        @asynccontextmanager
        async def lifespan(self) -> AsyncGenerator[None]:
            await fail_when_cancelled()
            yield

    with pytest.RaisesGroup(ValueError):
        async with trio.open_nursery() as nursery:
            with trio.CancelScope() as scope:
                nursery.start_soon(cancel_when_blocked, scope)
                await start(nursery, Entering)
    assert scope.cancel_called


async def cancel_when_blocked(scope: trio.CancelScope) -> None:
    await wait_all_tasks_blocked()
    scope.cancel()


async def test_who_waits_for_a_start_is_told_who_has_left_instead(
    nursery: trio.Nursery,
) -> None:
    with pytest.raises(AgentClosed) as raised:
        await start(nursery, SelfSender, Handle.cancel, name="leaver")
    assert raised.value.agent == "leaver"


async def test_an_agent_knows_that_its_start_was_cancelled(
    nursery: trio.Nursery,
) -> None:
    class Slow(Doer):
        @asynccontextmanager
        async def lifespan(self) -> AsyncGenerator[None]:
            handles.append(self.context.handle)
            await trio.sleep_forever()
            yield

    handles: list[Handle[Do]] = []
    with trio.CancelScope() as scope:
        nursery.start_soon(cancel_when_blocked, scope)
        await start(nursery, Slow)
    assert scope.cancelled_caught
    assert handles[0].outcome is not None
    assert handles[0].outcome.cancel_reason == "its start was cancelled"


async def test_an_agent_knows_that_its_aclose_was_cancelled(
    nursery: trio.Nursery,
) -> None:
    doer = await start(nursery, Doer)
    await doer.send(Do(trio.sleep_forever))
    with trio.CancelScope() as scope:
        nursery.start_soon(cancel_when_blocked, scope)
        await doer.aclose()
    assert doer.outcome is not None
    assert doer.outcome.cancel_reason == "its aclose was cancelled"


async def test_whoever_looks_on_sees_every_life_that_begins(
    nursery: trio.Nursery,
) -> None:
    with looking_on() as seen:
        first = await start(nursery, Doer)
        second = start_soon(nursery, Doer)
    third = start_soon(nursery, Doer)
    assert seen == [first._life, second._life]
    for each in first, second, third:
        each.stop()


class Studio:
    """Makes doers, and has no name of its own."""

    def __call__(self) -> Doer:
        return Doer()


async def test_an_agent_that_a_nameless_object_makes_is_called_by_its_class(
    nursery: trio.Nursery,
) -> None:
    doer = await start(nursery, Studio())
    assert doer.name == "Studio"
    await doer.aclose()


async def test_leaving_may_take_as_long_as_a_float_can_say(
    nursery: trio.Nursery,
) -> None:
    doer = await start(nursery, Doer, cleanup=sys.float_info.max)
    await doer.aclose()
    assert doer.closed
