"""Who does what in a pool: work shared, keys kept, workers that come and go."""

from collections import Counter
from collections.abc import Hashable
from heapq import heapreplace
from typing import Any

import attrs
import pytest
import trio
from hypothesis import given, strategies as st
from trio.testing import MockClock, wait_all_tasks_blocked

from exeunt import (
    Agent,
    Handle,
    Ledger,
    Outcome,
    Pool,
    Reply,
    Request,
    open_supervisor,
    start,
    start_soon,
)
from exeunt.exceptions import AgentClosed, Deadlock, MailboxFull, WrongRun
from exeunt.pools.seats import KeyedSeats


@attrs.frozen
class Job(Request[str]):
    """Takes some time, and is answered with the name of the worker."""

    seconds: float = 1
    key: Hashable = 0


class LinkedJob(Job, linked=True):
    """The same, but leaving the asker's scope cancels the turn."""


class Smith(Agent[Job]):
    async def handle(self, message: Job) -> str:
        await trio.sleep(message.seconds)
        return self.context.name


def key_of(job: Job) -> Hashable:
    return job.key


def seats_of(handle: Handle[Any]) -> KeyedSeats:
    seats: KeyedSeats = handle._life.mailbox.seats  # type: ignore[attr-defined]
    return seats


def greedy(workers: int, seconds: list[int]) -> int:
    """Return when the last job ends if each goes to whoever is free first."""
    free = [0] * workers
    for each in seconds:
        heapreplace(free, free[0] + each)
    return max(free)


@given(
    workers=st.integers(1, 5),
    seconds=st.lists(st.integers(0, 9), max_size=20),
    capacity=st.integers(0, 3),
)
def test_nobody_is_idle_while_something_waits(
    workers: int, seconds: list[int], capacity: int
) -> None:
    # The makespan is that of list scheduling, which Graham (1969) has shown to be at
    # most (2 - 1/workers) times the best one.
    async def main() -> float:
        async with trio.open_nursery() as nursery:
            pool = await start(nursery, Pool(workers, Smith), capacity=capacity)
            for each in seconds:
                await pool.send(Job(each))
            await pool.aclose()
        return trio.current_time()

    took = trio.run(main, clock=MockClock(autojump_threshold=0))
    assert took == greedy(workers, seconds)
    assert took <= sum(seconds) / workers + max(seconds, default=0)


