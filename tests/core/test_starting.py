"""Agents that end as soon as they begin."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import pytest
import trio
from leavers import Do, Doer, Leaver
from trio.testing import wait_all_tasks_blocked

from exeunt import Handle, Reason, start, start_soon


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
