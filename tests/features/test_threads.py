"""Threads of agents, in odd places: other runs, goodbyes, Ctrl-C, helper tasks."""

import contextvars
import signal
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from exeunt import Agent, Handle, Ledger, Reason, Request, start
from exeunt.exceptions import AgentClosed, CleanupOverran, Deadlock, WrongRun


@attrs.frozen
class Do(Request[Any]):
    """What an agent is to do, given itself."""

    async_fn: Callable[["Doer"], Awaitable[object]]


class Doer(Agent[Do]):
    """Does what it is asked to do."""

    async def handle(self, message: Do) -> object:
        return await message.async_fn(self)


def do_nothing() -> None: ...


async def do_not_much(_: Doer) -> None: ...


async def error_of(async_fn: Callable[..., Awaitable[object]], *args: Any) -> object:
    try:
        return await async_fn(*args)
    except Exception as error:
        return error


# --- whose context, whose run ---


async def test_the_function_sees_the_context_variables_of_the_handler(
    nursery: trio.Nursery,
) -> None:
    name = contextvars.ContextVar("name", default="nobody")

    async def look(doer: Doer) -> tuple[str, str]:
        name.set("the handler")
        seen = await doer.context.run_in_thread(name.get)
        await doer.context.run_in_thread(name.set, "the thread")
        return seen, name.get()

    doer = await start(nursery, Doer)
    assert await doer.ask(Do(look)) == ("the handler", "the handler")
    await doer.aclose()


async def test_a_thread_is_no_place_for_a_handle(nursery: trio.Nursery) -> None:
    async def stray(doer: Doer) -> object:
        return await error_of(doer.context.run_in_thread, doer.context.handle.stop)

    doer = await start(nursery, Doer)
    assert isinstance(await doer.ask(Do(stray)), WrongRun)
    await doer.aclose()


async def test_the_context_of_another_run_is_refused(nursery: trio.Nursery) -> None:
    async def stray(doer: Doer) -> object:
        run_in_thread = doer.context.run_in_thread
        return await run_in_thread(trio.run, error_of, run_in_thread, do_nothing)

    doer = await start(nursery, Doer)
    assert isinstance(await doer.ask(Do(stray)), WrongRun)
    await doer.aclose()


async def test_a_run_in_the_thread_is_not_the_agents_task(
    nursery: trio.Nursery,
) -> None:
    async def another_run() -> object:
        async with (
            trio.open_nursery() as its_nursery,
            await start(its_nursery, Doer) as doer,
        ):
            # Were this the outer agent's own wait, it would be an edge of the outer.
            return await doer.ask(Do(waiting_for))

    async def waiting_for(_: Doer) -> object:
        return outer_life.waits_for

    async def nest(doer: Doer) -> object:
        return await doer.context.run_in_thread(trio.run, another_run)

    outer = await start(nursery, Doer)
    outer_life = outer._life
    assert await outer.ask(Do(nest)) is None
    await outer.aclose()


# --- waits from the thread ---


async def test_an_ask_from_the_thread_is_answered(nursery: trio.Nursery) -> None:
    async def answer(_: Doer) -> str:
        return "the answer"

    async def ask_from_a_thread(doer: Doer) -> object:
        return await doer.context.run_in_thread(
            trio.from_thread.run, other.ask, Do(answer)
        )

    other = await start(nursery, Doer)
    doer = await start(nursery, Doer)
    assert await doer.ask(Do(ask_from_a_thread)) == "the answer"
    await doer.aclose()
    await other.aclose()


async def test_a_ring_through_a_thread_is_seen(nursery: trio.Nursery) -> None:
    def asking(other: Handle[Do], request: Do) -> Do:
        async def ask(doer: Doer) -> object:
            return await doer.context.run_in_thread(
                trio.from_thread.run, error_of, other.ask, request
            )

        return Do(ask)

    first = await start(nursery, Doer, name="first")
    second = await start(nursery, Doer, name="second")
    error = await first.ask(asking(second, asking(first, Do(do_not_much))))
    assert isinstance(error, Deadlock)
    assert error.ring == ("second", "first")
    await first.aclose()
    await second.aclose()