async def test_four_workers_are_busy_all_the_time_under_uneven_work(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    pool = await start(nursery, Pool(4, Smith))
    for seconds in [7, 5, 3, 1, 6, 4, 2]:
        await pool.send(Job(seconds))
    for second in range(1, 7):
        await trio.sleep_until(second - 0.5)
        figures = pool.statistics()
        busy = figures.ledger.accepted - figures.ledger.settled - figures.waiting
        assert busy == 4
    await pool.aclose()
    assert trio.current_time() == 7 == 28 / 4


async def test_those_who_are_idle_take_turns(nursery: trio.Nursery) -> None:
    pool = await start(nursery, Pool(3, Smith), name="smith")
    names = []
    for _ in range(6):
        await wait_all_tasks_blocked()
        names.append(await pool.ask(Job(0)))
    assert names == ["smith/1", "smith/2", "smith/3"] * 2
    pool.stop()


async def test_a_burst_wakes_as_many_as_are_needed(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    for capacity in 0, 1, 9:
        pool = await start(nursery, Pool(3, Smith), capacity=capacity)
        await wait_all_tasks_blocked()
        began = trio.current_time()
        async with trio.open_nursery() as askers:
            for _ in range(3):
                askers.start_soon(pool.ask, Job(1))
        assert trio.current_time() == began + 1
        pool.stop()


async def test_one_that_waits_for_a_deferred_reply_takes_no_wake_up_from_others(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    replies: list[Reply[str]] = []

    class Deferring(Smith):
        async def handle(self, message: Job) -> str:
            if message.key == "defer":
                replies.append(self.context.defer(message))
                return ""
            return await super().handle(message)

    shop = Pool(2, Deferring)
    pool = await start(nursery, shop, name="shop")
    await wait_all_tasks_blocked()
    await pool.send(Job(1))
    nursery.start_soon(pool.ask, Job(0, "defer"))
    await wait_all_tasks_blocked()
    shop.resize(1)  # the second has to wait for its reply
    await trio.sleep(2)
    with trio.fail_after(5):
        assert await pool.ask(Job(1)) == "shop/1"
    pool.stop()
    replies[0].send("done")
    assert (await pool.wait_closed()).ledger == Ledger(accepted=3, handled=3)


# --- resize ---


async def test_fewer_workers_finish_what_they_do(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    shop = Pool(3, Smith)
    pool = await start(nursery, shop)
    for _ in range(6):
        await pool.send(Job(10))
    await wait_all_tasks_blocked()
    shop.resize(1)
    assert shop.size == 1
    await trio.sleep(15)
    assert pool.statistics().ledger.handled == 3
    assert len(pool._life.crew) == 1
    await pool.aclose()
    assert trio.current_time() == 40


async def test_workers_that_sleep_leave_at_once(nursery: trio.Nursery) -> None:
    shop = Pool(5, Smith)
    pool = await start(nursery, shop)
    await wait_all_tasks_blocked()
    shop.resize(2)
    await wait_all_tasks_blocked()
    assert len(pool._life.crew) == 2
    assert {await pool.ask(Job(0)) for _ in range(4)} <= {"Smith/1", "Smith/2"}
    shop.resize(3)
    await wait_all_tasks_blocked()
    assert [life.name for life in pool._life.crew] == ["Smith/1", "Smith/2", "Smith/6"]
    pool.stop()


@pytest.mark.parametrize("key", [None, key_of])
async def test_a_worker_may_change_the_size(nursery: trio.Nursery, key: Any) -> None:
    class Foreman(Smith):
        async def handle(self, message: Job) -> str:
            shop.resize(int(message.seconds))
            await trio.lowlevel.checkpoint()
            return self.context.name

    shop = Pool(2, Foreman, key=key)
    pool = await start(nursery, shop)
    for size in 4, 1, 3, 1, 2:
        await pool.ask(Job(size))
        await wait_all_tasks_blocked()
        assert len(pool._life.crew) == size
    await pool.aclose()


async def test_the_size_may_change_before_the_start_and_while_it_goes_on(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    class Late(Smith):
        def __init__(self) -> None:
            if shop.size == 3:
                shop.resize(5)

    shop = Pool(2, Late)
    shop.resize(3)
    pool = await start(nursery, shop)
    await wait_all_tasks_blocked()
    assert len(pool._life.crew) == 5
    pool.stop()


@pytest.mark.parametrize("capacity", [0, 1, 9])
async def test_nothing_is_lost_with_a_worker_that_is_woken_and_dismissed(
    nursery: trio.Nursery, capacity: int
) -> None:
    shop = Pool(3, Smith)
    pool = await start(nursery, shop, capacity=capacity)
    await pool.ask(Job(0))  # so that the first sleeps behind the others
    await wait_all_tasks_blocked()
    nursery.start_soon(pool.send, Job(0))
    while pool.statistics().ledger.accepted + pool.statistics().blocked_senders < 2:
        await trio.lowlevel.checkpoint()
    shop.resize(1)
    await wait_all_tasks_blocked()
    assert pool.statistics().ledger == Ledger(accepted=2, handled=2)
    pool.stop()


async def test_a_pool_that_leaves_hires_nobody(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    shop = Pool(1, Smith)
    pool = await start(nursery, shop)
    for _ in range(4):
        await pool.send(Job(1))
    await wait_all_tasks_blocked()
    pool.stop()
    shop.resize(4)
    await trio.sleep(0.5)
    shop.resize(2)
    assert len(pool._life.crew) == 1
    assert (await pool.wait_closed()).ledger == Ledger(accepted=4, handled=4)
    assert trio.current_time() == 4


async def test_one_pool_may_be_started_twice(nursery: trio.Nursery) -> None:
    shop = Pool(1, Smith)
    first = await start(nursery, shop, name="first")
    second = await start(nursery, shop, name="second")
    shop.resize(2)
    await wait_all_tasks_blocked()
    assert [len(pool._life.crew) for pool in (first, second)] == [2, 2]
    assert await first.ask(Job(0)) == "first/1"
    assert await second.ask(Job(0)) == "second/1"
    await first.aclose()
    shop.resize(1)
    await wait_all_tasks_blocked()
    assert len(second._life.crew) == 1
    second.stop()


async def test_a_pool_is_resized_in_its_own_run_alone(nursery: trio.Nursery) -> None:
    shop = Pool(1, Smith)
    pool = await start(nursery, shop)
    with pytest.raises(WrongRun):
        await trio.to_thread.run_sync(shop.resize, 2)
    assert shop.size == 1
    pool.stop()


# --- keys ---


async def test_a_key_is_forgotten_when_nothing_of_it_is_left(
    nursery: trio.Nursery,
) -> None:
    shop = Pool(3, Smith, key=key_of, restart="transient")
    pool = await start(nursery, shop, capacity=4)
    for number in range(500):
        await pool.send(Job(0, number))
    await wait_all_tasks_blocked()
    for size in 1, 3, 2:
        shop.resize(size)
        await pool.ask(Job(0, -1))
    await wait_all_tasks_blocked()
    seats = seats_of(pool)
    assert not seats._owners
    assert not seats._homeless
    assert len(seats.free) == len(pool._life.crew) == 2
    pool.stop()


async def test_a_key_stays_where_it_is_while_something_of_it_is_left(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    shop = Pool(4, Smith, key=key_of)
    pool = await start(nursery, shop)
    by: dict[Hashable, list[str]] = {}

    async def ask(key: Hashable) -> None:
        by.setdefault(key, []).append(await pool.ask(Job(1, key)))

    for key in range(8):
        for _ in range(2):
            nursery.start_soon(ask, key)
    await wait_all_tasks_blocked()
    shop.resize(1)
    for key in range(8):
        nursery.start_soon(ask, key)
    await wait_all_tasks_blocked()
    await pool.aclose()
    await wait_all_tasks_blocked()
    assert {len(names) for names in by.values()} == {3}
    assert {len({*names}) for names in by.values()} == {1}
    assert len({names[0] for names in by.values()}) == 4


async def test_the_keys_of_one_that_leaves_by_itself_go_to_the_others(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    class Mortal(Smith):
        async def handle(self, message: Job) -> str:
            if message.key == "die":
                self.context._life.cancel(None)
                await trio.lowlevel.checkpoint()
            return await super().handle(message)

    pool = await start(nursery, Pool(2, Mortal, key=key_of))
    await pool.send(Job(1, "die"))
    for number in range(8):  # some of which wait behind it
        await pool.send(Job(1, number))
    await trio.sleep(20)
    assert pool.statistics().ledger == Ledger(accepted=9, handled=8, interrupted=1)
    assert not seats_of(pool)._owners
    assert len(seats_of(pool).free) == 2
    pool.stop()


@pytest.mark.parametrize("capacity", [1, 9])
async def test_what_the_key_function_raises_is_the_senders(
    nursery: trio.Nursery, autojump_clock: MockClock, capacity: int
) -> None:
    class Broken(Exception):
        pass

    def pick(job: Job) -> Hashable:
        if job.key == "raise":
            raise Broken
        return job.key

    pool = await start(nursery, Pool(2, Smith, key=pick), capacity=capacity)
    for _ in range(3):  # of which one makes the small mailbox full
        nursery.start_soon(pool.send, Job(1))
        await wait_all_tasks_blocked()
    for key, error in ("raise", Broken), ([], TypeError):
        with pytest.raises(error):
            await pool.send(Job(1, key))  # type: ignore[arg-type]
        with pytest.raises(error):
            pool.send_nowait(Job(1, key))  # type: ignore[arg-type]
        with pytest.raises(error):
            await pool.ask(Job(1, key))  # type: ignore[arg-type]
    await trio.sleep(10)
    assert await pool.ask(Job(1)) == "Smith/1"
    assert pool.statistics().ledger == Ledger(accepted=4, handled=4)
    pool.stop()


async def test_an_agent_whose_message_has_no_key_waits_for_nobody(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    class Customer(Smith):
        async def handle(self, message: Job) -> str:
            for talk in pool.send, pool.ask:
                with pytest.raises(TypeError):
                    await talk(Job(1, []))  # type: ignore[arg-type]
            assert self.context._life.waits_for is None
            return ""

    pool = await start(nursery, Pool(1, Smith, key=key_of), capacity=1)
    for _ in range(3):
        nursery.start_soon(pool.send, Job(9))
        await wait_all_tasks_blocked()
    customer = await start(nursery, Customer)
    await customer.ask(Job())
    await trio.sleep(30)
    customer.stop()
    pool.stop()


async def test_a_bad_key_that_came_before_the_pool_crashes_it_and_loses_nothing() -> (
    None
):
    jobs = [Job(0, 1), Job(0, []), Job(0, 2)]  # type: ignore[arg-type]
    with pytest.raises(ExceptionGroup) as caught:
        async with trio.open_nursery() as nursery:
            pool = start_soon(nursery, Pool(2, Smith, key=key_of))
            for job in jobs:
                pool.send_nowait(job)
    assert [type(error) for error in caught.value.exceptions] == [TypeError]
    assert pool.outcome is not None
    assert pool.outcome.undelivered == tuple(jobs)


async def test_with_a_key_a_full_mailbox_makes_wait_or_refuses(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    shop = Pool(2, Smith, key=key_of)
    pool = await start(nursery, shop, capacity=2, overflow="refuse")
    for _ in range(3):
        await pool.send(Job(1))
        await wait_all_tasks_blocked()
    with pytest.raises(MailboxFull):
        await pool.send(Job(1, 1))
    with pytest.raises(MailboxFull):
        await pool.ask(Job(1, 1))
    await pool.aclose()
    assert pool.statistics().ledger == Ledger(accepted=3, handled=3)


@pytest.mark.parametrize(
    "options",
    [
        {"capacity": 0},
        {"overflow": "drop_oldest"},
        {"overflow": "drop_newest"},
        {"overflow": "latest", "key": key_of},
    ],
)
async def test_a_key_does_not_go_with_everything(
    nursery: trio.Nursery, options: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="a pool with a key"):
        await start(nursery, Pool(2, Smith, key=key_of), **options)


def test_a_key_is_known_at_once() -> None:
    async def key(job: Job) -> Hashable:
        return job.key

    with pytest.raises(TypeError, match="at once"):
        Pool(2, Smith, key=key)  # type: ignore[arg-type]


# --- asking ---


async def test_an_ask_that_is_given_up_is_abandoned_or_interrupted(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    pool = await start(nursery, Pool(2, Smith))
    async with trio.open_nursery() as askers:
        askers.cancel_scope.deadline = 1
        for job in [Job(5), LinkedJob(5), Job(5)]:
            askers.start_soon(pool.ask, job)
            await wait_all_tasks_blocked()
    assert trio.current_time() == 1
    await pool.aclose()
    assert pool.statistics().ledger == Ledger(
        accepted=3, handled=1, interrupted=1, abandoned=1
    )


class Ask(Request[Any]):
    """Whom an asker is to ask what."""

    def __init__(self, whom: Any, what: Request[Any]) -> None:
        self.whom = whom
        self.what = what


class Asker(Agent[Ask | Job]):
    async def handle(self, message: Ask | Job) -> object:
        if isinstance(message, Job):
            await trio.sleep(message.seconds)
            return self.context.name
        return await message.whom.ask(message.what)


async def test_a_worker_that_asks_its_asker_is_told_of_the_ring(
    nursery: trio.Nursery,
) -> None:
    pool = await start(nursery, Pool(2, Asker), name="pool")
    asker = await start(nursery, Asker, name="asker")

    class Back(Asker):
        async def handle(self, message: Ask | Job) -> object:
            try:
                return await super().handle(message)
            except Deadlock as deadlock:
                return deadlock.ring

    backs = await start(nursery, Pool(2, Back), name="back")
    ring = await asker.ask(Ask(backs, Ask(asker, Job(0))))
    assert ring == ("back/1", "asker")
    for handle in pool, asker, backs:
        handle.stop()


async def test_a_worker_may_ask_what_another_worker_answers(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    pool = await start(nursery, Pool(2, Asker), name="pool")
    asker = await start(nursery, Asker, name="asker")
    # A worker asks the pool itself, and one asks an agent that asks the pool.
    assert await pool.ask(Ask(pool, Job(1))) in {"pool/1", "pool/2"}
    assert await pool.ask(Ask(asker, Ask(pool, Job(1)))) in {"pool/1", "pool/2"}
    pool.stop()
    asker.stop()


async def test_while_the_second_worker_starts_the_first_may_be_asked(
    nursery: trio.Nursery,
) -> None:
    asker = await start(nursery, Asker)
    names: list[str] = []

    class Curious(Asker):
        def __init__(self) -> None:
            self.first = not names
            names.append("")

        def lifespan(self) -> Any:
            return self

        async def __aenter__(self) -> None:
            if not self.first:
                pool = self.context.handle
                names.append(await asker.ask(Ask(pool, Job(0))))

        async def __aexit__(self, *_: object) -> None: ...

    pool = await start(nursery, Pool(2, Curious), name="pool")
    assert names == ["", "", "pool/1"]
    pool.stop()
    asker.stop()


async def test_a_worker_watches_and_keeps_time_like_any_agent(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    seen: list[object] = []

    class Watcher(Agent[Any]):
        async def handle(self, message: Any) -> None:
            if isinstance(message, Handle):
                self.context.watch(message, lambda outcome: outcome)
                self.context.timers.once("tick", "tick", after=1)
            else:
                seen.append(message)

    other = await start(nursery, Smith)
    pool = await start(nursery, Pool(2, Watcher))
    await pool.send(other)
    await other.aclose()
    await trio.sleep(2)
    assert seen == [other.outcome, "tick"]
    await pool.aclose()
    assert isinstance(pool.outcome, Outcome)
    assert pool.outcome.ledger == Ledger(accepted=3, handled=3)


@pytest.mark.parametrize("key", [None, key_of])
async def test_what_a_worker_has_postponed_is_its_own(
    nursery: trio.Nursery, autojump_clock: MockClock, key: Any
) -> None:
    class Patient(Smith):
        async def handle(self, message: Job) -> str:
            if message.key == "open":
                self.context.become(super().handle)
            else:
                self.context.postpone(message)
            return ""

    pool = await start(nursery, Pool(1, Patient, key=key))
    early, late = Job(1, "early"), Job(1, "late")
    await pool.send(early)
    await wait_all_tasks_blocked()
    assert pool.statistics().ledger == Ledger(accepted=1)
    await pool.send(Job(0, "open"))
    await trio.sleep(2)
    assert pool.statistics().ledger == Ledger(accepted=2, handled=2)
    shop = Pool(1, Patient, key=key)
    other = await start(nursery, shop)
    call = trio.CancelScope()

    async def ask() -> None:
        with call, pytest.raises(AgentClosed):
            await other.ask(late)

    nursery.start_soon(ask)
    await wait_all_tasks_blocked()
    pool.stop()
    other.stop()
    assert (await other.wait_closed()).undelivered == (late,)


async def test_in_a_supervisor_a_pool_is_used_like_any_agent(
    autojump_clock: MockClock,
) -> None:
    order: Counter[str] = Counter()

    class Client(Agent[Job]):
        def __init__(self, pool: Handle[Job]) -> None:
            self.pool = pool

        async def handle(self, message: Job) -> str:
            order["asked"] += 1
            return await self.pool.ask(message)

    async with open_supervisor() as supervisor:
        pool = await supervisor.start(Pool(2, Smith), uses=[])
        client = await supervisor.start(Client, pool, uses=[pool])
        for _ in range(4):
            await client.send(Job(1))
    assert [outcome.agent for outcome in supervisor.outcomes] == ["Client", "Smith"]
    assert [outcome.ledger.handled for outcome in supervisor.outcomes] == [4, 4]
