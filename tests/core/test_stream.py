"""Streams: strange iterators, readers that come late or leave early, and edges."""

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import pytest
import trio
from askers import Do, Doer, never_end
from trio.testing import MockClock, wait_all_tasks_blocked

from exeunt import Agent, Handle, Ledger, Outcome, Request, start
from exeunt.exceptions import (
    AgentClosed,
    Deadlock,
    MessageDropped,
    NotARequest,
    WrongRun,
)


def streaming(items: Any) -> Do:
    """Have a doer answer with *items*."""

    async def answer(doer: Doer, request: Do) -> object:
        return items

    return Do(answer)


async def numbers() -> AsyncGenerator[int]:
    yield 1
    yield 2
    yield 3


async def end_of(handle: Handle[Any]) -> Outcome:
    handle.stop()
    return await handle.wait_closed()


class Plain:
    """An iterator with nothing but what it needs."""

    def __init__(self) -> None:
        self.left = 2

    def __aiter__(self) -> AsyncIterator[int]:
        return self

    async def __anext__(self) -> int:
        if not self.left:
            raise StopAsyncIteration
        self.left -= 1
        return self.left


class Closable(Plain):
    """One that can be closed."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = 0

    async def aclose(self) -> None:
        self.closed += 1


async def test_an_iterator_needs_neither_athrow_nor_aclose(
    nursery: trio.Nursery,
) -> None:
    doer = await start(nursery, Doer)
    async with doer.stream(streaming(Plain())) as items:
        assert [item async for item in items] == [1, 0]
    async with doer.stream(streaming(Plain())) as items:
        assert await anext(items) == 1
    ledger = (await end_of(doer)).ledger
    assert ledger == Ledger(accepted=2, handled=1, interrupted=1)


async def test_an_iterator_that_can_be_closed_is(nursery: trio.Nursery) -> None:
    doer = await start(nursery, Doer)
    closable = Closable()
    async with doer.stream(streaming(closable)) as items:
        assert await anext(items) == 1
        assert closable.closed == 0
    assert closable.closed == 1
    closable = Closable()
    async with doer.stream(streaming(closable)) as items:
        assert [item async for item in items] == [1, 0]
        assert closable.closed == 1


async def test_an_iterator_that_was_never_advanced_is_closed_too(
    nursery: trio.Nursery,
) -> None:
    doer = await start(nursery, Doer)
    closable = Closable()
    async with doer.stream(streaming(closable)):
        pass
    assert closable.closed == 1
    async with doer.stream(streaming(numbers())):
        pass
    assert (await end_of(doer)).ledger == Ledger(accepted=2, interrupted=2)


async def test_a_crash_in_a_nursery_around_a_yield_comes_out_of_the_iterator() -> None:
    async def fail() -> None:
        raise ValueError

    async def in_a_nursery() -> AsyncGenerator[int]:
        async with trio.open_nursery() as helpers:
            yield 1
            helpers.start_soon(fail)
            yield 2

    with pytest.RaisesGroup(pytest.RaisesGroup(ValueError)):
        async with trio.open_nursery() as nursery:
            doer = await start(nursery, Doer)
            with trio.CancelScope(shield=True):
                async with doer.stream(streaming(in_a_nursery())) as items:
                    assert await anext(items) == 1
                    assert await anext(items) == 2
                    await wait_all_tasks_blocked()
                    assert doer.closed
    assert doer.statistics().ledger == Ledger(accepted=1, failed=1)


async def test_a_deadline_around_a_yield_ends_what_is_in_it(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    async def for_a_second() -> AsyncGenerator[str]:
        with trio.move_on_after(1):
            while True:
                yield "in time"
        yield "too late"

    doer = await start(nursery, Doer)
    async with doer.stream(streaming(for_a_second())) as items:
        assert await anext(items) == "in time"
        await trio.sleep(2)
        assert [item async for item in items] == ["too late"]
    assert (await end_of(doer)).ledger == Ledger(accepted=1, handled=1)


async def test_an_iterator_that_shields_itself_lets_its_reader_go(
    nursery: trio.Nursery,
) -> None:
    async def shielded() -> AsyncGenerator[int]:
        with trio.CancelScope(shield=True):
            yield 1
            yield 2

    doer = await start(nursery, Doer)
    async with doer.stream(streaming(shielded())) as items:
        assert await anext(items) == 1
    assert (await end_of(doer)).ledger.settled == 1


async def test_an_item_that_is_made_in_spite_of_leaving_changes_nothing(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    async def stubborn() -> AsyncGenerator[int]:
        try:
            with trio.CancelScope(shield=True):
                await trio.sleep(3)
            yield 1
        finally:
            with trio.CancelScope(shield=True):
                await trio.sleep(3)

    doer = await start(nursery, Doer)
    with trio.move_on_after(1):
        async with doer.stream(streaming(stubborn())) as items:
            await anext(items)
    assert trio.current_time() == 6
    assert (await end_of(doer)).ledger == Ledger(accepted=1, interrupted=1)


async def test_a_stream_that_begins_in_spite_of_its_reader_having_left(
    nursery: trio.Nursery,
) -> None:
    async def swallow(doer: Doer, request: Do) -> object:
        try:
            await trio.sleep_forever()
        except trio.Cancelled:
            return closable

    closable = Closable()
    doer = await start(nursery, Doer)
    with trio.CancelScope() as scope:
        nursery.start_soon(cancel_when_blocked, scope)
        async with doer.stream(Do(swallow)):
            pass  # pragma: no cover
    assert scope.cancelled_caught
    assert (closable.left, closable.closed) == (2, 1)
    assert (await end_of(doer)).ledger == Ledger(accepted=1, interrupted=1)


async def cancel_when_blocked(scope: trio.CancelScope) -> None:
    await wait_all_tasks_blocked()
    scope.cancel()


async def test_a_reader_that_is_cancelled_as_the_stream_opens_leaves_in_order(
    nursery: trio.Nursery,
) -> None:
    async def answer(doer: Doer, request: Do) -> object:
        scope.cancel()  # in the instant in which it opens, but before
        return closable

    closable = Closable()
    doer = await start(nursery, Doer)
    with trio.CancelScope() as scope:
        async with doer.stream(Do(answer)):
            await trio.sleep_forever()
    assert scope.cancelled_caught
    assert closable.closed == 1
    assert (await end_of(doer)).ledger == Ledger(accepted=1, interrupted=1)


async def test_the_reader_of_a_cancelled_agent_leaves_at_once(
    nursery: trio.Nursery,
) -> None:
    doer = await start(nursery, Doer)
    async with doer.stream(streaming(numbers())) as items:
        assert await anext(items) == 1
        doer.cancel()
        with pytest.raises(AgentClosed):
            await anext(items)
        assert await anext(items, None) is None
    assert doer.closed
    assert doer.statistics().ledger == Ledger(accepted=1, interrupted=1)


async def test_leaving_cannot_be_cut_short(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    async def slow_to_leave() -> AsyncGenerator[int]:
        try:
            yield 1
        finally:
            with trio.CancelScope(shield=True):
                await trio.sleep(5)

    doer = await start(nursery, Doer)
    with trio.move_on_after(2) as scope:
        async with doer.stream(streaming(slow_to_leave())) as items:
            await anext(items)
        assert trio.current_time() == 5
        await trio.lowlevel.checkpoint()
    assert scope.cancelled_caught
    assert doer.statistics().handling is None


async def test_items_are_checkpoints_also_those_that_are_there(
    nursery: trio.Nursery,
) -> None:
    doer = await start(nursery, Doer)
    async with doer.stream(streaming(numbers())) as items:
        for _ in range(2):
            with trio.CancelScope() as scope:
                nursery.start_soon(cancel_when_blocked, scope)
                with trio.testing.assert_checkpoints():
                    await anext(items)
        scope = trio.CancelScope()
        scope.cancel()
        with scope:
            await anext(items)
        assert scope.cancelled_caught
        assert await anext(items) == 3
        with trio.testing.assert_checkpoints():
            assert await anext(items, None) is None
        with trio.testing.assert_checkpoints():
            assert await anext(items, None) is None


async def test_what_is_no_request_is_refused_at_the_call(nursery: trio.Nursery) -> None:
    doer = await start(nursery, Doer)
    wrong: Any = "no request"
    with pytest.raises(NotARequest) as raised:
        doer.stream(wrong)
    assert raised.value.message is wrong


async def test_a_stream_belongs_to_its_run(nursery: trio.Nursery) -> None:
    async def enter() -> None:
        async with doer.stream(streaming(numbers())):
            pass  # pragma: no cover

    async def take_one() -> None:
        await anext(items)

    doer = await start(nursery, Doer)
    async with doer.stream(streaming(numbers())) as items:
        for use in (enter, take_one):
            with pytest.raises(WrongRun):
                await trio.to_thread.run_sync(trio.run, use)
        assert await anext(items) == 1


async def test_a_dropped_stream_is_told_so(nursery: trio.Nursery) -> None:
    doer = await start(nursery, Doer, capacity=1, overflow="drop_oldest")
    async with doer.stream(streaming(numbers())):

        async def enter() -> None:
            with pytest.raises(MessageDropped):
                async with doer.stream(streaming(numbers())):
                    pass  # pragma: no cover

        async with trio.open_nursery() as readers:
            readers.start_soon(enter)
            await wait_all_tasks_blocked()
            doer.send_nowait(streaming(numbers()))
    assert (await end_of(doer)).ledger.dropped == 1


async def test_a_key_that_cannot_be_told_leaves_no_edge_behind(
    nursery: trio.Nursery,
) -> None:
    def fail(message: object) -> object:
        raise ValueError

    async def enter(doer: Doer, request: Do) -> None:
        async with keyed.stream(streaming(numbers())):
            pass  # pragma: no cover

    async def try_to_enter(doer: Doer, request: Do) -> object:
        with pytest.raises(ValueError):
            await enter(doer, request)
        return doer.context._life.waits_for

    keyed = await start(nursery, Doer, overflow="latest", key=fail)
    doer = await start(nursery, Doer)
    assert await doer.ask(Do(try_to_enter)) is None


class Fickle(Agent[Request[Any] | str]):
    """Postpones what it is asked until it is told to answer."""

    async def handle(self, message: Request[Any] | str) -> None:
        if isinstance(message, str):
            self.context.become(self.answer)
        else:
            self.context.postpone(message)

    async def answer(self, message: Request[Any] | str) -> object:
        return numbers()


async def test_a_request_that_is_postponed_is_streamed_later(
    nursery: trio.Nursery,
) -> None:
    fickle = await start(nursery, Fickle)
    got: list[int] = []

    async def read() -> None:
        async with fickle.stream(streaming(None)) as items:
            got.extend([item async for item in items])

    async with trio.open_nursery() as readers:
        readers.start_soon(read)
        await wait_all_tasks_blocked()
        await fickle.send("answer")
    assert got == [1, 2, 3]
    assert (await end_of(fickle)).ledger == Ledger(accepted=2, handled=2)


@pytest.mark.parametrize("what", ["defer", "postpone"])
async def test_who_streams_can_neither_defer_nor_postpone(
    what: str, nursery: trio.Nursery
) -> None:
    async def answer(doer: Doer, request: Do) -> object:
        async def put_off() -> AsyncGenerator[BaseException]:
            with pytest.raises(RuntimeError) as raised:
                getattr(doer.context, what)(request)
            yield raised.value

        return put_off()

    doer = await start(nursery, Doer)
    async with doer.stream(Do(answer)) as items:
        assert [type(item) async for item in items] == [RuntimeError]


async def test_a_deferred_reply_that_is_no_async_iterable_is_the_readers(
    nursery: trio.Nursery,
) -> None:
    async def answer(doer: Doer, request: Do) -> None:
        doer.context.defer(request).send(3)

    doer = await start(nursery, Doer, name="doer")
    with pytest.raises(TypeError, match=r"agent 'doer' answered Do.* with 3"):
        async with doer.stream(Do(answer)):
            pass  # pragma: no cover
    assert (await end_of(doer)).ledger == Ledger(accepted=1, handled=1)


async def test_a_deferred_stream_needs_no_aclose(nursery: trio.Nursery) -> None:
    async def answer(doer: Doer, request: Do) -> None:
        doer.context.defer(request).send(Plain())

    doer = await start(nursery, Doer)
    async with doer.stream(Do(answer)) as items:
        assert [item async for item in items] == [1, 0]


# --- edges ---


async def test_a_producer_that_asks_its_reader_is_a_deadlock(
    nursery: trio.Nursery,
) -> None:
    async def ask_back(_doer: Doer, _request: Do) -> object:
        async def ask_for_each() -> AsyncGenerator[object]:
            try:
                await reader.ask(streaming(None))
            except Deadlock as deadlock:
                yield deadlock.ring

        return ask_for_each()

    async def read(_doer: Doer, _request: Do) -> object:
        async with producer.stream(Do(ask_back)) as items:
            return [item async for item in items]

    producer = await start(nursery, Doer, name="producer")
    reader = await start(nursery, Doer, name="reader")
    assert await reader.ask(Do(read)) == [("producer", "reader")]


async def test_a_stream_that_a_helper_reads_is_no_edge(nursery: trio.Nursery) -> None:
    async def read(_doer: Doer, _request: Do) -> object:
        async with (
            producer.stream(streaming(numbers())) as items,
            trio.open_nursery() as helpers,
        ):

            async def take_the_rest() -> None:
                async for item in items:
                    got.append(item)
                    await wait_all_tasks_blocked()

            helpers.start_soon(take_the_rest)
            while not got:
                await trio.lowlevel.checkpoint()
            return await producer.ask(streaming(4))

    got: list[int] = []
    producer = await start(nursery, Doer)
    reader = await start(nursery, Doer)
    assert await reader.ask(Do(read)) == 4
    assert got == [1, 2, 3]


async def test_no_edge_is_left_when_a_stream_has_ended(nursery: trio.Nursery) -> None:
    async def read(doer: Doer, _request: Do) -> object:
        seen: list[object] = []
        for leave_early in (True, False):
            async with producer.stream(streaming(numbers())) as items:
                async for _ in items:
                    seen.append(doer.context._life.waits_for)
                    if leave_early:
                        break
            seen += [doer.context._life.waits_for, life.waits_for]
        return seen

    producer = await start(nursery, Doer)
    life = producer._life
    reader = await start(nursery, Doer)
    assert {*await reader.ask(Do(read))} == {None}


async def test_leaving_for_a_producer_that_waits_for_its_reader_is_a_deadlock(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    async def ask_back(_doer: Doer, _request: Do) -> object:
        async def ask_at_all_costs() -> AsyncGenerator[object]:
            with trio.CancelScope(shield=True):
                await trio.sleep(2)
                yield await reader.ask(streaming("an answer"))

        return ask_at_all_costs()

    async def read(_doer: Doer, _request: Do) -> object:
        try:
            async with producer.stream(Do(ask_back)) as items:
                with trio.move_on_after(1):
                    await anext(items)
                await trio.sleep(2)
        except Deadlock as deadlock:
            return deadlock.ring
        raise AssertionError

    producer = await start(nursery, Doer, name="producer")
    reader = await start(nursery, Doer, name="reader")
    assert await reader.ask(Do(read)) == ("reader", "producer")
    assert (await end_of(producer)).ledger.settled == 1


async def test_an_iterator_that_shields_itself_makes_no_more_than_it_had_begun(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    async def shielded() -> AsyncGenerator[int]:
        with trio.CancelScope(shield=True):
            for number in range(3):
                await trio.sleep(number)
                made.append(number)
                yield number

    made: list[int] = []
    doer = await start(nursery, Doer)
    async with doer.stream(streaming(shielded())) as items:
        assert await anext(items) == 0
        with trio.move_on_after(0.5):
            await anext(items)
    await end_of(doer)
    assert made == [0, 1]


async def test_a_reader_that_would_close_a_ring_gets_its_request_back(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    async def needs_the_reader() -> AsyncGenerator[int]:
        await trio.sleep(2)
        await reader.ask(Do(never_end))
        yield 1

    async def read(doer: Doer, request: Do) -> None:
        async with doer_with_items.stream(wanted) as items:
            with trio.move_on_after(1):
                await anext(items)
            await trio.sleep(2)
            with pytest.raises(Deadlock) as raised:
                await anext(items)
            assert raised.value.message is wanted

    wanted = streaming(needs_the_reader())
    doer_with_items = await start(nursery, Doer)
    reader = await start(nursery, Doer)
    await reader.ask(Do(read))
    await end_of(reader)
    await end_of(doer_with_items)
