"""S15: agents that would wait for each other for ever."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import trio
from trio.testing import MockClock, wait_all_tasks_blocked
from troupe import Call, Do, Doer, attempt, do_nothing

from exeunt import Handle, Reply, State, start
from exeunt.exceptions import Deadlock


async def test_S15_1_a_wait_that_closes_a_ring_raises_deadlock_at_once(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    anna = await start(nursery, Doer, name="anna")
    ben = await start(nursery, Doer, name="ben")
    carla = await start(nursery, Doer, name="carla")
    carla_asks_anna = Do(attempt, anna.ask, Do(do_nothing))
    error = await anna.ask(Do(ben.ask, Do(carla.ask, carla_asks_anna)))

    assert isinstance(error, Deadlock)
    assert error.ring == ("carla", "anna", "ben")
    assert trio.current_time() == 0


class Dependent(Doer):
    """Asks another agent while it gets ready."""

    def __init__(self, other: Handle[Do]) -> None:
        self.other = other

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        await self.other.ask(Do(do_nothing))
        yield


async def test_S15_2_the_waits_that_count(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    async def ask_anna_in_a_second() -> object:
        await trio.sleep(1)
        return await attempt(anna.ask, Do(do_nothing))

    ways: list[Callable[[Handle[Do]], Do]] = [
        lambda ben: Do(ben.ask, Do(do_nothing)),
        lambda ben: Do(ben.send, Do(do_nothing)),
        lambda ben: Do(ben.wait_closed),
        lambda ben: Do(ben.aclose),
    ]
    for way in ways:
        anna = await start(nursery, Doer)
        ben = await start(nursery, Doer, capacity=0)
        ben_asks = Call(nursery, ben.ask, Do(ask_anna_in_a_second))
        await wait_all_tasks_blocked()
        await anna.send(way(ben))
        await trio.sleep(2)
        assert isinstance(ben_asks.result, Deadlock)

    anna = await start(nursery, Doer)
    anna_starts_ben = Do(attempt, start, nursery, Dependent, anna)
    assert isinstance(await anna.ask(anna_starts_ben), Deadlock)


async def test_S15_3_an_agent_that_waits_for_itself_is_a_ring(
    nursery: trio.Nursery,
) -> None:
    doer = await start(nursery, Doer, name="narcissus", capacity=0)
    nothing = Do(do_nothing)
    for wait in (
        Do(attempt, doer.ask, nothing),
        Do(attempt, doer.send, nothing),
        Do(attempt, doer.wait_closed),
        Do(attempt, doer.aclose),
    ):
        error = await doer.ask(wait)
        assert isinstance(error, Deadlock)
        assert error.ring == ("narcissus",)


async def test_S15_4_a_wait_of_a_helper_task_does_not_count(
    nursery: trio.Nursery,
) -> None:
    async def have_a_helper_ask_yourself() -> None:
        calls.append(Call(nursery, doer.ask, Do(do_nothing)))

    calls: list[Call] = []
    doer = await start(nursery, Doer)
    await doer.ask(Do(have_a_helper_ask_yourself))
    await wait_all_tasks_blocked()
    assert not calls[0].pending
    assert calls[0].result is None


class Deferrer(Doer):
    """Does what it is told, but its reply is another one, a second later."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self.nursery = nursery

    async def handle(self, message: Do) -> None:
        self.nursery.start_soon(self.reply_later, self.context.defer(message))
        await super().handle(message)

    async def reply_later(self, reply: Reply[str]) -> None:
        await trio.sleep(1)
        reply.send("later")


async def test_S15_5_a_resolved_cancelled_or_deferred_wait_does_not_count(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    anna = await start(nursery, Doer)
    ben = await start(nursery, Doer)
    ask_anna = Do(anna.ask, Do(do_nothing))

    await anna.ask(Do(ben.ask, Do(do_nothing)))  # a wait that is resolved
    await ben.ask(ask_anna)

    async def wait_for_ben() -> None:
        with scope:
            await ben.wait_closed()

    async def cancel_the_wait_and_ask_anna() -> None:
        scope.cancel()
        await anna.ask(Do(do_nothing))  # who has not run again yet

    scope = trio.CancelScope()
    await anna.send(Do(wait_for_ben))
    await wait_all_tasks_blocked()
    await ben.ask(Do(cancel_the_wait_and_ask_anna))

    deferrer = await start(nursery, Deferrer, nursery)
    assert await anna.ask(Do(deferrer.ask, ask_anna)) == "later"


async def test_S15_6_a_chain_is_no_ring(nursery: trio.Nursery) -> None:
    async def answer() -> str:
        return "from the last one"

    chain = Do(answer)
    for _ in range(9):
        doer = await start(nursery, Doer)
        chain = Do(doer.ask, chain)
    first = await start(nursery, Doer)
    assert await first.ask(chain) == "from the last one"


async def test_S15_7_after_a_deadlock_nothing_has_happened(
    nursery: trio.Nursery,
) -> None:
    message = Do(do_nothing)
    doer = await start(nursery, Doer)
    error = await doer.ask(Do(attempt, doer.ask, message))
    assert isinstance(error, Deadlock)
    assert error.message is message
    assert doer.statistics().ledger.accepted == 1

    assert isinstance(await doer.ask(Do(attempt, doer.aclose)), Deadlock)
    assert doer.statistics().state is State.RUNNING


async def test_S15_8_a_deadline_does_not_make_a_ring_acceptable(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    async def ask_ben_for_a_second() -> object:
        with trio.move_on_after(1):
            return await ben.ask(Do(attempt, anna.ask, Do(do_nothing)))
        return "waited for ben in vain"

    anna = await start(nursery, Doer)
    ben = await start(nursery, Doer)
    assert isinstance(await anna.ask(Do(ask_ben_for_a_second)), Deadlock)
