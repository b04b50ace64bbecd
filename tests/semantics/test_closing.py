"""S7 to S9: waiting for an agent's end."""
# ruff: noqa: N802 - the names begin with the ids of the promises

import inspect
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from math import inf

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked
from troupe import Call, Do, Doer, Line, Player, do_nothing

import exeunt
from exeunt import Context, Handle, Reason, Reply, State, start, start_soon


async def test_S7_1_aclose_stops_and_waits(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    player = await start(nursery, Player)
    await player.send(Line("long", seconds=9))
    await player.aclose()
    assert trio.current_time() == 9
    assert player.outcome is not None
    assert player.outcome.reason is Reason.STOPPED


async def test_S7_2_a_cancelled_aclose_cancels_the_agent_and_waits(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    player = await start(nursery, Player)
    await player.send(Line("long", seconds=9))
    with trio.move_on_after(5) as scope:
        await player.aclose()
    assert trio.current_time() == 5
    assert scope.cancelled_caught
    assert player.outcome is not None
    assert player.outcome.reason is Reason.CANCELLED


async def test_S7_3_the_wait_after_a_cancelled_aclose_is_bounded(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    async def ignore_cancellation() -> None:
        with trio.CancelScope(shield=True):
            await trio.sleep(60)

    doer = await start(nursery, Doer, cleanup=3)
    await doer.send(Do(ignore_cancellation))
    with trio.move_on_after(5):
        await doer.aclose()
    assert trio.current_time() == 5 + 3 + 1
    assert not doer.closed
    await doer.wait_closed()
    assert trio.current_time() == 60


async def test_S7_4_aclose_forcefully_cancels_the_agent_and_waits(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    player = await start(nursery, Player)
    await player.send(Line("long", seconds=9))
    await trio.aclose_forcefully(player)
    assert trio.current_time() == 0
    assert player.outcome is not None
    assert player.outcome.reason is Reason.CANCELLED


async def test_S7_5_async_with_closes_at_the_end_of_the_block(
    nursery: trio.Nursery,
) -> None:
    said: list[str] = []
    async with await start(nursery, Player, said) as player:
        await player.send(Line("inside"))
    assert player.closed
    assert said == ["inside"]


async def test_S7_6_a_cancelled_start_cancels_the_agent_and_waits(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    left: list[float] = []

    class SlowToEnter(Player):
        async def __aenter__(self) -> None:
            try:
                await trio.sleep(9)
            finally:
                left.append(trio.current_time())

        async def __aexit__(self, *exc_info: object) -> None: ...

        def lifespan(self) -> "SlowToEnter":
            return self

    with trio.move_on_after(1) as scope:
        await start(nursery, SlowToEnter)
    assert scope.cancelled_caught
    assert left == [1]
    assert not nursery.child_tasks


class Clinging(Doer):
    """As it leaves, cancels who waits for that, and asks the same agent something."""

    def __init__(self, wait: trio.CancelScope, doers: list[Handle[Do]]) -> None:
        self.wait = wait
        self.doers = doers

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        yield
        self.wait.cancel()
        await self.doers[0].ask(Do(do_nothing))


async def test_S7_7_a_cancelled_aclose_waits_for_nobody_who_waits_for_it(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    async def close_the_clinging_one() -> None:
        with scope:
            await clinging.aclose()

    scope = trio.CancelScope()
    doers: list[Handle[Do]] = []
    clinging = await start(nursery, Clinging, scope, doers)
    doers.append(await start(nursery, Doer))
    await doers[0].ask(Do(close_the_clinging_one))
    assert scope.cancelled_caught
    await clinging.wait_closed()
    assert trio.current_time() == 0


def test_S8_1_nothing_takes_a_timeout() -> None:
    functions: list[Callable[..., object]] = [start, start_soon]
    for cls in (Handle, Reply, Context):
        functions += [fn for _, fn in inspect.getmembers(cls, inspect.isfunction)]
    names = {name for fn in functions for name in inspect.signature(fn).parameters}
    assert "message" in names  # so the names have been found
    assert not names & {"timeout", "deadline", "seconds", "within"}
    assert not any("timeout" in name for name in exeunt.__all__)


async def test_S9_1_every_waiter_gets_the_same_outcome(nursery: trio.Nursery) -> None:
    player = await start(nursery, Player)
    before = [Call(nursery, player.wait_closed) for _ in range(3)]
    await wait_all_tasks_blocked()
    player.stop()
    outcome = await player.wait_closed()
    await wait_all_tasks_blocked()
    assert all(call.result is outcome for call in before)
    assert await player.wait_closed() is outcome


async def test_S9_2_waiting_does_not_raise_the_crash() -> None:
    error = ValueError()
    waiting = trio.CancelScope(shield=True)
    with pytest.RaisesGroup(ValueError):
        async with trio.open_nursery() as nursery:
            player = await start(nursery, Player)
            await player.send(Line("oops", error=error))
            with waiting:
                outcome = await player.wait_closed()
                await player.aclose()
    assert outcome.error is error


async def test_S9_3_closed_and_outcome_are_there_when_waiters_are_released(
    nursery: trio.Nursery,
) -> None:
    player = await start(nursery, Player)
    await player.send(Line("long", seconds=inf))
    player.stop()
    assert not player.closed
    assert player.outcome is None

    player.cancel()
    outcome = await player.wait_closed()
    assert player.closed
    assert player.outcome is outcome
    assert player.statistics().state is State.CLOSED
