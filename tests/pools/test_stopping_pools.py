"""How pools end, and how their workers do."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from exeunt import (
    Agent,
    Backoff,
    Handle,
    Ledger,
    Pool,
    Reason,
    Request,
    State,
    open_supervisor,
    start,
    start_soon,
)
from exeunt.exceptions import AgentClosed, AgentCrashed


class Do(Request[Any]):
    """What a worker is to call, with itself."""

    def __init__(self, act: Callable[["Hand"], Any], key: object = None) -> None:
        self.act = act
        self.key = key


class Hand(Agent[Do]):
    """Does what it is told."""

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with trio.open_nursery() as self.nursery:
            yield
            self.nursery.cancel_scope.cancel()

    async def handle(self, message: Do) -> object:
        result = message.act(self)
        return await result if hasattr(result, "__await__") else result


def rest(seconds: float = 1, key: object = None) -> Do:
    async def act(_: Hand) -> None:
        await trio.sleep(seconds)

    return Do(act, key)


def fail(hand: Hand) -> None:
    raise ValueError(hand.context.name)


def key_of(message: Do) -> object:
    return message.key


async def test_a_crash_comes_out_as_it_was_raised() -> None:
    cause, pool = KeyError("why"), Pool(2, Hand)

    def fail_because(_: Hand) -> None:
        raise ValueError("what") from cause

    with pytest.raises(ExceptionGroup) as caught:
        async with trio.open_nursery() as nursery:
            handle = await start(nursery, pool, name="pool")
            await handle.send(Do(fail_because))
    (error,) = caught.value.exceptions
    assert (repr(error), error.__cause__) == ("ValueError('what')", cause)
    assert not isinstance(error.__context__, BaseExceptionGroup)
    assert handle.outcome is not None
    assert handle.outcome.error is error


async def test_a_group_from_a_worker_stays_the_group_that_it_is() -> None:
    group = ExceptionGroup("of the worker's own", [ValueError(), OSError()])

    def fail_twice(_: Hand) -> None:
        raise group

    with pytest.raises(ExceptionGroup) as caught:
        async with trio.open_nursery() as nursery:
            handle = await start(nursery, Pool(2, Hand))
            await handle.send(Do(fail_twice))
    (error,) = caught.value.exceptions
    assert isinstance(error, ExceptionGroup)
    assert (error.message, error.exceptions) == (group.message, group.exceptions)


async def test_workers_that_crash_together_come_out_together(
    autojump_clock: MockClock,
) -> None:
    together = trio.Event()

    async def fail_later(hand: Hand) -> None:
        await together.wait()
        fail(hand)

    with pytest.raises(ExceptionGroup) as caught:
        async with trio.open_nursery() as nursery:
            handle = await start(nursery, Pool(2, Hand), name="pool")
            await handle.send(Do(fail_later))
            await handle.send(Do(fail_later))
            await wait_all_tasks_blocked()
            together.set()
    (group,) = caught.value.exceptions
    assert isinstance(group, ExceptionGroup)
    assert sorted(map(str, group.exceptions)) == ["pool/1", "pool/2"]


async def test_a_crash_answers_the_askers_before_the_worker_says_goodbye(
    autojump_clock: MockClock,
) -> None:
    answered = trio.Event()

    class Polite(Hand):
        @asynccontextmanager
        async def lifespan(self) -> AsyncGenerator[None]:
            try:
                yield
            finally:
                await answered.wait()

    async def ask(handle: Handle[Any]) -> None:
        with pytest.raises(AgentClosed):
            await handle.ask(Do(fail))
        answered.set()

    async def fail_later(hand: Hand) -> None:
        await trio.sleep(1)
        fail(hand)

    with pytest.raises(ExceptionGroup):
        async with trio.open_nursery() as nursery:
            handle = await start(nursery, Pool(1, Polite))
            await handle.send(Do(fail_later))
            nursery.start_soon(ask, handle)
    assert trio.current_time() == 1
    assert handle.outcome is not None
    assert handle.outcome.ledger == Ledger(accepted=2, failed=1, undelivered=1)


async def test_a_keyboard_interrupt_in_a_worker_ends_everything() -> None:
    def interrupt(_: Hand) -> None:
        raise KeyboardInterrupt

    with pytest.raises(BaseExceptionGroup) as caught:
        async with trio.open_nursery() as nursery:
            handle = await start(nursery, Pool(2, Hand, restart="transient"))
            await handle.send(Do(interrupt))
    assert [type(error) for error in caught.value.exceptions] == [KeyboardInterrupt]
    assert handle.outcome is not None
    assert handle.outcome.reason is Reason.KILLED
    assert handle.outcome.ledger == Ledger(accepted=1, interrupted=1)


@pytest.mark.parametrize("restart", ["temporary", "transient"])
async def test_what_fails_in_the_first_start_is_raised_there(
    nursery: trio.Nursery, restart: Any
) -> None:
    made: list[Hand] = []

    def make() -> Hand:
        if made:
            raise OSError("no second one")
        made.append(Hand())
        return made[-1]

    with pytest.raises(OSError, match="no second one"):
        await start(nursery, Pool(3, make, restart=restart))


async def test_what_fails_in_a_lifespan_is_raised_by_start(
    nursery: trio.Nursery,
) -> None:
    class Unwilling(Hand):
        @asynccontextmanager
        async def lifespan(self) -> AsyncGenerator[None]:
            raise OSError
            yield

    with pytest.raises(OSError):
        await start(nursery, Pool(1, Unwilling))


@pytest.mark.parametrize("key", [None, key_of])
async def test_a_pool_that_never_got_ready_leaves_its_messages_undelivered(
    key: Any,
) -> None:
    def make() -> Hand:
        raise OSError

    first, second = rest(), rest()
    with pytest.raises(ExceptionGroup):
        async with trio.open_nursery() as nursery:
            handle = start_soon(nursery, Pool(2, make, key=key))
            handle.send_nowait(first)
            handle.send_nowait(second)
    assert handle.outcome is not None
    assert handle.outcome.undelivered == (first, second)


@pytest.mark.parametrize("key", [None, key_of])
async def test_a_pool_that_is_stopped_before_it_is_ready_handles_what_it_has(
    key: Any,
) -> None:
    async with trio.open_nursery() as nursery:
        early = start_soon(nursery, Pool(2, Hand, key=key))
        early.send_nowait(rest(0))
        early.stop()
        late = start_soon(nursery, Pool(2, Hand, key=key), capacity=3)
        for number in range(3):
            late.send_nowait(rest(0, number))
        await trio.lowlevel.checkpoint()
        late.stop()
    for handle, number in (early, 1), (late, 3):
        assert handle.outcome is not None
        assert handle.outcome.reason is Reason.STOPPED
        assert handle.outcome.ledger == Ledger(accepted=number, handled=number)


async def test_a_pool_that_is_cancelled_before_it_is_ready_never_begins(
    nursery: trio.Nursery,
) -> None:
    handle = start_soon(nursery, Pool(2, Hand))
    handle.send_nowait(rest())
    handle.cancel("changed my mind")
    outcome = await handle.wait_closed()
    assert (outcome.reason, outcome.cancel_reason) == (
        Reason.CANCELLED,
        "changed my mind",
    )
    assert outcome.ledger == Ledger(accepted=1, undelivered=1)


async def test_the_reason_of_a_cancel_reaches_the_workers(
    nursery: trio.Nursery,
) -> None:
    handle = await start(nursery, Pool(2, Hand))
    lives = handle._life.crew
    handle.cancel("enough")
    assert {life.cancel_reason for life in lives} == {"enough"}
    await handle.wait_closed()


async def test_those_who_wait_in_line_are_refused_at_once(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    handle = await start(nursery, Pool(2, Hand), capacity=1)
    for _ in range(3):
        await handle.send(rest())
        await wait_all_tasks_blocked()
    refused, errors = rest(), list[AgentClosed]()

    async def send_in_vain() -> None:
        with pytest.raises(AgentClosed) as caught:
            await handle.send(refused)
        errors.append(caught.value)

    nursery.start_soon(send_in_vain)
    await wait_all_tasks_blocked()
    handle.stop()
    await wait_all_tasks_blocked()
    assert [error.message for error in errors] == [refused]
    assert trio.current_time() == 0
    assert (await handle.wait_closed()).ledger == Ledger(accepted=3, handled=3)


async def test_a_bounded_aclose_cuts_the_work_short(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    handle = await start(nursery, Pool(2, Hand))
    for _ in range(5):
        await handle.send(rest(10))
    with trio.move_on_after(15):
        await handle.aclose()
    assert trio.current_time() == 15
    assert handle.outcome is not None
    assert handle.outcome.ledger == Ledger(
        accepted=5, handled=2, interrupted=2, undelivered=1
    )


async def test_a_worker_that_stops_itself_stops_the_pool(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    handle = await start(nursery, Pool(2, Hand))
    await handle.send(Do(lambda hand: hand.context.handle.stop()))
    await handle.send(rest())
    await wait_all_tasks_blocked()
    assert handle.statistics().state is State.DRAINING
    assert (await handle.wait_closed()).ledger == Ledger(accepted=2, handled=2)


@pytest.mark.parametrize("key", [None, key_of])
async def test_a_worker_that_cancels_itself_is_replaced_and_loses_its_turn_alone(
    nursery: trio.Nursery, autojump_clock: MockClock, key: Any
) -> None:
    async def leave(hand: Hand) -> None:
        hand.nursery.cancel_scope.cancel()
        await trio.sleep(1)

    handle = await start(nursery, Pool(1, Hand, key=key))
    await handle.send(Do(leave))
    for _ in range(3):
        await handle.send(rest())
    await wait_all_tasks_blocked()
    assert handle.statistics().restarts == 1
    handle.stop()
    outcome = await handle.wait_closed()
    assert outcome.ledger == Ledger(accepted=4, handled=3, interrupted=1)
    assert outcome.restarts == 1


@pytest.mark.parametrize("key", [None, key_of])
async def test_a_drain_whose_workers_are_cancelled_is_a_cancellation(
    nursery: trio.Nursery, autojump_clock: MockClock, key: Any
) -> None:
    async def leave(hand: Hand) -> None:
        await trio.sleep(1)
        hand.nursery.cancel_scope.cancel()
        await trio.sleep(1)

    handle = await start(nursery, Pool(1, Hand, key=key))
    left = rest()
    await handle.send(Do(leave))
    await handle.send(left)
    await wait_all_tasks_blocked()
    handle.stop()
    outcome = await handle.wait_closed()
    assert outcome.reason is Reason.CANCELLED
    assert outcome.undelivered == (left,)
    assert outcome.ledger == Ledger(accepted=2, interrupted=1, undelivered=1)


async def test_a_message_does_not_get_lost_with_the_worker_woken_for_it(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    scopes: list[trio.CancelScope] = []

    class Scoped(Hand):
        @asynccontextmanager
        async def lifespan(self) -> AsyncGenerator[None]:
            async with super().lifespan():
                scopes.append(self.nursery.cancel_scope)
                yield

    handle = await start(nursery, Pool(2, Scoped))
    await wait_all_tasks_blocked()
    handle.send_nowait(Do(lambda hand: hand.context.name))  # wakes the first
    scopes[0].cancel()
    await wait_all_tasks_blocked()
    assert handle.statistics().ledger == Ledger(accepted=1, handled=1)
    handle.stop()


@pytest.mark.parametrize("overflow", ["drop_oldest", "drop_newest", "latest"])
async def test_policies_drop_what_waits_and_nothing_else(
    nursery: trio.Nursery, autojump_clock: MockClock, overflow: Any
) -> None:
    options: dict[str, Any] = {"overflow": overflow, "capacity": 2}
    if overflow == "latest":
        options["key"] = key_of
    handle: Handle[Any] = await start(nursery, Pool(2, Hand), **options)
    for _ in range(2):
        await handle.send(rest())
        await wait_all_tasks_blocked()
    for number in range(6):
        handle.send_nowait(Do(lambda _: None, number % 2))
    await handle.aclose()
    assert handle.outcome is not None
    assert handle.outcome.ledger == Ledger(accepted=8, handled=4, dropped=4)


async def test_a_budget_that_is_used_up_raises_what_had_been_forgiven() -> None:
    pool = Pool(2, Hand, restart="transient", max_restarts=2)
    with pytest.raises(ExceptionGroup) as caught:
        async with trio.open_nursery() as nursery:
            handle = await start(nursery, pool)
            for _ in range(2):
                with pytest.raises(AgentCrashed):
                    await handle.ask(Do(fail))
            await handle.send(Do(fail))
    (group,) = caught.value.exceptions
    assert isinstance(group, ExceptionGroup)
    assert [type(error) for error in group.exceptions] == [ValueError] * 3


async def test_only_what_is_named_is_forgiven() -> None:
    def fail_otherwise(_: Hand) -> None:
        raise OSError

    pool = Pool(2, Hand, restart="transient", restart_on=ValueError)
    with pytest.raises(ExceptionGroup) as caught:
        async with trio.open_nursery() as nursery:
            handle = await start(nursery, pool)
            with pytest.raises(AgentCrashed):
                await handle.ask(Do(fail))
            await handle.send(Do(fail_otherwise))
    assert [type(error) for error in caught.value.exceptions] == [OSError]


async def test_a_worker_that_waits_to_come_back_leaves_its_work_to_the_others(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    pool = Pool(2, Hand, restart="transient", backoff=Backoff(100, 100, jitter=0))
    handle = await start(nursery, pool)
    with pytest.raises(AgentCrashed):
        await handle.ask(Do(fail))
    for _ in range(3):
        await handle.ask(rest())
    assert trio.current_time() == 3
    handle.cancel()
    await handle.wait_closed()
    assert trio.current_time() == 3


@pytest.mark.parametrize("key", [None, key_of])
async def test_a_supervised_pool_comes_back_with_its_mailbox(
    autojump_clock: MockClock, key: Any
) -> None:
    async with open_supervisor() as supervisor:
        pool = Pool(1, Hand, key=key)
        handle = await supervisor.start(pool, uses=[], restart="transient")
        await handle.send(rest())
        await wait_all_tasks_blocked()
        await handle.send(Do(fail))
        for number in range(3):
            await handle.send(rest(1, number))
        answer = await handle.ask(Do(lambda hand: hand.context.name))
        assert answer.startswith("Hand/")
        await supervisor.idle()
        assert handle.statistics().ledger == Ledger(accepted=6, handled=5, failed=1)
        assert handle.statistics().restarts == 1


async def test_idle_waits_for_the_workers(autojump_clock: MockClock) -> None:
    async with open_supervisor() as supervisor:
        handle = await supervisor.start(Pool(3, Hand))
        for seconds in 1, 7, 2:
            await handle.send(rest(seconds))
        await supervisor.idle()
        assert trio.current_time() == 7


async def test_leaving_a_worker_takes_as_long_as_its_pool_may(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    class Slow(Hand):
        @asynccontextmanager
        async def lifespan(self) -> AsyncGenerator[None]:
            try:
                yield
            finally:
                await trio.sleep(20)

    handle = await start(nursery, Pool(2, Slow), cleanup=30)
    with trio.move_on_after(1):
        handle.cancel()
        await handle.aclose()
    await handle.wait_closed()
    assert trio.current_time() == 20


async def test_what_comes_while_there_is_no_worker_waits_for_the_next_one(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    class Slow(Hand):
        @asynccontextmanager
        async def lifespan(self) -> AsyncGenerator[None]:
            try:
                async with super().lifespan():
                    yield
            finally:
                await trio.sleep(3)

    async def leave(hand: Hand) -> None:
        hand.nursery.cancel_scope.cancel()
        await trio.lowlevel.checkpoint()

    handle = await start(nursery, Pool(1, Slow, key=key_of), name="slow")
    await handle.send(Do(leave))
    await wait_all_tasks_blocked()
    assert await handle.ask(Do(lambda hand: hand.context.name)) == "slow/1"
    assert trio.current_time() == 3
    handle.stop()
    assert (await handle.wait_closed()).ledger == Ledger(
        accepted=2, handled=1, interrupted=1
    )
