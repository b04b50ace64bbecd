"""T18: streams."""
# ruff: noqa: N802 - the names begin with the ids of the promises

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked
from troupe import Call, Do, Doer, attempt

from exeunt import Agent, Fate, Handle, Ledger, Reply, Request, start
from exeunt.exceptions import AgentClosed, AgentCrashed, Deadlock, Refusal


@attrs.frozen
class Count(Request[AsyncIterator[int]]):
    """What a counter counts up to, and what it does after."""

    to: int
    seconds: float = 0  # that each number takes
    first: float = 0  # that it takes to answer
    leaving: float = 0  # that it takes to clean up
    error: Exception | None = None


@attrs.frozen
class Last(Request[int]):
    """Asks for the last number that was counted."""


class Counter(Agent[Count | Last]):
    """Counts on demand, and remembers where it stands."""

    def __init__(self) -> None:
        self.last = 0
        self.closed_in: list[trio.lowlevel.Task] = []
        self.made_in: set[trio.lowlevel.Task] = set()

    async def handle(self, message: Count | Last) -> AsyncIterator[int] | int:
        match message:
            case Count():
                await trio.sleep(message.first)
                return self.count(message)
            case Last():
                return self.last
            case _:
                self.unhandled(message)

    async def count(self, message: Count) -> AsyncGenerator[int]:
        try:
            for number in range(1, message.to + 1):
                await trio.sleep(message.seconds)
                self.made_in.add(trio.lowlevel.current_task())
                self.last = number
                yield number
            if message.error is not None:
                raise message.error
        finally:
            with trio.CancelScope(shield=True):
                await trio.sleep(message.leaving)
            self.closed_in.append(trio.lowlevel.current_task())


def itself(counter: Counter) -> Counter:
    return counter


async def read(handle: Handle[Any], request: Count) -> list[int]:
    async with handle.stream(request) as numbers:
        return [number async for number in numbers]


