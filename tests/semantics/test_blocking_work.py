"""T20: blocking work, in threads and in processes.

Threads and processes do not run on Trio's schedule, so no drawn schedule reaches them.
What they do is decided by gates instead, which the tests open: nothing is raced.
"""
# ruff: noqa: N802 - the names begin with the ids of the promises

import operator
import os
import signal
import socket
import threading
from collections.abc import Awaitable, Callable
from math import factorial

import attrs
import pytest
import trio
from trio.testing import wait_all_tasks_blocked
from troupe import attempt

from exeunt import Agent, Context, Handle, Ledger, Reason, Request, start
from exeunt.exceptions import Deadlock

try:
    from exeunt.exceptions import WorkerDied
    from exeunt.processes import run_in_process
except ImportError as _error:
    no_processes = str(_error)
else:
    no_processes = ""

needs_processes = pytest.mark.skipif(bool(no_processes), reason=no_processes)


class Gate:
    """A function that blocks until the test lets it through."""

    def __init__(self) -> None:
        self.begun = trio.Event()
        self.ended = trio.Event()
        self.open = threading.Event()
        self.token = trio.lowlevel.current_trio_token()

    def pass_through(self) -> str:
        self.token.run_sync_soon(self.begun.set)
        assert self.open.wait(60)
        self.token.run_sync_soon(self.ended.set)
        return "through"


@attrs.frozen
class Work(Request[object]):
    """What a worker is to do with its context, in its own task."""

    work: Callable[[Context], Awaitable[object]]


class Worker(Agent[Work]):
    """Works as it is told, and counts what it has finished."""

    def __init__(self) -> None:
        self.finished = 0

    async def handle(self, message: Work) -> object:
        result = await message.work(self.context)
        self.finished += 1
        return result


def waiting_at(gate: Gate, *, abandon: bool = False, then: bool = False) -> Work:
    """Return the work of passing a gate, with a checkpoint after it if asked for."""

    async def wait(context: Context) -> str:
        through = await context.run_in_thread(
            gate.pass_through, abandon_on_cancel=abandon
        )
        if then:
            await trio.lowlevel.checkpoint()
        return through

    return Work(wait)


async def test_T20_1_a_blocking_function_blocks_nobody_but_its_agent(
    nursery: trio.Nursery,
) -> None:
    gate = Gate()
    worker = await start(nursery, Worker)
    other = await start(nursery, Worker)
    await worker.send(waiting_at(gate))
    await gate.begun.wait()

    async def say(_: Context) -> str:
        return "at once"

    assert await other.ask(Work(say)) == "at once"
    await worker.send(waiting_at(gate))
    await wait_all_tasks_blocked()
    assert worker.statistics().waiting == 1
    gate.open.set()
    await worker.aclose()
    assert worker.statistics().ledger == Ledger(accepted=2, handled=2)


async def test_T20_2_it_returns_and_raises_what_the_function_does(
    nursery: trio.Nursery,
) -> None:
    async def divide(context: Context) -> object:
        quotient = await context.run_in_thread(operator.truediv, 6, 3)
        return quotient, await attempt(context.run_in_thread, operator.truediv, 1, 0)

    worker = await start(nursery, Worker)
    result = await worker.ask(Work(divide))
    assert isinstance(result, tuple)
    assert result[0] == 2
    assert type(result[1]) is ZeroDivisionError
    await worker.aclose()


async def test_T20_3_the_threads_of_an_agent_work_one_at_a_time(
    nursery: trio.Nursery,
) -> None:
    async def at_once(context: Context) -> list[int]:
        begun = []
        for tokens in 1, 2:
            context.limiter.total_tokens = tokens
            gates = [Gate(), Gate()]
            async with trio.open_nursery() as helpers:
                for gate in gates:
                    helpers.start_soon(context.run_in_thread, gate.pass_through)
                await wait_all_tasks_blocked()
                begun.append(context.limiter.borrowed_tokens)
                for gate in gates:
                    gate.open.set()
        return begun

    worker = await start(nursery, Worker)
    other = await start(nursery, Worker)
    assert await worker.ask(Work(at_once)) == [1, 2]

    async def mine(context: Context) -> object:
        return context.limiter

    limiters = [await each.ask(Work(mine)) for each in (worker, worker, other)]
    assert limiters[0] is limiters[1]
    assert limiters[0] is not limiters[2]
    await worker.aclose()
    await other.aclose()


async def cancel_at(gate: Gate, worker: Handle[Work]) -> None:
    """Cancel a worker once its thread waits at the gate."""
    await gate.begun.wait()
    worker.cancel()
    await wait_all_tasks_blocked()


@pytest.mark.parametrize(
    ("then", "fates"), [(False, {"handled": 1}), (True, {"interrupted": 1})]
)
async def test_T20_4_a_cancelled_agent_leaves_when_its_function_has_returned(
    then: bool, fates: dict[str, int], nursery: trio.Nursery
) -> None:
    gate = Gate()
    worker = await start(nursery, Worker)
    await worker.send(waiting_at(gate, then=then))
    await worker.send(waiting_at(gate))
    await cancel_at(gate, worker)
    assert not worker.closed
    gate.open.set()
    outcome = await worker.wait_closed()
    assert gate.ended.is_set()
    assert outcome.reason is Reason.CANCELLED
    assert outcome.ledger == Ledger(accepted=2, undelivered=1, **fates)


