"""T7, T8: what a supervisor raises, and when nothing is left to do."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from ensemble import Boom, Member, crash
from trio.testing import MockClock
from troupe import Call, Do

from exeunt import Backoff, Reply, open_supervisor


async def test_T7_1_an_error_of_the_body_is_raised_in_a_group_of_one() -> None:
    error = Boom()
    with pytest.raises(ExceptionGroup) as raised:
        async with open_supervisor() as supervisor:
            await supervisor.start(Member)
            raise error
    assert raised.value.exceptions == (error,)


async def test_T7_2_a_crash_is_raised_once_and_as_itself() -> None:
    with pytest.raises(ExceptionGroup) as raised:
        async with open_supervisor() as supervisor:
            agent = await supervisor.start(Member)
            agent.send_nowait(Do(crash))
            await trio.sleep_forever()
    assert agent.outcome is not None
    assert raised.value.exceptions == (agent.outcome.error,)


async def test_T7_3_a_cancellation_raises_nothing_else(
    autojump_clock: MockClock,
) -> None:
    # Not even what has been forgiven: one agent waits to be started again.
    patient = Backoff(first=5, jitter=0)
    with trio.move_on_after(1) as scope:
        async with open_supervisor(backoff=patient) as supervisor:
            agent = await supervisor.start(Member, restart="transient")
            agent.send_nowait(Do(crash))
            await trio.sleep_forever()
    assert scope.cancelled_caught


class Director(Member):
    """Has a supervisor of its own."""

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with open_supervisor() as supervisor, super().lifespan():
            self.actor = await supervisor.start(Member, self.notes, name="actor")
            yield


async def test_T7_4_supervisors_inside_supervisors_add_no_layers() -> None:
    async def crash_the_actor() -> None:
        made[0].actor.send_nowait(Do(crash))

    def make() -> Director:
        made.append(Director())
        return made[0]

    made: list[Director] = []
    with pytest.raises(ExceptionGroup) as raised:
        async with open_supervisor(), open_supervisor() as supervisor:
            agent = await supervisor.start(make)
            agent.send_nowait(Do(crash_the_actor))
            await trio.sleep_forever()
    assert [type(each) for each in raised.value.exceptions] == [Boom]


async def test_T7_5_several_errors_are_raised_in_one_group_the_first_one_first() -> (
    None
):
    async def fail_late() -> None:
        try:
            await trio.sleep_forever()
        finally:
            raise KeyError

    with pytest.raises(ExceptionGroup) as raised:
        async with open_supervisor() as supervisor:
            agent = await supervisor.start(Member)
            agent.send_nowait(Do(fail_late))
            await trio.testing.wait_all_tasks_blocked()
            raise Boom
    assert [type(each) for each in raised.value.exceptions] == [Boom, KeyError]


async def test_T8_1_idle_returns_in_the_instant_in_which_all_is_done(
    autojump_clock: MockClock,
) -> None:
    async def pass_on() -> None:
        await trio.sleep(1)
        b.send_nowait(Do(trio.sleep, 2))

    async with open_supervisor() as supervisor:
        await supervisor.idle()
        assert trio.current_time() == 0
        a = await supervisor.start(Member)
        b = await supervisor.start(Member)
        for _ in range(2):
            a.send_nowait(Do(pass_on))
        await supervisor.idle()
        assert trio.current_time() == 1 + 2 + 2


async def test_T8_2_idle_waits_for_restarts(autojump_clock: MockClock) -> None:
    class Slow(Member):
        @asynccontextmanager
        async def lifespan(self) -> AsyncGenerator[None]:
            await trio.sleep(2)
            yield

    patient = Backoff(first=1, jitter=0)
    async with open_supervisor(backoff=patient) as supervisor:
        agent = await supervisor.start(Slow, restart="transient")
        await agent.send(Do(crash))
        for _ in range(2):  # while it waits, and while it is set up
            await supervisor.idle()
            assert trio.current_time() == 2 + 1 + 2
        agent.send_nowait(Do(crash))
        await trio.sleep(1.5)
        await supervisor.idle()
        assert trio.current_time() == 5 + 2 + 2


async def test_T8_3_idle_waits_for_replies_that_were_put_off(
    autojump_clock: MockClock, nursery: trio.Nursery
) -> None:
    class Deferrer(Member):
        async def handle(self, message: Do) -> None:
            reply = self.context.defer(message)
            nursery.start_soon(answer, reply)

    async def answer(reply: Reply[Any]) -> None:
        await trio.sleep(3)
        reply.send(42)

    async with open_supervisor() as supervisor:
        agent = await supervisor.start(Deferrer)
        call = Call(nursery, agent.ask, Do(crash))
        await trio.testing.wait_all_tasks_blocked()
        await supervisor.idle()
        assert trio.current_time() == 3
    await trio.testing.wait_all_tasks_blocked()
    assert call.result == 42


async def test_T8_4_idle_does_not_wait_for_timers(autojump_clock: MockClock) -> None:
    class Timed(Member):
        async def handle(self, message: Do) -> None:
            self.context.timers.once("late", Do(crash), after=9)

    async with open_supervisor() as supervisor:
        agent = await supervisor.start(Timed)
        agent.send_nowait(Do(crash))
        await supervisor.idle()
        assert trio.current_time() == 0