async def test_T18_1_entering_waits_for_the_turn_and_raises_what_an_ask_would(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    counter = await start(nursery, Counter, capacity=0)
    async with counter.stream(Count(1, first=3)):
        assert trio.current_time() == 3
    refuser = await start(nursery, Doer)

    async def refuse() -> None:
        raise refusal

    refusal = Refusal()
    with pytest.raises(Refusal) as raised:
        async with refuser.stream(Do(refuse)):
            pass  # pragma: no cover
    assert raised.value is refusal
    await refuser.aclose()
    assert isinstance(await attempt(read, refuser, Count(1)), AgentClosed)


async def test_T18_2_the_items_arrive_in_order_and_none_is_lost(
    nursery: trio.Nursery,
) -> None:
    counter = await start(nursery, Counter)
    assert await read(counter, Count(5)) == [1, 2, 3, 4, 5]
    assert await read(counter, Count(0)) == []


async def test_T18_3_they_are_made_by_the_agents_own_task_in_the_turn(
    nursery: trio.Nursery,
) -> None:
    made = Counter()
    counter = await start(nursery, itself, made)
    request = Count(2)
    async with counter.stream(request) as numbers:
        last = Call(nursery, counter.ask, Last())
        assert await anext(numbers) == 1
        await wait_all_tasks_blocked()
        assert last.pending
        assert [number async for number in numbers] == [2]
        await wait_all_tasks_blocked()
        assert last.result == 2
    assert len(made.made_in) == 1
    assert trio.lowlevel.current_task() not in made.made_in
    async with counter.stream(request):
        await wait_all_tasks_blocked()
        assert counter.statistics().handling is request


async def test_T18_4_an_item_is_made_when_it_is_waited_for(
    nursery: trio.Nursery,
) -> None:
    made = Counter()
    counter = await start(nursery, itself, made)
    async with counter.stream(Count(5)) as numbers:
        await wait_all_tasks_blocked()
        assert made.last == 0
        for number in (1, 2, 3):
            assert await anext(numbers) == number
            await wait_all_tasks_blocked()
            assert made.last == number


async def test_T18_5_leaving_the_block_cancels_the_turn_and_awaits_it(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    made = Counter()
    counter = await start(nursery, itself, made)
    async with counter.stream(Count(5, leaving=4)) as numbers:
        last = Call(nursery, counter.ask, Last())
        async for number in numbers:
            if number == 2:
                break
    assert trio.current_time() == 4
    assert {*made.closed_in} == made.made_in
    await wait_all_tasks_blocked()
    assert last.result == 2
    ledger = counter.statistics().ledger
    assert ledger == Ledger(accepted=2, handled=1, interrupted=1)

    with trio.move_on_after(1):  # likewise where the reader is cancelled
        await read(counter, Count(5, seconds=9, leaving=4))
    assert trio.current_time() == 9
    assert counter.statistics().ledger.interrupted == 2


async def test_T18_6_a_stream_that_has_come_to_its_end_is_handled(
    nursery: trio.Nursery,
) -> None:
    counter = await start(nursery, Counter)
    with pytest.raises(ValueError, match="of the reader's own"):
        async with counter.stream(Count(2)) as numbers:
            assert [number async for number in numbers] == [1, 2]
            raise ValueError("of the reader's own")
    assert counter.statistics().ledger == Ledger(accepted=1, handled=1)


async def test_T18_7_a_reader_that_is_cancelled_while_it_enters(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    made = Counter()
    counter = await start(nursery, itself, made)
    async with counter.stream(Count(1)):
        entering = Call(nursery, read, counter, Count(7))
        await wait_all_tasks_blocked()
        entering.scope.cancel()
    await counter.ask(Last())
    assert counter.statistics().ledger == Ledger(
        accepted=3, handled=1, interrupted=1, abandoned=1
    )

    async def leave_slowly() -> None:
        try:
            await trio.sleep_forever()
        finally:
            with trio.CancelScope(shield=True):
                await trio.sleep(4)

    doer = await start(nursery, Doer)
    with trio.move_on_after(1):
        async with doer.stream(Do(leave_slowly)):
            pass  # pragma: no cover
    assert trio.current_time() == 5
    assert doer.statistics().ledger == Ledger(accepted=1, interrupted=1)


async def test_T18_8_a_cancelled_wait_for_an_item_loses_nothing(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    counter = await start(nursery, Counter)
    async with counter.stream(Count(3, seconds=2)) as numbers:
        for _ in range(3):
            with trio.move_on_after(0.5):
                await anext(numbers)
        assert await anext(numbers) == 1
        assert trio.current_time() == 2
        with trio.move_on_after(0.5):
            await anext(numbers)
        await trio.sleep(5)
        assert [number async for number in numbers] == [2, 3]
    assert trio.current_time() == 9.5


async def test_T18_9_an_exception_out_of_the_iterator_crashes_the_agent() -> None:
    crash = ValueError()
    got: list[object] = []
    with pytest.RaisesGroup(ValueError) as raised:
        async with trio.open_nursery() as nursery:
            counter = await start(nursery, Counter)
            with trio.CancelScope(shield=True):
                async with counter.stream(Count(1, error=crash)) as numbers:
                    got.append(await anext(numbers))
                    got.append(await attempt(anext, numbers))
    assert raised.value.exceptions[0] is crash
    assert got[0] == 1
    assert isinstance(got[1], AgentCrashed)
    assert got[1].__cause__ is crash
    assert (await counter.wait_closed()).ledger == Ledger(accepted=1, failed=1)


async def test_T18_10_a_refusal_out_of_the_iterator_goes_to_the_reader(
    nursery: trio.Nursery,
) -> None:
    counter = await start(nursery, Counter)
    refusal = Refusal()
    async with counter.stream(Count(1, error=refusal)) as numbers:
        assert await anext(numbers) == 1
        assert await attempt(anext, numbers) is refusal
    assert await counter.ask(Last()) == 1
    assert counter.statistics().ledger == Ledger(accepted=2, handled=2)

    async def refuse_to_leave() -> AsyncGenerator[int]:
        try:
            yield 1
        finally:
            raise refusal

    async def answer() -> AsyncGenerator[int]:
        return refuse_to_leave()

    doer = await start(nursery, Doer)
    async with doer.stream(Do(answer)) as numbers:
        assert await anext(numbers) == 1
    await doer.aclose()


async def test_T18_11_after_a_stop_the_stream_goes_on(nursery: trio.Nursery) -> None:
    counter = await start(nursery, Counter)
    async with counter.stream(Count(3)) as numbers:
        counter.stop()
        assert [number async for number in numbers] == [1, 2, 3]
    assert (await counter.wait_closed()).ledger == Ledger(accepted=1, handled=1)

    counter = await start(nursery, Counter)
    async with counter.stream(Count(3)) as numbers:
        assert await anext(numbers) == 1
        counter.stop()
    assert (await counter.wait_closed()).ledger == Ledger(accepted=1, interrupted=1)


async def test_T18_12_after_a_cancel_comes_what_is_there_and_then_the_end(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    counter = await start(nursery, Counter)
    async with counter.stream(Count(3, seconds=2)) as numbers:
        with trio.move_on_after(1):
            await anext(numbers)
        await trio.sleep(5)
        counter.cancel()
        await counter.wait_closed()
        assert await anext(numbers) == 1
        closed = await attempt(anext, numbers)
        assert isinstance(closed, AgentClosed)
        assert closed.fate is Fate.INTERRUPTED


class Postponer(Agent[Count | Last]):
    """Defers its replies to a helper, which answers with an async generator."""

    def __init__(self, closed_in: list[trio.lowlevel.Task]) -> None:
        self.closed_in = closed_in

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        async with trio.open_nursery() as self.helpers:
            yield

    async def handle(self, message: Count | Last) -> int:
        if isinstance(message, Count):
            self.helpers.start_soon(self.answer, self.context.defer(message))
        return 42

    async def answer(self, reply: Reply[AsyncIterator[int]]) -> None:
        await trio.sleep(1)
        reply.send(self.numbers())

    async def numbers(self) -> AsyncGenerator[int]:
        try:
            for number in range(10):
                yield number
        finally:
            self.closed_in.append(trio.lowlevel.current_task())


async def test_T18_13_a_deferred_stream_is_iterated_by_the_reader(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    closed_in: list[trio.lowlevel.Task] = []
    postponer = await start(nursery, Postponer, closed_in)
    async with postponer.stream(Count(10)) as numbers:
        assert await anext(numbers) == 0
        assert await postponer.ask(Last()) == 42
        assert await anext(numbers) == 1
    assert closed_in == [trio.lowlevel.current_task()]
    assert postponer.statistics().ledger == Ledger(accepted=2, handled=2)


async def test_T18_14_an_answer_that_is_no_async_iterable_is_a_type_error(
    nursery: trio.Nursery,
) -> None:
    counter = await start(nursery, Counter)
    wrong: Any = Last()
    with pytest.raises(TypeError):
        async with counter.stream(wrong):
            pass  # pragma: no cover
    assert await counter.ask(Last()) == 0
    assert counter.statistics().ledger == Ledger(accepted=2, handled=2)


async def test_T18_15_an_ask_returns_the_async_iterable_untouched(
    nursery: trio.Nursery,
) -> None:
    made = Counter()
    counter = await start(nursery, itself, made)
    numbers = await counter.ask(Count(2))
    assert made.last == 0
    assert counter.statistics().handling is None
    assert isinstance(numbers, AsyncGenerator)
    async with aclosing(numbers):
        assert [number async for number in numbers] == [1, 2]


async def test_T18_16_a_ring_through_a_stream_is_a_deadlock(
    nursery: trio.Nursery,
) -> None:
    counter = await start(nursery, Counter, name="counter", capacity=0)
    reader = await start(nursery, Doer, name="reader")
    go_between = await start(nursery, Doer, name="go-between")

    async def read_and_do(do: Do, ask: Handle[Any]) -> object:
        async with counter.stream(Count(2)) as numbers:
            before = await attempt(ask.ask, do)
            await anext(numbers)
            return before, await attempt(ask.ask, do)

    ask_it = Do(attempt, counter.ask, Last())
    found = await reader.ask(Do(read_and_do, Last(), counter))
    assert all(isinstance(error, Deadlock) for error in found)
    found = await reader.ask(Do(read_and_do, ask_it, go_between))
    assert [error.ring for error in found] == [("go-between", "counter", "reader")] * 2

    async def read_itself() -> object:
        return await attempt(read, reader, Count(1))

    error = await reader.ask(Do(read_itself))
    assert isinstance(error, Deadlock)
    assert error.ring == ("reader",)


async def test_T18_17_a_stream_gives_way_to_the_wait_of_its_reader(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    counter = await start(nursery, Counter, name="counter")
    reader = await start(nursery, Doer, name="reader")

    async def read_and_ask() -> list[object]:
        async with counter.stream(Count(3, seconds=2)) as numbers:
            with trio.move_on_after(1):
                await anext(numbers)
            answer = await counter.ask(Last())
            items = [await attempt(anext, numbers) for _ in range(2)]
            return [answer, *items]

    answer, item, error = await reader.ask(Do(read_and_ask))
    assert (answer, item) == (1, 1)
    assert isinstance(error, Deadlock)
    assert error.ring == ("counter", "reader")


async def test_T18_18_one_task_waits_at_a_time_and_in_the_block_alone(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    counter = await start(nursery, Counter)
    async with counter.stream(Count(2, seconds=2)) as numbers:
        first = Call(nursery, anext, numbers)
        await wait_all_tasks_blocked()
        assert isinstance(await attempt(anext, numbers), trio.BusyResourceError)
    await wait_all_tasks_blocked()
    assert isinstance(first.result, trio.ClosedResourceError)
    assert isinstance(await attempt(anext, numbers), trio.ClosedResourceError)


@attrs.frozen
class Guard(Agent[Count]):
    """Notes what is raised where it yields."""

    seen: list[BaseException]

    async def handle(self, message: Count) -> AsyncIterator[int]:
        return self.count()

    async def count(self) -> AsyncGenerator[int]:
        try:
            yield 1
        except BaseException as raised:
            self.seen.append(raised)
            raise


async def test_T18_19_the_cancellation_is_raised_at_the_yield(
    nursery: trio.Nursery,
) -> None:
    seen: list[BaseException] = []
    guard = await start(nursery, Guard, seen)
    async with guard.stream(Count(1)) as numbers:
        await anext(numbers)
    assert [type(raised) for raised in seen] == [trio.Cancelled]
