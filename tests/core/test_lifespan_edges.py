"""What lifespans can do to an agent, and what it does then."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from exeunt import Agent, Handle, Reason, Request, start, start_soon
from exeunt.exceptions import AgentClosed, AgentCrashed, CleanupOverran


class Do(Request[object]):
    def __init__(self, async_fn: Callable[[], Awaitable[object]]) -> None:
        self.async_fn = async_fn


class Doer(Agent[Do]):
    async def handle(self, message: Do) -> object:
        return await message.async_fn()


async def do_nothing() -> None: ...


async def fail() -> None:
    raise ValueError("in a turn")


async def press_ctrl_c() -> None:
    raise KeyboardInterrupt


class Leaver(Doer):
    """Calls a function when its lifespan is left, whatever it is left for."""

    def __init__(self, leave: Callable[[], Awaitable[object]]) -> None:
        self.leave = leave

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await self.leave()


class Employer(Doer):
    """Has a nursery for helpers around its life."""

    def __init__(self, *helpers: Callable[[], Awaitable[object]]) -> None:
        self.helpers = helpers

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with trio.open_nursery() as nursery:
            for helper in self.helpers:
                nursery.start_soon(helper)
            yield


async def leave_with_an_error() -> None:
    raise KeyError("while leaving")


# --- errors ---


async def test_an_error_while_leaving_replaces_a_crash_but_keeps_its_context(
    nursery: trio.Nursery,
) -> None:
    async def ask() -> None:
        with pytest.raises(AgentCrashed) as raised:
            await doer.ask(Do(fail))
        assert isinstance(raised.value.__cause__, ValueError)

    with pytest.RaisesGroup(KeyError):
        async with trio.open_nursery() as its_nursery:
            doer = await start(its_nursery, Leaver, leave_with_an_error)
            nursery.start_soon(ask)
    assert doer.outcome is not None
    assert isinstance(doer.outcome.error, KeyError)
    assert isinstance(doer.outcome.error.__context__, ValueError)
    assert doer.statistics().ledger.failed == 1


async def test_an_error_of_a_helper_beside_a_crash_leaves_with_it() -> None:
    async def fail_when_cancelled() -> None:
        try:
            await trio.sleep_forever()
        finally:
            raise KeyError

    with pytest.RaisesGroup(pytest.RaisesGroup(ValueError, KeyError)):
        async with trio.open_nursery() as nursery:
            employer = await start(nursery, Employer, fail_when_cancelled)
            await wait_all_tasks_blocked()
            await employer.send(Do(fail))


async def test_an_error_while_leaving_makes_a_crash_of_a_cancellation() -> None:
    with pytest.RaisesGroup(KeyError):
        async with trio.open_nursery() as nursery:
            leaver = await start(nursery, Leaver, leave_with_an_error)
            leaver.cancel()
    assert leaver.outcome is not None
    assert leaver.outcome.reason is Reason.CRASHED


async def test_the_crash_of_a_helper_is_the_agents() -> None:
    with pytest.RaisesGroup(pytest.RaisesGroup(ValueError)):
        async with trio.open_nursery() as nursery:
            employer = await start(nursery, Employer, fail)
    assert employer.outcome is not None
    assert employer.outcome.reason is Reason.CRASHED


async def test_ctrl_c_while_leaving_kills() -> None:
    with pytest.RaisesGroup(KeyboardInterrupt):
        async with trio.open_nursery() as nursery:
            leaver = await start(nursery, Leaver, press_ctrl_c)
            leaver.stop()
    assert leaver.outcome is not None
    assert leaver.outcome.reason is Reason.KILLED


async def test_ctrl_c_is_not_lost_when_leaving_fails_too() -> None:
    with pytest.RaisesGroup(KeyboardInterrupt, flatten_subgroups=True):
        async with trio.open_nursery() as nursery:
            leaver = await start(nursery, Leaver, leave_with_an_error)
            await leaver.send(Do(press_ctrl_c))


class Rude:
    """An async context manager without a generator, which fails when it is left."""

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *exc_info: object) -> None:
        raise KeyError


class RudeLeaver(Doer):
    def lifespan(self) -> Rude:
        return Rude()


async def test_the_crash_is_the_context_of_what_any_lifespan_raises() -> None:
    with pytest.RaisesGroup(KeyError):
        async with trio.open_nursery() as nursery:
            leaver = await start(nursery, RudeLeaver)
            await leaver.send(Do(fail))
    assert leaver.outcome is not None
    assert leaver.outcome.error is not None
    assert isinstance(leaver.outcome.error.__context__, ValueError)


class Many(ExceptionGroup[Exception]):
    """A group of a class of its own."""


async def test_a_group_is_kept_as_it_was_raised() -> None:
    async def fail_with_many() -> None:
        raise many

    many = Many("both", [ValueError(), KeyError()])
    # On its way through a nursery, Trio itself makes a plain group of it.
    with pytest.RaisesGroup(pytest.RaisesGroup(ValueError, KeyError)):
        async with trio.open_nursery() as nursery:
            doer = await start(nursery, Doer)
            await doer.send(Do(fail_with_many))
    assert doer.outcome is not None
    assert doer.outcome.error is many


# --- cancellation ---


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


# --- overruns ---


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


# --- beginnings ---


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
