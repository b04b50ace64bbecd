"""Lifespans that are cancelled, that wait, and that take too long."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import pytest
import trio
from leavers import Do, Doer, Employer, Leaver, do_nothing, fail
from trio.testing import MockClock, wait_all_tasks_blocked

from exeunt import Reason, start
from exeunt.exceptions import AgentClosed, CleanupOverran


class Timed(Doer):
    """Gives itself two seconds, by a scope around its whole life."""

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        with trio.move_on_after(2):
            yield


async def test_a_lifespan_may_end_its_agent_by_a_scope_of_its_own(
    autojump_clock: MockClock,
) -> None:
    async with trio.open_nursery() as nursery:
        timed = await start(nursery, Timed)
        await timed.send(Do(trio.sleep_forever))
        await timed.wait_closed()
        assert trio.current_time() == 2
        await trio.sleep(1)  # in a nursery that is not cancelled
    assert timed.outcome is not None
    assert timed.outcome.reason is Reason.CANCELLED


async def test_leaving_may_wait_for_an_asker_of_this_agent(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    async def ask() -> None:
        with suppress(AgentClosed):
            await leaver.ask(Do(trio.sleep_forever))
        await trio.sleep(1)
        asker_has_left.set()

    asker_has_left = trio.Event()
    leaver = await start(nursery, Leaver, asker_has_left.wait)
    nursery.start_soon(ask)
    await wait_all_tasks_blocked()
    leaver.cancel()
    outcome = await leaver.wait_closed()
    assert trio.current_time() == 1
    assert not outcome.cleanup_timed_out


async def test_helpers_stay_until_the_lifespan_is_left(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    async def help_for_a_while() -> None:
        await trio.sleep(3)
        ended.append(trio.current_time())

    ended: list[float] = []
    stopped = await start(nursery, Employer, help_for_a_while)
    await stopped.aclose()
    assert ended == [3]

    cancelled = await start(nursery, Employer, help_for_a_while)
    await cancelled.send(Do(trio.sleep_forever))
    await wait_all_tasks_blocked()
    cancelled.cancel()
    await cancelled.wait_closed()
    assert trio.current_time() == 3
    assert ended == [3]


async def test_helpers_of_an_idle_agent_are_cancelled_with_it(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    employer = await start(nursery, Employer, trio.sleep_forever)
    await wait_all_tasks_blocked()
    employer.cancel()
    outcome = await employer.wait_closed()
    assert trio.current_time() == 0
    assert not outcome.cleanup_timed_out


async def leave_late() -> None:
    await trio.sleep(60)


async def test_an_overrun_does_not_hide_a_crash(
    autojump_clock: MockClock, recwarn: pytest.WarningsRecorder
) -> None:
    with pytest.RaisesGroup(ValueError) as raised:
        async with trio.open_nursery() as nursery:
            leaver = await start(nursery, Leaver, leave_late)
            await leaver.send(Do(fail))
    recwarn.pop(CleanupOverran)
    assert len(raised.value.exceptions[0].__notes__) == 1
    assert leaver.outcome is not None
    assert leaver.outcome.reason is Reason.CRASHED
    assert leaver.outcome.cleanup_timed_out


async def test_an_overrun_does_not_hide_a_crash_where_warnings_are_errors(
    autojump_clock: MockClock,
) -> None:
    with pytest.RaisesGroup(ValueError):
        async with trio.open_nursery() as nursery:
            leaver = await start(nursery, Leaver, leave_late)
            await leaver.send(Do(fail))


async def test_an_overrun_is_a_crash_where_warnings_are_errors(
    autojump_clock: MockClock,
) -> None:
    for end in ("stop", "cancel"):
        with pytest.RaisesGroup(CleanupOverran):
            async with trio.open_nursery() as nursery:
                leaver = await start(nursery, Leaver, leave_late)
                getattr(leaver, end)()
        assert leaver.outcome is not None
        assert leaver.outcome.reason is Reason.CRASHED


async def test_an_error_after_an_overrun_is_not_lost(
    autojump_clock: MockClock, recwarn: pytest.WarningsRecorder
) -> None:
    async def fail_when_cut_short() -> None:
        try:
            await trio.sleep(60)
        finally:
            raise KeyError

    with pytest.RaisesGroup(KeyError):
        async with trio.open_nursery() as nursery:
            leaver = await start(nursery, Leaver, fail_when_cut_short)
            leaver.stop()
    recwarn.pop(CleanupOverran)


async def test_an_overrun_leaves_the_reason_alone(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    leaver = await start(nursery, Leaver, leave_late, cleanup=2)
    with pytest.warns(CleanupOverran):
        await leaver.aclose()
    assert trio.current_time() == 2
    assert leaver.outcome is not None
    assert leaver.outcome.reason is Reason.STOPPED


async def test_an_overrun_of_a_cancelled_agent_harms_nobody_else(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    leaver = await start(nursery, Leaver, leave_late, cleanup=2)
    leaver.cancel()
    with pytest.warns(CleanupOverran):
        await trio.sleep(9)
    assert trio.current_time() == 9
    assert leaver.outcome is not None
    assert leaver.outcome.reason is Reason.CANCELLED


async def test_leaving_at_once_is_no_overrun_however_little_time_there_is(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    leaver = await start(nursery, Leaver, do_nothing, cleanup=0)
    await leaver.aclose()
    assert leaver.outcome is not None
    assert not leaver.outcome.cleanup_timed_out
