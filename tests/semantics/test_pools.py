"""T14: several equal agents behind one handle."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from collections.abc import AsyncGenerator, Hashable
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked
from troupe import Call, Do, Doer, Line, Player, do_nothing

from exeunt import (
    Agent,
    Backoff,
    Handle,
    Ledger,
    Pool,
    Reason,
    Request,
    open_supervisor,
    start,
)
from exeunt.exceptions import AgentClosed, AgentCrashed, Deadlock, MailboxFull


class Worker(Player):
    """Notes who says what, and when."""

    async def handle(self, message: Line) -> str:
        self.said.append(f"{trio.current_time():g} {self.context.name} {message.text}")
        await trio.sleep(message.seconds)
        if message.error is not None:
            raise message.error
        return self.context.name


def first_letter(line: Line) -> Hashable:
    return line.text[0]


def times_of(said: list[str]) -> list[str]:
    """Leave out who it was, where that is left to the schedule."""
    return [f"{when} {text}" for when, _, text in map(str.split, said)]


def workers_of(handle: Handle[Any]) -> list[str]:
    return [life.name for life in handle._life.crew]


@pytest.fixture
def said() -> list[str]:
    return []


async def test_T14_1_each_worker_has_one_turn_at_a_time(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    turns = 0
    seen: set[tuple[str, int, bool]] = set()

    async def work(doer: "Named") -> None:
        nonlocal turns
        turns += 1
        seen.add((doer.context.name, turns, doer.context.handle is pool))
        await trio.sleep(1)
        turns -= 1

    class Named(Doer):
        async def handle(self, message: Do) -> object:
            await work(self)
            return None

    pool = await start(nursery, Pool(3, Named), name="pool")
    for _ in range(9):
        await pool.send(Do(do_nothing))
    await pool.aclose()
    assert {name for name, _, _ in seen} == {"pool/1", "pool/2", "pool/3"}
    assert max(most for _, most, _ in seen) == 3
    assert all(same for _, _, same in seen)


async def test_T14_2_who_is_free_takes_the_next_message(
    nursery: trio.Nursery, autojump_clock: MockClock, said: list[str]
) -> None:
    pool = await start(nursery, Pool(2, Worker, said), name="w")
    for text, seconds in ("a", 5), ("b", 1), ("c", 1), ("d", 1), ("e", 1):
        await pool.send(Line(text, seconds))
    await pool.aclose()
    assert times_of(said) == ["0 a", "0 b", "1 c", "2 d", "3 e"]


async def test_T14_3_equal_keys_keep_their_order(
    nursery: trio.Nursery, autojump_clock: MockClock, said: list[str]
) -> None:
    crew = Pool(2, Worker, said, key=first_letter, restart="transient")
    pool = await start(nursery, crew)
    for number in range(3):
        for letter in "abcd":
            error = ValueError() if number == 1 and letter == "b" else None
            await pool.send(Line(f"{letter}{number}", 1, error))
    await trio.sleep(0.5)
    crew.resize(4)
    await trio.sleep(1)
    crew.resize(1)
    for letter in "abcd":
        await pool.send(Line(f"{letter}3", 1))
    await pool.aclose()
    turns = [line.split() for line in said]
    for letter in "abcd":
        own = [(float(t), text) for t, _, text in turns if text[0] == letter]
        assert [text for _, text in own] == [f"{letter}{n}" for n in range(4)]
        times = [when for when, _ in own]
        assert all(later - sooner >= 1 for sooner, later in pairwise(times))


async def test_T14_4_a_key_has_the_same_worker(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    crew = Pool(3, Worker, key=first_letter)
    pool = await start(nursery, crew)
    before = {letter: await pool.ask(Line(letter)) for letter in "abcdefgh"}
    for letter, worker in before.items():
        assert await pool.ask(Line(letter)) == worker
    calls = {x: Call(nursery, pool.ask, Line(x, 1)) for x in "abcdefgh"}
    await wait_all_tasks_blocked()
    crew.resize(1)
    more = {x: Call(nursery, pool.ask, Line(x, 1)) for x in "abcdefgh"}
    await trio.sleep(99)
    for letter, worker in before.items():
        assert calls[letter].result == more[letter].result == worker
    assert {await pool.ask(Line(letter)) for letter in before} == {"Worker/1"}
    pool.stop()


async def test_T14_5_a_bad_key_is_its_senders(
    nursery: trio.Nursery, said: list[str]
) -> None:
    def key(line: Line) -> Any:
        return [] if line.text == "list" else first_letter(line)

    pool = await start(nursery, Pool(2, Worker, said, key=key))
    for text, error in ("", IndexError), ("list", TypeError):
        with pytest.raises(error):
            await pool.send(Line(text))
        with pytest.raises(error):
            pool.send_nowait(Line(text))
        with pytest.raises(error):
            await pool.ask(Line(text))
    assert said == []
    assert await pool.ask(Line("good"))
    assert pool.statistics().ledger == Ledger(accepted=1, handled=1)
    pool.stop()


async def test_T14_6_a_key_needs_room_and_loses_nothing(nursery: trio.Nursery) -> None:
    options: list[dict[str, Any]] = [
        {"capacity": 0},
        {"overflow": "drop_oldest"},
        {"overflow": "drop_newest"},
        {"overflow": "latest", "key": first_letter},
    ]
    for option in options:
        with pytest.raises(ValueError, match="a pool with a key"):
            await start(nursery, Pool(2, Worker, key=first_letter), **option)
    for overflow in "wait", "refuse":
        crew = Pool(2, Worker, key=first_letter)
        pool = await start(nursery, crew, overflow=overflow, capacity=1)
        pool.stop()


async def test_T14_7_there_is_one_mailbox(
    nursery: trio.Nursery, autojump_clock: MockClock, said: list[str]
) -> None:
    for size in 1, 3:
        for key in None, first_letter:
            pool = await start(nursery, Pool(size, Worker, key=key), capacity=2)
            for number in range(size):
                await pool.send(Line(f"{number}", 1))
                await wait_all_tasks_blocked()
            busy = pool.statistics().ledger.accepted - pool.statistics().waiting
            for _ in range(2 - pool.statistics().waiting):
                pool.send_nowait(Line("0"))
            with pytest.raises(MailboxFull):
                pool.send_nowait(Line("0"))
            call = Call(nursery, pool.send, Line("0"))
            await wait_all_tasks_blocked()
            assert call.pending
            assert pool.statistics().blocked_senders == 1
            await trio.sleep(9)
            await pool.aclose()
            assert pool.statistics().ledger.handled == busy + 3


async def test_T14_8_the_number_of_workers_can_change(
    nursery: trio.Nursery, autojump_clock: MockClock, said: list[str]
) -> None:
    crew = Pool(1, Worker, said)
    pool = await start(nursery, crew, name="w")
    for text in "abcdef":
        await pool.send(Line(text, 2))
    await trio.sleep(1)
    crew.resize(3)
    await trio.sleep(1.5)
    crew.resize(1)
    assert workers_of(pool) == ["w/1", "w/2", "w/3"]
    await trio.sleep(1)
    assert workers_of(pool) == ["w/1"]
    await pool.aclose()
    assert times_of(said) == ["0 a", "1 b", "1 c", "2 d", "4 e", "6 f"]
    assert pool.statistics().ledger == Ledger(accepted=6, handled=6)

    crew = Pool(2, Worker, said, key=lambda line: int(line.text))
    pool = await start(nursery, crew, name="k")
    said.clear()
    began = trio.current_time()
    for number in 0, 0, 1, 1, 1:
        await pool.send(Line(f"{number}", 1))
    crew.resize(1)
    await pool.aclose()
    assert trio.current_time() == began + 3
    assert len({*(line.split()[1] for line in said)}) == 2


async def test_T14_9_the_number_holds_for_each_start(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    crew = Pool(1, Worker)
    crew.resize(2)
    first = await start(nursery, crew)
    second = await start(nursery, crew)
    crew.resize(3)
    await wait_all_tasks_blocked()
    assert len(workers_of(first)) == len(workers_of(second)) == 3
    await first.send(Line("a", 5))
    await wait_all_tasks_blocked()
    first.stop()
    await wait_all_tasks_blocked()
    crew.resize(4)
    assert len(workers_of(first)) == 1
    assert len(workers_of(second)) == 4
    assert (await first.wait_closed()).ledger == Ledger(accepted=1, handled=1)
    second.stop()


async def test_T14_10_a_pool_that_is_stopped_handles_what_it_has_accepted(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    for key in None, first_letter:
        pool = await start(nursery, Pool(3, Worker, key=key))
        for text in "abcabcaaa":
            await pool.send(Line(text, 1))
        pool.stop()
        with pytest.raises(AgentClosed):
            pool.send_nowait(Line("late"))
        outcome = await pool.wait_closed()
        assert outcome.reason is Reason.STOPPED
        assert outcome.ledger == Ledger(accepted=9, handled=9)


async def test_T14_11_a_pool_that_is_cancelled_begins_nothing_more(
    nursery: trio.Nursery, autojump_clock: MockClock, said: list[str]
) -> None:
    for key in None, first_letter:
        said.clear()
        pool = await start(nursery, Pool(2, Worker, said, key=key))
        lines = [Line(text, 1) for text in "abcabc"]
        for line in lines:
            await pool.send(line)
        await trio.sleep(1.5)
        begun = len(said)
        pool.cancel()
        outcome = await pool.wait_closed()
        assert outcome.reason is Reason.CANCELLED
        assert len(said) == begun == 6 - len(outcome.undelivered)
        assert outcome.ledger.interrupted + outcome.ledger.handled == begun
        left = [line for line in lines if any(line is x for x in outcome.undelivered)]
        assert list(map(id, outcome.undelivered)) == list(map(id, left))
    idle = await start(nursery, Pool(2, Worker, said))
    await wait_all_tasks_blocked()
    said.clear()
    idle.send_nowait(Line("woken"))
    idle.cancel()
    assert (await idle.wait_closed()).ledger == Ledger(accepted=1, undelivered=1)
    assert said == []


async def test_T14_12_a_crash_takes_the_pool_with_it(
    autojump_clock: MockClock,
) -> None:
    class Gang(Agent[int]):
        async def handle(self, message: int) -> None:
            await together.wait()
            if message < crashes:
                raise errors[message]
            await trio.sleep(9)

    for crashes in 1, 2:
        together = trio.Event()
        errors = [ValueError(number) for number in range(crashes)]
        with pytest.raises(ExceptionGroup) as caught:
            async with trio.open_nursery() as nursery:
                pool = await start(nursery, Pool(3, Gang))
                for number in range(6):
                    await pool.send(number)
                await wait_all_tasks_blocked()
                together.set()
        (raised,) = caught.value.exceptions
        found = raised.exceptions if isinstance(raised, ExceptionGroup) else [raised]
        assert {*map(id, found)} == {*map(id, errors)}
        assert pool.outcome is not None
        assert pool.outcome.reason is Reason.CRASHED
        assert pool.outcome.ledger == Ledger(
            accepted=6, failed=crashes, interrupted=3 - crashes, undelivered=3
        )


async def test_T14_13_a_restart_loses_one_message(
    nursery: trio.Nursery, autojump_clock: MockClock, said: list[str]
) -> None:
    pause = Backoff(10, 10, jitter=0)
    pool = await start(
        nursery, Pool(2, Worker, said, restart="transient", backoff=pause), name="w"
    )
    await pool.send(Line("crash", 0, ValueError()))
    for text in "ab":
        await pool.send(Line(text, 1))
    await trio.sleep(3)
    assert times_of(said) == ["0 crash", "0 a", "1 b"]
    assert len({line.split()[1] for line in said[1:]}) == 1
    await pool.aclose()
    assert pool.statistics().ledger == Ledger(accepted=3, handled=2, failed=1)

    said.clear()
    began = trio.current_time()
    crew = Pool(2, Worker, said, key=first_letter, restart="transient", backoff=pause)
    pool = await start(nursery, crew, name="k")
    await pool.send(Line("crash", 0, ValueError()))
    await pool.send(Line("cures"))
    await pool.aclose()
    assert trio.current_time() == began + 10
    assert len({line.split()[1] for line in said}) == 1


async def test_T14_14_too_many_crashes_end_the_pool() -> None:
    errors = [ValueError(number) for number in range(3)]
    with pytest.raises(ExceptionGroup) as caught:
        async with trio.open_nursery() as nursery:
            crew = Pool(2, Worker, restart="transient", max_restarts=2, within=60)
            pool = await start(nursery, crew)
            for error in errors:
                await pool.send(Line("crash", 0, error))
    (group,) = caught.value.exceptions
    assert isinstance(group, ExceptionGroup)
    assert {*map(id, group.exceptions)} == {*map(id, errors)}


class Leaver(Agent[Line]):
    """Leaves when it is told so."""

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with trio.open_nursery() as self.nursery:
            yield
            self.nursery.cancel_scope.cancel()

    async def handle(self, message: Line) -> str:
        if message.text == "leave":
            self.nursery.cancel_scope.cancel()
        await trio.sleep(message.seconds)
        return self.context.name


async def test_T14_15_a_worker_that_has_left_is_replaced(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    for key in None, (lambda _: 1):
        pool = await start(nursery, Pool(1, Leaver, key=key))
        await pool.send(Line("leave"))
        for _ in range(3):
            await pool.send(Line("stay"))
        await wait_all_tasks_blocked()
        assert pool.statistics().ledger == Ledger(accepted=4, handled=3, interrupted=1)
        await pool.aclose()
        assert pool.statistics().restarts == 1
    with pytest.raises(ExceptionGroup):
        async with trio.open_nursery() as its_nursery:
            pool = await start(its_nursery, Pool(1, Leaver, max_restarts=0))
            await pool.send(Line("leave"))
    assert isinstance(pool.outcome and pool.outcome.error, AgentClosed)


async def test_T14_16_the_ledger_is_that_of_all(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    pool = await start(nursery, Pool(2, Worker, restart="transient"))
    for seconds in 1, 2, 3:
        await pool.send(Line("a", seconds))
    await pool.send(Line("crash", 0, ValueError()))
    ledgers = []
    for moment in 0.5, 1.5, 2.5, 4.5:
        await trio.sleep_until(moment)
        ledgers.append(pool.statistics().ledger)
    assert ledgers == [
        Ledger(accepted=4),
        Ledger(accepted=4, handled=1),
        Ledger(accepted=4, handled=2, failed=1),
        Ledger(accepted=4, handled=3, failed=1),
    ]
    assert pool.statistics().restarts == 1
    await pool.aclose()
    assert pool.outcome is not None
    assert pool.outcome.ledger == ledgers[-1]
    assert pool.outcome.restarts == 1


async def test_T14_17_errors_name_the_worker(nursery: trio.Nursery) -> None:
    pool = await start(nursery, Pool(1, Worker, restart="transient"), name="pool")
    with pytest.raises(AgentCrashed, match=r"'pool/1' crashed") as crashed:
        await pool.ask(Line("crash", 0, ValueError()))
    assert crashed.value.agent == "pool/1"
    call = Call(nursery, pool.ask, Line("a", 9))
    await wait_all_tasks_blocked()
    queued = Call(nursery, pool.ask, Line("b"))
    await wait_all_tasks_blocked()
    pool.cancel()
    await pool.wait_closed()
    await wait_all_tasks_blocked()
    assert (call.result.agent, queued.result.agent) == ("pool/1", "pool")


async def test_T14_18_a_pool_is_ready_with_its_last_worker(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    events: list[str] = []

    class Slow(Worker):
        @asynccontextmanager
        async def lifespan(self) -> AsyncGenerator[None]:
            await trio.sleep(1)
            events.append(self.context.name)
            if self.context.name == "bad/2":
                raise OSError
            yield

    pool = await start(nursery, Pool(3, Slow), name="good")
    assert trio.current_time() == 3
    assert events == ["good/1", "good/2", "good/3"]
    await pool.aclose()
    with pytest.raises(OSError):
        await start(nursery, Pool(3, Slow, restart="transient"), name="bad")
    assert events[3:] == ["bad/1", "bad/2"]


class Relay(Request[Any]):
    """Whom to ask what."""

    def __init__(self, whom: Handle[Any], what: Request[Any]) -> None:
        self.whom = whom
        self.what = what


class Asker(Agent[Relay | Line]):
    async def handle(self, message: Relay | Line) -> Any:
        if isinstance(message, Line):
            await trio.sleep(message.seconds)
            return self.context.name
        try:
            return await message.whom.ask(message.what)
        except Deadlock as deadlock:
            return deadlock.ring


async def test_T14_19_the_edge_leads_to_the_worker(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    asker = await start(nursery, Asker, name="asker")
    pool = await start(nursery, Pool(2, Asker), name="pool")
    back = Relay(pool, Relay(asker, Line("a")))
    assert await asker.ask(back) == ("pool/1", "asker")
    # A worker asks somebody who asks the pool: another worker answers.
    assert await pool.ask(Relay(asker, Relay(pool, Line("a", 1)))) == "pool/1"
    # But not if all of them wait for that one.
    ring = await pool.ask(Relay(asker, Relay(pool, Relay(pool, Line("a")))))
    assert ring == ("pool/2", "pool", "pool/1", "asker")
    asker.stop()
    pool.stop()

    async def wait_for_own_end() -> None:
        with pytest.raises(Deadlock):
            await doers.wait_closed()

    doers = await start(nursery, Pool(2, Doer))
    await doers.ask(Do(wait_for_own_end))
    doers.stop()


async def test_T14_20_what_is_postponed_is_the_workers(
    nursery: trio.Nursery,
) -> None:
    class Patient(Agent[str]):
        async def handle(self, message: str) -> None:
            if message == "open":
                self.context.become(self.open)
            else:
                self.context.postpone(message)

        async def open(self, message: str) -> None: ...

    pool = await start(nursery, Pool(2, Patient))
    for message in "a", "b", "open":  # the first opens, the second does not
        await wait_all_tasks_blocked()
        await pool.send(message)
    await wait_all_tasks_blocked()
    assert pool.statistics().ledger == Ledger(accepted=3, handled=2)
    pool.stop()
    assert (await pool.wait_closed()).undelivered == ("b",)


async def test_T14_21_a_pool_that_is_started_again_keeps_its_mailbox(
    autojump_clock: MockClock, said: list[str]
) -> None:
    for key in None, first_letter:
        said.clear()
        async with open_supervisor() as supervisor:
            pool = await supervisor.start(
                Pool(1, Worker, said, key=key), restart="transient"
            )
            await pool.send(Line("crash", 1, ValueError()))
            for text in "a1", "b1", "a2", "b2":
                await pool.send(Line(text))
            await supervisor.idle()
        assert [line.split()[2] for line in said] == ["crash", "a1", "b1", "a2", "b2"]


async def test_T14_22_idle_waits_for_every_worker(autojump_clock: MockClock) -> None:
    async with open_supervisor() as supervisor:
        pool = await supervisor.start(Pool(2, Worker, restart="transient"))
        await pool.send(Line("a", 5))
        await pool.send(Line("b", 3))
        await pool.send(Line("crash", 1, ValueError()))
        await supervisor.idle()
        assert trio.current_time() == 5
        assert pool.statistics().ledger.settled == 3