async def test_a_thread_that_may_be_abandoned_asks_for_itself(
    nursery: trio.Nursery,
) -> None:
    async def ask_oneself(doer: Doer) -> None:
        errors.append(await error_of(asking_oneself, doer))

    async def asking_oneself(doer: Doer) -> None:
        await doer.context.run_in_thread(
            trio.from_thread.run,
            ask_and_note,
            doer.context.handle,
            abandon_on_cancel=True,
        )

    async def ask_and_note(doer: Handle[Do]) -> None:
        lined_up.set()
        errors.append(await error_of(doer.ask, Do(do_not_much)))
        noted.set()

    errors: list[object] = []
    lined_up, noted = trio.Event(), trio.Event()
    doer = await start(nursery, Doer)
    await doer.send(Do(ask_oneself))
    await lined_up.wait()
    await wait_all_tasks_blocked()
    assert errors == []
    doer.cancel()
    await noted.wait()
    outcome = await doer.wait_closed()
    assert outcome.ledger == Ledger(accepted=2, interrupted=1, undelivered=1)
    assert [type(error) for error in errors] == [AgentClosed]


# --- goodbyes and other ends ---


class Filing(Doer):
    """Files something away in a thread when it leaves."""

    def __init__(self, file: Callable[[], object]) -> None:
        self.file = file

    @asynccontextmanager
    async def lifespan(self) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await self.context.run_in_thread(self.file)


@pytest.mark.parametrize("end", [Handle.stop, Handle.cancel])
async def test_a_goodbye_may_use_a_thread(
    end: Callable[[Handle[Do]], None], nursery: trio.Nursery
) -> None:
    filed: list[threading.Thread] = []
    filing = await start(
        nursery, Filing, lambda: filed.append(threading.current_thread())
    )
    end(filing)
    await filing.wait_closed()
    assert len(filed) == 1
    assert filed[0] is not threading.main_thread()


async def test_a_goodbye_in_a_thread_is_not_cut_short_but_flagged(
    autojump_clock: MockClock,
) -> None:
    async def let_through_later() -> None:
        await trio.sleep(10)
        gate.set()

    async def say_goodbye() -> None:
        async with trio.open_nursery() as nursery:
            filings.append(await start(nursery, Filing, gate.wait, cleanup=5))
            nursery.start_soon(let_through_later)
            filings[0].stop()

    gate = threading.Event()
    filings: list[Handle[Do]] = []
    with pytest.warns(CleanupOverran):
        await say_goodbye()
    assert filings[0].outcome is not None
    assert filings[0].outcome.cleanup_timed_out
    assert trio.current_time() >= 10


@pytest.fixture
def sigint_as_in_a_terminal() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("sigint_as_in_a_terminal")
def test_ctrl_c_waits_for_the_thread_and_the_ledger_adds_up() -> None:
    handles: list[Handle[Do]] = []
    order: list[str] = []
    begun, gate = trio.Event(), threading.Event()

    def block() -> None:
        trio.from_thread.run_sync(begun.set)
        gate.wait()
        order.append("the thread ends")

    async def blocking(doer: Doer) -> None:
        await doer.context.run_in_thread(block)

    async def open_when_cancelled() -> None:
        try:
            await trio.sleep_forever()
        finally:
            order.append("cancelled")
            gate.set()

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            handles.append(await start(nursery, Doer))
            handles[0].send_nowait(Do(blocking))
            handles[0].send_nowait(Do(blocking))
            await begun.wait()
            nursery.start_soon(open_when_cancelled)
            await wait_all_tasks_blocked()
            signal.raise_signal(signal.SIGINT)

    with pytest.RaisesGroup(KeyboardInterrupt):
        trio.run(main)
    assert order == ["cancelled", "the thread ends"]
    assert handles[0].outcome is not None
    assert handles[0].outcome.reason is Reason.CANCELLED
    assert handles[0].outcome.ledger == Ledger(accepted=2, handled=1, undelivered=1)


async def test_helper_tasks_of_the_agent_may_use_it_too(nursery: trio.Nursery) -> None:
    async def help_out(doer: Doer) -> list[int]:
        results: list[int] = []

        async def one(number: int) -> None:
            results.append(await doer.context.run_in_thread(pow, number, 2))

        async with trio.open_nursery() as helpers:
            for number in range(3):
                helpers.start_soon(one, number)
        return sorted(results)

    doer = await start(nursery, Doer)
    assert await doer.ask(Do(help_out)) == [0, 1, 4]
    await doer.aclose()


# --- bad input ---


@pytest.mark.parametrize("fn", [None, do_not_much, "text"])
async def test_only_a_function_that_is_not_async_is_taken(
    fn: Any, nursery: trio.Nursery
) -> None:
    async def give(doer: Doer) -> object:
        return await error_of(doer.context.run_in_thread, fn)

    doer = await start(nursery, Doer)
    assert isinstance(await doer.ask(Do(give)), TypeError)
    await doer.aclose()
