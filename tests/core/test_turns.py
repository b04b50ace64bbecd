"""Turns that end in unusual ways."""

from typing import Any

import pytest
import trio
from askers import Asker, Do, Doer, do_nothing, never_end, swallow_cancellation
from trio.testing import MockClock, wait_all_tasks_blocked

from exeunt import Fate, Ledger, Reply, start
from exeunt._core import trio_private
from exeunt.exceptions import AgentClosed, WrongRun


async def test_a_turn_that_swallows_its_cancellation_is_handled(
    nursery: trio.Nursery,
) -> None:
    doer = await start(nursery, Doer)
    asker = Asker(nursery, doer, Do(swallow_cancellation))
    await wait_all_tasks_blocked()
    doer.send_nowait(Do(do_nothing))
    doer.cancel()
    outcome = await doer.wait_closed()
    await wait_all_tasks_blocked()
    assert asker.results == ["swallowed"]
    assert outcome.ledger == Ledger(accepted=2, handled=1, undelivered=1)


async def test_the_asker_of_a_killed_turn_hears_that_it_was_interrupted(
    nursery: trio.Nursery,
) -> None:
    async def press_ctrl_c(doer: Doer, request: Do) -> None:
        raise KeyboardInterrupt

    with pytest.RaisesGroup(KeyboardInterrupt):
        async with trio.open_nursery() as its_nursery:
            doer = await start(its_nursery, Doer)
            asker = Asker(nursery, doer, Do(press_ctrl_c))
    await wait_all_tasks_blocked()
    (error,) = asker.results
    assert isinstance(error, AgentClosed)
    assert error.fate is Fate.INTERRUPTED


async def test_a_message_whose_repr_fails_harms_nobody(nursery: trio.Nursery) -> None:
    class Unspeakable(Do):
        def __repr__(self) -> str:
            raise ZeroDivisionError

    doer = await start(nursery, Doer)
    askers: list[Asker] = []
    for request in (Do(never_end), Unspeakable(do_nothing), Do(do_nothing)):
        askers.append(Asker(nursery, doer, request))
        await wait_all_tasks_blocked()
    doer.cancel()
    outcome = await doer.wait_closed()
    await wait_all_tasks_blocked()
    for asker in askers:
        assert isinstance(asker.results[0], AgentClosed)
    assert outcome.ledger == Ledger(accepted=3, interrupted=1, undelivered=2)


async def test_a_scope_that_a_turn_leaves_open_is_a_crash() -> None:
    async def leave_a_scope_open(doer: Doer, request: Do) -> None:
        trio.CancelScope().__enter__()

    with pytest.RaisesGroup(RuntimeError):
        async with trio.open_nursery() as nursery:
            doer = await start(nursery, Doer)
            await doer.send(Do(leave_a_scope_open))
            doer.stop()


class Sealed(Exception):
    """An exception on which nothing can be set, and so no note either."""

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(name)


async def test_an_exception_that_takes_no_note_harms_nobody(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    error = Sealed()

    async def fail(doer: Doer, request: Do) -> None:
        raise error

    with pytest.RaisesGroup(Sealed):
        async with trio.open_nursery() as its_nursery:
            doer = await start(its_nursery, Doer)
            askers = [Asker(nursery, doer, Do(fail)) for _ in range(2)]
    await trio.sleep(1)
    assert all(asker.results for asker in askers)


async def test_a_reply_from_another_thread_is_refused_and_loses_nothing(
    nursery: trio.Nursery,
) -> None:
    async def defer(doer: Doer, request: Do) -> None:
        replies.append(doer.context.defer(request))

    replies: list[Reply[Any]] = []
    doer = await start(nursery, Doer)
    asker = Asker(nursery, doer, Do(defer))
    await wait_all_tasks_blocked()
    with pytest.raises(WrongRun) as raised:
        await trio.to_thread.run_sync(replies[0].send, 3)
    assert isinstance(raised.value.message, Do)
    replies[0].send(4)
    await wait_all_tasks_blocked()
    assert asker.results == [4]


async def test_a_wait_that_was_given_up_leaves_nothing_behind(
    nursery: trio.Nursery,
) -> None:
    doer = await start(nursery, Doer)
    for _ in range(100):
        with trio.CancelScope() as scope:
            scope.cancel()
            await doer.wait_closed()
    assert not doer._life.watchers


@pytest.mark.skipif(not trio_private._takes_reason, reason="Trio 0.31 has reasons")
async def test_a_turn_that_is_cancelled_can_read_why(nursery: trio.Nursery) -> None:
    async def look(doer: Doer, request: Do) -> None:
        try:
            await trio.sleep_forever()
        except trio.Cancelled as cancelled:
            told.append(str(cancelled))
            raise

    told: list[str] = []
    doer = await start(nursery, Doer)
    await doer.send(Do(look))
    await wait_all_tasks_blocked()
    doer.cancel("the user has left")
    await doer.wait_closed()
    assert len(told) == 1
    assert "'the user has left'" in told[0]


async def test_who_asks_from_another_run_gets_the_request_back(
    nursery: trio.Nursery,
) -> None:
    doer = await start(nursery, Doer)
    request = Do(do_nothing)
    with pytest.raises(WrongRun) as raised:
        await trio.to_thread.run_sync(trio.run, doer.ask, request)
    assert raised.value.message is request
    doer.stop()