async def test_T20_5_it_leaves_at_once_where_the_thread_may_be_abandoned(
    nursery: trio.Nursery,
) -> None:
    gate = Gate()
    worker = await start(nursery, Worker)
    await worker.send(waiting_at(gate, abandon=True))
    await gate.begun.wait()
    worker.cancel()
    outcome = await worker.wait_closed()
    assert outcome.ledger == Ledger(accepted=1, interrupted=1)
    assert not gate.ended.is_set()
    gate.open.set()
    await gate.ended.wait()


async def test_T20_6_an_abandoned_thread_keeps_its_place_in_the_limiter(
    nursery: trio.Nursery,
) -> None:
    gate = Gate()
    order: list[str] = []

    async def abandon(context: Context) -> None:
        async with trio.open_nursery() as helpers:
            helpers.start_soon(waiting_at(gate, abandon=True).work, context)
            await gate.begun.wait()
            helpers.cancel_scope.cancel()
        assert context.limiter.borrowed_tokens == 1

    async def next_one(context: Context) -> None:
        await context.run_in_thread(order.append, "the next thread")

    worker = await start(nursery, Worker)
    await worker.ask(Work(abandon))
    await worker.send(Work(next_one))
    await wait_all_tasks_blocked()
    order.append("the gate opens")
    gate.open.set()
    await worker.aclose()
    assert order == ["the gate opens", "the next thread"]


async def test_T20_7_a_function_that_looks_is_cancelled(
    nursery: trio.Nursery,
) -> None:
    gate = Gate()

    def look() -> None:
        gate.pass_through()
        trio.from_thread.check_cancelled()
        raise AssertionError("it was not cancelled")

    async def work(context: Context) -> None:
        await context.run_in_thread(look)

    worker = await start(nursery, Worker)
    await worker.send(Work(work))
    await cancel_at(gate, worker)
    gate.open.set()
    outcome = await worker.wait_closed()
    assert outcome.ledger == Ledger(accepted=1, interrupted=1)


async def test_T20_8_a_wait_from_the_thread_is_the_agents_own(
    nursery: trio.Nursery,
) -> None:
    async def do_nothing(_: Context) -> None: ...

    async def ask_oneself(context: Context) -> object:
        def ask() -> object:
            return trio.from_thread.run(context.handle.ask, Work(do_nothing))

        return await attempt(context.run_in_thread, ask)

    worker = await start(nursery, Worker, name="worker")
    error = await worker.ask(Work(ask_oneself))
    assert isinstance(error, Deadlock)
    assert error.ring == ("worker",)
    await worker.aclose()


# --- processes ---


def stay(port: int) -> None:
    """Call the test and say who has begun; never end."""
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(str(os.getpid()).encode())
        while True:
            pass


def in_a_process(fn: Callable[..., object], *args: object) -> Work:
    async def work(_: Context) -> object:
        return await run_in_process(fn, *args)

    return Work(work)


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@needs_processes
async def test_T20_9_a_worker_process_returns_and_raises_what_the_function_does(
    nursery: trio.Nursery,
) -> None:
    async def divide(_: Context) -> object:
        error = await attempt(run_in_process, operator.truediv, 1, 0)
        return await run_in_process(factorial, 20), error

    worker = await start(nursery, Worker)
    result = await worker.ask(Work(divide))
    assert isinstance(result, tuple)
    assert result[0] == factorial(20)
    assert type(result[1]) is ZeroDivisionError
    assert await worker.ask(in_a_process(os.getpid)) != os.getpid()
    await worker.aclose()


@needs_processes
async def test_T20_10_a_cancelled_handler_leaves_when_its_worker_is_killed(
    nursery: trio.Nursery,
) -> None:
    worker = await start(nursery, Worker)
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    async with listener:
        port = listener.socket.getsockname()[1]
        await worker.send(in_a_process(stay, port))
        async with await listener.accept() as line:
            pid = int(await line.receive_some())
    worker.cancel()
    outcome = await worker.wait_closed()
    assert is_gone(pid)
    assert outcome.reason is Reason.CANCELLED
    assert outcome.ledger == Ledger(accepted=1, interrupted=1)
    assert await run_in_process(factorial, 5) == 120


@needs_processes
async def test_T20_11_a_worker_that_dies_is_an_error_of_the_call_alone() -> None:
    with pytest.RaisesGroup(WorkerDied) as raised:
        async with trio.open_nursery() as nursery:
            worker = await start(nursery, Worker)
            worker.send_nowait(in_a_process(os._exit, 3))
            worker.send_nowait(in_a_process(factorial, 3))
    (died,) = raised.value.exceptions
    assert isinstance(died, WorkerDied)
    assert died.exitcode == 3
    ledger = worker.statistics().ledger
    assert ledger == Ledger(accepted=2, failed=1, undelivered=1)
    assert await run_in_process(factorial, 5) == 120


@needs_processes
def test_T20_12_the_workers_end_with_the_trio_run() -> None:
    async def main() -> list[int]:
        pids: set[int] = set()

        async def note() -> None:
            pids.add(await run_in_process(os.getpid))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(note)
            nursery.start_soon(note)
        assert not any(map(is_gone, pids))
        return sorted(pids)

    pids = trio.run(main)
    assert pids
    assert all(map(is_gone, pids))


@needs_processes
async def test_T20_13_a_signal_to_the_program_does_not_reach_the_workers() -> None:
    pid = await run_in_process(os.getpid)
    os.kill(pid, signal.SIGINT)
    results = [await run_in_process(factorial, number) for number in (3, 4, 5)]
    assert results == [6, 24, 120]
    assert await run_in_process(os.getpid) == pid
